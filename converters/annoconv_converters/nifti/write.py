"""From cases to a data set in one of the layouts, and what it does not hold of them."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from annoconv import images as image_seam
from annoconv.advice import NOTHING
from annoconv.casefile.left_out import left_out, masks_left_out, without
from annoconv.casefile.references import without_gone
from annoconv.codes import Labels
from annoconv.documents import strict_json
from annoconv.documents.losses import Carrier, report
from annoconv.documents.merging import held
from annoconv.documents.residuals import leaves, pointer
from annoconv.errors import InputError, UsageError
from annoconv.files.atomic import replacing
from annoconv.files.manifest import ending_of, seal
from annoconv.loss import Loss, LossKind, LossReport
from annoconv.messages import Message
from annoconv.volumes.nifti import NIFTI1_LARGEST, holds_qform
from annoconv_converters._volumes.opening import stem_of
from annoconv_converters.nifti.case_files import document, identities
from annoconv_converters.nifti.finder import Finder
from annoconv_converters.nifti.prepared import Prepared, given_sources, prepare
from annoconv_converters.nifti.side_file import SideFile, main_of, with_empty_regions

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from annoconv.casefile import LoadedCase
    from annoconv.casefile.left_out import LeftOut
    from annoconv.documents import residuals
    from annoconv.documents.losses import Reason, Reasons
    from annoconv.registry import Context
    from annoconv_converters.nifti.case_files import CaseFiles
    from annoconv_converters.nifti.layouts.base import Layout, Request

__all__ = ["write_cases"]

_UNITED: Final = "unites masks of one label, and holds those of the primary image only"
_NO_ROOM: Final = "one file has no room for a displacement field; a folder has"
_NO_QFORM: Final = (
    "the sform alone holds it, and the code of the qform is 0: its float32 quaternion would put a corner more than"
    " 0.001 mm off (--nifti2 holds both)"
)
_FLOAT32: Final = "NIfTI-1 holds an affine of float32 numbers (NIfTI-2 of float64, --nifti2)"
_GEOMETRY: Final = [
    f"{image}/{name}*" for image in ("image", "related_images/#") for name in ("spacing", "origin", "direction")
]


def _reasons(layout: Layout) -> Reasons:
    """Return why a layout does not hold what stands at a place."""
    title = layout.title
    one_name = Message("in {title} a class has one name, that of the first case with its label", title=title)
    return {
        **layout.reasons,
        **({} if layout.keeps_annotations else {"labels/#/name_*": one_name}),
        **dict.fromkeys(_GEOMETRY, _FLOAT32),
        "*/mask_file": Message("{title} names the files itself", title=title),
        "*/mask_value": Message("{title} numbers the labels itself", title=title),
        "annotations/#/id": Message("{title} names labels, not annotations", title=title),
        "schema_version": Message("{title} names no schema", title=title),
        "task_id": Message("{title} names no annotation task", title=title),
        "*": Message("{title} has no place for {place}", title=title, place="{place}"),
    }


@dataclass(frozen=True)
class _WrittenCase:
    """A case that was written: its document, and what identifies its masks in the files."""

    name: str
    document: dict[str, Any]
    masks: set[str]
    keys: dict[str, str]
    labels: Labels
    notes: Mapping[str, str]
    unusual: Sequence[tuple[str, str]]
    fields: Mapping[str, Path]
    left_out: LeftOut
    images: set[str]


def write_cases(
    cases: Iterable[LoadedCase],
    target: Path,
    *,
    context: Context,
    images: Sequence[Path],
    layout: type[Layout],
    request: Request,
    plain: bool,
    allow_gaps: bool,
) -> LossReport:
    """Write cases; a folder appears at once, a single file and its side file one after the other."""
    sources = given_sources(images, context.limits, allow_gaps=allow_gaps)
    remaining = iter(cases)
    start = [loaded for _, loaded in zip(range(2), remaining, strict=False)]  # range first: it takes no third
    if not start:
        raise InputError(
            "there is no case to write",
            source=target,
            found=NOTHING,
            expected="a case at least",
            advice="Name one source at least",
        )
    if request.is_single and len(start) > 1:
        raise UsageError(
            "there are several cases",
            source=target,
            found=Message("more than one"),
            expected="one for a file",
            advice="Name a folder",
        )
    with _place(target, is_single=request.is_single, plain=plain) as folder:
        writer = layout(folder, request, several=len(start) > 1)
        if request.is_single:
            writer.known[folder / target.name] = []
        written = list(_add_all(chain(start, remaining), writer, sources, context))
        writer.finish()
        place = folder / target.name if request.is_single else folder
        losses = list(_compare(written, place, writer, context, plain=plain))
        used = {uid for case in written for uid in case.images}
        losses += image_seam.unused(sources, used, len(written) - 1)
    return LossReport(losses)


@contextmanager
def _place(target: Path, *, is_single: bool, plain: bool) -> Generator[Path]:
    """Give a folder to write to: the target itself, or one whose file and side file are the target."""
    with ExitStack() as outputs:
        final = outputs.enter_context(replacing(target))
        if not is_single:
            final.mkdir()
            yield final
            return
        moves = {target.name: final}
        if not plain:
            side = target.with_name(f"{stem_of(target.name)}.annoconv.json")
            moves[side.name] = outputs.enter_context(replacing(side, of=target))
        folder = Path(outputs.enter_context(tempfile.TemporaryDirectory(dir=final.parent)))
        yield folder
        for name, path in moves.items():
            (folder / name).rename(path)


def _add_all(
    cases: Iterable[LoadedCase], writer: Layout, sources: Sequence[image_seam.ImageSource], context: Context
) -> Iterator[_WrittenCase]:
    taken: set[str] = set()
    for position, loaded in enumerate(cases):
        is_one_time = not writer.keeps_annotations or writer.request.arrange == "label-map"
        unwritten = left_out(loaded.case, all_annotations=writer.request.all_annotations, one_time=is_one_time)
        if unwritten:
            labels, every = Labels.of(loaded.case, context.label_system), loaded.case.annotations
            unwritten = {
                path: reason for path, reason in unwritten.items() if not writer.says_why(every[int(path[1])], labels)
            }
        prepared = prepare(without(loaded, unwritten), position, sources, context)
        if prepared.name.casefold() in taken:
            raise InputError(
                "two cases have the same name",
                found=prepared.name,
                expected="distinct case_id",
                advice="Give one of them another case_id",
            )
        taken.add(prepared.name.casefold())
        writer.require_image(prepared)
        writer.require_one_split(prepared)
        writer.add(prepared)
        yield _remember(prepared, loaded, unwritten, writer)
        context.advance(position + 1)


def _remember(prepared: Prepared, loaded: LoadedCase, unwritten: LeftOut, writer: Layout) -> _WrittenCase:
    masks = {each.annotation.id for each in prepared.masks}
    plain = prepared.document if prepared.loaded is loaded else strict_json.plain(loaded.case)
    notes = dict(_unusual(prepared, writer))
    keys, labels = writer.keys(prepared), prepared.labels
    unusual = [(_place_of(n), note) for n, image in enumerate(prepared.images) for note in _notes(image.source)]
    used = {each.source.uid for each in prepared.images if each.source is not None}
    used |= {each.uid for each in (loaded.case.image, *(loaded.case.related_images or ()))}
    return _WrittenCase(prepared.name, plain, masks, keys, labels, notes, unusual, loaded.fields, unwritten, used)


def _place_of(number: int) -> str:
    return "/image" if number == 0 else f"/related_images/{number - 1}"


def _notes(source: image_seam.ImageSource | None) -> Sequence[str]:
    """Return what was unusual of an image: identifiers that it lacks, files that were not read."""
    return () if source is None else source.notes


def _unusual(prepared: Prepared, writer: Layout) -> Iterator[tuple[str, str]]:
    """Yield where an image's files are not what every reader expects, and why."""
    for position, image in enumerate(prepared.images if writer.keeps_annotations else prepared.images[:1]):
        if image.grid is None or not (image.masks or image.source) or writer.request.volumes.version == 2:
            continue
        place = _place_of(position)
        if max(image.grid.shape) > NIFTI1_LARGEST:
            yield f"{place}/shape", f"NIfTI-2, because NIfTI-1 holds {NIFTI1_LARGEST} voxels along an axis at most"
        elif not holds_qform(image.grid):
            yield f"{place}/direction", _NO_QFORM


