"""What a format of pictures tells the writer that all of them share (`write`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

from annoconv.messages import Message
from annoconv_converters._pictures.columns import held

if TYPE_CHECKING:
    from pathlib import Path

    from annoconv.documents.losses import Reasons
    from annoconv.loss import Loss
    from annoconv_converters._pictures.batch import Batch
    from annoconv_converters._pictures.draw import Drawing
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["Parts", "PictureFormat", "Survey", "Whole", "has_keypoints", "polygon_reasons"]

Record: TypeAlias = "dict[str, Any]"
Tree = TypeVar("Tree")
Taken = TypeVar("Taken", contravariant=True)
Sizes: TypeAlias = Mapping[str, tuple[int, int]]


class Survey(Protocol):
    """What a format must know of all shapes before it writes the first."""

    def take(self, name: str, shape: Shape, /) -> None:
        """Take a shape and the name of its class."""
        ...


@dataclass(frozen=True)
class Whole:
    """What is known of a file of which some pictures are written.

    Attributes
    ----------
    first
        How many pictures stand before these.
    count
        How many there are.
    survey
        The format's own.
    """

    first: int
    count: int
    survey: Any = None


class Parts(Protocol[Taken]):
    """Puts an output together of parts, each with some of the pictures, in their order."""

    def add(self, tree: Taken, saved: Path, /) -> None:
        """Add a part: what it says, and where that was saved."""
        ...

    def finish(self, target: Path, /) -> None:
        """Write the output."""
        ...


@dataclass(frozen=True, kw_only=True)
class PictureFormat(Generic[Tree]):
    """What a format tells the writer.

    Attributes
    ----------
    task
        Task id that its reader gives to a case.
    tree
        From pictures, categories and what is known of the whole to what its files say, in its own terms: elements,
        members, lines.
    save
        Writes a tree to a file or folder.
    parts
        Given a folder to work in, what puts files together of which each is of some of the cases.
    read
        Reads what was written, given the size (rows, columns) of pictures by file name where the format holds none.
    understood
        What `read` returns of some pictures, given their tree, the pictures, their sizes and the file or folder, where
        that is clear from the tree; else None. Such a tree of a folder is saved beside those before it.
    reasons
        Why it does not hold what stands at a place; one for `annotations/#/id` among them, and one under `UNCLASSIFIED`
        if each of its objects has a class.
    shapes
        Types of annotations beyond masks, boxes and polygons that it has.
    is_outlined
        Whether masks become polygons.
    has_parts
        Whether several polygons are one record; else each is a record of its own.
    has_rings
        Whether it takes columns of rings (`outlines`).
    has_keypoints
        Whether points are drawn as keypoints of their instances.
    has_ids
        Whether its records have ids, which tools keep.
    has_sizes
        Whether its files hold the sizes of pictures; else the side file does, and is always written.
    is_folder
        Whether it is a folder, with the side file in it.
    known_by
        From the name of a picture to what the format knows it by.
    place
        From the name of a picture to where its file is in a folder.
    cut
        The shapes of a picture as far as the format has a place for them, where it has none beyond the picture.
    arrange
        Puts the pictures of cases as its reader gives them, where that leaves out any; yields what is lost so. Given
        with them: the index of the first, and whether they were joined.
    survey
        Makes what is shown each shape with the name of its class, before the first is written.
    joined
        Whether what the file says of a case rests on the other cases, if theirs does too.
    joined_by
        Whether that is so if it is of `any` case, or only if it is of `all`. Such cases are held together.
    """

    task: str
    tree: Callable[[Sequence[Picture], Sequence[Record], Whole], Tree]
    save: Callable[[Tree, Path], None]
    parts: Callable[[Path], Parts[Tree]]
    read: Callable[[Path, Sizes], Batch]
    reasons: Reasons
    understood: Callable[[Tree, Sequence[Picture], Sizes, Path], Batch | None] | None = None
    shapes: frozenset[str] = frozenset()
    is_outlined: bool = False
    has_parts: bool = False
    has_rings: bool = False
    has_keypoints: bool = False
    has_ids: bool = False
    has_sizes: bool = True
    is_folder: bool = False
    known_by: Callable[[str], str] = str
    place: Callable[[str], str] = str
    cut: Callable[[Picture], list[Shape]] | None = None
    arrange: Callable[[Sequence[Drawing], int, bool], Iterable[Loss]] | None = None
    survey: Callable[[], Survey] | None = None
    joined: Callable[[Drawing], bool] | None = None
    joined_by: Callable[[Iterable[bool]], bool] = any


def polygon_reasons(title: str) -> Reasons:
    """Return why a format of single rings holds holes and parts of a polygon otherwise."""
    return {
        "annotations/#/*holes/*": Message(
            "in {title} a hole hangs on its polygon by a cut, from its leftmost corner, the other way round",
            title=title,
        ),
        "annotations/#/parts/*": Message("in {title} the parts of a polygon are polygons of their own", title=title),
    }


def has_keypoints(drawing: Drawing) -> bool:
    """Tell whether a case has named points: readers of formats that list none give each object those of all others."""
    shapes = (shape for picture in drawing.pictures if held(picture) is None for shape in picture.shapes)
    return any(shape.geometry is not None and shape.geometry["type"] == "keypoints" for shape in shapes)
