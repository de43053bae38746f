"""Volumes of a report: the voxels of the image where it lies, and a script of which nothing calls an address."""

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from annoconv import images
from annoconv.demo.case import make
from annoconv.pixels import NiftiVolume
from annoconv.report.quality import volumes as module
from annoconv.report.quality.page import page
from annoconv.report.quality.volume_viewer import bundle, version
from tests.cli.conftest import Ran, run
from tests.report.quality_cases import edit, two_readers

__all__ = ["run"]

ROOT = Path(__file__).parents[2]
MOST_BYTES = 8_000_000


def shown(run: Callable[..., Ran], folder: Path, *arguments: object) -> dict[str, Any]:
    ran = run("report", *arguments, "--viewer", "-o", folder / "r.html", "--json", "--overwrite")
    told: dict[str, Any] = ran.json["report"]
    return told


def opened(packed: str) -> Any:
    return nibabel.Nifti1Image.from_bytes(gzip.decompress(base64.b64decode(packed)))


def test_voxels_and_places_are_those_of_the_image(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = make(tmp_path / "a")
    (volume,) = shown(run, tmp_path, path, "--images", path.parent / "images")["volumes"]
    image, masks = opened(volume["image"]), opened(volume["masks"])
    assert image.get_data_dtype() == masks.get_data_dtype() == np.uint8
    assert np.allclose(image.affine, masks.affine)
    organs = nibabel.load(path.parent / "masks" / "organs.nii.gz")
    nodule = np.asarray(nibabel.load(path.parent / "masks" / "nodule.nii.gz").dataobj) > 0
    expected = np.asarray(organs.dataobj).copy()
    expected[nodule] = 3
    assert [each["code"] for each in volume["labels"]] == ["LIVER", "SPLEEN", "NODULE"]
    whole = np.zeros(expected.shape, np.uint8)
    back = np.linalg.inv(organs.affine) @ masks.affine
    for index in np.argwhere(np.asarray(masks.dataobj)):
        at = np.rint(back @ [*index, 1])[:3].astype(int)
        whole[tuple(at)] = masks.dataobj[tuple(index)]
    assert (whole == expected).all()
    (ct,) = images.scan([path.parent / "images" / "ct"])
    hounsfield = np.asarray(ct.read()).transpose(2, 1, 0).astype(float)
    levels = np.asarray(image.dataobj)
    kept = tuple(slice(first, first + count) for first, count in zip(volume["first"], volume["shape"], strict=True))
    assert np.corrcoef(levels.ravel(), np.clip(hounsfield[kept], -160, 240).ravel())[0, 1] > 0.999
    assert image.shape == tuple(volume["shape"])


def test_volumes_are_cropped_and_large_ones_thinned(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(tmp_path / "a")

    def keep_the_nodule(case: dict[str, Any]) -> None:
        case["annotations"] = [each for each in case["annotations"] if each["id"] in {"LES_1", "LES_1_MR"}]
        case["links"] = case["links"][1:2]
        case["annotations"][0]["cross_modal_links"] = ["LINK_MR"]

    edit(path, keep_the_nodule)
    (volume,) = shown(run, tmp_path, path)["volumes"]
    assert volume["shape"][0] < 64  # 16 mm across, 20 mm around it
    assert volume["first"][0] > 0
    whole = opened(volume["masks"])
    monkeypatch.setattr(module, "_MOST_VOXELS", 4000)
    (thin,) = shown(run, tmp_path, path)["volumes"]
    assert thin["step"] == 2
    kept = opened(thin["masks"])
    assert (np.asarray(kept.dataobj) == np.asarray(whole.dataobj)[::2, ::2, ::2]).all()
    assert np.allclose(kept.affine[:3, :3], 2 * whole.affine[:3, :3])
    assert np.allclose(kept.affine[:3, 3], whole.affine[:3, 3])
    assert np.asarray(opened(thin["image"]).dataobj).max() == 0  # no image was named
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "each 2th along each axis" in text


def test_cases_to_look_at_come_first_and_few_are_shown(run: Callable[..., Ran], tmp_path: Path) -> None:
    clean = [make(tmp_path / f"c{n}") for n in range(4)]
    for n, each in enumerate(clean):
        edit(each, lambda case, n=n: case.update(case_id=f"CLEAN_{n}"))
    readings = two_readers(tmp_path)
    told = shown(run, tmp_path, *clean, *readings)
    assert len(told["volumes"]) == module.MOST_VOLUMES
    assert [each["case"] for each in told["volumes"]][:2] == ["case-5", "case-6"]
    assert told["volumes_not_shown"] == []


def test_a_mask_that_does_not_fit_is_said_and_not_shown(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = make(tmp_path / "a")
    edit(path, lambda case: case["image"].update(origin=[500.0, 0.0, 0.0]))
    told = shown(run, tmp_path, path)
    assert told["volumes"] == []
    assert told["volumes_not_shown"][0]["case"] == "case-1"
    assert "<script" not in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_the_script_is_small_and_calls_no_address() -> None:
    script = bundle()
    assert len(script.encode()) <= MOST_BYTES
    assert re.findall(r"(?:https?|wss?|ftp):(?:\\?/){2}[^\s\"'`]+", script) == []
    assert re.findall(r"[\"'`]//[a-z0-9.-]+\.[a-z]{2,}", script) == []
    assert "</script" not in script.lower()
    assert not re.search(r"\b(?:eval|Function)\(|new Worker\(|importScripts|sendBeacon|new WebSocket", script)


def test_the_script_is_the_one_that_was_built_and_its_licences_are_with_it() -> None:
    told = version()
    assert told["sha256"] == hashlib.sha256(bundle().encode()).hexdigest()
    assert told["bytes"] == len(bundle().encode())
    locked = json.loads((ROOT / "src" / "viewer" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    licences = (files("annoconv.report.quality") / "viewer" / "LICENSES.txt").read_text(encoding="utf-8")
    assert told["packages"]["@niivue/niivue"]["version"] == told["niivue"]
    for name, each in told["packages"].items():
        assert each["version"] == locked[f"node_modules/{name}"]["version"]
        assert f"{name} {each['version']} ({each['license']})" in licences
    assert "Copyright (c) 2021, Niivue" in licences


def test_the_page_runs_this_script_and_no_other(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = make(tmp_path / "a")
    edit(path, lambda case: case.update(case_id="</script><script>alert(1)</script>"))
    told = shown(run, tmp_path, path)
    text = page(told)
    assert text == (tmp_path / "r.html").read_text(encoding="utf-8")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    digest = base64.b64encode(hashlib.sha256(bundle().encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ")
    assert f"script-src 'sha256-{digest}'" in policy
    assert "unsafe-eval" not in policy
    assert "connect-src" not in policy  # so that there is none
    bodies = re.findall(r"<script(?: [^>]*)?>(.*?)</script>", text, re.DOTALL)
    assert len(bodies) == 2
    assert json.loads(bodies[0])[0]["image"] == told["volumes"][0]["image"]
    assert bodies[1] == bundle()
    assert len(text.encode()) - len(bodies[0]) <= MOST_BYTES


def test_a_slide_and_a_picture_are_not_volumes(run: Callable[..., Ran], tmp_path: Path) -> None:
    path = make(tmp_path / "a")
    for frame in ("SLIDE", "NONE"):
        edit(path, lambda case, frame=frame: case["image"].update(coordinate_frame=frame))
        assert shown(run, tmp_path, path)["volumes"] == []


def test_a_mask_stored_in_another_order_lies_where_it_lies(run: Callable[..., Ran], tmp_path: Path) -> None:
    from annoconv.geometry import Grid
    from annoconv.pixels import save_nifti

    path = make(tmp_path / "a")
    before = shown(run, tmp_path, path)["volumes"]
    organs = path.parent / "masks" / "organs.nii.gz"
    volume = NiftiVolume(organs)
    labels, grid = volume.read().copy(), volume.grid
    turned = grid.affine @ np.diag([-1.0, 1.0, -1.0, 1.0])
    turned[:3, 3] = (grid.affine @ [grid.shape[0] - 1, 0, grid.shape[2] - 1, 1])[:3]
    organs.unlink()
    save_nifti(organs, np.ascontiguousarray(labels[::-1, :, ::-1]), Grid(grid.shape, turned))
    assert shown(run, tmp_path, path)["volumes"] == before
