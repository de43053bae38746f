"""What is being written of one case: its resources, their ids, and how they refer to each other; and what is read.

Resources are those of R5; `r4b.py` turns them. An id rests on the case and on what the resource is, never on the order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from annoconv import ids
from annoconv_converters.fhir.contents import attached_text
from annoconv_converters.fhir.elements import codes_in
from annoconv_converters.fhir.names import META

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from annoconv.codes import Labels
    from annoconv.documents.residuals import Path
    from annoconv_converters.fhir.names import Resource
    from annoconv_converters.fhir.sources import Sources

__all__ = ["Draft", "Home", "ReferenceForm", "Taking"]

ReferenceForm: TypeAlias = Literal["urn", "relative"]
"""Between the entries of a collection or a document `urn:uuid:`, what is put on a server or into lines `Type/id`."""
_SHARED: Final = frozenset({"Patient", "Practitioner", "Organization"})


@dataclass
class Draft:
    """The resources of one case while they are made.

    Attributes
    ----------
    case
        The case as JSON values.
    labels
        Its labels.
    form
        Of references.
    renamed
        Types of resources that the release has under another name.
    attachments
        Bytes of the files that the case names: masks and displacement fields, by their names there.
    resources
        In the order in which they are written.
    patients
        Resources of patients by their pseudonyms that this output has already.
    patient
        Reference to the patient.
    """

    case: Mapping[str, Any]
    labels: Labels
    form: ReferenceForm = "urn"
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])
    attachments: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    resources: list[Resource] = field(default_factory=list["Resource"])
    patients: dict[str, Resource] = field(default_factory=dict[str, "Resource"])
    patient: Resource = field(default_factory=dict[str, "Any"])
    agent_types: dict[str, str] = field(default_factory=dict[str, str])
    """Types of the resources of agents, by their ids."""
    known: dict[tuple[str, str], Resource] = field(default_factory=dict[tuple[str, str], "Resource"])
    """References by what the case calls it: `("annotation", "LESION_1")`, `("image", uid)`."""

    def __post_init__(self) -> None:
        """Note what tells the case from others."""
        image = self.case.get("image", {})
        self.key = (self.case["task_id"], self.case.get("case_id", ""), "" if "case_id" in self.case else image["uid"])
        self._prefix = "urn:uuid:" if self.form == "urn" else None
        self._taken: set[str] = set()
        self._made: dict[str, Callable[[str], str]] = {}

    def id_of(self, kind: str, *parts: str) -> str:
        """Return the id of a resource of this case; another one where what it is stands twice."""
        made = self._made.get(kind)
        if made is None:
            made = self._made[kind] = ids.resources(*self.key, kind)
        found = made("/".join(parts))
        while found in self._taken:
            parts = (*parts, "again")
            found = made("/".join(parts))
        self._taken.add(found)
        return found

    def reference(self, type_: str, identity: str) -> Resource:
        """Return a reference to a resource of this output."""
        return {"reference": self.address(type_, identity)}

    def address(self, type_: str, identity: str) -> str:
        """Return how a resource of this output is referred to."""
        return (self._prefix or f"{self.renamed.get(type_, type_)}/") + identity

    def add(self, type_: str, identity: str, body: Resource, meta: Resource = META) -> Resource:
        """Add a resource and return a reference to it."""
        self.resources.append({"resourceType": type_, "id": identity, "meta": meta, **body})
        return self.reference(type_, identity)

    def agent(self, name: object, *types: str) -> Resource | None:
        """Return the reference to an agent, where its resource is of a type that may stand there."""
        told = self.agent_types.get(str(name))
        return self.known.get(("agent", str(name))) if told in types else None

    def refs(self, kind: str, names: Any) -> list[Resource]:
        """Return references to all of some things that the case names; none if one of them is not there."""
        found = [self.known.get((kind, name)) for name in names or ()]
        return [each for each in found if each is not None] if None not in found else []


class Home(NamedTuple):
    """Where a part of a case stands: its path, the element whose extensions hold the rest, and its class."""

    path: Path
    element: Resource
    kind: str


@dataclass
class Taking:
    """What is being read of one case.

    Attributes
    ----------
    sources
        All resources.
    attach
        Takes an attachment's bytes by the name that the case has for it.
    homes
        Of the parts of the case that have a resource or an element of their own.
    """

    sources: Sources
    attach: Callable[[str, Resource], None]
    homes: list[Home] = field(default_factory=list[Home])
    images: list[Resource] = field(default_factory=list["Resource"])
    """The images taken so far."""
    by_uid: dict[str, tuple[Resource, dict[str, int]]] = field(
        default_factory=dict[str, "tuple[Resource, dict[str, int]]"]
    )
    """These by UID, with the places of their instances."""
    _contents: dict[int, str | None] = field(default_factory=dict[int, "str | None"])

    _codes: dict[int, dict[str, str]] = field(default_factory=dict[int, dict[str, str]])
    _codes_by_text: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])

    def codes(self, told: Any) -> dict[str, str]:
        """Return the codes of ours in a CodeableConcept or a list of them, by their lists.

        What many resources share, or say in the same words, is read once. It must be a part of a resource, so that it
        lives as long as this.
        """
        found = self._codes.get(id(told))
        if found is not None:
            return found
        text = repr(told)
        found = self._codes_by_text.get(text)
        if found is None:
            found = self._codes[id(told)] = self._codes_by_text[text] = codes_in(told)
        return found

    def add_image(self, image: Resource) -> None:
        """Note an image of the case."""
        self.images.append(image)
        places = {each["sop_instance_uid"]: place for place, each in enumerate(image.get("instances", ()))}
        self.by_uid.setdefault(image["uid"], (image, places))

    def home(self, path: Path, element: Resource, kind: str) -> None:
        """Note where a part of the case stands."""
        self.homes.append(Home(path, element, kind))

    def content_of(self, resource: Resource) -> str | None:
        """Return the text that a DocumentReference holds; decoded once."""
        if id(resource) not in self._contents:
            self._contents[id(resource)] = attached_text(resource)
        return self._contents[id(resource)]

    def get(self, reference: Any, within: Resource | None = None) -> Resource | None:
        """Return the resource that a reference leads to; None if it is not there."""
        return self.sources.get(reference, within)
