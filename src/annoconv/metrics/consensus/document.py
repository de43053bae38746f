"""Several readers' cases of one image as one case: the consensus, and beside it what each of them had said.

What each reader marked is kept under `READER.ID`: `superseded` where the consensus was made of it, `rejected` where it
was not kept. The consensus names it in `derived_from`, and how far each two readers agree stands in
`metadata.agreement`. What else the cases hold is kept once where they say the same; what of them has no place is told.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from annoconv.casefile import LoadedCase
from annoconv.casefile.references import with_new_ids
from annoconv.documents import strict_json
from annoconv.errors import InputError, UsageError
from annoconv.ids import safe_name
from annoconv.loss import Loss, LossKind
from annoconv.messages import Message
from annoconv.metrics.consensus.checks import OWN_RECORDS, common_grids, inner, new_names
from annoconv.metrics.consensus.decisions import decide
from annoconv.metrics.consensus.records import agreement_records, overlaps
from annoconv.metrics.thresholds import SPECIFIED, ReviewBounds
from annoconv.model import SCHEMA_VERSION, AnnotationStatus, Case
from annoconv.pixels import ArrayVolume, Mask, Masks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annoconv.metrics.consensus.decisions import Decision, Rules

__all__ = ["Consensus", "Settled", "merge_readers"]

PANEL: Final = "CONSENSUS"
"""Agent id of the readers together."""
_NOT_RESULTS: Final = frozenset({AnnotationStatus.SUPERSEDED, AnnotationStatus.REJECTED})
_IDENTITIES: Final = {
    "studies": "study_instance_uid",
    "related_images": "uid",
    "registrations": "id",
    "texts": "id",
    "clinical_records": "id",
    "labels": "code",
}
"""Lists of a case that are about the patient or the task, not about one reader: their members, and what names them."""
_OWN: Final = ("links", "reviews")
"""Lists of a case that are each reader's own."""
_PEOPLE: Final = frozenset({"annotator", "reviewer", "agents"})
_DIFFER: Final = Message("readers say different things of it, and the merged case says nothing")


@dataclass(frozen=True)
class Settled:
    """One object of the merged case, or one that is not in it.

    Attributes
    ----------
    decision
        What was decided, and by whose annotations.
    identity
        Id of the merged annotation; None if there is none.
    """

    decision: Decision
    identity: str | None


@dataclass(frozen=True)
class Consensus:
    """A merged case.

    Attributes
    ----------
    loaded
        The case with its masks.
    settled
        What became of each object.
    losses
        What of a reader's case is not in it; `case_index` counts readers by their ids, ascending.
    readers
        Their ids, ascending.
    overlaps
        Ids of merged masks that share voxels which no reader gave to both, and how many.
    """

    loaded: LoadedCase
    settled: list[Settled]
    losses: list[Loss]
    readers: tuple[str, ...]
    overlaps: list[tuple[tuple[str, str], int]]


def merge_readers(
    readings: Mapping[str, LoadedCase], rules: Rules, *, soft: bool = False, bounds: ReviewBounds = SPECIFIED
) -> Consensus:
    """Return one case of several readers' cases of one image.

    Parameters
    ----------
    readings
        By the id of the reader.
    rules
        How annotations become one.
    soft
        Whether merged masks hold the share of readers (by STAPLE the probability) instead of what is kept of it.
    bounds
        The Dice of two readers below which reviews follow.

    Raises
    ------
    UsageError
        If there is one reader, or the adjudicator is none of them.
    InputError
        If the cases are of different images or patients, or say different things under one identifier.
    GeometryError
        If images or masks lie on grids that cannot be brought together, or masks hold fractions.
    """
    readers = sorted(readings)
    if len(readers) < 2:
        raise UsageError(
            "a consensus is of two readers at least",
            found=", ".join(readers) or None,
            expected=Message("cases of one image by two readers or more"),
            advice="Each case names who read it in metadata.annotator; with --by file each file is a reader",
        )
    if rules.adjudicator is not None and rules.adjudicator not in readings:
        raise UsageError(
            "the adjudicator is none of the readers",
            found=rules.adjudicator,
            expected=", ".join(readers),
            advice="Name him as metadata.annotator does, and give his case with the others",
        )
    loaded = {reader: inner(readings[reader]) for reader in readers}
    grids = common_grids(loaded)
    decisions = list(decide(loaded, grids, rules))
    return _Assembly(loaded, decisions, rules, soft, bounds).consensus()


