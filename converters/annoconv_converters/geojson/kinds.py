"""Outlines of large collections that say no more than others before them: what those became, these become.

Most objects of a slide are of a few kinds: their properties are the same. The first of each kind is read and compared
with its annotation as any feature is (`features`, `losses`); of the others only ids and rings are looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from annoconv.documents.faults import typed_members
from annoconv.loss import Loss
from annoconv.model import Case
from annoconv_converters._pictures.record_ids import annotation_id
from annoconv_converters.geojson.meaning import OLD_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from annoconv.model import AnyAnnotation
    from annoconv_converters.geojson.features import FeatureFile

__all__ = ["Kinds"]

Record: TypeAlias = "dict[str, Any]"
Placed: TypeAlias = "tuple[tuple[str, int], Record]"

_MOST: Final = 1_000
"""Kinds that are held."""
_OF_FEATURE: Final = frozenset({"type", "id", "geometry", "properties"})
_OF_OUTLINE: Final[set[str]] = {"id", "category", "label_code", "type", "polygon"}


class _Kind(NamedTuple):
    """What features of a kind became: fields of their annotations beside id and polygon, and losses by their place."""

    fields: Record
    losses: list[tuple[str, Loss]]


class Kinds:
    """Kinds of outlines of one file.

    Parameters
    ----------
    file
        Its features.
    case_index
        Of the case that it is.
    """

    def __init__(self, file: FeatureFile, case_index: int) -> None:
        self._file, self._case_index = file, case_index
        self._known: dict[str, _Kind | None] = {}

    def learn(self, features: Sequence[Placed], annotations: Iterable[AnyAnnotation], losses: Iterable[Loss]) -> None:
        """Note what outlines became that were read and compared, each an annotation, in their order."""
        found: dict[str, list[Loss]] = {}
        for loss in losses:
            found.setdefault(loss.path.split("/", 3)[2], []).append(loss)
        for ((_, place), feature), annotation in zip(features, annotations, strict=True):
            key = _key_of(feature)
            if key is not None and key not in self._known and len(self._known) < _MOST:
                above = f"/features/{place}"
                lost = [(loss.path.removeprefix(above), loss) for loss in found.get(str(place), ())]
                fields = {"category": annotation.category.value, "label_code": annotation.label_code, "type": "polygon"}
                is_plain = annotation.model_fields_set == _OF_OUTLINE
                self._known[key] = _Kind(fields, lost) if is_plain else None

    def take(
        self, features: Sequence[Placed], rings: Sequence[Any], uid: str
    ) -> tuple[list[AnyAnnotation] | None, list[Loss]] | None:
        """Return the annotations and losses of features with these rings, on a picture; None if they say more.

        There are no annotations if one would not conform.

        Raises
        ------
        InputError
            If an id stands twice.
        """
        kinds = [None if (key := _key_of(feature)) is None else self._known.get(key) for _, feature in features]
        if not all(kinds):
            return None
        known, uids = [each for each in kinds if each is not None], (uid,)
        ids = [annotation_id(self._file.identity_of(feature), uids) for _, feature in features]
        members = [
            {"id": identity, **kind.fields, "polygon": ring}
            for identity, kind, ring in zip(ids, known, rings, strict=True)
        ]
        losses = [
            Loss(self._case_index, f"/features/{place}{path}", loss.kind, loss.message)
            for ((_, place), _), kind in zip(features, known, strict=True)
            for path, loss in kind.losses
        ]
        return typed_members(Case, "annotations", members), losses


def _key_of(feature: Record) -> str | None:
    """Return what tells the kind of an outline; None if it says more than its properties."""
    identity = feature.get("id")
    is_typed = type(identity) is str and identity in OLD_TYPES
    return repr(feature["properties"]) if feature.keys() == _OF_FEATURE and not is_typed else None
