"""A tree of FHIRPath becomes a function: of the collection it looks at, of `$this`, and of what surrounds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv_converters.check_fhir.fhirpath.functions import FUNCTIONS, LAMBDAS, is_of
from annoconv_converters.check_fhir.fhirpath.grammar import GrammarError, parse
from annoconv_converters.check_fhir.fhirpath.values import Undecided, compared, identity, plain, truth
from annoconv_converters.check_fhir.nodes import Node, is_there, named

if TYPE_CHECKING:
    from annoconv_converters.check_fhir.fhirpath.budget import Budget
    from annoconv_converters.check_fhir.fhirpath.grammar import Tree

__all__ = ["Undecided", "compiled", "holds"]

Resolver: TypeAlias = Callable[[Node, str], "Node | None"]
Items: TypeAlias = list[Any]


@dataclass(slots=True)
class Around:
    """What an expression may ask for beside what it looks at, and the work that is left to it."""

    context: Node
    resolve: Resolver
    budget: Budget


Function: TypeAlias = Callable[[Items, Items, Around], Items]


@cache
def compiled(expression: str) -> Function:
    """Return the function of an expression; GrammarError if it uses what is not known here."""
    return _made(parse(expression))


def holds(expression: str, node: Node, resolve: Resolver, budget: Budget) -> bool:
    """Tell whether an invariant holds for a node: it must be true, and not empty, unless nobody can tell.

    Parameters
    ----------
    expression
        FHIRPath.
    node
        What it is said of.
    resolve
        Returns the resource that a reference, as a node states it, points to.
    budget
        The work that is left.

    Raises
    ------
    LimitError
        If it takes more.
    """
    try:
        return truth(compiled(expression)([node], [node], Around(node, resolve, budget))) is True
    except Undecided:
        return True


def _made(tree: Tree) -> Function:
    return _MAKERS.get(tree[0], _operator)(tree)


def _constant(value: Any) -> Function:
    return lambda focus, this, around: [value]


def _name(tree: Tree) -> Function:
    name: str = tree[1]

    def evaluate(focus: Items, this: Items, around: Around) -> Items:
        found: Items = []
        for item in focus:
            if type(item) is Node:
                found += [item] if item.kind.name == name else named(item, name)
        around.budget.spend(len(focus) + len(found))
        return found

    return evaluate


def _step(tree: Tree) -> Function:
    if tree[1][0] == "name" and tree[2] in _PRESENCE:
        return _presence(tree[1][1], wanted=_PRESENCE[tree[2]])
    first, second = _made(tree[1]), _made(tree[2])

    def evaluate(focus: Items, this: Items, around: Around) -> Items:
        found = first(focus, this, around)
        return second(found, this, around)

    return evaluate


def _presence(name: str, *, wanted: bool) -> Function:
    """Return `name.exists()` or `name.empty()`, which most invariants are made of."""

    def evaluate(focus: Items, this: Items, around: Around) -> Items:
        for item in focus:
            if type(item) is Node and (item.kind.name == name or is_there(item, name)):
                return [wanted]
        return [not wanted]

    return evaluate


def _at(tree: Tree) -> Function:
    collection, index = _made(tree[1]), _made(tree[2])

    def evaluate(focus: Items, this: Items, around: Around) -> Items:
        place = int(plain(index(focus, this, around)[0]))
        return collection(focus, this, around)[place : place + 1]

    return evaluate


def _variable(tree: Tree) -> Function:
    name: str = tree[1]
    if name in _CONSTANTS:
        return _constant(_CONSTANTS[name])
    if name not in _VARIABLES:
        raise GrammarError(f"%{name} is not known")
    find = _VARIABLES[name]

    def evaluate(focus: Items, this: Items, around: Around) -> Items:
        found = find(around.context)
        return [] if found is None else [found]

    return evaluate


def _call(tree: Tree) -> Function:
    name: str = tree[1]
    if name in {"is", "as", "ofType"}:
        return _typed(name, lambda focus, this, around: focus, _path(tree[2]))
    arguments = [_made(each) for each in tree[2:]]
    if name in LAMBDAS:
        over = LAMBDAS[name]
        return lambda focus, this, around: over(focus, around, *arguments)
    if name not in FUNCTIONS:
        raise GrammarError(f"{name}() is not known")
    function = FUNCTIONS[name]

    def evaluate(focus: Items, this: Items, around: Around) -> Items:
        return function(focus, around, *(each(this, this, around) for each in arguments))

    return evaluate


def _path(tree: Tree) -> str:
    return str(tree[1] if tree[0] == "name" else tree[2][1])


def _type(tree: Tree) -> Function:
    return _typed(tree[1], _made(tree[2]), tree[3])


def _typed(operator: str, of: Function, name: str) -> Function:
    if operator == "is":

        def asked(focus: Items, this: Items, around: Around) -> Items:
            found = of(focus, this, around)
            if len(found) > 1:
                raise Undecided("more than one value")
            return [is_of(item, name) for item in found]

        return asked
    return lambda focus, this, around: [item for item in of(focus, this, around) if is_of(item, name)]


def _minus(tree: Tree) -> Function:
    of = _made(tree[1])
    return lambda focus, this, around: [-plain(item) for item in of(focus, this, around)]


def _operator(tree: Tree) -> Function:
    sign: str = tree[0]
    first, second = _made(tree[1]), _made(tree[2])
    if sign in _LOGIC:
        decided, combine = _LOGIC[sign]

        def logic(focus: Items, this: Items, around: Around) -> Items:
            left = truth(first(focus, this, around))
            if left is not None and left in decided:
                return [decided[left]]
            answer = combine(left, truth(second(focus, this, around)))
            return [] if answer is None else [answer]

        return logic
    if sign not in _OPERATORS:
        raise GrammarError(f"{sign} is not known")
    operate = _OPERATORS[sign]
    return lambda focus, this, around: operate(first(focus, this, around), second(focus, this, around))


def _and(left: bool | None, right: bool | None) -> bool | None:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _or(left: bool | None, right: bool | None) -> bool | None:
    if left or right:
        return True
    return None if left is None or right is None else False


def _xor(left: bool | None, right: bool | None) -> bool | None:
    return None if left is None or right is None else left != right


def _implies(left: bool | None, right: bool | None) -> bool | None:
    if left is False or right:
        return True
    return None if left is None or right is None else False


def _equal(left: Items, right: Items) -> Items:
    if not left or not right:
        return []
    return [len(left) == len(right) and all(map(_same, left, right))]


def _same(one: Any, other: Any) -> bool:
    return bool(identity(one) == identity(other))


def _unequal(left: Items, right: Items) -> Items:
    return [not each for each in _equal(left, right)]


def _ordered(*wanted: int) -> Callable[[Items, Items], Items]:
    def operate(left: Items, right: Items) -> Items:
        if not left or not right:
            return []
        if len(left) > 1 or len(right) > 1:
            raise Undecided("more than one value")
        order = compared(left[0], right[0])
        if order is None:
            raise Undecided("values of two units, types or precisions")
        return [order in wanted]

    return operate


def _union(left: Items, right: Items) -> Items:
    return list({identity(item): item for item in (*left, *right)}.values())


def _within(left: Items, right: Items) -> Items:
    """Of several on the left, as HL7's validator takes them, each must be among those on the right."""
    if not left:
        raise Undecided("nothing to look for, such as in a resource that the document does not hold")
    known = {identity(item) for item in right}
    return [all(identity(item) in known for item in left)]


