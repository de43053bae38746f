"""Volumes as other programs leave them: what a file states beside its voxels is taken, compared, or refused.

The inputs in `volume_cases` are synthetic, made after conditions that users of other tools reported; each test speaks
of a kind of file, and SimpleITK, nibabel and pynrrd say what is right where they can.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nibabel
import nrrd
import numpy as np
import pydicom
import pytest
from annoconv_converters._volumes.label_tables import read_table

from annoconv import images, registry
from annoconv.casefile import Reading, read_case, write_case
from annoconv.errors import AnnoconvError, ImageError, MaskError, UsageError
from annoconv.pixels import count, save_nifti
from annoconv.validation import validate

if TYPE_CHECKING:
    from annoconv.rules import Profile

CASES = Path(__file__).parent / "volume_cases"
AFFINE = np.diag([-1.0, -1.0, 2.0, 1.0])
HEAD = (
    b"NRRD0004\ntype: uchar\ndimension: 3\nsizes: 8 6 5\nspace: left-posterior-superior\n"
    b"space directions: (1,0,0) (0,1,0) (0,0,2)\nspace origin: (0,0,0)\nencoding: raw\n"
)


def labels(*values: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return an array of shape (8, 6, 5) with twelve voxels of each value."""
    array = np.zeros((8, 6, 5), np.uint8)
    for at, value in enumerate(values):
        array[at + 1, 1:5, 1:4] = value
    return array


def save(path: Path, array: np.ndarray[Any, Any], affine: np.ndarray[Any, Any] = AFFINE, **fields: Any) -> Path:
    image = nibabel.Nifti1Image(array, affine)
    image.set_sform(affine, 1)
    image.set_qform(affine, 1)
    for name, value in fields.items():
        image.header[name] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(image, path)
    return path


def read(*sources: Path, **options: Any) -> Reading:
    (reading,) = registry.read(list(sources), format="nifti", **options)
    return reading


def masks_of(reading: Reading) -> list[tuple[str, int | None]]:
    return [(each.label_code, each.mask_value) for each in reading.case.annotations if each.type == "mask"]


def said(reading: Reading) -> dict[str, str]:
    return {loss.path: str(loss.kind) for loss in reading.losses}


def refused(*sources: Path, **options: Any) -> AnnoconvError:
    with pytest.raises(AnnoconvError) as refusal:
        list(registry.read(list(sources), format="nifti", **options))
    error = refusal.value
    assert error.source is not None
    assert error.advice, str(error)
    return error


# --- what was chosen or mended is written into the mask ---


@pytest.mark.parametrize("name", ["a", "b", "c", "d", "e"])
@pytest.mark.parametrize("form", ["sform", "qform"])
def test_the_form_that_was_chosen_is_in_the_mask(name: str, form: str, tmp_path: Path) -> None:
    source = CASES / "forms" / f"{name}.nii.gz"
    assert refused(source).found is not None
    written = write_case(read(source, form=form), tmp_path / "case.json")[0]
    (mask,) = (tmp_path / "case.masks").glob("*.nii.gz")
    original, again = nibabel.load(source), nibabel.load(mask)
    chosen = original.get_sform() if form == "sform" else original.get_qform()
    assert np.allclose(again.affine, chosen, atol=1e-4)
    assert np.allclose(again.get_sform(), again.get_qform(), atol=1e-3)
    assert np.array_equal(np.asarray(again.dataobj), np.asarray(original.dataobj))
    loaded = read_case(written)
    assert not [each for each in validate(loaded, profile="exchange") if each.level == "error"]
    for target in ("coco", "nifti"):
        registry.write([loaded], tmp_path / f"{target}", format=target)


def test_forms_that_agree_within_rounding_stay(tmp_path: Path) -> None:
    written = write_case(read(CASES / "forms" / "ok.nii.gz"), tmp_path / "case.json")[0]
    assert written.with_suffix(".masks").joinpath("ok.nii.gz").read_bytes() == (CASES / "forms/ok.nii.gz").read_bytes()


def scaled(path: Path) -> Path:
    image = nibabel.Nifti1Image(labels(1, 2).astype(np.float32), AFFINE)
    image.header.set_data_dtype(np.int16)
    nibabel.save(image, path)
    return path


def packed_otherwise(path: Path) -> Path:
    plain = save(path.with_name("plain.nii"), labels(1, 2)).read_bytes()
    path.write_bytes(plain if path.name.endswith(".gz") else gzip.compress(plain))
    return path


def in_metres(path: Path) -> Path:
    return save(path, labels(1, 2), np.diag([-0.001, -0.001, 0.002, 1]), xyzt_units=1)


