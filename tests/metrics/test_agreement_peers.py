"""The big statistical packages; `pytest -m peers`."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from annoconv.metrics.correlation import icc
from annoconv.metrics.kappa import fleiss_kappa

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]


@pytest.mark.parametrize("seed", range(20))
def test_statsmodels_says_the_same_of_fleiss_kappa(seed):
    inter_rater = pytest.importorskip("statsmodels.stats.inter_rater")
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(rng.integers(2, 9), rng.dirichlet(np.ones(5)), size=30)
    assert fleiss_kappa(counts).value == pytest.approx(inter_rater.fleiss_kappa(counts), abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_pingouin_prints_the_same_icc(seed):
    pingouin = pytest.importorskip("pingouin")
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(seed)
    n, k = rng.integers(3, 12), rng.integers(2, 6)
    table = rng.normal(0, 2, (n, 1)) + rng.normal(0, 1, (1, k)) * (seed % 3) + rng.normal(0, 0.5 + seed % 4, (n, k))
    frame = pandas.DataFrame(
        [(i, j, table[i, j]) for i in range(n) for j in range(k)], columns=["subject", "rater", "score"]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pingouin.intraclass_corr(frame, "subject", "rater", "score")
    bounds = next(name for name in theirs.columns if name.startswith("CI95"))
    for ours, row in zip(icc(table), theirs.to_dict("records"), strict=True):
        assert ours.value.value == pytest.approx(row["ICC"], abs=1e-9)
        assert ours.f == pytest.approx(row["F"], abs=1e-9)
        assert (ours.df1, ours.df2) == (row["df1"], row["df2"])
        assert ours.p == pytest.approx(row["pval"], abs=1e-9)
        assert [round(ours.value.low, 2), round(ours.value.high, 2)] == pytest.approx(list(np.round(row[bounds], 2)))
