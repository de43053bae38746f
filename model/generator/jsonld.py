"""Print the model as a JSON-LD 1.1 context: `annoconv_model/annoconv.context.jsonld`.

Terms that mean the same in every class stand at the top; terms whose type differs stand in a context of their class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from model.generator.ir import Array, Const, Map, Named, Scalar, Union

if TYPE_CHECKING:
    from model.generator.ir import Field, Model, TypeExpression

_XSD = {
    "string": "xsd:string",
    "integer": "xsd:integer",
    "number": "xsd:double",
    "decimal": "xsd:decimal",
    "boolean": "xsd:boolean",
    "timestamp": "xsd:dateTime",
}
_PREFIXES = {"linkml"}


def print_context(model: Model) -> dict[str, Any]:
    """Return the context document."""
    meanings: dict[str, list[Any]] = {}
    for one in model.classes.values():
        for each in one.fields:
            term = _term(each, model)
            if term not in meanings.setdefault(each.name, []):
                meanings[each.name].append(term)
    shared = {name: terms[0] for name, terms in meanings.items() if len(terms) == 1}
    scoped = {
        one.name: {
            "@id": f"annoconv:{one.name}",
            "@context": {each.name: _term(each, model) for each in one.fields if each.name not in shared},
        }
        for one in model.classes.values()
        if not one.abstract and any(each.name not in shared for each in one.fields)
    }
    prefixes = {name: iri for name, iri in model.prefixes.items() if name not in _PREFIXES}
    return {
        "@context": {
            "@version": 1.1,
            **prefixes,
            "@vocab": model.prefixes["annoconv"],
            **dict(sorted(shared.items())),
            **scoped,
        }
    }


def _term(each: Field, model: Model) -> dict[str, Any]:
    return {"@id": f"annoconv:{each.name}", **_typed(each.type, model)}


def _typed(expression: TypeExpression, model: Model) -> dict[str, Any]:
    match expression:
        case Named("any"):
            return {"@type": "@json"}
        case Named(name) if name in model.enums:
            return {"@type": "@vocab"}
        case Named(name) if isinstance(scalar := model.scalars.get(name), Scalar):
            return {"@type": _XSD[scalar.kind]}
        case Array(Array()) | Map():
            return {"@type": "@json"}
        case Array(item, _, _, _):
            return {**_typed(item, model), "@container": "@list"}
        case Named() | Union() | Const():
            return {}
