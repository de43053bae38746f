"""What a private carrier holds of a case, put back at once for the cases of a file that say much the same.

`carrier` puts it back for any case, and what both say of such a case is the same.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.documents import residuals, strict_json
from annoconv.documents.exact_numbers import EVERYTHING
from annoconv.documents.residuals import Residual
from annoconv_converters._pictures.fitting import has_places

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["as_before", "carried_of"]

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
        values, removed, order = (residual[name] for name in ("values", "removed", "order"))
        listed: list[Any] = [members for path, members in order if path == _ANNOTATIONS]
        image, annotations = native["image"], native["annotations"]
        if listed != [ids]:
            return None
        if _EXTENSIONS in native or any(path[0] == _EXTENSIONS for path, _ in order):
            return None
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
        if any(len(path) > _DEEPEST for path, _ in kept):
            return None
        if any(path[0] == "annotations" or (path[0] == "image" and path[1] in _OF_PICTURE) for path in places):
            return None
        own = {name: value for name, value in image.items() if name in _OF_PICTURE}
        rest = [each for each in order if each[0] != _ANNOTATIONS]
        alike = {**native, "annotations": [], "image": image | dict.fromkeys(own, "")}
        text = strict_json.dumps([shared, removed, rest, alike])
        if len(text) <= _ALIKE:
            found = _restored(text)
            more = {"image": found["image"] | own, "annotations": annotations}
            if kept:
                extensions: Record = dict(found[_EXTENSIONS])
                for name, members in residuals.grown(kept)[_EXTENSIONS].items():
                    extensions[name] = extensions[name] | members
                more[_EXTENSIONS] = extensions
            return found | more
    return None


@lru_cache(maxsize=64)
def _restored(text: bytes) -> Record:
    """Return what cases say beside their annotations and picture, given their carrier and what is read of them."""
    values, removed, order, native = strict_json.loads_keeping(text, EVERYTHING)
    carried = carried_of({"values": values, "removed": removed, "order": order})
    found: Record = residuals.restore(native, carried)
    return found
