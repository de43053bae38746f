"""Every command reads every case that another wrote: from a format to a case, through the rules, to every format.

`tests/golden/chains.txt` is the committed table of the real files: what of them is not read, breaks a rule of the
exchange, or is not written, each with the sentence that the user gets. `pytest tests/test_chains.py -m soak
--accept-losses` writes it anew; the ordinary run looks at some of the files, the soak at all.
"""

from __future__ import annotations

import importlib
import pkgutil
import shutil
from pathlib import Path

import nibabel
import numpy as np
import pytest

from annoconv.cli import main
from tests import foreign
from tests.chains import PROFILES, Chain, links
from tests.real_data import folder as data_folder
from tests.real_data import real
from tests.trees import ALL_READERS, pictures, prepare, source_of

GOLDEN = Path(__file__).parent / "golden" / "chains.txt"
CASES = Path(__file__).parent / "converters" / "volume_cases"
_IMAGES = {
    "seg/dcmqi_23x38x3/": "seg/dcmqi_23x38x3/23x38x3/image",
    "seg/dcmqi_labelmap_sparse/": "seg/dcmqi_labelmap_sparse/24x38x3/image",
    "seg/dcmqi_liver_triple/": "seg/dcmqi_liver_triple/ct-3slice",
    "seg/dcmqi_multi/": "seg/dcmqi_liver_triple/ct-3slice",
    "seg/dcmqi_partial_overlaps/": "seg/dcmqi_liver_triple/ct-3slice",
}
"""Where among the real files the images of segmentations are."""
_READER_BY_ENDING = {".dcm": "dicom-seg", "": "dicom-seg", ".json": "coco", ".xml": "cvat", ".geojson": "geojson"}
"""The reader that somebody would try with a file of this ending."""
_STEP = 16
"""Of so many real files one is looked at in the ordinary run."""


def chains() -> list[Chain]:
    """Return a chain for each of the real files that a reader says it reads."""
    modules = [importlib.import_module(f"tests.foreign.{one.name}") for one in pkgutil.iter_modules(foreign.__path__)]
    root = data_folder()
    found: list[Chain] = []
    for module in modules:
        for file in module.files():
            if not file.sources[0].is_relative_to(root):
                continue
            inner = file.sources[0].relative_to(root).as_posix()
            place = next((images for start, images in _IMAGES.items() if inner.startswith(start)), None)
            given = (root / place,) if place is not None and module.FORMAT in {"nifti", "dicom-seg"} else file.images
            found.append(Chain(f"{module.FORMAT} {inner}", module.FORMAT, file.sources, given, file.read_options))
    return found + others(root, {file for chain in found for file in chain.sources})


def others(root: Path, read: set[Path]) -> list[Chain]:
    """Return a chain for the first other file of each folder, which no reader claims: it is refused with help."""
    left: dict[tuple[Path, str], Path] = {}
    for path in sorted(root.glob("*/**/*")):
        if path.is_file() and path not in read and not any(path.is_relative_to(each) for each in read):
            left.setdefault((path.parent, path.suffix), path)
    named = [(path, _READER_BY_ENDING.get(ending)) for (_, ending), path in left.items()]
    return [
        Chain(f"{reader} {path.relative_to(root).as_posix()}", reader, (path,))
        for path, reader in named
        if reader is not None and not path.is_relative_to(root / "bagit_conformance")
    ]


CHAINS = chains()


def lines_of(chain: Chain, folder: Path) -> list[str]:
    """Return what of a chain is not simply done."""
    steps = links(chain, folder)
    return [f"{chain.name}: {step}: {told}" for step, told in steps if told not in {"done", "no error"}]


def table() -> list[str]:
    return GOLDEN.read_text("utf-8").splitlines()


@pytest.mark.parametrize("chain", CHAINS[::_STEP], ids=lambda chain: chain.name)
def test_a_real_file_goes_everywhere_or_is_refused_with_help(chain: Chain, tmp_path: Path) -> None:
    real("README.md")
    assert lines_of(chain, tmp_path) == [line for line in table() if line.startswith(f"{chain.name}: ")]


@pytest.mark.soak
def test_every_real_file_goes_everywhere_or_is_refused_with_help(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    real("README.md")
    lines: list[str] = []
    for number, chain in enumerate(CHAINS):
        (tmp_path / str(number)).mkdir()
        lines += lines_of(chain, tmp_path / str(number))
        shutil.rmtree(tmp_path / str(number))
    if request.config.getoption("--accept-losses"):
        GOLDEN.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    assert lines == table()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.mark.parametrize("name", ALL_READERS)
def test_a_case_of_every_reader_passes_every_profile_and_every_writer(
    name: str, prepared: Path, tmp_path: Path
) -> None:
    images = [prepared / "d" / "images"] if pictures(name, prepared) else []
    told = dict(links(Chain(name, name, [source_of(prepared, name)], images), tmp_path, PROFILES))
    assert told.pop("read") == "done"
    assert not {rule for profile in PROFILES for rule in told[profile].split(", ") if rule.startswith("schema")}
    assert told.pop("minimal") == told.pop("exchange") == "no error"
    refused = {step: text for step, text in told.items() if step != "delivery" and text != "done"}
    # What has no mask is no segmentation; what comes from a picture has no series.
    assert set(refused) <= {"to-dicom-seg", "to-dicom-sr", "to-nifti"}
    assert all("no mask" in text or "--images" in text or "no single source image" in text for text in refused.values())


@pytest.mark.parametrize(
    ("name", "form"), [(name, form) for name in "abcdef" for form in ("sform", "qform")] + [("ok", "agree")]
)
def test_a_case_of_a_form_that_was_chosen_passes_everywhere(name: str, form: str, tmp_path: Path) -> None:
    options = {"form": form, "modality": "CT"}
    told = dict(links(Chain(name, "nifti", [CASES / "forms" / f"{name}.nii.gz"], options=options), tmp_path))
    assert {told[step] for step in ("read", "to-nifti", "to-coco", "to-cvat", "to-geojson")} == {"done"}
    assert told["exchange"] == "no error"


def test_commands_read_the_case_of_the_demo_and_of_upgrade(tmp_path: Path) -> None:
    assert main(["demo", str(tmp_path / "demo"), "--quiet"]) == 0
    cases = [tmp_path / "demo" / "case.json", tmp_path / "demo" / "upgraded.json"]
    assert main(["upgrade", str(cases[0]), "-o", str(cases[1]), "--quiet"]) == 0
    for case in cases:
        for profile in PROFILES[:2]:
            assert main(["validate", str(case), "--profile", profile, "--quiet"]) == 0
        for name in ("nifti", "coco", "geojson"):
            assert main([f"to-{name}", str(case), "-o", str(tmp_path / f"{case.stem}-{name}"), "--quiet"]) == 0


def test_masks_on_two_grids_of_one_reader_are_written_by_every_other(tmp_path: Path) -> None:
    labels = np.zeros((8, 6, 5), np.uint8)
    labels[1:4, 1:4, 1:3] = 3
    affine = np.diag([-1.0, -1.0, 2.0, 1.0])
    for name in ("a.nii", "b.nii.gz"):
        nibabel.save(nibabel.Nifti1Image(labels, affine), tmp_path / name)
    told = dict(links(Chain("two", "nifti", [tmp_path / "a.nii", tmp_path / "b.nii.gz"]), tmp_path / "."))
    assert told["to-nifti"] == told["to-coco"] == "done"
