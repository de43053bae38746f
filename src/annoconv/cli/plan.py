"""`annoconv plan`: what would be lost, before anything is written; of cases, or of two formats in general.

What is told of cases is the report of the conversion itself, whose output is thrown away. What is told of two
formats is made the same way: cases that use the whole model are written in both, and what the reports say is summed
up by what it is about.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from annoconv import registry
from annoconv.cli.command import CommonCommand, as_command
from annoconv.cli.convert import OPTIONS as OF_CONVERT
from annoconv.cli.convert import conversion_command, convert
from annoconv.cli.converters import parameter_of
from annoconv.cli.kinds import any_ending, check_format
from annoconv.errors import AnnoconvError, UsageError
from annoconv.files.atomic import Outputs
from annoconv.messages import Message, translate
from annoconv.registry.signs import CASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from annoconv.casefile import LoadedCase
    from annoconv.cli.report import Report
    from annoconv.loss import Loss

__all__ = ["KIND", "OPTIONS", "plan"]

OPTIONS = {name: parameter for name, parameter in OF_CONVERT.items() if name != "output"} | {
    "sources": parameter_of(
        "sources",
        Annotated[
            list[Path],
            typer.Argument(metavar="SOURCE", help="Two formats; or files or folders, with --to.", parser=Path),
        ],
    ),
}
_NAMES: Final = ("/id", "/mask_file", "/mask_value", "/schema_version")
"""What only names things, and is not counted."""
_YES, _PART, _CARRIED, _NO = Message("yes"), Message("in part"), Message("carried"), Message("no")


def plan(report: Report, **values: Any) -> None:
    """Tell what two formats hold, or what a conversion would lose.

    Parameters
    ----------
    report
        What is said.
    **values
        Of `OPTIONS`, and the options of both formats by their names.
    """
    pair = _pair([f"{path}" for path in values["sources"]])
    if pair is not None:
        _tell_pair(report, *pair)
        return
    if values.get("to_format") is None:
        if len(values["sources"]) == 2 and not any(path.exists() for path in values["sources"]):
            for side, name in zip(("from", "to"), values["sources"], strict=True):
                check_format("from" if side == "from" else "to", f"{name}")
        raise UsageError(
            "the format of the output is not named",
            found=Message("sources alone"),
            expected="--to FORMAT",
            advice="Name it with --to, or name two formats",
        )
    with tempfile.TemporaryDirectory() as folder, Outputs():
        writer = values["to_format"]
        check_format("to", writer)
        convert(report, output=Path(folder, f"output{any_ending(writer)}"), **values)
    report.forget_output_names()


class _Plan(CommonCommand):
    """The command, which has the options of its formats once it has been told them."""

    def told(self, arguments: list[str]) -> Any:
        """Return the command that has the options of the formats that a command line is about."""
        named = [each for each in arguments if not each.startswith("-")]
        if _pair(named) is not None:
            return as_command(self.name or "plan", plan, self.help or "", OPTIONS)
        return conversion_command(self, plan, OPTIONS, arguments)

    def make_context(self, info_name: Any, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Return the context of the command that has these options."""
        return self.told(args).make_context(info_name, args, parent, **extra)


KIND: Final = _Plan


def _pair(named: list[str]) -> tuple[str, str] | None:
    """Return the two formats that are named, if nothing else is."""
    known = {CASE, *(each.format for each in registry.converters().values())}
    if len(named) == 2 and known >= {*named} and not any(Path(each).exists() for each in named):
        return named[0], named[1]
    return None


# --- two formats ------------------------------------------------------------------------------------------------------


def _tell_pair(report: Report, source: str, target: str) -> None:
    """Say of each part of a case whether a file of the one format holds it, and whether one of the other does."""
    check_format("from", source)
    check_format("to", target)
    with tempfile.TemporaryDirectory() as folder, Outputs():
        sides = [_held(name, Path(folder), number) for number, name in enumerate((source, target))]
    rows = [
        {"part": part, "from": str(sides[0].get(part, _NO)), "to": str(sides[1].get(part, _NO))} for part in sides[1]
    ]
    report.add("plan", rows)
    width = max(len(row["part"]) for row in rows)
    first = max(len(source), 8)
    report.say("{}", f"{'':{width}}  {source:{first}}  {target}")
    for row in rows:
        told = [translate(Message(row[side]), report.lang) for side in ("from", "to")]
        report.say("{}", f"{row['part']:{width}}  {told[0]:{first}}  {told[1]}")
    report.say("carried: other software does not see it, and annoconv reads it back")
    if f"to-{source}" not in registry.converters() and source != CASE:
        report.say("{} is not written, so what its files hold is on its page and in the report of reading one", source)


