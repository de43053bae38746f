"""Structure sets, bulk annotations and frames beside their place in `annoconv check-links`: sets and planted faults.

The structure set is made with pydicom from the places of the slices, the annotations by highdicom.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import highdicom as hd
import numpy as np
import pydicom
import pytest
from annoconv_converters.check_links import check
from annoconv_converters.check_links.instances import read_instance
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage

from annoconv import registry
from annoconv.casefile import read_case
from annoconv.documents import strict_json
from annoconv.errors import InputError
from annoconv.limits import Limits
from annoconv.pixels import save_nifti
from tests.cases import blob, document, grid_of, mask, series
from tests.converters.check_links.test_check_links import UID, edit, put, seg, slices, told
from tests.real_data import real
from tests.slides import write_slide

if TYPE_CHECKING:
    from numpy.typing import NDArray

GRID = grid_of((24, 20, 4), spacing=(1.0, 1.5, 3.0))
FRAMES = "/PerFrameFunctionalGroupsSequence"


# --- structure sets


def item(**values: Any) -> Dataset:
    found = Dataset()
    put(found, **values)
    return found


def contour(header: Dataset, corners: list[tuple[float, float]]) -> Dataset:
    """Return a contour on a slice; `corners` are (column, row), from the centre of the first pixel."""
    across, down = np.reshape(np.array(header.ImageOrientationPatient, float), (2, 3))
    between_rows, between_columns = map(float, header.PixelSpacing)
    start = np.array(header.ImagePositionPatient, float)
    points = [start + across * between_columns * x + down * between_rows * y for x, y in corners]
    image = item(ReferencedSOPClassUID=header.SOPClassUID, ReferencedSOPInstanceUID=header.SOPInstanceUID)
    return item(
        ContourImageSequence=[image],
        ContourGeometricType="CLOSED_PLANAR",
        NumberOfContourPoints=len(points),
        ContourData=[f"{number:.6f}" for point in points for number in point],
    )


def structure_set(path: Path, headers: list[Dataset]) -> None:
    """Write a structure set of two ROIs on each slice."""
    first = headers[0]
    images = [
        item(ReferencedSOPClassUID=one.SOPClassUID, ReferencedSOPInstanceUID=one.SOPInstanceUID) for one in headers
    ]
    listed = item(SeriesInstanceUID=first.SeriesInstanceUID, ContourImageSequence=images)
    study = item(
        ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.1",
        ReferencedSOPInstanceUID=first.StudyInstanceUID,
        RTReferencedSeriesSequence=[listed],
    )
    frame = item(FrameOfReferenceUID=first.FrameOfReferenceUID, RTReferencedStudySequence=[study])
    square = [(2.0, 2.0), (12.0, 2.0), (12.0, 9.0), (2.0, 9.0)]
    told = Dataset()
    told.file_meta = FileMetaDataset()
    told.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    put(
        told,
        SOPClassUID=RTStructureSetStorage,
        SOPInstanceUID="1.2.3.4.77",
        SeriesInstanceUID="1.2.3.4.78",
        StudyInstanceUID=first.StudyInstanceUID,
        PatientID=first.PatientID,
        Modality="RTSTRUCT",
        StructureSetLabel="RT",
        ReferencedFrameOfReferenceSequence=[frame],
        StructureSetROISequence=[
            item(ROINumber=number, ROIName=f"ROI {number}", ReferencedFrameOfReferenceUID=first.FrameOfReferenceUID)
            for number in (1, 2)
        ],
        ROIContourSequence=[
            item(ReferencedROINumber=number, ContourSequence=[contour(one, square) for one in headers])
            for number in (1, 2)
        ],
        RTROIObservationsSequence=[item(ObservationNumber=number, ReferencedROINumber=number) for number in (1, 2)],
    )
    told.file_meta.MediaStorageSOPClassUID, told.file_meta.MediaStorageSOPInstanceUID = (
        told.SOPClassUID,
        told.SOPInstanceUID,
    )
    told.save_as(path, enforce_file_format=True)


@pytest.fixture(scope="module")
def structures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    study = tmp_path_factory.mktemp("rt") / "study"
    study.mkdir()
    series(study, GRID, "structures")
    structure_set(study / "rt.dcm", [pydicom.dcmread(path) for path in slices(study)])
    return study


def test_a_structure_set_on_its_slices_says_nothing(structures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, structures) == (0, [])


def moved(dataset: Dataset, roi: int, number: int, by: tuple[float, float, float]) -> None:
    one = dataset.ROIContourSequence[roi].ContourSequence[number]
    points = np.array(one.ContourData, float).reshape(-1, 3) + by
    one.ContourData = [f"{value:.6f}" for value in points.reshape(-1)]


STRUCTURE_FAULTS: dict[str, tuple[Callable[[Dataset], object], str, str, str]] = {
    "two ROIs have one number": (
        lambda told: put(told.StructureSetROISequence[1], ROINumber=1),
        "roi",
        "/StructureSetROISequence/1/ROINumber",
        "error",
    ),
    "contours are of an ROI that there is not": (
        lambda told: put(told.ROIContourSequence[1], ReferencedROINumber=7),
        "roi",
        "/ROIContourSequence/1/ReferencedROINumber",
        "error",
    ),
    "an observation is of an ROI that there is not": (
        lambda told: put(told.RTROIObservationsSequence[0], ReferencedROINumber=9),
        "roi",
        "/RTROIObservationsSequence/0/ReferencedROINumber",
        "error",
    ),
    "an ROI is related to one that there is not": (
        lambda told: put(told.RTROIObservationsSequence[0], RTRelatedROISequence=[item(ReferencedROINumber=5)]),
        "roi",
        "/RTROIObservationsSequence/0/RTRelatedROISequence/0/ReferencedROINumber",
        "error",
    ),
    "two observations have one number": (
        lambda told: put(told.RTROIObservationsSequence[1], ObservationNumber=1),
        "roi",
        "/RTROIObservationsSequence/1/ObservationNumber",
        "error",
    ),
    "the contours of one ROI stand twice": (
        lambda told: put(told.ROIContourSequence[1], ReferencedROINumber=1),
        "roi",
        "/ROIContourSequence/1/ReferencedROINumber",
        "warning",
    ),
    "a contour is off its slice": (
        lambda told: moved(told, 1, 2, (0.0, 0.0, 3.0)),
        "plane",
        "/ROIContourSequence/1/ContourSequence/2/ContourData",
        "error",
    ),
    "a contour is beside its image": (
        lambda told: moved(told, 0, 1, (60.0, 0.0, 0.0)),
        "region",
        "/ROIContourSequence/0/ContourSequence/1/ContourData",
        "error",
    ),
    "a contour is partly beside its image": (
        lambda told: moved(told, 0, 1, (16.0, 0.0, 0.0)),
        "region",
        "/ROIContourSequence/0/ContourSequence/1/ContourData",
        "warning",
    ),
    "a contour is on an image that is not there": (
        lambda told: put(
            told.ROIContourSequence[0].ContourSequence[0].ContourImageSequence[0], ReferencedSOPInstanceUID=UID
        ),
        "evidence missing",
        "/ROIContourSequence/0/ContourSequence/0/ContourImageSequence/0/ReferencedSOPInstanceUID",
        "error",
    ),
    "an image is not in the list of the series": (
        lambda told: (
            told.ReferencedFrameOfReferenceSequence[0]
            .RTReferencedStudySequence[0]
            .RTReferencedSeriesSequence[0]
            .ContourImageSequence.pop()
        ),
        "evidence",
        "/ROIContourSequence/0/ContourSequence/3/ContourImageSequence/0/ReferencedSOPInstanceUID",
        "error",
    ),
    "an ROI is in another frame of reference": (
        lambda told: put(told.StructureSetROISequence[0], ReferencedFrameOfReferenceUID=UID),
        "frame_of_reference",
        "/StructureSetROISequence/0/ReferencedFrameOfReferenceUID",
        "error",
    ),
}


@pytest.mark.parametrize("name", STRUCTURE_FAULTS)
def test_a_fault_of_a_structure_set_is_found_there(
    name: str, structures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plant, rules, place, level = STRUCTURE_FAULTS[name]
    study = shutil.copytree(structures, tmp_path / "study")
    edit(study / "rt.dcm", plant)
    code, findings = told(capsys, study)
    assert {each["rule"] for each in findings} == {f"links.{rule}" for rule in rules.split()}
    assert (place, level) in {(each["path"], each["level"]) for each in findings}, findings
    assert {Path(each["source"]).name for each in findings} == {"rt.dcm"}
    assert code == int(level == "error")


def test_a_structure_set_of_another_maker_says_nothing_of_its_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    _, findings = told(capsys, real("rtstruct/pydicom/rtstruct.dcm"))
    assert not {each["rule"] for each in findings} & {"links.roi", "links.plane", "links.region"}


def test_contours_that_are_no_points_are_damage(
    structures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = shutil.copytree(structures, tmp_path / "study")
    edit(study / "rt.dcm", lambda told: told.ROIContourSequence[0].ContourSequence[0].ContourData.pop())
    code, (finding,) = told(capsys, study)
    assert (code, finding["rule"], Path(finding["source"]).name) == (1, "not_checked", "rt.dcm")


# --- bulk annotations


def groups() -> list[hd.ann.AnnotationGroup]:
    def ring(x: float, y: float, count: int) -> NDArray[np.float32]:
        angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
        return np.float32(np.column_stack([x + 4 * np.cos(angles), y + 4 * np.sin(angles)]))

    nucleus = Code("84640000", "SCT", "Nucleus")
    cell = Code("4421005", "SCT", "Cell structure")
    area = hd.ann.Measurements(
        Code("42798000", "SCT", "Area"), np.array([10.0, np.nan, 12.0]), Code("um2", "UCUM", "square micrometer")
    )
    drawn = {
        "POLYGON": [ring(20, 20, 5), ring(40, 30, 8), ring(60, 70, 6)],
        "POINT": [np.float32([[5, 6]]), np.float32([[90, 91]]), np.float32([[50, 50]])],
        "RECTANGLE": [np.float32([[1, 1], [9, 1], [9, 6], [1, 6]])] * 3,
    }
    return [
        hd.ann.AnnotationGroup(number, f"1.2.3.9.{number}", kind, cell, nucleus, kind, points, "MANUAL", None, [area])
        for number, (kind, points) in enumerate(drawn.items(), 1)
    ]


@pytest.fixture(scope="module")
def annotated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    study = tmp_path_factory.mktemp("ann") / "study"
    study.mkdir()
    write_slide(study / "slide.dcm", 96, 32)
    path = Dataset()
    path.OpticalPathIdentifier = "1"
    slide = edit(study / "slide.dcm", lambda told: put(told, OpticalPathSequence=[path], PatientBirthDate="",
                                                       PatientSex="", StudyID="", StudyDate="", StudyTime="",
                                                       ReferringPhysicianName=""))  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = hd.ann.MicroscopyBulkSimpleAnnotations(
            [pydicom.dcmread(slide)], "2D", groups(), "1.2.3.9.10", 1, "1.2.3.9.11", 1, "m", "n", "1", "0"
        )
        for each in made.AnnotationGroupSequence:
            each.AnnotationAppliesToAllOpticalPaths, each.ReferencedOpticalPathIdentifier = "NO", "1"
        made.save_as(study / "ann.dcm")
    return study


def test_annotations_of_a_slide_say_nothing(annotated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, annotated) == (0, [])


def points_moved(dataset: Dataset, by: float) -> None:
    one = dataset.AnnotationGroupSequence[0]
    one.PointCoordinatesData = (np.frombuffer(one.PointCoordinatesData, np.float32) + np.float32(by)).tobytes()


def numbers(dataset: Dataset, keyword: str, change: Callable[[NDArray[np.uint32]], NDArray[np.uint32]]) -> None:
    one = dataset.AnnotationGroupSequence[0]
    if keyword == "AnnotationIndexList":
        one = one.MeasurementsSequence[0].MeasurementValuesSequence[0]
    setattr(one, keyword, change(np.frombuffer(one[keyword].value, np.uint32)).astype(np.uint32).tobytes())


GROUP = "/AnnotationGroupSequence/0"
VALUES = f"{GROUP}/MeasurementsSequence/0/MeasurementValuesSequence/0"
ANNOTATION_FAULTS: dict[str, tuple[Callable[[Dataset], object], str, str, str]] = {
    "groups are not numbered in their order": (
        lambda told: put(told.AnnotationGroupSequence[0], AnnotationGroupNumber=2),
        "group",
        f"{GROUP}/AnnotationGroupNumber",
        "error",
    ),
    "two groups have one UID": (
        lambda told: put(told.AnnotationGroupSequence[1], AnnotationGroupUID="1.2.3.9.1"),
        "group",
        "/AnnotationGroupSequence/1/AnnotationGroupUID",
        "error",
    ),
    "the UID of a group is none": (
        lambda told: put(told.AnnotationGroupSequence[0], AnnotationGroupUID="1.02.3"),
        "uid",
        f"{GROUP}/AnnotationGroupUID",
        "error",
    ),
    "a group has fewer annotations than it says": (
        lambda told: put(told.AnnotationGroupSequence[1], NumberOfAnnotations=4),
        "group",
        "/AnnotationGroupSequence/1/NumberOfAnnotations",
        "error",
    ),
    "an annotation begins behind all points": (
        lambda told: numbers(told, "LongPrimitivePointIndexList", lambda each: each + np.uint32([0, 0, 200])),
        "group",
        f"{GROUP}/LongPrimitivePointIndexList",
        "error",
    ),
    "annotations begin at 0": (
        lambda told: numbers(told, "LongPrimitivePointIndexList", lambda each: each - 1),
        "group",
        f"{GROUP}/LongPrimitivePointIndexList",
        "error",
    ),
    "a value is of an annotation that there is not": (
        lambda told: numbers(told, "AnnotationIndexList", lambda each: each + 1),
        "group",
        f"{VALUES}/AnnotationIndexList",
        "error",
    ),
    "there are more values than annotations named": (
        lambda told: numbers(told, "AnnotationIndexList", lambda each: each[:1]),
        "group",
        f"{VALUES}/AnnotationIndexList",
        "error",
    ),
    "the optical path is not that of the image": (
        lambda told: put(told.AnnotationGroupSequence[0], ReferencedOpticalPathIdentifier="2"),
        "optical_path",
        f"{GROUP}/ReferencedOpticalPathIdentifier",
        "error",
    ),
    "annotations lie beside the slide": (
        lambda told: points_moved(told, 500.0),
        "region",
        f"{GROUP}/PointCoordinatesData",
        "error",
    ),
    "annotations lie partly beside the slide": (
        lambda told: points_moved(told, 40.0),
        "region",
        f"{GROUP}/PointCoordinatesData",
        "warning",
    ),
    "annotations are of one tile, and the coordinates of the slide": (
        lambda told: put(told, PixelOriginInterpretation="FRAME"),
        "region",
        f"{GROUP}/PointCoordinatesData",
        "warning",
    ),
    "the slide is not there": (
        lambda told: put(told.ReferencedImageSequence[0], ReferencedSOPInstanceUID=UID),
        "missing",
        "/ReferencedImageSequence/0/ReferencedSOPInstanceUID",
        "error",
    ),
    "coordinates in space have no frame of reference": (
        lambda told: (put(told, AnnotationCoordinateType="3D"), told.pop("FrameOfReferenceUID", None)),
        "frame_of_reference",
        "/FrameOfReferenceUID",
        "error",
    ),
}


@pytest.mark.parametrize("name", ANNOTATION_FAULTS)
def test_a_fault_of_bulk_annotations_is_found_there(
    name: str, annotated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plant, rule, place, level = ANNOTATION_FAULTS[name]
    study = shutil.copytree(annotated, tmp_path / "study")
    edit(study / "ann.dcm", plant)
    code, findings = told(capsys, study)
    assert (f"links.{rule}", place, level) in {(each["rule"], each["path"], each["level"]) for each in findings}
    assert {Path(each["source"]).name for each in findings} == {"ann.dcm"}
    assert code == int(any(each["level"] == "error" for each in findings))


# --- frames of segmentations


@pytest.fixture(scope="module")
def segmented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seg")
    image = series(folder, GRID, "shifted")
    save_nifti(folder / "a.nii.gz", blob(GRID), GRID)
    (folder / "case.json").write_bytes(strict_json.dumps(document(image, [mask("A", "a.nii.gz")])))
    study = folder / "study"
    study.mkdir()
    registry.write(
        [read_case(folder / "case.json")], study / "a_seg.dcm", format="dicom-seg", images=[folder / "images"]
    )
    shutil.move(folder / "images", study / "images")
    return study


def every_frame(dataset: Dataset, change: Callable[[Dataset], object]) -> None:
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        change(frame)


def shifted(columns: float, rows: float) -> Callable[[Dataset], object]:
    def move(frame: Dataset) -> None:
        place = frame.PlanePositionSequence[0]
        x, y, z = map(float, place.ImagePositionPatient)
        place.ImagePositionPatient = [x + columns * 1.0, y + rows * 1.5, z]

    return lambda dataset: every_frame(dataset, move)


def without_source(dataset: Dataset) -> None:
    every_frame(dataset, lambda frame: frame.__delitem__("DerivationImageSequence"))


@pytest.mark.parametrize("has_source", [True, False])
@pytest.mark.parametrize(("columns", "rows"), [(0.5, 0.5), (0.0, -0.5), (3.0, 0.0), (400.0, 0.0)])
def test_a_frame_beside_its_place_in_the_plane_is_found(
    columns: float, rows: float, has_source: bool, segmented: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = shutil.copytree(segmented, tmp_path / "study")
    if not has_source:
        edit(seg(study), without_source)
        assert told(capsys, study) == (0, [])
    edit(seg(study), shifted(columns, rows))
    code, (finding,) = told(capsys, study)
    assert (code, finding["rule"], finding["source"]) == (1, "links.shift", str(seg(study)))
    assert finding["path"] == f"{FRAMES}/0/PlanePositionSequence/0/ImagePositionPatient"
    assert f"{columns:.4g} columns and {rows:.4g} rows off" in finding["message"]


@pytest.mark.parametrize(("columns", "findings"), [(3.0, 0), (3.5, 1)])
def test_a_part_of_the_image_lies_on_its_pixels(
    columns: float, findings: int, segmented: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A frame of fewer pixels may begin anywhere, but between pixels."""
    study = shutil.copytree(segmented, tmp_path / "study")
    edit(seg(study), lambda dataset: put(dataset, Columns=16))
    edit(seg(study), shifted(columns, 0.0))
    code, said = told(capsys, study)
    assert (code, [(each["rule"], each["level"]) for each in said]) == (0, [("links.shift", "warning")] * findings)


