"""What is superseded, rejected or not there is no object of a format that cannot say so, unless it is asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pydicom
import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase, read_case
from annoconv.casefile.left_out import is_there, left_out, without
from annoconv.cli import main
from annoconv.errors import InputError
from annoconv.loss import LossKind, LossReport
from annoconv.model import AnnotationStatus, Assertion, PointAnnotation
from tests.cases import ZooCase, make

LABEL = "PERIVASCULAR_SPACE"
"""Code of the label that only a rejected mask has."""


@pytest.fixture(scope="module")
def zoo_case(tmp_path_factory: pytest.TempPathFactory) -> ZooCase:
    return make("not_there", tmp_path_factory.mktemp("not_there"))


def write(case: ZooCase, target: Path, format_name: str, **options: Any) -> LossReport:
    if format_name == "dicom-seg":
        options["images"] = case.images
    return registry.write([read_case(case.path)], target, format=format_name, **options)


def boxes_of_coco(path: Path) -> int:
    return sum(not each["segmentation"] for each in json.loads(path.read_bytes())["annotations"])


def boxes_of_yolo(path: Path) -> int:
    lines = [line.split() for each in (path / "labels").rglob("*.txt") for line in each.read_text("utf-8").splitlines()]
    return sum(len(line) == 5 for line in lines)


def boxes_of_cvat(path: Path) -> int:
    return len(ET.parse(path).getroot().findall(".//box"))


def boxes_of_label_studio(path: Path) -> int:
    tasks = json.loads(path.read_bytes())
    made = [one for task in tasks for key in ("annotations", "predictions") for one in task.get(key, ())]
    return sum(result["type"] == "rectanglelabels" for one in made for result in one["result"])


def boxes_of_geojson(path: Path) -> int:
    features = json.loads(path.read_bytes())["features"]
    return sum(len(each["geometry"]["coordinates"][0]) == 5 for each in features)


BOXES = {
    "coco": boxes_of_coco,
    "yolo": boxes_of_yolo,
    "cvat": boxes_of_cvat,
    "label-studio": boxes_of_label_studio,
    "geojson": boxes_of_geojson,
}


@pytest.mark.parametrize("format_name", BOXES)
def test_who_reads_pictures_counts_only_what_is_there(format_name: str, zoo_case: ZooCase, tmp_path: Path) -> None:
    suffix = registry.converter("to", format_name).suffix
    for name, asked, boxes in (("usual", False, 1), ("all", True, 2)):
        target = tmp_path / (name + suffix)
        write(zoo_case, target, format_name, all_annotations=asked)
        files = sorted(target.rglob("*")) if target.is_dir() else [target]
        said = b"".join(each.read_bytes() for each in files if each.is_file() and "annoconv" not in each.name)
        assert BOXES[format_name](target) == boxes, name
        assert (LABEL.encode() in said) == asked, name


@pytest.mark.parametrize("kind", ["binary", "labelmap"])
def test_a_segmentation_has_no_segment_of_it(kind: str, zoo_case: ZooCase, tmp_path: Path) -> None:
    write(zoo_case, tmp_path / "usual.dcm", "dicom-seg", type=kind)
    found = pydicom.dcmread(tmp_path / "usual.dcm")
    assert [each.SegmentLabel for each in found.SegmentSequence if each.SegmentNumber] == ["Nodule"]
    write(zoo_case, tmp_path / "all.dcm", "dicom-seg", all_annotations=True)
    assert len(pydicom.dcmread(tmp_path / "all.dcm").SegmentSequence) == 3


@pytest.mark.parametrize(
    ("options", "usual", "every"),
    [({}, 1, 3), ({"arrange": "4d"}, 1, 3), ({"layout": "bids"}, 1, 2)],
    ids=["flat", "layers", "classes"],
)
def test_a_folder_of_volumes_has_no_volume_of_it(
    options: dict[str, Any], usual: int, every: int, zoo_case: ZooCase, tmp_path: Path
) -> None:
    for asked, count in ((False, usual), (True, every)):
        target = tmp_path / str(asked)
        write(zoo_case, target, "nifti", all_annotations=asked, plain=True, **options)
        (reading,) = registry.read([target], format="nifti")
        assert len(reading.case.annotations) == count


def test_values_of_a_shared_label_map_are_background_where_nobody_else_has_them(zoo_case: ZooCase) -> None:
    loaded = read_case(zoo_case.path)
    shown = without(loaded, left_out(loaded.case))
    assert [*shown.masks] == ["KEPT"]
    volume, whole = shown.masks["KEPT"].volume, loaded.masks["KEPT"].volume.read()
    assert set(np.unique(whole)) == {0, 1, 2}
    np.testing.assert_array_equal(volume.read(), whole * (whole == 1))
    assert (volume.grid, volume.dtype, volume.path) == (
        shown.masks["KEPT"].grid,
        whole.dtype,
        loaded.masks["KEPT"].volume.path,
    )


@pytest.mark.parametrize("format_name", [*BOXES, "dicom-seg", "nifti"])
def test_the_report_says_why_and_the_carrier_brings_back_what_has_no_voxels(
    format_name: str, zoo_case: ZooCase, tmp_path: Path
) -> None:
    target = tmp_path / ("out" + registry.converter("to", format_name).suffix)
    told = {loss.path: loss for loss in write(zoo_case, target, format_name)}
    for path, kind, why in (
        ("/annotations/1/label_code", LossKind.NO_PLACE, "whose status is rejected does not count as a finding"),
        ("/annotations/2/label_code", LossKind.NO_PLACE, "whose status is superseded does not count as a finding"),
        ("/annotations/3/bbox/0", LossKind.CARRIED, "whose assertion is historical does not count as a finding"),
        ("/annotations/5/attributes/source", LossKind.CARRIED, "whose assertion is absent does not count as a finding"),
    ):
        assert told[path].kind is kind
        assert why in told[path].message
        assert "--all-annotations" in told[path].message
        assert "被取代" not in told[path].text("zh")
        assert "不算作所见" in told[path].text("zh")
    (reading,) = registry.read([target], format=format_name)
    assert [each.id for each in reading.case.annotations] == ["KEPT", "BEFORE", "MAYBE", "NONE"]


@pytest.mark.parametrize("format_name", ["dicom-seg", "nifti"])
def test_a_case_of_nothing_else_is_refused_with_the_way_out(
    format_name: str, zoo_case: ZooCase, tmp_path: Path
) -> None:
    loaded = read_case(zoo_case.path)
    kept = [each for each in loaded.case.annotations if not is_there(each)]
    nothing = LoadedCase(loaded.case.model_copy(update={"annotations": kept}), loaded.masks, loaded.path)
    with pytest.raises(InputError, match=r"no mask.*--all-annotations"):
        registry.write([nothing], tmp_path / "out", format=format_name)
    assert not (tmp_path / "out").exists()


def test_the_command_takes_the_option(zoo_case: ZooCase, tmp_path: Path) -> None:
    assert main(["to-cvat", str(zoo_case.path), "-o", str(tmp_path / "all.xml"), "--all-annotations"]) == 0
    assert boxes_of_cvat(tmp_path / "all.xml") == 2


@pytest.mark.parametrize("status", [None, *AnnotationStatus])
@pytest.mark.parametrize("assertion", [None, *Assertion])
def test_what_is_there(status: AnnotationStatus | None, assertion: Assertion | None) -> None:
    told = {"id": "Q", "category": "lesion", "label_code": "NODULE", "type": "point", "point": [1.0, 1.0]}
    one = PointAnnotation.model_validate(told | {"status": status, "assertion": assertion})
    assert is_there(one) == (status in {None, "preliminary", "final"} and assertion in {None, "present", "possible"})
