"""Training sets judged by those who train from them: BIDS validator, nnU-Net, MONAI. `pytest -m peers`.

MONAI and nnU-Net bring PyTorch; they may live in an environment of their own, whose Python `ANNOCONV_PEERS_PYTHON`
names. Without it, this Python is asked.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from annoconv import registry
from annoconv.casefile import LoadedCase, read_case
from annoconv.files.manifest import MANIFEST
from tests import cases, peers
from tests.converters.test_nifti import several

pytestmark = pytest.mark.peers


def ask(module: str, script: str, *arguments: Path) -> Any:
    """Run a script that prints one JSON value in the peers' Python; skip (fail in CI) where the module is absent."""
    python = os.environ.get("ANNOCONV_PEERS_PYTHON", sys.executable)
    if subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{module} is not installed (pip install {module})")
    folders = {name: str(arguments[0].parent) for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")}
    run = subprocess.run(
        [python, "-c", script, *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | folders,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def sets_of(folder: Path) -> list[tuple[str, list[LoadedCase], tuple[Path, ...]]]:
    """Return training cases: three alike, a label map of three organs, and masks that overlap."""
    alike, images = several(folder / "alike", "abc")
    found = [("alike", alike, tuple(images))]
    for name in ("label_map", "overlapping_masks"):
        zoo = cases.make(name, folder / name)
        found.append((name, [read_case(zoo.path)], zoo.images))
    return found


def test_bids_validator_finds_no_error(tmp_path: Path) -> None:
    for name, loaded, images in sets_of(tmp_path):
        target = tmp_path / f"bids_{name}"
        registry.write(loaded, target, format="nifti", layout="bids", images=images, suffix="T1w")
        assert (target / MANIFEST).is_file()
        answer = peers.run("bids-validator-deno", "--json", target)
        issues = json.loads(answer.stdout)["issues"]["issues"]
        assert [issue for issue in issues if issue["severity"] == "error"] == [], name


def test_nnunet_finds_the_data_set_whole(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "if __name__ == '__main__':\n"
        "    from nnunetv2.experiment_planning.verify_dataset_integrity import verify_dataset_integrity\n"
        "    verify_dataset_integrity(sys.argv[1], 1)\n"
        "    print('true')\n"
    )
    for number, (name, loaded, images) in enumerate(sets_of(tmp_path), 1):
        target = tmp_path / f"Dataset{number:03d}_{name}"
        registry.write(loaded, target, format="nifti", layout="nnunet", images=images)
        assert (target / MANIFEST).is_file()
        assert ask("nnunetv2", script, target) is True


@pytest.mark.parametrize(("layout", "listed"), [("msd", "dataset.json"), ("monai", "datalist.json")])
def test_monai_loads_the_list_and_the_volumes(layout: str, listed: str, tmp_path: Path) -> None:
    script = (
        "import json, sys\n"
        "from monai.data import load_decathlon_datalist\n"
        "from monai.transforms import LoadImaged\n"
        "items = load_decathlon_datalist(sys.argv[1], True, 'training')\n"
        "loaded = [LoadImaged(['image', 'label'])(item) for item in items]\n"
        "print(json.dumps([[list(each['image'].shape), list(each['label'].shape), each['label'].unique().tolist(),"
        " bool((each['image'].affine == each['label'].affine).all())] for each in loaded]))\n"
    )
    for name, loaded, images in sets_of(tmp_path)[:2]:
        target = tmp_path / f"{layout}_{name}"
        registry.write(loaded, target, format="nifti", layout=layout, images=images)
        assert (target / MANIFEST).is_file()
        answers = ask("monai", script, target / listed)
        assert len(answers) == len(loaded)
        for shape, label_shape, values, is_same in answers:
            assert shape == label_shape == list(loaded[0].case.image.shape)
            assert values == list(range(len(values)))
            assert len(values) > 1
            assert is_same
