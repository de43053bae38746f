"""The corners of measurement reports: geometries there and back, masks by tracking UID, foreign files and eyes."""

from __future__ import annotations

import copy
import json
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import highdicom as hd
import numpy as np
import pydicom
import pytest
from annoconv_converters.dicom_sr.outlines import ellipse_points, keyhole, turned_corners
from annoconv_converters.dicom_sr.segments import together
from annoconv_converters.dicom_sr.series import DrawnImage
from annoconv_converters.dicom_sr.shapes import apart
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from annoconv import registry
from annoconv.casefile import LoadedCase, Reading, read_case, write_case
from annoconv.documents import strict_json
from annoconv.errors import AnnoconvError, ImageError, InputError
from annoconv.loss import LossKind
from annoconv.model import MaskAnnotation
from annoconv.pixels import save_nifti
from tests import peers
from tests.cases import ZOO, blob, concept, document, grid_of, make, mask, series
from tests.real_data import real
from tests.test_matrix import Trip, assert_same_masks

if TYPE_CHECKING:
    from annoconv.geometry import Grid

REFUSES = {"bare": ImageError, "outlines": ImageError, "radiograph": ImageError}
"""The cases of the zoo that are refused, since nothing is known of their images, and with which error."""
WRITTEN = sorted(set(ZOO) - set(REFUSES))
LENGTH = concept("410668003", "SCT", "Length")
NODULE = {"category": "lesion", "label_code": "NODULE"}


