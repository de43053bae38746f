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
from annoconv.documents import residuals, strict_json
from annoconv.documents.residuals import Residual
from annoconv.errors import InputError, UsageError
from annoconv.files.atomic import replacing
from annoconv.loss import Loss, LossKind, LossReport
from annoconv.volumes.nifti import NIFTI1_LARGEST, holds_qform
from annoconv_converters._volumes.opening import stem_of
from annoconv_converters.nifti.case_files import document
from annoconv_converters.nifti.finder import Finder
from annoconv_converters.nifti.prepared import Prepared, prepare

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from annoconv.casefile import LoadedCase
    from annoconv.codes import Labels
    from annoconv.registry import Context
    from annoconv_converters.nifti.case_files import CaseFiles
    from annoconv_converters.nifti.layouts.base import Layout, Request

__all__ = ["CARRIER_VERSION", "write_cases"]

CARRIER_VERSION: Final = 1
_WRITABLE: Final = ".nii.gz"
"""Ending of the mask files that a case is written with."""
_GEOMETRY: Final = frozenset({"spacing", "origin", "direction"})
_UNITED: Final = "the layout unites masks of one label, and holds those of the primary image only"
_NO_ROOM: Final = "one file has no room for a displacement field; a folder has"
_NO_QFORM: Final = (
    "the sform alone holds it, and the code of the qform is 0: its float32 quaternion would put a corner more than"
    " 0.001 mm off (--nifti2 holds both)"
)
_REASONS: Final = {
    "mask_file": "files are named by the layout",
    "mask_value": "labels are numbered by the layout",
    "id": "the layout names labels, not annotations",
    "schema_version": "the layout names no schema",
    "task_id": "the layout names no annotation task",
}
"""Why a leaf of this name is not held; others have no place at all."""


@dataclass(frozen=True)
class _WrittenCase:
    """A case that was written: its document, and what identifies its masks in the files."""

    name: str
    document: dict[str, Any]
    masks: set[str]
    keys: dict[str, str]
    labels: Labels
    notes: Mapping[str, str]
    fields: Mapping[str, Path]


def write_cases(
    cases: Iterable[LoadedCase],
    target: Path,
    *,
    context: Context,
    images: Sequence[Path],
    layout: type[Layout],
    request: Request,
    plain: bool,
) -> LossReport:
    """Write cases; a folder appears at once, a single file and its side file one after the other."""
    sources = image_seam.scan(images, context.limits) if images else []
    remaining = iter(cases)
    start = [loaded for _, loaded in zip(range(2), remaining, strict=False)]  # range first: it takes no third
    if not start:
        raise InputError("there is no case to write", source=target)
    if request.is_single and len(start) > 1:
        raise UsageError("there are several cases", source=target, expected="one for a file", advice="Name a folder")
    with _place(target, is_single=request.is_single, plain=plain) as folder:
        writer = layout(folder, request, several=len(start) > 1)
        if request.is_single:
            writer.known[folder / target.name] = []
        written = list(_add_all(chain(start, remaining), writer, sources, context))
        writer.finish()
        place = folder / target.name if request.is_single else folder
        losses = list(_compare(written, place, writer, context, plain=plain))
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
        prepared = prepare(loaded, position, sources, context)
        if prepared.name.casefold() in taken:
            raise InputError("two cases have the same name", found=prepared.name, expected="distinct case_id")
        taken.add(prepared.name.casefold())
        writer.require_image(prepared)
        writer.add(prepared)
        yield _remember(prepared, writer)
        context.advance(position + 1)


def _remember(prepared: Prepared, writer: Layout) -> _WrittenCase:
    masks = {each.annotation.id for each in prepared.masks}
    plain = strict_json.plain(prepared.case)
    notes = dict(_unusual(prepared, writer))
    fields = prepared.loaded.fields
    return _WrittenCase(prepared.name, plain, masks, writer.keys(prepared), prepared.labels, notes, fields)


def _unusual(prepared: Prepared, writer: Layout) -> Iterator[tuple[str, str]]:
    """Yield where an image's files are not what every reader expects, and why."""
    for position, image in enumerate(prepared.images if writer.keeps_annotations else prepared.images[:1]):
        if image.grid is None or not (image.masks or image.source) or writer.request.volumes.version == 2:
            continue
        place = "/image" if position == 0 else f"/related_images/{position - 1}"
        if max(image.grid.shape) > NIFTI1_LARGEST:
            yield f"{place}/shape", f"NIfTI-2, because NIfTI-1 holds {NIFTI1_LARGEST} voxels along an axis at most"
        elif not holds_qform(image.grid):
            yield f"{place}/direction", _NO_QFORM


