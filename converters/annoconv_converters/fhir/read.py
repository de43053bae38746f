"""FHIR to cases: Bundles of every kind, lines of Bulk Data, single resources; R5, and R4B as we write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from annoconv import images as image_seam
from annoconv.casefile import Reading
from annoconv.documents import strict_json
from annoconv.errors import DocumentError, InputError
from annoconv.loss import LossReport
from annoconv.model import Case
from annoconv_converters.fhir import r4b
from annoconv_converters.fhir.attachments import fields_of, masks_of
from annoconv_converters.fhir.bundle import LINES
from annoconv_converters.fhir.carrier import is_ours
from annoconv_converters.fhir.case import is_composition
from annoconv_converters.fhir.draft import Taking
from annoconv_converters.fhir.native import native_case, restored, whole
from annoconv_converters.fhir.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from annoconv.limits import Limits
    from annoconv.registry import Context
    from annoconv_converters.fhir.names import Resource
    from annoconv_converters.fhir.sources import Located

__all__ = ["EXACT", "read_files", "readings_of"]

_ENDINGS: Final = (".json", LINES)
EXACT: Final = frozenset({"value", "valueDecimal", "valueQuantity", "coordinate", "referenceRange", "component"})
"""Members in which numbers keep their digits."""


def read_files(sources: Sequence[Path], context: Context) -> Iterator[Reading]:
    """Yield the cases of files and folders; see `from_fhir`."""
    located = list(_located(sources, context.limits))
    if not located:
        raise InputError("there is no FHIR here", source=sources[0] if sources else None, expected=".json or .ndjson")
    yield from readings_of([each for _, each in located], context)


def readings_of(located: Sequence[Located], context: Context) -> Iterator[Reading]:
    """Yield the cases of resources, each with its place and its address."""
    index = Sources(_raised(located))
    for composition in index.listed:
        if is_composition(composition):
            yield _reading(composition, index, context)


def _located(sources: Sequence[Path], limits: Limits) -> Iterator[tuple[Path, Located]]:
    """Yield the resources of files, each with its file and its place there."""
    for path in image_seam.list_files(sources, limits):
        if path.suffix.lower() not in _ENDINGS:
            continue
        if path.suffix.lower() == LINES:
            for number, line in strict_json.iter_lines(path, limits):
                yield (
                    path,
                    (
                        (number - 1,),
                        None,
                        _resource(strict_json.loads_keeping(line, EXACT, limits=limits, source=path), path),
                    ),
                )
            continue
        document = strict_json.loads_keeping(strict_json.read_bytes(path, limits), EXACT, limits=limits, source=path)
        for place, address, resource in _entries(_resource(document, path), ()):
            yield path, (place, address, resource)


def _resource(document: Any, path: Path) -> Resource:
    if not isinstance(document, dict) or not isinstance(document.get("resourceType"), str):
        raise InputError("this is no resource of FHIR", source=path, expected="an object with resourceType")
    return document


def _entries(resource: Resource, place: tuple[str | int, ...]) -> Iterator[Located]:
    """Yield the resources of a Bundle, of Bundles in it too, or the resource itself."""
    if resource["resourceType"] != "Bundle":
        yield place, None, resource
        return
    for number, entry in enumerate(resource.get("entry", ())):
        inner = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(inner, dict) and isinstance(inner.get("resourceType"), str):
            below = (*place, "entry", number, "resource")
            address = entry.get("fullUrl")
            if inner["resourceType"] == "Bundle":
                yield from _entries(inner, below)
            else:
                yield below, address if isinstance(address, str) else None, inner


def _raised(listed: Sequence[Located]) -> Sequence[Located]:
    """Return resources in the form of R5, those of R4B as we write it too."""
    selections = {str(one.get("id")) for _, _, one in listed if r4b.is_selection(one)}
    if not selections and not any(_is_lower(one) for _, _, one in listed):
        return listed
    index = Sources(listed)

    def is_selected(reference: Resource) -> bool:
        found = index.get(reference)
        return found is not None and r4b.is_selection(found)

    raised: list[Located] = []
    for place, address, resource in listed:
        told = r4b.up(resource)
        if told["resourceType"] == "Observation" and selections:
            told = r4b.selections_together(told, is_selected)
        raised.append((place, address, told))
    return raised


def _is_lower(resource: Resource) -> bool:
    """Tell whether a resource of ours is one of R4B: its Composition has one subject, not a list."""
    return is_composition(resource) and isinstance(resource.get("subject"), dict)


def _reading(composition: Resource, index: Sources, context: Context) -> Reading:
    attached: dict[str, Resource] = {}

    def attach(_: str, document: Resource) -> None:
        told = document["content"][0]["attachment"]
        attached[str(told.get("title"))] = told

    taking = Taking(index, attach)
    native = native_case(composition, taking)
    has_carrier = any(is_ours(each.get("url")) for home in taking.homes for each in home.element.get("extension", ()))
    document = restored(native, taking) if has_carrier else whole(native, context.limits)
    try:
        case = strict_json.as_model(document, Case, limits=context.limits)
    except DocumentError as error:
        raise InputError(
            "the resources make no case", where=f"Composition/{composition.get('id')}", found=str(error)
        ) from error
    return Reading(case, masks_of(case, attached, context.limits), LossReport(), fields=fields_of(case, attached))
