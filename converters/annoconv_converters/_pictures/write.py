"""The one writer of YOLO, CVAT, Label Studio and GeoJSON: cases to pictures, to the format's own tree, to its files.

A format says what a tree of its own holds of pictures (`PictureFormat`), how that is saved, and how its files are read.
The writer reads its own output again to learn what it means by itself, so that the loss report is exact whatever the
format does to numbers, names and order. The side file, unless it is not wanted, holds for each shape which annotation
it belongs to and, as digests, what it says, and for each case what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from annoconv.advice import NOTHING
from annoconv.codes import UNCLASSIFIED, Labels
from annoconv.documents import strict_json
from annoconv.errors import InputError
from annoconv.files.atomic import expecting, replacing
from annoconv.loss import Loss, LossReport
from annoconv.messages import Message
from annoconv_converters._pictures.carrier import FORMAT, SIDE_NAME, SIDE_SUFFIX, VERSION
from annoconv_converters._pictures.categories import Categories, CategoryTable
from annoconv_converters._pictures.class_lists import CLASSES, Counted, SaidOnce, WrittenLists
from annoconv_converters._pictures.comparison import compare_case
from annoconv_converters._pictures.draw import Drawing, Form, draw, slice_folder
from annoconv_converters._pictures.picture_names import FlatNames, KnownNames, with_file_names
from annoconv_converters._pictures.records import KEY, Picture, Shape
from annoconv_converters._pictures.render import Rendering, inversions, pictures_folder, render_all
from annoconv_converters._pictures.said import said_of
from annoconv_converters._pictures.sizes import with_sizes
from annoconv_converters._pictures.skeletons import Skeletons

if TYPE_CHECKING:
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv.documents.losses import Reasons
    from annoconv.registry import Context
    from annoconv_converters._pictures.picture_names import NameRule
    from annoconv_converters._pictures.read import Batch

__all__ = ["PictureFormat", "polygon_reasons", "write_pictures"]

Record: TypeAlias = "dict[str, Any]"
Tree = TypeVar("Tree")
Sizes: TypeAlias = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class PictureFormat(Generic[Tree]):
    """What a format tells the writer.

    Attributes
    ----------
    task
        Task id that its reader gives to a case.
    tree
        From pictures and categories to what its files say, in its own terms: elements, members, lines.
    save
        Writes a tree to a file or folder.
    read
        Reads what was written, given the size (rows, columns) of pictures by file name where the format holds none.
    reasons
        Why it does not hold what stands at a place; one for `annotations/#/id` among them, and one under `UNCLASSIFIED`
        if each of its objects has a class.
    shapes
        Types of annotations beyond masks, boxes and polygons that it has.
    is_outlined
        Whether masks become polygons.
    has_parts
        Whether several polygons are one record; else each is a record of its own.
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
        Puts the pictures of all cases as its reader gives them, where that leaves out any; yields what is lost so.
    """

    task: str
    tree: Callable[[Sequence[Picture], Sequence[Record]], Tree]
    save: Callable[[Tree, Path], None]
    read: Callable[[Path, Sizes], Batch]
    reasons: Reasons
    shapes: frozenset[str] = frozenset()
    is_outlined: bool = False
    has_parts: bool = False
    has_keypoints: bool = False
    has_ids: bool = False
    has_sizes: bool = True
    is_folder: bool = False
    known_by: Callable[[str], str] = str
    place: Callable[[str], str] = str
    cut: Callable[[Picture], list[Shape]] | None = None
    arrange: Callable[[Sequence[Drawing]], Iterable[Loss]] | None = None


def polygon_reasons(title: str) -> Reasons:
    """Return why a format of single rings holds holes and parts of a polygon otherwise."""
    return {
        "annotations/#/*holes/*": Message(
            "in {title} a hole hangs on its polygon by a cut, from its leftmost corner, the other way round",
            title=title,
        ),
        "annotations/#/parts/*": Message("in {title} the parts of a polygon are polygons of their own", title=title),
    }


def write_pictures(
    cases: Iterable[LoadedCase],
    target: Path,
    format: PictureFormat[Any],
    *,
    context: Context,
    rendering: Rendering,
    names: NameRule,
    plain: bool = False,
    all_annotations: bool = False,
) -> LossReport:
    """Write cases in a format of pictures.

    Parameters
    ----------
    cases
        Cases with their masks.
    target
        The format's file or folder.
    format
        Which.
    context
        Label system, limits.
    rendering
        How pictures are rendered, if at all.
    names
        Of the pictures.
    plain
        Whether to write no side file.
    all_annotations
        Whether what does not count as a finding is drawn too.
    """
    if not format.is_folder:
        if not plain:
            expecting(target.with_suffix(SIDE_SUFFIX), of=target)
        if rendering.depth != "none":
            expecting(pictures_folder(target), of=target)
    table = CategoryTable(context.label_system)
    drawings: list[Drawing] = []
    folders: set[str] = set()
    for loaded in with_sizes(cases, rendering.images, context.limits, is_rendered=rendering.depth != "none"):
        table.take(loaded.case, Labels.of(loaded.case, context.label_system))
        folder = slice_folder(loaded, len(drawings), folders)
        drawings.append(_drawing(loaded, folder, format, all_annotations=all_annotations))
        context.advance(len(drawings))
    if not drawings:
        raise InputError(
            "there is no case to write",
            source=target,
            found=NOTHING,
            expected="a case at least",
            advice="Name one source at least",
        )
    if names == "flat":
        FlatNames().rename(picture for drawing in drawings for picture in drawing.pictures)
    losses: list[Loss] = []
    if format.is_folder or rendering.depth != "none":
        for place, drawing in enumerate(drawings):
            losses += with_file_names(drawing.loaded.case, drawing.pictures, place)
    told_apart = KnownNames(format.known_by)
    for drawing in drawings:
        told_apart.take(drawing.loaded, drawing.pictures)
    shown = [list(drawing.pictures) for drawing in drawings]
    losses += [] if format.arrange is None else format.arrange(drawings)
    pictures = [picture for drawing in drawings for picture in drawing.pictures]
    for number, picture in enumerate(pictures, start=1):
        picture.record["id"] = number
    for number, shape in enumerate((each for picture in pictures for each in picture.shapes), start=1):
        shape.record["id"] = number
    for drawing in drawings:
        _number_classes(drawing, table, context)
    skeletons = Skeletons()
    known = [(each.loaded.case, Labels.of(each.loaded.case, context.label_system)) for each in drawings]
    skeletons.take(known, with_points=format.has_keypoints)
    listed = [skeletons.record(each) for each in table.sorted()]
    with ExitStack() as outputs:
        temporary = outputs.enter_context(replacing(target))
        format.save(format.tree(pictures, _classes(listed, table, format)), temporary)
        if rendering.depth != "none":
            whole = [replace(each, pictures=all_) for each, all_ in zip(drawings, shown, strict=True)]
            render_all(whole, temporary, target, outputs, rendering, context.limits, format.place)
        sizes = {picture.record["file_name"]: _size(picture) for picture in pictures if "width" in picture.record}
        batch = format.read(temporary, sizes)
        lists = WrittenLists(batch.categories, batch.classes, listed, context.label_system)
        once, counted = SaidOnce(), Counted(table, format.reasons, is_anew=True)
        entries: list[Record] = []
        position = 0
        for case_index, drawing in enumerate(drawings):
            read = batch.pictures[position : position + len(drawing.pictures)]
            position += len(drawing.pictures)
            is_said = once(drawing.loaded.case)
            found, entry = compare_case(
                drawing, read, lists, format.task, format.reasons, case_index, plain=plain, is_said=is_said
            )
            losses += [*found, *inversions(drawing, case_index)]
            if lists.kind == "numbered":
                ids = {shape.key["id"] for picture in drawing.pictures for shape in picture.shapes}
                losses += counted.losses(*known[case_index], ids, case_index)
            entries.append(entry)
        if (losses or not format.has_sizes) and not plain:
            side = temporary / SIDE_NAME if temporary.is_dir() else target.with_suffix(SIDE_SUFFIX)
            if not temporary.is_dir():
                side = outputs.enter_context(replacing(side, of=target))
            _note(entries, batch.pictures, lists.known, format)
            classes = {CLASSES: lists.told} if any(CLASSES in entry for entry in entries) else {}
            side.write_bytes(strict_json.dumps({KEY: VERSION, FORMAT: format.task, **classes, "cases": entries}))
    return LossReport(losses)


def _note(entries: list[Record], read: list[Picture], known: Categories, format: PictureFormat[Any]) -> None:
    """Note with the key of each record what that says, and the id that the format has for it."""
    pictures = iter(read)
    for entry in entries:
        for told, picture in zip(entry["pictures"], pictures, strict=False):
            told["annotations"] = [
                {**key, "said": said_of(shape, known.name_of(shape.record.get("category_id")))}
                | ({"number": str(shape.record["id"])} if format.has_ids else {})
                for key, shape in zip(told["annotations"], picture.shapes, strict=False)
            ]


def _drawing(loaded: LoadedCase, folder: str | None, format: PictureFormat[Any], *, all_annotations: bool) -> Drawing:
    """Return a case as pictures in a format's forms."""
    form: Form = "polygon" if format.is_outlined else "rle"
    drawing = draw(
        loaded,
        axis="k",
        form=form,
        folder=folder,
        only_annotated=False,
        keypoints=format.has_keypoints,
        shapes=format.shapes,
        turn_holes=not format.has_parts,
        all_annotations=all_annotations,
    )
    for picture in drawing.pictures:
        picture.shapes = [ring for shape in picture.shapes for ring in _rings(shape, format.has_parts)]
        picture.shapes = picture.shapes if format.cut is None else format.cut(picture)
    return drawing


