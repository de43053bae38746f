"""FHIR to cases: Bundles of every kind, lines of Bulk Data, single resources; of ours and of others, R5 and R4B."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from annoconv import images as image_seam
from annoconv.casefile import Reading
from annoconv.codes import Labels
from annoconv.documents import strict_json
from annoconv.documents.other_formats import looks_like
from annoconv.errors import AnnoconvError, DocumentError, InputError
from annoconv.files.names import is_taken
from annoconv.loss import LossReport
from annoconv.messages import Message
from annoconv.model import Case
from annoconv.pixels import Masks
from annoconv_converters.fhir import r4b
from annoconv_converters.fhir.again import Again, envelope
from annoconv_converters.fhir.attachments import fields_of, masks_of
from annoconv_converters.fhir.bundle import LINES
from annoconv_converters.fhir.carrier import is_ours
from annoconv_converters.fhir.case import is_composition
from annoconv_converters.fhir.draft import Taking
from annoconv_converters.fhir.foreign import foreign_case
from annoconv_converters.fhir.foreign_draft import by_patient
from annoconv_converters.fhir.foreign_losses import (
    before_losses,
    bundle_losses,
    resource_losses,
    tail,
    with_patient,
)
from annoconv_converters.fhir.imaging import with_bare_uids_within
from annoconv_converters.fhir.native import native_case, restored, whole
from annoconv_converters.fhir.release import check_modifiers, may_lack_zones, may_modify, release_of, with_zones
from annoconv_converters.fhir.slices import list_instances
from annoconv_converters.fhir.sources import Sources, current

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterator, Sequence
    from pathlib import Path

    from annoconv.documents.residuals import Path as Steps
    from annoconv.limits import Limits
    from annoconv.loss import Loss
    from annoconv.registry import Context
    from annoconv_converters.fhir.bundle import Release
    from annoconv_converters.fhir.names import Resource
    from annoconv_converters.fhir.sources import Located

__all__ = ["EXACT", "cases_of", "read_files", "readings_of"]

_ENDINGS: Final = (".json", LINES)
_WITH_UIDS: Final = frozenset({"ImagingStudy", "ImagingSelection"})
EXACT: Final = frozenset({"value", "valueDecimal", "valueQuantity", "coordinate", "referenceRange", "component"})
"""Members in which numbers keep their digits."""


@dataclass(frozen=True, slots=True)
class _File:
    """The resources of a file; lines of one folder are one."""

    path: Path
    located: list[Located]
    document: Resource | None
    gone: set[int]
    """Places in memory of resources that the file says were deleted afterwards."""


def read_files(
    sources: Sequence[Path], context: Context, release: Release | None, images: Sequence[Path] = ()
) -> Iterator[Reading]:
    """Yield the cases of files and folders; see `from_fhir`."""
    files = list(_files(sources, context))
    if not files:
        raise _without_files(sources, context)
    every = [one for file in files for one in file.located]
    idle = list_instances(every, images, context.limits)
    if any(is_composition(resource) for _, _, resource in every):
        for file in files:
            release_of((each for _, _, each in file.located), release, file.path)
        bundles = [envelope(file.document) for file in files if file.document]
        ours, before = current(every, set[int]().union(*(file.gone for file in files)))
        beside = [*idle, *(loss for each in bundles for loss in bundle_losses(each, 0)), *before_losses(before, 0)]
        readings = readings_of(ours, context, files[0].path, beside)
        del every, files, ours, before, bundles
        yield from _one_behind(readings)
        return
    case_index = 0
    for file in files:
        bundle = [] if file.document is None else bundle_losses(file.document, case_index)
        beside = [*bundle, *(idle if case_index == 0 else ())]
        for case, _, losses in cases_of(file.located, context, release, file.path, case_index, file.gone):
            yield Reading(case, Masks(), LossReport([*losses, *beside]))
            beside = []
            case_index += 1


def _one_behind(readings: Iterator[Reading]) -> Iterator[Reading]:
    """Yield readings, each when the next one is made: what all are made of is let go before the last one is used."""
    held = next(readings, None)
    for each in readings:
        if held is not None:
            yield held
        held = each
    if held is not None:
        yield held


def _without_files(sources: Sequence[Path], context: Context) -> InputError:
    """Return the error that nothing was named that is read; XML is told by its name."""
    paths = image_seam.list_files(sources, context.limits)
    xml = next((path for path in paths if path.suffix.lower() == ".xml"), None)
    if xml is not None:
        return InputError(
            "FHIR in XML is not read",
            source=xml,
            found=".xml",
            expected=".json or .ndjson",
            advice="Convert it to JSON first; HL7's validator does with -convert, and a server answers JSON to "
            "Accept: application/fhir+json",
        )
    return InputError(
        "there is no FHIR here",
        source=sources[0] if sources else None,
        found=", ".join(sorted({path.suffix for path in paths})) or Message("no file"),
        expected=".json or .ndjson",
        advice="Name a Bundle, a resource, or the folder of lines of Bulk Data",
    )


def _files(sources: Sequence[Path], context: Context) -> Iterator[_File]:
    lines: dict[Path, list[Located]] = {}
    for path in image_seam.list_files(sources, context.limits):
        suffix = path.suffix.lower()
        if is_taken(path, (".json",), sources):
            data = strict_json.read_bytes(path, context.limits)
            document = _resource(_loaded(data, context, path), path)
            gone: set[int] = set()
            located = list(_entries(document, (), gone))
            if may_modify(data):
                check_modifiers((each for _, _, each in located), path)
            yield _File(path, located, document if document["resourceType"] == "Bundle" else None, gone)
        elif suffix == LINES:
            told = lines.setdefault(path.parent, [])
            for number, line in strict_json.iter_lines(path, context.limits):
                resource = _resource(_loaded(line, context, path), path)
                if may_modify(line):
                    check_modifiers([resource], path)
                told.append(((path.stem, number - 1), None, resource))
    for folder, located in lines.items():
        yield _File(folder, located, None, set())


def _loaded(data: bytes, context: Context, path: Path) -> Any:
    document = strict_json.loads_keeping(data, EXACT, limits=context.limits, source=path)
    return with_zones(document, context.timezone, path) if may_lack_zones(data) else document


def _resource(document: Any, path: Path) -> Resource:
    if not isinstance(document, dict) or not isinstance(document.get("resourceType"), str):
        raise InputError(
            "this is no resource of FHIR",
            source=path,
            found=looks_like(document, "fhir"),
            expected="an object with resourceType",
            advice="Name FHIR only; other files of a folder are named one by one",
        )
    return document


def _entries(resource: Resource, place: Steps, gone: set[int]) -> Iterator[Located]:
    """Yield the resources of a Bundle, of Bundles in it too, or the resource itself; note which were deleted since.

    A history has its newest entry first (R5 http.html#history).
    """
    if resource["resourceType"] != "Bundle":
        yield place, None, resource
        return
    entries: Any = resource.get("entry", ())
    listed: list[Any] = entries if isinstance(entries, list) else []
    deleted: set[str] = set()
    for number, entry in enumerate(listed):
        inner: Any = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(inner, dict) and isinstance(inner.get("resourceType"), str):
            below = (*place, "entry", number, "resource")
            address: Any = entry.get("fullUrl")
            if inner["resourceType"] == "Bundle":
                yield from _entries(inner, below, gone)
                continue
            address = address if isinstance(address, str) else None
            own = f"{inner['resourceType']}/{inner.get('id')}"
            if deleted and not deleted.isdisjoint([own] if address is None else [address, f"*/{own}"]):
                gone.add(id(inner))
            yield below, address, inner
        elif isinstance(entry, dict) and resource.get("type") == "history":
            deleted |= _deleted_by(entry)


def _deleted_by(entry: Resource) -> set[str]:
    """Return what an entry of a history says was deleted: its address; if it has none, its type and id anywhere."""
    request = entry.get("request")
    if not isinstance(request, dict) or request.get("method") != "DELETE":
        return set()
    own = tail(str(request.get("url")))
    address = entry.get("fullUrl")
    return {own, address if isinstance(address, str) else f"*/{own}"}


def _raised(listed: Sequence[Located]) -> Sequence[Located]:
    """Return resources of R4B in the form of R5."""
    selections = {str(one.get("id")) for _, _, one in listed if r4b.is_selection(one)}
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


@contextmanager
def _shaped(where: str, source: Path | str | None) -> Generator[None]:
    """Refuse what is not of the form that FHIR has, wherever that shows."""
    try:
        yield
    except AnnoconvError as error:
        error.source = error.source or (None if source is None else str(source))
        raise
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            "a resource is not of the form that FHIR has",
            source=source,
            where=where,
            found=f"{type(error).__name__}: {error}",
            expected="elements as HL7's definitions have them",
            advice="annoconv check-fhir tells what is wrong with it",
        ) from error


# --- of ours ----------------------------------------------------------------------------------------------------------


def readings_of(
    located: Sequence[Located], context: Context, source: Path | None = None, beside: Sequence[Loss] = ()
) -> Iterator[Reading]:
    """Yield the cases of resources of ours, each with its place and its address; the first has the losses beside."""
    with _shaped("Bundle", source):
        is_lower = any(is_composition(one) and isinstance(one.get("subject"), dict) for _, _, one in located)
        index = Sources(_raised(located) if is_lower else located)
    again = Again(located, index, "R4B" if is_lower else "R5", context)
    compositions = [each for each in index.listed if is_composition(each)]
    for number, composition in enumerate(compositions):
        with _shaped(f"Composition/{composition.get('id')}", source):
            case, taking, attached = _case_of(composition, index, context)
            losses = again.losses(composition, case, taking, attached, number)
            losses += beside if number == 0 else ()
            losses += again.rest(number) if number == len(compositions) - 1 else ()
        masks = masks_of(case, attached, context.limits)
        yield Reading(case, masks, LossReport(losses), fields=fields_of(case, attached))


def _case_of(composition: Resource, index: Sources, context: Context) -> tuple[Case, Taking, dict[str, Resource]]:
    """Return the case of a Composition of ours, how it was read, and the attachments by the names of their files."""
    attached: dict[str, Resource] = {}

    def attach(_: str, document: Resource) -> None:
        told = document["content"][0]["attachment"]
        attached[str(told.get("title"))] = told

    taking = Taking(index, attach)
    native = native_case(composition, taking)
    has_carrier = any(is_ours(each.get("url")) for home in taking.homes for each in home.element.get("extension", ()))
    where = f"Composition/{composition.get('id')}"
    if has_carrier:
        return _made(_as_case, restored(native, taking), context.limits, where), taking, attached
    return _made(whole, native, context.limits, where), taking, attached


def _as_case(document: Resource, limits: Limits) -> Case:
    return strict_json.as_model(document, Case, limits=limits)


def _made(make: Callable[[Resource, Limits], Case], document: Resource, limits: Limits, where: str) -> Case:
    try:
        return make(document, limits)
    except DocumentError as error:
        raise InputError(
            "the resources make no case",
            where=where,
            found=str(error),
            expected="what the model of cases asks",
            advice="annoconv check-fhir tells what is wrong with the resources; extensions of annoconv may be changed",
        ) from error


# --- of others --------------------------------------------------------------------------------------------------------


def cases_of(
    located: Sequence[Located],
    context: Context,
    release: Release | None,
    path: Path,
    case_index: int = 0,
    gone: Collection[int] = (),
) -> Iterator[tuple[Case, list[tuple[Located, Resource | None]], list[Loss]]]:
    """Yield a case of resources of others for each patient, what it says of its resources again, and what it does not.

    Raises
    ------
    InputError
        If nothing in them is what a case holds.
    """
    stated = release_of((each for _, _, each in located), release, path)
    kept_now, before = current(located, gone)
    with _shaped(path.name, path):
        raised = [
            (place, address, with_bare_uids_within(one) if one.get("resourceType") in _WITH_UIDS else one)
            for place, address, one in (_raised(kept_now) if stated == "R4B" else kept_now)
        ]
        index = Sources(raised)
        groups = by_patient(index)
        made = [foreign_case(index.within(group), path.stem, context) for group in groups]
    if not any(made):
        types = ", ".join(sorted({str(each.get("resourceType")) for _, _, each in located}))
        raise InputError(
            "there is nothing here that a case holds",
            source=path,
            found=types,
            expected="an ImagingStudy, an ImagingSelection, an Observation, a report or a text",
            advice="Name the Bundle that this is a part of, with the findings and images that belong to it",
        )
    kept = [number for number, one in enumerate(made) if one is not None]
    owners = {each: number for number in kept for each in groups[number]}
    owners |= {each: number for number, one in enumerate(made) if one is not None for each in one.told}
    parts: dict[int, list[tuple[Located, Resource]]] = {number: [] for number in kept}
    for one, (_, _, resource) in zip(kept_now, raised, strict=True):
        parts[owners.get(id(resource), kept[0])].append((one, resource))  # what is of no case is with the first one
    for number, foreign in enumerate(each for each in made if each is not None):
        with _shaped(path.name, path):
            case = _made(whole, foreign.case, context.limits, path.name)
            labels = Labels.of(case, context.label_system)
            again: list[tuple[Located, Resource | None]] = [(one, None) for one in before]
            losses = before_losses(before, case_index + number)
            before = []
            for one, resource in parts[kept[number]]:
                told = foreign.again(resource, labels)
                if told is not None:
                    told = with_patient(told, resource, case.patient_id)
                    told = r4b.down(told) if stated == "R4B" else told
                again.append((one, told))
                losses += resource_losses(one[2], told, one[0], case_index + number)
        yield case, again, losses