def case_of(folder: Path, annotations: list[dict[str, Any]], grid: Grid | None = None, **rest: Any) -> LoadedCase:
    """Write a case over a series of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    image = series(folder, grid or grid_of((64, 48, 6)), folder.name)
    (folder / "case.json").write_bytes(strict_json.dumps(document(image, annotations, **rest)))
    return read_case(folder / "case.json")


def back(folder: Path, annotations: list[dict[str, Any]], **options: Any) -> list[dict[str, Any]]:
    """Return annotations as a report without private attributes gives them back."""
    loaded = case_of(folder, annotations)
    target = folder / "sr.dcm"
    registry.write([loaded], target, format="dicom-sr", images=[folder / "images"], plain=True, **options)
    (reading,) = registry.read([target], format="dicom-sr")
    return list(strict_json.plain(reading.case)["annotations"])


def written(folder: Path, loaded: LoadedCase, **options: Any) -> Dataset:
    target = folder / "sr.dcm"
    registry.write([loaded], target, format="dicom-sr", images=[folder / "images"], **options)
    return pydicom.dcmread(target)


def items(dataset: Dataset, code: str) -> Iterator[Dataset]:
    """Yield the content items of a concept name, wherever they stand."""
    for one in dataset.get("ContentSequence", ()):
        name = one.get("ConceptNameCodeSequence")
        if name and name[0].get("CodeValue") == code:
            yield one
        yield from items(one, code)


# --- geometries


SHAPES: dict[str, dict[str, Any]] = {
    "box": {"type": "bbox", "bbox": [1.0, 2.25, 5.5, 6.1]},
    "solid box": {"type": "bbox", "bbox": [1.0, 2.0, 1.0, 5.5, 6.0, 4.0]},
    "turned box": {"type": "oriented_box", "center": [30.0, 20.0], "size": [8.0, 4.0], "rotation_degrees": 30.0},
    "polygon": {"type": "polygon", "polygon": [[1.1, 1.0], [6.0, 1.5], [4.3, 7.0]]},
    "holes": {
        "type": "polygon",
        "polygon": [[5.0, 5.0], [25.0, 5.0], [25.0, 25.0], [5.0, 25.0]],
        "holes": [[[10.0, 10.0], [15.0, 10.0], [15.0, 15.0]], [[17.0, 17.0], [20.0, 17.0], [20.0, 20.5]]],
        "parts": [{"polygon": [[30.0, 30.0], [40.0, 30.0], [35.0, 40.0]]}],
    },
    "line": {"type": "polyline", "polyline": [[1.0, 1.0], [6.7, 1.5]]},
    "point": {"type": "point", "point": [3.5, 2.5]},
    "circle": {"type": "ellipse", "center": [20.25, 15.5], "radii": [3.3, 3.3]},
    "upright ellipse": {"type": "ellipse", "center": [20.25, 15.5], "radii": [2.0, 3.0]},
    "ellipse": {"type": "ellipse", "center": [20.0, 15.0], "radii": [6.0, 3.0], "rotation_degrees": 30.0},
    "keypoints": {
        "type": "keypoints",
        "keypoints": [{"name": "head", "point": [2.0, 3.0]}, {"name": "foot", "point": [4.5, 3.0]}],
    },
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_geometry_comes_back_from_the_standards_own_content(name: str, tmp_path: Path) -> None:
    place = {} if name == "solid box" else {"slice_index": 3}
    stated = {"id": "A", **NODULE, **SHAPES[name], **place}
    (found,) = back(tmp_path / "x", [stated])
    assert found == stated


def test_coordinates_begin_at_the_outer_corner_and_slices_at_one_image_each(tmp_path: Path) -> None:
    polygon = {"id": "A", **NODULE, **SHAPES["polygon"], "slice_index": 4}
    report = written(tmp_path, case_of(tmp_path, [polygon]))
    (region,) = items(report, "111030")
    assert list(region.GraphicData) == pytest.approx([1.1, 1.0, 6.0, 1.5, 4.3, 7.0, 1.1, 1.0], abs=1e-6)
    (image,) = region.ContentSequence
    files = [pydicom.dcmread(path) for path in (tmp_path / "images").iterdir()]
    (named,) = [one for one in files if one.SOPInstanceUID == image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID]
    positions = sorted(float(one.ImagePositionPatient[2]) for one in files)
    assert float(named.ImagePositionPatient[2]) == positions[4]


def test_in_space_a_vertex_lies_where_the_slice_has_it(tmp_path: Path) -> None:
    oblique = np.round([[0.8, 0, 0.6], [0, 1, 0], [-0.6, 0, 0.8]], 12)
    grid = grid_of((64, 48, 6), direction=oblique)
    polygon = {"id": "A", **NODULE, **SHAPES["polygon"], "slice_index": 2}
    report = written(tmp_path, case_of(tmp_path, [polygon], grid), in_space=True)
    (region,) = items(report, "111030")
    assert (region.ValueType, region.GraphicType) == ("SCOORD3D", "POLYGON")
    expected = [(grid.affine @ [x - 0.5, y - 0.5, 2, 1])[:3] for x, y in SHAPES["polygon"]["polygon"]]
    np.testing.assert_allclose(np.reshape(region.GraphicData, (-1, 3))[:3], expected, atol=1e-4)
    (reading,) = registry.read([tmp_path / "sr.dcm"], format="dicom-sr")
    assert strict_json.plain(reading.case)["annotations"] == [polygon]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=3, max_size=9, unique=True))
def test_a_ring_with_holes_has_one_line_and_the_same_area(ring: list[tuple[int, int]]) -> None:
    outer = [(-1.0, -1.0), (99.0, -1.0), (99.0, 99.0), (-1.0, 99.0)]
    line = keyhole(outer, [ring, outer[1:]])
    assert line[0] == line[-1]

    def area(points: list[Any]) -> float:
        xs, ys = np.array(points, float).T
        return float(np.sum(xs * np.roll(ys, -1) - ys * np.roll(xs, -1)) / 2)

    assert area(line) == pytest.approx(area(outer) + area(ring) + area(outer[1:]))
    found = apart([list(point) for point in keyhole(outer, [ring])])
    assert found["polygon"] == [list(point) for point in outer]
    assert found["holes"] == [[list(map(float, point)) for point in ring]]


@given(st.floats(0.5, 400), st.floats(0.5, 400), st.floats(-90, 90))
def test_the_ends_of_the_axes_are_the_major_one_first(a: float, b: float, degrees: float) -> None:
    shape, points = ellipse_points((100.0, 80.0), (a, b), degrees)
    if shape == "ELLIPSE":
        lengths = [np.hypot(*(np.subtract(*ends))) for ends in (points[:2], points[2:])]
        assert lengths[0] >= lengths[1] - 1e-9
        assert sorted(lengths) == pytest.approx(sorted([2 * a, 2 * b]))
    corners = turned_corners((100.0, 80.0), (a, b), degrees)
    assert np.mean(corners[:4], axis=0) == pytest.approx([100.0, 80.0])


# --- values


def test_numbers_keep_all_of_their_digits(tmp_path: Path) -> None:
    values = [Decimal("5.60"), Decimal("0.1234567890123456"), Decimal("1E+20"), Decimal("-3"), Decimal("123456789.125")]
    measured = [{"concept": LENGTH, "value": value, "unit": "mm"} for value in values]
    stated = {"id": "A", **NODULE, **SHAPES["polygon"], "slice_index": 1, "measurements": measured}
    (found,) = back(tmp_path / "x", [stated])
    assert [str(one["value"]) for one in found["measurements"]] == [str(value) for value in values]
    report = pydicom.dcmread(tmp_path / "x" / "sr.dcm")
    numbers = [one.MeasuredValueSequence[0] for one in items(report, "410668003")]
    again = [float(one.get("FloatingPointValue", one.NumericValue)) for one in numbers]
    assert again == [float(value) for value in values]


def test_highdicom_returns_every_value_unit_code_and_uid(tmp_path: Path) -> None:
    polygon = SHAPES["polygon"] | {"slice_index": 3, "tracking_uid": "1.2.3.4", "tracking_id": "Target 1"}
    measured = {"concept": LENGTH, "value": 12.5, "unit": "mm", "derivation": concept("56851009", "SCT", "Maximum")}
    grade = {"concept": concept("111005", "DCM", "Assessment Category"), "value": concept("111173", "DCM", "0")}
    site = {"region": concept("39607008", "SCT", "Lung"), "laterality": "left"}
    annotation = {"id": "A", **NODULE, **polygon, "measurements": [measured], "evaluations": [grade]}
    loaded = case_of(tmp_path, [annotation | {"finding_site": site}, {"id": "B", **NODULE, **SHAPES["point"]}])
    written(tmp_path, loaded)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = hd.sr.srread(tmp_path / "sr.dcm").content
        (group,) = content.get_planar_roi_measurement_groups(tracking_uid="1.2.3.4")
    assert group.tracking_identifier == "Target 1"
    assert (group.finding_type.value, group.finding_type.scheme_designator) == ("27925004", "SCT")
    assert group.finding_category.value == "49755003"
    (number,) = group.get_measurements()
    assert (number.name.value, number.value, number.unit.value) == ("410668003", 12.5, "mm")
    assert number.derivation.value == "56851009"
    assert ("111005", "111173") in [(one.name.value, one.value.value) for one in group.get_qualitative_evaluations()]
    (found,) = group.finding_sites
    assert (found.value.value, found.laterality.value) == ("39607008", "7771000")
    assert group.roi.value.tolist() == [pytest.approx(point) for point in [*polygon["polygon"], polygon["polygon"][0]]]


# --- masks and their segmentations


MIXED = ["every_geometry", "label_map", "overlapping_masks", "follow_up", "readers", "findings", "solids", "statements"]
MIXED += ["whole_model", "mask_on_a_part", "left_handed"]


@pytest.mark.parametrize("name", MIXED)
def test_masks_and_boxes_go_out_as_two_files_and_come_back_as_one_case(name: str, tmp_path: Path) -> None:
    case = make(name, tmp_path / name)
    loaded, out = read_case(case.path), tmp_path / "out"
    losses = registry.write([loaded], out, format="dicom-sr", images=case.images, seg=True)
    assert len(list(out.glob("*.dcm"))) == 2
    (reading,) = registry.read([out], format="dicom-sr", images=case.images)
    trip = Trip(loaded, losses, reading)
    assert trip.changed == trip.named({kind for kind in LossKind if kind.changes_value})
    assert trip.changed <= {f"/annotations/{place}/sha256" for place in range(len(loaded.case.annotations))}
    assert {one.type for one in reading.case.annotations} == {one.type for one in loaded.case.annotations}
    assert_same_masks(trip)


def test_a_mask_is_found_in_a_segmentation_by_its_tracking_uid_and_not_by_its_number(tmp_path: Path) -> None:
    grid = grid_of((14, 12, 6))
    loaded = case_of(tmp_path, [mask("A", "a.nii.gz"), mask("B", "b.nii.gz", "SPLEEN")], grid)
    save_nifti(tmp_path / "a.nii.gz", blob(grid), grid)
    save_nifti(tmp_path / "b.nii.gz", blob(grid, 2.0, 5.0), grid)
    turned = loaded.case.model_copy(update={"annotations": loaded.case.annotations[::-1]})
    images = {"images": [tmp_path / "images"]}
    registry.write([LoadedCase(turned, loaded.masks)], tmp_path / "seg.dcm", format="dicom-seg", plain=True, **images)
    registry.write(
        [loaded], tmp_path / "sr.dcm", format="dicom-sr", segmentations=[tmp_path / "seg.dcm"], plain=True, **images
    )
    segments = [one.ReferencedSOPSequence[0] for one in items(pydicom.dcmread(tmp_path / "sr.dcm"), "121191")]
    assert [one.ReferencedSegmentNumber for one in segments] == [2, 1]
    (reading,) = registry.read([tmp_path / "sr.dcm", tmp_path / "seg.dcm"], format="dicom-sr", **images)
    for identity in ("A", "B"):
        np.testing.assert_array_equal(reading.masks[identity].read(), loaded.masks[identity].read())


def test_dcmqi_returns_every_group_that_refers_to_a_segment(tmp_path: Path) -> None:
    grid = grid_of((14, 12, 6))
    measured = [{"concept": concept("118565006", "SCT", "Volume"), "value": Decimal("28.50"), "unit": "mm3"}]
    loaded = case_of(tmp_path, [mask("A", "a.nii.gz", measurements=measured, tracking_uid="1.2.3.4")], grid)
    save_nifti(tmp_path / "a.nii.gz", blob(grid), grid)
    out = tmp_path / "out"
    registry.write([loaded], out, format="dicom-sr", images=[tmp_path / "images"], seg=True)
    told = tmp_path / "told.json"
    peers.run("tid1500reader", "--inputDICOM", out / "case-000001.dcm", "--outputMetadata", told)
    (group,) = json.loads(told.read_text("utf-8"))["Measurements"]
    assert (group["TrackingIdentifier"], group["TrackingUniqueIdentifier"]) == ("A", "1.2.3.4")
    assert group["ReferencedSegment"] == 1
    assert group["segmentationSOPInstanceUID"] == pydicom.dcmread(out / "case-000001_seg.dcm").SOPInstanceUID
    assert group["SourceSeriesForImageSegmentation"] == loaded.case.image.uid
    assert group["Finding"]["CodeValue"] == "10200004"
    (item,) = group["measurementItems"]
    assert (item["quantity"]["CodeValue"], item["value"], item["units"]["CodeValue"]) == ("118565006", "28.50", "mm3")


def test_a_report_does_not_grow_with_slices_times_objects(tmp_path: Path) -> None:
    sizes = []
    for slices in (4, 24):
        folder = tmp_path / str(slices)
        grid = grid_of((8, 8, slices))
        loaded = case_of(folder, [mask(f"M{n}", "m.nii.gz", mask_value=n) for n in range(1, 21)], grid)
        labels = np.zeros(grid.shape_kji, np.uint8)
        labels.reshape(-1)[: 40 * slices] = np.arange(40 * slices) % 20 + 1
        save_nifti(folder / "m.nii.gz", labels, grid)
        registry.write([loaded], folder / "o", format="dicom-sr", images=[folder / "images"], seg=True, plain=True)
        sizes.append((folder / "o" / "case-000001.dcm").stat().st_size)
    assert sizes[1] - sizes[0] < 20 * 200  # a reference in the evidence for each slice


# --- what other software judges


@pytest.mark.parametrize("name", WRITTEN)
def test_dicom3tools_finds_no_error_and_dcmtk_reads_every_report(name: str, tmp_path: Path) -> None:
    case = make(name, tmp_path / name)
    target = tmp_path / "sr.dcm"
    registry.write([read_case(case.path)], target, format="dicom-sr", images=case.images)
    assert peers.dciodvfy_errors(target) == []
    answer = peers.run("dsrdump", "--quiet", target)
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("name", WRITTEN)
def test_every_measurement_of_a_case_is_returned_by_others(name: str, tmp_path: Path) -> None:
    """By pydicom with all digits; by highdicom, whose release 0.28.2 reads no report in which a value is absent."""
    case = make(name, tmp_path / name)
    target, loaded = tmp_path / "sr.dcm", read_case(case.path)
    registry.write([loaded], target, format="dicom-sr", images=case.images)
    grouped = [each for each in loaded.case.annotations if each.type != "text_span"]
    stated = Counter(
        (
            each.tracking_id or each.id,
            one.concept.code,
            one.concept.scheme,
            one.value,
            one.unit if one.value is not None else "",
        )
        for each in grouped
        for one in each.measurements or ()
    )
    (measured,) = items(pydicom.dcmread(target), "126010")
    told: Counter[Any] = Counter()
    for group in measured.ContentSequence:
        (tracking,) = [each.TextValue for each in items(group, "112039")]
        for number in group.ContentSequence:
            if number.ValueType == "NUM":
                name_code = number.ConceptNameCodeSequence[0]
                told[tracking, name_code.CodeValue, name_code.CodingSchemeDesignator, *value_of(number)] += 1
    assert not stated - told
    assert {scheme for _, _, scheme, _, _ in told - stated} <= {"99ANNOCONV"}, "attributes"
    if any(value is None for _, _, _, value, _ in stated):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content: Any = hd.sr.srread(target).content
        groups = [*content.get_planar_roi_measurement_groups(), *content.get_volumetric_roi_measurement_groups()]
        groups += content.get_image_measurement_groups()
        returned = Counter(
            (group.tracking_identifier, one.name.value, one.name.scheme_designator, one.value, one.unit.value)
            for group in groups
            for one in group.get_measurements()
        )
    assert len(groups) == len(measured.ContentSequence)
    assert not Counter((*key[:3], float(key[3]), key[4]) for key in stated.elements()) - returned


def value_of(number: Dataset) -> tuple[Decimal | None, str]:
    """Return the value of a NUM item with all of its digits, and its unit."""
    if not number.MeasuredValueSequence:
        return None, ""
    (value,) = number.MeasuredValueSequence
    exact = value.get("FloatingPointValue")
    text = Decimal(value.NumericValue.original_string) if exact is None else Decimal(repr(exact))
    return text, value.MeasurementUnitsCodeSequence[0].CodeValue


PROPERTY_AS_MODIFIER = r"NUM \*/\[Row \d+\] (CODE|NUM) \*: .*Incorrect relationship .* found HAS PROPERTIES$"
"""A property of a measurement (HAS PROPERTIES, TID 310 and 312) is held against the rows for any other item."""
VALUE_WITH_REASON = r"NUM \*: .*Missing value$"
"""The sequence of values is of type 2: empty where a reason stands (PS3.3 C.18.1)."""
OTHER_TEMPLATE = re.compile(r"Template (141[01]) .*: within 1\.(\d+)\.(\d+): .*Missing conditional content item$")
"""It counts the regions of all groups to choose one template; groups that say they are of another lack its items."""


def pixelmed_errors(path: Path) -> dict[str, list[str]]:
    """Return the errors of PixelMed's validator: those of each known defect, and the others under an empty text."""
    told = peers.pixelmed(path)
    assert "Found Root Template TID_1500 (MeasurementReport)" in told
    report = pydicom.dcmread(path)
    found: dict[str, list[str]] = {"": [], "template": [], PROPERTY_AS_MODIFIER: [], VALUE_WITH_REASON: []}
    for line in told:
        if not line.startswith("Error"):
            continue
        kind = next((one for one in (PROPERTY_AS_MODIFIER, VALUE_WITH_REASON) if re.search(one, line)), "")
        if group := OTHER_TEMPLATE.search(line):
            template, outer, inner = group.groups()
            item = report.ContentSequence[int(outer) - 1].ContentSequence[int(inner) - 1]
            kind = "template" if item.ContentTemplateSequence[0].TemplateIdentifier != template else ""
        found[kind].append(line)
    return found


