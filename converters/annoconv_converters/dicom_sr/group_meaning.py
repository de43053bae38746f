"""What measurement groups mean: the other way of `groups`. A group is one annotation, or several of one object."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from annoconv import ids
from annoconv.codes import (
    PRIVATE_SCHEME,
    ClassLabel,
    category_concept,
    category_of,
    is_label_code,
    is_name,
    name_fields,
)
from annoconv.documents import strict_json
from annoconv.model import AnnotationCategory, Concept
from annoconv_converters._dicom.content import Coordinates, Item, Quantity, Reference, key_of
from annoconv_converters._dicom.dates import moment
from annoconv_converters._dicom.snomed import modern_concept
from annoconv_converters.dicom_sr import codes, ohif
from annoconv_converters.dicom_sr.observers import observers_in
from annoconv_converters.dicom_sr.shapes import Places, geometry_of, image_of
from annoconv_converters.dicom_sr.values import (
    algorithm_in,
    evaluation_in,
    is_plain_number,
    measurement_in,
    plain_number,
    regions_in,
    site_in,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from annoconv.codes import Labels
    from annoconv.model import Label

__all__ = ["GroupReader", "JoinedMask"]

_REGIONS: Final = frozenset({"SCOORD", "SCOORD3D"})
_NOT_EVALUATIONS: Final = frozenset(map(key_of, (codes.FINDING, codes.PURPOSE, codes.FINDING_CATEGORY)))


@dataclass(frozen=True)
class JoinedMask:
    """A segment that a group refers to, from a segmentation that was read with the report.

    Attributes
    ----------
    fields
        What its annotation says of the mask: `mask_file`, `mask_value`, `fractional_type`, `algorithm_type`.
    key
        Names the mask among those that were read.
    tracking_uid
        Of the segment, empty if it has none.
    is_own
        Whether we wrote the segmentation, so that the case need not say from which file the mask is.
    """

    fields: Mapping[str, Any]
    key: tuple[int, str]
    tracking_uid: str = ""
    is_own: bool = False


@dataclass(eq=False)
class GroupReader:
    """Reads the measurement groups of one report.

    Attributes
    ----------
    places
        Where images stand.
    labels
        Where concepts are looked up.
    is_ours
        Whether we wrote the report.
    author
        Who made it, as its agent's id.
    masks
        Segments by instance and number.
    annotations, definitions, agents
        What the groups mean.
    group_of
        By annotation id, the position of its group.
    joined
        By annotation id, its mask.
    without_unit
        Measured values of which no unit is stated: annotation id, and position among its measurements.
    """

    places: Places
    labels: Labels
    is_ours: bool
    author: str | None
    masks: Mapping[tuple[str, int], JoinedMask]
    annotations: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]], init=False)
    definitions: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]], init=False)
    agents: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]], init=False)
    group_of: dict[str, int] = field(default_factory=dict[str, int], init=False)
    joined: dict[str, JoinedMask] = field(default_factory=dict[str, JoinedMask], init=False)
    without_unit: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]], init=False)

    def read(self, groups: Sequence[Item]) -> None:
        """Read all groups, in their order."""
        trackings = [ohif.plain_tracking_id(each.text(key_of(codes.TRACKING_ID)).strip()) for each in groups]
        count = Counter(trackings)
        names = [
            name if is_name(name) and count[name] == 1 else f"group_{number}"
            for number, name in enumerate(trackings, 1)
        ]
        found = self._labels(groups)
        self._known: dict[Any, str] = {}
        for group, name in zip(groups, names, strict=True):
            for each in _regions(group):
                self._known.setdefault(_region_key(each), name)
        for position, (group, name, tracking, label) in enumerate(zip(groups, names, trackings, found, strict=True)):
            self._read(position, group, name, tracking, label)

    def _read(self, position: int, group: Item, name: str, tracking: str, label: ClassLabel) -> None:
        stated: dict[str, Any] = {"id": name}
        uid = group.text(key_of(codes.TRACKING_UID)).strip()
        stated |= {"tracking_id": tracking} if tracking and tracking != name and is_name(tracking) else {}
        category = self._category(group, label)
        stated |= {"category": category.value, "label_code": label.code}
        site = _site_item(group)
        found_site = site_in(site) if site is not None else None
        if found_site is not None and not (label.known is not None and label.known.finding_site == found_site):
            stated["finding_site"] = strict_json.plain(found_site)
        geometries = self._geometries(group, stated)
        first = geometries[0] if geometries else {"type": "attribute", **self._image_of(group)}
        if ids.is_dicom_uid(uid) and uid != ids.tracking(self._image_uid(first), tracking or name):
            stated["tracking_uid"] = uid
        own = stated | first
        own |= self._said(group)
        inferred = self._measured(group, own, has_region=bool(geometries))
        whole = own | inferred[0]
        self._add(whole, position)
        for number, geometry in enumerate(geometries[1:], 2):
            self._add(self._part(whole, f"{name}_{number}", geometry), position)
        for child in inferred[1:]:
            self._add(self._part(whole, child.pop("id"), child), position)

    def _image_uid(self, geometry: Mapping[str, Any]) -> str:
        return str(geometry.get("image_uid") or self.places.primary)

    def _part(self, whole: Mapping[str, Any], name: str, geometry: Mapping[str, Any]) -> dict[str, Any]:
        """Return an annotation for another geometry of the same object."""
        kept = {key: whole[key] for key in ("tracking_uid", "category", "label_code", "annotator") if key in whole}
        return {"id": name, "parent_id": whole["id"], "scope": "object"} | kept | dict(geometry)

    def _add(self, annotation: dict[str, Any], position: int) -> None:
        kept = {key: value for key, value in annotation.items() if value not in (None, [], {})}
        if kept["type"] == "attribute":
            kept.setdefault("attributes", {})
        self.annotations.append(kept)
        self.group_of[annotation["id"]] = position

    # --- where it is

    def _geometries(self, group: Item, stated: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the geometries of a group: its mask, or its regions."""
        for each in group.all(*map(key_of, (codes.SEGMENT, codes.SEGMENT_FRAME)), kind="IMAGE"):
            mask = self._mask(each, group)
            if mask is not None:
                self.joined[stated["id"]] = mask
                reference = each.value
                source = {}
                if not mask.is_own and isinstance(reference, Reference):
                    source = {
                        "segmentation": {
                            "sop_instance_uid": reference.sop_instance_uid,
                            "sop_class_uid": reference.sop_class_uid,
                        },
                        "segment_number": reference.segments[0],
                    }
                return [{"type": "mask", **mask.fields, **source, **self._source(group)}]
        regions = _regions(group)
        purpose = group.first(key_of(codes.PURPOSE), kind="CODE")
        is_bound = purpose is not None and isinstance(purpose.value, Concept) and purpose.value == codes.BOUNDED_BY
        return geometry_of(regions, self.places, is_bound=is_bound or ohif.is_box(group))

    def _mask(self, one: Item, group: Item) -> JoinedMask | None:
        """Return the segment that an item names: of that number, and of the group's tracking UID if both state one."""
        reference = one.value
        if not isinstance(reference, Reference) or not reference.segments:
            return None
        found = self.masks.get((reference.sop_instance_uid, reference.segments[0]))
        uid = group.text(key_of(codes.TRACKING_UID)).strip()
        if found is not None and uid and found.tracking_uid and found.tracking_uid != uid:
            tracked = [
                mask
                for (instance, _), mask in self.masks.items()
                if instance == reference.sop_instance_uid and mask.tracking_uid == uid
            ]
            return tracked[0] if len(tracked) == 1 else None
        return found

    def _image_of(self, group: Item) -> dict[str, Any]:
        """Return the single image that what is said of no region is said of."""
        images = list(group.all(*map(key_of, (codes.MEASURED_ON, codes.SOURCE)), kind="IMAGE"))
        reference = images[0].value if len(images) == 1 else None
        return self.places.place(reference if isinstance(reference, Reference) else None)

    def _source(self, group: Item) -> dict[str, Any]:
        uid = group.text(key_of(codes.SOURCE_SERIES)).strip()
        if uid:
            return {"image_uid": uid} if uid != self.places.primary and uid in self.places.uids else {}
        for each in group.all(key_of(codes.SOURCE_FOR_SEGMENT), kind="IMAGE"):
            place = self.places.place(each.value if isinstance(each.value, Reference) else None)
            return {"image_uid": place["image_uid"]} if "image_uid" in place else {}
        return {}

    # --- what it is

    def _labels(self, groups: Sequence[Item]) -> list[ClassLabel]:
        """Return the label of each group: of the code that we wrote, else of the finding's concept."""
        findings = [_finding(each) for each in groups]
        told = [self._told(group, finding) for group, finding in zip(groups, findings, strict=True)]
        if self.is_ours:
            found = [self._own_label(*each) for each in zip(findings, told, strict=True)]
        else:
            found = self.labels.of_names(
                (finding.meaning if finding is not None else "", meant)
                for finding, meant in zip(findings, told, strict=True)
            )
        seen: set[str] = set()
        for each in found:
            if each.definition is not None and each.code not in seen:
                seen.add(each.code)
                self.definitions.append(each.definition)
        return found

    def _own_label(self, finding: Concept | None, told: dict[str, Any]) -> ClassLabel:
        if finding is None:
            return self.labels.of_name("")
        if finding.scheme == PRIVATE_SCHEME and is_label_code(finding.code):
            known = self.labels.get(finding.code)
            shown = finding.code if known is None else known.name_en or known.name_zh or finding.code
            if finding.meaning == shown:
                return ClassLabel(finding.code, known)
            category = {key: told[key] for key in ("category",) if key in told}
            return ClassLabel(finding.code, known, {"code": finding.code, **name_fields(finding.meaning), **category})
        known = self.labels.find(finding.meaning, told)
        if known is not None and known.concept == finding and "concept_category" not in told:
            return ClassLabel(known.code, known)
        return self.labels.of_name(finding.meaning, told)

    def _told(self, group: Item, finding: Concept | None) -> dict[str, Any]:
        """Return what a group says of its label beside the name."""
        stated = _category_item(group)
        told: dict[str, Any] = {}
        if finding is not None and finding.scheme != PRIVATE_SCHEME:
            told["concept"] = strict_json.plain(finding)
        category = category_of(stated) if stated is not None else None
        known: Label | None = self.labels.find(finding.meaning, told) if finding is not None else None
        meant = (known and known.category) or category
        if meant is not None:
            told["category"] = meant.value
        if stated is not None:
            written = (known and known.concept_category) or category_concept(meant or AnnotationCategory.OTHER)
            if stated != written:
                told["concept_category"] = strict_json.plain(stated)
        return told

    def _category(self, group: Item, label: ClassLabel) -> AnnotationCategory:
        stated = _category_item(group)
        own = category_of(stated) if stated is not None else None
        if self.is_ours and own is not None:
            return own
        told = (label.known and label.known.category) or own
        return told or AnnotationCategory.LESION

    # --- what is said of it

    def _said(self, group: Item) -> dict[str, Any]:
        found: dict[str, Any] = {}
        session = group.text(key_of(codes.SESSION)).strip()
        found |= {"session": session} if is_name(session) else {}
        at = moment(group.observed_at)
        found |= {"annotated_at": strict_json.plain(at)} if at is not None else {}
        note = group.first(key_of(codes.COMMENT), kind="TEXT")
        found |= {"note": note.value} if note is not None and note.value else {}
        people = observers_in(group.children)
        self.agents += people
        algorithm = algorithm_in(group)
        if algorithm is not None:
            agent = self._device(algorithm)
            self.agents.append(agent)
            found["annotator"] = agent["id"]
        if people and people[0]["id"] != self.author:
            found["annotator"] = people[0]["id"]
        site = _site_item(group)
        attributes: dict[str, Any] = {}
        evaluations: list[dict[str, Any]] = []
        for each in group.children:
            if each.relationship != "CONTAINS" or each.name is None or codes.names(each) in _NOT_EVALUATIONS:
                continue
            if each is site:
                continue
            if each.kind == "CODE":
                told = evaluation_in(each)
                if told is None:
                    continue
                if each.key[1] == PRIVATE_SCHEME and told["value"]["scheme"] == "SCT":
                    attributes[each.key[0]] = told["value"]["code"] == codes.YES.code
                else:
                    evaluations.append(told)
            elif each.kind == "TEXT" and each.key != key_of(codes.COMMENT) and isinstance(each.value, str):
                key = each.key[0] if each.key[1] == PRIVATE_SCHEME else each.name.meaning
                attributes[key] = each.value
            elif is_plain_number(each) and isinstance(each.value, Quantity):
                attributes[each.key[0]] = plain_number(each.value)
        return found | {"attributes": attributes, "evaluations": evaluations}

    def _device(self, algorithm: dict[str, Any]) -> dict[str, Any]:
        """Return the agent that an algorithm is; another algorithm of its name has a digest in its id."""
        words = " ".join(str(algorithm[key]) for key in ("name", "version") if key in algorithm)
        identity = " ".join(words.split())
        agent: dict[str, Any] = {"id": identity, "kind": "device", "roles": ["model"], "algorithm": algorithm}
        other = next((each for each in self.agents if each["id"] == agent["id"]), None)
        if other is not None and other.get("algorithm") != algorithm:
            agent["id"] = f"{identity} {ids.content_digest(strict_json.dumps(algorithm))[:8]}"
        return agent

    def _measured(self, group: Item, own: dict[str, Any], *, has_region: bool) -> list[dict[str, Any]]:
        """Return what the measurements of a group say, and behind it the geometries that they alone have.

        If they were all taken on one, which the group itself does not have, that is the annotation's.
        """
        measurements: list[dict[str, Any]] = []
        taken_on: list[list[Item]] = []
        for each in group.all(kind="NUM"):
            if is_plain_number(each):
                continue
            found = measurement_in(each, group)
            if found is not None:
                if isinstance(each.value, Quantity) and each.value.text and each.value.unit is None:
                    self.without_unit.append((own["id"], len(measurements)))
                measurements.append(found)
                taken_on.append(regions_in(each))
        distinct = {_region_key(each): each for some in taken_on for each in some}
        unknown = [key for key in distinct if key not in self._known]
        more: dict[str, Any] = {}
        children: list[dict[str, Any]] = []
        is_only = len(distinct) == 1 and bool(unknown) and not has_region
        for number, key in enumerate(unknown, 1):
            found_shapes = geometry_of([distinct[key]], self.places, is_bound=ohif.is_box(group))
            if not found_shapes:
                continue
            identity = own["id"] if is_only else f"{own['id']}_{number}"
            self._known[key] = identity
            if is_only:
                more |= found_shapes[0]
            else:
                children.append({"id": identity, **found_shapes[0]})
        for found, regions in zip(measurements, taken_on, strict=True):
            named = [self._known[key] for each in regions if (key := _region_key(each)) in self._known]
            found |= {"geometry_ids": list(dict.fromkeys(named))} if named else {}
        return [more | ({"measurements": measurements} if measurements else {}), *children]


