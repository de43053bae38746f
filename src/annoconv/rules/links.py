"""Links: what an annotation corresponds to is in the same case (A 3.3, A 8.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annoconv.rules.engine import Breach, Subject, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annoconv.model import Case


@rule("A-3.3.dangling_link")
def dangling(subject: Subject) -> Iterator[Breach]:
    """Yield each cross-modal link to something that the case lacks."""
    known = set(_identities(subject.case))
    for path, annotation in subject.annotations():
        for position, target in enumerate(annotation.cross_modal_links or ()):
            if target not in known:
                yield Breach((*path, "cross_modal_links", position), {"target": target})


def _identities(case: Case) -> Iterator[str]:
    """Yield the ids of everything in a case that a link can point to: annotations, texts, records, links, images."""
    yield case.image.uid
    for _, members in case:
        for member in members if isinstance(members, list) else ():
            identity = getattr(member, "id", None) or getattr(member, "uid", None)
            if isinstance(identity, str):
                yield identity
