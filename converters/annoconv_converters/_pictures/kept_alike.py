"""What a private carrier holds of a case, put back at once for the cases of a file that say much the same.

`carrier` puts it back for any case, and what both say of such a case is the same.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from annoconv.documents import residuals, strict_json
from annoconv.documents.exact_numbers import EVERYTHING
from annoconv.documents.residuals import Residual
from annoconv_converters._pictures.fitting import has_places

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Told", "apart", "as_before", "carried_of", "said_beside", "with_kept"]

Record: TypeAlias = "dict[str, Any]"

_ALIKE: Final = 1 << 16
"""Bytes of what is said of a case beside its annotations, up to which it may be kept for those that say the same."""
_LEAVES: Final = 1 << 10
"""Leaves that cases say alike, at most."""
_DEEPEST: Final = 64
"""Steps to a leaf of an extension."""
_PLAIN: Final[set[type]] = {str, int, float, bool, type(None), list, dict}
"""Leaves, but for numbers that have more digits than their floats."""
_ANNOTATIONS: Final = ["annotations"]
_EXTENSIONS: Final = "extensions"
_OF_CASE: Final = frozenset({"image", "annotations"})
"""Members of an extension of which each case has its own, as each has its picture and its annotations."""
_WITHIN: Final = 3
"""Steps to these."""
_OF_PICTURE: Final = frozenset({"uid", "files", "extensions"})
"""Members of an image that each picture of a file has its own of."""


def carried_of(told: Any) -> Residual:
    """Return what a carrier holds; KeyError, TypeError or ValueError if that is nothing of ours."""
    carried = Residual.from_json(told)
    if not has_places(carried):
        raise ValueError("a carrier names places of a case, members of its lists by their positions")
    return carried


class Told(NamedTuple):
    """What a carrier says of a case beside its annotations.

    Attributes
    ----------
    alike
        As others may say it too: values, what is removed, and orders.
    kept
        Steps and values of what an extension says of its picture and of its annotations.
    """

    alike: list[Any]
    kept: list[Any]


def said_beside(residual: Any, ids: Sequence[str]) -> list[Any] | None:
    """Return what a carrier says beside annotations: values, what is removed, orders; None if these are others.

    Parameters
    ----------
    residual
        As `carrier.restored` takes it.
    ids
        Of the annotations.

    Raises
    ------
    AttributeError, IndexError, KeyError, TypeError, ValueError
        If it is nothing of ours.
    """
    values, removed, order = (residual[name] for name in ("values", "removed", "order"))
    if [members for path, members in order if path == _ANNOTATIONS] != [ids]:
        return None
    return [values, removed, [each for each in order if each[0] != _ANNOTATIONS]]


def apart(said: Sequence[Any]) -> Told | None:
    """Return what `said_beside` does, what each case has of its own apart; None where that is not so simple.

    Raises as that does.
    """
    values, removed, rest = said
    shared: list[Any] = []
    kept: list[Any] = []
    for path, value in values:
        if path[0] != _EXTENSIONS or len(path) < _WITHIN or path[2] not in _OF_CASE:
            shared.append([path, value])
            continue
        if not kept or kept[-1][0][:_WITHIN] != path[:_WITHIN]:
            shared.append([path[:_WITHIN], ""])  # which has its place
        kept.append((path, value))
    places = [*(path for path, _ in shared), *removed]
    if len(places) > _LEAVES or not {type(value) for _, value in values} <= _PLAIN:
        return None
    if any(len(path) > _DEEPEST for path, _ in kept) or any(path[0] == _EXTENSIONS for path, _ in rest):
        return None
    if any(path[0] == "annotations" or (path[0] == "image" and path[1] in _OF_PICTURE) for path in places):
        return None
    return Told([shared, removed, rest], kept)


def with_kept(extensions: Record, kept: Sequence[Any]) -> Record:
    """Return extensions that cases say alike with what one of them has of its own there; raises as `apart` does."""
    own = residuals.grown(kept)[_EXTENSIONS]
    return {**extensions, **{name: extensions[name] | members for name, members in own.items()}}


def as_before(native: Record, residual: Any, ids: Sequence[str]) -> Record | None:
    """Return the case that was written, if its picture and its annotations, in their order, are as they are read.

    Cases of one file say much the same beside these, and what an extension says of these, which is understood once.
    None of any other case, and of what is nothing of ours. Extensions are as a parser makes them.

    Parameters
    ----------
    native, residual
        As `carrier.restored` takes them.
    ids
        Of the annotations, which need not be in the native document.
    """
    with suppress(AttributeError, IndexError, KeyError, TypeError, ValueError):
        image, annotations = native["image"], native["annotations"]
        said = None if _EXTENSIONS in native else said_beside(residual, ids)
        told = None if said is None else apart(said)
        if told is None:
            return None
        own = {name: value for name, value in image.items() if name in _OF_PICTURE}
        text = strict_json.dumps([*told.alike, {**native, "annotations": [], "image": image | dict.fromkeys(own, "")}])
        if len(text) <= _ALIKE:
            found = _restored(text)
            more = {"image": found["image"] | own, "annotations": annotations}
            if told.kept:
                more[_EXTENSIONS] = with_kept(found[_EXTENSIONS], told.kept)
            return found | more
    return None


@lru_cache(maxsize=64)
def _restored(text: bytes) -> Record:
    """Return what cases say beside their annotations and picture, given their carrier and what is read of them."""
    values, removed, order, native = strict_json.loads_keeping(text, EVERYTHING)
    carried = carried_of({"values": values, "removed": removed, "order": order})
    found: Record = residuals.restore(native, carried)
    return found
