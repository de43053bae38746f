"""MONAI, MedPy, surface-distance and SimpleITK on the same masks; `pytest -m peers`. What differs, the page says."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK

from annoconv.metrics.average_precision import ScoredImage, froc, froc_curve
from annoconv.metrics.surface import surface, surface_distances
from annoconv.metrics.surfels import element_sizes
from tests.metrics.masks import by_name

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]
SPACINGS = [(1.0, 1.0, 1.0), (5.0, 0.7, 0.7), (0.5, 1.25, 3.0)]


def pair(seed):
    """Two smooth blobs that are much the same, or not."""
    rng = np.random.default_rng(seed)
    axes = np.ogrid[:24, :28, :30]
    wave = 0.2 * np.sin(axes[0] / 3) * np.cos(axes[1] / 4) + 0.15 * np.sin(axes[2] / 2)
    masks = []
    for _ in range(2):
        center, radii = rng.uniform(9, 17, 3), rng.uniform(4, 9, 3)
        masks.append(sum(((a - c) / r) ** 2 for a, c, r in zip(axes, center, radii, strict=True)) + wave < 1)
    if seed % 3 == 0:
        masks[1] = masks[0] ^ (rng.random(masks[0].shape) < 0.02)
    return masks


def ours(a, b, spacing, points="voxel", tolerance=1.5):
    return {
        name: each.value
        for name, each in by_name(surface(a, b, spacing, tolerances_mm=[tolerance], points=points), 1).items()
    }


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("spacing", SPACINGS)
def test_monai(seed, spacing):
    metrics = pytest.importorskip("monai.metrics")
    torch = pytest.importorskip("torch")
    a, b = pair(seed)
    x, y = (torch.from_numpy(np.stack([~each, each])[None].astype(np.float32)) for each in (b, a))
    found = ours(a, b, spacing)
    common = {"include_background": False, "spacing": spacing}
    theirs = {
        "hd": metrics.compute_hausdorff_distance(x, y, **common).item(),
        "hd95": metrics.compute_hausdorff_distance(x, y, percentile=95, **common).item(),
        "assd": metrics.compute_average_surface_distance(x, y, symmetric=True, **common).item(),
        "nsd@1.5": metrics.compute_surface_dice(x, y, [1.5 + 1e-6], **common).item(),
    }
    assert {name: found[name] for name in theirs} == pytest.approx(theirs, abs=1e-6, rel=1e-6)  # MONAI keeps float32


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("spacing", SPACINGS)
def test_medpy(seed, spacing):
    binary = pytest.importorskip("medpy.metric.binary")
    a, b = pair(seed)
    found = ours(a, b, spacing)
    assert found["hd"] == pytest.approx(binary.hd(b, a, spacing), abs=1e-6)
    assert found["hd95_pooled"] == pytest.approx(binary.hd95(b, a, spacing), abs=1e-6)
    assert found["assd"] == pytest.approx(binary.assd(b, a, spacing), abs=1e-6)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("spacing", SPACINGS)
def test_surface_distance(seed, spacing):
    peer = pytest.importorskip("surface_distance")
    a, b = pair(seed)
    theirs = peer.compute_surface_distances(a, b, spacing)
    found = ours(a, b, spacing, points="surfel")
    assert found["hd"] == pytest.approx(peer.compute_robust_hausdorff(theirs, 100), abs=1e-6)
    assert found["hd95"] == pytest.approx(peer.compute_robust_hausdorff(theirs, 95), abs=1e-6)
    assert found["masd"] == pytest.approx(sum(peer.compute_average_surface_distance(theirs)) / 2, abs=1e-6)
    assert found["nsd@1.5"] == pytest.approx(peer.compute_surface_dice_at_tolerance(theirs, 1.5 + 1e-9), abs=1e-6)


@pytest.mark.parametrize("spacing", [*SPACINGS, (0.3, 2.0, 0.9)])
def test_surface_elements_have_the_areas_of_surface_distance(spacing):
    tables = pytest.importorskip("surface_distance.lookup_tables")
    areas = tables.create_table_neighbour_code_to_surface_area(spacing)
    assert element_sizes(spacing) == pytest.approx(areas, abs=1e-12)
    lengths = tables.create_table_neighbour_code_to_contour_length(spacing[:2])
    assert element_sizes(spacing[:2]) == pytest.approx(lengths, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("spacing", SPACINGS)
def test_simpleitk_distance_maps_at_the_borders(seed, spacing):
    a, b = pair(seed)
    (found,) = surface_distances(a, b, spacing)
    images = [SimpleITK.GetImageFromArray(each.astype(np.uint8)) for each in (a, b)]
    for image in images:
        image.SetSpacing(spacing[::-1])
    borders = [SimpleITK.GetArrayFromImage(SimpleITK.LabelContour(image, False)) != 0 for image in images]
    for n, directed in enumerate((found.reference, found.other)):
        edge = SimpleITK.LabelContour(images[1 - n], False)
        away = SimpleITK.SignedMaurerDistanceMap(
            edge, squaredDistance=False, useImageSpacing=True, insideIsPositive=False
        )
        theirs = np.abs(SimpleITK.GetArrayFromImage(away))[borders[n]]
        assert np.sort(directed.distances) == pytest.approx(np.sort(theirs), abs=1e-4)  # ITK keeps float32


@pytest.mark.parametrize("seed", range(10))
def test_monai_froc(seed):
    peer = pytest.importorskip("monai.metrics")
    rng = np.random.default_rng(seed)
    images, false, true, objects = [], [0.0], [], 0  # MONAI leaves out the lowest score of all
    for place in range(10):
        matrix = (rng.random((rng.integers(1, 4), rng.integers(1, 8))) < 0.25).astype(float)
        scores = rng.choice(10_000, matrix.shape[1], replace=False) / 10_000 + 1e-6
        objects += len(matrix)
        false += scores[~matrix.any(axis=0)].tolist()
        true += [scores[row].max() for row in matrix.astype(bool) if row.any()]
        if not place:
            matrix, scores = np.pad(matrix, ((0, 0), (0, 1))), np.append(scores, 0.0)
        images.append(ScoredImage(matrix, scores.tolist()))
    rates = (0.123, 0.257, 0.519, 1.03, 2.01, 4.07)
    fps, sensitivity = peer.compute_froc_curve_data(np.array(false), np.array(true), objects, len(images))
    last = froc_curve(images, 0.5)[1][-1]
    assert last == pytest.approx(len(true) / objects)
    assert froc(images, rates=[rate for rate in rates if rate < max(fps)]).value == pytest.approx(
        peer.compute_froc_score(fps, sensitivity, [rate for rate in rates if rate < max(fps)]), abs=1e-12
    )