def with_a_fourth_axis(path: Path) -> Path:
    return save(path, labels(1, 2)[..., None])


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
@pytest.mark.parametrize("make", [scaled, packed_otherwise, in_metres, with_a_fourth_axis])
def test_a_mask_that_others_take_otherwise_is_written_anew(
    make: Callable[[Path], Path], ending: str, tmp_path: Path
) -> None:
    source = make(tmp_path / f"m{ending}")
    written = write_case(read(source), tmp_path / "case.json")[0]
    image = nibabel.load(tmp_path / "case.masks" / f"m{ending}")
    assert image.shape == (8, 6, 5)
    assert np.array_equal(np.asarray(image.dataobj), labels(1, 2))
    assert np.allclose(image.affine, AFFINE, atol=1e-5)
    assert [count(mask) for mask in read_case(written).masks.values()] == [12, 12]


# --- axes and values are not guessed ---


def test_time_points_are_no_structures() -> None:
    error = refused(CASES / "four_d" / "i_time.nii.gz")
    assert "time (sec)" in str(error.found)
    assert "3" in str(error.found)
    assert len(read(CASES / "four_d" / "i_time.nii.gz", layers=True).masks) > 2


@pytest.mark.parametrize(("units", "intent"), [(8, 0), (16, 0), (24, 0), (32, 0), (40, 0), (48, 0), (0, 2001)])
def test_any_unit_of_a_fourth_axis_says_what_it_is(units: int, intent: int, tmp_path: Path) -> None:
    stack = np.stack([labels(1), labels(2)], axis=-1)
    assert "along an axis" in str(
        refused(save(tmp_path / "m.nii", stack, xyzt_units=2 + units, intent_code=intent)).found
    )


@pytest.mark.parametrize("kind", ["time", "RGB-color", "complex"])
def test_a_nrrd_axis_that_is_no_list_is_named(kind: str, tmp_path: Path) -> None:
    directions = np.array([[np.nan] * 3, [1, 0, 0], [0, 1, 0], [0, 0, 2]])
    header: dict[str, Any] = {"space": "left-posterior-superior", "space directions": directions}
    header |= {"space origin": [0, 0, 0], "kinds": [kind, "domain", "domain", "domain"]}
    nrrd.write(str(tmp_path / "m.nrrd"), np.stack([labels(1), labels(2)]), header)
    assert kind in str(refused(tmp_path / "m.nrrd").found)


def test_layers_are_structures_and_values_keep_their_numbers(tmp_path: Path) -> None:
    assert masks_of(read(CASES / "four_d" / "b.nii.gz")) == [("b_1", None), ("b_2", None), ("b_3", None)]
    assert masks_of(read(CASES / "four_d" / "g.nrrd")) == [("g_1", None), ("g_2", None), ("g_3", None)]
    stack = np.stack([labels(1), labels(2), labels(1, 5)], axis=-1)
    reading = read(save(tmp_path / "m.nii", stack))
    assert masks_of(reading) == [("m_1", None), ("LABEL_2", 2), ("LABEL_1", None), ("LABEL_5", 5)]
    again = read_case(write_case(reading, tmp_path / "case.json")[0])
    values = [
        np.unique(np.asarray(nibabel.load(path).dataobj)).tolist() for path in sorted(tmp_path.rglob("*_[25].nii.gz"))
    ]
    assert values == [[0, 2], [0, 5]]
    assert [count(mask) for mask in again.masks.values()] == [12] * 4


def test_colours_are_refused_by_name() -> None:
    assert "RGB" in str(refused(CASES / "four_d" / "h.nii.gz").found)


@pytest.mark.parametrize("name", ["a", "d", "e", "e2"])
def test_axes_of_one_step_are_none(name: str) -> None:
    assert masks_of(read(CASES / "four_d" / f"{name}.nii.gz")) == [(name, None)]


@pytest.mark.parametrize("name", ["f_img", "img3"])
def test_an_image_is_not_taken_for_labels(name: str) -> None:
    assert "looks like an image" in str(refused(CASES / "four_d" / f"{name}.nii.gz"))


def test_an_atlas_of_many_small_structures_is_read(tmp_path: Path) -> None:
    atlas = np.kron(np.arange(1, 201, dtype=np.uint16).reshape(10, 20, 1), np.ones((4, 4, 5), np.uint16))
    assert len(read(save(tmp_path / "atlas.nii.gz", atlas)).masks) == 200
    points = np.zeros((40, 40, 5), np.uint16)
    points[::2, ::2, ::2] = np.arange(1, 1201).reshape(20, 20, 3)
    assert len(read(save(tmp_path / "points.nii.gz", points)).masks) == 1200


def parcels(shape: tuple[int, int, int], numbers: np.ndarray[Any, Any], seed: int = 0) -> np.ndarray[Any, Any]:
    """Return a volume in which every voxel has the number of the nearest of as many random places."""
    places = np.random.default_rng(seed).uniform(0, 1, (len(numbers), 3)) * shape
    voxels = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1).reshape(-1, 3)
    nearest = np.concatenate([((part[:, None] - places) ** 2).sum(2).argmin(1) for part in np.array_split(voxels, 32)])
    return np.asarray(numbers[nearest].reshape(shape).astype(np.int32))