def _compare(
    written: Sequence[_WrittenCase], place: Path, writer: Layout, context: Context, *, plain: bool
) -> Iterator[Loss]:
    """Read back what was written, without the voxels; put the difference into side files and yield it as losses."""
    finder = Finder(replace(context, label_system=()), known=writer.known)
    found = list(writer.find(place, finder))
    if len(found) != len(written):
        raise RuntimeError(f"{len(written)} cases were written, {len(found)} are found")
    by_name = {each.name: each for each in found}
    for case_index, case in enumerate(written):
        each = found[0] if len(found) == 1 else by_name[writer.found_name(case.name)]
        yield from _case_losses(case, case_index, each, finder, plain=plain, is_single=writer.request.is_single)


def _case_losses(
    case: _WrittenCase, case_index: int, found: CaseFiles, finder: Finder, *, plain: bool, is_single: bool
) -> Iterator[Loss]:
    for pointer, message in case.notes.items():
        yield Loss(case_index, pointer, LossKind.UNCODED, message)
    ids = {key: identity for identity, key in case.keys.items()}
    present = {region.key for region in found.regions}
    merged = case.masks - {identity for identity, key in case.keys.items() if key in present}
    native_plain, _ = document(found, finder.labels)
    native, _ = document(found, finder.labels, ids=ids)
    # A mask that is not there any more takes its annotation along: nothing can restore it.
    annotations = [each for each in case.document["annotations"] if each["id"] not in merged]
    original = case.document | {"annotations": annotations}
    lost = dict.fromkeys(_leaves_of(case.document, "annotations", merged), _UNITED)
    fields = {identity: path for identity, path in case.fields.items() if identity not in found.fields}
    if is_single and fields:  # a file and its side file: there is no room for a field, which its registration needs
        kept = [each for each in case.document["registrations"] if each["id"] not in fields]
        original = {key: value for key, value in original.items() if key != "registrations"}
        original |= {"registrations": kept} if kept else {}
        lost |= dict.fromkeys(_leaves_of(case.document, "registrations", set(fields)), _NO_ROOM)
    if plain:
        residual = residuals.residual(case.document, native_plain)
        # In the original's positions, as the paths of the residual are.
        held = residuals.leaves(residuals.restore(native_plain, Residual(order=residual.order)))
        for path in residual.paths():
            kind = _plain_kind(path, held)
            yield Loss(case_index, residuals.pointer(path), kind, _reason(path))
        return
    residual, left = _carriable(residuals.residual(original, native))
    side: dict[str, Any] = {"annoconv": CARRIER_VERSION, "ids": ids, "residual": residual.to_json()}
    if fields and not is_single:
        side["fields"] = _carry_fields(fields, found.carrier)
    found.carrier.parent.mkdir(exist_ok=True)
    found.carrier.write_bytes(strict_json.dumps(side))
    for path, message in lost.items():
        yield Loss(case_index, residuals.pointer(path), LossKind.NO_PLACE, message)
    stated = {each["id"] for each in native_plain["annotations"]}
    named = {
        ("annotations", position, "id")
        for position, each in enumerate(case.document["annotations"])
        if each["id"] not in stated and each["id"] in set(ids.values()) - merged
    }
    for path in {*residuals.residual(case.document, native).paths(), *named} - set(lost):
        if path in left:
            yield Loss(case_index, residuals.pointer(path), LossKind.APPROXIMATED, _reason(path))
            continue
        message = f"{_reason(path)}; it travels in {found.carrier.name}"
        yield Loss(case_index, residuals.pointer(path), LossKind.CARRIED, message)


def _leaves_of(document: dict[str, Any], key: str, ids: set[str]) -> Iterator[residuals.Path]:
    """Yield the leaves of the members of a list that have one of these ids."""
    for position, each in enumerate(document.get(key) or ()):
        if each["id"] in ids:
            yield from ((key, position, *path) for path in residuals.leaves(each))


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


def _carriable(residual: Residual) -> tuple[Residual, frozenset[residuals.Path]]:
    """Return what the side file may take along: not a mask's file name that only `.nii.gz` can replace."""
    left = frozenset(
        path
        for path, value in residual.values.items()
        if path[-1] == "mask_file" and not str(value).endswith(_WRITABLE)
    )
    kept = {path: value for path, value in residual.values.items() if path not in left}
    return Residual(kept, residual.removed, residual.order), left


def _plain_kind(path: residuals.Path, held: residuals.Leaves) -> LossKind:
    if path not in held:
        return LossKind.NO_PLACE
    return LossKind.PRECISION if isinstance(held[path], float) else LossKind.APPROXIMATED


def _reason(path: residuals.Path) -> str:
    names = [step for step in path if isinstance(step, str)]
    if names[0] in {"image", "related_images"} and names[1:2] and names[1] in _GEOMETRY:
        return "NIfTI-1 holds an affine of float32 numbers (NIfTI-2 of float64, --nifti2)"
    if names[-1] in _REASONS:
        return _REASONS[names[-1]]
    if names[0] == "annotations":
        return f"a volume has no place for {(names[1:] or names)[0]}"
    return f"a volume has no place for {'.'.join(names[:2])}"
