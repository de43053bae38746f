"""What users of other libraries reported in public, rebuilt; a peer, a formula or a hand computation judges.

Each test names the thread: MONAI 9095 is issue 9095 of Project-MONAI/MONAI.
"""

from __future__ import annotations

import warnings

import krippendorff
import numpy as np
import pytest
import SimpleITK
from scipy import ndimage
from sklearn.metrics import cohen_kappa_score

from annoconv.errors import UsageError
from annoconv.metrics.classification import class_table
from annoconv.metrics.correlation import icc
from annoconv.metrics.kappa import cohen_kappa, fleiss_kappa, krippendorff_alpha
from annoconv.metrics.overlap import overlap
from annoconv.metrics.results import summary
from annoconv.metrics.surface import surface
from annoconv.model import MetricStatus


def cube(shape, *span):
    mask = np.zeros(shape, np.bool_)
    mask[tuple(slice(*each) for each in span)] = True
    return mask


def of(values, name):
    (found,) = [each for each in values if each.definition_id.endswith(f".{name}")]
    return found


def directed(a, b, spacing):
    """Distances of the border of one mask from that of another, by SciPy."""
    edges = [each & ~ndimage.binary_erosion(each) for each in (a, b)]
    return ndimage.distance_transform_edt(~edges[1], sampling=spacing)[edges[0]]


def test_finding_less_does_not_lower_the_mean_distance():
    """MONAI 9095: a missed structure is NaN by percentile and leaves the mean, which falls as the model finds less."""
    truth, off = cube((64, 64), (20, 28), (20, 28)), cube((64, 64), (24, 32), (20, 28))
    means = []
    for missed in (0, 10, 90):
        values = [of(surface(truth, off, (1, 1)), "hd95")] * (100 - missed)
        values += [of(surface(truth, np.zeros_like(truth), (1, 1), labels=[1]), "hd95")] * missed
        means.append(summary(values, worst=float(np.hypot(64, 64))))
    assert [each.mean_defined.value for each in means] == [4.0] * 3
    with_misses = [each.mean_with_misses.value for each in means]
    assert with_misses == sorted(with_misses)
    assert with_misses[1] == pytest.approx((90 * 4 + 10 * np.hypot(64, 64)) / 100)
    assert [each.missed for each in means] == [0, 10, 90]


def test_a_false_structure_is_not_the_best_there_can_be():
    """ToothFairy 5, DoDNet 7: an empty mask against a full one counted as a distance of 0, or as 373."""
    truth, found = np.zeros((8, 8), np.bool_), cube((8, 8), (2, 4), (2, 4))
    value = of(surface(truth, found, (1, 1), labels=[1]), "hd95")
    assert (value.value, value.status) == (None, MetricStatus.REFERENCE_EMPTY)
    assert summary([value], worst=11.0).mean_with_misses.value == 11.0


def test_what_both_lack_is_neither_perfect_nor_bad():
    """nnUNet 380, MONAI 4163: absent in both was NaN, 0 or 1, as a flag said."""
    nothing = np.zeros((4, 4, 4), np.bool_)
    values = [*overlap(nothing, nothing, (1, 1, 1), labels=[1]), *surface(nothing, nothing, (1, 1, 1), labels=[1])]
    told = {(each.value, each.status) for each in values if each.label is not None and each.unit != "mL"}
    assert told <= {(None, MetricStatus.BOTH_EMPTY), (1.0, MetricStatus.DEFINED)}
    dice = of(overlap(nothing, nothing, (1, 1, 1), labels=[1]), "dice")
    assert summary([dice]).mean_with_misses.status is MetricStatus.UNDEFINED
    assert summary([dice]).absent == 1


def test_an_empty_mask_is_no_error():
    """pymia 11: a mask of zeros alone raised."""
    full, nothing = cube((5, 5, 5), (1, 3), (1, 3), (1, 3)), np.zeros((5, 5, 5), np.bool_)
    for a, b in ((full, nothing), (nothing, full)):
        assert all(each.value is None for each in surface(a, b, (3, 1, 1), tolerances_mm=[1], labels=[1]))


