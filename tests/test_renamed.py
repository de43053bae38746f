"""Files of ours that were renamed, or changed names: each finds the side file that was written with it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.errors import DocumentError, InputError, LimitError
from annoconv.files import manifest, side_files
from annoconv.files.side_files import SideFiles
from annoconv.limits import Limits
from annoconv.model import Case
from annoconv.pixels import ArrayVolume, Mask, Masks
from tests.cases import grid_of
from tests.test_edited import flat

Record = dict[str, Any]
Told = tuple[list[Record], list[tuple[str, str, str]]]

ENDINGS = {
    "coco": ".json",
    "cvat": ".xml",
    "label-studio": ".json",
    "geojson": ".geojson",
    "nifti": ".nii.gz",
}
KEYED = "coco"
"""Whose records hold the same as the side file."""


@pytest.fixture(params=list(ENDINGS))
def format(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def case_of(format: str, number: int) -> LoadedCase:
    """Return a case that no other number has; what each format has no place for is in it."""
    if format != "nifti":
        return flat(f"RADIOGRAPH_{number}", first=f"A{number}")
    grid = grid_of((8, 7, 5))
    mask_kji = np.zeros(grid.shape_kji, bool)
    mask_kji[1:3, 2:4, 1 : 2 + number] = True
    placed = {"spacing": list(grid.spacing), "origin": list(grid.origin), "direction": grid.direction.tolist()}
    image = {"uid": f"CT_{number}", "modality": "CT", "shape": list(grid.shape), "coordinate_frame": "LPS", **placed}
    organ = {"category": "organ", "label_code": "LIVER", "type": "mask", "mask_file": "m.nii.gz", "confidence": 0.5}
    told = {"schema_version": "1.0", "task_id": "T7", "case_id": f"CASE_{number}", "image": image}
    annotations = [{"id": f"M{number}", **organ}]
    case = Case.model_validate({**told, "annotations": annotations, "metadata": {"annotator": f"A{number}"}})
    return LoadedCase(case, Masks([Mask(f"M{number}", ArrayVolume(grid, mask_kji))]))


def write(format: str, folder: Path, stem: str, number: int) -> Path:
    path = folder / f"{stem}{ENDINGS[format]}"
    registry.write([case_of(format, number)], path, format=format)
    return path


def side_of(path: Path) -> Path:
    return path.with_name(path.name.partition(".")[0] + ".annoconv.json")


def read(format: str, *paths: Path) -> Told:
    """Return the documents of the cases, and the losses by path, kind and what they say."""
    readings = list(registry.read(paths, format=format))
    documents: list[Record] = [strict_json.plain(each.case) for each in readings]
    return documents, [(loss.path, loss.kind.value, loss.message) for each in readings for loss in each.losses]


def edit(format: str, path: Path) -> None:
    """Change a file as other software does, so that it means the same: white space, or a value of the header."""
    if format == "nifti":
        import nibabel

        image = nibabel.load(path)
        image.header["descrip"] = b"edited"
        nibabel.save(image, path)
    elif format == "cvat":
        path.write_bytes(path.read_bytes() + b"\n")
    else:
        path.write_text(json.dumps(json.loads(path.read_bytes()), indent=3))


def without_losses_of(told: Told, *paths: str) -> Told:
    return told[0], [loss for loss in told[1] if loss[0] not in paths]


def test_a_file_that_is_renamed_comes_back_whole(format: str, tmp_path: Path) -> None:
    path = write(format, tmp_path, "x", 1)
    before = read(format, path)
    assert before[0] == [strict_json.plain(case_of(format, 1).case)] or format == "nifti"
    renamed = path.rename(path.with_name(f"report 2{ENDINGS[format]}"))
    assert read(format, renamed) == before


def test_one_of_several_that_is_renamed_comes_back_whole(format: str, tmp_path: Path) -> None:
    paths = [write(format, tmp_path, stem, number) for number, stem in enumerate("abc", 1)]
    before = [read(format, path) for path in paths]
    renamed = paths[1].rename(paths[1].with_name(f"z{ENDINGS[format]}"))
    assert read(format, renamed) == before[1]
    assert [read(format, path) for path in (paths[0], paths[2])] == [before[0], before[2]]


def test_files_that_change_names_keep_their_side_files(format: str, tmp_path: Path) -> None:
    a, b, c = (write(format, tmp_path, stem, number) for number, stem in enumerate("abc", 1))
    before = [read(format, path) for path in (a, b, c)]
    other = tmp_path / "other"
    for old, new in ((a, other), (b, a), (c, b), (other, c)):
        old.rename(new)
    assert [read(format, path) for path in (c, a, b)] == before


@pytest.mark.parametrize("format", sorted({*ENDINGS} - {"nifti"}), indirect=True)  # whose folder is one case
def test_a_folder_of_files_that_were_all_renamed_is_read_as_before(format: str, tmp_path: Path) -> None:
    paths = [write(format, tmp_path, stem, number) for number, stem in enumerate("abc", 1)]
    before = read(format, tmp_path)
    for path in paths:
        path.rename(path.with_name(f"new_{path.name}"))
    assert read(format, tmp_path) == before


@pytest.mark.parametrize("place", ["", "elsewhere"])
def test_a_copy_without_its_side_file_is_a_file_of_unknown_origin(format: str, place: str, tmp_path: Path) -> None:
    path = write(format, tmp_path, "x", 1)
    (tmp_path / "elsewhere").mkdir()
    copy = tmp_path / place / f"copy{ENDINGS[format]}"
    shutil.copy(path, copy)
    documents, losses = read(format, copy)
    assert documents != read(format, path)[0] or format == KEYED
    assert not [loss for loss in losses if "annoconv" in loss[0]]


def test_a_file_that_is_renamed_and_edited_is_read_by_itself_and_the_side_file_is_named(
    format: str, tmp_path: Path
) -> None:
    path = write(format, tmp_path, "x", 1)
    renamed = path.rename(path.with_name(f"y{ENDINGS[format]}"))
    edit(format, renamed)
    documents, losses = read(format, renamed)
    said = [message for place, kind, message in losses if (place, kind) == ("/y.annoconv.json", "no_place")]
    if format == KEYED:
        assert documents[0]["annotations"] == strict_json.plain(case_of(format, 1).case)["annotations"]
        assert not said
        return
    assert len(said) == 1
    assert said[0].startswith("no file that is here belongs to x.annoconv.json; ")
    side_of(path).rename(side_of(renamed))  # which is the advice
    documents, losses = read(format, renamed)
    wanted = [each["id"] for each in strict_json.plain(case_of(format, 1).case)["annotations"]]
    assert [each["id"] for each in documents[0]["annotations"]] == wanted
    assert not [loss for loss in losses if "side file" in loss[2] or "one name" in loss[2]]


def test_the_side_file_of_a_file_that_is_there_is_not_named_for_another(format: str, tmp_path: Path) -> None:
    path = write(format, tmp_path, "x", 1)
    other = path.with_name(f"y{ENDINGS[format]}")
    shutil.copy(path, other)
    edit(format, other)
    assert not [loss for loss in read(format, other)[1] if "annoconv.json" in loss[0]]


def test_a_side_file_of_the_name_that_is_of_another_file_is_not_taken(format: str, tmp_path: Path) -> None:
    path, decoy = write(format, tmp_path, "x", 1), write(format, tmp_path, "y", 2)
    before = read(format, path)
    path.replace(decoy)  # and y.annoconv.json stays
    assert read(format, decoy) == before


def put_nothing(place: Path) -> None:
    place.write_text("{}")


def put_link(place: Path) -> None:
    (place.parent.parent / "beyond.json").write_bytes(min(place.parent.glob("x.annoconv.json")).read_bytes())
    min(place.parent.glob("x.annoconv.json")).unlink()
    place.symlink_to(place.parent.parent / "beyond.json")


def put_hostile(place: Path) -> None:
    seal = {"main": "0" * 64, "of": "/../../x", "sha256": "0" * 64}
    place.write_text(json.dumps({"seal": seal}, separators=(",", ":")))


def put_bad_text(place: Path) -> None:
    place.write_bytes(b'{"seal":{"main":"%s","of":"\\x","sha256":"%s"}}' % (b"0" * 64, b"0" * 64))


def put_long(place: Path) -> None:
    place.write_bytes(b'{"seal":{"main":"%s","of":".%s' % (b"0" * 64, b"j" * 100_000))


@pytest.mark.parametrize("put", [put_nothing, Path.mkdir, os.mkfifo, put_hostile, put_bad_text, put_long])
def test_what_else_stands_beside_a_renamed_file_is_passed_over(
    format: str, put: Callable[[Path], None], tmp_path: Path
) -> None:
    path = write(format, tmp_path, "x", 1)
    before = read(format, path)
    put(tmp_path / "a.annoconv.json")
    assert read(format, path.rename(path.with_name(f"y{ENDINGS[format]}"))) == before


def test_a_link_that_leads_out_is_no_side_file_of_the_folder(format: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = write(format, tmp_path / "in", "x", 1)
    put_link(tmp_path / "in" / "a.annoconv.json")
    renamed = path.rename(path.with_name(f"y{ENDINGS[format]}"))
    alone = shutil.copy(renamed, tmp_path / renamed.name)
    assert read(format, renamed) == read(format, Path(alone))


def test_of_equal_side_files_any_is_the_one(format: str, tmp_path: Path) -> None:
    path = write(format, tmp_path, "x", 1)
    before = read(format, path)
    shutil.copy(side_of(path), tmp_path / "copy.annoconv.json")
    assert read(format, path.rename(path.with_name(f"y{ENDINGS[format]}"))) == before


def with_another_side_file(path: Path, other: Path) -> None:
    """Write a file again as if another case had given the very same bytes, of which the side file holds more."""
    shutil.copy(path, other)
    text = side_of(path).read_text()
    told = json.loads(text)
    (told if isinstance(told, dict) else told[0]).pop("seal")
    told = [each for each in told if each] if isinstance(told, list) else told
    changed = json.dumps(told, separators=(",", ":")).replace('"DOC_B"', '"DOC_Z"').replace('"A1"', '"A9"')
    side_of(other).write_text(changed)
    manifest.seal(side_of(other), other, manifest.ending_of(other))


def test_of_different_side_files_none_is_taken_and_all_are_named(format: str, tmp_path: Path) -> None:
    path = write(format, tmp_path, "x", 1)
    other = path.with_name(f"y{ENDINGS[format]}")
    with_another_side_file(path, other)
    before, of_other = read(format, path), read(format, other)
    assert before != of_other or format == KEYED
    path.unlink()
    renamed = other.rename(path.with_name(f"z{ENDINGS[format]}"))
    documents, losses = read(format, renamed)
    if format == KEYED:
        assert documents == before[0]
        return
    said = [message for place, kind, message in losses if (place, kind) == ("/z.annoconv.json", "no_place")]
    assert len(said) == 1
    assert said[0].startswith("the side files x.annoconv.json, y.annoconv.json were written with files of these very")
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(renamed, alone / renamed.name)
    assert (documents, [loss for loss in losses if loss[2] != said[0]]) == read(format, alone / renamed.name)
    side_of(path).unlink()
    assert read(format, renamed) == of_other


def test_of_files_of_the_same_bytes_the_renamed_one_gets_the_side_file_that_is_free(
    format: str, tmp_path: Path
) -> None:
    path = write(format, tmp_path, "x", 1)
    other = path.with_name(f"y{ENDINGS[format]}")
    with_another_side_file(path, other)
    before, of_other = read(format, path), read(format, other)
    renamed = other.rename(path.with_name(f"z{ENDINGS[format]}"))
    assert read(format, renamed) == of_other
    assert read(format, path) == before


def test_a_file_whose_ending_was_changed_keeps_its_side_file(tmp_path: Path) -> None:
    path = write("geojson", tmp_path, "x", 1)
    before = read("geojson", path)
    assert read("geojson", path.rename(path.with_name("x.json"))) == before
    assert read("geojson", path.with_name("x.json").rename(path.with_name("y.json"))) == before


def test_a_panoptic_file_that_is_renamed_has_its_maps(tmp_path: Path) -> None:
    a, b = tmp_path / "a.json", tmp_path / "b.json"
    for number, path in enumerate((a, b), 1):
        told = case_of("coco", number)
        masks = {each.id: np.roll(told.masks[each.id].read(), number, axis=2) for each in told.case.annotations[3:4]}
        grid = told.masks["M"].grid
        moved = Masks([Mask(name, ArrayVolume(grid, mask_kji)) for name, mask_kji in masks.items()])
        registry.write([LoadedCase(told.case, moved)], path, format="coco", kind="panoptic")

    def drawn(path: Path) -> tuple[Told, list[Any]]:
        masks = [each.masks["M"].read() for each in registry.read([path], format="coco")]
        return read("coco", path), [mask_kji.tobytes() for mask_kji in masks]

    before = [drawn(path) for path in (a, b)]
    assert before[0][1] != before[1][1]
    c = a.rename(tmp_path / "c.json")
    assert drawn(c) == before[0]
    b.rename(a)
    c.rename(b)
    assert [drawn(path) for path in (b, a)] == before


def test_a_damaged_side_file_of_a_renamed_file_is_refused_by_its_name(tmp_path: Path) -> None:
    path = write("cvat", tmp_path, "x", 1)
    text = side_of(path).read_text()
    side_of(path).write_text(text.replace('"cases"', '"case"'))
    with pytest.raises(DocumentError, match=r"x\.annoconv\.json"):
        read("cvat", path.rename(path.with_name("y.xml")))


def test_a_side_file_of_the_name_that_is_damaged_does_not_stand_in_the_way(tmp_path: Path) -> None:
    path = write("nifti", tmp_path, "x", 1)
    before = read("nifti", path)
    (tmp_path / "y.annoconv.json").write_text("{}")
    renamed = path.rename(path.with_name("y.nii.gz"))
    assert read("nifti", renamed) == before
    side_of(path).unlink()
    with pytest.raises(InputError, match=r"y\.annoconv\.json"):
        read("nifti", renamed)


def test_no_output_replaces_the_side_file_that_was_found(tmp_path: Path) -> None:
    from annoconv.errors import UsageError
    from annoconv.files.atomic import Outputs

    path = write("cvat", tmp_path, "x", 1)
    renamed = path.rename(path.with_name("y.xml"))
    with Outputs(overwrite=True) as outputs:
        read("cvat", renamed)
        with pytest.raises(UsageError, match="replace an input"):
            outputs.expect(side_of(path), of=path)


# --- cost


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Path]]:
    """Return which files were read for a digest, for a seal."""
    seen: dict[str, list[Path]] = {"digest": [], "seal_of": []}

    def count(name: str) -> Callable[[Path], Any]:
        real: Callable[[Path], Any] = getattr(manifest, name)

        def counting(path: Path) -> Any:
            seen[name].append(path)
            return real(path)

        return counting

    for name in seen:
        monkeypatch.setattr(side_files, name, count(name))
    return seen


def test_a_file_with_its_side_file_alone_is_read_once_for_its_digest_or_not_at_all(
    format: str, tmp_path: Path, counted: dict[str, list[Path]]
) -> None:
    path = write(format, tmp_path, "x", 1)
    counted["digest"].clear()
    read(format, path)
    assert counted == {"digest": [] if format == "nifti" else [path], "seal_of": []}


def test_files_with_their_side_files_are_read_once_for_their_digest(
    format: str, tmp_path: Path, counted: dict[str, list[Path]]
) -> None:
    paths = [write(format, tmp_path, f"x{number}", number) for number in (1, 2, 3)]
    counted["digest"].clear()
    counted["seal_of"].clear()
    read(format, *paths)
    assert counted == {"digest": paths, "seal_of": [side_of(path) for path in paths]}


def test_renamed_files_read_each_seal_of_their_folder_once(
    format: str, tmp_path: Path, counted: dict[str, list[Path]]
) -> None:
    paths = [write(format, tmp_path, f"x{number}", number) for number in (1, 2, 3)]
    renamed = [path.rename(path.with_name(f"y{path.name}")) for path in paths]
    counted["digest"].clear()
    counted["seal_of"].clear()
    read(format, *renamed)
    assert counted == {"digest": renamed, "seal_of": [side_of(path) for path in paths]}


def test_more_side_files_than_a_request_may_have_files_are_refused(tmp_path: Path) -> None:
    path = write("cvat", tmp_path, "x", 1)
    for number in range(3):
        (tmp_path / f"{number}.annoconv.json").write_text("{}")
    sides = SideFiles(replace(Limits(), files=3))
    with pytest.raises(LimitError, match="too many side files"):
        sides.of(path.with_name("y.xml"), tmp_path / "y.annoconv.json")
