"""What the headers of a series state: the attributes of B.1, one patient, modality, frame of reference (A 7.2 a, e)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from annoconv.messages import Message, listed
from annoconv_converters.check_images.classes import ENHANCED, MODALITIES, PLANAR, ROOT, VOLUMES
from annoconv_converters.check_images.description import (
    GROUPED_FRAMES,
    Series,
    Slice,
    is_scout,
    most_common,
    says,
)
from annoconv_converters.check_images.table import Fault, Numbers, check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = [
    "among",
    "at",
    "attribute_missing",
    "burned_in",
    "burned_in_unknown",
    "frame_of_reference_differs",
    "frame_of_reference_missing",
    "frames_of_groups",
    "frames_unplaced",
    "groups_of",
    "instance_twice",
    "is_ungrouped",
    "modality_wrong",
    "mosaic",
    "not_of_stack",
    "parted",
    "patient_differs",
    "series_mixed",
    "several",
    "sop_class_missing",
    "text_of",
    "truncated",
]

_Value = TypeVar("_Value")
_REQUIRED: Final = {
    "ImagePositionPatient": "(0020,0032)",
    "ImageOrientationPatient": "(0020,0037)",
    "PixelSpacing": "(0028,0030)",
    "SliceThickness": "(0018,0050)",
    "SeriesInstanceUID": "(0020,000E)",
}
"""What B.1 names, but for FrameOfReferenceUID, which has a check of its own."""
_MOST_NAMED: Final = 3
_RISKY: Final = frozenset({"US", "ES", "XC", "SC", "OT", "GM", "IVUS", "RF"})
"""Modalities whose pictures mostly have text in them."""


def parted(series: Series, value_of: Callable[[Slice], _Value | None]) -> tuple[_Value | None, int, list[Slice]]:
    """Return what most slices have, how many do, and those that have something else; absent values are left out."""
    valued = [(each, value) for each in series.slices if (value := value_of(each)) is not None]
    if not valued:
        return None, 0, []
    expected = most_common([value for _, value in valued])
    return expected, sum(value == expected for _, value in valued), [each for each, v in valued if v != expected]


def at(series: Series, one: Slice, **values: object) -> Fault:
    """Return a fault of one slice, which its message names with its number."""
    return Fault(one.path, series.steps(one), {"name": one.name, "slice": series.number(one), **values})


def among(series: Series, slices: list[Slice], **values: object) -> Fault:
    """Return one fault of several slices, the first of them named; it is the series' if all are."""
    first = min(slices, key=lambda each: (series.k_of.get(each, len(series.slices)), each.name))
    is_all = len(slices) == len(series.slices) and len(slices) > 1
    told = {"name": first.name, "slice": series.number(first), "count": len(slices), "all": len(series.slices)}
    return Fault(series.path if is_all else first.path, series.steps(None if is_all else first), told | values)


def groups_of(slices: Iterable[Slice], value_of: Callable[[Slice], object]) -> list[list[Slice]]:
    """Return slices in groups of one value: what is wrong alike with several is told once."""
    groups: dict[object, list[Slice]] = {}
    for each in slices:
        groups.setdefault(value_of(each), []).append(each)
    return list(groups.values())


def several(series: Series, slices: Sequence[Slice], **values: object) -> Fault:
    """Return one fault of slices that all are named with their numbers, three of them in words; it is the first's."""
    ordered = sorted(slices, key=lambda each: (series.k_of.get(each, len(series.slices)), each.name))
    told = {
        "name": listed([each.name for each in ordered], _MOST_NAMED),
        "slice": listed([series.number(each) for each in ordered], _MOST_NAMED),
    }
    return Fault(ordered[0].path, series.steps(ordered[0]), told | values)


def text_of(values: Sequence[float]) -> str:
    """Return numbers as DICOM writes several."""
    return "\\".join(f"{value:.6g}" for value in values)


