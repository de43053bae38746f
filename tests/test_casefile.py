"""Cases on disk: strict, lazy, whole or not at all, and never outside their folder."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
import pytest

from annoconv import registry, validate
from annoconv.casefile import LoadedCase, Reading, read_case, read_cases, write_case, write_cases
from annoconv.documents import strict_json
from annoconv.errors import DocumentError, InputError, MaskError, OutputExistsError, UsageError
from annoconv.geometry import Grid
from annoconv.model import Case, MaskAnnotation
from annoconv.pixels import ArrayVolume, Mask, Masks
from tests.cases import make
from tests.documents import Document, c5_without_mask_file, common, good, write

if TYPE_CHECKING:
    from pathlib import Path

GRID = Grid((20, 16, 10), np.diag([1.0, 1.5, 2.0, 1.0]))
BOXES = {"A": np.s_[0:3, 2:5, 2:9], "B": np.s_[4:6, 2:5, 2:9], "C": np.s_[2:5, 2:5, 2:9]}


def voxels(name: str) -> Any:
    mask_kji = np.zeros(GRID.shape_kji, bool)
    mask_kji[BOXES[name]] = True
    return mask_kji


def case_of(*annotations: Document, **rest: Any) -> Case:
    return Case.model_validate_json(json.dumps(good() | {"annotations": list(annotations)} | rest))


def loaded(*annotations: Document, **rest: Any) -> LoadedCase:
    case = case_of(*annotations, **rest)
    return LoadedCase(case, Masks(Mask(each.id, ArrayVolume(GRID, voxels(each.id))) for each in case.annotations))


def one(file: str = "masks/a.nii.gz", **rest: Any) -> LoadedCase:
    return loaded(common("A", "mask", mask_file=file), **rest)


def label_map(*names: str) -> LoadedCase:
    return loaded(*(common(name, "mask", mask_file="l.nii.gz", mask_value=n + 1) for n, name in enumerate(names)))


def everything_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_case_and_its_masks_come_back(tmp_path: Path) -> None:
    written = one()
    assert write_case(written, tmp_path / "x" / "c.json") == [tmp_path / "x" / "c.json"]
    back = read_case(tmp_path / "x" / "c.json")
    assert back.case == one("c.masks/masks/a.nii.gz").case
    assert everything_below(tmp_path) == ["x/c.json", "x/c.masks/.annoconv.json", "x/c.masks/masks/a.nii.gz"]
    assert np.array_equal(back.masks["A"].read(), voxels("A"))


def test_masks_of_one_file_are_one_label_map(tmp_path: Path) -> None:
    write_case(label_map("A", "B"), tmp_path / "c.json")
    back = read_case(tmp_path / "c.json")
    assert back.masks["A"].volume is back.masks["B"].volume
    for name in "AB":
        assert np.array_equal(back.masks[name].read(), voxels(name))


def test_overlapping_masks_are_no_label_map(tmp_path: Path) -> None:
    with pytest.raises(MaskError, match="21 voxels of C in others, first in A"):
        write_case(label_map("A", "C"), tmp_path / "c.json")
    assert everything_below(tmp_path) == []


@pytest.mark.parametrize("values", [(None, 1), (None, None), (1, 1)])
def test_masks_of_one_file_need_values(tmp_path: Path, values: tuple[int | None, int | None]) -> None:
    masks = [common(name, "mask", mask_file="l.nii.gz") for name in "AB"]
    for mask, value in zip(masks, values, strict=True):
        if value:
            mask["mask_value"] = value
    with pytest.raises(MaskError, match="mask_value for each"):
        write_case(loaded(*masks), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("values", "boxes", "expected"),
    [
        ((1, 1), ("A", "A"), [0, 1]),
        ((None, None), ("A", "A"), [0, 1]),
        ((None, 1), ("AB", "B"), [0, 1, 2]),
        ((None, 5), ("AB", "B"), [0, 1, 5]),
        ((300, None, 1), ("A", "AB", "B"), [0, 1, 300]),
        ((2, None, 2, None), ("A", "AB", "A", "AB"), [0, 1, 2]),
    ],
)
def test_masks_that_are_one_or_part_of_another_share_a_file(
    values: tuple[int | None, ...], boxes: tuple[str, ...], expected: list[int], tmp_path: Path
) -> None:
    """As they share it in a case that is valid: two readers' masks of one value, an organ and its lesion."""
    told = [{} if value is None else {"mask_value": value} for value in values]
    masks = [common(f"M{n}", "mask", mask_file="l.nii.gz", **each) for n, each in enumerate(told)]
    arrays = {f"M{n}": np.any([voxels(name) for name in names], axis=0) for n, names in enumerate(boxes)}
    case = case_of(*masks)
    write_case(
        LoadedCase(case, Masks(Mask(key, ArrayVolume(GRID, each)) for key, each in arrays.items())), tmp_path / "c"
    )
    back = read_case(tmp_path / "c")
    assert back.case == case
    for key, mask_kji in arrays.items():
        assert np.array_equal(back.masks[key].read(), mask_kji)
    held = nibabel.load(tmp_path / "c" / "l.nii.gz").get_fdata()  # type: ignore[attr-defined]
    assert np.unique(held).tolist() == expected


