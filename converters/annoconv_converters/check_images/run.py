"""All findings about the images under some paths: read, described, checked, in a stable order."""

from __future__ import annotations

import struct
import warnings
from collections import defaultdict
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from annoconv.errors import AnnoconvError, ImageError
from annoconv.images import list_files
from annoconv.limits import Limits
from annoconv.messages import Message
from annoconv.progress import over
from annoconv_converters._dicom.file import DAMAGE, Instance
from annoconv_converters.check_images import (
    attributes,
    cines,
    folders,
    frames,
    geometry,
    orientation,
    placed_volumes,
    spacing,
    values,
    videos,
    volumes,
)
from annoconv_converters.check_images.classes import VOLUMES
from annoconv_converters.check_images.folders import Listing, read_manifest
from annoconv_converters.check_images.frames import frame_folders
from annoconv_converters.check_images.pixels import read_pixels
from annoconv_converters.check_images.placed_volumes import PlacedVolume
from annoconv_converters.check_images.scan import (
    Scanned,
    lacks_image,
    lacks_preamble,
    read_slices,
    series_of,
    syntax_problem,
)
from annoconv_converters.check_images.slides import SLIDE_CLASS, pyramid_of_series
from annoconv_converters.check_images.table import Fault, apply, catalogue
from annoconv_converters.check_images.tiff import read_pyramid
from annoconv_converters.check_images.videos import read_video
from annoconv_converters.check_images.volumes import NiftiImage, is_pair

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from annoconv.findings import Finding
    from annoconv_converters.check_images.description import Series, Slice, SlicePixels

__all__ = ["check_images"]

_SUBJECTS: Final = (
    *(attributes, cines, folders, frames, geometry, orientation),
    *(placed_volumes, spacing, values, videos, volumes),
)
"""The modules that register checks."""
_NIFTI: Final = (".nii", ".nii.gz")
_TIFF: Final = (".svs", ".tif", ".tiff", ".scn", ".ndpi", ".btf", ".bif")
_DICOM: Final = (".dcm", ".dicom", ".ima")
_OPT_IN: Final = "A-7.2f.bias_field"


