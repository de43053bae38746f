"""References: what an id names is in the case, an id names one thing, an agent is among the agents (A 3.3, A 11.1.2).

A field refers to something by its name, the same in every class: `annotation_ids` names annotations wherever it stands.
"""

from __future__ import annotations

import typing
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from pydantic import BaseModel

from annoconv.messages import Message
from annoconv.model import Annotation, Case, Package
from annoconv.rules.engine import Breach, Standalone, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import Agent

_ANNOTATION: Final = Message("annotation")
_IMAGE: Final = Message("image")
_REGISTRATION: Final = Message("registration")
_TEXT: Final = Message("text")
_RECORD: Final = Message("clinical record")
_ASSISTANCE: Final = Message("model-assistance record")
_AGENT: Final = Message("agent")

_NAMES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("annotation_id", "annotation_ids", "span_ids", "source_id", "target_id"), _ANNOTATION),
    **dict.fromkeys(("parent_id", "derived_from", "geometry_ids"), _ANNOTATION),
    **dict.fromkeys(("image_uid", "image_uids", "fixed_image_uid", "moving_image_uid"), _IMAGE),
    "registration_id": _REGISTRATION,
    "text_id": _TEXT,
    "record_id": _RECORD,
    "assistance_id": _ASSISTANCE,
    **dict.fromkeys(("annotator", "reviewer", "actor", "by", "created_by", "frozen_by"), _AGENT),
    **dict.fromkeys(("checked_by", "resolved_by", "revised_by", "made_by"), _AGENT),
}
"""What a field of this name refers to."""
_ELSEWHERE: Final = frozenset({("AuditEvent", "target_id"), ("TraceEvent", "annotation_id")})
"""Fields that name what may be gone, or is in another document. The image of an annotation has a rule of its own."""

_Reference: TypeAlias = "tuple[Steps, str, str]"
"""(place, what it refers to, the id)."""


@rule("A-3.3.reference_unknown")
def reference_unknown(subject: Subject) -> Iterator[Breach]:
    """Yield each reference to something that the case lacks; agents have a rule of their own."""
    case = subject.case
    known: dict[str, set[str]] = {
        _ANNOTATION: {one.id for one in case.annotations},
        _IMAGE: set(subject.images),
        _REGISTRATION: {one.id for one in case.registrations or ()},
        _TEXT: {one.id for one in case.texts or ()},
        _RECORD: {one.id for one in case.clinical_records or ()},
        _ASSISTANCE: {one.id for one in case.metadata.assistance or ()},
    }
    for path, kind, target in _references(case):
        if kind in known and target not in known[kind]:
            yield Breach(path, {"target": target, "kind": kind})


@rule("A-3.3.id_twice")
def id_twice(subject: Subject) -> Iterator[Breach]:
    """Yield each id that something else in the case has; two annotations of one id have a rule of their own."""
    first: dict[str, tuple[Steps, bool]] = {}
    for path, node in _nodes(subject.case):
        identity = getattr(node, "id", None)
        if not isinstance(identity, str) or path[:2] == ("metadata", "agents"):
            continue
        is_annotation = isinstance(node, Annotation)
        before, was_annotation = first.setdefault(identity, (path, is_annotation))
        if before != path and not (is_annotation and was_annotation):
            yield Breach((*path, "id"), {"id": identity, "first": ".".join(map(str, before))})


@rule("A-11.1.2.agent_unknown")
def agent_unknown(subject: Subject) -> Iterator[Breach]:
    """Yield each agent id that a case which lists its agents does not list."""
    yield from _unlisted_agents(subject.case, subject.case.metadata.agents)


@rule("A-11.1.2.agent_unknown", Package)
def agent_of_package_unknown(subject: Standalone[Package]) -> Iterator[Breach]:
    """Yield each agent id that a package which lists its agents does not list."""
    yield from _unlisted_agents(subject.document, subject.document.agents)


def _unlisted_agents(document: Case | Package, agents: Sequence[Agent] | None) -> Iterator[Breach]:
    listed = {agent.id for agent in agents or ()}
    for path, kind, target in _references(document) if listed else ():
        if kind == _AGENT and target not in listed:
            yield Breach(path, {"agent": target})


def _references(document: BaseModel) -> Iterator[_Reference]:
    """Yield each reference in a document, in its order."""
    for path, node in _nodes(document):
        for name, kind in _plan(type(node))[0]:
            value: object = getattr(node, name)
            if isinstance(value, str):
                yield (*path, name), kind, value
            elif value is not None:
                for position, each in enumerate(cast("list[str]", value)):
                    yield (*path, name, position), kind, each


def _nodes(node: BaseModel, path: Steps = ()) -> Iterator[tuple[Steps, BaseModel]]:
    """Yield each object of a document with its place."""
    yield path, node
    for name in _plan(type(node))[1]:
        value: object = getattr(node, name)
        if isinstance(value, BaseModel):
            yield from _nodes(value, (*path, name))
        elif isinstance(value, list):
            for position, each in enumerate(cast("list[BaseModel]", value)):
                yield from _nodes(each, (*path, name, position))


@cache
def _plan(one: type[BaseModel]) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Return the fields of a class that refer to something, with what, and those that hold objects."""
    own = [name for name in one.model_fields if (one.__name__, name) not in _ELSEWHERE]
    if issubclass(one, Annotation):
        own.remove("image_uid")
    references = tuple((name, _NAMES[name]) for name in own if name in _NAMES)
    objects = tuple(name for name, field in one.model_fields.items() if _holds_objects(field.annotation))
    return references, objects


def _holds_objects(annotation: object) -> bool:
    if isinstance(annotation, type):
        return issubclass(annotation, BaseModel)
    return any(_holds_objects(argument) for argument in typing.get_args(annotation))