FREESURFER = np.concatenate(
    [np.arange(2, 86), np.arange(1001, 1036), np.arange(11101, 11176), np.arange(12101, 14176, 28)]
)
"""Numbers of a FreeSurfer segmentation: some regions of the brain, parcels of its cortex up to 14175."""


@pytest.mark.parametrize(
    ("shape", "numbers"),
    [
        ((40, 40, 40), np.arange(1, 118)),  # as many as TotalSegmentator has
        ((32, 32, 32), np.arange(1, 401)),  # the finest parcellation by Schaefer, at 6 mm
        ((36, 40, 36), FREESURFER),
    ],
)
@pytest.mark.parametrize("is_ribbon", [False, True])
def test_label_maps_of_hundreds_of_sparse_labels_are_no_images(
    shape: tuple[int, int, int], numbers: np.ndarray[Any, Any], is_ribbon: bool, tmp_path: Path
) -> None:
    labels_ijk = parcels(shape, numbers)
    if is_ribbon:  # a cortex two voxels thick
        middle = (np.array(shape) - 1) / 2
        radius = np.linalg.norm(np.moveaxis(np.indices(shape), 0, -1) - middle, axis=-1)
        labels_ijk[np.abs(radius - 13) > 1] = 0
    reading = read(save(tmp_path / "m.nii.gz", labels_ijk))
    assert len(reading.masks) == len(set(np.unique(labels_ijk).tolist()) - {0})


def test_what_looks_like_an_image_is_refused_with_what_was_seen_and_how_to_insist(tmp_path: Path) -> None:
    """A smooth MR, in whole numbers, with a background of 0."""
    i, j, k = np.indices((24, 24, 12))
    noise = np.random.default_rng(0).normal(0, 12, i.shape)
    image = 300 + 200 * np.sin(i / 5) * np.cos(j / 6) + 5 * k + noise
    image[np.hypot(i - 12, j - 12) > 10] = 0
    source = save(tmp_path / "mr.nii.gz", np.round(image).astype(np.int16))
    refusal = refused(source)
    assert "values, most of them unlike their neighbours'" in str(refusal.found)
    for way in ("--as-image", "--images", "--labels"):
        assert way in (refusal.advice or "")
    (reading,) = registry.read([source], format="nifti", as_image=True)
    assert not reading.masks
    values = np.unique(np.round(image).astype(np.int16))
    table = tmp_path / "t.tsv"
    table.write_text("index\tname\n" + "".join(f"{value}\tPart {value}\n" for value in values if value > 0))
    assert len(read(source, labels=table).masks) == len(values) - 1


def test_a_noisy_volume_is_labels_where_something_says_so(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).permutation(240).astype(np.uint8).reshape(8, 6, 5) // 6
    assert "looks like an image" in str(refused(save(tmp_path / "m.nii.gz", noise)))
    assert len(read(save(tmp_path / "said.nii.gz", noise, intent_code=1002)).masks) == 39
    (tmp_path / "m.tsv").write_text("index\tname\n" + "".join(f"{value}\tn{value}\n" for value in range(1, 40)))
    assert len(read(tmp_path / "m.nii.gz").masks) == 39


def test_a_single_value_keeps_its_number_and_its_name(tmp_path: Path) -> None:
    source = save(tmp_path / "seg.nii.gz", labels(5))
    assert masks_of(read(source)) == [("LABEL_5", 5)]
    (tmp_path / "t.tsv").write_text("index\tname\n5\tSpleen\n")
    assert masks_of(read(source, labels=tmp_path / "t.tsv")) == [("SPLEEN", 5)]
    assert masks_of(read(save(tmp_path / "liver.nii.gz", labels(1)))) == [("LIVER", None)]
    assert masks_of(read(save(tmp_path / "spleen.nii.gz", labels(255)))) == [("SPLEEN", 255)]
    save(tmp_path / "organs" / "liver.nii.gz", labels(5))
    save(tmp_path / "organs" / "spleen.nii.gz", labels(3))
    assert masks_of(read(tmp_path / "organs")) == [("LIVER", 5), ("SPLEEN", 3)]


def test_layers_in_a_training_set_are_refused(tmp_path: Path) -> None:
    dataset = {
        "channel_names": {"0": "CT"},
        "labels": {"background": 0, "a": 1},
        "file_ending": ".nii.gz",
        "numTraining": 1,
    }
    (tmp_path / "dataset.json").write_text(json.dumps(dataset))
    save(tmp_path / "labelsTr" / "x.nii.gz", np.stack([labels(1), labels(1)], axis=-1))
    assert "one volume" in str(refused(tmp_path))


# --- two names for one value ---


