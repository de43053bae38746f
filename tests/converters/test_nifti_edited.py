"""Label maps and masks that we wrote and others edited: the edit wins, what still fits comes back, the rest is named.

Of a label map of ours: A is 1, B is 2, E, which is empty, is 3, C is 4.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading, read_case, write_case
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError, InputError, MaskError
from annoconv.loss import LossKind
from annoconv.pixels import save_nifti
from annoconv.registry import Context
from tests.cases import document, grid_of, image_document, mask

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

GRID = grid_of((16, 12, 6))
CAMBIUM = {
    "code": "CAMBIUM",
    "name_zh": "形成层",
    "name_en": "Cambium",
    "category": "organ",
    "definition_en": "What grows.",
    "color_rgb": [1, 2, 3],
}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> LoadedCase:
    """Return a case of three masks and an empty one, one of a label of its own, and a point."""
    folder = tmp_path_factory.mktemp("edited")
    for number, name in enumerate("abc"):
        drawn = np.zeros(GRID.shape_kji, bool)
        drawn[1:4, 2:9, 1 + 4 * number : 4 + 4 * number] = True
        save_nifti(folder / f"{name}.nii.gz", drawn, GRID)
    save_nifti(folder / "e.nii.gz", np.zeros(GRID.shape_kji, bool), GRID)
    annotations = [
        mask("A", "a.nii.gz", attributes={"margin": "smooth"}, confidence=0.5),
        {
            "id": "P",
            "category": "lesion",
            "label_code": "NODULE",
            "type": "point",
            "point": [3.5, 2.5],
            "slice_index": 1,
        },
        mask("B", "b.nii.gz", "SPLEEN", attributes={"margin": "lobed"}),
        mask("E", "e.nii.gz", "KIDNEY_LEFT"),
        mask("C", "c.nii.gz", "CAMBIUM", attributes={"margin": "sharp"}),
    ]
    told = document(image_document("1.2.3", GRID), annotations, labels=[CAMBIUM], case_id="K")
    (folder / "case.json").write_bytes(strict_json.dumps(told))
    return read_case(folder / "case.json")


@pytest.fixture
def path(case: LoadedCase, tmp_path: Path) -> Path:
    """Return the case as one label map: A 1, B 2, E 3, C 4."""
    registry.write([case], tmp_path / "x.nii.gz", format="nifti")
    return tmp_path / "x.nii.gz"


def read(path: Path, **options: Any) -> Reading:
    (reading,) = registry.read([path], format="nifti", **options)
    return reading


def annotations(case: LoadedCase | Reading, *left_out: str) -> dict[str, Any]:
    """Return the annotations by id, but for where their voxels are, which the format says."""
    told = strict_json.plain(case.case)["annotations"]
    places = {"mask_file", "mask_value"}
    return {
        each["id"]: {key: value for key, value in each.items() if key not in places}
        for each in told
        if each["id"] not in left_out
    }


def edit(path: Path, change: Callable[[NDArray[Any]], Any], *, keeps_table: bool = True, text: Any = None) -> None:
    """Change voxels (i, j, k) as nibabel's users do, with the header's extensions or without, or the text of one."""
    image: Any = nibabel.load(path)
    voxels = np.asarray(image.dataobj).copy()
    change(voxels)
    header = image.header.copy()
    if not keeps_table:
        header.extensions.clear()
    elif text is not None:
        (extension,) = header.extensions
        content = text(extension.get_content())
        header.extensions.clear()
        header.extensions.append(nibabel.nifti1.Nifti1Extension(extension.get_code(), content))
    nibabel.save(nibabel.Nifti1Image(voxels, image.affine, header), path)


def nothing(_: NDArray[Any]) -> None: ...


def ours(back: Reading) -> list[tuple[str, str]]:
    """Return the losses that are not those of the label table in the header."""
    return [(loss.path, str(loss.message).split(":")[0]) for loss in back.losses if "/extensions" not in loss.path]


def test_what_is_only_saved_again_comes_back_whole(case: LoadedCase, path: Path) -> None:
    for keeps_table in (True, False):
        edit(path, nothing, keeps_table=keeps_table)
        back = read(path)
        assert annotations(back) == annotations(case)
        assert back.case.labels == case.case.labels
        assert list(back.losses) == []
        assert {name: int(each.read().sum()) for name, each in back.masks.items()} == {
            name: int(each.read().sum()) for name, each in case.masks.items()
        }


def test_a_label_that_is_erased_takes_its_annotation_along(case: LoadedCase, path: Path) -> None:
    edit(path, lambda voxels: voxels.__setitem__(voxels == 2, 0))
    back = read(path)
    assert annotations(back) == annotations(case, "B")
    assert ours(back) == [("/annotations", "B is left out")]
    assert [loss.path for loss in back.losses if loss.path.endswith("/2")] != []  # the table still has it


def test_a_label_that_is_added_is_one_more_annotation(case: LoadedCase, path: Path) -> None:
    edit(path, lambda voxels: voxels.__setitem__((slice(2), 0, 0), 9))
    back = read(path)
    more = annotations(back)
    assert (more.pop("LABEL_9")["label_code"], int(back.masks["LABEL_9"].read().sum())) == ("LABEL_9", 2)
    assert more == annotations(case)
    assert ours(back) == []


@pytest.mark.parametrize("keeps_table", [True, False])
def test_voxels_that_are_moved_are_moved(case: LoadedCase, path: Path, keeps_table: bool) -> None:
    def move(voxels: NDArray[Any]) -> None:
        voxels[:] = np.roll(voxels, 2, axis=0)

    edit(path, move, keeps_table=keeps_table)
    back = read(path)
    assert annotations(back) == annotations(case)
    for name, one in case.masks.items():
        np.testing.assert_array_equal(back.masks[name].read(), np.roll(one.read(), 2, axis=2))


def test_a_label_that_is_renumbered_with_its_row_is_the_same_annotation(case: LoadedCase, path: Path) -> None:
    edit(
        path,
        lambda voxels: voxels.__setitem__(voxels == 2, 7),
        text=lambda content: content.replace(b'Key="2"', b'Key="7"'),
    )
    back = read(path)
    assert annotations(back) == annotations(case)
    assert {each.id: getattr(each, "mask_value", None) for each in back.case.annotations}["B"] == 7
    assert ours(back) == []


def test_a_label_that_is_renumbered_without_a_row_is_another_one(case: LoadedCase, path: Path) -> None:
    edit(path, lambda voxels: voxels.__setitem__(voxels == 2, 7), keeps_table=False)
    back = read(path)
    assert annotations(back, "LABEL_7") == annotations(case, "B")
    assert ours(back) == [("/annotations", "B is left out")]


@pytest.mark.parametrize(("name", "gone"), [("Spleen", []), ("Cambium", ["/annotations/4/label_code"])])
def test_a_row_that_is_renamed_gives_the_annotation_its_label(
    name: str, gone: list[str], case: LoadedCase, path: Path
) -> None:
    edit(path, nothing, text=lambda content: content.replace(name.encode(), b"Pancreas"))
    identity = {"Spleen": "B", "Cambium": "C"}[name]
    expected = annotations(case)
    expected[identity]["label_code"] = "PANCREAS"
    back = read(path)
    assert annotations(back) == expected
    assert [path for path, _ in ours(back)] == gone


def test_the_affine_of_the_file_holds_where_it_is_another_one(path: Path) -> None:
    image: Any = nibabel.load(path)
    affine = image.affine.copy()
    affine[0, 3] += 40
    nibabel.save(nibabel.Nifti1Image(np.asarray(image.dataobj), affine, image.header), path)
    back = read(path)
    assert back.case.image.origin is not None
    assert back.case.image.origin[0] == pytest.approx(-affine[0, 3])
    assert [each.id for each in back.case.annotations] == ["A", "P", "B", "E", "C"]


def test_a_folder_whose_label_map_has_more_or_less_than_its_index_tells(case: LoadedCase, tmp_path: Path) -> None:
    registry.write([case], tmp_path / "out", format="nifti", arrange="label-map")
    index = json.loads((tmp_path / "out" / "labels.json").read_text())
    values = {each["id"]: each["value"] for each in index["regions"]}

    def change(voxels: NDArray[Any]) -> None:
        voxels[voxels == values["B"]] = 0
        voxels[0, 0, :2] = 9

    edit(tmp_path / "out" / "dseg.nii.gz", change)
    back = read(tmp_path / "out")
    more = annotations(back)
    assert [each for each in more if each not in annotations(case)] == ["LABEL_9"]
    assert int(back.masks["LABEL_9"].read().sum()) == 2
    assert int(back.masks["B"].read().sum()) == 0  # emptied: the index still tells of it
    del more["LABEL_9"]
    assert more == annotations(case)


def test_a_mask_file_that_is_added_or_removed_beside_the_index(case: LoadedCase, tmp_path: Path) -> None:
    registry.write([case], tmp_path / "out", format="nifti")
    masks = tmp_path / "out" / "masks"
    save_nifti(masks / "Pancreas.nii.gz", case.masks["A"].read(), GRID)
    (masks / "B.nii.gz").unlink()
    back = read(tmp_path / "out")
    more = annotations(back)
    (added,) = [each for each in more if each not in annotations(case)]
    assert more.pop(added)["label_code"] == "PANCREAS"
    assert more == annotations(case, "B")
    assert {loss.path for loss in back.losses} == {"/annotations", "/labels.json/regions/B"}


@pytest.mark.parametrize("arrange", ["files", "4d"])
def test_a_second_value_in_the_volume_of_one_mask_is_an_annotation_with_its_number(
    arrange: Any, case: LoadedCase, tmp_path: Path
) -> None:
    registry.write([case], tmp_path / "out", format="nifti", arrange=arrange)
    path = tmp_path / "out" / ("masks/A.nii.gz" if arrange == "files" else "dseg.nii.gz")
    edit(path, lambda voxels: voxels.__setitem__((0, 0, 0, *([0] if arrange == "4d" else [])), 9))
    back = read(tmp_path / "out")
    assert back.masks["A"].read().astype(bool).tolist() == case.masks["A"].read().astype(bool).tolist()
    assert np.argwhere(back.masks["LABEL_9"].read()).tolist() == [[0, 0, 0]]
    more = annotations(back)
    assert more.pop("LABEL_9")["label_code"] == "LABEL_9"
    assert more == annotations(case)
    if arrange == "files":
        values = {each["id"]: each.get("mask_value") for each in strict_json.plain(back.case)["annotations"]}
        assert (values["A"], values["LABEL_9"]) == (1, 9)
    write_case(back, tmp_path / "back.json")
    again = read_case(tmp_path / "back.json")
    assert int(again.masks["LABEL_9"].read().sum()) == 1
    assert int(again.masks["A"].read().sum()) == int(case.masks["A"].read().sum())


def test_the_only_value_in_the_file_of_one_mask_is_the_mask_whatever_it_is(case: LoadedCase, tmp_path: Path) -> None:
    registry.write([case], tmp_path / "out", format="nifti")
    path = tmp_path / "out" / "masks" / "A.nii.gz"
    edit(path, lambda voxels: voxels.__setitem__(voxels == 1, 255))
    assert annotations(read(tmp_path / "out")) == annotations(case)
    edit(path, lambda voxels: voxels.__setitem__((0, 0, 0), 9))
    with pytest.raises(MaskError, match=r"A\.nii\.gz.*found \[9, 255\]"):
        read(tmp_path / "out")


@pytest.mark.parametrize("layout", ["nnunet", "msd", "monai", "bids"])
def test_a_label_of_a_data_set_that_is_erased_takes_its_annotation_along(layout: str, tmp_path: Path) -> None:
    from tests.converters.test_nifti import several

    loaded, images = several(tmp_path / "in", "ab")
    registry.write(loaded, tmp_path / "out", format="nifti", layout=layout, images=images)
    whole = list(registry.read([tmp_path / "out"], format="nifti"))
    path = min(
        each for each in (tmp_path / "out").rglob("*.nii.gz") if "dseg" in each.name or "labels" in str(each.parent)
    )
    edit(path, lambda voxels: voxels.__setitem__(voxels == voxels.max(), 0))
    first, second = registry.read([tmp_path / "out"], format="nifti")
    assert strict_json.plain(second.case) == strict_json.plain(whole[1].case)
    assert len(first.masks) == len(whole[0].masks) - 1
    assert any("is left out" in loss.message for loss in first.losses)


# --- side files


def side_of(path: Path) -> dict[str, Any]:
    told = json.loads(path.with_name("x.annoconv.json").read_text())
    assert isinstance(told, dict)
    return told


def put(path: Path, text: str) -> None:
    path.with_name("x.annoconv.json").write_text(text)


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", "null", "1", '"x"', '{"annoconv":1}'])
def test_a_side_file_that_says_nothing_is_refused(text: str, path: Path) -> None:
    put(path, text)
    with pytest.raises(InputError, match=r"x\.annoconv\.json"):
        read(path)


@pytest.mark.parametrize(
    "change",
    [
        {"annoconv": 2},
        {"annoconv": "1"},
        {"regions": []},
        {"regions": {"0/1": "A"}},
        {"regions": {"0/1": {"id": "A", "label_code": "LIVER", "category": "x"}}},
        {"labels": [1]},
        {"residual": None},
        {"residual": {"values": 3}},
        {"held": 3},
        {"fields": [1]},
        {"fields": {"R": 1}},
    ],
)
def test_a_side_file_of_another_version_or_damaged_is_refused(change: dict[str, Any], path: Path) -> None:
    put(path, json.dumps({**side_of(path), **change}))
    with pytest.raises(InputError, match=r"x\.annoconv\.json.*side file"):
        read(path)


@pytest.mark.parametrize("key", ["annoconv", "shape", "regions", "labels", "residual", "held"])
def test_a_side_file_without_one_of_its_members_is_refused(key: str, path: Path) -> None:
    put(path, json.dumps({name: value for name, value in side_of(path).items() if name != key}))
    with pytest.raises(InputError, match=r"x\.annoconv\.json.*side file"):
        read(path)


@pytest.mark.parametrize("change", [{"shape": [16, 12, 7]}, {"regions": {}}, {"annotations": "none"}])
def test_a_side_file_of_other_files_is_named_and_left_out(change: dict[str, Any], path: Path) -> None:
    told = side_of(path)
    if "annotations" in change:
        change = {"regions": {f"0/{n}": each for n, each in enumerate(told["regions"].values(), 90)}}
        for each in change["regions"].values():
            each["label_code"] = "OTHER"
    put(path, json.dumps({**told, **change}))
    back = read(path, context=Context(task="T"), modality="CT")
    if change == {"regions": {}}:
        assert [each.id for each in back.case.annotations][:1] == ["P"]
        return
    assert [(loss.path, loss.kind) for loss in back.losses if "extensions" not in loss.path] == [
        ("/x.annoconv.json", LossKind.NO_PLACE)
    ]
    assert [each.id for each in back.case.annotations] == ["LIVER", "SPLEEN", "Cambium"]


def test_a_side_file_that_makes_no_case_is_named_and_left_out(path: Path) -> None:
    told = side_of(path)
    told["residual"]["values"].append([["annotations", 0, "confidence"], "high"])
    put(path, json.dumps(told))
    assert "/x.annoconv.json" in read(path).losses.paths()


def test_random_damage_of_a_side_file_is_refused_by_name_or_read(path: Path) -> None:
    rng = np.random.default_rng(7)
    text = json.dumps(side_of(path))
    refused = 0
    for _ in range(60):
        start = int(rng.integers(len(text)))
        part = text[start : start + int(rng.integers(1, 9))]
        put(path, text.replace(part, str(rng.choice(["", "0", '"', "{}", "null"])), 1))
        try:
            read(path)
        except AnnoconvError:
            refused += 1
    assert refused > 10


# --- data sets for training


def renamed(folder: Path, name: str, other: str) -> None:
    """Rename the files of a case, and what the data set says of them, but for the side file."""
    for path in sorted(folder.rglob(f"*{name}*"), reverse=True):
        if path.parent.name != "annoconv":
            path.rename(path.with_name(path.name.replace(name, other)))
    for path in (folder / "dataset.json", folder / "datalist.json"):
        if path.is_file():
            path.write_text(path.read_text().replace(name, other))


@pytest.mark.parametrize("is_swapped", [False, True])
@pytest.mark.parametrize("layout", ["nnunet", "msd", "monai", "bids"])
def test_a_case_that_is_renamed_finds_its_side_file(layout: str, is_swapped: bool, tmp_path: Path) -> None:
    from tests.converters.test_nifti import several

    paths = [each.path for each in several(tmp_path / "in", "ab")[0]]
    for number, path in enumerate(filter(None, paths)):
        told = json.loads(path.read_bytes())
        told["annotations"][0] |= {"id": f"M{number}", "confidence": 0.25 + number / 2}
        path.write_bytes(strict_json.dumps(told))
        drawn = np.zeros(grid_of((8, 7, 5)).shape_kji, bool)
        drawn[1:3, 2:4, 1 : 3 + number] = True
        path.with_name("m.nii.gz").unlink()
        save_nifti(path.with_name("m.nii.gz"), drawn, grid_of((8, 7, 5)))
    loaded = [read_case(path) for path in filter(None, paths)]
    registry.write(loaded, tmp_path / "out", format="nifti", layout=layout, images=[tmp_path / "in"])
    before = {count(each): each for each in registry.read([tmp_path / "out"], format="nifti")}
    names = sorted(path.stem for path in (tmp_path / "out" / "annoconv").glob("*.json"))
    renamed(tmp_path / "out", names[0], "PAT7")
    if is_swapped:
        renamed(tmp_path / "out", names[1], names[0])
        renamed(tmp_path / "out", "PAT7", names[1])
    readings = list(registry.read([tmp_path / "out"], format="nifti"))
    assert len(readings) == 2
    for each in readings:
        assert each.case.annotations == before[count(each)].case.annotations
        assert not [loss for loss in each.losses if "annoconv" in loss.path]
    # The labels of BIDS have no place for these ids, which the side file brings back where nothing was renamed.
    kept = "CASE_b" if layout == "bids" else names[1]
    assert {each.case.case_id for each in readings} == ({*names} if is_swapped else {"PAT7", kept})
    said = [loss.message for each in readings for loss in each.losses if loss.path == "/case_id"]
    assert len(said) == (1 + is_swapped if layout == "bids" else 0)
    assert all(message.startswith("the files of the case were renamed") for message in said)


@pytest.mark.parametrize("layout", ["nnunet", "msd", "monai", "bids"])
def test_of_different_side_files_of_one_label_map_the_free_one_is_taken_or_none(layout: str, tmp_path: Path) -> None:
    from tests.converters.test_nifti import several

    loaded, images = several(tmp_path / "in", "ab")  # whose label maps are equal, byte for byte
    registry.write(loaded, tmp_path / "out", format="nifti", layout=layout, images=images)
    folder = tmp_path / "out" / "annoconv"
    first, second = sorted(path.stem for path in folder.iterdir())
    renamed(tmp_path / "out", first, "PAT7")
    readings = {each.case.case_id: each for each in registry.read([tmp_path / "out"], format="nifti")}
    assert readings.keys() == {"PAT7", "CASE_b" if layout == "bids" else second}
    assert all([each.id for each in reading.case.annotations] == ["M"] for reading in readings.values())
    assert not [loss for reading in readings.values() for loss in reading.losses if loss.path != "/case_id"]
    renamed(tmp_path / "out", second, "PAT8")
    readings = {each.case.case_id: each for each in registry.read([tmp_path / "out"], format="nifti")}
    assert readings.keys() == {"PAT7", "PAT8"}
    assert all([each.id for each in reading.case.annotations] == ["LIVER"] for reading in readings.values())
    said = {loss.path: loss.message for loss in readings["PAT7"].losses if "annoconv" not in loss.path}
    assert said["/PAT7.json"].startswith(f"the side files {first}.json, {second}.json were written with files of")
    (folder / f"{second}.json").unlink()
    (folder / "copy.json").write_bytes((folder / f"{first}.json").read_bytes())
    readings = {each.case.case_id: each for each in registry.read([tmp_path / "out"], format="nifti")}
    assert [each.id for each in readings["PAT7"].case.annotations] == ["M"]


@pytest.mark.parametrize("layout", ["nnunet", "msd", "monai", "bids"])
def test_a_case_with_the_label_map_of_another_does_not_take_its_side_file(layout: str, tmp_path: Path) -> None:
    from tests.converters.test_nifti import several

    loaded, images = several(tmp_path / "in", "ab")  # whose label maps are equal, byte for byte
    registry.write(loaded, tmp_path / "out", format="nifti", layout=layout, images=images)
    min((tmp_path / "out" / "annoconv").iterdir()).unlink()
    first, second = registry.read([tmp_path / "out"], format="nifti")
    assert [each.id for each in first.case.annotations] == ["LIVER"]
    assert [each.id for each in second.case.annotations] == ["M"]


def test_a_case_of_which_the_image_alone_is_renamed_finds_its_side_file(tmp_path: Path) -> None:
    from tests.converters.test_nifti import several

    loaded, images = several(tmp_path / "in", "a")
    registry.write(loaded, tmp_path / "out", format="nifti", layout="msd", images=images)
    image, listed = tmp_path / "out" / "imagesTr" / "CASE_a.nii.gz", tmp_path / "out" / "dataset.json"
    image.rename(image.with_name("PAT7.nii.gz"))
    listed.write_text(listed.read_text().replace("imagesTr/CASE_a", "imagesTr/PAT7"))
    reading = read(tmp_path / "out")
    assert [each.id for each in reading.case.annotations] == ["M"]
    assert reading.case.case_id == "PAT7"


def test_the_row_of_a_participant_whose_files_were_renamed_is_named(tmp_path: Path) -> None:
    from tests.converters.test_nifti import several

    paths = [each.path for each in several(tmp_path / "in", "ab")[0]]
    for path in filter(None, paths):
        path.write_bytes(strict_json.dumps(json.loads(path.read_bytes()) | {"patient_id": f"P_{path.parent.name}"}))
    loaded = [read_case(path) for path in filter(None, paths)]
    registry.write(loaded, tmp_path / "out", format="nifti", layout="bids", images=[tmp_path / "in"])
    label = min(path.stem for path in (tmp_path / "out" / "annoconv").iterdir())
    renamed(tmp_path / "out", label, "77")
    readings = list(registry.read([tmp_path / "out"], format="nifti"))
    assert sorted(str(each.case.patient_id) for each in readings) == ["None", "P_b"]
    paths = [loss.path for each in readings for loss in each.losses if "participants" in loss.path]
    assert paths == [f"/participants.tsv/sub-{label}"]
    table = tmp_path / "out" / "participants.tsv"
    table.write_text(table.read_text().replace(label, "77"))
    readings = list(registry.read([tmp_path / "out"], format="nifti"))
    assert sorted(str(each.case.patient_id) for each in readings) == ["P_a", "P_b"]
    assert not [loss for each in readings for loss in each.losses if "participants" in loss.path]


def test_the_side_files_of_volumes_that_are_read_as_one_case_are_named(case: LoadedCase, tmp_path: Path) -> None:
    for name in ("x", "y"):
        registry.write([case], tmp_path / f"{name}.nii.gz", format="nifti")
    (tmp_path / "z.annoconv.json").write_text("{}")  # of none of them
    losses = [loss.path for loss in read(tmp_path).losses if "annoconv" in loss.path]
    assert losses == ["/x.annoconv.json", "/y.annoconv.json"]


def count(reading: Reading) -> int:
    """Return how many voxels the one mask of a case has."""
    return int(reading.masks[reading.case.annotations[0].id].read().sum())


@pytest.mark.parametrize("layout", ["nnunet", "msd", "monai", "bids"])
def test_a_side_file_of_a_case_that_is_not_there_is_named(layout: str, tmp_path: Path) -> None:
    from tests.converters.test_nifti import several

    loaded, images = several(tmp_path / "in", "ab")
    registry.write(loaded, tmp_path / "out", format="nifti", layout=layout, images=images)
    side = min((tmp_path / "out" / "annoconv").iterdir()).stem  # of CASE_a; BIDS has letters and digits only
    renamed(tmp_path / "out", side, "PAT7")
    for path in (tmp_path / "out").rglob("*PAT7*.nii.gz"):  # edited too, so that nothing tells whose it is
        label_map = nibabel.load(path)
        label_map.header["descrip"] = b"edited"
        nibabel.save(label_map, path)
    readings = list(registry.read([tmp_path / "out"], format="nifti"))
    assert len(readings) == 2
    losses = {loss.path: loss.message for reading in readings for loss in reading.losses}
    assert "was written for other files" in losses[f"/annoconv~1{side}.json"]


def test_a_class_that_is_renamed_in_dataset_json_is_the_same_annotation(case: LoadedCase, tmp_path: Path) -> None:
    from tests.cases import series

    (tmp_path / "in").mkdir()
    image = series(tmp_path / "in", GRID, "renamed")
    told = strict_json.plain(case.case)
    loaded = LoadedCase(type(case.case).model_validate(told | {"image": image}), case.masks)
    registry.write([loaded], tmp_path / "out", format="nifti", layout="nnunet", images=[tmp_path / "in"])
    path = tmp_path / "out" / "dataset.json"
    dataset = json.loads(path.read_text())
    name = next(name for name, value in dataset["labels"].items() if value == 2)  # the second class is B's
    dataset["labels"] = {"Milz" if key == name else key: value for key, value in dataset["labels"].items()}
    path.write_text(json.dumps(dataset))
    back = read(tmp_path / "out")
    assert annotations(back, "E")["B"] == annotations(case)["B"] | {"label_code": "Milz"}  # of the category that it was


@pytest.mark.parametrize("place", ["imagesTr/CASE_a_0001.nii.gz", "labelsTr/more/x.nii.gz"])
def test_a_volume_that_a_data_set_does_not_declare_is_named(place: str, tmp_path: Path) -> None:
    from tests.converters.test_nifti import several

    loaded, images = several(tmp_path / "in", "ab")
    registry.write(loaded, tmp_path / "out", format="nifti", layout="nnunet", images=images)
    path = tmp_path / "out" / place
    path.parent.mkdir(exist_ok=True)
    path.write_bytes((tmp_path / "out" / "imagesTr" / "CASE_a_0000.nii.gz").read_bytes())
    losses = [loss.path for reading in registry.read([tmp_path / "out"], format="nifti") for loss in reading.losses]
    assert "/" + place.replace("/", "~1") in losses


@pytest.mark.parametrize("key", ["id", "name"])
def test_what_others_write_into_a_row_of_the_index_is_in_the_case_or_named(
    key: str, case: LoadedCase, tmp_path: Path
) -> None:
    registry.write([case], tmp_path / "out", format="nifti")
    path = tmp_path / "out" / "labels.json"
    index = json.loads(path.read_text())
    place = {"id": "Other", "name": index["regions"][0]["id"]}[key]
    index["regions"][0][key] = "Other"
    path.write_text(json.dumps(index))
    back = read(tmp_path / "out")
    assert annotations(back) == annotations(case)
    assert [loss.path for loss in back.losses] == [f"/labels.json/regions/{place}/{key}"]


def test_a_shape_of_the_index_that_its_volume_contradicts_is_named(tmp_path: Path) -> None:
    from tests.converters.test_nifti import several

    loaded, images = several(tmp_path / "in", "a")
    registry.write(loaded, tmp_path / "out", format="nifti", images=images)
    path = tmp_path / "out" / "labels.json"
    index = json.loads(path.read_text())
    assert [loss.path for loss in read(tmp_path / "out").losses] == []
    index["images"][0]["shape"] = [3, 4, 5]
    path.write_text(json.dumps(index))
    assert [loss.path for loss in read(tmp_path / "out").losses] == ["/labels.json/images/images~1image.nii.gz/shape"]
