"""Cases as a table, as samples and as MONAI's dictionaries: right values, right order, right place."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pydicom
import pytest
from PIL import Image as Pillow

import annoconv
from annoconv.demo.case import make
from annoconv.errors import ImageError, UsageError
from annoconv.loss import Loss, LossCollector, LossKind, LossReport
from annoconv.model import (
    AnnotationStatus,
    Assertion,
    BboxAnnotation,
    Case,
    Image,
    ImageFile,
    Metadata,
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    make(folder)
    return folder


def hounsfield(folder: Path) -> Any:
    """Return the values of the CT, slice by slice along z, as pydicom tells them."""
    slices = [pydicom.dcmread(path) for path in (folder / "images" / "ct").iterdir()]
    slices.sort(key=lambda each: float(each.ImagePositionPatient[2]))
    return np.stack([each.pixel_array * float(each.RescaleSlope) + float(each.RescaleIntercept) for each in slices])


def organs(folder: Path) -> Any:
    """Return the label map as nibabel reads it, in the order k, j, i and in the direction of LPS."""
    image = nibabel.load(folder / "masks" / "organs.nii.gz")
    return np.asarray(image.dataobj).transpose(2, 1, 0)


def test_a_sample_has_the_values_and_the_masks_of_its_case(demo: Path) -> None:
    dataset = annoconv.Dataset(demo / "case.json", images=demo / "images")
    assert len(dataset) == 1
    image, masks, labels = dataset[0]
    np.testing.assert_allclose(image, hounsfield(demo))
    case = annoconv.read_case(demo / "case.json").case
    wanted = [each for each in case.annotations if each.type == "mask" and each.image_uid in {None, case.image.uid}]
    assert labels == tuple(each.label_code for each in wanted)
    for mask, annotation in zip(masks, wanted, strict=True):
        if annotation.type == "mask" and annotation.mask_file.endswith("organs.nii.gz"):
            np.testing.assert_array_equal(mask, organs(demo) == annotation.mask_value)


def test_labels_are_those_asked_for_in_their_order(demo: Path) -> None:
    cases = [annoconv.read_case(demo / "case.json")]
    dataset = annoconv.Dataset(cases, images=[demo / "images"], labels=["SPLEEN", "LIVER"])
    sample = dataset[-1]
    assert sample.labels == ("SPLEEN", "LIVER")
    np.testing.assert_array_equal(sample.masks, [organs(demo) == 2, organs(demo) == 1])
    assert [each.labels for each in dataset] == [sample.labels] == [each.labels for each in dataset[:]]
    with pytest.raises(IndexError):
        _ = dataset[1]


def test_another_process_has_the_same_samples(demo: Path) -> None:
    dataset = annoconv.Dataset(demo / "case.json", images=demo / "images")
    again = pickle.loads(pickle.dumps(dataset))
    np.testing.assert_array_equal(again[0].masks, dataset[0].masks)
    np.testing.assert_array_equal(again[0].image, dataset[0].image)


def test_each_label_has_one_mask_in_every_sample(demo: Path) -> None:
    whole, without = annoconv.read_case(demo / "case.json"), annoconv.read_case(demo / "case.json")
    without.case.annotations = [each for each in without.case.annotations if each.label_code != "SPLEEN"]
    for each in whole.case.annotations:
        if each.id == "LES_1":
            each.label_code = "LIVER"  # now two masks are of one label
    dataset = annoconv.Dataset([whole, without], images=demo / "images", labels=["LIVER", "SPLEEN"])
    both = [sample.masks for sample in dataset]
    assert [each.shape for each in both] == [(2, 20, 48, 64)] * 2
    nodule = np.asarray(nibabel.load(demo / "masks" / "nodule.nii.gz").dataobj).transpose(2, 1, 0) != 0
    np.testing.assert_array_equal(both[0][0], (organs(demo) == 1) | nodule)
    assert both[0][1].sum() == (organs(demo) == 2).sum()
    assert not both[1][1].any()
    (_, second) = annoconv.to_monai([whole, without], images=demo / "images", labels=["LIVER", "SPLEEN"])
    assert set(np.unique(second["label"])) == {0, 1}


def test_what_does_not_count_is_left_out(demo: Path) -> None:
    loaded = annoconv.read_case(demo / "case.json")
    for each in loaded.case.annotations:
        if each.id == "LES_1":
            each.status = AnnotationStatus.SUPERSEDED
        if each.id == "ORG_SPLEEN":
            each.assertion = Assertion.ABSENT
    assert annoconv.Dataset(loaded, images=demo / "images")[0].labels == ("LIVER",)
    (sample,) = annoconv.to_monai(loaded, images=demo / "images")
    assert sample["label_codes"] == ["LIVER"]
    dataset = annoconv.Dataset(loaded, images=demo / "images", all_annotations=True)
    assert dataset.label_codes == ["LIVER", "NODULE", "SPLEEN"]


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (["LIVVER", "SPLEEN"], "LIVVER.*Did you mean LIVER"),
        (["liver"], "Did you mean LIVER"),
        (["LIVER", "LIVER"], "twice"),
        ({"LIVER": 2}, "labels are a list of codes"),
        (None, "labels are a list of codes"),
        ([1], "labels are a list of codes"),
    ],
)
def test_a_slip_in_labels_is_an_error(demo: Path, labels: Any, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        annoconv.Dataset(demo / "case.json", images=demo / "images", labels=labels)


def test_a_picture_is_float32_and_can_be_written_to(tmp_path: Path) -> None:
    values = np.arange(99, dtype=np.uint8).reshape(9, 11)
    for name, pixels in (("grey", values), ("colour", np.dstack([values] * 3))):
        Pillow.fromarray(pixels).save(tmp_path / f"{name}.png")
        image = Image(uid=name, modality="OT", shape=[11, 9, 1], files=[ImageFile(path=f"{name}.png")])
        case = Case(task_id="T", image=image, annotations=[], metadata=Metadata())
        found = annoconv.Dataset(case, images=tmp_path)[0].image
        np.testing.assert_array_equal(found[0], pixels)
        assert found.dtype == (np.float32 if name == "grey" else np.uint8)
        assert found.flags.writeable


def test_monai_dictionaries_share_no_array(demo: Path) -> None:
    (sample,) = annoconv.to_monai(demo / "case.json", images=demo / "images", labels=["LIVER"])
    tables = [sample[f"{each}_meta_dict"] for each in ("image", "label")]
    arrays = [table[key] for table in tables for key in ("affine", "original_affine")]
    arrays[0][:] = 0
    assert all(each.any() for each in arrays[1:])
    assert {table["space"] for table in tables} == {"RAS"}


def written(demo: Path, name: str, folder: Path) -> annoconv.Reading:
    """Return the demo as a format holds it."""
    target = folder / {"nifti": "nifti", "dicom-seg": "x.dcm"}.get(name, "deflated.dcm")
    options: dict[str, Any] = {"compress": "deflate"} if name == "deflated" else {}
    known = "dicom-seg" if name == "deflated" else name
    annoconv.write(
        annoconv.read_case(demo / "case.json"), target, format=known, images=demo / "images" / "ct", **options
    )
    (reading,) = annoconv.read(target, format=known, images=demo / "images" / "ct")
    return reading


@pytest.mark.parametrize("name", ["nifti", "dicom-seg", "deflated"])
def test_what_was_read_goes_to_another_process(demo: Path, tmp_path: Path, name: str) -> None:
    reading = written(demo, name, tmp_path)
    before = {identity: mask.read() for identity, mask in reading.masks.items()}
    for again in (pickle.loads(pickle.dumps(reading)), copy.deepcopy(reading)):
        assert {*again.masks} == {*before}
        for identity, mask_kji in before.items():
            np.testing.assert_array_equal(again.masks[identity].read(), mask_kji)


def test_masks_that_were_given_go_to_another_process(demo: Path) -> None:
    loaded = annoconv.read_case(demo / "case.json")
    mask_kji = np.zeros((20, 48, 64), bool)
    mask_kji[3, 4, 5] = True
    edited = annoconv.LoadedCase(loaded.case, {**loaded.masks, "ORG_LIVER": mask_kji}, loaded.path)
    dataset = annoconv.Dataset(edited, images=demo / "images", labels=["LIVER"])
    again = pickle.loads(pickle.dumps(dataset))
    np.testing.assert_array_equal(again[0].masks, [mask_kji])
    _ = loaded.masks["ORG_LIVER"].read()  # what was read is held weakly
    assert pickle.loads(pickle.dumps(loaded)).masks["ORG_LIVER"].read().sum() == (organs(demo) == 1).sum()


def test_many_losses_go_to_another_process() -> None:
    report = LossReport([Loss(0, f"/a/{place}", LossKind.NO_PLACE, "gone") for place in range(6000)])
    collected = LossCollector()
    collected += report[:5500]
    collected += report[5500:]
    both = LossReport(collected)
    assert pickle.loads(pickle.dumps(both)) == report


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_forked_processes_do_not_share_the_place_in_a_file(demo: Path, tmp_path: Path) -> None:
    reading = written(demo, "deflated", tmp_path)
    mask = reading.masks["ORG_LIVER"]
    wanted = mask.read().copy()
    pixels = mask.volume.file.pixels  # type: ignore[attr-defined]
    assert pixels.deflated_at is not None
    before = pixels.inflated_file
    child = os.fork()
    if child == 0:
        os._exit(0 if pixels.inflated_file is not before and (mask.read() == wanted).all() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_limits_hold_for_the_cases_too(demo: Path) -> None:
    with pytest.raises(annoconv.LimitError):
        annoconv.Dataset(demo / "case.json", images=demo / "images", limits=annoconv.Limits(document_bytes=10))


def test_what_is_missing_is_an_error(demo: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageError, match="no images were given"):
        _ = annoconv.Dataset(demo / "case.json", images=[])[0]
    with pytest.raises(ImageError):
        _ = annoconv.Dataset(demo / "case.json", images=demo / "images" / "mr")[0]
    with pytest.raises(UsageError, match="labels are a list of codes"):
        annoconv.Dataset(demo / "case.json", images=demo / "images", labels="LIVER")
    with pytest.raises(ImageError, match=r"Name the folder of the images$"):
        _ = annoconv.Dataset(demo / "case.json", images=demo / "images" / "mr")[0]


def test_monai_has_its_own_order_and_frame(demo: Path) -> None:
    (sample,) = annoconv.to_monai(demo / "case.json", images=demo / "images", labels=["LIVER", "SPLEEN"])
    np.testing.assert_allclose(sample["image"][0], hounsfield(demo).transpose(2, 1, 0))
    np.testing.assert_array_equal(sample["label"][0], organs(demo).transpose(2, 1, 0))
    np.testing.assert_allclose(
        sample["label_meta_dict"]["affine"], nibabel.load(demo / "masks" / "organs.nii.gz").affine, atol=1e-6
    )
    assert sample["label_codes"] == ["LIVER", "SPLEEN"]


def test_overlapping_labels_need_channels(demo: Path) -> None:
    with pytest.raises(UsageError, match="channels=True"):
        annoconv.to_monai(demo / "case.json", images=demo / "images")
    (sample,) = annoconv.to_monai(demo / "case.json", images=demo / "images", channels=True)
    codes = sample["label_codes"]
    assert codes == sorted(codes)
    liver = sample["label"][codes.index("LIVER")]
    np.testing.assert_array_equal(liver, (organs(demo) == 1).transpose(2, 1, 0))


# --- with what others make (`peers`) ---


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore:NvImgCodecPydicomReader")  # MONAI's, of a decoder that this does not use
def test_monai_makes_tensors_of_it(demo: Path) -> None:
    pytest.importorskip("torch")
    transforms = pytest.importorskip("monai.transforms")
    (sample,) = annoconv.to_monai(demo / "case.json", images=demo / "images", labels=["LIVER", "SPLEEN"])
    turned = transforms.Compose(
        [
            transforms.ToMetaTensord(["image", "label"]),
            transforms.Orientationd(["image", "label"], axcodes="RAS", labels=None),
        ]
    )(sample)
    by_monai = transforms.Compose(
        [
            transforms.LoadImaged(["label"], ensure_channel_first=True),
            transforms.Orientationd(["label"], axcodes="RAS", labels=None),
        ]
    )({"label": str(demo / "masks" / "organs.nii.gz")})
    np.testing.assert_array_equal(np.asarray(turned["label"]), np.asarray(by_monai["label"]))


_LOADER = """
import json, sys
import torch
from torch.utils.data import DataLoader
import annoconv

