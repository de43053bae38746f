"""What resources of ours say and their cases do not: each against the one that would be written again.

Resources are matched by type and id; where these are others (a server gave them, or what they rest on was changed), by
the references that stand at the same places. Extensions of ours that the reader took are in the case by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annoconv import ids
from annoconv.codes import Labels
from annoconv.documents import strict_json
from annoconv.documents.losses import report
from annoconv.documents.residuals import pointer
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv_converters.fhir import r4b
from annoconv_converters.fhir.carrier import is_ours
from annoconv_converters.fhir.contents import attached_bytes
from annoconv_converters.fhir.draft import Draft
from annoconv_converters.fhir.foreign_losses import REASONS
from annoconv_converters.fhir.slices import relisted
from annoconv_converters.fhir.write import data_set_of, put_again

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from annoconv.model import Case
    from annoconv.registry import Context
    from annoconv_converters.fhir.bundle import Release
    from annoconv_converters.fhir.draft import Taking
    from annoconv_converters.fhir.names import Resource
    from annoconv_converters.fhir.sources import Located, Sources

__all__ = ["Again", "envelope"]


class Again:
    """The resources of a file of ours, of which each is compared once.

    Parameters
    ----------
    located
        As they stand in the file.
    index
        The same, by what refers to them.
    release
        Theirs.
    context
        Label system.
    """

    def __init__(self, located: Sequence[Located], index: Sources, release: Release, context: Context) -> None:
        self._located, self._index, self._context = located, index, context
        self._release: Release = release
        self._by_key = {_key(resource): resource for _, _, resource in reversed(located)}
        self._raw = {id(up): one[2] for up, one in zip(index.listed, located, strict=True)}
        """Resources as they stand in the file, by the place in memory of the same in R5's form."""
        self._again: dict[int, Resource] = {}
        """What is written again, by the place in memory of what stands in the file."""
        self._compared: set[int] = set()
        self._taken: set[int] = set()
        self._patients: dict[str, Resource] = {}
        self._written: list[list[Resource]] = []

    def losses(
        self, composition: Resource, case: Case, taking: Taking, attached: Mapping[str, Resource], case_index: int
    ) -> list[Loss]:
        """Return what the resources of a case say that it does not.

        Parameters
        ----------
        composition
            Where it begins, in R5's form.
        case
            What was read.
        taking
            How it was read.
        attached
            Attachments by the names of their files.
        case_index
            Among those read.
        """
        self._taken |= {id(each) for home in taking.homes for each in home.element.get("extension", ())}
        document = relisted(strict_json.plain(case), taking.homes)
        named = {each.get("mask_file") for each in document["annotations"]}
        named |= {each.get("field_file") for each in document.get("registrations", ())}
        files = {name: attached_bytes(told) for name, told in attached.items() if name in named}
        draft = Draft(
            document,
            Labels.of(case, self._context.label_system),
            renamed=r4b.RENAMED if self._release == "R4B" else {},
            attachments={name: data for name, data in files.items() if data is not None},
            patients=self._patients,
        )
        date = composition.get("date")
        resources = put_again(draft, date if isinstance(date, str) else None, self._release)
        self._written.append([each for each in resources if each["resourceType"] in {"Composition", "Patient"}])
        self._pair(self._raw[id(composition)], resources)
        return self._differing(case_index)

    def rest(self, case_index: int) -> list[Loss]:
        """Return what is left when all cases are read: the list of them, and resources that are of none."""
        if len(self._written) > 1:
            identity = ids.resource("bundle", *(each[0]["id"] for each in self._written))
            listed = list(data_set_of(self._written, identity, "collection", self._release))
            for each in listed:
                of_type = (one for _, _, one in self._located if one.get("resourceType") == each["resourceType"])
                said = self._by_key.get(_key(each)) or next(of_type, None)
                if said is not None:
                    self._again.setdefault(id(said), each)
        losses = self._differing(case_index)
        for place, _, resource in self._located:
            if id(resource) not in self._compared:
                message = Message("a case has no place for {name}", name=str(resource.get("resourceType")))
                losses.append(Loss(case_index, pointer(place), LossKind.NO_PLACE, message))
        return losses

    # --- which is which -----------------------------------------------------------------------------------------------

    def _pair(self, first: Resource, resources: list[Resource]) -> None:
        """Note which resource of the file each of those written again is."""
        others: list[Resource] = []
        for each in resources:
            said = self._by_key.get(_key(each))
            if said is None:
                others.append(each)
            else:
                self._again.setdefault(id(said), each)
        self._again.setdefault(id(first), resources[0])
        if not others:
            return
        known = {f"urn:uuid:{each['id']}": each for each in resources} | {"/".join(_key(one)): one for one in resources}
        queue = [(one, self._again[id(one)]) for _, _, one in self._located if id(one) in self._again]
        left = {id(each) for each in others}
        while queue and left:
            said, again = queue.pop()
            for reference, other in _references(said, again):
                target, written = self._resolved(reference, said), known.get(str(other.get("reference")))
                if target is None or written is None or id(written) not in left or id(target) in self._again:
                    continue
                left.remove(id(written))
                self._again[id(target)] = written
                queue.append((target, written))

    def _resolved(self, reference: Resource, within: Resource) -> Resource | None:
        found = self._index.get(reference, within)
        return None if found is None else self._raw.get(id(found))

    # --- what differs -------------------------------------------------------------------------------------------------

    def _differing(self, case_index: int) -> list[Loss]:
        """Return the differences of resources that are known by now and were not compared before."""
        losses: list[Loss] = []
        for place, _, said in self._located:
            again = self._again.get(id(said))
            if again is None or id(said) in self._compared:
                continue
            self._compared.add(id(said))
            if self._without_taken(said) != again:
                told = self._normal(said, said)
                same = _aligned(told, again)
                if told.get("id") != again["id"]:
                    told, same = ({key: one[key] for key in one.keys() - {"id"}} for one in (told, again))
                losses += report(told, same, REASONS, case_index=case_index, within=place).losses
        return losses

    def _without_taken(self, node: Resource) -> Resource:
        """Return an element without the extensions of ours that the reader took."""
        if "extension" not in node:
            return node
        listed: Any = node["extension"]
        kept = [each for each in listed if not (id(each) in self._taken and is_ours(each.get("url")))]
        if len(kept) == len(listed):
            return node
        return {key: kept if key == "extension" else one for key, one in node.items() if kept or key != "extension"}

    def _normal(self, node: Any, within: Resource) -> Any:
        """Return a resource that refers to others as what is written again does, whatever the form of the reference."""
        if isinstance(node, list):
            return [self._normal(each, within) for each in node]
        if not isinstance(node, dict):
            return node
        told = {key: self._normal(value, within) for key, value in self._without_taken(node).items()}
        if isinstance(told.get("reference"), str):
            target = self._resolved(node, within)
            again = None if target is None else self._again.get(id(target))
            if again is not None:
                told["reference"] = f"urn:uuid:{again['id']}"
        return told