@pytest.mark.peers
@pytest.mark.parametrize("name", WRITTEN)
def test_the_validator_of_templates_finds_no_error_but_its_known_defects(name: str, tmp_path: Path) -> None:
    case = make(name, tmp_path / name)
    out = tmp_path / "out"
    registry.write([read_case(case.path)], out, format="dicom-sr", images=case.images, seg=True)
    (target,) = [path for path in out.glob("*.dcm") if "_seg" not in path.name]
    assert pixelmed_errors(target)[""] == []


@pytest.mark.peers
def test_the_validator_takes_gradings_of_a_slice_and_of_the_case(tmp_path: Path) -> None:
    """With the image that they are said of (TID 1501, row 10b), in a report with a region and in one without."""
    graded = {"category": "attribute", "label_code": "CASE_LEVEL", "type": "attribute", "attributes": {}}
    graded["evaluations"] = [{"concept": concept("1", "99X", "Region"), "value": concept("2", "99X", "Chest")}]
    graded["measurements"] = [{"concept": LENGTH, "value": 12.5, "unit": "mm"}]
    gradings = [{"id": "G", **graded, "slice_index": 3}, {"id": "H", **graded}]
    for name, drawn in (("alone", []), ("beside", [{"id": "P", **NODULE, **SHAPES["polygon"], "slice_index": 3}])):
        written(tmp_path / name, case_of(tmp_path / name, [*gradings, *drawn]))
        assert pixelmed_errors(tmp_path / name / "sr.dcm")[""] == []


