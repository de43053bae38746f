"""Reports in the adapters of cornerstone3D, of which OHIF is made: what its tools make of them, in plain node.

`npm i @cornerstonejs/adapters@5.14.0 @cornerstonejs/core@5.14.0 dcmjs@0.52.0 @babel/runtime esbuild` where
ANNOCONV_NODE_MODULES is, 106 MB. The pixels of the test are square, as the adapters take one spacing for the other.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annoconv import registry
from annoconv.casefile import read_case
from annoconv.documents import strict_json
from tests.cases import concept, document, grid_of, series

SCRIPT = Path(__file__).parent / "node" / "adapters_sr.mjs"
LENGTH = {"concept": concept("410668003", "SCT", "Length"), "value": 12.5, "unit": "mm"}
SHAPES: dict[str, dict[str, Any]] = {
    "RectangleROI": {"type": "bbox", "bbox": [1.0, 2.0, 5.5, 6.0]},
    "PlanarFreehandROI": {"type": "polygon", "polygon": [[1.0, 1.0], [6.0, 1.5], [4.25, 7.0]]},
    "Length": {"type": "polyline", "polyline": [[1.0, 1.0], [6.0, 1.5]]},
    "Probe": {"type": "point", "point": [3.5, 2.5]},
    "EllipticalROI": {"type": "ellipse", "center": [6.0, 5.0], "radii": [3.0, 2.0]},
}
GRID = grid_of((14, 12, 6), spacing=(1.5, 1.5, 3.0))


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the adapters as one file for node."""
    modules = Path(os.environ.get("ANNOCONV_NODE_MODULES") or "node_modules")
    if not (modules / "@cornerstonejs" / "adapters").is_dir() or not (modules / ".bin" / "esbuild").exists():
        missing = "the adapters of cornerstone3D are not installed (see the head of this file)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("node")
    shutil.copy(SCRIPT, folder)
    (folder / "node_modules").symlink_to(modules)
    made = folder / "sr.cjs"
    bundled = ["--bundle", "--platform=node", "--format=cjs", "--log-level=error", f"--outfile={made}"]
    subprocess.run([modules / ".bin" / "esbuild", folder / SCRIPT.name, *bundled], check=True, timeout=120)
    return made


def test_the_viewers_tools_take_every_shape_as_their_own(adapters: Path, tmp_path: Path) -> None:
    common = {"category": "lesion", "label_code": "NODULE", "slice_index": 2, "measurements": [LENGTH]}
    drawn = [{"id": tool, **common, **shape} for tool, shape in SHAPES.items()]
    image = series(tmp_path, GRID, "viewer")
    (tmp_path / "case.json").write_bytes(strict_json.dumps(document(image, drawn)))
    target = tmp_path / "sr.dcm"
    loaded = read_case(tmp_path / "case.json")
    registry.write([loaded], target, format="dicom-sr", images=[tmp_path / "images"], viewer="ohif")
    files = sorted((tmp_path / "images").iterdir())
    answer = subprocess.run(["node", adapters, target, *files], capture_output=True, encoding="utf-8", timeout=120)
    (line,) = [line for line in answer.stdout.splitlines() if line.startswith("TOLD ")]
    told = {one["tool"]: one for one in json.loads(line.removeprefix("TOLD "))}
    assert set(told) == set(SHAPES)
    assert {one["finding"] for one in told.values()} == {"Nodule"}
    assert (told["Length"]["stats"]["length"], told["Length"]["stats"]["unit"]) == (12.5, "mm")
    for tool, key in (("Length", "polyline"), ("PlanarFreehandROI", "polygon")):
        expected = [(GRID.affine @ [x - 0.5, y - 0.5, 2, 1])[:3] for x, y in SHAPES[tool][key]]
        np.testing.assert_allclose(told[tool]["points"], expected, atol=1e-4)
    (reading,) = registry.read([target], format="dicom-sr")
    assert strict_json.plain(reading.case) == strict_json.plain(loaded.case)