def test_fractions_that_are_the_same_share_a_file(tmp_path: Path) -> None:
    fractions = voxels("A") * np.float32(0.25)
    masks = [common(key, "mask", mask_file="l.nii.gz", fractional_type="OCCUPANCY") for key in "AB"]
    case = LoadedCase(case_of(*masks), Masks(Mask(key, ArrayVolume(GRID, fractions)) for key in "AB"))
    write_case(case, tmp_path / "c")
    for key in "AB":
        assert np.array_equal(read_case(tmp_path / "c").masks[key].read(), fractions)


def test_an_unchanged_mask_file_keeps_its_bytes(tmp_path: Path) -> None:
    write_case(label_map("A", "B"), tmp_path / "a" / "c.json")
    write_case(read_case(tmp_path / "a" / "c.json"), tmp_path / "b" / "c.json")
    for name in ("c.json", "c.masks/l.nii.gz"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def stated(case: Case) -> str | None:
    (mask,) = case.annotations
    assert isinstance(mask, MaskAnnotation)
    return mask.sha256


@pytest.mark.parametrize("name", ["c.json", "c.jsonl", "folder"])
def test_a_mask_that_is_written_anew_has_the_digest_of_the_new_file(name: str, tmp_path: Path) -> None:
    written = loaded(common("A", "mask", mask_file="a.nii.gz", sha256="ab" * 32))
    (path,) = write_case(written, tmp_path / name)
    back = read_case(path)
    assert stated(back.case) == digest_of(path.parent / back.case.annotations[0].mask_file)  # type: ignore[union-attr]
    assert stated(written.case) == "ab" * 32  # the input stays


def test_a_digest_that_a_case_file_has_of_another_file_is_not_made_right_by_copying_it(tmp_path: Path) -> None:
    write_case(one(), tmp_path / "a")
    document = json.loads((tmp_path / "a" / "case.json").read_bytes())
    document["annotations"][0]["sha256"] = "ab" * 32
    (tmp_path / "a" / "case.json").write_text(json.dumps(document))
    (path,) = write_case(read_case(tmp_path / "a"), tmp_path / "b")
    assert stated(read_case(path).case) == "ab" * 32
    assert "A-10.1.5.mask_digest" in {each.rule for each in validate(path, profile="delivery")}


@pytest.mark.parametrize("name", ["nifti", "dicom-seg"])
def test_a_mask_that_went_through_a_format_has_the_digest_of_its_new_file(name: str, tmp_path: Path) -> None:
    case = make("label_map", tmp_path / "zoo")
    document = json.loads(case.path.read_bytes())
    for each in document["annotations"]:
        if each["type"] == "mask":
            each["sha256"] = digest_of(case.path.parent / each["mask_file"])
    case.path.write_text(json.dumps(document))
    ending = registry.converter("to", name).suffix
    registry.write([read_case(case.path)], tmp_path / f"out{ending}", format=name, images=case.images)
    readings = registry.read([tmp_path / f"out{ending}"], format=name, images=case.images)
    (path,) = write_cases(readings, tmp_path / "back.json")
    masks = [each for each in json.loads(path.read_bytes())["annotations"] if each["type"] == "mask"]
    assert [each["sha256"] for each in masks] == [digest_of(tmp_path / each["mask_file"]) for each in masks]


def test_a_mask_of_a_label_map_may_go_into_a_file_of_its_own(tmp_path: Path) -> None:
    write_case(label_map("A", "B"), tmp_path / "a" / "c.json")
    source = read_case(tmp_path / "a" / "c.json")
    case = case_of(common("B", "mask", mask_file="b.nii.gz"))
    write_case(LoadedCase(case, Masks([source.masks["B"]])), tmp_path / "b" / "c.json")
    assert np.array_equal(read_case(tmp_path / "b" / "c.json").masks["B"].read(), voxels("B"))


def test_a_missing_mask_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MaskError, match="has no mask"):
        write_case(LoadedCase(one().case), tmp_path / "c.json")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_mask_is_not_passed_on(tmp_path: Path) -> None:
    write_case(one(), tmp_path / "c.json")
    file = tmp_path / "c.masks" / "masks" / "a.nii.gz"
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(MaskError):
        write_case(read_case(tmp_path / "c.json"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_masks_are_opened_when_they_are_read(tmp_path: Path) -> None:
    back = read_case(write(tmp_path / "c.json", good() | {"annotations": [common("A", "mask", mask_file="no.nii.gz")]}))
    assert list(back.masks) == ["A"]
    with pytest.raises(MaskError):
        back.masks["A"].read()


@pytest.mark.parametrize("name", ["../a.nii.gz", "/etc/passwd", "a/../../b", "C:/x", "a\\b", "."])
def test_a_mask_path_does_not_leave_the_folder(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "c.json", good() | {"annotations": [common("A", "mask", mask_file=name)]})
    with pytest.raises(DocumentError):
        read_case(path)


def test_nor_by_a_symbolic_link(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (inside / "masks").symlink_to(outside)
    (inside / "link.nii.gz").symlink_to(outside / "secret.nii.gz")
    for name in ("masks/a.nii.gz", "link.nii.gz"):
        path = write(inside / "c.json", good() | {"annotations": [common("A", "mask", mask_file=name)]})
        with pytest.raises(InputError, match="leads out of the folder"):
            read_case(path)
        path.unlink()
    (inside / "c.masks").symlink_to(outside)
    with pytest.raises(OutputExistsError):
        write_case(one(), inside / "c.json")
    with pytest.raises(OutputExistsError, match="link to a folder"):
        write_case(one(), inside / "c.json", overwrite=True)
    assert everything_below(outside) == []
    assert not (inside / "c.json").exists()


def test_a_link_within_the_folder_is_fine(tmp_path: Path) -> None:
    write_case(one("real.nii.gz"), tmp_path / "c.json")
    (tmp_path / "link.nii.gz").symlink_to("c.masks/real.nii.gz")
    path = write(tmp_path / "d.json", good() | {"annotations": [common("A", "mask", mask_file="link.nii.gz")]})
    assert read_case(path).masks["A"].read().any()


def test_lines_stream(tmp_path: Path) -> None:
    cases = [one(case_id=f"C{n}") for n in range(3)]
    write_cases(iter(cases), tmp_path / "x.jsonl")
    assert len((tmp_path / "x.jsonl").read_bytes().splitlines()) == 3
    back = list(read_cases([tmp_path / "x.jsonl"]))
    files = [each.case.annotations[0].mask_file for each in back]  # type: ignore[union-attr]
    assert files == [f"x.masks/{folder}masks/a.nii.gz" for folder in ("", "C1/", "C2/")]
    assert all(np.array_equal(each.masks["A"].read(), voxels("A")) for each in back)


def test_reading_lines_holds_one_at_a_time(tmp_path: Path) -> None:
    line = json.dumps(good() | {"extensions": {"x.y/z": "x" * 100_000}}) + "\n"
    (tmp_path / "x.jsonl").write_text(line * 100)
    for _ in read_cases([tmp_path / "x.jsonl"]):
        pass
    tracemalloc.start()
    assert sum(1 for _ in read_cases([tmp_path / "x.jsonl"])) == 100
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30 * len(line)


def test_a_folder_for_one_case_and_for_several(tmp_path: Path) -> None:
    assert write_cases([one()], tmp_path / "one") == [tmp_path / "one" / "case.json"]
    write_cases([one(case_id="K 1"), one(case_id="K2")], tmp_path / "two")
    assert everything_below(tmp_path / "one") == [".annoconv.json", "case.json", "masks/a.nii.gz"]
    assert {path.name for path in (tmp_path / "two").iterdir()} > {".annoconv.json", "K2"}
    assert len(list((tmp_path / "two").iterdir())) == 3
    assert read_case(tmp_path / "one").case.case_id == "CASE_1"


def test_a_folder_of_several_cases_is_read_as_it_is_written(tmp_path: Path) -> None:
    cases = [read_case(make(name, tmp_path / "in" / name).path) for name in ("bare", "chinese")]
    write_cases(cases, tmp_path / "out")
    again = list(read_cases([tmp_path / "out"]))
    assert [each.case.annotations for each in again] == [each.case.annotations for each in cases]
    assert [each.case.image.uid for each in again] == [each.case.image.uid for each in cases]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: this is not a case; found a folder without one; expected .*"):
        list(read_cases([tmp_path / "empty"]))


def test_a_file_of_another_format_is_no_case(tmp_path: Path) -> None:
    (tmp_path / "coco.json").write_text('{"images": [], "annotations": [], "categories": []}')
    with pytest.raises(
        InputError,
        match=r"this is no case; found what looks like COCO, which from-coco reads; expected annotations, image",
    ):
        list(read_cases([tmp_path / "coco.json"]))
    (tmp_path / "half.json").write_text('{"images": [], "annotations": [], "task_id": "T"}')
    with pytest.raises(DocumentError, match=r"does not conform"):
        list(read_cases([tmp_path / "half.json"]))


def test_two_cases_of_one_name_are_refused(tmp_path: Path) -> None:
    for second in ("CASE_1", "case_1"):
        with pytest.raises(InputError, match="same folder"):
            write_cases([one(), one(case_id=second)], tmp_path / "two")
    assert list(tmp_path.iterdir()) == []


def test_one_json_file_holds_one_case(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="several cases"):
        write_cases([one(), one("b.nii.gz")], tmp_path / "c.json")
    with pytest.raises(InputError, match="no case"):
        write_cases([], tmp_path / "c.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("existing", ["c.json", "c.masks/a.nii.gz"])
def test_existing_outputs_are_refused(tmp_path: Path, existing: str) -> None:
    (tmp_path / "c.masks").mkdir()
    (tmp_path / existing).write_text("mine")
    with pytest.raises(OutputExistsError):
        write_case(one(), tmp_path / "c.json")
    assert everything_below(tmp_path) == [existing]
    assert (tmp_path / existing).read_text() == "mine"


def test_the_file_that_is_named_is_replaced_and_its_masks_if_they_are_ours(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text("mine")
    for _ in range(2):
        write_case(one(), tmp_path / "c.json", overwrite=True)
        assert read_case(tmp_path / "c.json").masks["A"].read().any()
    mask = tmp_path / "c.masks" / "masks" / "a.nii.gz"
    mask.write_bytes(mask.read_bytes() + b" edited")
    before = (tmp_path / "c.json").read_bytes(), mask.read_bytes()
    with pytest.raises(OutputExistsError, match=r"changed since; found masks/a\.nii\.gz"):
        write_case(one(), tmp_path / "c.json", overwrite=True)
    assert ((tmp_path / "c.json").read_bytes(), mask.read_bytes()) == before


def test_mask_names_do_not_grow_from_file_to_file(tmp_path: Path) -> None:
    write_case(one(), tmp_path / "a.json")
    write_case(read_case(tmp_path / "a.json"), tmp_path / "b.json")
    assert everything_below(tmp_path / "b.masks") == [".annoconv.json", "masks/a.nii.gz"]
    both = loaded(common("A", "mask", mask_file="masks/a.nii.gz"), common("B", "mask", mask_file="a.nii.gz"))
    write_case(both, tmp_path / "c.json")
    assert everything_below(tmp_path / "c.masks") == [".annoconv.json", "a.nii.gz", "masks/a.nii.gz"]


def test_the_same_case_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_case(label_map("A", "B"), tmp_path / name)
    for name in ("case.json", "l.nii.gz"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_version_is_always_written(tmp_path: Path) -> None:
    case = one().case.model_copy(update={"schema_version": None})
    write_case(Reading(case, one().masks), tmp_path / "c.json")
    assert strict_json.loads((tmp_path / "c.json").read_bytes())["schema_version"] == "1.0"


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "x.jsonl", good(), c5_without_mask_file())
    with pytest.raises(DocumentError, match="line 2"):
        list(read_cases([path]))


def test_one_case_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="several cases"):
        read_case(write(tmp_path / "x.jsonl", good(), good()))
    with pytest.raises(InputError, match="no case"):
        read_case(write(tmp_path / "y.jsonl"))


def test_a_case_that_was_changed_in_place_is_checked_again_at_every_way_out(tmp_path: Path) -> None:
    polygon = common("P", "polygon", slice_index=0, polygon=[[1.0, 1.0], [3.0, 1.0], [3.0, 3.0]])
    changed = loaded(common("A", "mask", mask_file="a.nii.gz"))
    changed.case.annotations += case_of(polygon).annotations
    write_case(changed, tmp_path / "before.json")
    changed.case.annotations[1].polygon.append([1.0])  # type: ignore[union-attr]  # it is the polygon
    for leave in (
        lambda: write_case(changed, tmp_path / "x.json"),
        lambda: write_cases([Reading(changed.case, changed.masks)], tmp_path / "y"),
        lambda: registry.write([changed], tmp_path / "z.geojson", format="geojson"),
    ):
        with pytest.raises(DocumentError) as refused:
            leave()
        assert [finding.path for finding in refused.value.findings] == ["/annotations/1/polygon/3"]
    assert [(each.rule, each.path) for each in validate(changed)] == [("schema.length", "/annotations/1/polygon/3")]
    assert everything_below(tmp_path) == ["before.json", "before.masks/.annoconv.json", "before.masks/a.nii.gz"]


@pytest.mark.parametrize("case", [{"task_id": "T"}, 3, None])
def test_what_is_no_case_with_its_masks_is_refused_by_name(case: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"found {type(case).__name__}; expected Case, LoadedCase"):
        registry.write([case], tmp_path / "z.geojson", format="geojson")
    with pytest.raises(UsageError, match="read_case"):
        write_case(case, tmp_path / "x.json")


def test_three_cases_of_one_id_have_masks_of_their_own_in_a_jsonl_file(tmp_path: Path) -> None:
    from annoconv.casefile import read_case, write_cases
    from annoconv.documents import strict_json
    from annoconv.pixels import save_nifti
    from tests.cases import blob, document, grid_of, image_document, mask

    grid = grid_of((8, 7, 5))
    save_nifti(tmp_path / "m.nii.gz", blob(grid), grid)
    told = document(image_document("1.2", grid), [mask("M", "m.nii.gz")], case_id="K")
    (tmp_path / "case.json").write_bytes(strict_json.dumps(told))
    write_cases([read_case(tmp_path / "case.json")] * 3, tmp_path / "x.jsonl")
    assert len(list((tmp_path / "x.masks").rglob("*.nii.gz"))) == 3