@pytest.mark.peers
def test_the_validator_takes_what_is_written_for_a_viewer(tmp_path: Path) -> None:
    """Tools before tracking identifiers, coordinates at values, and the middle of a mask beside its segment."""
    case = make("every_geometry", tmp_path / "case")
    registry.write(
        [read_case(case.path)], tmp_path / "out", format="dicom-sr", images=case.images, seg=True, viewer="ohif"
    )
    (target,) = [path for path in (tmp_path / "out").glob("*.dcm") if "_seg" not in path.name]
    assert pixelmed_errors(target)[""] == []


@pytest.mark.peers
def test_the_validators_defects_are_found_in_a_report_of_highdicom_too(tmp_path: Path) -> None:
    series(tmp_path, grid_of((14, 12, 2)), "highdicom")
    images = [pydicom.dcmread(path) for path in sorted((tmp_path / "images").iterdir())]
    target = tmp_path / "sr.dcm"
    for with_segment, templates in ((False, {"1410"}), (True, {"1410", "1411"})):
        highdicom_report(images, with_segment=with_segment).save_as(target)
        errors = pixelmed_errors(target)
        assert (errors[""], errors[VALUE_WITH_REASON]) == ([], [])
        assert errors[PROPERTY_AS_MODIFIER]
        assert {line.split()[2] for line in errors["template"]} == templates
        assert peers.dciodvfy_errors(target) == []