def plain(sample):
    return sample

dataset = annoconv.Dataset(sys.argv[1], images=sys.argv[2], labels=["LIVER", "SPLEEN"])
if __name__ == "__main__":
    for workers in (0, 2):
        loader = DataLoader(dataset, batch_size=None, num_workers=workers, collate_fn=plain)
        (sample,) = loader
        masks = torch.frombuffer(bytearray(sample.masks.tobytes()), dtype=torch.bool).reshape(sample.masks.shape)
        sizes = masks.sum(dim=(1, 2, 3)).tolist()
        print(json.dumps([len(loader), list(sample.labels), sizes, list(sample.image.shape)]))
"""


def _python_with_torch() -> str:
    """Return a Python that has torch: this one, else Debian's."""
    for python in (sys.executable, "/usr/bin/python3"):
        if Path(python).exists() and not subprocess.run([python, "-c", "import torch"], capture_output=True).returncode:
            return python
    told = "torch is not at hand: pip install torch, or the Debian package python3-torch"
    if os.environ.get("CI"):
        pytest.fail(told)
    pytest.skip(told)


@pytest.mark.peers
def test_a_data_loader_takes_it(demo: Path, tmp_path: Path) -> None:
    (tmp_path / "loader.py").write_text(_LOADER)
    path = os.pathsep.join(each for each in sys.path if each)
    done = subprocess.run(
        [_python_with_torch(), tmp_path / "loader.py", demo / "case.json", demo / "images"],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    sizes = [int((organs(demo) == value).sum()) for value in (1, 2)]
    expected = [1, ["LIVER", "SPLEEN"], sizes, [20, 48, 64]]
    assert [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")] == [expected] * 2


@pytest.mark.peers
def test_a_table_has_a_row_an_annotation_and_types_of_arrow(demo: Path) -> None:
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    loaded = annoconv.read_case(demo / "case.json")
    box = BboxAnnotation(id="BOX", category="lesion", label_code="NODULE", bbox=[1.0, 2.0, 3.5, 4.0], slice_index=3)
    loaded.case.annotations.append(box)
    table = annoconv.to_pandas(loaded, voxels=True)
    assert list(table["annotation_id"]) == [each.id for each in loaded.case.annotations]
    assert all(isinstance(each, pd.ArrowDtype) for each in table.dtypes)
    row = table[table["annotation_id"] == "BOX"].iloc[0]
    assert (row["x_min"], row["y_min"], row["x_max"], row["y_max"], row["slice_index"]) == (1.0, 2.0, 3.5, 4.0, 3)
    assert pd.isna(row["z_min"])
    assert str(table["slice_index"].dtype) == "int64[pyarrow]"
    counts = dict(zip(table["label_code"], table["voxels"], strict=True))
    assert counts["LIVER"] == int((organs(demo) == 1).sum())
    assert len(annoconv.to_pandas([])) == 0


def test_without_pandas_it_is_said_what_to_install(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match=r"pip install annoconv\[pandas\]"):
        annoconv.to_pandas(demo / "case.json")
