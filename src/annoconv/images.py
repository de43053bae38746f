"""Source images behind one seam: grid, headers, lazy pixels, and the identity of each slice, whatever the format.

A *reader* is a function `scan(paths, limits) -> list[ImageSource]` under an entry point of the group
`annoconv.readers`. It takes from files and folders what it knows and ignores the rest. What is wrong with one image is
told when that image is used, so that a folder with a bad series is still good for its others.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, runtime_checkable

from annoconv.advice import beside
from annoconv.errors import AnnoconvError, ImageError
from annoconv.files.disk import real_path
from annoconv.files.inputs import check_count, check_source, limits_of
from annoconv.files.sources import files_of
from annoconv.files.stage import settle
from annoconv.ids import is_dicom_uid
from annoconv.installed import entries_of
from annoconv.limits import Limits
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message, listed

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from annoconv.geometry import Grid
    from annoconv.model import Image

__all__ = [
    "GROUP",
    "OF_A_COPY",
    "ORDER_OF_SHAPE",
    "ImageSource",
    "Overview",
    "Reader",
    "SliceIdentity",
    "SliceReader",
    "describe_sources",
    "each_file",
    "list_files",
    "match",
    "no_such_image",
    "open",
    "read_slices",
    "readable",
    "scan",
    "unused",
]

GROUP = "annoconv.readers"
"""Entry point group of the readers, tried in the order of their names."""
_MOST_NAMED = 10
"""Images named in one message."""
OF_A_COPY: Final = (
    "If it is a copy under other UIDs (de-identified), put its uid in the place of the former, and leave out "
    "instances, study_instance_uid and frame_of_reference_uid of the image: the copy states them, and its geometry is "
    "compared"
)
ORDER_OF_SHAPE: Final = Message(
    "The order is (columns, rows, slices), that of i, j, k; arrays in memory have it the other way"
)
_UNUSED: Final = "--images has what no case is drawn on: {found}"
_UNREAD: Final = "{name} under --images cannot be read as an image and is left out ({problem})"
_OR_A_COPY: Final = "Name the folder of that series. {copy}"


@dataclass(frozen=True, slots=True)
class SliceIdentity:
    """What identifies one slice of an image in other documents.

    Attributes
    ----------
    sop_class_uid, sop_instance_uid
        Of the DICOM instance; empty if the format has none.
    frame
        One-based frame number in a multi-frame instance, else None.
    path
        Its file.
    position_lps
        Centre of the slice's first pixel, LPS, mm, as the file states it; None without a place in space.
    """

    sop_class_uid: str
    sop_instance_uid: str
    frame: int | None
    path: Path
    position_lps: tuple[float, float, float] | None


class ImageSource(Protocol):
    """One image of a format; slices are in the order of the grid's k axis everywhere.

    Every property but `uid`, `modality` and `path` may raise ImageError or GeometryError, and names the files.
    """

    @property
    def uid(self) -> str:
        """SeriesInstanceUID, or what identifies it in its format."""
        ...

    @property
    def path(self) -> Path:
        """Its file, or the folder of its files."""
        ...

    @property
    def modality(self) -> str:
        """Modality in DICOM's terms."""
        ...

    @property
    def grid(self) -> Grid:
        """Its grid; without an affine if it has no place in space."""
        ...

    @property
    def frame_of_reference_uid(self) -> str:
        """As stated, or derived; then `derived` names it."""
        ...

    @property
    def study_instance_uid(self) -> str:
        """As stated, or derived; then `derived` names it."""
        ...

    @property
    def derived(self) -> frozenset[str]:
        """Which of `uid`, `frame_of_reference_uid`, `study_instance_uid` the files lack."""
        ...

    @property
    def acquired_at(self) -> datetime | None:
        """When the first slice was acquired; without a zone unless the file states one."""
        ...

    @property
    def headers(self) -> Sequence[Any]:
        """The format's own headers, without pixels, one a slice."""
        ...

    @property
    def slices(self) -> Sequence[SliceIdentity]:
        """Identity of each slice."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What was unusual and how it was taken, for people."""
        ...

    def read(self) -> NDArray[Any]:
        """Return `pixels_kji` as stored, rescaling not applied; a fourth axis holds colour samples."""
        ...

    def describe(self) -> Image:
        """Return the image as a case document describes it."""
        ...


