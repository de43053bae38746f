"""What other tools state beside the voxels: MITK's labels, NIfTI's voxel sizes, nnU-Net's names of files.

Conditions of public threads: nipype 3266 (`pixdim` against the sform), VolView 530 and MITK's multi-label NRRD (names
and colours that readers drop), nnU-Net 1458 (`.seg.nrrd` among labels), 1602 (an ending that no file has), and 2937
(files that the data set lacks). SimpleITK and nibabel are the judges of the voxels.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
import pytest
import SimpleITK

from annoconv import registry
from annoconv.errors import InputError, MaskError
from annoconv.registry import Context

if TYPE_CHECKING:
    from pathlib import Path

    from annoconv.casefile import Reading

LABELS = np.zeros((8, 6, 5), np.uint8)
LABELS[1:4, 1:4, 1:3] = 1
LABELS[5:7, 2:5, 2:4] = 2
MITK = "org.mitk.multilabel.segmentation"
HEAD = (
    "NRRD0004\ntype: uint8\ndimension: 3\nspace: left-posterior-superior\nsizes: 8 6 5\n"
    "space directions: (1,0,0) (0,1,0) (0,0,2)\nspace origin: (-20,-30,40)\nencoding: raw\n"
)
LAYERED = HEAD.replace("dimension: 3", "dimension: 4").replace("sizes: ", "sizes: 2 ").replace("(1,", "none (1,", 1)


def read(source: Path, **options: Any) -> Reading:
    (reading,) = registry.read([source], format="nifti", context=Context(task="T"), **options)
    return reading


def said(reading: Reading) -> dict[str, str]:
    return {loss.path: loss.message for loss in reading.losses}


def nrrd(path: Path, head: str, voxels: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head.encode() + b"\n" + voxels.tobytes("F"))
    return path


# --- NIfTI ---


def test_voxel_sizes_that_the_sform_contradicts_are_named(tmp_path: Path) -> None:
    affine = np.diag([-1.0, -1.0, 2.0, 1.0])
    for name, zooms, is_named in (
        ("same", (1, 1, 2), False),
        ("rounded", (1, 1, 2.0005), False),
        ("other", (1, 1, 3), True),
    ):
        image = nibabel.Nifti1Image(LABELS, affine)
        image.header.set_qform(None, code=0)
        image.header["pixdim"][1:4] = zooms
        nibabel.save(image, tmp_path / f"{name}.nii")
        assert np.array_equal(nibabel.load(tmp_path / f"{name}.nii").affine, affine)
        reading = read(tmp_path / f"{name}.nii")
        assert reading.case.image.spacing == [1, 1, 2]
        assert ("/pixdim" in said(reading)) == is_named


# --- MITK ---


def labelgroups(*groups: list[dict[str, Any]]) -> str:
    told = json.dumps([{"labels": labels} for labels in groups])
    return f"modality:={MITK}\n{MITK}.version:=1\n{MITK}.unlabeledlabellock:=0\n{MITK}.labelgroups:={told}\n"


def label(name: str, value: int, *color: float, **told: Any) -> dict[str, Any]:
    return {"name": name, "value": value, "color": {"type": "ColorProperty", "value": list(color)}, **told}


def test_labels_of_mitk_keep_their_names_and_colours(tmp_path: Path) -> None:
    groups = labelgroups([label("Liver", 1, 1, 0, 0, locked=True), label("my lesion", 2, 0, 1, 0.2)])
    source = nrrd(tmp_path / "m.nrrd", HEAD + groups, LABELS)
    reading = read(source)
    labels = {each.code: each for each in reading.case.labels or ()}
    first, second = reading.case.annotations
    assert [labels[each.label_code].name_en for each in (first, second)] == ["Liver", "my lesion"]
    assert [labels[each.label_code].color_rgb for each in (first, second)] == [[255, 0, 0], [0, 255, 51]]
    stored = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(source)))
    for number, each in enumerate((first, second), 1):
        assert np.array_equal(reading.masks[each.id].read(), stored == number)
    losses = said(reading)
    assert losses[f"/{MITK}.labelgroups/0/1/locked"] == "a label has no place for locked"
    assert f"/{MITK}.unlabeledlabellock" in losses
    assert not {path for path in losses if path.endswith(("modality", "version", "/name", "/color"))} - {
        "/image/modality"
    }


def test_groups_of_mitk_are_layers_and_a_label_without_a_voxel_is_one(tmp_path: Path) -> None:
    groups = labelgroups([label("Liver", 1), label("Spleen", 7)], [label("tumour", 1)])
    voxels = np.stack([LABELS == 1, LABELS == 2]).astype(np.uint8)
    reading = read(
        nrrd(
            tmp_path / "m.nrrd",
            (LAYERED + groups).replace(', "color": {"type": "ColorProperty", "value": []}', ""),
            voxels,
        )
    )
    counts = [int(np.count_nonzero(reading.masks[each.id].read())) for each in reading.case.annotations]
    assert [each.label_code for each in reading.case.annotations][:2] == ["LIVER", "SPLEEN"]
    assert counts == [18, 0, 12]


@pytest.mark.parametrize(
    "groups",
    [
        labelgroups([label("a", 1), label("b", 1)]),
        labelgroups([], [label("a", 1)]),
        labelgroups([label("a", 0)]),
        labelgroups([{"name": "a"}]),
        labelgroups([label("a", 1, 2, 0, 0)]),
        f"{MITK}.labelgroups:=[{{\n",
        f"{MITK}.labelgroups:=7\n",
    ],
)
def test_labels_of_mitk_that_are_none_are_refused(groups: str, tmp_path: Path) -> None:
    with pytest.raises(MaskError, match=r"labelgroups: .*expected .*(Save|Give)"):
        read(nrrd(tmp_path / "m.nrrd", HEAD + groups, LABELS))


# --- nnU-Net ---


def data_set(folder: Path, label_name: str = "c1.nrrd", ending: str = ".nrrd", *, has_image: bool = True) -> Path:
    if has_image:
        values = np.arange(240, dtype=np.int16).reshape(8, 6, 5)
        nrrd(
            folder / "imagesTr" / "c1_0000.nrrd",
            HEAD.replace("uint8", "int16").replace("raw", "raw\nendian: little"),
            values,
        )
    nrrd(folder / "labelsTr" / label_name, HEAD, LABELS)
    told = {"channel_names": {"0": "CT"}, "labels": {"background": 0, "liver": 1, "tumour": 2}, "numTraining": 1}
    (folder / "dataset.json").write_text(json.dumps({**told, "file_ending": ending}))
    return folder


@pytest.mark.parametrize("name", ["c1.nrrd", "c1.seg.nrrd"])
def test_a_label_map_in_slicers_ending_is_that_of_its_case(name: str, tmp_path: Path) -> None:
    reading = read(data_set(tmp_path / "set", name))
    assert reading.case.image.uid == "c1"
    masks = [reading.masks[each.id].read() for each in reading.case.annotations]
    assert [int(np.count_nonzero(mask)) for mask in masks] == [18, 12]


def test_an_ending_that_no_file_has_is_told_with_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"/file_ending: .*found c1\.nrrd, c1_0000\.nrrd; expected \.nii\.gz\. Write"):
        read(data_set(tmp_path / "set", ending=".nii.gz"))


def test_a_label_map_without_its_image_is_named(tmp_path: Path) -> None:
    assert "/image" not in said(read(data_set(tmp_path / "whole")))
    assert "no image of the case" in said(read(data_set(tmp_path / "bare", has_image=False)))["/image"]


# --- what is not read ---


@pytest.mark.parametrize(
    ("name", "changes", "problem"),
    [
        ("m.mhd", {"ElementDataFile": "LIST"}, r"several data files is not read; found LIST"),
        (
            "m.mhd",
            {"ElementNumberOfChannels": "3", "ElementDataFile": "m.raw"},
            r"not one volume; found 3 axes, 3 channels",
        ),
        ("m.hdr", {}, r"not a volume by its name; found m\.hdr"),
    ],
)
def test_what_is_not_read_is_refused_with_what_to_do(
    name: str, changes: dict[str, str], problem: str, tmp_path: Path
) -> None:
    fields = {"NDims": "3", "DimSize": "8 6 5", "ElementType": "MET_UCHAR", "ElementSpacing": "1 1 2", **changes}
    (tmp_path / name).write_text("".join(f"{key} = {value}\n" for key, value in fields.items()))
    with pytest.raises(MaskError, match=problem + r".*expected .*\. Save"):
        read(tmp_path / name)


def test_every_refusal_of_a_file_says_what_to_do(tmp_path: Path) -> None:
    """What is wrong is told by each format; where it has no better advice, that of all of them stands."""
    broken = {
        "m.nrrd": HEAD.replace("sizes: 8 6 5", "sizes: 8 6"),
        "n.nrrd": HEAD.replace("type: uint8", "type: block"),
        "m.mha": "NDims = 3\nDimSize = 0 6 5\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n",
        "n.mha": "nothing",
    }
    for name, text in broken.items():
        (tmp_path / name).write_text(text + "\n")
        with pytest.raises(MaskError) as caught:
            read(tmp_path / name)
        assert caught.value.advice, name