def test_a_surface_names_the_series_that_it_was_seen_in(tmp_path: Path) -> None:
    loaded = read_case(make("solids", tmp_path / "solids").path)
    report = written(tmp_path / "solids", loaded)
    groups = [group for group in items(report, "125007") if list(items(group, "121231"))]
    assert groups
    named = [[one.UID for one in items(group, "121232")] for group in groups]
    assert named == [[loaded.case.image.uid]] * len(groups)


def highdicom_report(images: list[Dataset], *, with_segment: bool = False) -> Dataset:
    """Return a report by highdicom: a region, a group without, perhaps a segment; measurements have properties."""
    code, millimetre = hd.sr.CodedConcept, hd.sr.CodedConcept("mm", "UCUM", "mm")
    length = code("410668003", "SCT", "Length")
    bounds = [
        code("385524004", "SCT", "Normal Range Lower Limit"),
        code("371933006", "SCT", "Normal Range Upper Limit"),
    ]
    limits = [
        hd.sr.NumContentItem(name, place, millimetre, relationship_type="HAS PROPERTIES")
        for place, name in enumerate(bounds, 1)
    ]
    properties = hd.sr.MeasurementProperties(
        normality=code("17621005", "SCT", "Normal"), normal_range_properties=hd.sr.NormalRangeProperties(limits)
    )
    measured = [hd.sr.Measurement(length, 1.5, millimetre, properties=properties)]
    ring = np.array([[1.0, 1.0], [6.0, 1.5], [4.0, 7.0], [1.0, 1.0]])
    image = hd.sr.SourceImageForRegion(images[0].SOPClassUID, images[0].SOPInstanceUID)
    region = hd.sr.ImageRegion("POLYLINE", ring, image)
    segment = hd.sr.ReferencedSegment(
        "1.2.840.10008.5.1.4.1.1.66.4",
        "1.2.3.4.5",
        1,
        source_series=hd.sr.SourceSeriesForSegmentation(images[0].SeriesInstanceUID),
    )
    person = hd.sr.ObserverContext(
        code("121006", "DCM", "Person"), hd.sr.PersonObserverIdentifyingAttributes("Reader^First")
    )
    groups = [
        hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
            hd.sr.TrackingIdentifier(hd.UID(), "A"), referenced_region=region, measurements=measured
        ),
        hd.sr.MeasurementsAndQualitativeEvaluations(hd.sr.TrackingIdentifier(hd.UID(), "B"), measurements=measured),
    ]
    if with_segment:
        tracked = hd.sr.TrackingIdentifier(hd.UID(), "C")
        groups.append(
            hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
                tracked, referenced_segment=segment, measurements=measured
            )
        )
    content = hd.sr.MeasurementReport(
        hd.sr.ObservationContext(person),
        code("363679005", "SCT", "Imaging procedure"),
        groups,
        referenced_images=images,
    )
    segmentation = copy.deepcopy(images[0])
    segmentation.SOPClassUID, segmentation.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.3.4.5"
    segmentation.SeriesInstanceUID = "1.2.3.4.6"
    evidence = [*images, segmentation] if with_segment else images
    return hd.sr.Comprehensive3DSR(evidence, content[0], hd.UID(), 1, hd.UID(), 1, manufacturer="highdicom")