def segments(*rows: tuple[str, str, int, int]) -> bytes:
    fields = [
        f"Segment{n}_ID:={identity}\nSegment{n}_Name:={name}\nSegment{n}_LabelValue:={value}\nSegment{n}_Layer:={layer}\n"
        for n, (identity, name, value, layer) in enumerate(rows)
    ]
    return HEAD + "".join(fields).encode() + b"\n" + labels(1, 2).tobytes("F")


def test_two_segments_of_one_value_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.seg.nrrd"
    path.write_bytes(segments(("S1", "A", 1, 0), ("S2", "B", 1, 0)))
    error = refused(path)
    assert "A (S1)" in str(error.found)
    assert "B (S2)" in str(error.found)
    path.write_bytes(segments(("S1", "A", 1, 0), ("S1", "A", 1, 0)))
    assert len(read(path).masks) == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.tsv", "index\tname\n1\tLiver\n1\tSpleen\n"),
        ("t.csv", "LabelValue,Name,Color_R,Color_G,Color_B\n1,Liver,1,2,3\n1,Spleen,1,2,3\n"),
        ("t.ctbl", "1 Liver 1 2 3 255\n1 Spleen 1 2 3 255\n"),
    ],
)
def test_a_value_that_stands_twice_in_a_table_is_refused(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(MaskError, match="stands twice"):
        read_table(tmp_path / name)


# --- label tables of Slicer ---

CODES = "SCT,123037004,Anatomical Structure,SCT,10200004,Liver,SCT,7771000,Left,SCT,64033007,Kidney,,,"
COLUMNS = ",".join(
    f"{concept}_{cell}"
    for concept in ("Category", "Type", "TypeModifier", "Region", "RegionModifier")
    for cell in ("CodingScheme", "CodeValue", "CodeMeaning")
)


def test_a_color_table_with_terminology_keeps_its_names_and_colours(tmp_path: Path) -> None:
    source = save(tmp_path / "m.nii.gz", labels(1, 2))
    table = tmp_path / "t.csv"
    table.write_text(
        f"LabelValue,Name,Color_R,Color_G,Color_B,Color_A,{COLUMNS}\n0,Background,0,0,0,0{',' * 15}\n"
        f'1,"mine, left",1,2,3,255,{CODES}\n2,Mass,4,5,6,255{"," * 15}\n'
    )
    reading = read(source, labels=table)
    assert reading.case.labels is not None
    first, second = reading.case.labels
    assert (first.name_en, first.color_rgb, second.name_en, second.color_rgb) == (
        "mine, left",
        [1, 2, 3],
        "Mass",
        [4, 5, 6],
    )
    assert first.concept is not None
    assert first.concept.code == "10200004"
    assert first.finding_site is not None
    assert first.finding_site.region is not None
    assert first.finding_site.region.code == "64033007"
    assert not [path for path in said(reading) if "t.csv" in path]


def test_a_segment_of_a_built_in_concept_keeps_its_own_name_and_colour(tmp_path: Path) -> None:
    tags = "TerminologyEntry:x~SCT^85756007^Tissue~SCT^10200004^Liver~^^~y~SCT^64033007^Kidney~^^|"
    told = {"ID": "S", "Name": "LIGHT_BLUE", "LabelValue": "1", "Color": "0 1 0", "Tags": tags}
    fields = "".join(f"Segment0_{name}:={value}\n" for name, value in told.items())
    (tmp_path / "x.seg.nrrd").write_bytes(HEAD + fields.encode() + b"\n" + labels(1).tobytes("F"))
    (label,) = read(tmp_path / "x.seg.nrrd").case.labels or ()
    assert (label.name_en, label.color_rgb) == ("LIGHT_BLUE", [0, 255, 0])


@pytest.mark.parametrize("kind", ["seg.nrrd", "csv", "codes"])
def test_the_side_of_a_region_is_read_with_it(kind: str, tmp_path: Path) -> None:
    """PS3.3 10.5: an anatomic region has modifiers; CID 244: 7771000 is left. Slicer writes both, so do its tables."""
    source = save(tmp_path / "lung.nii.gz", labels(1))
    cells = "SCT,4147007,Mass,SCT,49755003,Lesion,,,,SCT,39607008,Lung,SCT,7771000,Left"
    parts = ("Type", "Category", "TypeModifier", "Region", "RegionModifier")
    sequences = [
        f"{name}Sequence"
        for name in (
            *("SegmentedPropertyTypeCode", "SegmentedPropertyCategoryCode", "SegmentedPropertyTypeModifierCode"),
            *("AnatomicRegion", "AnatomicRegionModifier"),
        )
    ]
    table = tmp_path / "t.csv"
    if kind == "seg.nrrd":
        tags = "TerminologyEntry:x~SCT^49755003^Lesion~SCT^4147007^Mass~^^~y~SCT^39607008^Lung~SCT^7771000^Left|"
        told = {"ID": "S", "Name": "Mass", "LabelValue": "1", "Tags": tags}
        fields = "".join(f"Segment0_{name}:={value}\n" for name, value in told.items())
        source = tmp_path / "x.seg.nrrd"
        source.write_bytes(HEAD + fields.encode() + b"\n" + labels(1).tobytes("F"))
    elif kind == "csv":
        columns = [f"{part}_{cell}" for part in parts for cell in ("CodingScheme", "CodeValue", "CodeMeaning")]
        table.write_text(f"LabelValue,Name,{','.join(columns)}\n1,Mass,{cells}\n")
    else:
        columns = [f"{part}.{c}" for part in sequences for c in ("CodingSchemeDesignator", "CodeValue", "CodeMeaning")]
        table.write_text(f"Structure,{','.join(columns)}\nlung,{cells}\n")
    reading = read(source, labels=table) if table.is_file() else read(source)
    (label,) = reading.case.labels or ()
    assert label.finding_site is not None
    assert label.finding_site.region is not None
    assert (label.finding_site.region.code, label.finding_site.laterality) == ("39607008", "left")
    assert not [path for path in said(reading) if "odifier" in path]


@pytest.mark.parametrize("layout", ["nnunet", "msd", "monai"])
def test_a_training_set_has_the_colours_of_the_label_tables_in_its_files(layout: str, tmp_path: Path) -> None:
    source, table = save(tmp_path / "m.nii.gz", labels(1, 2)), tmp_path / "t.tsv"
    save(tmp_path / "ct.nii.gz", np.ones((8, 6, 5), np.int16))
    table.write_text("index\tname\tcolor\n1\tLiver\t#010203\n2\tMy own\t\n")
    case = read(source, labels=table, images=[tmp_path / "ct.nii.gz"])
    write_case(case, tmp_path / "c.json")
    options: dict[str, Any] = {"images": [tmp_path / "ct.nii.gz"], "layout": layout, "plain": True}
    registry.write([read_case(tmp_path / "c.json")], tmp_path / "set", format="nifti", **options)
    again = read(tmp_path / "set")
    # the colour that is made up for the second says nothing
    colours = {label.name_en: label.color_rgb for label in again.case.labels or ()}
    assert colours.get("Liver") == [1, 2, 3]
    assert colours.get("My own") is None
    assert not [path for path in said(again) if "LabelTable" in path]


@pytest.mark.parametrize("layout", ["nnunet", "msd", "monai", "bids"])
def test_a_mask_without_a_voxel_comes_back_from_a_data_set(layout: str, tmp_path: Path) -> None:
    for name, array in (("liver", labels(1)), ("spleen", labels()), ("My own", labels(0, 1))):
        save(tmp_path / "masks" / f"{name}.nii.gz", array)
    image = save(tmp_path / "ct.nii.gz", np.ones((8, 6, 5), np.int16))
    write_case(read(tmp_path / "masks", images=[image]), tmp_path / "c.json")
    loaded = read_case(tmp_path / "c.json")
    report = registry.write([loaded], tmp_path / "set", format="nifti", images=[image], layout=layout)
    assert {each.kind.value for each in report} <= {"carried", "uncoded"}
    write_case(read(tmp_path / "set"), tmp_path / "again" / "c.json")
    again = read_case(tmp_path / "again" / "c.json")
    assert again.case == loaded.case
    assert {each.id: count(again.masks[each.id]) for each in again.case.annotations} == {
        each.id: count(loaded.masks[each.id]) for each in loaded.case.annotations
    }


@pytest.mark.parametrize("row", ["-1\tx", "-3\tAir", "9\tNobody"])
def test_every_row_of_a_table_that_no_voxel_has_is_named(row: str, tmp_path: Path) -> None:
    """BIDS 1.10 lets an index be any integer; 0 alone says what no structure is."""
    source, table = save(tmp_path / "m.nii.gz", labels(1)), tmp_path / "t.tsv"
    table.write_text(f"index\tname\n0\tBackground\n1\tLiver\n{row}\n")
    value = row.partition("\t")[0]
    assert {path: kind for path, kind in said(read(source, labels=table)).items() if "t.tsv" in path} == {
        f"/t.tsv/{value}": "no_place"
    }


# --- refusals say what was found, what was expected, and what to do ---


def test_a_mask_off_the_grid_of_its_image_is_refused_with_both_grids(tmp_path: Path) -> None:
    image = save(tmp_path / "ct.nii.gz", np.ones((8, 6, 5), np.int16))
    moved = AFFINE.copy()
    moved[0, 3] = -0.5  # mm in RAS: 0.5 in LPS
    text = str(refused(save(tmp_path / "m.nii.gz", labels(1), moved), images=[image]))
    assert "found 8 x 6 x 5 voxels, in LPS [[1, 0, 0, 0.5]," in text
    assert "expected that of the image ct, 8 x 6 x 5 voxels, in LPS [[1, 0, 0, 0]," in text


def test_files_that_hold_nothing_whole_are_refused_with_what_to_do(tmp_path: Path) -> None:
    empty, text, cut = (tmp_path / f"{name}.nii.gz" for name in ("empty", "text", "cut"))
    empty.write_bytes(b"")
    assert "the file is empty" in str(refused(empty))
    text.write_bytes(b"hello, this is no volume")
    assert "found first bytes 68 65 6c 6c 6f 2c 20 74" in str(refused(text))
    whole = save(tmp_path / "whole.nii.gz", labels(1)).read_bytes()
    cut.write_bytes(whole[:-20])
    assert f"the compressed file is cut off; found {len(whole) - 20} bytes" in str(refused(cut))
    assert "found a file; expected the folder of the whole data set" in str(
        refused(tmp_path / "whole.nii.gz", layout="bids")
    )
    table = tmp_path / "t.tsv"
    table.write_bytes("index\tname\n1\tLeber\n2\tDrüse\n".encode("latin-1"))
    assert "line 3: the label table is not UTF-8" in str(refused(tmp_path / "whole.nii.gz", labels=table))


def test_a_refusal_is_told_in_one_language(tmp_path: Path) -> None:
    (tmp_path / "ct").mkdir()
    for number, z in enumerate((0.0, 2.0, 4.0, 8.0, 10.0)):
        slice_ = pydicom.dcmread(Path(__file__).parent / "dicom_cases" / "references" / "ct" / "0000.dcm")
        slice_.ImagePositionPatient = [*slice_.ImagePositionPatient[:2], z]
        slice_.SOPInstanceUID = slice_.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number + 1}"
        slice_.save_as(tmp_path / "ct" / f"{number}.dcm")
    grid = images.open(Path(__file__).parent / "dicom_cases" / "references" / "ct").grid
    save_nifti(tmp_path / "m.nii.gz", np.ones(grid.shape_kji, np.uint8), grid)
    error = refused(tmp_path / "m.nii.gz", images=[tmp_path / "ct"])
    assert "series " in str(error)
    assert "series " not in error.text("zh")


