"""Print what refers to what: `annoconv_model/references.json`, from the `identifier` and `references` of the slots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.generator.ir import Model


def references(model: Model) -> dict[str, Any]:
    """Return the classes that have an identifier, and the keys that name instances of them.

    A key that a class has from its parent stands at the parent only.
    """
    identified: dict[str, Any] = {}
    named: dict[str, dict[str, list[str]]] = {}
    for one in model.classes.values():
        for each in one.fields:
            if each.identifier:
                identified[one.name] = {"key": each.name, "title_en": one.text.title, "title_zh": one.text.title_zh}
        if own := {each.name: list(each.references) for each in model.own_fields(one) if each.references}:
            named[one.name] = own
    return {"identified": identified, "references": named}
