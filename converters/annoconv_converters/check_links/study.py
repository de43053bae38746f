"""The instances that were read together, and what is wrong with them as a set: who is who, and what a series is."""

from __future__ import annotations

import filecmp
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from annoconv import ids
from annoconv.findings import Finding, Level
from annoconv.messages import Message
from annoconv_converters.check_links.findings import note

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annoconv_converters.check_links.instances import Instance

__all__ = ["Study", "check_identity"]


@dataclass(eq=False)
class Study:
    """All instances.

    Attributes
    ----------
    instances
        In the order of their files.
    by_uid
        The first of each SOPInstanceUID.
    series
        Those of each SeriesInstanceUID.
    studies
        The StudyInstanceUIDs, which structure sets name in the place of an instance.
    """

    instances: Sequence[Instance]
    by_uid: dict[str, Instance] = field(default_factory=dict[str, "Instance"])
    series: dict[str, list[Instance]] = field(default_factory=dict[str, "list[Instance]"])
    studies: set[str] = field(default_factory=set[str])
    _placed: dict[Instance, tuple[frozenset[str], bool]] = field(
        default_factory=dict["Instance", "tuple[frozenset[str], bool]"]
    )

    def __post_init__(self) -> None:
        for each in self.instances:
            if each.uid:
                self.by_uid.setdefault(each.uid, each)
                self.series.setdefault(each.text("SeriesInstanceUID"), []).append(each)
                self.studies.add(each.text("StudyInstanceUID"))

    def frames_of_reference_of(self, one: Instance) -> tuple[frozenset[str], bool]:
        """Return those of all that an instance refers to, and whether all of that is there."""
        if one not in self._placed:
            uids = {link.uid for link in one.links}
            known = frozenset(self.by_uid[uid].text("FrameOfReferenceUID") for uid in uids & self.by_uid.keys()) - {""}
            self._placed[one] = known, uids <= self.by_uid.keys() | self.studies
        return self._placed[one]


def check_identity(study: Study) -> Iterator[tuple[Instance, Finding]]:
    """Yield the instances whose UIDs are none, or are those of others."""
    for one in study.instances:
        for keyword in ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"):
            if not ids.is_dicom_uid(one.text(keyword)):
                yield (
                    one,
                    note(
                        "uid",
                        f"/{keyword}",
                        "this is no UID",
                        found=one.text(keyword) or Message("nothing"),
                        expected="a UID (PS3.5 9.1)",
                        advice="Nothing can refer to it: export it again, with its UIDs",
                    ),
                )
        first = study.by_uid.get(one.uid, one)
        if first is not one:
            yield (
                one,
                note(
                    "twice",
                    "/SOPInstanceUID",
                    "two files are one instance",
                    found=Message("the UID of {name} too", name=first.path.name),
                    expected="one file for each instance",
                    advice="Take the copy away; if what they say differs, one of them needs a UID of its own",
                    level=Level.WARNING if filecmp.cmp(one.path, first.path, shallow=False) else Level.ERROR,
                ),
            )
    for members in study.series.values():
        yield from _one_series(members)


def _one_series(members: Sequence[Instance]) -> Iterator[tuple[Instance, Finding]]:
    """Yield the instances of a series that differ in what a series has once (PS3.3 A.1.2)."""
    for keyword in ("StudyInstanceUID", "Modality", "FrameOfReferenceUID"):
        counts = Counter(one.text(keyword) for one in members)
        most, _ = counts.most_common(1)[0]
        first = next(one for one in members if one.text(keyword) == most)
        for one in members if len(counts) > 1 else ():
            if one.text(keyword) != most:
                yield (
                    one,
                    note(
                        "series",
                        f"/{keyword}",
                        Message("instances of one series differ in {keyword}", keyword=keyword),
                        found=one.text(keyword) or Message("nothing"),
                        expected=Message(
                            "{value} as in {name}",
                            value=most or Message("nothing"),
                            name=first.path.name,
                        ),
                        advice="What differs in it is a series of its own, with a SeriesInstanceUID of its own",
                    ),
                )
