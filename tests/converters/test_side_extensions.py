"""What a side file holds of cases is put back at once for those that are alike, as it is for each alone."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from annoconv_converters._pictures import carrier, kept_alike, meaning
from hypothesis import example, given, settings
from hypothesis import strategies as st

import annoconv
from annoconv.casefile.column_cases import as_boxes
from annoconv.casefile.loaded import as_loaded
from annoconv.documents import strict_json
from annoconv.documents.residuals import residual
from annoconv.errors import DocumentError

BOX = {"id": "1", "category": "lesion", "label_code": "A", "type": "bbox", "bbox": [1.5, 2.0, 33.73, 28.45]}
NATIVE: dict[str, Any] = {
    "schema_version": "1.0",
    "task_id": "cvat",
    "image": {"uid": "a", "modality": "OT", "shape": [64, 48]},
    "annotations": [BOX, {**BOX, "id": "2"}],
    "metadata": {},
}
SAID = st.sampled_from([1, 0.5, 420.29200000000003, "", "b/c~", None, True])
EXTENSIONS = st.dictionaries(
    st.sampled_from(["a", "annoconv.coco"]),
    st.recursive(
        SAID,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["1", "id", "image", "annotations"]), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=2,
)
IDENTIFIED = [{"id": "B", "x": 1}, {"id": "A"}]
CHANGES = st.dictionaries(st.sampled_from(["case_id", "task_id", "texts", "metadata"]), SAID, max_size=3)
STEPS = st.sampled_from(["extensions", "annotations", "image", "uid", "a", "task_id", 0, 1, None])
PATHS = st.lists(STEPS, max_size=4)
LEAVES = st.tuples(PATHS, SAID | st.just({})).map(list)


def put_back(native: dict[str, Any], told: Any) -> Any:
    try:
        found, unfit = carrier.restored(native, told, Path("x"), place="the side file", rule="side.invalid")
    except DocumentError as error:
        return str(error)
    return repr((found, unfit))


@settings(max_examples=400)
@given(EXTENSIONS, CHANGES, st.lists(LEAVES, max_size=2), st.lists(PATHS, max_size=1))
@example({"a": IDENTIFIED}, {}, [], [])
@example({}, {"case_id": "c"}, [], [])
@example({"a": {"image": {"1": 2}, "id": {}, "annotations": {"1": [1]}}}, {}, [], [])
@example({"a": {"annotations": {"1": {"id": 3}}}}, {}, [[["extensions", "a", "annotations"], {}]], [])
@example({"a": {"annotations": {"1": 3}}}, {}, [[["extensions", "a"], 1]], [])
@example({}, {}, [[["extensions", *"a" * 5000], 1]], [])
def test_extensions_are_put_back_as_for_each_alone(
    extensions: dict[str, Any], more: dict[str, Any], odd: list[Any], removed: list[Any]
) -> None:
    original = {**NATIVE, "extensions": extensions, **more}
    told = residual(original, NATIVE).to_json()
    told["values"] += odd
    told["removed"] += removed
    before = copy.deepcopy((NATIVE, told))
    together = put_back(NATIVE, told)
    assert (NATIVE, told) == before
    with patch.object(carrier, "as_before", return_value=None):
        assert together == put_back(NATIVE, told)


def test_what_is_said_of_each_annotation_needs_no_work_of_its_own() -> None:
    """Areas of a COCO file are another in each case."""
    kept_alike._restored.cache_clear()  # pyright: ignore[reportPrivateUsage]
    for area in (420.29200000000003, 1419.8310000000001):
        fields = {"annotations": {"1": {"fields": {"area": area}, "of": "x"}}, "absent": ["segmentation"]}
        original = {**NATIVE, "extensions": {"annoconv.coco": fields}}
        told = residual(original, NATIVE).to_json()
        assert carrier.restored(NATIVE, told, Path("x"), place="", rule="")[0] == original
    assert kept_alike._restored.cache_info().misses == 1  # pyright: ignore[reportPrivateUsage]


AREAS = ["420.29200000000003", "5.60", "50", "1e2", "0.1", "12345678901234567890"]


def coco(path: Path) -> Path:
    """Write a data set whose records say more than its cases have a place for."""
    images: list[str] = []
    annotations: list[str] = []
    for place, area in enumerate(AREAS, 1):
        images.append(f'{{"id": {place}, "file_name": "{place}.png", "width": 64, "height": 48, "license": {place}}}')
        for number in (2 * place, 2 * place + 1):
            said = f'"id": {number}, "image_id": {place}, "category_id": 1, "bbox": [1.5, 2, 30.25, {number}]'
            annotations.append(f'{{{said}, "area": {area}, "iscrowd": 0, "segmentation": []}}')
    annotations[-1] = annotations[-1].replace('"iscrowd"', '"odd": {"a": [1, {"id": "x"}], "b": {}}, "iscrowd"')
    categories = '[{"id": 1, "name": "p", "supercategory": "q"}]'
    path.write_text(
        f'{{"images": [{", ".join(images)}], "annotations": [{", ".join(annotations)}], "categories": {categories}}}'
    )
    return path


@pytest.mark.parametrize("target", ["set", "x.xml", "y.json"])
def test_what_cases_keep_of_a_file_comes_back_with_boxes_as_columns(target: str, tmp_path: Path) -> None:
    format = {"set": "yolo", "x.xml": "cvat", "y.json": "label-studio"}[target]
    original = [*annoconv.read([coco(tmp_path / "c.json")], format="coco")]
    annoconv.write(original, tmp_path / target, format=format)
    read = [*annoconv.read([tmp_path / target], format=format)]
    assert sum(as_boxes(as_loaded(each)) is not None for each in read) >= 3
    texts = [strict_json.dumps(each.case) for each in read]
    kept = [strict_json.dumps(each.case.extensions) for each in original]
    assert [strict_json.dumps(each.case.extensions) for each in read] == kept
    with patch.object(meaning, "plain_boxes", return_value=None):
        again = [*annoconv.read([tmp_path / target], format=format)]
    assert texts == [strict_json.dumps(each.case) for each in again]
