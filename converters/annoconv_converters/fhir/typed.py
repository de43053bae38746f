"""Resources as classes of fhir.resources, for those who want these rather than JSON."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from annoconv.casefile import LoadedCase
from annoconv.documents import strict_json
from annoconv.registry import Context
from annoconv_converters.fhir.write import resources_of

if TYPE_CHECKING:
    from annoconv.model import Case
    from annoconv.pixels import Masks
    from annoconv_converters.fhir.bundle import Release

__all__ = ["to_fhir_resources"]


def to_fhir_resources(
    case: Case,
    masks: Masks | None = None,
    *,
    release: Release = "R5",
    plain: bool = False,
    context: Context | None = None,
) -> list[Any]:
    """Return a case as classes of fhir.resources, its Composition first.

    Parameters
    ----------
    case
        The case.
    masks
        Its masks, if it has some.
    release, plain
        As `to_fhir` has them.
    context
        Label system, limits.

    Notes
    -----
    These classes keep numbers as decimals but for those that they take for floats, and check the form of resources,
    neither codes nor invariants; `annoconv check-fhir` does.
    """
    package = "fhir.resources.R4B" if release == "R4B" else "fhir.resources"
    resources, _ = resources_of(LoadedCase(case, masks), context or Context(), release=release, plain=plain)
    told = strict_json.loads(strict_json.dumps(resources))
    return [_class_of(package, str(each["resourceType"])).model_validate(each) for each in told]


def _class_of(package: str, type_: str) -> Any:
    return getattr(import_module(f"{package}.{type_.lower()}"), type_)