class _Assembly:
    """The document of a merged case, put together."""

    def __init__(
        self,
        loaded: Mapping[str, LoadedCase],
        decisions: list[Decision],
        rules: Rules,
        soft: bool,
        bounds: ReviewBounds,
    ) -> None:
        self._loaded, self._rules, self._soft, self._bounds = loaded, rules, soft, bounds
        self._names = new_names(loaded)
        self._documents = {
            reader: with_new_ids(strict_json.plain(each.case), self._names[reader]) for reader, each in loaded.items()
        }
        self._base = rules.adjudicator or next(iter(loaded))
        self._settled = self._numbered(decisions)
        self._losses: list[Loss] = []

    def consensus(self) -> Consensus:
        """Return the merged case."""
        document: dict[str, Any] = {"schema_version": SCHEMA_VERSION, **self._common()}
        annotations, masks = self._annotations()
        document["annotations"] = annotations
        document["metadata"] = self._metadata()
        case = strict_json.as_model(document, Case)
        fields = {key: path for each in self._loaded.values() for key, path in each.fields.items()}
        loaded = LoadedCase(case, Masks(masks), fields=fields)
        return Consensus(
            loaded,
            self._settled,
            self._losses,
            tuple(self._loaded),
            overlaps([(each.decision, each.identity) for each in self._settled]),
        )

    def _numbered(self, decisions: list[Decision]) -> list[Settled]:
        counts: Counter[str] = Counter()
        found: list[Settled] = []
        for each in decisions:
            label = next(iter(each.members.values())).label_code
            counts[label] += each.is_kept
            found.append(Settled(each, f"{label}_{counts[label]}" if each.is_kept else None))
        return found

    # --- annotations ---

    def _annotations(self) -> tuple[list[dict[str, Any]], list[Mask]]:
        """Return the merged annotations, then the readers' own, with their masks."""
        merged_of = {
            self._names[reader][each.id]: one.identity
            for one in self._settled
            if one.identity is not None
            for reader, each in one.decision.members.items()
        }
        annotations: list[dict[str, Any]] = []
        masks: list[Mask] = []
        for one in self._settled:
            if one.identity is not None:
                annotations.append(self._merged(one, merged_of))
            if one.identity is not None and one.decision.fused is not None:
                masks.append(self._mask(one))
        for reader, document in self._documents.items():
            loaded = self._loaded[reader]
            folder = safe_name(reader)
            for each in document["annotations"]:
                each.setdefault("annotator", reader)
                if each.get("status") not in {*_NOT_RESULTS}:
                    each["status"] = "superseded" if each["id"] in merged_of else "rejected"
                if "mask_file" in each:
                    each["mask_file"] = f"{folder}/{each['mask_file']}"
                annotations.append(each)
            for identity, mask in loaded.masks.items():
                masks.append(Mask(self._names[reader][identity], mask.volume, mask.value))
        return annotations, masks

    def _merged(self, one: Settled, merged_of: Mapping[str, str]) -> dict[str, Any]:
        members = one.decision.members
        document = {
            key: value
            for key, value in one.decision.document.items()
            if key not in {"status", "derived_from", "annotator"}
        }
        names = {old: new for reader in members for old, new in self._names[reader].items()}
        known = {old: merged_of.get(new) for old, new in names.items()}
        if document.get("parent_id") is not None:
            document["parent_id"] = known.get(document["parent_id"])
        if "cross_modal_links" in document:
            links = [known.get(each, each) if each in known else each for each in document["cross_modal_links"]]
            document["cross_modal_links"] = [each for each in links if each is not None]
        document.pop("assistance_id", None)
        document |= {
            "id": one.identity,
            "status": "final",
            "derived_from": [self._names[reader][each.id] for reader, each in members.items()],
            "annotator": self._rules.adjudicator or self._panel(),
        }
        if one.decision.fused is not None:
            document["mask_file"] = f"{one.identity}.nii.gz"
            if self._soft:
                document["fractional_type"] = "PROBABILITY"
        return {key: value for key, value in document.items() if value is not None}

    def _mask(self, one: Settled) -> Mask:
        fused, grid = one.decision.fused, one.decision.grid
        if fused is None or grid is None:
            raise TypeError
        return Mask(str(one.identity), ArrayVolume(grid, fused.share_kji if self._soft else fused.mask_kji))

    # --- what is beside them ---

    def _panel(self) -> str:
        number, name = 1, PANEL
        while name in self._loaded:
            number += 1
            name = f"{PANEL}_{number}"
        return name

    def _common(self) -> dict[str, Any]:
        """Return what the cases say beside annotations and people: what they say alike, and each member of lists."""
        common: dict[str, Any] = {}
        for key in Case.model_fields:
            if key in {"schema_version", "annotations", "metadata"}:
                continue
            given = {reader: each[key] for reader, each in self._documents.items() if key in each}
            value: Any
            if key in _IDENTITIES:
                value = self._united(key, given)
            elif key in _OWN:
                value = [member for each in given.values() for member in each]
            elif key == "annotated_labels":
                value = self._complete(given)
            elif key == "image":
                value = self._image(given)
            elif key == "case_id" and given:
                value = self._alike("/case_id", given) or next(iter(given.values()))
            else:
                value = self._alike(f"/{key}", given)
            if value not in (None, [], {}):
                common[key] = value
        return common

    def _complete(self, given: Mapping[str, list[str]]) -> list[str]:
        """Return the labels of which every reader says that he marked all there is."""
        shared = set[str].intersection(*map(set, given.values())) if given else set[str]()
        found = [code for code in next(iter(given.values()), []) if code in shared]
        self._losses += [
            Loss(place, f"/annotated_labels/{number}", LossKind.NO_PLACE, _DIFFER)
            for place, reader in enumerate(self._documents)
            for number, code in enumerate(given.get(reader, ()))
            if code not in shared
        ]
        return found

    def _image(self, given: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        """Return the image: the base's, and of the others what it lacks."""
        found = dict(given[self._base])
        for each in given.values():
            found |= {key: value for key, value in each.items() if key not in found}
        return found

    def _united(self, key: str, given: Mapping[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
        known: dict[str, tuple[str, dict[str, Any]]] = {}
        for reader, members in given.items():
            for place, each in enumerate(members):
                identity = each[_IDENTITIES[key]]
                first, before = known.setdefault(identity, (reader, each))
                if before != each:
                    raise InputError(
                        "readers' cases say different things under one identifier",
                        source=self._loaded[reader].path,
                        where=f"/{key}/{place}",
                        found=Message("{value} of {reader}", value=identity, reader=reader),
                        expected=Message("what {reader} says of it", reader=first),
                        advice="Correct the one that is wrong, or give them identifiers of their own",
                    )
        return [each for _, each in known.values()]

    def _alike(self, path: str, given: Mapping[str, Any]) -> Any:
        """Return what all say alike, or the adjudicator; else nothing, and tell who said what is not there."""
        values = list(given.values())
        if not values:
            return None
        value = given.get(self._rules.adjudicator or "") or (
            values[0] if all(each == values[0] for each in values) else None
        )
        self._losses += [
            Loss(place, path, LossKind.NO_PLACE, _DIFFER)
            for place, reader in enumerate(self._documents)
            if reader in given and given[reader] != value
        ]
        return value

    def _metadata(self) -> dict[str, Any]:
        told = {reader: each.get("metadata", {}) for reader, each in self._documents.items()}
        metadata: dict[str, Any] = {}
        for key in dict.fromkeys(key for each in told.values() for key in each if key not in _PEOPLE):
            given = {reader: each[key] for reader, each in told.items() if key in each}
            if key in OWN_RECORDS:
                metadata[key] = [member for each in given.values() for member in each]
            else:
                metadata[key] = self._alike(f"/metadata/{key}", given)
        who = self._rules.adjudicator or self._panel()
        given = {reader: each["reviewer"] for reader, each in told.items() if each.get("reviewer") not in {None, who}}
        metadata |= {"annotator": who, "reviewer": self._alike("/metadata/reviewer", given)}
        metadata["agents"] = self._agents(told)
        settled = [(each.decision, each.identity) for each in self._settled]
        records = agreement_records(settled, list(self._documents), self._names, who=who, bounds=self._bounds)
        metadata["agreement"] = [*metadata.get("agreement", []), *records]
        return {key: value for key, value in metadata.items() if value not in (None, [], {})}

    def _agents(self, told: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
        agents: dict[str, dict[str, Any]] = {}
        for place, each in enumerate(told.values()):
            named: list[dict[str, Any]] = each.get("agents") or []
            for number, agent in enumerate(named):
                known = agents.setdefault(agent["id"], {})
                roles = list(dict.fromkeys([*known.get("roles", []), *agent.get("roles", [])]))
                known |= {**agent, **known, **({"roles": roles} if roles else {})}
                self._losses += [
                    Loss(place, f"/metadata/agents/{number}/{key}", LossKind.NO_PLACE, _DIFFER)
                    for key, value in agent.items()
                    if key != "roles" and known[key] != value
                ]
        for reader in self._documents:
            agents.setdefault(reader, {"id": reader, "roles": ["annotator"]})
        parameters = {key: value for key, value in asdict(self._rules).items() if value is not None}
        if "spacing" in parameters:
            parameters["spacing"] = ",".join(f"{each:g}" for each in parameters["spacing"])
        agents[self._panel()] = {
            "id": self._panel(),
            "kind": "organization",
            "roles": ["arbiter"],
            "name": ", ".join(self._documents),
            "algorithm": {
                "name": f"annoconv merge-readers: {self._rules.method}",
                "version": version("annoconv"),
                "parameters": parameters,
            },
        }
        if self._rules.adjudicator is not None:
            one = agents[self._rules.adjudicator]
            one["roles"] = list(dict.fromkeys([*one.get("roles", []), "arbiter"]))
        return list(agents.values())