# --- what others wrote


def read(*paths: str) -> Reading:
    (reading,) = registry.read([real(f"sr/{path}") for path in paths], format="dicom-sr")
    return reading


def test_a_report_of_dcmqi_comes_back_with_its_segmentation() -> None:
    reading = read("dcmqi_tid1500/sr.dcm", "dcmqi_tid1500/seg.dcm")
    (annotation,) = reading.case.annotations
    assert isinstance(annotation, MaskAnnotation)
    assert (annotation.id, annotation.segment_number, annotation.session) == ("primary tumor", 1, "1")
    assert annotation.finding_site is not None
    assert annotation.finding_site.region.code == "55940004"
    measured = {
        (one.concept.meaning, one.derivation and one.derivation.meaning): one for one in annotation.measurements or ()
    }
    mean = measured["SUVbw", "Mean"]
    assert (str(mean.value), mean.unit, mean.method and mean.method.code) == ("6.01529", "{SUVbw}g/ml", "126410")
    volume = measured["Volume", None]
    assert (str(volume.value), volume.unit, volume.method and volume.method.code) == ("33.5824", "ml", "126030")
    pixels = pydicom.dcmread(real("sr/dcmqi_tid1500/seg.dcm")).pixel_array
    assert int(reading.masks["primary tumor"].read().sum()) == int(pixels.sum())


def test_what_a_segmentation_tells_of_an_image_that_was_not_given_goes_on_to_other_formats(tmp_path: Path) -> None:
    reading = read("dcmqi_tid1500/sr.dcm", "dcmqi_tid1500/seg.dcm")
    image = reading.case.image
    described = pydicom.dcmread(real("sr/dcmqi_tid1500/seg.dcm"))
    frames = described.PerFrameFunctionalGroupsSequence
    heights = sorted(float(each.PlanePositionSequence[0].ImagePositionPatient[2]) for each in frames)
    assert image.shape == [128, 128, len(frames)]
    assert image.origin is not None
    assert image.origin[2] == pytest.approx(heights[0])
    sources = {
        each.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID: float(
            each.PlanePositionSequence[0].ImagePositionPatient[2]
        )
        for each in frames
    }
    assert [sources[each.sop_instance_uid] for each in image.instances or ()] == heights
    grids = [loss for loss in reading.losses if loss.path == "/image/shape"]
    assert [(loss.kind, "that of the segmentation" in loss.message) for loss in grids] == [
        (LossKind.APPROXIMATED, True)
    ]
    write_case(LoadedCase(reading.case, reading.masks), tmp_path / "case.json")
    loaded = read_case(tmp_path / "case.json")
    moment = {"context": registry.Context(timestamp=datetime(2026, 1, 8, tzinfo=UTC))}
    for format in ("nifti", "coco", "geojson", "yolo", "cvat", "label-studio", "fhir", "dicom-sr"):
        registry.write([loaded], tmp_path / format, format=format, **moment)
    (again,) = registry.read([tmp_path / "nifti"], format="nifti")
    assert again.masks["primary tumor"].read().sum() == described.pixel_array.sum()