def test_turned_and_finer_frames_say_nothing(
    segmented: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = shutil.copytree(segmented, tmp_path / "study")

    def turn(dataset: Dataset) -> None:
        """Count columns from the other side."""
        shared = dataset.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0]
        across = np.array(shared.ImageOrientationPatient[:3], float)
        shared.ImageOrientationPatient = [*(-across), *shared.ImageOrientationPatient[3:]]
        shifted(23.0 * across[0], 0.0)(dataset)

    edit(seg(study), turn)
    assert told(capsys, study) == (0, [])
    study = shutil.copytree(segmented, tmp_path / "finer")

    def refine(dataset: Dataset) -> None:
        put(dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0], PixelSpacing=[0.75, 0.5])
        put(dataset, Rows=40, Columns=48)
        shifted(-0.25, -0.25)(dataset)

    edit(seg(study), refine)
    assert told(capsys, study) == (0, [])


@pytest.mark.parametrize("name", ["rt.dcm", "ann.dcm"])
def test_any_byte_of_them_may_be_wrong(name: str, structures: Path, annotated: Path, tmp_path: Path) -> None:
    study = structures if name == "rt.dcm" else annotated
    others = [one for path in sorted(study.iterdir()) if path.is_file() and (one := read_instance(path, Limits()))]
    others += [one for path in slices(study) if (one := read_instance(path, Limits()))] if name == "rt.dcm" else []
    data, random = (study / name).read_bytes(), np.random.default_rng(12)
    for at, value in zip(random.integers(132, len(data), 400), random.integers(0, 256, 400), strict=True):
        torn = tmp_path / name
        torn.write_bytes(data[:at] + bytes([value]) + data[at + 1 :])
        with suppress(InputError):
            one = read_instance(torn, Limits())
            rest = [each for each in others if each.path.name != name]
            assert all(finding.path for _, finding in check([one, *rest] if one else rest))