# --- options that would do nothing ---


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"layout": "nnunet", "arrange": "4d"}, "--arrange"),
        ({"layout": "monai", "arrange": "files"}, "--arrange"),
        ({"layout": "bids", "splits": Path("s.json")}, "--splits"),
        ({"layout": "msd", "folds": 3}, "--folds"),
        ({"suffix": "T1w"}, "--suffix"),
    ],
)
def test_an_option_that_a_layout_does_not_use_is_refused(options: dict[str, Any], name: str, tmp_path: Path) -> None:
    write_case(read(save(tmp_path / "m.nii.gz", labels(1))), tmp_path / "c.json")
    with pytest.raises(UsageError, match=f"{name} does nothing with --layout"):
        registry.write([read_case(tmp_path / "c.json")], tmp_path / "out", format="nifti", **options)
    assert not (tmp_path / "out").exists()


def test_masks_of_a_file_each_are_no_single_file(tmp_path: Path) -> None:
    write_case(read(save(tmp_path / "m.nii.gz", labels(1))), tmp_path / "c.json")
    with pytest.raises(UsageError, match="masks of a file each are written to a folder"):
        registry.write([read_case(tmp_path / "c.json")], tmp_path / "x.nii.gz", format="nifti", arrange="files")
    assert not (tmp_path / "x.nii.gz").exists()


