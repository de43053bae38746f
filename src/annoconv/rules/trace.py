"""What a case keeps so that it can be traced: times, review, changes, versions, registration (A 5.6, A 7.2 h, A 8.4 e).

Without a registration nothing says what belongs together in images of several modalities.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from annoconv.errors import AnnoconvError
from annoconv.files.manifest import digest
from annoconv.model import CoordinateFrame, DataRequirement, ReviewLevel, ReviewOutcome
from annoconv.rules.engine import Breach, Subject, is_final, match, rule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annoconv.model import Image


@rule("A-5.6.time_missing")
def time_missing(subject: Subject) -> Iterator[Breach]:
    """Yield the metadata if neither they nor the audit nor some annotation say when it was annotated."""
    metadata = subject.case.metadata
    times = metadata.timestamps
    is_told = times is not None and (times.start is not None or times.end is not None)
    undated = [each for each in subject.case.annotations if each.annotated_at is None]
    if undated and not is_told and not metadata.audit:
        yield Breach(("metadata",), {"count": len(undated)})


@rule("A-5.6.change_missing")
def change_missing(subject: Subject) -> Iterator[Breach]:
    """Yield the version that is another than the one that passed its last review if no change record leads to it.

    Of a version that was returned the review says what was to be changed, of one that was frozen another rule tells.
    """
    metadata = subject.case.metadata
    reviews = [each for each in subject.case.reviews or () if each.level is not ReviewLevel.SELF_CHECK]
    last = reviews[-1] if reviews else None
    is_frozen = any(each.frozen_version is not None for each in reviews)
    if last is None or is_frozen or last.outcome is not ReviewOutcome.PASSED:
        return
    changed = {metadata.version, last.reviewed_version}
    if None in changed or len(changed) == 1:
        return
    if metadata.version not in {each.version for each in metadata.changes or ()}:
        yield Breach(("metadata", "version"), {"version": metadata.version, "reviewed": last.reviewed_version})


@rule("A-9.3.1b.review_missing")
def review_missing(subject: Subject) -> Iterator[Breach]:
    """Yield the metadata of a case with results that nobody is recorded to have reviewed."""
    case = subject.case
    levels = {each.level for each in case.reviews or ()} - {ReviewLevel.SELF_CHECK}
    results = sum(is_final(each) for each in case.annotations)
    if results and not levels and case.metadata.reviewer is None:
        yield Breach(("metadata",), {"count": results})


@rule("A-8.4e.version_missing")
def version_missing(subject: Subject) -> Iterator[Breach]:
    """Yield the metadata of a case with annotations of which no version is named."""
    if subject.case.annotations and subject.case.metadata.version is None:
        yield Breach(("metadata",))


@rule("A-8.4e.image_version_missing")
def image_version_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each image without a version in a case that names those of others."""
    named = any(image.version is not None for _, image in subject.every_image())
    for path, image in subject.every_image():
        if named and image.version is None:
            yield Breach(path, {"uid": image.uid})


@rule("A-6.6.2.image_changed")
def image_changed(subject: Subject) -> Iterator[Breach]:
    """Yield each file of an image whose digest is not the one on record: another version than was annotated."""
    for path, image in subject.every_image():
        for position, each in enumerate(image.files or ()):
            file = _file(subject, image, each.path) if each.sha256 is not None else None
            found = None
            if file is not None:
                with suppress(OSError):  # what cannot be read is told by the rule on sources
                    found = digest(file)
            if found is not None and found != each.sha256:
                values = {"file": each.path, "found": found, "expected": each.sha256}
                yield Breach((*path, "files", position, "sha256"), values)


def _file(subject: Subject, image: Image, name: str) -> Path | None:
    """Return a file of an image: beside the case, else the one of its name among the sources given."""
    folder = None if subject.loaded.path is None else subject.loaded.path.parent
    if folder is not None and (folder / name).is_file():
        return folder / name
    try:
        source = match(subject, image)
    except AnnoconvError:
        return None
    if source is None or isinstance(source, str):
        return None
    named = {each.path for each in source.slices if each.path.parts[-len(name.split("/")) :] == tuple(name.split("/"))}
    return named.pop() if len(named) == 1 else None


@rule("A-7.2h.registration_missing")
def registration_missing(subject: Subject) -> Iterator[Breach]:
    """Yield each volume of another modality that nothing brings together with the primary one.

    A registration names it or its frame of reference, or the two share that, or it is recorded that they do not meet
    the requirement.
    """
    primary = subject.case.image
    named = {
        end
        for each in subject.case.registrations or ()
        for end in (
            each.fixed_image_uid,
            each.moving_image_uid,
            each.fixed_frame_of_reference_uid,
            each.moving_frame_of_reference_uid,
        )
    }
    for path, image in subject.every_image():
        if image is primary or image.modality is primary.modality or not (_is_volume(image) and _is_volume(primary)):
            continue
        frames = image.frame_of_reference_uid, primary.frame_of_reference_uid
        recorded = {one.requirement for each in (image, primary) for one in each.nonconformances or ()}
        is_told = bool({image.uid, frames[0]} & (named - {None})) or (frames[0] is not None and frames[0] == frames[1])
        if not is_told and DataRequirement.REGISTRATION not in recorded:
            yield Breach(path, {"uid": image.uid, "modality": image.modality.value})


def _is_volume(image: Image) -> bool:
    """Tell whether an image is a volume in the patient."""
    is_placed = image.coordinate_frame not in {CoordinateFrame.NONE, CoordinateFrame.SLIDE}
    return is_placed and image.shape is not None and len(image.shape) == 3