def _held(name: str, folder: Path, number: int) -> dict[str, Message]:
    """Return what a format holds, by parts of a case; of a format that is only read, nothing."""
    from annoconv.documents import strict_json

    found: dict[str, Message] = {}
    for place, loaded in enumerate(_samples(folder / f"{number}")):
        document: dict[str, Any] = strict_json.plain(loaded.case)
        counts = Counter(_part(path, document) for path in _pointers(document) if not path.endswith(_NAMES))
        told = _losses(name, loaded, folder / f"{number}-{place}")
        losses = [loss for loss in told or () if not loss.path.endswith(_NAMES)]
        if told is None:
            found |= {part: found.get(part, Message("-")) for part in counts}
            continue
        changed = Counter(_part(loss.path, document) for loss in losses if loss.kind.changes_value)
        carried = Counter(_part(loss.path, document) for loss in losses if not loss.kind.changes_value)
        whole = {_part(loss.path, document) for loss in losses if _is_whole(loss.path)}
        for part, count in counts.items():
            found.setdefault(part, _state(count, changed[part], carried[part], is_whole=part in whole))
    return found


def _state(count: int, changed: int, carried: int, *, is_whole: bool) -> Message:
    if is_whole or changed + carried >= count:
        return _CARRIED if carried >= changed else _NO
    return _PART if changed or carried else _YES


def _is_whole(path: str) -> bool:
    return path.startswith("/annotations/") and path.count("/") == 3 and path.endswith("/type")


def _losses(name: str, loaded: LoadedCase, place: Path) -> list[Loss] | None:
    """Return what a format does not hold of a case; None if it is not written, or holds nothing of it."""
    if name == CASE:
        return []
    converters = registry.converters()
    if f"to-{name}" not in converters:
        return None
    writer = converters[f"to-{name}"]
    images = [(loaded.path or place).parent / "images"]
    options: dict[str, Any] = {"images": images} if "images" in writer.options and images[0].is_dir() else {}
    try:
        with Outputs():
            return list(registry.write([loaded], place.with_suffix(writer.suffix), format=name, **options))
    except AnnoconvError:
        return None


def _pointers(node: Any, path: str = "") -> Iterator[str]:
    members: Mapping[Any, Any] = dict(enumerate(node)) if isinstance(node, list) else {}
    members = node if isinstance(node, dict) else members
    if not members:
        yield path
    for key, each in members.items():
        yield from _pointers(each, f"{path}/{key}")


def _part(path: str, document: dict[str, Any]) -> str:
    """Return what of a case a path is about: the kind of an annotation, else the first key."""
    steps = path.split("/")[1:]
    if steps[0] == "annotations" and len(steps) > 1 and int(steps[1]) < len(document["annotations"]):
        kind = str(document["annotations"][int(steps[1])]["type"])
        return "attributes" if steps[2:3] == ["attributes"] and kind != "attribute" else kind
    return steps[0]


def _samples(folder: Path) -> Iterator[LoadedCase]:
    """Yield the case of the demonstration, and the same image with each kind of outline."""
    from annoconv.casefile import LoadedCase, read_case
    from annoconv.demo.case import make
    from annoconv.documents import strict_json
    from annoconv.model import Case

    with ExitStack() as outputs:
        outputs.enter_context(Outputs())
        path = make(folder)
    loaded = read_case(path)
    yield loaded
    masks = strict_json.plain(loaded.case)["annotations"][:2]  # some formats refuse a case without one
    common = {"category": "lesion", "label_code": "NODULE", "slice_index": 3}
    for place, (kind, shape) in enumerate(_SHAPES.items()):
        annotation = {"id": f"SHAPE_{place}", "type": kind, **common, **shape}
        if kind in {"ellipsoid", "contours"}:
            del annotation["slice_index"]
        document = {
            "task_id": "TASK_DEMO",
            "image": strict_json.plain(loaded.case.image),
            "annotations": [*masks, annotation],
            "metadata": {},
        }
        yield LoadedCase(Case.model_validate_json(strict_json.dumps(document)), loaded.masks, path)


_SHAPES: Final[Mapping[str, dict[str, Any]]] = {
    "polygon": {"polygon": [[10.0, 10.0], [20.0, 10.0], [15.0, 18.0]]},
    "polyline": {"polyline": [[10.0, 10.0], [20.0, 12.0]]},
    "ellipse": {"center": [15.0, 12.0], "radii": [5.0, 3.0]},
    "oriented_box": {"center": [15.0, 12.0], "size": [8.0, 4.0], "rotation_degrees": 30.0},
    "keypoints": {"keypoints": [{"name": "A", "point": [10.0, 10.0]}]},
    "ellipsoid": {"center": [15.0, 12.0, 4.0], "radii": [5.0, 3.0, 2.0]},
    "contours": {
        "contours": [
            {
                "geometric_type": "CLOSED_PLANAR",
                "points": [[-44.0, -40.0, -35.0], [-30.0, -40.0, -35.0], [-36.0, -25.0, -35.0]],
            }
        ]
    },
}
