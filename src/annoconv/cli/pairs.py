"""What two formats hold of a case, part by part, and why not.

Cases that use the whole model are written in both, and what the reports of that say is summed up: which parts differ,
by comparison with what the file gives back, and the reasons, which are those of the tables of each format.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from annoconv import registry
from annoconv.errors import AnnoconvError
from annoconv.files.atomic import Outputs
from annoconv.messages import Message, listed, translate
from annoconv.registry.kinds import check_format
from annoconv.registry.signs import CASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from annoconv.casefile import LoadedCase
    from annoconv.cli.report import Report
    from annoconv.loss import Loss

__all__ = ["tell_pair"]

_NAMES: Final = ("/id", "/mask_file", "/mask_value", "/schema_version")
"""What only names things, and is not counted."""
_YES, _PART, _CARRIED, _NO = Message("yes"), Message("in part"), Message("carried"), Message("no")
_MOST_NAMED: Final = 6


@dataclass
class _Held:
    """What a format holds of a part of a case.

    Attributes
    ----------
    state
        Whether it does.
    reasons
        Why not, each with the keys that it is said of.
    """

    state: Message
    reasons: dict[Message, dict[str, None]] = field(default_factory=dict[Message, "dict[str, None]"])

    def to_json(self) -> list[dict[str, Any]]:
        """Return the reasons."""
        return [{"reason": str(reason), "keys": [*keys]} for reason, keys in self.reasons.items()]


def tell_pair(report: Report, source: str, target: str) -> None:
    """Say of each part of a case whether a file of the one format holds it, whether one of the other does, and why not.

    Parameters
    ----------
    report
        What is said.
    source, target
        Names of formats.

    Raises
    ------
    UsageError
        If there is none of that name, or it is not written.
    """
    check_format("from", source)
    check_format("to", target)
    with tempfile.TemporaryDirectory() as folder, Outputs():
        sides = [_held(name, Path(folder), number) for number, name in enumerate((source, target))]
    rows: list[tuple[str, _Held, _Held]] = [
        (part, sides[0].get(part, _Held(_NO)), held) for part, held in sides[1].items()
    ]
    report.add(
        "plan",
        [
            {"part": part, "from": str(one.state), "to": str(other.state)}
            | {"from_reasons": one.to_json(), "to_reasons": other.to_json()}
            for part, one, other in rows
        ],
    )
    width, first = max(len(part) for part, _, _ in rows), max(len(source), 8)
    report.say("{}", f"{'':{width}}  {source:{first}}  {target}")
    for part, one, other in rows:
        told = [translate(each.state, report.lang) for each in (one, other)]
        report.say("{}", f"{part:{width}}  {told[0]:{first}}  {told[1]}")
        for reason, keys in other.reasons.items():
            of = f" ({translate(listed([*keys], _MOST_NAMED), report.lang)})" if keys else ""
            report.say("{}", f"    {translate(reason, report.lang)}{of}")
    report.say("carried: other software does not see it, and annoconv reads it back")
    report.say("the reasons are those of {}; --json has those of {} too", target, source)
    if f"to-{source}" not in registry.converters() and source != CASE:
        report.say("{} is not written, so what its files hold is on its page and in the report of reading one", source)


def _held(name: str, folder: Path, number: int) -> dict[str, _Held]:
    """Return what a format holds, by parts of a case; of a format that is only read, nothing."""
    from annoconv.documents import strict_json

    counts: Counter[str] = Counter()
    by_part: dict[str, list[Loss]] = {}
    refused: dict[str, Message] = {}
    for place, loaded in enumerate(_samples(folder / f"{number}")):
        document: dict[str, Any] = strict_json.plain(loaded.case)
        leaves = Counter(_part(path, document) for path in _pointers(document) if not path.endswith(_NAMES))
        told = _losses(name, loaded, folder / f"{number}-{place}")
        if isinstance(told, Message):
            refused |= dict.fromkeys(leaves.keys() - refused.keys(), told)
            continue
        counts += leaves
        for loss in told:
            if not loss.path.endswith(_NAMES) and loss.path != "/image":  # which is of the other images of the sample
                by_part.setdefault(_part(loss.path, document), []).append(loss)
    found = {part: _of_part(part, count, by_part.get(part, [])) for part, count in counts.items()}
    return found | {part: _Held(Message("-"), {why: {}}) for part, why in refused.items() if part not in found}


def _of_part(part: str, count: int, losses: list[Loss]) -> _Held:
    """Return what a format holds of a part of so many leaves, of which these are lost or carried."""
    changed = sum(loss.kind.changes_value for loss in losses)
    carried = len(losses) - changed
    whole = [loss for loss in losses if _is_whole(loss.path)]
    if whole or len(losses) >= count:
        held = _Held(_CARRIED if carried >= changed else _NO)
    else:
        held = _Held(_PART if losses else _YES)
    keys_of: dict[str, dict[str, None]] = {}
    told: dict[str, Message] = {}
    for loss in whole or losses:
        reason = _reason(loss)
        told.setdefault(reason.template, reason)
        keys_of.setdefault(reason.template, {})[_key(loss.path)] = None
    for template, reason in told.items():
        keys = [part] if whole or held.state in {_CARRIED, _NO} else [*keys_of[template]]
        if "{place}" in template:
            reason = Message(template, **{**reason.values, "place": listed(keys, _MOST_NAMED)})
            keys = []
        held.reasons[reason] = dict.fromkeys(keys if keys != [part] else ())
    return held


def _reason(loss: Loss) -> Message:
    """Return why a format does not hold a leaf, without where it travels or that it is added."""
    told = loss.message if isinstance(loss.message, Message) else Message(loss.message)
    while isinstance(inner := told.values.get("sentence"), Message):
        told = inner
    return told


def _key(path: str) -> str:
    """Return the key of a part that a leaf stands under."""
    steps = [step for step in path.split("/")[1:] if not step.isdecimal()]
    return steps[1] if len(steps) > 1 else steps[0]


def _is_whole(path: str) -> bool:
    return path.startswith("/annotations/") and path.count("/") == 3 and path.endswith("/type")


def _losses(name: str, loaded: LoadedCase, place: Path) -> list[Loss] | Message:
    """Return what a format does not hold of a case; why, if it is not written or takes no such case."""
    if name == CASE:
        return []
    converters = registry.converters()
    if f"to-{name}" not in converters:
        return Message("annoconv does not write this format")
    writer = converters[f"to-{name}"]
    images = [(loaded.path or place).parent / "images"]
    options: dict[str, Any] = {"images": images} if "images" in writer.options and images[0].is_dir() else {}
    try:
        with Outputs():
            return list(registry.write([loaded], place.with_suffix(writer.suffix), format=name, **options))
    except AnnoconvError as error:
        return Message("{problem}", problem=error.problem)


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
    masks[0] |= _OF_FINDINGS
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


_OF_FINDINGS: Final[Mapping[str, Any]] = {
    "tracking_id": "Target 1",
    "tracking_uid": "1.2.3.4",
    "confidence": 0.9,
    "finding_site": {"region": {"code": "10200004", "scheme": "SCT", "meaning": "Liver"}},
    "measurements": [
        {
            "concept": {"code": "118565006", "scheme": "SCT", "meaning": "Volume"},
            "value": 12.5,
            "unit": "ml",
        }
    ],
}
"""What may be said of any finding beside where it is."""
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
