"""Cases as a table, as samples and as MONAI's dictionaries: right values, right order, right place."""

from __future__ import annotations

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

import annoconv
from annoconv.demo.case import make
from annoconv.errors import ImageError, UsageError
from annoconv.model import AnnotationStatus, BboxAnnotation, MaskAnnotation


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


def test_what_is_missing_is_an_error(demo: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageError, match="no images were given"):
        _ = annoconv.Dataset(demo / "case.json", images=[])[0]
    with pytest.raises(ImageError):
        _ = annoconv.Dataset(demo / "case.json", images=demo / "images" / "mr")[0]
    with pytest.raises(UsageError, match="labels are a list of codes"):
        annoconv.Dataset(demo / "case.json", images=demo / "images", labels="LIVER")


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
def test_monai_makes_tensors_of_it(demo: Path) -> None:
    pytest.importorskip("torch")
    transforms = pytest.importorskip("monai.transforms")
    (sample,) = annoconv.to_monai(demo / "case.json", images=demo / "images", labels=["LIVER", "SPLEEN"])
    turned = transforms.Compose(
        [transforms.ToMetaTensord(["image", "label"]), transforms.Orientationd(["image", "label"], axcodes="RAS")]
    )(sample)
    by_monai = transforms.Compose(
        [transforms.LoadImaged(["label"], ensure_channel_first=True), transforms.Orientationd(["label"], axcodes="RAS")]
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


def test_each_label_that_is_asked_for_has_a_mask(demo: Path) -> None:
    cases = [annoconv.read_case(demo / "case.json")]
    usual = annoconv.Dataset(cases, images=demo / "images", labels=["KIDNEY_LEFT", "LIVER"])[0]
    assert usual.labels == ("KIDNEY_LEFT", "LIVER")
    np.testing.assert_array_equal(usual.masks, [np.zeros_like(organs(demo), bool), organs(demo) == 1])
    spleen = annoconv.find(cases[0].case, "ORG_SPLEEN", MaskAnnotation)
    spleen.label_code = "LIVER"
    (both,) = annoconv.Dataset(cases, images=demo / "images", labels=["LIVER"])[0].masks
    np.testing.assert_array_equal(both, (organs(demo) == 1) | (organs(demo) == 2))
    spleen.status = AnnotationStatus.REJECTED
    (one,) = annoconv.Dataset(cases, images=demo / "images", labels=["LIVER"])[0].masks
    np.testing.assert_array_equal(one, organs(demo) == 1)
    with pytest.raises(UsageError, match=r"found LIVR; .* Did you mean LIVER"):
        annoconv.Dataset(cases, images=demo / "images", labels=["LIVR"])