def _classes(listed: list[Record], table: CategoryTable, format: PictureFormat[Any]) -> list[Record]:
    """Return the classes as a format writes them: that of objects without a class has no name where it needs none."""
    if UNCLASSIFIED in format.reasons or UNCLASSIFIED in table.listed:
        return listed
    return [{**each, "name": ""} if each["name"] == UNCLASSIFIED else each for each in listed]


def _number_classes(drawing: Drawing, table: CategoryTable, context: Context) -> None:
    """Give the shapes of a case the ids of their classes in place of their label codes."""
    labels = Labels.of(drawing.loaded.case, context.label_system)
    categories = {each.label_code: each.category.value for each in reversed(drawing.loaded.case.annotations)}
    for shape in (each for picture in drawing.pictures for each in picture.shapes):
        code = shape.record["category_id"]
        shape.record["category_id"] = table.number(code, categories[code], labels)


def _rings(shape: Shape, has_parts: bool) -> Iterator[Shape]:
    segmentation = shape.record.get("segmentation")
    if has_parts or not isinstance(segmentation, list) or len(segmentation) < 2:
        yield shape
    else:
        for place, ring in enumerate(segmentation):
            record = {**shape.record, "segmentation": [ring]}
            if place:  # keypoints belong to the first
                key = {name: value for name, value in shape.key.items() if name != "points"}
                yield replace(shape, record=record, keypoints=[], key=key)
            else:
                yield replace(shape, record=record)


def _size(picture: Picture) -> tuple[int, int]:
    return picture.record["height"], picture.record["width"]
