"""Where the references of one instance lead: is the instance there, is it what they say, has it their frames."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from annoconv.findings import Finding, Level
from annoconv.messages import Message, listed
from annoconv_converters.check_links.findings import note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv_converters.check_links.instances import Instance, Link
    from annoconv_converters.check_links.study import Study

__all__ = ["check_references", "targets_of"]

_OF_REPORT: Final = (
    ("/CurrentRequestedProcedureEvidenceSequence/", "/PertinentOtherEvidenceSequence/"),
    ("/ContentSequence/",),
)
"""Where all that a file refers to is listed, and where it is used."""
_OF_SEGMENTATION: Final = (
    ("/ReferencedSeriesSequence/", "/StudiesContainingOtherReferencedInstancesSequence/"),
    ("/SharedFunctionalGroupsSequence/", "/PerFrameFunctionalGroupsSequence/"),
)
_OF_STRUCTURE_SET: Final = (("/ReferencedFrameOfReferenceSequence/",), ("/ROIContourSequence/",))
_EARLIER: Final = tuple(
    f"/{each}Sequence/" for each in ("PredecessorDocuments", "IdenticalDocuments", "PredecessorStructureSet")
)
_NAMED: Final = 3


def targets_of(one: Instance, study: Study) -> list[tuple[Link, Instance]]:
    """Return each reference of an instance with the instance that it leads to, as far as that is there."""
    return [(link, study.by_uid[link.uid]) for link in one.links if link.uid in study.by_uid]


def check_references(one: Instance, study: Study) -> Iterator[Finding]:
    """Yield the references that do not lead to what they say."""
    yield from _missing(one, study)
    yield from _unlisted(one)
    told: set[tuple[str, str]] = set()
    for link, target in targets_of(one, study):
        for finding in _disagreements(link, target):
            if (finding.rule, link.uid) not in told or finding.rule in {"links.frame", "links.segment"}:
                told.add((finding.rule, link.uid))
                yield finding
    yield from _studies(one, study)


def _missing(one: Instance, study: Study) -> Iterator[Finding]:
    """Yield the instances that are not there, each once; of a series of which nothing is there, all at once."""
    places = {link.uid: link for link in one.links if link.series_uid}
    absent: dict[str, list[Link]] = defaultdict(list)
    told: set[str] = set()
    for link in one.links:
        if link.uid in study.by_uid or link.uid in told or link.uid in study.studies:
            continue
        told.add(link.uid)
        absent[places.get(link.uid, link).series_uid].append(link)
    for series_uid, links in absent.items():
        if series_uid and series_uid not in study.series and len(links) > 1:
            uids = [each.uid for each in links]
            yield note(
                "missing",
                links[0].place,
                "the file refers to a series of which no instance is here",
                found=Message("nothing of {series}", series=series_uid),
                expected=Message("{count} instances: {names}", count=len(uids), names=listed(uids, _NAMED)),
                advice="Put the files of that series into the folder, or name them too",
                level=_level(one, places.get(links[0].uid, links[0])),
            )
            continue
        for link in links:
            yield note(
                "missing",
                f"{link.place}/ReferencedSOPInstanceUID",
                "the file refers to an instance that is not here",
                found=link.uid or Message("nothing"),
                expected="the SOPInstanceUID of one of the files",
                advice="Put that file into the folder, or name it too",
                level=_level(one, places.get(link.uid, link)),
            )


def _level(one: Instance, link: Link) -> Level:
    """Return how grave it is that an instance is not there: of another study, and of earlier reports, a warning."""
    is_elsewhere = bool(link.study_uid) and link.study_uid != one.text("StudyInstanceUID")
    return Level.WARNING if is_elsewhere or link.place.startswith(_EARLIER) else Level.ERROR


def _unlisted(one: Instance) -> Iterator[Finding]:
    """Yield what is used and does not stand in the list of all that is used (PS3.3 C.17.2.3, C.12.2, C.8.8.5)."""
    lists: tuple[str, ...]
    uses: tuple[str, ...]
    if one.is_report:
        lists, uses = _OF_REPORT
    elif one.is_segmentation:
        lists, uses = _OF_SEGMENTATION
    elif one.is_structure_set:
        lists, uses = _OF_STRUCTURE_SET
    else:
        return
    known = {link.uid for link in one.links if link.place.startswith(lists)}
    for link in one.links:
        if link.uid not in known and link.place.startswith(uses):
            known.add(link.uid)
            yield note(
                "evidence",
                f"{link.place}/ReferencedSOPInstanceUID",
                "the instance is not in the list of those that the file refers to",
                found=link.uid or Message("nothing"),
                expected=Message("an instance of {names}", names=listed([each.strip("/") for each in lists])),
                advice="Add it there, with its series and its study: archives fetch what stands there",
            )


def _disagreements(link: Link, target: Instance) -> Iterator[Finding]:
    said = (
        ("class", "ReferencedSOPClassUID", link.sop_class_uid, "SOPClassUID"),
        ("series_of", "SeriesInstanceUID", link.series_uid, "SeriesInstanceUID"),
        ("study_of", "StudyInstanceUID", link.study_uid, "StudyInstanceUID"),
    )
    for rule, keyword, stated, of_target in said:
        if stated and stated != target.text(of_target):
            yield note(
                rule,
                f"{link.place}/ReferencedSOPClassUID" if rule == "class" else link.place,
                Message("the reference and the instance differ in {keyword}", keyword=of_target),
                found=Message("{value} of {uid}", value=stated, uid=link.uid),
                expected=Message("{value} as in {name}", value=target.text(of_target), name=target.path.name),
                advice=Message("Correct {keyword} of the reference, or give the file that it means", keyword=keyword),
            )
    beyond = [number for number in link.frames if not 1 <= number <= target.frames]
    if beyond:
        yield note(
            "frame",
            f"{link.place}/ReferencedFrameNumber",
            "the instance has no such frame",
            found=listed(beyond, _NAMED),
            expected=Message("1 to {count} as in {name}", count=target.frames, name=target.path.name),
            advice="Frames are counted from 1: correct the number",
        )
    yield from _segments(link, target)


def _segments(link: Link, target: Instance) -> Iterator[Finding]:
    if not link.segments:
        return
    place = f"{link.place}/ReferencedSegmentNumber"
    if not target.is_segmentation:
        yield note(
            "segment",
            place,
            "a segment is named of what is no segmentation",
            found=target.text("SOPClassUID"),
            expected="Segmentation Storage or Label Map Segmentation Storage",
            advice="Refer to the segmentation that holds the segment",
        )
        return
    numbers = target.segment_numbers
    unknown = [number for number in link.segments if number not in numbers]
    if unknown:
        yield note(
            "segment",
            place,
            "the segmentation has no such segment",
            found=listed(unknown, _NAMED),
            expected=Message(
                "{names} as in {name}", names=listed(sorted(numbers), _NAMED) or "-", name=target.path.name
            ),
            advice="Find the segment by its tracking UID, and correct the number",
        )
        return
    unseen = [number for number in link.segments if target.shown and number not in target.shown]
    if unseen and not target.is_label_map:
        yield note(
            "segment",
            place,
            "no frame shows the segment",
            found=listed(unseen, _NAMED),
            expected=Message("{names} as in {name}", names=listed(sorted(target.shown), _NAMED), name=target.path.name),
            advice="The segment is described and empty: correct the number, or leave the reference out",
            level=Level.WARNING,
        )
    shown = {
        number
        for number in link.frames
        if number <= len(target.segment_of_frames) and target.segment_of_frames[number - 1] not in {0, *link.segments}
    }
    if shown:
        yield note(
            "segment",
            f"{link.place}/ReferencedFrameNumber",
            "these frames show another segment",
            found=listed(sorted(shown), _NAMED),
            expected=Message("frames of segment {number}", number=listed(link.segments)),
            advice="Correct the frame numbers or the segment number",
        )


def _studies(one: Instance, study: Study) -> Iterator[Finding]:
    """Yield where the file is not of the study, or not of the patient, of what it refers to."""
    targets = [target for _, target in targets_of(one, study)]
    studies = list(dict.fromkeys(target.text("StudyInstanceUID") for target in targets))
    if studies and one.text("StudyInstanceUID") not in studies:
        yield note(
            "study",
            "/StudyInstanceUID",
            "the file is of another study than all that it refers to",
            found=one.text("StudyInstanceUID") or Message("nothing"),
            expected=listed(studies, _NAMED),
            advice="A report or segmentation belongs into the study of its images: write it anew from them",
        )
    other = next((target for target in targets if target.text("PatientID") != one.text("PatientID")), None)
    if other is not None:
        yield note(
            "patient",
            "/PatientID",
            "the file is of another patient than what it refers to",
            found=Message("a PatientID of its own"),
            expected=Message("that of {name}", name=other.path.name),
            advice="Find out whose it is before anybody reads it",
        )