def test_a_frame_of_vectors_without_a_displacement_field_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--field-frame does nothing with no --transform"):
        read(save(tmp_path / "m.nii.gz", labels(1)), field_frame="LPS")


@pytest.mark.parametrize("options", [{"layers": True}, {"layout": "flat"}, {"images": [Path("ct.nii.gz")]}])
def test_an_option_of_masks_is_refused_beside_images(options: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"--{next(iter(options))} does nothing with --as-image"):
        read(save(tmp_path / "ct.nii.gz", labels(1)), as_image=True, **options)


# --- how NRRD says where its data are, and decimals ---


@pytest.mark.parametrize(
    ("fields", "start"),
    [
        ("byte skip: -1\n", b"whatever stands here"),
        ("byteskip: 4\n", b"four"),
        ("line skip: 2\n", b"one\ntwo\n"),
        ("line skip: 1\nbyte skip: 3\n", b"one\nabc"),
    ],
)
@pytest.mark.parametrize("is_detached", [False, True])
def test_skips_before_the_data(fields: str, start: bytes, is_detached: bool, tmp_path: Path) -> None:
    path = tmp_path / ("m.nhdr" if is_detached else "m.nrrd")
    data = start + labels(1, 2).tobytes("F")
    if is_detached:
        (tmp_path / "m.raw").write_bytes(data)
        path.write_bytes(HEAD + fields.encode() + b"data file: m.raw\n\n")
    else:
        path.write_bytes(HEAD + fields.encode() + b"\n" + data)
    expected, _ = nrrd.read(str(path))
    assert np.array_equal(expected, labels(1, 2))
    assert [count(mask) for mask in read(path).masks.values()] == [12, 12]


