"""Near copies of images among the cases of a set (A A.5 c): what is one, and what is not."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest
from PIL import Image as Pillow

from annoconv import images, rules, validate
from annoconv.demo.series import write_series
from annoconv.geometry import Grid
from annoconv.quality.copies import Copies, signature_of
from annoconv.rules.outcomes import Outcome
from tests.cli.conftest import Ran, run
from tests.documents import Document, good, write
from tests.real_data import real

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["run"]

RULE = "A-A.5c.near_copy"
LEAST = rules.catalogue()[RULE].parameters["least_correlation"]


def patient(seed: int, shape_kji: tuple[int, int, int] = (12, 96, 80)) -> NDArray[np.float64]:
    """Return a body with bones, organs and noise of its own; the body and the couch below it are the same for all."""
    random = np.random.default_rng(seed)
    k, j, i = (np.indices(shape_kji) + 0.5) / np.reshape(shape_kji, (3, 1, 1, 1)) - 0.5
    volume = np.where(j**2 + i**2 < 0.16, 40.0, -1000.0) + 300 * (np.abs(j - 0.45) < 0.02)
    for _ in range(25):
        a, b, c = random.uniform(-0.35, 0.35, 3)
        volume += random.uniform(-200, 400) * ((k - a) ** 2 + (j - b) ** 2 + (i - c) ** 2 < random.uniform(0.002, 0.02))
    return volume + random.normal(0, 12, shape_kji)


def told(*every: tuple[NDArray[Any], Grid | None]) -> list[str | None]:
    """Return of which image each is a copy, by its number."""
    known = Copies()
    found: list[str | None] = []
    for n, (pixels, grid) in enumerate(every):
        signature = signature_of(pixels, grid)
        first = signature and known.first(signature, group="", owner=f"{n}", name=f"{n}", least=LEAST)
        found.append(None if first is None else first[0])
    return found


def alike(one: NDArray[Any], other: NDArray[Any]) -> float:
    first, second = signature_of(one, None), signature_of(other, None)
    assert first is not None
    assert second is not None
    return float(first.detail @ second.detail)


def encoded(pixels: NDArray[Any], kind: str, **options: Any) -> NDArray[Any]:
    file = io.BytesIO()
    Pillow.fromarray(pixels).save(file, kind, **options)
    return np.asarray(Pillow.open(file))


def grey(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    low, high = float(pixels.min()), float(pixels.max())
    return np.rint((pixels - low) / (high - low) * 255).astype(np.uint8)


# --- what is told ---


@pytest.mark.parametrize("seed", range(5))
def test_another_grey_range_another_encoder_and_noise_make_no_other_image(seed: int) -> None:
    volume = patient(seed)
    flat = patient(seed, (1, 256, 320))
    shown = grey(flat[0])
    noise = np.random.default_rng(seed + 100).normal(0, 3, shown.shape)
    copies: Iterable[NDArray[Any]] = (
        encoded(shown, "JPEG", quality=75),
        encoded(np.dstack([shown] * 3), "JPEG", quality=80),
        encoded(shown, "PNG"),
        (shown * 0.5 + 30).astype(np.uint8),
        shown + noise,
        (shown.astype(np.uint16) * 257),
    )
    assert told(*((each[None], None) for each in (shown, *copies))) == [None] + ["0"] * 6
    turns = [(volume, None), (volume * 0.37 + 1024, None), (volume.astype(np.float32), None), (np.rint(volume), None)]
    assert told(*turns) == [None, "0", "0", "0"]


def test_the_axes_of_another_format_make_no_other_image() -> None:
    volume, ijk = patient(1), np.diag([2.0, 2.0, 5.0, 1.0])
    reversed_k = ijk @ np.array([[1, 0, 0, 0], [0, -1, 0, 95], [0, 0, -1, 11], [0, 0, 0, 1]])
    sagittal = ijk[:, [2, 0, 1, 3]]
    pairs = [
        (volume, Grid((80, 96, 12), ijk)),
        (volume[::-1, ::-1], Grid((80, 96, 12), reversed_k)),
        (volume.transpose(1, 2, 0), Grid((12, 80, 96), sagittal)),
    ]
    assert told(*pairs) == [None, "0", "0"]


@pytest.mark.parametrize(
    "name", ["pyradiomics/brain1_image.nrrd", "slicerio/CTChest4.nrrd", "pyradiomics/breast1_image.nrrd"]
)
def test_a_real_slice_that_is_encoded_again_is_told(name: str) -> None:
    volume = images.open(real(f"nrrd/{name}")).read()
    for plane in volume[1::5]:
        shown = grey(plane)
        assert alike(plane[None], encoded(shown, "JPEG", quality=75)[None]) >= LEAST
        assert alike(plane[None], (shown * 0.5 + 30).astype(np.uint8)[None]) >= LEAST


def test_a_real_series_and_what_others_made_a_volume_of_are_copies() -> None:
    folder = real("dicom/enhanced_mr_philips_vs_nifti")
    every = images.scan([folder])
    assert len(every) == 3
    assert [each is None for each in told(*((each.read(), each.grid) for each in every))] == [True, False, False]


# --- what is not ---


def test_a_hundred_patients_of_one_protocol_are_a_hundred() -> None:
    assert set(told(*((patient(seed), None) for seed in range(100)))) == {None}
    assert set(told(*((patient(seed, (1, 128, 128)), None) for seed in range(100)))) == {None}


def test_blank_images_masks_and_tiny_ones_are_none() -> None:
    volume = patient(3)
    mask = (volume > 100).astype(np.uint8)
    blank = np.zeros((12, 96, 80), np.int16)
    tiny = np.arange(32 * 32).reshape(1, 32, 32)
    not_told = [volume, mask, blank, blank + 7, np.full((12, 96, 80), np.nan), tiny, tiny + 1]
    assert set(told(*((each, None) for each in not_told))) == {None}


@pytest.mark.parametrize(
    "name",
    [
        "nifti/totalseg_ct/example_ct_sm.nii.gz",
        "nrrd/slicerio/CTChest4.nrrd",
        "nrrd/pyradiomics/brain1_image.nrrd",
        "dicom/ct_siemens_axial_j2k",
        "dicom/ct_philips_axial",
        "dicom/mr_ge_coronal_hfp",
    ],
)
def test_neighbouring_slices_of_a_real_volume_are_no_copies(name: str) -> None:
    found = images.open(real(name)).read()
    assert len(found) > 10
    assert set(told(*((each[None], None) for each in found))) == {None}


# --- the rule ---


def case(number: int, uid: str, shape: tuple[int, ...], **rest: Any) -> Document:
    document = good() | {"case_id": f"C{number}"} | rest
    document["image"] = {"uid": uid, "modality": "CT", "shape": list(shape)}
    document["annotations"] = document["annotations"][:1]
    return document


def found(path: Path, **options: Any) -> list[tuple[int, str, str]]:
    every = validate(path, profile="delivery", **options)
    return [(each.case_index, each.path, each.message) for each in every if each.rule == RULE]


def test_a_series_and_a_volume_of_its_voxels_are_told_where_they_can_be_read(run: Ran, tmp_path: Path) -> None:
    lps = np.diag([2.0, 2.0, 5.0, 1.0])
    grid = Grid((80, 96, 12), lps)
    volume = np.rint(patient(5)).astype(np.int16)
    folder = tmp_path / "images"
    uid = write_series(folder / "series", grid, volume, name="copies")
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ lps
    for name, each in {"copy": volume * 0.5 + 7, "other": patient(6)}.items():
        nib.save(nib.Nifti1Image(each.transpose(2, 1, 0).astype(np.float32), ras), folder / f"{name}.nii.gz")
    cases = [case(n, each, grid.shape) for n, each in enumerate((uid, "other", "copy"))]
    path = write(tmp_path / "cases.jsonl", *cases)
    assert found(path) == []  # nothing to look at
    ((index, place, message),) = found(path, images=[folder])
    assert (index, place) == (2, "/image")
    assert message == (
        "the image copy has nearly the pixels of that of C0 (cases.jsonl, line 1), correlation 1.0000; "
        "if it is a copy leave one of the two out and record it among the exclusions"
    )
    assert found(write(tmp_path / "one.json", cases[0]), images=[folder]) == []
    for change in ({"case_id": "C0"}, {"task_id": "ANOTHER"}):
        assert found(write(tmp_path / "a.jsonl", *cases[:2], cases[2] | change), images=[folder]) == []
    assert RULE in run("validate", path, "--profile", "delivery", "--json").json["outcomes"][Outcome.NOT_APPLICABLE]
    of_rule = run("validate", path, "--profile", "delivery", "--images", folder, "--json").json["outcomes"]
    assert RULE in of_rule[Outcome.FAILED]


def test_a_picture_in_another_format_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    shown = grey(patient(7, (1, 256, 320))[0])
    Pillow.fromarray(shown).save(folder / "a.png")
    Pillow.fromarray(np.dstack([shown] * 3)).save(folder / "b.jpg", quality=75)
    Pillow.fromarray(grey(patient(8, (1, 256, 320))[0])).save(folder / "c.png")
    cases = [case(n, each, (320, 256, 1)) for n, each in enumerate("acb")]
    for each, name in zip(cases, ("a.png", "c.png", "b.jpg"), strict=True):
        each["image"]["files"] = [{"path": name}]
    path = write(tmp_path / "cases.jsonl", *cases)
    assert [each[:2] for each in found(path, images=[folder])] == [(2, "/image")]
    (folder / "b.jpg").write_bytes(b"\xff\xd8 no picture")
    assert found(path, images=[folder]) == []


def test_pictures_are_images_of_a_case_and_their_size_is_compared(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    Pillow.fromarray(np.zeros((256, 320), np.uint8)).save(folder / "a.png")
    (folder / "b.png").write_bytes(b"no picture")
    named = case(0, "a", (320, 256, 1))
    told: list[tuple[str, dict[str, Any], str]] = [
        ("a.png", {}, ""),
        ("a.png", {"shape": [256, 320, 1]}, "shape [256, 320], but the files have [320, 256]"),
        ("b.png", {}, "cannot be read"),
        ("c.png", {}, "Name images or their folder"),
    ]
    for name, changed, problem in told:
        image = named["image"] | changed | {"files": [{"path": name}]}
        path = write(tmp_path / "case.jsonl", {**named, "image": image})
        messages = [each.message for each in validate(path, images=[folder]) if each.rule == "A-6.6.2.image_source"]
        assert len(messages) == bool(problem), (name, messages)
        assert all(problem in str(each) for each in messages), messages
