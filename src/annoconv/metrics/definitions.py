"""The definitions of all metrics: what `definition_id` names, with unit, formula, source and worst value.

A, B: the regions (or surfaces) of reference and other. |A|: voxels of A. d(a, B): distance of a point from the nearest
of B, mm. TP, FP, FN, TN: of voxels, objects, samples or spans, as the group's first word says. A definition never
changes; another formula gets another id. docs/reference/metrics.md says what to beware of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["DEFINITIONS", "Definition"]


@dataclass(frozen=True)
class Definition:
    """One metric by one formula.

    Attributes
    ----------
    unit
        UCUM: `1`, `mm`, `mL`; that of the values compared is `{value}`, its square is not used.
    formula
        In plain text.
    source
        Clause of the specification (`A:`, `M:`, `Q:`), or who published it.
    worst
        What a structure that one of the two lacks counts as; None where the metric has no worst value of its own.
    """

    unit: str
    formula: str
    source: str
    worst: float | None = None


def _surface(points: str, weight: str, source: str) -> dict[str, Definition]:
    """Return the same distances between voxels and between surface elements, named apart."""
    total = f"{weight}(A) + {weight}(B)"
    mean = f"sum over a of d(a,B) {weight}(a)"
    back = f"sum over b of d(b,A) {weight}(b)"
    percentile = "95th percentile, linear between ranks" if weight == "n" else "first distance that covers 95 % of w"
    return {
        f"{points}.hd": Definition("mm", "max(max over a of d(a,B), max over b of d(b,A))", "A:9.2.c, D.7 (D.6)"),
        f"{points}.hd95": Definition("mm", f"max(P95 of d(a,B), P95 of d(b,A)), P95: {percentile}", "A:9.2.c"),
        f"{points}.hd95_pooled": Definition("mm", f"P95 of all d(a,B) and d(b,A) together, P95: {percentile}", source),
        f"{points}.assd": Definition("mm", f"({mean} + {back}) / ({total})", source),
        f"{points}.masd": Definition("mm", f"({mean} / {weight}(A) + {back} / {weight}(B)) / 2", source),
        f"{points}.nsd": Definition(
            "1", f"({weight}(a: d(a,B) <= t) + {weight}(b: d(b,A) <= t)) / ({total})", "Nikolov and others 2018", 0
        ),
    }


DEFINITIONS: Final[dict[str, Definition]] = {
    # --- regions, by voxels ---
    "overlap.dice": Definition("1", "2 |A and B| / (|A| + |B|)", "A:9.2.a, D.4 (D.3)", 0),
    "overlap.iou": Definition("1", "|A and B| / |A or B|", "A:9.2.b, D.6 (D.5)", 0),
    "overlap.precision": Definition("1", "|A and B| / |B|", "A:9.1.1.b", 0),
    "overlap.recall": Definition("1", "|A and B| / |A|", "A:9.1.1.b", 0),
    "overlap.specificity": Definition("1", "TN / (TN + FP), of all voxels of the array", "A:9.1.1.b"),
    "overlap.pixel_accuracy": Definition("1", "(TP + TN) / all, of all voxels of the array", "M:A.10"),
    "overlap.volume_similarity": Definition("1", "1 - ||A| - |B|| / (|A| + |B|)", "Taha and Hanbury 2015", 0),
    "overlap.conformity": Definition("1", "1 - (FP + FN) / TP", "Chang and others 2009"),
    "overlap.conformity_as_printed": Definition("1", "1 - FP / TP", "A:D.5 (D.4)"),
    "overlap.reference_size": Definition("mL", "|A| times the size of a voxel; mm2 of a picture", "A:9.2.e"),
    "overlap.other_size": Definition("mL", "|B| times the size of a voxel; mm2 of a picture", "A:9.2.e"),
    "overlap.size_difference": Definition("mL", "(|B| - |A|) times the size of a voxel", "A:9.2.e"),
    "overlap.accuracy_of_all": Definition("1", "voxels of the same label / all voxels", "A:D.11 (D.10)"),
    # --- surfaces ---
    **_surface("surface_voxel", "n", "Taha and Hanbury 2015"),
    **_surface("surface_surfel", "w", "Nikolov and others 2018"),
    "boundary.iou": Definition(
        "1",
        "|Ad and Bd| / |Ad or Bd|, Ad: voxels of A within d of a voxel centre outside A",
        "Cheng and others 2021",
        0,
    ),
    # --- objects ---
    "detection.precision": Definition("1", "TP / (TP + FP), of objects", "A:9.1.1.a, D.3 (D.2)", 0),
    "detection.recall": Definition("1", "TP / (TP + FN), of objects", "A:9.1.1.a, D.2 (D.1)", 0),
    "detection.f1": Definition("1", "2 TP / (2 TP + FP + FN), of objects", "M:A.10", 0),
    "detection.iou": Definition("1", "area (volume) in common / area of both together, of two objects", "A:9.2.b", 0),
    "detection.ap_coco": Definition("1", "mean of the precision envelope at recall 0, 0.01 .. 1", "M:A.10, COCO", 0),
    "detection.ap_voc_2007": Definition("1", "mean of the precision envelope at recall 0, 0.1 .. 1", "M:A.10, VOC", 0),
    "detection.ap_voc_2010": Definition("1", "area under the precision envelope", "M:A.10, VOC", 0),
    "detection.map": Definition("1", "mean of AP over classes and thresholds", "M:A.10", 0),
    **{
        f"detection.map_{name}": Definition("1", f"the same of objects of {area} square pixels", "COCO", 0)
        for name, area in {"small": "0 to 32^2", "medium": "32^2 to 96^2", "large": "96^2 and more"}.items()
    },
    "detection.froc": Definition("1", "mean recall at 1/8, 1/4, 1/2, 1, 2, 4, 8 false positives an image", "LUNA16", 0),
    # --- samples ---
    "classification.sensitivity": Definition("1", "TP / (TP + FN), of samples", "A:9.1.1.c, D.9 (D.8)"),
    "classification.specificity": Definition("1", "TN / (TN + FP), of samples", "A:9.1.1.c, D.10 (D.9)"),
    "classification.accuracy": Definition("1", "sum of N_jj / sum of N_ij", "A:9.1.1.c, D.11 (D.10)"),
    "classification.precision": Definition("1", "TP / (TP + FP), of samples", "M:A.10"),
    "classification.recall": Definition("1", "TP / (TP + FN), of samples", "M:A.10"),
    "classification.f1": Definition("1", "2 TP / (2 TP + FP + FN), of samples", "M:A.10"),
    **{
        f"classification.{name}_{mean}": Definition("1", f"{name} {how}", "M:A.10")
        for mean, how in (
            ("macro", "averaged over the classes that occur in either list"),
            ("micro", "of the counts of all classes together"),
            ("weighted", "averaged over classes, weighted by their number in the reference"),
        )
        for name in ("precision", "recall", "f1")
    },
    "classification.auc": Definition("1", "P(score of a positive > of a negative) + P(equal) / 2", "A:9.1.1.c"),
    "text.precision_exact": Definition("1", "predicted spans that equal a span of the reference / predicted", "M:A.10"),
    "text.recall_exact": Definition("1", "spans of the reference that are predicted exactly / reference", "M:A.10"),
    "text.f1_exact": Definition("1", "harmonic mean of the two", "M:A.10"),
    "text.precision_overlap": Definition(
        "1", "predicted spans matched one to one with an overlap / predicted", "M:A.10"
    ),
    "text.recall_overlap": Definition("1", "spans of the reference so matched / reference", "M:A.10"),
    "text.f1_overlap": Definition("1", "harmonic mean of the two", "M:A.10"),
    "discovery.additional": Definition("1", "findings beyond the reference / findings of the reference", "Q:abstract"),
    "discovery.additional_confirmed": Definition(
        "1", "those of them that a person confirmed / findings of the reference", "Q:abstract"
    ),
    # --- agreement ---
    "agreement.cohen_kappa": Definition("1", "(Acc - p_e) / (1 - p_e)", "A:9.2.d, D.12 (D.11, D.12)"),
    "agreement.cohen_kappa_linear": Definition("1", "1 - sum |i-j| N_ij / sum |i-j| E_ij", "Cohen 1968"),
    "agreement.cohen_kappa_quadratic": Definition("1", "1 - sum (i-j)^2 N_ij / sum (i-j)^2 E_ij", "Cohen 1968"),
    "agreement.fleiss_kappa": Definition("1", "(mean of P_i - P_e) / (1 - P_e)", "A:9.2.d, Fleiss 1971"),
    **{
        f"agreement.krippendorff_{level}": Definition("1", "1 - D_o / D_e", "Krippendorff 2004")
        for level in ("nominal", "ordinal", "interval", "ratio")
    },
    **{
        f"agreement.{form}": Definition("1", formula, "A:9.2.e, Shrout and Fleiss 1979")
        for form, formula in {
            "icc_1_1": "(MSR - MSW) / (MSR + (k-1) MSW)",
            "icc_2_1": "(MSR - MSE) / (MSR + (k-1) MSE + k (MSC - MSE) / n)",
            "icc_3_1": "(MSR - MSE) / (MSR + (k-1) MSE)",
            "icc_1_k": "(MSR - MSW) / MSR",
            "icc_2_k": "(MSR - MSE) / (MSR + (MSC - MSE) / n)",
            "icc_3_k": "(MSR - MSE) / MSR",
        }.items()
    },
    "agreement.staple_sensitivity": Definition(
        "1",
        "sum of W over voxels that a reader marked / sum of W, W: probability by STAPLE",
        "Warfield and others 2004",
    ),
    "agreement.staple_specificity": Definition(
        "1", "sum of 1 - W over voxels that the reader did not mark / sum of 1 - W", "Warfield and others 2004"
    ),
    "agreement.pearson": Definition("1", "cov(X, Y) / (sigma_X sigma_Y)", "A:9.1.1.e, D.8 (D.7)"),
    "agreement.spearman": Definition("1", "Pearson of the ranks, ties at their mean rank", "A:9.1.1.e"),
    "agreement.bias": Definition("{value}", "mean of Y - X", "Bland and Altman 1986"),
    "agreement.limit_low": Definition("{value}", "bias - 1.96 SD of Y - X (n - 1)", "Bland and Altman 1986"),
    "agreement.limit_high": Definition("{value}", "bias + 1.96 SD of Y - X (n - 1)", "Bland and Altman 1986"),
    # --- what a person changed in a model's mask ---
    "deviation.signed_shift": Definition(
        "mm", "mean over the person's border of its distance from the model's, positive outside it", "A:9.1.1 note 1"
    ),
    "deviation.absolute_shift": Definition("mm", "mean of the same distances without sign", "A:9.1.1 note 1"),
    "deviation.miss_rate": Definition(
        "1", "FN / (TP + FN): what the person added / the person's mask", "A:9.1.1 note 1", 1
    ),
    "deviation.over_marking_rate": Definition(
        "1", "FP / (TP + FP): what the person removed / the model's mask", "A:9.1.1 note 1", 1
    ),
    "deviation.region_mismatch": Definition("1", "voxels of another label in the two / |A or B|", "A:9.1.1 note 1", 1),
    # --- registration ---
    "registration.tre_mean": Definition("mm", "mean distance of landmarks after mapping", "A:8.5.1.3"),
    "registration.tre_max": Definition("mm", "largest distance of a landmark after mapping", "A:8.5.1.3"),
    "registration.tre_rms": Definition("mm", "root of the mean squared distance of landmarks", "A:8.5.1.3"),
    "registration.centroid_offset": Definition("mm", "distance of the centres of mass", "A:8.5.1.3"),
    "registration.surface_offset": Definition("mm", "ASSD of the voxel borders", "A:8.5.1.3"),
    # --- verification ---
    "verification.fold_mean": Definition("{value}", "mean over folds of the mean of each fold", "A:9.4.1.a"),
    "verification.fold_sd": Definition("{value}", "standard deviation (n - 1) of the means of the folds", "A:9.4.1.a"),
    "verification.fold_range": Definition("{value}", "largest less smallest mean of a fold", "A:9.4.1.a"),
    "verification.mean": Definition("{value}", "mean, with a bootstrap percentile interval", "A:9.4.1"),
}