@pytest.mark.parametrize("points", ["voxel", "surfel"])
def test_a_mask_that_fills_its_image_has_a_surface(points):
    """SimpleITK-Notebooks 453: no distance map, no surface."""
    full = np.ones((4, 5, 6), np.bool_)
    inner = cube((4, 5, 6), (1, 3), (1, 4), (1, 5))
    assert of(surface(full, full, (1, 1, 1), points=points), "hd").value == 0.0
    padded = [np.pad(each, 2) for each in (full, inner)]
    here, there = (
        [each.value for each in surface(*pair, (3, 1, 0.5), points=points)] for pair in ((full, inner), padded)
    )
    assert here == pytest.approx(there, abs=1e-12)


def test_a_mask_at_the_border_is_measured_as_one_within():
    """SimpleITK-Notebooks 455: at the border of the image the surface was outside it, and not seen."""
    a, b = cube((6, 8, 8), (0, 3), (0, 4), (0, 4)), cube((6, 8, 8), (0, 4), (0, 4), (1, 6))
    at_border = [each.value for each in surface(a, b, (2, 1, 1), tolerances_mm=[1.0])]
    within = [each.value for each in surface(np.pad(a, 3), np.pad(b, 3), (2, 1, 1), tolerances_mm=[1.0])]
    assert at_border == within


def test_distances_are_of_surfaces_not_from_the_filled_region():
    """SimpleITK-Notebooks 345, 366: inside the other mask every distance was 0, so means were too small."""
    outer, inner = cube((20, 20, 20), (2, 18), (2, 18), (2, 18)), cube((20, 20, 20), (8, 12), (8, 12), (8, 12))
    spacing = (2.0, 1.0, 0.5)
    both = np.concatenate([directed(outer, inner, spacing), directed(inner, outer, spacing)])
    assert of(surface(outer, inner, spacing), "assd").value == pytest.approx(both.mean(), abs=1e-12)
    peer = SimpleITK.HausdorffDistanceImageFilter()
    images = [SimpleITK.GetImageFromArray(each.astype(np.uint8)) for each in (outer, inner)]
    for image in images:
        image.SetSpacing(spacing[::-1])
    peer.Execute(*images)
    assert of(surface(outer, inner, spacing), "hd").value <= peer.GetHausdorffDistance() + 1e-6  # of regions


def test_a_picture_and_a_volume_of_one_slice():
    """surface-distance 14, MedSAM 128: what spacing a picture has."""
    a, b = cube((20, 20), (2, 10), (2, 10)), cube((20, 20), (4, 12), (2, 10))
    values = {each.definition_id: each.value for each in surface(a, b, (0.5, 2.0))}
    assert values["surface_voxel.hd"] == 1.0
    with pytest.raises(UsageError, match="one positive number of mm for each axis"):
        surface(a, b, (0.5, 2.0, 1.0))


def test_spacing_that_is_not_the_same_along_all_axes():
    """MONAI 6137: distances were in voxels."""
    rng = np.random.default_rng(0)
    a, b = (ndimage.gaussian_filter(rng.random((14, 16, 18)), 2) > 0.5 for _ in range(2))
    spacing = (5.0, 0.7, 0.9)
    found = surface(a, b, spacing)
    ours, theirs = directed(a, b, spacing), directed(b, a, spacing)
    assert of(found, "hd").value == pytest.approx(max(ours.max(), theirs.max()), abs=1e-9)
    assert of(found, "hd95").value == pytest.approx(max(np.percentile(ours, 95), np.percentile(theirs, 95)), abs=1e-9)


def test_two_means_of_surface_distances_have_two_names():
    """segmentation_metrics 31: the mean of all distances, or the mean of two means."""
    a, b = cube((12, 30), (2, 10), (2, 28)), cube((12, 30), (2, 10), (2, 8))
    ours, theirs = directed(a, b, (1, 1)), directed(b, a, (1, 1))
    found = surface(a, b, (1, 1))
    assert of(found, "assd").value == pytest.approx(np.concatenate([ours, theirs]).mean(), abs=1e-12)
    assert of(found, "masd").value == pytest.approx((ours.mean() + theirs.mean()) / 2, abs=1e-12)
    assert of(found, "assd").value != of(found, "masd").value