def test_a_region_on_a_slice_that_the_segmentation_has_not_keeps_the_image_of_the_report(tmp_path: Path) -> None:
    report = pydicom.dcmread(real("sr/dcmqi_tid1500/sr.dcm"))
    (group,) = items(report, "125007")
    region, image = Dataset(), Dataset()
    region.RelationshipType, region.ValueType, region.GraphicType = "CONTAINS", "SCOORD", "POINT"
    region.GraphicData = [3.0, 4.0]
    name = Dataset()
    name.CodeValue, name.CodingSchemeDesignator, name.CodeMeaning = "111030", "DCM", "Image Region"
    region.ConceptNameCodeSequence = [name]
    image.RelationshipType, image.ValueType = "SELECTED FROM", "IMAGE"
    listed = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence
    image.ReferencedSOPSequence = [listed[0]]
    region.ContentSequence = [image]
    group.ContentSequence.append(region)
    report.save_as(tmp_path / "sr.dcm")
    (reading,) = registry.read([tmp_path / "sr.dcm", real("sr/dcmqi_tid1500/seg.dcm")], format="dicom-sr")
    assert reading.case.image.shape == [128, 128, 191]


def test_two_segmentations_of_one_series_are_placed_on_the_slices_of_both() -> None:
    def drawn(first: int, count: int) -> DrawnImage:
        grid = grid_of((8, 6, count), origin=(-20.0, 10.0, -30.5 + 3.0 * first))
        return DrawnImage(grid, {f"1.2.{first + k}": "1.2" for k in range(count)})

    one = together(drawn(4, 3), drawn(2, 3))
    assert one is not None
    assert (one.grid.shape, one.grid.origin[2]) == ((8, 6, 5), -24.5)
    assert [*one.instances] == [f"1.2.{k}" for k in range(2, 7)]
    apart = together(drawn(0, 2), drawn(5, 2))
    assert apart is not None
    assert (apart.grid.shape, apart.instances) == ((8, 6, 7), {})
    assert together(drawn(0, 2), DrawnImage(grid_of((8, 6, 2), origin=(-20.0, 10.0, -29.0)), {})) is None


def test_a_report_in_json_is_read_with_its_gradings() -> None:
    reading = read("dicom_json_hl7/Example-MeasurementReport.json")
    (nodule,) = reading.case.annotations
    assert (nodule.id, nodule.type) == ("Nodule 1", "attribute")
    measured = {one.concept.meaning: (str(one.value), one.unit) for one in nodule.measurements or ()}
    assert measured["Volume"] == ("31112.2", "mm3")
    assert measured["Diameter"] == ("49.94462", "mm")
    assert ("C45992", "105") in [(one.concept.code, one.value.code) for one in nodule.evaluations or ()]
    assert reading.case.metadata.reviewer == "RADIOLOGIST^EXAMPLE"
    assert any("Referenced Segment" in loss.message for loss in reading.losses)


def test_two_axes_are_two_lines_of_what_was_measured() -> None:
    reading = read("dcmjs/sample-sr.dcm")
    whole, *lines = strict_json.plain(reading.case)["annotations"]
    assert [one["parent_id"] for one in lines] == [whole["id"]] * 2
    assert [one["geometry_ids"] for one in whole["measurements"]] == [[one["id"]] for one in lines]
    assert lines[0]["polyline"][0] == pytest.approx([580.719177, 1090.83582], abs=1e-3)


def test_shapes_of_dwv_lie_where_it_drew_them() -> None:
    """As DWV 0.36.4 wrote them in node (`node/dwv_sr.mjs`): a circle, a rectangle, an ellipse, a ring and a point."""
    path = Path(__file__).with_name("dicom_cases") / "dwv" / "sr.dcm"
    (reading,) = registry.read([path], format="dicom-sr")
    found = {each["id"]: each for each in strict_json.plain(reading.case)["annotations"]}
    assert (found["circle"]["center"], found["circle"]["radii"]) == ([20.0, 16.0], [5.0, 5.0])
    assert sorted(found["box"]["polygon"]) == [[3.0, 4.0], [3.0, 10.0], [12.0, 4.0], [12.0, 10.0]]
    assert (found["ellipse"]["center"], found["ellipse"]["radii"]) == ([20.0, 12.0], [6.0, 3.0])
    assert found["roi"]["polygon"] == [[2.0, 3.0], [9.0, 3.5], [5.0, 9.0]]
    assert (found["point"]["point"], found["point"]["slice_index"]) == ([7.0, 8.0], 2)
    assert [each.sop_instance_uid for each in reading.case.image.instances or ()] == [
        "1.2.3.10",
        "1.2.3.11",
        "1.2.3.12",
    ]
    assert {name: each["tracking_uid"] for name, each in found.items()}["roi"] == "1.2.3.4.4"
    (area,) = found["circle"]["measurements"]
    assert (area["concept"]["meaning"], str(area["value"])) == ("Area", "78.5")
    named = {loss.message.rpartition(" > ")[2] for loss in reading.losses if loss.kind is LossKind.NO_PLACE}
    assert named >= {"Color", "Short Label"}


@pytest.mark.parametrize(("name", "title"), [("test-SR.dcm", "Diagnosis"), ("reportsi.dcm", "Document Title")])
def test_a_report_of_another_kind_is_refused_with_its_title(name: str, title: str) -> None:
    with pytest.raises(InputError, match=rf"none of measurements; found {title}"):
        list(registry.read([real(f"sr/old/{name}")], format="dicom-sr"))