@runtime_checkable
class SliceReader(Protocol):
    """An image of which some slices are read without the others."""

    def read_slices(self, indices: Sequence[int]) -> NDArray[Any]:
        """Return the stored pixels of some slices, in the order asked for, as `read` has them."""
        ...


@runtime_checkable
class Overview(Protocol):
    """An image that may be too large to be read whole: a slide."""

    def read_overview(self, longest: int) -> NDArray[Any]:
        """Return the whole image with fewer pixels, shape (1, j, i) or (1, j, i, sample).

        Parameters
        ----------
        longest
            Pixels of the longer side that are enough; the image has more by less than a factor of two, or all it has.
        """
        ...


def read_slices(source: ImageSource, indices: Sequence[int]) -> NDArray[Any]:
    """Return the stored pixels of some slices of an image, in the order asked for."""
    return source.read_slices(indices) if isinstance(source, SliceReader) else source.read()[list(indices)]


Reader: TypeAlias = Callable[[Sequence[Path], Limits], list[ImageSource]]


def list_files(paths: Iterable[Path], limits: Limits) -> list[Path]:
    """Return the regular files among `paths` and below them, each once, in a stable order.

    Links to files are followed within the named folder, links to folders are not; pipes, sockets, devices,
    manifests and stages of outputs (`annoconv.files`), and what Finder and Explorer leave in folders are left out.

    Raises
    ------
    ImageError
        If a path does not exist.
    LimitError
        If there are more files than `limits.files`.
    InputError
        If a link leads out of the folder.
    """
    found: set[str] = set()

    def is_new(path: str) -> bool:
        before = len(found)
        found.add(path)
        return len(found) > before

    return [*each_file(paths, limits, is_new)]


def each_file(
    paths: Iterable[Path],
    limits: Limits,
    is_new: Callable[[str], bool],
    wanted: Callable[[Path], bool] | None = None,
) -> Iterator[Path]:
    """Yield what `list_files` returns, of folders what is wanted; `is_new` says if a place, links followed, is new."""
    count = 0
    folders: dict[str, str] = {}
    for path in map(Path, paths):
        if not path.exists():
            raise no_such_image(path)
        settle(path)
        check_source(path)
        for file in files_of(path, wanted):
            if is_new(real_path(file, folders)):
                count += 1
                check_count(count, path, limits)
                yield file


def no_such_image(path: Path) -> ImageError:
    """Return the error that an image which was named is not there."""
    return ImageError(
        "there is no such file or folder",
        source=path,
        found=beside(path),
        expected="an image",
        advice="Correct --images",
    )


def scan(paths: Sequence[Path], limits: Limits | None = None) -> list[ImageSource]:
    """Return every image that the installed readers find in files and folders, in a stable order.

    Raises
    ------
    ImageError
        If a path does not exist, there is no image in one of them, or a reader cannot be loaded.
    """
    limits = limits_of(limits)
    sources: list[ImageSource] = []
    readers: list[Reader] = []
    for entry in entries_of(GROUP):
        try:
            reader: Reader = entry.load()
        except Exception as error:  # whatever a module does when it is imported
            raise ImageError(
                Message("the image reader {name!r} cannot be loaded", name=entry.name),
                source=entry.value,
                found=f"{type(error).__name__}: {error}",
                expected="a function that can be imported",
                advice=Message("Install what {module} needs", module=entry.module),
            ) from error
        readers.append(reader)
        sources += reader(paths, limits)
    known = {source.uid for source in sources}
    idle = _without_images(paths, sources)  # one with copies of what others have is not
    if idle := [each for each in idle if known.isdisjoint(one.uid for read in readers for one in read([each], limits))]:
        raise ImageError(
            "there is no image here",
            source=listed(idle, _MOST_NAMED),
            found=_files_among(idle, limits),
            expected="DICOM, NIfTI, NRRD or MetaImage files that are no labels",
            advice="Name images or their folder; unpack archives first",
        )
    return sources