def test_a_distance_that_is_the_tolerance_but_for_rounding_is_within():
    """MONAI 6681, surface Dice: three steps of 0.1 mm against 0.3 mm."""
    a, b = cube((4, 20), (1, 3), (2, 10)), cube((4, 20), (1, 3), (5, 13))
    assert of(surface(a, b, (0.1, 0.1), tolerances_mm=[0.3]), "nsd").value == 1.0


@pytest.mark.parametrize("classes", [None, [1, 2, 3]])
def test_kappa_of_one_class_has_a_status_and_is_not_nan(classes):
    """scikit-learn 9624, 14256, dkpro-statistics 13: NaN, where all agree on one class."""
    with warnings.catch_warnings(action="ignore"):
        peer = cohen_kappa_score([1] * 5, [1] * 5, labels=classes)
    value = cohen_kappa(class_table([1] * 5, [1] * 5, classes=classes))
    assert np.isnan(peer)
    assert (value.value, value.status) == (None, MetricStatus.UNDEFINED)


def test_fleiss_of_a_class_that_nobody_chose():
    """statsmodels 4387, dkpro-statistics 24: seven raters agree on two subjects."""
    value = fleiss_kappa([[7, 0], [7, 0]])
    assert (value.value, value.status) == (None, MetricStatus.UNDEFINED)
    assert fleiss_kappa([[3, 0], [0, 3]]).value == 1.0


def test_fleiss_of_raters_who_never_agree():
    """statsmodels 7657: not an error, -1/2 by the formula; disagree 1: perfect agreement was 0."""
    assert fleiss_kappa([[1, 1, 1], [1, 1, 1]]).value == pytest.approx(-0.5, abs=1e-15)
    assert fleiss_kappa([[100] * 3] * 2).value == pytest.approx(-1 / 299, abs=1e-15)
    assert fleiss_kappa([[4, 0, 0], [0, 4, 0], [0, 0, 4]]).value == 1.0


def test_icc_of_one_rater_and_of_gaps_is_refused_with_what_to_do():
    """pingouin 231, 68: one rater a subject, ratings that are missing."""
    for table in ([[1.0], [2.0]], [[1.0, 2.0]], [[1.0, np.nan], [2.0, 3.0]]):
        with pytest.raises(UsageError, match="Leave out subjects that a rater did not rate"):
            icc(table)


def test_which_icc_is_of_absolute_agreement():
    """pingouin 228, 485: the second form counts a constant difference of raters, the third does not."""
    rng = np.random.default_rng(1)
    table = rng.normal(50, 10, (12, 1)) + rng.normal(0, 1, (12, 3))
    shifted = table + np.array([0, 20, 0])
    before, after = ({each.value.definition_id: each.value.value for each in icc(rows)} for rows in (table, shifted))
    assert after["agreement.icc_3_1"] == pytest.approx(before["agreement.icc_3_1"], abs=1e-12)
    assert after["agreement.icc_2_1"] < before["agreement.icc_2_1"] - 0.1


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_alpha_with_gaps_and_subjects_of_one_rating(level):
    """scikit-learn 18376, statistics of missing ratings: a subject that one rater rated is in no pair."""
    rows = [[1, 2, 3, None, 2, 5, None], [1, 2, 3, 3, 2, None, 4], [None, 3, 3, 3, 2, None, None]]
    data = [[np.nan if each is None else float(each) for each in row] for row in rows]
    peer = krippendorff.alpha(reliability_data=data, level_of_measurement=level)
    # values that stand in no pair do not enter the ranks either
    assert krippendorff_alpha(rows, level=level).value == pytest.approx(peer, abs=1e-12)
    constant = krippendorff_alpha([[1, 1, None], [1, 1, 1]], level=level)
    assert (constant.value, constant.status) == (None, MetricStatus.UNDEFINED)