def check_images(
    paths: Sequence[Path],
    *,
    pixels: bool = True,
    bias_field: bool = False,
    manifest: Path | None = None,
    limits: Limits | None = None,
) -> Iterator[tuple[Path, Finding]]:
    """Yield every finding about the images under some paths, each with the file or folder that it is about.

    Parameters
    ----------
    paths
        Files, and folders with all below them. What is no image is passed over.
    pixels
        Whether pixels are read; without them only headers and lengths are.
    bias_field
        Whether MR is checked for a bias field too.
    manifest
        A list of the files or instances that must be there (`folders.read_manifest`).
    limits
        Bounds on what is read.
    """
    limits = limits or Limits()
    named = read_manifest(manifest) if manifest is not None else None
    files = [path for path in list_files(paths, limits) if manifest is None or path.resolve() != manifest.resolve()]
    scanned: list[Scanned] = []
    others: list[Path] = []
    unread: list[Path] = []
    for path in over(files, Message("files")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield from _scan(path, limits, scanned, others, unread)
    loops = frame_folders(files, pixels=pixels)
    if not (scanned or others or unread or loops):
        raise ImageError(
            "there are no images to check",
            source=paths[0] if paths else None,
            found=Message("files that are none: {count}", count=len(files)),
            expected="DICOM images, NIfTI, NRRD, MetaImage, slides as TIFF, MP4, folders of numbered frames",
            advice="Name the folder of a series, or a file of it",
        )
    series = series_of(scanned, unread)
    left_out = () if bias_field else (_OPT_IN,)
    if named is not None and manifest is not None:
        instances = {each.instance.sop_instance_uid: each.instance.path for each in scanned}
        yield from apply("listing", Listing(manifest, *named, tuple(files), instances))
    for folder in _mixed(series):
        yield from apply("folder", folder)
    by_path = {each.instance.path: each.instance for each in scanned}
    for one in over(sorted(series, key=lambda each: (str(each.path), each.uid)), Message("series")):
        described = one
        if pixels and not _is_slide(one):
            from dataclasses import replace

            described = replace(one, pixels=cache(partial(_pixels, one.slices, by_path)))
        yield from apply("series", described, left_out)
    yield from _slides(series)
    for path in over(others, Message("files")):
        yield from _other(path, limits, pixels=pixels)
    for loop in loops:
        for path, size in loop.sizes.items():
            if isinstance(size, str):
                yield _finding("A-7.2a.file_unreadable", path, problem=size)
        yield from apply("frames", loop)


def _scan(
    path: Path, limits: Limits, scanned: list[Scanned], others: list[Path], unread: list[Path]
) -> Iterator[tuple[Path, Finding]]:
    """Add the image of a file to those scanned, or the file to the others; yield why it cannot be read."""
    if path.name.lower().endswith((*_NIFTI, *_TIFF, *placed_volumes.ENDINGS, *videos.ENDINGS)) or is_pair(path):
        others.append(path)
        return
    if not path.stat().st_size:
        if path.name.lower().endswith(_DICOM):
            unread.append(path)
            yield _finding("A-7.2a.file_unreadable", path, problem=Message("it is empty"))
        return
    try:
        found = read_slices(path, limits)
        if found is not None:
            scanned.append(found)
            return
        problem = lacks_image(path)
        if problem is not None:
            unread.append(path)
            yield _finding("A-7.2a.file_unreadable", path, problem=problem)
            return
    except DAMAGE as error:
        told = _told(error) if isinstance(error, AnnoconvError) else Message("its elements are damaged")
        problem = syntax_problem(path) or told
        unread.append(path)
        yield _finding("A-7.2a.file_unreadable", path, problem=problem)
        return
    with path.open("rb") as file:
        start = file.read(132)
    if lacks_preamble(start):
        unread.append(path)
        yield _finding("A-7.2a.preamble_missing", path)
    elif start[128:] != b"DICM" and path.name.lower().endswith(_DICOM):
        unread.append(path)
        problem = Message("its name says that it is a DICOM file, its content does not: there is no preamble DICM")
        yield _finding("A-7.2a.file_unreadable", path, problem=problem)


def _told(error: AnnoconvError) -> Message:
    """Return what an error says of a file, and where."""
    problem = Message("{problem}", problem=error.problem)
    return Message("{where}: {problem}", where=error.where, problem=problem) if error.where else problem


def _finding(identity: str, path: Path, **values: object) -> tuple[Path, Finding]:
    return path, catalogue()[identity].finding(Fault(path, (), {"name": path.name, **values}))


def _pixels(slices: Sequence[Slice], instances: dict[Path, Instance]) -> Mapping[Slice, SlicePixels]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dict(read_pixels(slices, instances))


def _mixed(series: Sequence[Series]) -> Iterator[list[Series]]:
    """Yield the series of each folder that holds slices of several, unless a DICOMDIR tells them apart."""
    of_folder: defaultdict[Path, dict[str, Series]] = defaultdict(dict)
    for each in series:
        is_stack = all(one.sop_class_uid in VOLUMES and one.position and one.count == 1 for one in each.slices)
        if each.uid and is_stack and not each.is_localizer:
            for folder in {one.path.parent for one in each.slices}:
                of_folder[folder][each.uid] = each
    for folder, held in sorted(of_folder.items()):
        has_directory = any((above / "DICOMDIR").is_file() for above in (folder, *folder.parents))
        if len(held) > 1 and max(len(each.slices) for each in held.values()) > 1 and not has_directory:
            yield list(held.values())


def _is_slide(series: Series) -> bool:
    return all(each.sop_class_uid == SLIDE_CLASS for each in series.slices)


def _slides(series: Sequence[Series]) -> Iterator[tuple[Path, Finding]]:
    """Yield what the checks of whole slides find.

    The images of one series are one slide. So are single ones, each in a series of its own, of one container and frame
    of reference.
    """
    by_uid: defaultdict[str, list[Series]] = defaultdict(list)
    for each in series:
        if _is_slide(each) and "TotalPixelMatrixColumns" in each.slices[0].text:
            by_uid[each.uid].append(each)
    slides: defaultdict[tuple[str, ...], list[Series]] = defaultdict(list)
    for uid, images in by_uid.items():
        text = images[0].slices[0].text
        place = text.get("FrameOfReferenceUID", ""), text.get("ContainerIdentifier", "")
        slides[place if len(images) == 1 and all(place) else (uid,)] += images
    for levels in slides.values():
        yield from apply("slide", pyramid_of_series(sorted(levels, key=lambda each: str(each.path))))


def _other(path: Path, limits: Limits, *, pixels: bool) -> Iterator[tuple[Path, Finding]]:
    """Yield what the checks of a file find that is of a kind by its name: a volume, a slide, a video."""
    name = path.name.lower()
    try:
        if is_pair(path):
            problem = Message("its header and its voxels are two files (.hdr, .img); write them as one .nii")
            yield _finding("A-7.2a.file_unreadable", path, problem=problem)
            return
        if name.endswith(_NIFTI):
            image = NiftiImage(path, limits, with_values=pixels)
            _ = image.header
            yield from apply("nifti", image)
        elif name.endswith(placed_volumes.ENDINGS):
            yield from apply("placed", PlacedVolume(path, limits, with_values=pixels))
        elif name.endswith(videos.ENDINGS):
            yield from apply("video", read_video(path))
        else:
            yield from apply("slide", read_pyramid(path))
    except (AnnoconvError, ValueError, OSError, struct.error) as error:
        problem = _told(error) if isinstance(error, AnnoconvError) else Message("it is damaged")
        if isinstance(error, AnnoconvError) and error.found is not None:
            problem = Message("{problem}, found {found}", problem=problem, found=error.found)
        yield _finding("A-7.2a.file_unreadable", path, problem=problem)
