"""OHIF shows what we write: names, voxels, contours and values; edits a length; and what it writes comes in exactly.

`ANNOCONV_PICTURES=docs/pictures pytest -m peers tests/live` takes the pictures of the documentation anew.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from annoconv import registry
from tests.live.archive import Archive, archive
from tests.live.phantom import GRID, SHAPES, Study, make_study, point_lps
from tests.live.viewer import Viewer, viewer

pytestmark = pytest.mark.peers

LABELS = """async id => {
  const shown = window.services.displaySetService.getDisplaySetByUID(id);
  return shown.labelMapImages.flat().map(image => {
    const bytes = new Uint8Array(image.voxelManager ? image.voxelManager.getScalarData() : image.getPixelData());
    const plane = window.cornerstone.metaData.get('imagePlaneModule', image.referencedImageId);
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return {height: plane.imagePositionPatient[2], rows: image.rows, columns: image.columns, data: btoa(text)};
  });
}"""
SEGMENTS = """() => window.services.segmentationService.getSegmentations().map(one =>
  Object.values(one.segments).map(segment => [segment.segmentIndex, segment.label]))"""
TOLD = """() => window.services.displaySetService.getActiveDisplaySets().filter(one => one.Modality === 'SR')
  .flatMap(one => one.measurements).map(one =>
    [one.TrackingIdentifier, one.loaded, one.labels.map(each => `${each.label} ${each.value}`)])"""
HANDLE = """uid => {
  const id = window.services.viewportGridService.getActiveViewportId();
  const shown = window.services.cornerstoneViewportService.getCornerstoneViewport(id);
  const box = shown.element.getBoundingClientRect();
  const one = window.services.measurementService.getMeasurement(uid);
  return one.points.map(point => { const [x, y] = shown.worldToCanvas(point); return [x + box.x, y + box.y]; });
}"""
WRITE = """async () => {
  const [one] = window.services.segmentationService.getSegmentations();
  const options = {segmentationId: one.segmentationId};
  const made = await window.commandsManager.runCommand('generateSegmentation', options, 'SEGMENTATION')
    ?? await window.commandsManager.runCommand('generateSegmentation', options);
  await window.extensionManager.getActiveDataSource()[0].store.dicom(made.dataset);
  return made.dataset.SOPInstanceUID;
}"""


def picture(shown: Viewer, name: str) -> None:
    folder = os.environ.get("ANNOCONV_PICTURES")
    if folder:
        shown.page.screenshot(path=Path(folder) / f"{name}.png")


def uid_of(path: Path) -> str:
    return str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return make_study(tmp_path_factory.mktemp("live") / "phantom")


@pytest.fixture(scope="module")
def stored(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with archive(tmp_path_factory.mktemp("live") / "archive") as one:
        one.stow(study.files)
        yield one


def test_the_viewer_shows_every_voxel_under_its_name(study: Study, stored: Archive) -> None:
    with viewer(stored, study.uid) as shown:
        name = shown.open(uid_of(study.segmentation))
        assert shown.ask(SEGMENTS) == [[[1, "Liver"], [2, "Nodule"]]]
        slices: list[dict[str, Any]] = sorted(shown.ask(LABELS, name), key=lambda each: each["height"])
        labels = [np.frombuffer(base64.b64decode(e["data"]), np.uint8).reshape(e["rows"], e["columns"]) for e in slices]
        np.testing.assert_array_equal(np.array(labels), study.labels_kji)
        shown.jump(8)
        picture(shown, "ohif-segmentation")
        assert shown.errors == []


def test_the_viewer_takes_shapes_as_its_own_and_edits_a_length(study: Study, stored: Archive) -> None:
    with viewer(stored, study.uid) as shown:
        shown.open(uid_of(study.report))
        found = {each["tool"]: each for each in shown.measurements()}
        assert set(found) == set(SHAPES)
        assert {each["finding"] for each in found.values()} == {"Nodule"}
        image = uid_of(study.images[8])
        assert {each["instance"] for each in found.values()} == {image}
        told = {name: (is_shown, values) for name, is_shown, values in shown.ask(TOLD)}
        assert {name: told[name] for name in ("M1", "M2")} == dict.fromkeys(("M1", "M2"), (True, ["Volume 28.50 mm3"]))
        assert all(is_shown for is_shown, _ in told.values())
        for tool, key in (("Length", "polyline"), ("PlanarFreehandROI", "polygon")):
            expected = [point_lps(x, y) for x, y in SHAPES[tool][key]]
            np.testing.assert_allclose(found[tool]["points"][: len(expected)], expected, atol=1e-3)
        length = found["Length"]
        assert "36.3" in str(length["shown"])
        shown.page.wait_for_timeout(2_000)
        picture(shown, "ohif-report")
        (_, _), (x, y) = shown.ask(HANDLE, length["uid"])
        shown.page.mouse.move(x, y)
        shown.page.mouse.down()
        shown.page.mouse.move(x + 20, y + 10, steps=5)
        shown.page.mouse.move(x + 40, y + 20, steps=5)
        shown.page.mouse.up()
        shown.page.wait_for_timeout(2_000)
        (edited,) = [each for each in shown.measurements() if each["uid"] == length["uid"]]
        start, end = np.array(edited["points"])
        np.testing.assert_allclose(start, point_lps(*SHAPES["Length"]["polyline"][0]), atol=1e-3)
        moved = float(np.linalg.norm(end - start))
        assert moved > 40.0
        assert f"{moved:.1f}"[:3] in str(edited["shown"])
        picture(shown, "ohif-edited")
        assert shown.errors == []


def test_a_segmentation_that_the_viewer_wrote_comes_in_exactly(study: Study, stored: Archive, tmp_path: Path) -> None:
    with viewer(stored, study.uid, mode="segmentation") as shown:
        shown.open(uid_of(study.segmentation))
        uid = str(shown.ask(WRITE))
    (tmp_path / "ohif.dcm").write_bytes(stored.file(uid))
    stored.delete(uid)
    (reading,) = registry.read([tmp_path / "ohif.dcm"], format="dicom-seg", images=[study.images[0].parent])
    found = {each.label_code: reading.masks[each.id].read() for each in reading.case.annotations}
    assert sorted(found) == ["Liver", "Nodule"]  # its own names: it writes no codes of ours
    for number, code in ((1, "Liver"), (2, "Nodule")):
        np.testing.assert_array_equal(found[code], study.labels_kji == number)
    assert reading.case.image.shape == list(GRID.shape)