def _compare(
    written: Sequence[_WrittenCase], place: Path, writer: Layout, context: Context, *, plain: bool
) -> Iterator[Loss]:
    """Read back what was written, without the voxels; put the difference into side files and yield it as losses."""
    finder = Finder(replace(context, label_system=()), known=writer.known, written=writer.request.volumes.written)
    found = list(writer.find(place, finder))
    if len(found) != len(written):
        raise RuntimeError(f"{len(written)} cases were written, {len(found)} are found")
    by_name = {each.name: each for each in found}
    for case_index, case in enumerate(written):
        each = found[0] if len(found) == 1 else by_name[writer.found_name(case.name)]
        yield from _case_losses(case, case_index, each, finder, writer, plain=plain)


def _case_losses(
    case: _WrittenCase, case_index: int, found: CaseFiles, finder: Finder, writer: Layout, *, plain: bool
) -> Iterator[Loss]:
    for place, message in case.notes.items():
        yield Loss(case_index, place, LossKind.UNCODED, message)
    for place, message in case.unusual:
        yield Loss(case_index, place, LossKind.APPROXIMATED, message)
    reasons = _reasons(writer)
    if plain:
        native, _ = document(found, finder.labels)
        yield from report(case.document, native, reasons, case_index=case_index, unwritten=case.left_out).losses
        return
    ids = {key: identity for identity, key in case.keys.items()}
    drawn = {region.key for region in found.regions}
    by_itself, found = found, with_empty_regions(found, ids, finder)
    native, _ = document(found, finder.labels, ids=ids)
    present = {region.key for region in found.regions}
    empty = present - drawn
    merged = case.masks - {identity for identity, key in case.keys.items() if key in present}
    # A mask that is not there any more takes its annotation along: nothing can restore it.
    unwritten = masks_left_out(case.document, case.left_out)
    lost: dict[residuals.Path, Reason] = dict.fromkeys(
        _leaves_of(case.document, "annotations", merged), f"{writer.title} {_UNITED}"
    )
    lost |= {path: case.left_out[path[:2]] for path in _leaves_of(case.document, "annotations", unwritten)}
    fields = {identity: path for identity, path in case.fields.items() if identity not in found.fields}
    # There is no room for a field in a single file, which its registration needs.
    unplaced_fields = set(fields) if writer.request.is_single else set[str]()
    lost |= dict.fromkeys(_leaves_of(case.document, "registrations", unplaced_fields), _NO_ROOM)
    original, unnamed = without_gone(case.document, merged | unwritten | unplaced_fields)
    lost |= unnamed
    carrier = Carrier(found.carrier.name)
    compared = report(case.document, native, reasons, carrier, case_index=case_index, unwritten=case.left_out)
    kept = report(original, native, reasons, carrier).kept if lost else compared.kept
    is_label_map = not writer.keeps_annotations and len({region.volume.path for region in found.regions}) == 1
    regions = {
        region.key: {name: each[name] for name in ("id", "label_code", "category")}
        | ({"is_empty": True} if region.key in empty else {})
        | ({"values": region.labels} if is_label_map else {})
        for region, each in zip(found.regions, native["annotations"], strict=True)
        if region.key in ids
    }
    places = _carry_fields(fields, found.carrier) if fields and not writer.request.is_single else {}
    side = SideFile(
        native["image"].get("shape"),
        regions,
        native.get("labels", []),
        kept,
        held(native, kept),
        places,
    )
    if found.carrier.parent != found.source:
        found.carrier.parent.mkdir(exist_ok=True)
    found.carrier.write_bytes(strict_json.dumps(side.document()))
    if (main := main_of(found)) != found.source:
        seal(found.carrier, main, ending_of(main))
    for path, reason in lost.items():
        yield Loss(case_index, pointer(path), LossKind.NO_PLACE, reason[0] if isinstance(reason, tuple) else reason)
    unplaced = set(map(pointer, lost))
    for loss in compared.losses:
        if loss.path not in unplaced:
            yield loss
    stated = set(identities(by_itself, [each["label_code"] for each in native["annotations"]]))
    for position, each in enumerate(case.document["annotations"]):
        if each["id"] not in stated and each["id"] in set(ids.values()) - merged:
            message = Message(
                "{reasons}; it travels in {place}", reasons=reasons["annotations/#/id"], place=carrier.place
            )
            yield Loss(case_index, f"/annotations/{position}/id", LossKind.CARRIED, message)


def _leaves_of(document: dict[str, Any], key: str, ids: set[str]) -> Iterator[residuals.Path]:
    """Yield the leaves of the members of a list that have one of these ids."""
    for position, each in enumerate(document.get(key) or ()):
        if each["id"] in ids:
            yield from ((key, position, *path) for path in leaves(each))


def _carry_fields(fields: Mapping[str, Path], side: Path) -> dict[str, str]:
    """Copy displacement fields that the layout does not hold beside the side file; return their places by id."""
    folder = side.with_suffix("")
    folder.mkdir(parents=True)
    places: dict[str, str] = {}
    for number, (identity, source) in enumerate(fields.items(), 1):
        ending = ".nii.gz" if source.name.endswith(".gz") else ".nii"
        shutil.copyfile(source, folder / f"field-{number}{ending}")
        places[identity] = f"{folder.name}/field-{number}{ending}"
    return places
