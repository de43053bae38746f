"""Cases to FHIR: resources, what these say by themselves, the rest into extensions; all into a Bundle or lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from annoconv import ids
from annoconv.codes import Labels
from annoconv.documents import strict_json
from annoconv.documents.collector import collector_paused
from annoconv.documents.losses import Carrier, report
from annoconv.errors import DocumentError, InputError, UsageError
from annoconv.files.atomic import replacing
from annoconv.files.naming import naming
from annoconv.findings import Level
from annoconv.loss import Loss, LossReport
from annoconv.messages import Message
from annoconv_converters.fhir import r4b
from annoconv_converters.fhir.attachments import files_of
from annoconv_converters.fhir.bundle import bundle_of, lines_of, save
from annoconv_converters.fhir.carrying import carry, has_other_order
from annoconv_converters.fhir.case import put_case
from annoconv_converters.fhir.draft import Draft, Taking
from annoconv_converters.fhir.elements import moment
from annoconv_converters.fhir.names import META, coding
from annoconv_converters.fhir.native import native_case, whole
from annoconv_converters.fhir.pseudonyms import check_pseudonyms
from annoconv_converters.fhir.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv.documents.losses import Reasons
    from annoconv.model import Case
    from annoconv.registry import Context
    from annoconv_converters.fhir.bundle import BundleKind, Release
    from annoconv_converters.fhir.names import Resource

__all__ = ["REASONS", "data_set_of", "put_again", "resources_of", "write_cases"]

REASONS: Final[Reasons] = {
    "annotations/#/mask_file": "masks are written as NIfTI, and a file of another ending gets another name",
    "annotations/#/coordinate_space": "a region of FHIR is in pixels or in millimetres, never in voxels",
    "annotations/#/bbox/*": "FHIR has no box in space",
    "annotations/#/slice_index": "FHIR names the instance that a region lies on, and the case lists none",
    "annotations/#/frame_of_reference_uid": "a region in space bears the frame of reference of its image",
    "image/instances/*": "source images tell the instances of slices, and the case lists none",
    "related_images/#/instances/*": "source images tell the instances of slices, and the case lists none",
    "*": "FHIR has no place for {place}",
}
_CARRIER: Final = Carrier("an extension of annoconv")


def write_cases(
    cases: Iterable[LoadedCase],
    target: Path,
    *,
    context: Context,
    release: Release,
    bundle: BundleKind,
    plain: bool,
    check: bool = False,
    listing: Callable[[Case], Case] | None = None,
) -> LossReport:
    """Write cases as FHIR; see `to_fhir`."""
    with collector_paused():
        return _write_cases(cases, target, context, release, bundle, plain=plain, check=check, listing=listing)


def _write_cases(
    cases: Iterable[LoadedCase],
    target: Path,
    context: Context,
    release: Release,
    bundle: BundleKind,
    *,
    plain: bool,
    check: bool,
    listing: Callable[[Case], Case] | None,
) -> LossReport:
    losses: list[Loss] = []
    written: list[list[Resource]] = []
    patients: dict[str, Resource] = {}
    for case_index, loaded in enumerate(cases):
        with naming(target):
            resources, found = resources_of(
                loaded,
                context,
                release=release,
                bundle=bundle,
                plain=plain,
                case_index=case_index,
                patients=patients,
                listing=listing,
            )
        losses += found
        written.append(resources)
        context.advance(case_index + 1)
    if not written:
        raise InputError(
            "there is no case to write",
            source=target,
            found=0,
            expected="one at least",
            advice="Name a case document, or a folder of them",
        )
    if bundle == "document" and len(written) > 1:
        raise UsageError(
            "a document is one case",
            found=len(written),
            expected=1,
            advice="Write a collection, a transaction or ndjson",
        )
    identity = ids.resource("bundle", *(each[0]["id"] for each in written))
    resources = _apart(written, identity, release, bundle)
    at = _moment_of(written[0], context) if bundle == "document" else None
    whole_bundle = bundle_of(bundle, resources, identity, at)
    if check:
        _check_valid(whole_bundle if bundle != "ndjson" else bundle_of("collection", resources, identity, at), release)
    with replacing(target) as temporary:
        if bundle == "ndjson":
            lines_of(resources, temporary)
        else:
            save(whole_bundle, temporary)
    return LossReport(losses)


def _check_valid(bundle: Resource, release: Release) -> None:
    """Refuse what HL7's definitions do not take; it would be a fault of ours, or of a code that the case has.

    Raises
    ------
    DocumentError
        With a finding for each place.
    """
    from annoconv_converters.check_fhir import check

    told = strict_json.loads(strict_json.dumps(bundle), exact=True)
    findings = [each for each in check(told, release) if each.level is Level.ERROR]
    if findings:
        raise DocumentError(
            "what would be written is not valid FHIR",
            findings=findings,
            advice="Correct what the case says there, or write it without --check",
        )


def _moment_of(resources: list[Resource], context: Context) -> str:
    """Return when a document was made: the request's time, else the case's."""
    at = _given(context) or resources[0].get("date")
    if not isinstance(at, str):
        raise UsageError(
            "a document of FHIR bears a time, and the case tells none",
            found=Message("no metadata.timestamps"),
            expected="a time with its zone",
            advice="Pass --timestamp 2025-03-12T10:25:00+08:00, or now",
        )
    return at


def _given(context: Context) -> str | None:
    return None if context.timestamp is None else str(strict_json.plain(context.timestamp))


def _apart(written: list[list[Resource]], identity: str, release: Release, bundle: BundleKind) -> list[Resource]:
    """Return the resources of all cases, each once, behind those that say what the data set is."""
    found: dict[tuple[str, str], Resource] = {}
    for each in (one for resources in written for one in resources):
        key = each["resourceType"], each["id"]
        if key in found and found[key] != each:
            raise InputError(
                "two cases would be the same resources",
                found=f"{key[0]}/{key[1]}",
                expected="cases with ids of their own, and one patient of a pseudonym",
                advice="Give the cases distinct case_id, and one patient the same subject.sex in all of them",
            )
        found.setdefault(key, each)
    resources = list(found.values())
    return resources if len(written) < 2 else [*data_set_of(written, identity, bundle, release), *resources]


def data_set_of(
    written: list[list[Resource]], identity: str, bundle: BundleKind, release: Release
) -> Iterator[Resource]:
    """Yield a Group of the patients and a List of the cases."""

    def reference(each: Resource) -> Resource:
        return {"reference": f"{each['resourceType']}/{each['id']}" if bundle == "ndjson" else f"urn:uuid:{each['id']}"}

    patients = {each["id"]: each for one in written for each in one if each["resourceType"] == "Patient"}
    group: Resource = {
        "resourceType": "Group",
        "id": ids.resource("patients", identity),
        "meta": META,
        "type": "person",
        "membership": "enumerated",
        "quantity": len(patients),
        "member": [{"entity": reference(each)} for each in patients.values()],
    }
    yield r4b.down(group) if release == "R4B" else group
    yield {
        "resourceType": "List",
        "id": ids.resource("cases", identity),
        "meta": META,
        "status": "current",
        "mode": "snapshot",
        "code": {"coding": [coding("kind", "data-set")]},
        "entry": [{"item": reference(each[0])} for each in written],
    }


# --- one case ---------------------------------------------------------------------------------------------------------


def resources_of(
    loaded: LoadedCase,
    context: Context,
    *,
    release: Release = "R5",
    bundle: BundleKind = "collection",
    plain: bool = False,
    case_index: int = 0,
    patients: dict[str, Resource] | None = None,
    listing: Callable[[Case], Case] | None = None,
) -> tuple[list[Resource], list[Loss]]:
    """Return the resources of a case, its Composition first, and what they do not hold by themselves.

    Parameters
    ----------
    loaded
        The case with its masks.
    context
        Label system, limits, time.
    release, bundle, plain
        As `to_fhir` has them.
    case_index
        Of the case among those written.
    patients
        Of the cases before, by their pseudonyms; this one's is added.
    listing
        Lets images list instances that the case does not, which are none of the case that comes back.
    """
    typed, files = files_of(loaded)
    listed = typed if listing is None else listing(typed)
    original: Resource = strict_json.plain(listed)
    check_pseudonyms(original, loaded.path)
    draft = Draft(
        original,
        Labels.of(loaded.case, context.label_system),
        "relative" if bundle == "ndjson" else "urn",
        r4b.RENAMED if release == "R4B" else {},
        files,
        patients={} if patients is None else patients,
    )
    given = original if listed is loaded.case else strict_json.plain(loaded.case)
    with collector_paused():
        return _written(draft, given, context, release, plain=plain, case_index=case_index)


def put_again(draft: Draft, at: str | None, release: Release) -> list[Resource]:
    """Return the resources of a draft without extensions of ours, its Composition first.

    Parameters
    ----------
    draft
        A case that was read.
    at
        The time that its Composition bears, where the case tells none.
    release
        Of FHIR.
    """
    put_case(draft, at)
    resources = draft.resources
    if release == "R5":
        return resources
    return _lowered(resources, {each["id"] for each in resources if each["resourceType"] == "ImagingSelection"})


def _written(
    draft: Draft, given: Resource, context: Context, release: Release, *, plain: bool, case_index: int
) -> tuple[list[Resource], list[Loss]]:
    """Return the resources of a draft and what they do not hold of the case as it was given."""
    put_case(draft, _given(context) if moment(_given(context)) else None)
    resources = draft.resources
    selections = {each["id"] for each in resources if each["resourceType"] == "ImagingSelection"}
    lowered = _lowered(resources, selections) if release == "R4B" else None
    if lowered is not None:
        resources = _raised(lowered, selections)
    addressed = (((), draft.address(each["resourceType"], each["id"]), each) for each in resources)
    taking = Taking(Sources(addressed, has_addresses=True), _attach_nothing)
    native = native_case(resources[0], taking)
    if plain:
        whole(native, context.limits)
        found = report(given, native, REASONS, case_index=case_index).losses
    else:
        compared = report(given, native, REASONS, _CARRIER, case_index=case_index)
        found = compared.losses
        if found or has_other_order(given, native):
            original = _carried(given, draft.case)
            is_same = original is given and not has_other_order(given, native)
            carry(original, native, taking, compared.kept if is_same else None)
            lowered = None if lowered is None else _lowered(resources, selections)
    return resources if lowered is None else lowered, found


def _attach_nothing(_: str, document: Resource) -> None:
    """Leave an attachment where it is: what is compared is the case, not its files."""


def _carried(given: Resource, written: Mapping[str, Any]) -> Resource:
    """Return a case with the names and digests of its mask files as they are written."""
    if given["annotations"] == written["annotations"]:
        return given
    told = [
        {**each, **{key: one[key] for key in ("mask_file", "sha256") if key in one}}
        for each, one in zip(given["annotations"], written["annotations"], strict=True)
    ]
    return {**given, "annotations": told}


def _lowered(resources: list[Resource], selections: set[str]) -> list[Resource]:
    """Return resources as R4B has them."""

    def is_selected(reference: Resource) -> bool:
        return str(reference.get("reference"))[-36:] in selections

    return [
        r4b.selections_apart(r4b.down(each), is_selected) if each["resourceType"] == "Observation" else r4b.down(each)
        for each in resources
    ]


def _raised(resources: list[Resource], selections: set[str]) -> list[Resource]:
    """Return resources of R4B as R5 has them."""

    def is_selected(reference: Resource) -> bool:
        return str(reference.get("reference"))[-36:] in selections

    up = [r4b.up(each) for each in resources]
    return [
        r4b.selections_together(each, is_selected) if each["resourceType"] == "Observation" else each for each in up
    ]