@check("A-7.2a.file_truncated", "series")
def truncated(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each file that has fewer pixels than its header says."""
    for path in dict.fromkeys(each.path for each in series.slices):
        one = next(each for each in series.slices if each.path == path)
        if one.shortage is not None:
            yield at(series, one, found=one.shortage[0], expected=one.shortage[1])


@check("A-7.2a.attribute_missing", "series")
def attribute_missing(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each attribute of B.1 that slices lack, once."""
    stated: dict[str, Callable[[Slice], bool]] = {
        "ImagePositionPatient": lambda one: bool(one.position),
        "ImageOrientationPatient": lambda one: bool(one.orientation),
        "PixelSpacing": lambda one: bool(one.pixel_spacing),
        "SliceThickness": lambda one: bool(one.text.get("SliceThickness")),
        "SeriesInstanceUID": lambda one: bool(one.text.get("SeriesInstanceUID")),
    }
    ungrouped = [each for each in series.slices if is_ungrouped(each)]
    if ungrouped:
        keyword, tag = "PerFrameFunctionalGroupsSequence", "(5200,9230)"
        yield among(series, ungrouped, keyword=keyword, tag=tag)
    for keyword, tag in _REQUIRED.items():
        lacking = [each for each in series.slices if _must_state(series, each, keyword) and not stated[keyword](each)]
        if lacking:
            yield among(series, lacking, keyword=keyword, tag=tag)


def is_ungrouped(one: Slice) -> bool:
    """Tell whether an enhanced image, whole as it is, has no functional groups of its frames."""
    is_bare = one.sop_class_uid in ENHANCED and not one.position and one.shortage is None
    return is_bare and GROUPED_FRAMES not in one.text


def _must_state(series: Series, one: Slice, keyword: str) -> bool:
    if keyword == "SeriesInstanceUID":
        return True
    if one.sop_class_uid in PLANAR:
        return not (keyword == "SliceThickness" and series.is_localizer) and one.count == 1
    return bool(one.sop_class_uid in VOLUMES and (one.position or one.orientation) and keyword != "SliceThickness")


@check("A-7.2a.frames_unplaced", "series")
def frames_unplaced(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each image of several frames whose class is of one slice a file: nothing places its frames (PS3.3 A.3)."""
    for one in series.slices:
        if one.sop_class_uid in PLANAR and one.frame is None and one.count > 1:
            yield at(series, one, count=one.count)


@check("A-7.2a.frames_of_groups", "series")
def frames_of_groups(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each image that has more or fewer frames than its functional groups are of (PS3.3 C.7.6.16)."""
    for path in dict.fromkeys(each.path for each in series.slices):
        one = next(each for each in series.slices if each.path == path)
        grouped = one.number(GROUPED_FRAMES)
        if grouped is not None and grouped != one.count:
            name = one.name.removesuffix(f" frame {(one.frame or 0) + 1}")
            yield Fault(path, series.steps(), {"name": name, "found": one.count, "expected": f"{grouped:g}"})


@check("A-7.2e.not_of_stack", "series")
def not_of_stack(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each localizer, and each image of another class, among the slices of a series."""
    for each in series.apart:
        is_localizer = is_scout(each) and not all(map(is_scout, series.slices))
        what = Message("a localizer") if is_localizer else Message("of the class {uid}", uid=each.sop_class_uid)
        yield Fault(each.path, series.steps(), {"name": each.name, "what": what, "count": len(series.slices)})


@check("A-7.2e.mosaic", "series")
def mosaic(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield a series whose pictures are each a volume, its slices laid out as tiles."""
    tiled = [each for each in series.slices if says(each, "MOSAIC")]
    if tiled:
        yield among(series, tiled)


@check("A-7.2a.frame_of_reference_missing", "series")
def frame_of_reference_missing(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield a series in space of which slices state no frame of reference."""
    lacking = [
        each
        for each in series.slices
        if not each.text.get("FrameOfReferenceUID")
        and (each.position or each.sop_class_uid in PLANAR or each.sop_class_uid in VOLUMES)
    ]
    if lacking:
        yield among(series, lacking)


@check("A-7.2a.frame_of_reference_differs", "series")
def frame_of_reference_differs(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each slice of another frame of reference."""
    yield from _differing(series, lambda each: each.text.get("FrameOfReferenceUID") or None)


def _differing(series: Series, value_of: Callable[[Slice], object], **values: object) -> Iterator[Fault]:
    expected, count, odd = parted(series, value_of)
    for group in groups_of(odd, value_of):
        told = {"found": value_of(group[0]), "expected": expected, "count": count, "all": len(series.slices)}
        yield several(series, group, **(told | values))


@check("A-7.2a.sop_class_missing", "series")
def sop_class_missing(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield a series whose data sets do not say of which class they are."""
    lacking = [each for each in series.slices if not each.text.get("SOPClassUID")]
    if lacking:
        yield among(series, lacking)


@check("A-7.2a.modality_wrong", "series")
def modality_wrong(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield the slices whose modality is not that of their class, or not that of the series."""
    by_class = [
        each
        for each in series.slices
        if (known := MODALITIES.get(each.sop_class_uid.removeprefix(ROOT)))
        and each.text.get("Modality") not in {None, "", *known}
    ]
    modality, _count, odd = parted(series, lambda each: each.text.get("Modality") or None)
    odd = [each for each in odd if each not in by_class]
    for one in {each.text["Modality"]: each for each in reversed(by_class)}.values():
        of_it = [each for each in by_class if each.text["Modality"] == one.text["Modality"]]
        expected = " / ".join(MODALITIES[one.sop_class_uid.removeprefix(ROOT)])
        yield among(series, of_it, found=one.text["Modality"], expected=expected, reason=Message("its SOP class"))
    for one in {each.text["Modality"]: each for each in reversed(odd)}.values():
        of_it = [each for each in odd if each.text["Modality"] == one.text["Modality"]]
        yield among(series, of_it, found=one.text["Modality"], expected=modality, reason=Message("the series"))


def _stated(keyword: str, one: Slice) -> str:
    return one.text.get(keyword, "")


@check("A-7.2e.patient_differs", "series")
def patient_differs(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each slice of another patient or study; whose it is is not told."""
    for keyword in ("PatientID", "StudyInstanceUID"):
        whose = partial(_stated, keyword)
        _value, count, odd = parted(series, whose)
        for group in groups_of(odd, whose):
            yield several(series, group, keyword=keyword, count=count, all=len(series.slices))


@check("A-7.2e.instance_twice", "series")
def instance_twice(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield each file whose SOPInstanceUID an earlier one has."""
    for path, other, is_copy in series.twice:
        how = Message("a copy, byte for byte") if is_copy else Message("their contents differ")
        name = path.name if path.parent == other.path.parent else f"{path.parent.name}/{path.name}"
        yield Fault(path, series.steps(other), {"name": name, "other": other.name, "how": how})


@check("A-7.2e.series_mixed", "folder")
def series_mixed(folder: list[Series], _: Numbers) -> Iterator[Fault]:
    """Yield each series of a folder but the one with most slices; a description is the series of one folder."""
    main = max(folder, key=lambda each: (len(each.slices), each.uid))
    for each in folder:
        if each is not main:
            names = listed([one.name for one in each.slices], 3)
            values = {"count": len(each.slices), "uid": each.uid or Message("none"), "names": names}
            yield Fault(each.path, each.steps(), values | {"others": len(main.slices), "main": main.uid})


@check("A-A.5b.burned_in", "series")
def burned_in(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield images that say that text is burned in."""
    flagged = [each for each in series.slices if each.text.get("BurnedInAnnotation", "").upper() == "YES"]
    if flagged:
        yield among(series, flagged)


@check("A-A.5b.burned_in_unknown", "series")
def burned_in_unknown(series: Series, _: Numbers) -> Iterator[Fault]:
    """Yield images of modalities whose pictures have text in them, if they do not say whether they have."""
    silent = [
        each
        for each in series.slices
        if each.text.get("Modality") in _RISKY and not each.text.get("BurnedInAnnotation") and each.size != (0, 0)
    ]
    if silent:
        yield among(series, silent, modality=series.modality)
