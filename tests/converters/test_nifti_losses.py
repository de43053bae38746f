"""What readers of volumes name as lost: fields of headers, label tables, sidecars, files of data sets."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from annoconv_converters._volumes import nrrd as nrrd_files
from annoconv_converters._volumes.labels import Entry, Terms

from annoconv import registry
from annoconv.cli import main
from annoconv.loss import LossKind
from annoconv.registry import Context
from tests import test_foreign
from tests.cases import blob, grid_of
from tests.converters.test_nifti import LAYOUTS, loaded_of, several
from tests.foreign import nifti as foreign_volumes
from tests.real_data import real

SHAPE = (4, 5, 6)


def label_map(path: Path, *values: int, change: Mapping[str, Any] | None = None, dtype: str = "u1") -> Path:
    """Write a map with a voxel or more of each value, in scanner coordinates and mm, as nibabel does."""
    labels = np.zeros(SHAPE, dtype=dtype)
    for number, value in enumerate(values):
        labels[number % 4, number // 4, 1:4] = value
    image = nibabel.Nifti1Image(labels, np.diag([2.0, 2.0, 3.0, 1.0]))
    image.set_sform(image.affine, code=1)
    image.set_qform(image.affine, code=1)
    image.header.set_xyzt_units("mm")
    for name, value in (change or {}).items():
        image.header[name] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(image, path)
    return path


def named(*sources: Path, **options: Any) -> dict[str, LossKind]:
    """Return the losses of reading, by path, where task and modality are told."""
    context = Context(task="T")
    readings = registry.read(sources, format="nifti", context=context, modality="CT", **options)
    return {loss.path: loss.kind for reading in readings for loss in reading.losses}


# Headers


def test_a_bare_label_map_loses_nothing(tmp_path: Path) -> None:
    assert named(label_map(tmp_path / "a.nii.gz", 1, 2)) == {}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"descrip": b"drawn by hand"}, "/descrip"),
        ({"aux_file": b"liver.lut"}, "/aux_file"),
        ({"db_name": b"TR:3000"}, "/db_name"),
        ({"intent_code": 1001, "intent_name": b"estimate"}, "/intent_name"),
        ({"intent_code": 1001}, "/intent_code"),
        ({"intent_code": 1002, "intent_p2": 7.0}, "/intent_p2"),
        ({"cal_max": 40.0}, "/cal_max"),
        ({"cal_min": -40.0}, "/cal_min"),
        ({"toffset": 1.5}, "/toffset"),
        ({"slice_duration": 0.06}, "/slice_duration"),
        ({"slice_code": 3}, "/slice_code"),
        ({"slice_end": 5}, "/slice_end"),
        ({"dim_info": 57}, "/dim_info"),
        ({"sform_code": 4}, "/sform_code"),
        ({"qform_code": 3}, "/qform_code"),
    ],
)
def test_a_field_of_the_header_that_a_case_has_no_place_for_is_named(
    change: dict[str, Any], path: str, tmp_path: Path
) -> None:
    assert path in named(label_map(tmp_path / "a.nii.gz", 1, 2, change=change))


def test_unused_fields_of_analyze_say_nothing(tmp_path: Path) -> None:
    change = {"regular": b"r", "glmax": 40, "glmin": 1, "extents": 16384, "data_type": b"dsr"}
    assert named(label_map(tmp_path / "a.nii.gz", 1, change=change)) == {}


def test_slope_and_intercept_are_named_and_the_values_are_right(tmp_path: Path) -> None:
    path = label_map(tmp_path / "a.nii", 10, 20)
    content = bytearray(path.read_bytes())
    content[112:120] = struct.pack("<ff", 0.5, 0.0)  # scl_slope, scl_inter
    path.write_bytes(content)
    assert named(path) == {"/scl_slope": LossKind.NO_PLACE}
    (reading,) = registry.read([path], format="nifti")
    assert [each.mask_value for each in reading.case.annotations] == [5, 10]


def test_lengths_in_metres_are_named_and_read_in_millimetres(tmp_path: Path) -> None:
    path = label_map(tmp_path / "a.nii.gz", 1, change={"xyzt_units": 1})
    assert named(path) == {"/xyzt_units/space": LossKind.APPROXIMATED}
    (reading,) = registry.read([path], format="nifti")
    assert reading.case.image.spacing == [2000, 2000, 3000]


def test_voxel_sizes_without_a_place_are_named(tmp_path: Path) -> None:
    path = label_map(tmp_path / "a.nii", 1)
    content = bytearray(path.read_bytes())
    content[252:256] = bytes(4)  # qform_code, sform_code
    path.write_bytes(content)
    assert named(path, no_place=True) == {f"/pixdim/{axis}": LossKind.NO_PLACE for axis in "123"}


def test_extensions_are_named_by_their_codes(tmp_path: Path) -> None:
    path = label_map(tmp_path / "a.nii.gz", 1)
    image: Any = nibabel.load(path)
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(6, b"looked at twice"))
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(4, b"<AFNI_attributes/>"))
    nibabel.save(image, tmp_path / "b.nii.gz")
    assert named(tmp_path / "b.nii.gz") == dict.fromkeys(["/extensions/4", "/extensions/6"], LossKind.NO_PLACE)


def test_an_image_file_is_named_as_well(tmp_path: Path) -> None:
    label_map(tmp_path / "in" / "liver.nii.gz", 1)
    label_map(tmp_path / "in" / "ct.nii.gz", 1, 2, 3, change={"descrip": b"a scanner"})
    assert named(tmp_path / "in") == {"/ct.nii.gz/descrip": LossKind.NO_PLACE}


def test_fields_and_tags_of_metaimage_are_named(tmp_path: Path) -> None:
    voxels = np.zeros(24, dtype="u1")
    voxels[3:6] = 1
    head = (
        "ObjectType = Image\nNDims = 3\nDimSize = 2 3 4\nElementSpacing = 1 1 2\nOffset = 5 6 7\n"
        "CenterOfRotation = 0 0 0\nAnatomicalOrientation = RAI\nComment = by hand\nITK_InputFilterName = MetaImageIO\n"
        "ElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    )
    (tmp_path / "a.mha").write_bytes(head.encode() + voxels.tobytes())
    assert named(tmp_path / "a.mha") == dict.fromkeys(["/Comment", "/ITK_InputFilterName"], LossKind.NO_PLACE)


# Label tables


def test_what_itk_snap_shows_is_named_and_so_are_labels_of_no_voxel(tmp_path: Path) -> None:
    label_map(tmp_path / "a.nii.gz", 3)
    (tmp_path / "a_labels.txt").write_text(
        "# ITK-SnAP Label Description File\n"
        '    0     0    0    0        0  0  0    "Clear Label"\n'
        '    3    10   20   30      0.5  0  1    "Meristem"\n'
        '    4   255    0    0        1  1  1    "Cambium"\n'
    )
    assert named(tmp_path / "a.nii.gz") == {
        "/a_labels.txt/3/A": LossKind.APPROXIMATED,
        "/a_labels.txt/3/VIS": LossKind.APPROXIMATED,
        "/a_labels.txt/4": LossKind.NO_PLACE,
    }
    (reading,) = registry.read([tmp_path / "a.nii.gz"], format="nifti")
    told = {label.name_en: label.color_rgb for label in reading.case.labels or ()}
    assert told == {"Meristem": [10, 20, 30], "Cambium": [255, 0, 0]}  # a rule finds what no annotation has


def test_columns_of_a_dseg_table_are_named(tmp_path: Path) -> None:
    label_map(tmp_path / "a.nii.gz", 3)
    (tmp_path / "a.tsv").write_text("index\tname\tabbreviation\tcolor\tmapping\n3\tMeristem\tMer\t#0a141e\t17\n")
    assert named(tmp_path / "a.nii.gz") == {
        "/a.tsv/3/abbreviation": LossKind.APPROXIMATED,
        "/a.tsv/3/mapping": LossKind.NO_PLACE,
    }


def test_transparency_of_a_colour_table_is_named(tmp_path: Path) -> None:
    label_map(tmp_path / "a.nii.gz", 3)
    (tmp_path / "a.ctbl").write_text("# Color table\n0 Background 0 0 0 0\n3 Young_meristem 10 20 30 128\n")
    assert named(tmp_path / "a.nii.gz") == {"/a.ctbl/3/alpha": LossKind.APPROXIMATED}


def test_a_table_that_was_given_stands_for_what_the_header_says(tmp_path: Path) -> None:
    caret = (
        '<CaretExtension><VolumeInformation Index="0"><LabelTable>'
        '<Label Key="3" Red="0.1" Green="0.2" Blue="0.3" Alpha="1">Cambium</Label>'
        "</LabelTable></VolumeInformation></CaretExtension>"
    )
    image: Any = nibabel.load(label_map(tmp_path / "plain.nii.gz", 3))
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(0, caret.encode()))
    nibabel.save(image, tmp_path / "a.nii.gz")
    row = "/extensions/CaretExtension/0/VolumeInformation/0/LabelTable/0/3"
    # 0.1 and 0.3 lie between two steps of 255; 0.2 is one.
    halves = {f"{row}/Red": LossKind.PRECISION, f"{row}/Blue": LossKind.PRECISION}
    assert named(tmp_path / "a.nii.gz") == halves
    table = tmp_path / "labels.tsv"
    table.write_text("index\tname\tcolor\n3\tMeristem\t#0A141E\n")
    found = named(tmp_path / "a.nii.gz", labels=table)
    assert found == {**halves, f"{row}/Name": LossKind.APPROXIMATED, f"{row}/Green": LossKind.PRECISION}


def test_a_table_that_was_given_is_compared_as_one_beside_the_file_is(tmp_path: Path) -> None:
    label_map(tmp_path / "in" / "a.nii.gz", 3, 5)
    label_map(tmp_path / "in" / "b.nii.gz", 5, 6)
    table = tmp_path / "given.txt"
    table.write_text('3 10 20 30 0.5 0 1 "Meristem"\n4 255 0 0 1 1 1 Cambium\n6 1 2 3 1 1 1 Outer bark\n')
    lost = {
        "/given.txt/3/A": LossKind.APPROXIMATED,
        "/given.txt/3/VIS": LossKind.APPROXIMATED,
        "/given.txt/4": LossKind.NO_PLACE,
    }
    unnamed = [LossKind.APPROXIMATED] * 2  # of 5, which the table lacks, in a and in b
    told = named(tmp_path / "in", labels=table)
    assert [told.pop(f"/annotations/{place}/label_code") for place in (1, 2)] == unnamed
    assert told == lost
    # Each of the files alone lacks what the other one has; together they have it.
    told = named(tmp_path / "in" / "a.nii.gz", tmp_path / "in" / "b.nii.gz", labels=table)
    assert {path: kind for path, kind in told.items() if not path.startswith("/annotations")} == lost
    alone = named(tmp_path / "in" / "a.nii.gz", labels=table)
    assert alone.pop("/annotations/1/label_code") == LossKind.APPROXIMATED
    assert alone == {**lost, "/given.txt/6": LossKind.NO_PLACE}


def test_labels_of_itk_snap_are_compared_as_such_without_the_comment(tmp_path: Path) -> None:
    label_map(tmp_path / "a.nii.gz", 3)
    (tmp_path / "a.txt").write_text('    3   10   20   30        1  1  1    "Young meristem"\n')
    assert named(tmp_path / "a.nii.gz") == {}


def test_of_a_table_of_terms_what_names_of_the_files_do_not_take_is_named(tmp_path: Path) -> None:
    label_map(tmp_path / "in" / "meristem.nii.gz", 1)
    label_map(tmp_path / "in" / "cambium.nii.gz", 1)
    concepts = {"Category": ("SCT", "123037004", "Anatomical Structure"), "Type": ("99PLANTS", "12", "Growing tissue")}
    names = ("CodingSchemeDesignator", "CodeValue", "CodeMeaning")
    columns = [
        "AnatomicRegionSequence.CodeValue",
        *(f"SegmentedProperty{which}CodeSequence.{name}" for which in concepts for name in names),
    ]
    cells = ",".join(["", *(cell for concept in concepts.values() for cell in concept)])
    table = tmp_path / "terms.csv"
    table.write_text(f"Structure,{','.join(columns)},Colour\nmeristem,{cells},green\nphloem,{cells},red\n")
    assert named(tmp_path / "in", labels=table) == {"/terms.csv/meristem/Colour": LossKind.NO_PLACE}


# Data sets


def test_members_of_a_sidecar_are_named_by_key(tmp_path: Path) -> None:
    label_map(tmp_path / "in" / "liver.nii.gz", 1)
    label_map(tmp_path / "in" / "ct.nii.gz", 1, 2, 3)
    sidecar = {"Modality": "CT", "SeriesInstanceUID": "1.2.3", "KVP": 120, "ImageType": ["ORIGINAL"], "PatientSex": "F"}
    (tmp_path / "in" / "ct.json").write_text(json.dumps(sidecar))
    assert named(tmp_path / "in") == dict.fromkeys(
        [f"/ct.json/{key}" for key in ("KVP", "ImageType", "PatientSex")], LossKind.NO_PLACE
    )


def test_the_sidecar_of_a_label_map_tells_the_modality_and_its_other_members_are_named(tmp_path: Path) -> None:
    path = tmp_path / "in" / "sub-1_dseg.nii.gz"
    label_map(path, 1, 2)
    path.with_name("sub-1_dseg.tsv").write_text("index\tname\n1\tliver\n2\tspleen\n")
    path.with_name("sub-1_dseg.json").write_text(json.dumps({"Modality": "MR", "Manufacturer": "x"}))
    for source in (path, path.parent):
        (reading,) = registry.read([source], format="nifti")
        assert reading.case.image.modality == "MR"
        assert "/sub-1_dseg.json/Manufacturer" in reading.losses.paths()
        assert "/image/modality" not in reading.losses.paths()
    (reading,) = registry.read([path], format="nifti", modality="CT")
    assert reading.case.image.modality == "CT"
    assert "/sub-1_dseg.json/Modality" in reading.losses.paths()


def test_no_output_replaces_a_sidecar_or_the_description_of_a_data_set(tmp_path: Path) -> None:
    path = label_map(tmp_path / "sub-1_dseg.nii.gz", 1, 2)
    label_map(tmp_path / "set" / "imagesTr" / "a_0000.nii.gz", 5, 6)
    label_map(tmp_path / "set" / "labelsTr" / "a.nii.gz", 1)
    description = {"channel_names": {"0": "CT"}, "labels": {"background": 0, "liver": 1}, "file_ending": ".nii.gz"}
    told = {path: path.with_name("sub-1_dseg.json"), tmp_path / "set": tmp_path / "set" / "dataset.json"}
    for source, beside in told.items():
        beside.write_text(json.dumps(description if source.is_dir() else {"Modality": "MR"}))
        before = beside.read_bytes()
        command = ["from-nifti", str(source), "-o", str(tmp_path / "new.json"), "--overwrite", "--quiet"]
        assert main([*command, "--losses", str(beside)]) == 2
        assert beside.read_bytes() == before


def test_a_training_set_loses_what_none_of_its_cases_says(tmp_path: Path) -> None:
    for name, value in (("a", 1), ("b", 2)):
        label_map(tmp_path / "imagesTr" / f"{name}_0000.nii.gz", 5, 6)
        label_map(tmp_path / "labelsTr" / f"{name}.nii.gz", value)
    dataset = {
        "name": "T",
        "channel_names": {"0": "CTA"},
        "labels": {"background": 0, "meristem": 1, "cambium": 2, "phloem": 3},
        "numTraining": 2,
        "file_ending": ".nii.gz",
        "description": "of plants",
        "reference": "",
    }
    (tmp_path / "dataset.json").write_text(json.dumps(dataset))
    (tmp_path / "splits_final.json").write_text(json.dumps([{"train": ["a"], "val": ["b"]}]))
    assert named(tmp_path) == {
        "/dataset.json/channel_names/0": LossKind.APPROXIMATED,
        "/dataset.json/description": LossKind.NO_PLACE,
        "/dataset.json/labels/phloem": LossKind.NO_PLACE,
        "/splits_final.json/0": LossKind.NO_PLACE,
    }


@pytest.mark.parametrize(("list_name", "members"), [("dataset.json", {"numTraining": 1}), ("datalist.json", {})])
def test_a_data_list_loses_what_its_entries_say_beside_their_files(
    list_name: str, members: dict[str, Any], tmp_path: Path
) -> None:
    label_map(tmp_path / "imagesTr" / "a.nii.gz", 5, 6)
    label_map(tmp_path / "labelsTr" / "a.nii.gz", 1)
    entry = {"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz", "fold": 3}
    told = {"name": "T", "modality": {"0": "CT"}, "labels": {"0": "background", "1": "meristem", "2": "cambium"}}
    told |= {"licence": "CC BY 4.0", "training": [entry], **members}
    (tmp_path / list_name).write_text(json.dumps(told))
    assert named(tmp_path) == {
        f"/{list_name}/labels/2": LossKind.NO_PLACE,
        f"/{list_name}/licence": LossKind.NO_PLACE,
        f"/{list_name}/training": LossKind.NO_PLACE,
    }


def test_a_bids_set_loses_what_nobody_asks_of_participants_and_what_drew_it(tmp_path: Path) -> None:
    label_map(tmp_path / "sub-01" / "anat" / "sub-01_dseg.nii.gz", 1)
    description = {"Name": "T", "BIDSVersion": "1.6.0", "DatasetType": "derivative", "License": "CC0"}
    (tmp_path / "dataset_description.json").write_text(json.dumps(description))
    (tmp_path / "participants.tsv").write_text("participant_id\tage\tsex\thandedness\nsub-01\t99.0\tO\tleft\n")
    (tmp_path / "sub-01" / "anat" / "sub-01_dseg.tsv").write_text("index\tname\n1\tmeristem\n")
    (tmp_path / "sub-01" / "anat" / "sub-01_dseg.json").write_text('{"Manual": true, "Atlas": "none"}')
    assert named(tmp_path) == {
        "/dataset_description.json/BIDSVersion": LossKind.APPROXIMATED,
        "/dataset_description.json/License": LossKind.NO_PLACE,
        "/participants.tsv/handedness": LossKind.NO_PLACE,
        "/sub-01~1anat~1sub-01_dseg.json/Atlas": LossKind.NO_PLACE,
    }


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("layout", ["flat", *LAYOUTS])
def test_what_we_wrote_ourselves_loses_nothing(layout: str, plain: bool, tmp_path: Path) -> None:
    loaded, images = several(tmp_path / "in", "ab")
    registry.write(loaded, tmp_path / "out", format="nifti", layout=layout, images=images, plain=plain)
    for reading in registry.read([tmp_path / "out"], format="nifti"):
        assert list(reading.losses) == []


@pytest.mark.parametrize("arrange", ["files", "label-map", "4d"])
def test_every_arrangement_of_ours_loses_nothing(arrange: str, tmp_path: Path) -> None:
    grid = grid_of((9, 8, 6))
    other = np.roll(blob(grid), 5, axis=2) & ~blob(grid)
    loaded = loaded_of(grid, {"LIVER": blob(grid), "meristem": other})
    registry.write([loaded], tmp_path / "out", format="nifti", arrange=arrange, plain=True)
    assert named(tmp_path / "out") == {}


# Deliberate damage


@pytest.mark.parametrize("untaken", ["name", "color_rgb", "terms"])
def test_a_reader_that_stops_taking_an_attribute_is_found_out(
    untaken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real("README.md")
    without: dict[str, Any] = {"name": "", "color_rgb": None, "terms": Terms()}

    def entry(value: int, name: str, color: Any, terms: Terms) -> Entry:
        told = {"name": name, "color_rgb": color, "terms": terms} | {untaken: without[untaken]}
        return Entry(value, **told)

    (file,) = (one for one in foreign_volumes.files() if one.name == "slicerio/Segmentation.seg.nrrd")
    table = [line for line in test_foreign.table(foreign_volumes) if line.startswith(f"{file.name}: ")]
    assert test_foreign.judge(foreign_volumes, file, tmp_path) == table
    monkeypatch.setattr(nrrd_files, "Entry", entry)
    assert test_foreign.judge(foreign_volumes, file, tmp_path) != table
