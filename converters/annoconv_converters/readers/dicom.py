"""DICOM images as image sources: series of single frames, multi-frame images, single images and whole slides.

Files that are no images (segmentations, reports, DICOMDIR, other formats) are passed over.

Authority: PS3.3 C.7.6.1, C.8.12.4, C.12.1.
"""

from __future__ import annotations

import filecmp
from collections import defaultdict
from typing import TYPE_CHECKING

from annoconv.images import list_files
from annoconv.limits import Limits
from annoconv.messages import Message
from annoconv.progress import over
from annoconv_converters._dicom.file import DAMAGE, Instance, read_instance
from annoconv_converters._dicom.series import DicomSeries
from annoconv_converters._dicom.slide import DicomSlide, is_slide

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from annoconv.images import ImageSource

__all__ = ["scan"]


def scan(paths: Sequence[Path], limits: Limits | None = None) -> list[ImageSource]:
    """Return the DICOM images among files and folders, sorted by UID.

    Files are grouped by SeriesInstanceUID; files that state none, by folder, study, frame of reference and modality. A
    file that starts as DICOM but cannot be read is left out, and noted on every series; a byte-equal copy of a file is,
    and noted on its own. Of a whole slide's resolution levels the largest is the image.
    """
    limits = limits or Limits()
    groups: defaultdict[tuple[str, ...], list[Instance]] = defaultdict(list)
    notes: list[Message] = []
    for path in over(list_files(paths, limits), Message("files")):
        try:
            if (instance := read_instance(path, limits)) is not None:
                groups[instance.group].append(instance)
        except DAMAGE as error:
            kind = type(error).__name__
            notes.append(
                Message("{name} starts as DICOM but cannot be read and is left out ({kind})", name=path.name, kind=kind)
            )
    series: list[ImageSource] = [
        (DicomSlide if all(map(is_slide, kept)) else DicomSeries)(kept, [*notes, *copies], limits)
        for kept, copies in map(_without_copies, groups.values())
    ]
    return sorted(series, key=lambda source: (source.uid, str(source.path)))


def _without_copies(instances: Sequence[Instance]) -> tuple[list[Instance], list[Message]]:
    """Return the instances of a series, of byte-equal files of one instance the first, and what was left out."""
    kept: dict[str, list[Instance]] = {}
    notes: list[Message] = []
    for each in instances:
        same = kept.setdefault(each.sop_instance_uid, [])
        copy = next((one for one in same if filecmp.cmp(one.path, each.path, shallow=False)), None)
        if copy is None:
            same.append(each)
        else:
            template = "{name} is a copy of {other} and is left out"
            notes.append(Message(template, name=each.path.name, other=copy.path.name))
    return [each for same in kept.values() for each in same], notes
