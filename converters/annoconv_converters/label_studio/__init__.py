"""Label Studio: tasks with their annotations, as it exports and imports them in JSON.

Coordinates are per cent of the picture's width and height, origin at its outer corner. Authority:
labelstud.io/guide/export and the tags' reference. `docs/formats/label-studio.md` holds the mapping table.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

from annoconv import images as image_seam
from annoconv.documents import strict_json
from annoconv.errors import InputError
from annoconv.registry import Option
from annoconv_converters._pictures.read import SIDE_SUFFIX, Batch, read_pictures
from annoconv_converters._pictures.render import Rendering, parse_window
from annoconv_converters._pictures.write import write_pictures
from annoconv_converters.label_studio.tasks import read_tasks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.loss import LossReport
    from annoconv.registry import Context
    from annoconv_converters._pictures.records import Picture, Shape

__all__ = ["SUFFIX", "from_label_studio", "to_label_studio"]

Record: TypeAlias = "dict[str, Any]"

SUFFIX = ".json"
_TASK: Final = "label-studio"
_CONTROLS: Final = {
    "rectanglelabels": "rectangle",
    "polygonlabels": "polygon",
    "keypointlabels": "keypoint",
    "ellipselabels": "ellipse",
}
"""Names of the tags of a labelling configuration that what is written refers to, by type."""


def to_label_studio(
    cases: Iterable[LoadedCase],
    target: Path,
    *,
    context: Context,
    images: Annotated[Sequence[Path], Option(help="Source images to render: folders or files.")] = (),
    plain: Annotated[bool, Option(help="Write no side file; what has no place is lost.")] = False,
    render: Annotated[
        Literal["none", "16", "8"], Option(help="Write PNGs of the images: 16 bits rescaled, or 8 bits windowed.")
    ] = "none",
    window: Annotated[str | None, Option(help="Centre and width of the 8-bit window.", metavar="40,400")] = None,
) -> LossReport:
    """Write cases as Label Studio tasks, one a picture; masks as polygons that decode to exactly them.

    Parameters
    ----------
    cases
        Cases with their masks.
    target
        A `.json` file; `*.annoconv.json` beside it takes along what Label Studio has no place for.
    context
        Label system, limits.
    images
        Where the pictures are rendered from.
    plain
        Whether to leave that out.
    render, window
        16 bits hold the stored values, 8 bits those within the window, by default that of the image's header.

    Returns
    -------
    LossReport
        What Label Studio does not hold, exactly.

    Raises
    ------
    MaskError, GeometryError
        If a mask is missing, holds fractions or does not lie on its image's grid. Nothing is written.
    UsageError
        If pictures are asked for and there are no images.
    """

    def parse(path: Path, _: object) -> Batch:
        return read_tasks(path, context.limits)

    return write_pictures(
        cases,
        target,
        context=context,
        task=_TASK,
        serialise=_write,
        parse=parse,
        plain=plain,
        is_outlined=True,
        shapes=frozenset({"point", "ellipse"}),
        images=images,
        rendering=Rendering(render, parse_window(window)),
    )


def from_label_studio(
    sources: Sequence[Path],
    *,
    context: Context,
    predictions: Annotated[bool, Option(help="Read the predictions of models too, with the origin model.")] = False,
) -> Iterator[Reading]:
    """Yield a case for each task of Label Studio exports (JSON, or JSON_MIN).

    Parameters
    ----------
    sources
        Files, or folders of them.
    context
        Task id, limits.
    predictions
        Whether to read predictions beside annotations.

    Raises
    ------
    InputError
        If a file is no export, or a region cannot be understood.
    """
    files = image_seam.list_files(sources, context.limits)
    paths = [path for path in files if path.suffix == ".json" and not path.name.endswith(SIDE_SUFFIX)]
    if not paths:
        raise InputError(
            "there is no Label Studio export", source=Path(sources[0]) if sources else None, expected=".json"
        )
    batches = (read_tasks(path, context.limits, predictions=predictions) for path in paths)
    return read_pictures(batches, context=context, task=_TASK)


def _write(pictures: Sequence[Picture], categories: Sequence[Record], path: Path) -> None:
    names = {record["id"]: str(record["name"]) for record in categories}
    tasks: list[Record] = []
    for picture in pictures:
        if "width" not in picture.record:
            raise InputError("Label Studio needs the size of every picture", found=picture.record["file_name"])
        result = [_region(shape, picture.record, names[shape.record["category_id"]]) for shape in picture.shapes]
        data = {"image": picture.record["file_name"]}
        size = {"original_width": picture.record["width"], "original_height": picture.record["height"]}
        tasks.append({"id": picture.record["id"], "data": data, "meta": size, "annotations": [{"result": result}]})
    path.write_bytes(strict_json.dumps(tasks, indent=2))


def _region(shape: Shape, picture: Record, label: str) -> Record:
    """Return a shape as a region of Label Studio."""
    columns, rows = picture["width"], picture["height"]
    scale = (100 / columns, 100 / rows)
    record, geometry, rings = shape.record, shape.geometry, shape.record.get("segmentation")
    if geometry is not None and geometry["type"] == "point":
        kind, value = "keypointlabels", {"x": geometry["point"][0] * scale[0], "y": geometry["point"][1] * scale[1]}
    elif geometry is not None:
        kind = "ellipselabels"
        x, y = (coordinate * each for coordinate, each in zip(geometry["center"], scale, strict=True))
        across, down = (radius * each for radius, each in zip(geometry["radii"], scale, strict=True))
        value = {"x": x, "y": y, "radiusX": across, "radiusY": down, "rotation": geometry.get("rotation_degrees", 0)}
    elif rings:
        kind = "polygonlabels"
        corners = zip(rings[0][::2], rings[0][1::2], strict=True)
        value = {"points": [[x * scale[0], y * scale[1]] for x, y in corners], "closed": True}
    else:
        kind = "rectanglelabels"
        x, y, width, height = record["bbox"]
        value = {
            "x": x * scale[0],
            "y": y * scale[1],
            "width": width * scale[0],
            "height": height * scale[1],
            "rotation": 0,
        }
    region: Record = {
        "id": str(record["id"]),
        "type": kind,
        "value": {**value, kind: [label]},
        "origin": "manual",
        "to_name": "image",
        "from_name": _CONTROLS[kind],
        "image_rotation": 0,
        "original_width": columns,
        "original_height": rows,
    }
    return region | ({"score": record["score"]} if "score" in record else {})
