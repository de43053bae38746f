"""Check FHIR R5 and R4B resources by HL7's own definitions, and by rules of ours.

`definitions` holds what HL7 says (its packages, trimmed by `model/generator/fhir_definitions.py`). `structure` walks
through a document once and asks at each place: is the element known, is it there as often as it should be, is its value
one of its type (`primitives`), is its code of the value set (`bindings`), do the invariants hold (`fhirpath`), does the
reference lead where it may (`pointing`, `references`), and our own rules (`own_rules`, `regions`).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from annoconv.errors import LimitError
from annoconv.findings import Level, in_order
from annoconv.limits import Limits
from annoconv.messages import Message
from annoconv_converters.check_fhir.collected import Enough
from annoconv_converters.check_fhir.definitions import RELEASES, Release, definitions
from annoconv_converters.check_fhir.structure import Walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annoconv.findings import Finding

__all__ = ["RELEASES", "Release", "check", "release_of"]

_NO_SIZES: Mapping[str, tuple[int, int]] = {}
_LOOKED_AT: Final = 20
"""Entries of each type in a Bundle that tell its release."""


def check(
    document: Mapping[str, Any],
    release: Release | None = None,
    *,
    sizes: Mapping[str, tuple[int, int]] = _NO_SIZES,
    limits: Limits | None = None,
) -> list[Finding]:
    """Return what is wrong with a resource or a Bundle, in the order of the document; nothing if it is valid.

    Parameters
    ----------
    document
        JSON values, as a strict reader gives them; numbers with a fraction are `Decimal` or float.
    release
        `R5` or `R4B`; None to tell by the content (`release_of`).
    sizes
        Columns and rows of images, by SOP Instance UID: 2-D regions of an ImagingSelection must lie inside.
    limits
        `findings` is how many are told.

    Returns
    -------
    list of Finding
        `path` is a JSON pointer, the message names the place as FHIRPath; `rule` is `fhir.` and the name of ours or
        the key of HL7's invariant, `fhir.obs-6`.

    Raises
    ------
    LimitError
        If the document is nested too deeply, or its invariants take too long.

    Examples
    --------
    >>> [each.rule for each in check({"resourceType": "Observation", "status": "banana"}, "R5")]
    ['fhir.missing', 'fhir.code']
    """
    return _walked(document, release or release_of(document), sizes, (limits or Limits()).findings)


def release_of(*documents: Mapping[str, Any]) -> Release:
    """Return the release whose definitions documents break in fewer places; R5 if they break both as often.

    Of a Bundle some entries of each type are looked at.
    """
    looked_at = [_sample(each) for each in documents]
    return min(RELEASES, key=lambda release: sum(_errors(each, release) for each in looked_at))


def _sample(document: Any) -> Any:
    entries = document.get("entry") if isinstance(document, dict) else None
    if not isinstance(entries, list) or len(entries) <= _LOOKED_AT:
        return document
    kept: dict[str, list[Any]] = {}
    for entry in entries:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        of_type = kept.setdefault(str(resource.get("resourceType") if isinstance(resource, dict) else ""), [])
        if len(of_type) < _LOOKED_AT:
            of_type.append(entry)
    return document | {"entry": [entry for of_type in kept.values() for entry in of_type]}


def _errors(document: Any, release: Release) -> int:
    return sum(each.level is Level.ERROR for each in _walked(document, release, _NO_SIZES, Limits().findings))


def _walked(document: Any, release: Release, sizes: Mapping[str, tuple[int, int]], most: int) -> list[Finding]:
    walk = Walk(document, definitions(release), most, sizes)
    try:
        with suppress(Enough):
            walk.run()
    except RecursionError:
        raise LimitError(
            "the document is nested too deeply",
            found=Message("more levels than Python takes"),
            expected=Message("{count} levels", count=Limits().depth),
            limit="depth",
        ) from None
    return in_order(walk.collected.findings)
