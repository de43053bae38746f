"""Which class of the model a document is of: a case, a task definition, a label system, a package."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeAlias, cast

from annoconv.model import Case, LabelSystem, Package, TaskDefinition

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AnyDocument", "class_of"]

AnyDocument: TypeAlias = Case | TaskDefinition | LabelSystem | Package
"""A document of its own."""
_CLASSES: tuple[type[AnyDocument], ...] = (Case, TaskDefinition, LabelSystem, Package)


def class_of(document: object) -> type[AnyDocument]:
    """Return the class of a JSON document, told by the keys that it alone requires; a case if no key tells."""
    keys = cast("dict[str, object]", document).keys() if isinstance(document, dict) else frozenset[str]()
    return next((one for one, telling in _telling().items() if telling & keys), Case)


@cache
def _telling() -> Mapping[type[AnyDocument], frozenset[str]]:
    required = {
        one: frozenset(name for name, field in one.model_fields.items() if field.is_required()) for one in _CLASSES
    }
    return {
        one: keys.difference(*(others for other, others in required.items() if other is not one))
        for one, keys in required.items()
    }