def _regions(group: Item) -> list[Item]:
    """Return the coordinates that a group itself has, but the middle of its segment."""
    found = [each for each in group.children if each.kind in _REGIONS and isinstance(each.value, Coordinates)]
    is_segmented = group.first(*map(key_of, (codes.SEGMENT, codes.SEGMENT_FRAME))) is not None
    return [each for each in found if not is_segmented or each.key != key_of(codes.CENTER)]


def _finding(group: Item) -> Concept | None:
    found = group.first(key_of(codes.FINDING), kind="CODE")
    return modern_concept(found.value) if found is not None and isinstance(found.value, Concept) else None


def _category_item(group: Item) -> Concept | None:
    found = next((each.value for each in group.children if codes.names(each) == key_of(codes.FINDING_CATEGORY)), None)
    return modern_concept(found) if isinstance(found, Concept) else None


def _site_item(group: Item) -> Item | None:
    """Return where the finding is: the first site of a group, in whatever relationship."""
    return next((each for each in group.children if codes.names(each) == key_of(codes.SITE)), None)


def _region_key(one: Item) -> Any:
    """Return what tells coordinates from others: their shape, their numbers, and the image that they lie on."""
    value = one.value
    if not isinstance(value, Coordinates):
        return id(one)
    image = image_of(one)
    place = None if image is None else (image.sop_instance_uid, image.frames)
    return value.shape, value.data, value.frame_of_reference_uid, place
