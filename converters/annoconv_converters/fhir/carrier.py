"""Our private carrier: what FHIR has no place for stands in extensions on the resource that it belongs to.

A key that FHIR has nothing for is an extension of its own, `annotation-granularity`, `image-shape`: a value by its
type, what is no scalar as JSON. What FHIR holds in part, or otherwise, is an extension `carried` with the place as a
JSON pointer. `docs/formats/fhir-extensions.json` publishes their StructureDefinitions, made
from the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents import strict_json
from annoconv.documents.json_values import SCALARS, json_type
from annoconv.documents.residuals import pointer, steps_of
from annoconv.errors import InputError
from annoconv_converters.fhir.elements import DIGITS, is_text
from annoconv_converters.fhir.names import EXTENSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from annoconv.documents.residuals import Path
    from annoconv_converters.fhir.draft import Home
    from annoconv_converters.fhir.names import Resource

__all__ = [
    "CARRIED", "GONE", "Change", "Order", "apply", "changes_in", "identity_of", "is_ours", "note", "note_order",
    "reorder",
]  # fmt: skip

Change: TypeAlias = "tuple[Path, Any]"
"""A place and what is to stand there; `GONE` for nothing."""
CARRIED: Final = f"{EXTENSION}carried"
GONE: Final = object()


@dataclass(frozen=True, slots=True)
class Order:
    """That the members of a list stand in another order: by what tells them apart."""

    identities: list[str]


_LEAST, _MOST = -(1 << 31), (1 << 31) - 1
_VALUES: Final[dict[Any, str]] = {
    bool: "valueBoolean",
    int: "valueInteger",
    float: "valueDecimal",
    Decimal: "valueDecimal",
}
_IDENTITIES: Final = ("id", "uid", "code", "study_instance_uid")


def is_ours(url: object) -> bool:
    """Tell whether an extension is one of ours."""
    return isinstance(url, str) and url.startswith(EXTENSION)


def note(home: Home, changes: Iterable[Change], native: Resource) -> None:
    """Put what is to be changed of the native part of a case into extensions of its element.

    Parameters
    ----------
    home
        The element.
    changes
        Places within that part.
    native
        What FHIR says of the part by itself.
    """
    told = [_extension(home.kind, path, value, native) for path, value in changes]
    if told:
        home.element["extension"] = [*home.element.get("extension", ()), *told]


def note_order(home: Home, path: Path, order: list[str]) -> None:
    """Put the order of the members of a list into an extension."""
    parts = [{"url": "path", "valueString": pointer(path)}, {"url": "order", "valueString": _json(order)}]
    home.element["extension"] = [*home.element.get("extension", ()), {"url": CARRIED, "extension": parts}]


def _extension(kind: str, path: Path, value: Any, native: Resource) -> Resource:
    if len(path) == 1 and value is not GONE and path[0] not in native:
        url = f"{EXTENSION}{kind}-{str(path[0]).replace('_', '-')}"
        chosen = _value(value)
        return (
            {"url": url, **chosen}
            if chosen
            else {"url": url, "extension": [{"url": "json", "valueString": _json(value)}]}
        )
    place = {"url": "path", "valueString": pointer(path) or "/"}
    chosen = None if value is GONE else _value(value)
    if value is GONE:
        part: Resource = {"url": "absent", "valueBoolean": True}
    elif chosen:
        part = {"url": "value", **chosen}
    else:
        part = {"url": "json", "valueString": _json(value)}
    return {"url": CARRIED, "extension": [place, part]}


def _value(value: Any) -> Resource | None:
    """Return a scalar as a choice of `value[x]` that comes back the same; None if there is none."""
    kind: Any = type(value)
    if kind is str:
        return {"valueString": value} if is_text(value) else None
    if kind not in SCALARS or value is None or (kind is int and not _LEAST <= value <= _MOST):
        return None
    if kind is Decimal and len(value.as_tuple().digits) > DIGITS:
        return None
    return {_VALUES[kind]: value}


def _json(value: Any) -> str:
    text = strict_json.dumps(value).decode().rstrip("\n")
    return text if is_text(text) else text.encode("ascii", "backslashreplace").decode()


# --- back -------------------------------------------------------------------------------------------------------------


def changes_in(home: Home) -> Iterator[Change]:
    """Yield the changes that the extensions of an element make, places within its part."""
    for each in home.element.get("extension", ()):
        url = each.get("url")
        if not is_ours(url):
            continue
        parts = {one.get("url"): one for one in each.get("extension", ())}
        if url == CARRIED:
            path = tuple(int(step) if step.isdecimal() else step for step in steps_of(_text(parts.get("path"))) if step)
            if "order" in parts:
                yield path, Order(list(map(str, _loaded(parts["order"]))))
            elif "absent" in parts:
                yield path, GONE
            else:
                yield path, _loaded(parts["json"]) if "json" in parts else _of(parts.get("value", {}))
        else:
            key = str(url).removeprefix(f"{EXTENSION}{home.kind}-").replace("-", "_")
            yield (key,), _loaded(parts["json"]) if "json" in parts else _of(each)


def _text(part: Resource | None) -> str:
    return str((part or {}).get("valueString", ""))


def _of(told: Resource) -> Any:
    return next((value for name, value in told.items() if name.startswith("value")), None)


def _loaded(part: Resource) -> Any:
    text = _text(part).encode()
    return strict_json.loads_keeping(b'{"value":' + text + b"}", {"value"})["value"]


def apply(document: Any, path: Path, value: Any) -> None:
    """Set or remove what stands at a place of a document, in place.

    Raises
    ------
    InputError
        If there is no such place.
    """
    node = document
    try:
        for step, after in pairwise(path):
            if isinstance(node, list):
                if step == len(node):
                    node.append([] if isinstance(after, int) else {})
                node = node[int(step)]
            else:
                node = node.setdefault(step, [] if isinstance(after, int) else {})
        last: Any = path[-1]
        if value is GONE:
            del node[last]
        elif isinstance(node, list) and last == len(node):
            node.append(value)
        else:
            node[last] = value
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            "an extension of annoconv speaks of a place that is not there",
            where=pointer(path),
            found=json_type(node),
            expected="a place that the case has",
            advice="Remove the resource's extensions of annoconv to read it by itself",
        ) from error


def reorder(listed: list[Any], order: list[str]) -> list[Any]:
    """Return the members of a list in the order of their identities, those that it does not name behind."""
    rank = {identity: place for place, identity in enumerate(order)}
    return sorted(listed, key=lambda each: rank.get(identity_of(each), len(rank)))


def identity_of(member: Any) -> str:
    """Return what tells a member of a list from others."""
    told = member if isinstance(member, dict) else {}
    return next((str(told[key]) for key in _IDENTITIES if key in told), "")