def _without_images(paths: Sequence[Path], sources: Sequence[ImageSource]) -> list[Path]:
    """Return the files and folders in which no image was found, not even a part of one."""
    places = {source.path.resolve() for source in sources}
    above = {folder for place in places for folder in (place, *place.parents)}
    return [path for path in paths if (one := path.resolve()) not in above and places.isdisjoint(one.parents)]


def _files_among(paths: Sequence[Path], limits: Limits) -> Message:
    """Return the names of the files that are there, for people."""
    names = [path.name for path in list_files(paths, limits)]
    return listed(names, _MOST_NAMED) if names else Message("no file")


def open(path: Path, limits: Limits | None = None) -> ImageSource:
    """Return the one image in a file or folder.

    Raises
    ------
    ImageError
        If there is none, or several: they are listed.
    """
    sources = scan([path], limits)
    if len(sources) != 1:
        raise ImageError(
            "it is not clear which image is meant",
            source=path,
            found=describe_sources(sources),
            expected="one image",
            advice="Name one file or folder",
        )
    return sources[0]


def match(
    sources: Sequence[ImageSource], image: Image, *, source: Path | None = None, where: str = "/image/uid"
) -> ImageSource:
    """Return the source that a case document's image means: by its UID, or the only one if its `uid` is no DICOM UID.

    Parameters
    ----------
    sources
        What was found.
    image
        What the document says of it.
    source, where
        The file that says so, and its place there, which errors name.

    Raises
    ------
    ImageError
        If no source has the UID, or several could be meant: they are listed.
    """
    named = [each for each in sources if each.uid == image.uid]
    if not named and not is_dicom_uid(image.uid):
        named = [*readable(sources)]
    if len(named) != 1:
        raise ImageError(
            "no single source image has this UID",
            source=source,
            where=where,
            found=describe_sources(sources),
            expected=image.uid,
            advice=Message(_OR_A_COPY, copy=Message(OF_A_COPY)) if sources else "Name the folder of that series",
        )
    return named[0]


def readable(sources: Sequence[ImageSource]) -> Sequence[ImageSource]:
    """Return the images whose grid can be told; all of them if there is none, or no other to be taken for it."""
    found = sources if len(sources) < 2 else [each for each in sources if _problem_of(each) is None]
    return found or sources


def _problem_of(source: ImageSource) -> AnnoconvError | None:
    """Return why the grid of an image cannot be told; None if it can."""
    try:
        _ = source.grid
    except AnnoconvError as error:
        return error
    return None


def describe_sources(sources: Sequence[ImageSource]) -> Message:
    """Return images as errors name them: uid, modality, path."""
    named = [f"{source.uid} ({source.modality}, {source.path})" for source in sources]
    return listed(named, _MOST_NAMED) if named else Message("no image")


def unused(sources: Sequence[ImageSource], used: Container[str], case_index: int) -> Iterator[Loss]:
    """Yield a loss that names the series which nothing used of those that were given, and one for each damaged file.

    Parameters
    ----------
    sources
        What was found. Sound volumes of other formats than DICOM are left out: masks lie beside them.
    used
        UIDs of those that cases have.
    case_index
        Of the last case, which tells it.
    """
    idle = [each for each in sources if each.uid not in used]
    series = [each for each in idle if is_dicom_uid(each.uid)]
    if series:
        named = [f"{source.uid} ({source.modality}, {source.path.name})" for source in series]
        yield Loss(case_index, "/image", LossKind.NO_PLACE, Message(_UNUSED, found=listed(named, _MOST_NAMED)))
    for source in idle:
        if source not in series and (error := _problem_of(source)) is not None:
            said = Message(_UNREAD, name=source.path.name, problem=error.problem)
            yield Loss(case_index, "/image", LossKind.NO_PLACE, said)
