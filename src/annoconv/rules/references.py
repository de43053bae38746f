"""References: what an id names is in the case, an id names one thing, none leads in a ring (A 3.3, A 8.5, A 11.1.2).

Which keys name what, the model says (`references` of a slot); here it is only looked up.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from annoconv.documents.residuals import pointer
from annoconv.model import AgreementScope, Package
from annoconv.rules.engine import Breach, Standalone, Subject, rule
from annoconv.rules.inventory import Inventory, kind_of, targets_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from annoconv.documents.residuals import Path as Steps
    from annoconv.model import AgreementRecord

_OWN_RULE: Final = frozenset({"Annotation.image_uid", "Annotation.cross_modal_links"})
"""Slots with a rule, and levels, of their own."""
_PERHAPS_UNLISTED: Final = frozenset({"Agent", "Label", "Study"})
"""Classes whose instances a case may name without holding any of them; they have rules of their own."""
_TOLD_BY_KIND: Final = frozenset({"Annotation", "Image", "Label"})
"""Classes with a rule of their own on two of one identifier."""


@rule("A-3.3.reference_unknown")
def reference_unknown(subject: Subject) -> Iterator[Breach]:
    """Yield each reference to something that the case lacks; images of annotations have a rule of their own."""
    for slot, kinds in targets_of().items():
        if slot not in _OWN_RULE and kinds[0] not in _PERHAPS_UNLISTED:
            for path, target in _unknown(subject.inventory, slot):
                yield Breach(path, {"target": target, "kind": kind_of(kinds[0])})


@rule("A-3.3.dangling_link")
def dangling(subject: Subject) -> Iterator[Breach]:
    """Yield each cross-modal link to something that the case lacks."""
    for path, target in _unknown(subject.inventory, "Annotation.cross_modal_links"):
        yield Breach(path, {"target": target})


@rule("A-11.1.2.agent_unknown")
def agent_unknown(subject: Subject) -> Iterator[Breach]:
    """Yield each agent id that a case which lists its agents does not list."""
    compared = _parties(("metadata", "agreement"), subject.case.metadata.agreement or ())
    for path, agent in chain(_unlisted(subject.inventory, "Agent"), _strangers(subject.inventory, compared)):
        yield Breach(path, {"agent": agent})


@rule("A-11.1.2.agent_unknown", Package)
def agent_of_package_unknown(subject: Standalone[Package]) -> Iterator[Breach]:
    """Yield each agent id that a package which lists its agents does not list."""
    compared = _parties(("agreement",), subject.document.agreement or ())
    for path, agent in chain(_unlisted(subject.inventory, "Agent"), _strangers(subject.inventory, compared)):
        yield Breach(path, {"agent": agent})


def _parties(path: Steps, records: Sequence[AgreementRecord]) -> Iterator[tuple[Steps, str]]:
    """Yield each annotator of those whose agreement was measured; versions and images are named there too."""
    for number, each in enumerate(records):
        for place, party in enumerate(each.parties or ()) if each.between is AgreementScope.ANNOTATORS else ():
            yield (*path, number, "parties", place), party


def _strangers(inventory: Inventory, named: Iterable[tuple[Steps, str]]) -> Iterator[tuple[Steps, str]]:
    """Yield each agent named that a document which lists its agents does not list."""
    listed = inventory.identified.get("Agent")
    return ((path, agent) for path, agent in named if listed is not None and agent not in listed)


@rule("A-6.3.2.study_unlisted")
def study_unlisted(subject: Subject) -> Iterator[Breach]:
    """Yield each image of a study that a case which lists its studies does not list."""
    for path, uid in _unlisted(subject.inventory, "Study"):
        yield Breach(path, {"uid": uid})


@rule("A-3.3.id_twice")
def id_twice(subject: Subject) -> Iterator[Breach]:
    """Yield each identifier that something else in the case has; two of one kind may have a rule of their own."""
    for path, identifier, kinds, first in subject.inventory.repeated:
        if kinds[0] != kinds[1] or kinds[0] not in _TOLD_BY_KIND:
            yield Breach(path, {"id": identifier, "first": pointer(first)})


@rule("A-3.3.id_twice", Package)
def id_twice_in_package(subject: Standalone[Package]) -> Iterator[Breach]:
    """Yield each identifier that something else in the package has."""
    for path, identifier, _, first in subject.inventory.repeated:
        yield Breach(path, {"id": identifier, "first": pointer(first)})


@rule("A-3.3.reference_cycle")
def reference_cycle(subject: Subject) -> Iterator[Breach]:
    """Yield for each ring of parents, or of annotations or images made of each other, the first that leads into it."""
    images = {image.uid: ((*path, "derived_from"), image) for path, image in subject.every_image()}
    for ring in _rings({uid: image.derived_from for uid, (_, image) in images.items() if image.derived_from}):
        yield Breach(images[ring[0]][0], {"key": "derived_from", "chain": " > ".join((*ring, ring[0]))})
    for key in ("parent_id", "derived_from"):
        positions: dict[str, int] = {}
        leads: dict[str, Sequence[str]] = {}
        for position, annotation in enumerate(subject.case.annotations):
            value: str | Sequence[str] | None = getattr(annotation, key)
            if value is not None:
                positions.setdefault(annotation.id, position)
                leads[annotation.id] = [value] if isinstance(value, str) else value
        for ring in _rings(leads):
            yield Breach(("annotations", positions[ring[0]], key), {"key": key, "chain": " > ".join((*ring, ring[0]))})


def _rings(leads: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Yield the rings that a search in depth closes, each from where it is entered."""
    done: set[str] = set()
    for start in leads:
        if start in done:
            continue
        trail: dict[str, Iterator[str]] = {start: iter(leads[start])}
        while trail:
            last = next(reversed(trail))
            target = next(trail[last], None)
            if target is None:
                done.add(last)
                del trail[last]
            elif target in trail:
                names = list(trail)
                yield names[names.index(target) :]
            elif target in leads and target not in done:
                trail[target] = iter(leads[target])


def _unknown(inventory: Inventory, slot: str) -> Iterator[tuple[Steps, str]]:
    kinds = targets_of()[slot]
    for path, target in inventory.references.get(slot, ()):
        if not inventory.holds(kinds, target):
            yield path, target


def _unlisted(inventory: Inventory, kind: str) -> Iterator[tuple[Steps, str]]:
    """Yield each reference to a kind of which the document lists some, and not this."""
    if kind in inventory.identified:
        slots = (slot for slot, kinds in targets_of().items() if kinds == (kind,))
        yield from chain.from_iterable(_unknown(inventory, slot) for slot in slots)
