"""What files of volumes and their tables state: units, directions, codes, names; each is taken, or named as lost."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
import pytest
import SimpleITK
from annoconv_converters._volumes.label_tables import read_table

from annoconv import images, registry
from annoconv.documents import strict_json
from annoconv.errors import GeometryError, InputError, MaskError
from annoconv.loss import LossKind

if TYPE_CHECKING:
    from annoconv.casefile import Reading

NRRD = (
    "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 8 6 5\nspace: left-posterior-superior\n{}"
    "space directions: (0.07,0,0) (0,0.08,0) (0,0,0.25)\nspace origin: (1,2,3)\nencoding: raw\n\n"
)
META = (
    "ObjectType = Image\nNDims = 3\nBinaryData = True\n{}DimSize = 8 6 5\nElementType = MET_UCHAR\n"
    "ElementDataFile = LOCAL\n"
)


def voxels() -> np.ndarray[Any, Any]:
    """Return one label, shape (5, 6, 8), C order: as files of either format have it."""
    array = np.zeros((5, 6, 8), np.uint8)
    array[1:3, 2:5, 3:6] = 1
    return array


def nrrd(path: Path, fields: str = "") -> Path:
    path.write_bytes(NRRD.format(fields).encode() + voxels().tobytes())
    return path


def meta(path: Path, fields: str) -> Path:
    path.write_bytes(META.format(fields).encode() + voxels().tobytes())
    return path


def read(*sources: Path, **options: Any) -> Reading:
    (reading,) = registry.read(list(sources), format="nifti", **options)
    return reading


def lost(reading: Reading) -> dict[str, LossKind]:
    """Return the losses but those of every file that names no task and no modality."""
    assumed = {"/task_id", "/image/modality", "/qform_code", "/sform_code"}
    return {loss.path: loss.kind for loss in reading.losses if loss.path not in assumed}


# Units of length: the NRRD format's "space units", MetaIO's DistanceUnits


@pytest.mark.parametrize(
    ("units", "spacing", "origin"),
    [
        ('space units: "cm" "cm" "cm"\n', [0.7, 0.8, 2.5], [10, 20, 30]),
        ('space units: "m" "m" "m"\n', [70, 80, 250], [1000, 2000, 3000]),
        ('space units: "cm" "mm" "mm"\n', [0.7, 0.08, 0.25], [10, 2, 3]),
    ],
)
def test_units_of_nrrd_are_read_in_millimetres_and_named(
    units: str, spacing: list[float], origin: list[float], tmp_path: Path
) -> None:
    reading = read(nrrd(tmp_path / "a.nrrd", units))
    assert reading.case.image.spacing == spacing
    assert reading.case.image.origin == origin
    assert lost(reading) == {"/space units": LossKind.APPROXIMATED}


@pytest.mark.parametrize("units", ["", 'space units: "mm" "mm" "mm"\n', 'space units: "millimeter" "" "???"\n'])
def test_millimetres_and_units_that_nobody_knows_are_millimetres(units: str, tmp_path: Path) -> None:
    reading = read(nrrd(tmp_path / "a.nrrd", units))
    assert reading.case.image.spacing == [0.07, 0.08, 0.25]
    assert lost(reading) == {}


@pytest.mark.parametrize("units", ['"s" "s" "s"', '"mm" "mm"', "mm mm mm"])
def test_units_that_are_no_lengths_are_refused(units: str, tmp_path: Path) -> None:
    with pytest.raises(GeometryError) as caught:
        read(nrrd(tmp_path / "a.nrrd", f"space units: {units}\n"))
    assert caught.value.where == "space units"
    assert caught.value.expected


def test_units_of_metaimage_are_read_in_millimetres_and_named(tmp_path: Path) -> None:
    fields = "Offset = 1 2 3\nElementSpacing = 0.07 0.08 0.25\nDistanceUnits = {}\n"
    reading = read(meta(tmp_path / "a.mha", fields.format("cm")))
    assert reading.case.image.spacing == [0.7, 0.8, 2.5]
    assert reading.case.image.origin == [10, 20, 30]
    assert lost(reading) == {"/DistanceUnits": LossKind.APPROXIMATED}
    assert lost(read(meta(tmp_path / "b.mha", fields.format("mm")))) == {}
    with pytest.raises(GeometryError, match="unknown unit of length"):
        read(meta(tmp_path / "c.mha", fields.format("furlong")))


# MetaImage: fields that say the same twice


@pytest.mark.parametrize(
    ("fields", "losses"),
    [
        ("AnatomicalOrientation = RAI\n", {}),
        ("AnatomicalOrientation = ???\n", {}),
        ("AnatomicalOrientation = LPI\n", {"/AnatomicalOrientation": LossKind.APPROXIMATED}),
        ("CenterOfRotation = 5 5 5\n", {"/CenterOfRotation": LossKind.NO_PLACE}),
        ("ElementSize = 0.7 0.8 2.50\nOrigin = 1 2 3\n", {}),
        ("ElementSize = 9 9 9\n", {"/ElementSize": LossKind.NO_PLACE}),
        ("Position = 4 2 3\n", {"/Position": LossKind.NO_PLACE}),
    ],
)
def test_what_conflicts_with_the_fields_that_itk_reads_is_named(
    fields: str, losses: dict[str, LossKind], tmp_path: Path
) -> None:
    placed = "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 1 2 3\nElementSpacing = 0.7 0.8 2.5\n"
    path = meta(tmp_path / "a.mha", placed + fields)
    image = SimpleITK.ReadImage(str(path))
    reading = read(path)
    assert reading.case.image.spacing == list(image.GetSpacing())
    assert reading.case.image.origin == list(image.GetOrigin())
    assert lost(reading) == losses


@pytest.mark.parametrize(
    "turn", [(1, 0, 0, 0, 1, 0, 0, 0, 1), (-1, 0, 0, 0, -1, 0, 0, 0, 1), (0, 0, 1, 1, 0, 0, 0, -1, 0)]
)
def test_the_letters_that_itk_writes_conflict_with_nothing(turn: tuple[float, ...], tmp_path: Path) -> None:
    image = SimpleITK.GetImageFromArray(voxels())
    image.SetDirection(turn)
    SimpleITK.WriteImage(image, str(tmp_path / "a.mha"))
    assert b"AnatomicalOrientation" in (tmp_path / "a.mha").read_bytes()
    assert lost(read(tmp_path / "a.mha")) == {}


def test_directions_of_six_digits_leave_the_spacing_as_it_is_written(tmp_path: Path) -> None:
    matrix = "TransformMatrix = 0.98 0.198997 0 -0.198997 0.98 0 0 0 1\n"
    reading = read(meta(tmp_path / "a.mha", f"{matrix}Offset = 1 2 3\nElementSpacing = 0.7 0.8 2.5\n"))
    assert reading.case.image.spacing == [0.7, 0.8, 2.5]
    assert lost(reading) == {}


def test_directions_that_are_no_unit_vectors_are_named(tmp_path: Path) -> None:
    reading = read(meta(tmp_path / "a.mha", "TransformMatrix = 2 0 0 0 1 0 0 0 1\nElementSpacing = 0.7 0.8 2.5\n"))
    assert reading.case.image.spacing == [1.4, 0.8, 2.5]  # a point lies at direction * spacing * index, in ITK
    assert lost(reading) == {"/TransformMatrix": LossKind.APPROXIMATED}


# nnU-Net


def nnunet(folder: Path, labels: dict[str, Any], *maps: tuple[int, ...]) -> Path:
    """Write a data set of nnU-Net; each map has two voxels of each of its values, the image is `imagesTr/c*`."""
    for name in ("imagesTr", "labelsTr"):
        (folder / name).mkdir(parents=True)
    for number, values in enumerate(maps):
        array = np.zeros((8, 6, 5), np.uint8)
        for place, value in enumerate(values):
            array[place, 1:3, 2] = value
        image = nibabel.Nifti1Image(array, np.diag([-1.0, -1.0, 2.0, 1.0]))
        nibabel.save(image, folder / "labelsTr" / f"c{number}.nii.gz")
        image = nibabel.Nifti1Image(np.arange(240, dtype=np.int16).reshape(8, 6, 5), image.affine)
        nibabel.save(image, folder / "imagesTr" / f"c{number}_0000.nii.gz")
    told = {"channel_names": {"0": "CT"}, "labels": labels, "numTraining": len(maps), "file_ending": ".nii.gz"}
    (folder / "dataset.json").write_text(json.dumps(told))
    return folder


def test_what_nnunet_ignores_is_no_finding_and_is_written_as_such_again(tmp_path: Path) -> None:
    # nnU-Net, ignore_label.md: the name is reserved, the value the highest, and it is no region.
    source = nnunet(tmp_path / "in", {"background": 0, "liver": 1, "tumor": 2, "ignore": 3}, (1, 3), (2, 1, 3))
    first, second = registry.read([source], format="nifti")
    told = {each.label_code: each.assertion for each in first.case.annotations}
    assert sorted(map(str, told.values())) == ["None", "not_evaluated"]
    losses = registry.write([first], tmp_path / "coco.json", format="coco", images=[source / "imagesTr"], plain=True)
    assert len(json.loads((tmp_path / "coco.json").read_text())["annotations"]) == 1
    assert any("not_evaluated" in str(loss.message) for loss in losses)
    options: dict[str, Any] = {"format": "nifti", "layout": "nnunet", "plain": True}
    registry.write([first, second], tmp_path / "out", images=[source / "imagesTr"], **options)
    written = json.loads((tmp_path / "out" / "dataset.json").read_text())["labels"]
    assert written == {"background": 0, "liver": 1, "tumor": 2, "ignore": 3}
    for name in ("c0", "c1"):
        places = [at / "labelsTr" / f"{name}.nii.gz" for at in (source, tmp_path / "out")]
        given, new = (SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(place))) for place in places)
        assert np.array_equal(given, new)


@pytest.mark.parametrize(
    "classes",
    [
        {"background": 0, "liver": []},
        {"background": 0, "liver": [0, 1]},
        {"background": 0, "liver": 0},
        {"background": 1, "liver": 2},
        {"background": 0, "liver": 1.5},
        {"background": 0, "liver": None},
        {"background": 0, "liver": "1e999"},
        {"0": "background", "1": "liver"},
    ],
)
def test_classes_of_nnunet_that_are_none_are_refused_with_what_they_should_be(
    classes: dict[str, Any], tmp_path: Path
) -> None:
    source = nnunet(tmp_path / "in", classes, (1,))
    with pytest.raises(InputError, match=r"/labels: not the classes.*expected.*Write each class"):
        read(source)


@pytest.mark.parametrize("assertion", [None, "present"])
def test_a_class_that_counts_is_not_written_under_the_name_that_nnunet_ignores(
    assertion: str | None, tmp_path: Path
) -> None:
    source = nnunet(tmp_path / "in", {"background": 0, "ignore": 1}, (1,))
    reading = read(source)
    (annotation,) = reading.case.annotations
    case = reading.case.model_copy(update={"annotations": [annotation.model_copy(update={"assertion": assertion})]})
    with pytest.raises(InputError, match="keeps this name for itself"):
        registry.write(
            [replace(reading, case=case)],
            tmp_path / "out",
            format="nifti",
            layout="nnunet",
            images=[source / "imagesTr"],
        )


def test_the_images_of_a_data_set_of_nnunet_are_found_by_the_names_of_its_cases(tmp_path: Path) -> None:
    source = nnunet(tmp_path / "in", {"background": 0, "liver": 1}, (1,), (1,))
    named = [each.uid for each in images.scan([source / "imagesTr"])]
    assert named == ["c0", "c1"]
    assert [each.case.image.uid for each in registry.read([source], format="nifti", images=[source])] == named


def test_values_of_nnunet_as_text_are_values(tmp_path: Path) -> None:
    source = nnunet(tmp_path / "in", {"background": "0", "liver": "1", "tumor": "2"}, (1, 2))
    assert "/dataset.json/labels/liver" not in lost(read(source))


def test_classes_by_value_are_refused_with_what_nnunet_has(tmp_path: Path) -> None:
    source = nnunet(tmp_path / "in", {"0": "background", "1": "liver"}, (1,))
    with pytest.raises(InputError) as caught:
        read(source)
    assert (caught.value.where, caught.value.expected) == ("/labels", '{"background": 0, "liver": 1}')
    assert caught.value.advice


# Label tables


def label_map(path: Path, *values: int) -> Path:
    array = np.zeros((8, 6, 5), np.uint8)
    for place, value in enumerate(values):
        array[place, 1:4, 2] = value
    nibabel.save(nibabel.Nifti1Image(array, np.diag([-1.0, -1.0, 2.0, 1.0])), path)
    return path


CELLS = ("CodingSchemeDesignator", "CodeValue", "CodeMeaning")
SEQUENCES = ("SegmentedPropertyCategoryCode", "SegmentedPropertyTypeCode", "AnatomicRegion", "AnatomicRegionModifier")


@pytest.mark.parametrize("first", ["LabelValue,Name", "Name,LabelValue"])
def test_a_table_by_value_with_columns_of_dicom_keeps_its_codes(first: str, tmp_path: Path) -> None:
    head = ",".join([first, *(f"{sequence}Sequence.{cell}" for sequence in SEQUENCES for cell in CELLS)])
    of_row = "5,Neoplasm" if first.startswith("Label") else "Neoplasm,5"
    codes = 'SCT,49755003,Morphologically Altered Structure,SCT,86049000,"Neoplasm, Primary",SCT,12738006,Brain'
    (tmp_path / "t.csv").write_text(f"{head}\n{of_row},{codes},SCT,7771000,Left\n")
    reading = read(label_map(tmp_path / "m.nii.gz", 5), labels=tmp_path / "t.csv")
    (label,) = strict_json.plain(reading.case)["labels"]
    assert label["name_en"] == "Neoplasm"
    assert label["concept"] == {"scheme": "SCT", "code": "86049000", "meaning": "Neoplasm, Primary"}
    assert (label["concept_category"]["code"], label["finding_site"]["region"]["code"]) == ("49755003", "12738006")
    assert label["finding_site"]["laterality"] == "left"
    assert not lost(reading)


def test_whole_numbers_with_a_decimal_point_are_values_and_a_missing_name_is_none(tmp_path: Path) -> None:
    # BIDS: "n/a" stands for a missing value in every column; pandas writes whole numbers of a gappy column as 1.0.
    (tmp_path / "m.tsv").write_text("index\tname\tmapping\n1.0\tGrey Matter\t7\n5.0\tn/a\tn/a\n")
    reading = read(label_map(tmp_path / "m.nii.gz", 1, 5))
    second = strict_json.plain(reading.case)["annotations"][1]
    assert (second["label_code"], second["mask_value"]) == ("LABEL_5", 5)
    assert [label.name_en for label in reading.case.labels or ()] == ["Grey Matter"]
    assert lost(reading) == {"/m.tsv/1/mapping": LossKind.NO_PLACE}


@pytest.mark.parametrize("value", ["1.5", "one", "", "nan", "1e1"])
def test_an_index_that_is_no_whole_number_is_refused_with_what_stands_there(value: str, tmp_path: Path) -> None:
    (tmp_path / "m.tsv").write_text(f"index\tname\n{value}\tGrey Matter\n")
    with pytest.raises(MaskError) as caught:
        read(label_map(tmp_path / "m.nii.gz", 1))
    assert (caught.value.found, caught.value.expected) == (value, "a whole number")


def test_labels_without_a_colour_have_none_after_any_label_table(tmp_path: Path) -> None:
    # BIDS: the column color is optional, and "n/a" where there is none; the other tables have to name one.
    (tmp_path / "m.tsv").write_text("index\tname\n1\tlesion\n2\tlesion\n3\tliver\n")
    reading = read(label_map(tmp_path / "m.nii.gz", 1, 2, 3))
    options: dict[str, Any] = {"format": "nifti", "arrange": "label-map", "plain": True}
    registry.write([reading], tmp_path / "out", **options)
    with (tmp_path / "out" / "dseg.tsv").open(encoding="utf-8", newline="") as file:
        assert {row["color"] for row in csv.DictReader(file, delimiter="\t")} == {"n/a"}
    map_path = tmp_path / "out" / "dseg.nii.gz"
    codes = [each.label_code for each in reading.case.annotations]
    for table in ("dseg.tsv", "dseg.txt", "dseg.ctbl"):
        again = read(map_path, labels=tmp_path / "out" / table)
        assert [each.label_code for each in again.case.annotations] == codes
        assert not any(label.color_rgb for label in again.case.labels or ())
        assert not [path for path in lost(again) if table in path and "abbreviation" not in path]
    registry.write([reading], tmp_path / "one.nii.gz", format="nifti", plain=True)
    assert not any(label.color_rgb for label in read(tmp_path / "one.nii.gz").case.labels or ())


# Participants, fractions


def test_a_participant_with_two_rows_that_differ_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "sub-01" / "anat"
    place.mkdir(parents=True)
    label_map(place / "sub-01_dseg.nii.gz", 1)
    (tmp_path / "dataset_description.json").write_text('{"Name": "B", "BIDSVersion": "1.8.0"}')
    rows = tmp_path / "participants.tsv"
    rows.write_text("participant_id\tage\tsex\nsub-01\t24\tM\nsub-01\t24\tM\n")
    assert read(tmp_path).case.subject is not None
    rows.write_text("participant_id\tage\tsex\nsub-01\t24\tM\n\nsub-01\t25\tF\n")
    with pytest.raises(InputError) as caught:
        read(tmp_path)
    assert (caught.value.where, str(caught.value.found)) == ("sub-01", "line 2 and line 4")


def test_a_value_that_is_no_label_among_labels_is_named(tmp_path: Path) -> None:
    array = np.zeros((8, 6, 5), np.float32)
    array[1:3], array[4:6] = 2, np.float32(0.99999994)
    nibabel.save(nibabel.Nifti1Image(array, np.diag([-1.0, -1.0, 2.0, 1.0])), tmp_path / "m.nii.gz")
    with pytest.raises(MaskError) as caught:
        read(tmp_path / "m.nii.gz")
    assert "0.99999994 among values up to 2" in str(caught.value)
    assert caught.value.expected
    assert caught.value.advice


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.tsv", "index\tname\tname\n1\tLiver\tSpleen\n"),
        ("t.csv", "LabelValue,Name,Type_CodeValue,Type_CodeValue\n1,Liver,1,2\n"),
        (
            "t.csv",
            f"Structure,{','.join(f'SegmentedPropertyTypeCodeSequence.{cell}' for cell in CELLS)}\n"
            "liver,SCT,10200004,Liver\nliver,SCT,78961009,Spleen\n",
        ),
    ],
)
def test_a_column_and_a_name_of_two_meanings_are_refused(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(MaskError, match="stands twice in the label table"):
        read_table(tmp_path / name)


def test_a_column_of_participants_that_stands_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sub-01" / "anat").mkdir(parents=True)
    label_map(tmp_path / "sub-01" / "anat" / "sub-01_dseg.nii.gz", 1)
    (tmp_path / "dataset_description.json").write_text('{"Name": "B", "BIDSVersion": "1.8.0"}')
    (tmp_path / "participants.tsv").write_text("participant_id\tage\tage\nsub-01\t24\t25\n")
    with pytest.raises(InputError, match="a column stands twice"):
        read(tmp_path)