# --- edited, damaged


def test_what_other_software_edits_wins_and_what_it_touched_is_named(tmp_path: Path) -> None:
    measured = [{"concept": LENGTH, "value": Decimal("12.5"), "unit": "mm"}]
    polygon = {"id": "A", **NODULE, **SHAPES["polygon"], "slice_index": 3, "measurements": measured, "confidence": 0.5}
    report = written(tmp_path, case_of(tmp_path, [polygon]))
    (number,) = items(report, "410668003")
    number.MeasuredValueSequence[0].NumericValue = "13.5"
    (region,) = items(report, "111030")
    region.GraphicData = [2.0, *region.GraphicData[1:-2], 2.0, region.GraphicData[-1]]
    report.SeriesDescription, report.OperatorsName = "Second reading", "Nobody"
    report.save_as(tmp_path / "edited.dcm")
    (reading,) = registry.read([tmp_path / "edited.dcm"], format="dicom-sr")
    (found,) = reading.case.annotations
    told = strict_json.plain(found)
    assert told["measurements"][0]["value"] == Decimal("13.5")
    assert told["polygon"][0] == [2.0, 1.0]
    assert told["confidence"] == 0.5
    assert reading.case.metadata.title == "Second reading"
    assert "/OperatorsName" in {loss.path for loss in reading.losses}


def test_a_damaged_report_is_refused_and_never_half_read(tmp_path: Path) -> None:
    case = make("statements", tmp_path / "statements")
    target = tmp_path / "sr.dcm"
    registry.write([read_case(case.path)], target, format="dicom-sr", images=case.images)
    data = target.read_bytes()
    random, told = np.random.default_rng(7), list[str]()
    for at in random.integers(132, len(data) - 1, 60):
        torn = tmp_path / "torn.dcm"
        torn.write_bytes(data[:at])
        with pytest.raises(AnnoconvError):
            list(registry.read([torn], format="dicom-sr"))
    for at, value in zip(random.integers(132, len(data) - 1, 60), random.integers(0, 256, 60), strict=True):
        torn.write_bytes(data[:at] + bytes([value]) + data[at + 1 :])
        try:
            list(registry.read([torn], format="dicom-sr"))
        except AnnoconvError as error:
            told.append(str(error))
    assert all(str(torn) in one for one in told)


def test_a_content_tree_without_end_is_refused(tmp_path: Path) -> None:
    data = written(tmp_path, case_of(tmp_path, [{"id": "A", **NODULE, **SHAPES["point"], "slice_index": 0}]))
    one = Dataset()
    one.RelationshipType, one.ValueType = "CONTAINS", "CONTAINER"
    for _ in range(40):
        outer = Dataset()
        outer.RelationshipType, outer.ValueType, outer.ContentSequence = "CONTAINS", "CONTAINER", [one]
        one = outer
    data.ContentSequence.append(one)
    data.save_as(tmp_path / "deep.dcm")
    with pytest.raises(InputError, match=r"deep\.dcm"):
        list(registry.read([tmp_path / "deep.dcm"], format="dicom-sr"))


@pytest.mark.parametrize("plain", [False, True])
def test_a_line_of_more_bytes_than_an_element_may_have_is_read_by_others(plain: bool, tmp_path: Path) -> None:
    """In Implicit VR, where lengths have 32 bits: in Explicit VR it would be of VR UN, and dcmtk stops there."""
    angles = np.linspace(0, 2 * np.pi, 9000, endpoint=False)
    ring = np.float32(np.column_stack([30 + 20 * np.cos(angles), 24 + 20 * np.sin(angles)])).astype(float).round(4)
    long = {"id": "A", **NODULE, "type": "polygon", "polygon": ring.tolist(), "slice_index": 3, "confidence": 0.5}
    other = {"id": "B", **NODULE, **SHAPES["point"], "slice_index": 1}
    loaded, target = case_of(tmp_path, [long, other]), tmp_path / "sr.dcm"
    registry.write([loaded], target, format="dicom-sr", images=[tmp_path / "images"], plain=plain)
    assert peers.dciodvfy_errors(target) == []
    answer = peers.run("dsrdump", "--quiet", target)
    assert answer.returncode == 0, answer.stderr
    report = pydicom.dcmread(target)
    region, _ = items(report, "111030")
    assert (region["GraphicData"].VR, region["GraphicData"].VM) == ("FL", 2 * 9001)
    expected = np.float32([*ring, ring[0]]).reshape(-1)
    np.testing.assert_array_equal(np.float32(region.GraphicData), expected)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content: Any = hd.sr.srread(target).content
        first, _ = content.get_planar_roi_measurement_groups()
    np.testing.assert_array_equal(first.roi.value.reshape(-1), expected)
    (reading,) = registry.read([target], format="dicom-sr")
    found = strict_json.plain(reading.case)["annotations"]
    assert np.float32(found[0]["polygon"]).tolist() == np.float32(ring).tolist()
    if not plain:
        assert strict_json.plain(reading.case) == strict_json.plain(loaded.case)
        assert not list(reading.losses)
