"""Masks on whole slides: there and back in every format that takes them, and never the whole matrix of pixels."""

from __future__ import annotations

import tracemalloc
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import highdicom
import numpy as np
import pytest

from annoconv import read, read_case, write, write_cases
from annoconv.cli.limits import limits_from
from annoconv.documents import strict_json
from annoconv.errors import LimitError, MaskError
from annoconv.geometry import Grid
from annoconv.limits import Limits
from annoconv.pixels import NiftiVolume, foreground_of, save_nifti
from annoconv.registry import Context, converter
from annoconv.validation import validate
from tests.slides import discs, same, write_slide, write_slide_case

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from annoconv.volumes.foreground import Foreground

SIZE = 17_000
"""Rows and columns: more pixels than any array of a picture may have, 2 ** 28."""
SMALL = 700
"""Rows and columns, no multiple of the tiles."""


@contextmanager
def no_matrix(size: int = SIZE) -> Generator[None]:
    """Fail if as much memory was taken at once as a quarter of the matrix."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < size * size / 4
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module")
def slide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("slide")
    write_slide_case(folder, SIZE, 0.001)
    return folder


def mask_of(folder: Path) -> Foreground | None:
    (mask,) = read_case(folder).masks.values()
    return mask.foreground()


@pytest.mark.parametrize("kind", ["binary", "labelmap"])
def test_a_segmentation_of_a_slide_is_its_mask(kind: str, slide: Path, tmp_path: Path) -> None:
    path = tmp_path / "seg.dcm"
    source: dict[str, Any] = {"images": [slide / "slide.dcm"]}
    with no_matrix():
        write([read_case(slide / "case")], path, format="dicom-seg", type=kind, **source)
        write_cases(read([path], format="dicom-seg", **source), tmp_path / "back")
        assert same(mask_of(tmp_path / "back"), mask_of(slide / "case"))


@pytest.mark.parametrize("name", ["coco", "yolo", "geojson", "cvat", "label-studio"])
def test_pictures_of_a_slide_come_back(name: str, slide: Path, tmp_path: Path) -> None:
    path = tmp_path / f"out{converter('to', name).suffix}"
    with no_matrix():
        write([read_case(slide / "case")], path, format=name)
        write_cases(read([path], format=name), tmp_path / "back")
        assert same(mask_of(tmp_path / "back"), mask_of(slide / "case"))
    assert NiftiVolume(next((tmp_path / "back").rglob("*.nii.gz"))).grid.lps_from_ijk is None


def test_the_rules_look_at_a_slide_without_its_matrix(slide: Path) -> None:
    with no_matrix():
        found = validate(read_case(slide / "case"), profile="exchange", images=[slide / "slide.dcm"])
    assert not [each for each in found if "mask" in each.rule]


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[int, Foreground]]:
    """Return a small slide with three labels in one map."""
    folder = tmp_path_factory.mktemp("labelled")
    image = write_slide(folder / "slide.dcm", SMALL, 128)
    labels = np.zeros((1, SMALL, SMALL), np.uint8)
    masks = {number: discs(SMALL, 0.05, seed=number) for number in (1, 2, 3)}
    for number, mask in masks.items():
        labels[mask.dense()] = number
    (folder / "case").mkdir()
    save_nifti(folder / "case" / "map.nii.gz", labels, Grid((SMALL, SMALL, 1)))
    told = {"category": "lesion", "label_code": "TUMOR", "type": "mask", "mask_file": "map.nii.gz"}
    annotations = [{"id": f"M{number}", "mask_value": number, **told} for number in masks]
    case = {"task_id": "T", "image": image, "annotations": annotations, "metadata": {"annotator": "A1"}}
    (folder / "case" / "case.json").write_bytes(strict_json.dumps(case))
    volume = NiftiVolume(folder / "case" / "map.nii.gz")
    found = foreground_of(volume)
    assert found is not None
    return folder, {number: found.of(number) for number in masks}


@pytest.mark.parametrize("kind", ["binary", "labelmap", "fractional"])
def test_highdicom_reads_the_tiles_that_are_written(
    kind: str, labelled: tuple[Path, dict[int, Foreground]], tmp_path: Path
) -> None:
    folder, masks = labelled
    path = tmp_path / "seg.dcm"
    write([read_case(folder / "case")], path, format="dicom-seg", type=kind, images=[folder / "slide.dcm"])
    stored = highdicom.seg.segread(path)
    for number, mask in masks.items():
        matrix = stored.get_total_pixel_matrix(segment_numbers=[number], combine_segments=False)[..., 0]
        np.testing.assert_array_equal(matrix != 0, mask.dense()[0])
    (reading,) = read([path], format="dicom-seg")
    for number, mask in enumerate(reading.masks.values(), 1):
        np.testing.assert_array_equal(mask.read() != 0, masks[number].dense())
        found = mask.foreground()
        assert found is None if kind == "fractional" else same(found, masks[number])


def test_masks_of_several_files_that_overlap_are_a_file_of_bits_and_no_label_map(tmp_path: Path) -> None:
    image = write_slide(tmp_path / "slide.dcm", SMALL, 128)
    (tmp_path / "case").mkdir()
    masks = {f"M{seed}": discs(SMALL, 0.2, seed=seed) for seed in (1, 2)}
    for name, mask in masks.items():
        save_nifti(tmp_path / "case" / f"{name}.nii.gz", mask, Grid((SMALL, SMALL, 1)))
    told = {"category": "lesion", "label_code": "TUMOR", "type": "mask"}
    annotations = [{"id": name, "mask_file": f"{name}.nii.gz", **told} for name in masks]
    case = {"task_id": "T", "image": image, "annotations": annotations, "metadata": {"annotator": "A1"}}
    (tmp_path / "case" / "case.json").write_bytes(strict_json.dumps(case))
    given: dict[str, Any] = {"format": "dicom-seg", "images": [tmp_path / "slide.dcm"]}
    write([read_case(tmp_path / "case")], tmp_path / "seg.dcm", **given)
    (reading,) = read([tmp_path / "seg.dcm"], **given)
    assert all(same(reading.masks[name].foreground(), mask) for name, mask in masks.items())
    with pytest.raises(MaskError, match="share voxels"):
        write([read_case(tmp_path / "case")], tmp_path / "map.dcm", type="labelmap", **given)


def test_an_array_of_a_slide_beyond_memory_is_refused_by_name(slide: Path) -> None:
    limits = Limits(volume_bytes=SIZE * SIZE - 1)
    volume = NiftiVolume(slide / "case" / "m.nii.gz", limits)
    assert foreground_of(volume) is not None
    del volume
    with pytest.raises(LimitError, match="volume_bytes"):
        NiftiVolume(slide / "case" / "m.nii.gz", limits).read()


def test_what_is_read_is_bounded_by_one_name(slide: Path, tmp_path: Path) -> None:
    most = limits_from([f"mask_voxels={1 << 40}"])
    assert (most.mask_voxels, most.expanded_bytes) == (1 << 40, 1 << 43)
    assert Limits().expanded_bytes >= 8 * Limits().mask_voxels
    path = tmp_path / "seg.dcm"
    source: dict[str, Any] = {"images": [slide / "slide.dcm"]}
    write([read_case(slide / "case")], path, format="dicom-seg", **source)
    for sources, name, more in ([path], "dicom-seg", source), ([slide / "case" / "m.nii.gz"], "nifti", {}):
        context = replace(Context(), limits=Limits(mask_voxels=SIZE * SIZE - 1))
        with pytest.raises(LimitError, match="mask_voxels"):
            list(read(sources, format=name, context=context, **more))


def test_a_line_that_no_reader_takes_is_not_written(slide: Path, tmp_path: Path) -> None:
    case = read_case(slide / "case")
    for name in ("cases.jsonl", "case.json", "folder"):
        limits = Limits(line_bytes=100, document_bytes=100)
        with pytest.raises(LimitError, match=r"line_bytes|document_bytes"):
            write_cases([case], tmp_path / name, limits=limits)
        write_cases([case], tmp_path / name)
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "case.json",
        "case.masks",
        "cases.jsonl",
        "cases.masks",
        "folder",
    ]
