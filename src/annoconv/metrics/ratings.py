"""Attributes, spans and sizes that several readers gave to the same cases, as tables, and how far they agree.

An attribute is rated by one value a case: names and switches agree by kappa and alpha, numbers by alpha, which takes
gaps, and by intraclass correlation; those of two readers by Pearson, Spearman, Bland and Altman. See 9.2 d, e.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annoconv.metrics.classification import class_table
from annoconv.metrics.correlation import bland_altman, icc, pearson, spearman
from annoconv.metrics.kappa import cohen_kappa, fleiss_kappa, krippendorff_alpha
from annoconv.metrics.texts import Span
from annoconv.model import AnnotationStatus, AttributeAnnotation, TextSpanAnnotation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from annoconv.casefile import LoadedCase
    from annoconv.metrics.kappa import Level
    from annoconv.model import MetricValue

__all__ = ["attributes_of", "number_agreement", "rating_agreement", "scores_of", "spans_of"]

_NOT_RESULTS = frozenset({AnnotationStatus.SUPERSEDED, AnnotationStatus.REJECTED})


def attributes_of(loaded: LoadedCase) -> dict[str, Any]:
    """Return the attributes that a case has of itself, by `LABEL.key`; of several of one label the first."""
    found: dict[str, Any] = {}
    for each in loaded.case.annotations:
        if isinstance(each, AttributeAnnotation) and each.status not in _NOT_RESULTS:
            for key, value in each.attributes.items():
                if isinstance(value, str | bool | int | float):
                    found.setdefault(f"{each.label_code}.{key}", value)
    return found


def scores_of(loaded: LoadedCase) -> dict[str, float]:
    """Return how sure a case is of each of its attributes: a number is its own score, a switch has its confidence."""
    found: dict[str, float] = {}
    for each in loaded.case.annotations:
        if isinstance(each, AttributeAnnotation) and each.status not in _NOT_RESULTS:
            sure = None if each.confidence is None else float(each.confidence)
            for key, value in each.attributes.items():
                name = f"{each.label_code}.{key}"
                if isinstance(value, bool):
                    if sure is not None:
                        found.setdefault(name, sure if value else 1 - sure)
                elif isinstance(value, int | float):
                    found.setdefault(name, float(value))
    return found


def spans_of(loaded: LoadedCase) -> list[Span]:
    """Return the spans of the texts of a case."""
    return [
        Span(each.text_id, each.start, each.end, each.label_code)
        for each in loaded.case.annotations
        if isinstance(each, TextSpanAnnotation) and each.status not in _NOT_RESULTS and each.end > each.start
    ]


def rating_agreement(
    ratings: Mapping[str, Mapping[str, Any]], readers: Sequence[str], *, label: str
) -> list[MetricValue]:
    """Return how far readers agree on one attribute.

    Parameters
    ----------
    ratings
        By case, by reader.
    readers
        Two at least.
    label
        The attribute.
    """
    given = [value for row in ratings.values() for value in row.values()]
    if given and all(isinstance(value, int | float) and not isinstance(value, bool) for value in given):
        rows = [[ratings[case].get(reader) for case in sorted(ratings)] for reader in readers]
        levels: list[Level] = (
            ["interval"] if any(isinstance(each, float) for each in given) else ["ordinal", "interval"]
        )
        alphas = [krippendorff_alpha(rows, level=level, label=label) for level in levels]
        return [*number_agreement(ratings, readers, label=label), *alphas]
    named = {case: {reader: str(value) for reader, value in row.items()} for case, row in ratings.items()}
    whole = [row for _, row in sorted(named.items()) if all(reader in row for reader in readers)]
    found: list[MetricValue] = []
    if len(readers) == 2:
        a, b = ([row[reader] for row in whole] for reader in readers)
        found.append(cohen_kappa(class_table(a, b), label=label))
    elif whole:
        classes = sorted({value for row in whole for value in row.values()})
        counts = [[[row[reader] for reader in readers].count(name) for name in classes] for row in whole]
        found.append(fleiss_kappa(counts, label=label))
    rows = [[named[case].get(reader) for case in sorted(named)] for reader in readers]
    found.append(krippendorff_alpha(rows, label=label))
    return found


def number_agreement(
    numbers: Mapping[str, Mapping[str, float]], readers: Sequence[str], *, label: str, unit: str = "1"
) -> list[MetricValue]:
    """Return how far readers agree on one number, over the cases that all of them measured.

    Parameters
    ----------
    numbers
        By case, by reader.
    readers
        Two at least.
    label
        What the number is.
    unit
        Its unit.
    """
    whole = [[row[reader] for reader in readers] for _, row in sorted(numbers.items()) if row.keys() >= {*readers}]
    found = [each.value for each in icc(whole, label=label)] if len(whole) > 1 else []
    if len(readers) == 2 and whole:
        x, y = zip(*whole, strict=True)
        found += [pearson(x, y, label=label), spearman(x, y, label=label), *bland_altman(x, y, unit=unit, label=label)]
    return found