def _key(resource: Resource) -> tuple[str, str]:
    return str(resource.get("resourceType")), str(resource.get("id"))


def _aligned(said: Any, again: Any) -> Any:
    """Return what is written again with members of lists where the same ones stand: by reference or by code."""
    if isinstance(said, dict) and isinstance(again, dict):
        return {key: _aligned(said[key], value) if key in said else value for key, value in again.items()}
    if not (isinstance(said, list) and isinstance(again, list)):
        return again
    ours, theirs = ([_mark(each) for each in listed] for listed in (said, again))
    if ours == theirs or "" in (*ours, *theirs) or len(set(theirs)) < len(theirs) or len(set(ours)) < len(ours):
        return [_aligned(one, other) for one, other in zip(said, again, strict=False)] + again[len(said) :]
    by_mark = dict(zip(theirs, again, strict=True))
    there = [
        _aligned(each, by_mark.pop(mark)) if mark in by_mark else {} for each, mark in zip(said, ours, strict=True)
    ]
    return [*there, *by_mark.values()]


def _mark(member: Any) -> str:
    """Return what tells a member of a list from others; nothing if it has no such thing."""
    told = member.get("reference") or member.get("code") if isinstance(member, dict) else None
    return "" if told is None else repr(told)


def _references(said: Any, again: Any) -> Iterator[tuple[Resource, Resource]]:
    """Yield the references that stand at the same places of two resources."""
    if isinstance(said, dict) and isinstance(again, dict):
        if isinstance(again.get("reference"), str):
            yield said, again
        else:
            for key in said.keys() & again.keys():
                yield from _references(said[key], again[key])
    elif isinstance(said, list) and isinstance(again, list):
        for one, other in zip(said, again, strict=False):
            yield from _references(one, other)


def envelope(bundle: Resource) -> Resource:
    """Return a Bundle of ours without what it says of itself alone: its id, its time, and where its entries are put."""
    told = {key: value for key, value in bundle.items() if key != "id"}
    if bundle.get("type") == "document":
        told = {key: value for key, value in told.items() if key not in {"identifier", "timestamp"}}
    entries: Any = bundle.get("entry", ())
    if isinstance(entries, list):
        listed = [each if isinstance(each, dict) else {} for each in entries]
        told["entry"] = [_unsent(each) if "request" in each else each for each in listed]
    return told


def _unsent(entry: Resource) -> Resource:
    resource: Any = entry.get("resource")
    url = "/".join(_key(resource)) if isinstance(resource, dict) else ""
    is_put = entry["request"] == {"method": "PUT", "url": url}
    return {key: value for key, value in entry.items() if key != "request"} if is_put else entry