def _only(items: Items) -> Any:
    if len(items) > 1:
        raise Undecided("more than one value")
    return plain(items[0])


def _number(operate: Callable[[Decimal, Decimal], Decimal]) -> Callable[[Items, Items], Items]:
    def calculate(left: Items, right: Items) -> Items:
        if not left or not right:
            return []
        one, other = _only(left), _only(right)
        try:
            return [operate(one, other)]
        except (TypeError, InvalidOperation, DivisionByZero) as error:
            raise Undecided("no numbers") from error

    return calculate


def _sum(left: Items, right: Items) -> Items:
    if not left or not right:
        return []
    one, other = _only(left), _only(right)
    if type(one) is not type(other):
        raise Undecided("values of two types")
    return [one + other]


def _joined(left: Items, right: Items) -> Items:
    return ["".join(str(_only(items)) if items else "" for items in (left, right))]


_MAKERS: Final[dict[str, Callable[[Tree], Function]]] = {
    "text": lambda tree: _constant(tree[1]),
    "number": lambda tree: _constant(Decimal(tree[1])),
    "truth": lambda tree: _constant(tree[1] == "true"),
    "empty": lambda tree: lambda focus, this, around: [],
    "this": lambda tree: lambda focus, this, around: this,
    "name": _name,
    "step": _step,
    "at": _at,
    "variable": _variable,
    "call": _call,
    "type": _type,
    "minus": _minus,
}
_PRESENCE: Final[dict[Tree, bool]] = {("call", "exists"): True, ("call", "empty"): False}
_LOGIC: Final[dict[str, tuple[dict[bool, bool], Callable[[bool | None, bool | None], bool | None]]]] = {
    "and": ({False: False}, _and),
    "or": ({True: True}, _or),
    "xor": ({}, _xor),
    "implies": ({False: True}, _implies),
}
"""What the left side alone decides, and what both do."""
_OPERATORS: Final[dict[str, Callable[[Items, Items], Items]]] = {
    "=": _equal,
    "!=": _unequal,
    "~": _equal,
    "<=": _ordered(-1, 0),
    "<": _ordered(-1),
    ">=": _ordered(0, 1),
    ">": _ordered(1),
    "|": _union,
    "in": _within,
    "contains": lambda left, right: _within(right, left),
    "+": _sum,
    "-": _number(lambda one, other: one - other),
    "*": _number(lambda one, other: one * other),
    "div": _number(lambda one, other: one // other),
    "mod": _number(lambda one, other: one % other),
    "&": _joined,
}
_CONSTANTS: Final = {"ucum": "http://unitsofmeasure.org", "sct": "http://snomed.info/sct", "loinc": "http://loinc.org"}
_VARIABLES: Final[dict[str, Callable[[Node], Node | None]]] = {
    "context": lambda node: node,
    "resource": lambda node: node.home.resource,
    "rootResource": lambda node: node.home.root.resource,
}