@pytest.mark.parametrize(
    "fields", ["byte skip: -2\n", "byte skip: 1000\n", "line skip: -1\n", "line skip: 9\n", "byte skip: x\n"]
)
def test_impossible_skips_are_refused(fields: str, tmp_path: Path) -> None:
    (tmp_path / "m.nrrd").write_bytes(HEAD + fields.encode() + b"\n" + labels(1).tobytes("F"))
    with pytest.raises(MaskError):
        list(registry.read([tmp_path / "m.nrrd"], format="nifti"))


def test_bytes_from_the_end_are_of_raw_data_only(tmp_path: Path) -> None:
    head = HEAD.replace(b"raw", b"gzip")
    (tmp_path / "m.nrrd").write_bytes(head + b"byte skip: -1\n\n" + gzip.compress(labels(1).tobytes("F")))
    with pytest.raises(MaskError, match="skip"):
        list(registry.read([tmp_path / "m.nrrd"], format="nifti"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0.69999999999999984", 0.7), ("2.5000000000000004", 2.5), ("3.04687595367432", 3.04687595367432), ("0.7", 0.7)],
)
def test_spacings_are_decimals(text: str, expected: float, tmp_path: Path) -> None:
    (tmp_path / "m.nrrd").write_bytes(
        HEAD.replace(b"(1,0,0)", f"({text},0,0)".encode()) + b"\n" + labels(1).tobytes("F")
    )
    spacing = read(tmp_path / "m.nrrd").case.image.spacing
    assert spacing is not None
    assert spacing[0] == expected


def test_a_turned_grid_of_float64_has_decimals_too(tmp_path: Path) -> None:
    turned = np.array(
        [
            [-0.7 * np.cos(0.1), 0.7 * np.sin(0.1), 0, 1],
            [-0.7 * np.sin(0.1), -0.7 * np.cos(0.1), 0, 2],
            [0, 0, 0.7, 3],
            [0, 0, 0, 1],
        ]
    )
    image = nibabel.Nifti2Image(labels(1), turned)
    nibabel.save(image, tmp_path / "m.nii")
    assert read(tmp_path / "m.nii").case.image.spacing == [0.7, 0.7, 0.7]


# --- what is named is used, or refused ---


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    save(tmp_path / "liver_seg.nii.gz", labels(1))
    save(tmp_path / "ct.nii.gz", np.arange(240, dtype=np.int16).reshape(8, 6, 5) - 100)
    return tmp_path


def test_a_source_is_no_candidate_for_the_image(pair: Path) -> None:
    assert read(pair / "liver_seg.nii.gz", images=[pair]).case.image.uid == "ct"
    assert "themselves" in str(refused(pair / "liver_seg.nii.gz", images=[pair / "liver_seg.nii.gz"]))


def test_an_image_that_was_named_is_no_mask_of_its_folder(pair: Path) -> None:
    reading = read(pair, images=[pair / "ct.nii.gz"])
    assert (reading.case.image.uid, masks_of(reading)) == ("ct", [("liver_seg", None)])


def test_a_folder_without_images_is_refused_with_what_is_there(pair: Path) -> None:
    (pair / "empty").mkdir()
    (pair / "scans.zip").write_bytes(b"PK\x03\x04")
    assert "no file" in str(refused(pair / "liver_seg.nii.gz", images=[pair / "empty"]).found)
    assert "scans.zip" in str(refused(pair / "liver_seg.nii.gz", images=[pair / "scans.zip"]).found)
    with pytest.raises(ImageError, match=r"scans\.zip"):
        images.scan([pair / "ct.nii.gz", pair / "scans.zip"])


def test_the_modality_that_was_named_holds_where_nothing_tells_it(pair: Path) -> None:
    source = pair / "liver_seg.nii.gz"
    reading = read(source, images=[pair / "ct.nii.gz"], modality="CT")
    assert reading.case.image.modality == "CT"
    assert "/image/modality" not in said(reading)
    assert said(read(source, images=[pair / "ct.nii.gz"]))["/image/modality"] == "approximated"
    (pair / "ct.json").write_text('{"Modality": "MR"}')
    reading = read(source, images=[pair / "ct.nii.gz"], modality="CT")
    assert reading.case.image.modality == "MR"
    assert said(reading)["/image/modality"] == "approximated"


def test_volumes_in_further_folders_are_listed(tmp_path: Path) -> None:
    save(tmp_path / "a.nii.gz", labels(1))
    save(tmp_path / "more" / "b.nii.gz", labels(1))
    save(tmp_path / "more" / "deep" / "c.nii.gz", labels(1))
    assert {"/more~1b.nii.gz", "/more~1deep~1c.nii.gz"} <= said(read(tmp_path)).keys()
    (tmp_path / "a.nii.gz").unlink()
    assert "more/b.nii.gz" in str(refused(tmp_path).found)


def test_a_volume_that_the_index_does_not_name_is_listed(tmp_path: Path) -> None:
    source = save(tmp_path / "a.nii.gz", labels(1))
    written = read_case(write_case(read(source), tmp_path / "case.json")[0])
    registry.write([written], tmp_path / "out", format="nifti")
    assert not [path for path in said(read(tmp_path / "out")) if path.endswith(".nii.gz")]
    save(tmp_path / "out" / "mine" / "b.nii.gz", labels(1))
    assert said(read(tmp_path / "out"))["/mine~1b.nii.gz"] == "no_place"


def test_what_is_unusual_of_the_images_is_said_with_what_was_not_read(tmp_path: Path) -> None:
    """A series without StudyInstanceUID, a copy of a slice, and a file that starts as DICOM and cannot be read."""
    series = tmp_path / "ct"
    series.mkdir()
    for path in sorted((Path(__file__).parent / "dicom_cases" / "references" / "ct").iterdir()):
        slice_ = pydicom.dcmread(path)
        del slice_.StudyInstanceUID
        slice_.save_as(series / path.name)
    (series / "copy.dcm").write_bytes((series / "0000.dcm").read_bytes())
    (series / "cut.dcm").write_bytes((series / "0001.dcm").read_bytes()[:300])
    grid = images.open(series).grid
    save_nifti(tmp_path / "m.nii.gz", np.ones(grid.shape_kji, np.uint8), grid)
    reading = read(tmp_path / "m.nii.gz", images=[series])
    told = " ".join(each.message for each in reading.losses if each.path == "/image")
    for words in ("StudyInstanceUID (0020,000D); a derived one is used", "copy.dcm", "cut.dcm"):
        assert words in told


# --- what is empty, and what no table names ---


@pytest.mark.parametrize("profile", ["exchange", "delivery"])
def test_empty_masks_and_values_without_a_name_are_found_by_name(profile: Profile, tmp_path: Path) -> None:
    def found(source: Path, **options: Any) -> set[tuple[str, str]]:
        loaded = read_case(write_case(read(source, **options), tmp_path / f"{source.name}.json", overwrite=True)[0])
        return {(each.rule, each.path) for each in validate(loaded, profile=profile)}

    assert ("A-6.4.1.mask_empty", "/annotations/0/mask_file") in found(save(tmp_path / "zero.nii.gz", labels()))
    source = save(tmp_path / "m.nii.gz", labels(1, 3))
    table = tmp_path / "t.tsv"
    table.write_text("index\tname\n1\tLiver\n2\tSpleen\n")
    assert ("A-6.5.1b.label_unnamed", "/annotations/1/label_code") in found(source, labels=table)
    # one too many, by name: in a table that is named, and in one beside the file
    assert ("A-6.5.1b.label_unused", "/labels") in found(source, labels=table)
    (tmp_path / "m.tsv").write_text("index\tname\n1\tLiver\n3\tSpleen\n7\tDuct of Wirsung\n")
    assert ("A-6.5.1b.label_unused", "/labels") in found(source)
    loaded = read_case(tmp_path / "m.nii.gz.json")
    (about,) = [each for each in validate(loaded, profile=profile) if each.rule == "A-6.5.1b.label_unused"]
    assert "Duct of Wirsung" in about.message
    # an atlas, of which the file has few labels, is no table of the file
    (tmp_path / "m.tsv").write_text("index\tname\n" + "".join(f"{n}\tPart {n}\n" for n in range(1, 9)))
    assert "A-6.5.1b.label_unused" not in {rule for rule, _ in found(source)}
    (tmp_path / "m.tsv").unlink()
    losses = said(read(source, labels=table))
    assert losses["/annotations/1/label_code"] == "approximated"
    assert losses["/t.tsv/2"] == "no_place"
    (tmp_path / "x.seg.nrrd").write_bytes(segments(("S1", "A", 1, 0), ("S2", "B", 2, 0), ("S3", "C", 3, 0)))
    assert ("A-6.4.1.mask_value_absent", "/annotations/2/mask_value") in found(tmp_path / "x.seg.nrrd")
    case = json.loads((tmp_path / "m.nii.gz.json").read_text())
    case["annotations"].pop()
    (tmp_path / "m.nii.gz.json").write_text(json.dumps(case))
    left = validate(read_case(tmp_path / "m.nii.gz.json"), profile=profile)
    assert "A-6.4.1.mask_value_unnamed" in {each.rule for each in left}


def test_a_damaged_mask_does_not_pass_an_exchange(tmp_path: Path) -> None:
    written = write_case(read(save(tmp_path / "m.nii.gz", labels(1))), tmp_path / "case.json")[0]
    mask = tmp_path / "case.masks" / "m.nii.gz"
    mask.write_bytes(mask.read_bytes()[:-4])
    assert "A-6.4.1.mask_damaged" in {each.rule for each in validate(read_case(written), profile="exchange")}
