"""An annotation as a measurement group: planar (TID 1410), volumetric (1411), or neither (1501)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from annoconv import ids
from annoconv.codes import UNCLASSIFIED
from annoconv.model import (
    AgentKind,
    Algorithm,
    AnnotationCategory,
    AnnotationScope,
    AttributeAnnotation,
    EllipsoidAnnotation,
    PolygonAnnotation,
)
from annoconv_converters._dicom.content import Item, Quantity, Reference
from annoconv_converters._dicom.dates import date_time
from annoconv_converters._dicom.patient import patient_of
from annoconv_converters.dicom_sr import codes, ohif
from annoconv_converters.dicom_sr.centres import centre_item
from annoconv_converters.dicom_sr.observers import observer_items
from annoconv_converters.dicom_sr.regions import Drawn, draw, image_on, private_concept
from annoconv_converters.dicom_sr.values import (
    algorithm_items,
    code_item,
    measurement_items,
    number_text,
    site_item,
    text_item,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from annoconv.codes import Labels
    from annoconv.model import Agent, Annotation, AttributeDefinition, Case, Measurement
    from annoconv.pixels import Mask
    from annoconv_converters.dicom_sr.series import Series

__all__ = ["GroupWriter", "SegmentReference", "tracking_of"]

_CONTAINS: Final = "CONTAINS"
_CONTEXT: Final = "HAS OBS CONTEXT"
_MODIFIER: Final = "HAS CONCEPT MOD"


@dataclass(frozen=True)
class SegmentReference:
    """Where a mask stands in a segmentation.

    Attributes
    ----------
    reference
        Its instance, with the segment's number.
    series_uid, study_uid
        Of the segmentation.
    """

    reference: Reference
    series_uid: str
    study_uid: str


def tracking_of(annotation: Annotation, case: Case) -> tuple[str, str]:
    """Return TrackingID and TrackingUID of an annotation, those that it has in a segmentation too."""
    name = annotation.tracking_id or annotation.id
    uid = annotation.tracking_uid or ids.tracking(annotation.image_uid or case.image.uid, name)
    return name, uid


@dataclass(eq=False)
class GroupWriter:
    """Writes the annotations of one case as measurement groups.

    Attributes
    ----------
    case, labels
        The case, and where its labels are defined.
    series
        Its images by UID, as far as they can be referred to.
    segments
        Where its masks stand in segmentations, by annotation id.
    value_maps
        Instances that may be referred to beside images and segmentations.
    in_space
        Whether what lies on a slice is written in space.
    for_ohif
        Whether tools of that viewer are named, so that it edits what it reads.
    masks
        Voxels of the case's masks.
    unplaced
        Ids of the annotations whose groups have no coordinates, once these were written for that viewer.
    """

    case: Case
    labels: Labels
    series: Mapping[str, Series]
    segments: Mapping[str, SegmentReference] = field(default_factory=dict[str, SegmentReference])
    value_maps: Mapping[str, Reference] = field(default_factory=dict[str, Reference])
    in_space: bool = False
    for_ohif: bool = False
    masks: Mapping[str, Mask] = field(default_factory=dict[str, "Mask"])
    unplaced: list[str] = field(default_factory=list[str], init=False)

    def __post_init__(self) -> None:
        study = patient_of(self.case, self.case.image).study
        self.time_point = (study.time_point if study is not None else None) or ""
        self._agents = {agent.id: agent for agent in self.case.metadata.agents or ()}
        self._records = {record.id: record for record in self.case.metadata.assistance or ()}
        self._drawn: dict[str, Drawn | None] = {}
        self._annotations = {each.id: each for each in self.case.annotations}
        self._parts = dict(self._find_parts())
        self._parts_of: dict[str, list[Annotation]] = {}
        for identity, parent in self._parts.items():
            self._parts_of.setdefault(parent, []).append(self._annotations[identity])
        self.grouped = [
            each for each in self.case.annotations if each.type != "text_span" and each.id not in self._parts
        ]

    def _find_parts(self) -> Iterator[tuple[str, str]]:
        """Yield what is no group of its own and the annotation in whose group it stands.

        So is a line on which that one was measured, and the outline of the same object on another slice.
        """
        for each in self.case.annotations:
            parent = self._annotations.get(each.parent_id or "")
            if parent is None or parent is each or not is_part(each) or parent.label_code != each.label_code:
                continue
            is_outline = isinstance(each, PolygonAnnotation) and isinstance(parent, PolygonAnnotation)
            is_same = (each.tracking_uid, each.image_uid) == (parent.tracking_uid, parent.image_uid)
            if (is_outline and is_same) or (isinstance(parent, AttributeAnnotation) and _is_under(each, parent)):
                yield each.id, parent.id

    def drawn(self, annotation: Annotation) -> Drawn | None:
        """Return the coordinates of an annotation's geometry, None if a report has none for it."""
        if annotation.id not in self._drawn:
            series = self.series.get(annotation.image_uid or self.case.image.uid)
            found = None if series is None else draw(annotation, series, in_space=self.in_space)
            self._drawn[annotation.id] = found
        return self._drawn[annotation.id]

    def _with_parts(self, annotation: Annotation) -> Drawn | None:
        """Return the coordinates of a geometry and of its outlines on other slices."""
        drawn = self.drawn(annotation)
        if not isinstance(annotation, PolygonAnnotation):
            return drawn
        outlines = map(self.drawn, self._parts_of.get(annotation.id, ()))
        parts = [each for each in outlines if each is not None]
        if drawn is None or not parts:
            return drawn
        return replace(drawn, items=[*drawn.items, *(one for each in parts for one in each.items)], template="1411")

    def group(self, annotation: Annotation) -> Item:
        """Return the measurement group of an annotation, its items in the order of the template's rows."""
        drawn, segment = self._with_parts(annotation), self.segments.get(annotation.id)
        template = "1411" if segment is not None else drawn.template if drawn is not None else "1501"
        group = Item(_CONTAINS, "CONTAINER", codes.GROUP, "CONTINUOUS", template=template)
        if annotation.annotated_at is not None:
            group.observed_at = date_time(annotation.annotated_at)
        add = group.children.extend
        if annotation.session is not None:
            add([text_item(_CONTEXT, codes.SESSION, annotation.session)])
        add(self._tracking(annotation, drawn))
        add(self._observer(annotation))
        add(self._finding(annotation))
        if self.time_point:
            add([text_item(_CONTEXT, codes.TIME_POINT, self.time_point)])
        if drawn is not None and drawn.purpose is not None:
            add([code_item(_CONTAINS, codes.PURPOSE, drawn.purpose)])
        regions = [] if drawn is None else drawn.items
        is_roi = template in {"1410", "1411"}
        shared, measured = measurement_items(
            annotation.measurements or (),
            (lambda _: []) if is_roi else self._measured_on,
            lambda each: None if each.value_map is None else self.value_maps.get(each.value_map.sop_instance_uid),
        )
        add(self._image_of(annotation))
        if is_roi:
            add(regions)
            add(self._segmented(annotation, segment))
        add(each for each in shared if each.kind == "COMPOSITE")
        add(each for each in shared if each.kind != "COMPOSITE")
        add(self._site(annotation))
        add(self._algorithm(annotation))
        add(measured)
        if not is_roi:
            add(regions)
        add(self._evaluations(annotation))
        if annotation.note is not None:
            add([text_item(_CONTAINS, codes.COMMENT, annotation.note)])
        if self.for_ohif:
            add(self._centre_of(annotation, segment))
            ohif.make_editable(group, drawn)
            self.unplaced += [] if ohif.has_place(group) else [annotation.id]
        return group

    def _tracking(self, annotation: Annotation, drawn: Drawn | None) -> Iterator[Item]:
        name, uid = tracking_of(annotation, self.case)
        tool = ohif.tool_of(annotation, drawn) if self.for_ohif else ""
        yield text_item(_CONTEXT, codes.TRACKING_ID, f"{tool}{name}")
        yield Item(_CONTEXT, "UIDREF", codes.TRACKING_UID, uid)

    def _observer(self, annotation: Annotation) -> list[Item]:
        """Return who made it, if that is a person and another than who made the report."""
        name = annotation.annotator
        if name is None or name == self.case.metadata.annotator:
            return []
        agent = self._agents.get(name)
        if agent is not None and agent.kind is AgentKind.DEVICE:
            return []
        return observer_items(name, agent)

    def _finding(self, annotation: Annotation) -> Iterator[Item]:
        label = self.labels.coded(annotation.label_code, annotation.category)
        is_one = annotation.label_code != UNCLASSIFIED
        if is_one or annotation.category is not AnnotationCategory.OTHER:
            yield code_item(_CONTAINS, codes.FINDING_CATEGORY, label.category)
        if is_one:
            yield code_item(_CONTAINS, codes.FINDING, label.type)

    def _site(self, annotation: Annotation) -> list[Item]:
        site = annotation.finding_site or self.labels.coded(annotation.label_code, annotation.category).site
        return [] if site is None else [site_item(site)]

    def _image_of(self, annotation: Annotation) -> Iterator[Item]:
        """Yield the slice or frames that what has no region is said of (TID 1501, row 10b)."""
        series = self.series.get(annotation.image_uid or self.case.image.uid)
        if series is None or not isinstance(annotation, AttributeAnnotation):
            return
        if annotation.slice_index is None and annotation.frame_index is None:
            return
        image = image_on(annotation, series)
        if image is not None:
            yield Item(_CONTAINS, "IMAGE", codes.MEASURED_ON, image)

    def _segmented(self, annotation: Annotation, segment: SegmentReference | None) -> Iterator[Item]:
        """Yield the segment, and for it or a surface the series that was segmented (TID 1411, row 12)."""
        if segment is not None:
            yield Item(_CONTAINS, "IMAGE", codes.SEGMENT, segment.reference)
        if segment is not None or isinstance(annotation, EllipsoidAnnotation):
            yield Item(_CONTAINS, "UIDREF", codes.SOURCE_SERIES, annotation.image_uid or self.case.image.uid)

    def _centre_of(self, annotation: Annotation, segment: SegmentReference | None) -> Iterator[Item]:
        """Yield the middle of a mask, as that viewer stops at groups without coordinates."""
        series, mask = self.series.get(annotation.image_uid or self.case.image.uid), self.masks.get(annotation.id)
        centre = centre_item(mask, series) if segment is not None and series is not None and mask is not None else None
        if centre is not None:
            yield centre

    def _algorithm(self, annotation: Annotation) -> list[Item]:
        found = self.algorithm_of(annotation)
        return [] if found is None else algorithm_items(found)

    def algorithm_of(self, annotation: Annotation) -> Algorithm | None:
        """Return what made an annotation: of its record of assistance, of its agent, else the model of the metadata."""
        record = self._records.get(annotation.assistance_id or "")
        if record is None:
            record = next(
                (each for each in self._records.values() if annotation.id in (each.annotation_ids or ())), None
            )
        if record is not None:
            return record.model
        agent = self._agents.get(annotation.annotator or self.case.metadata.annotator or "")
        if agent is not None and agent.algorithm is not None:
            return agent.algorithm
        software = self.case.metadata.software
        is_automatic = annotation.algorithm_type is not None and annotation.algorithm_type.value != "manual"
        named = software.ai_model if software is not None and is_automatic else None
        return Algorithm(name=named) if named else None

    def _measured_on(self, measurement: Measurement) -> list[Item]:
        """Return the coordinates of what a measurement was taken on, as it is inferred from them."""
        found: list[Item] = []
        for identity in measurement.geometry_ids or ():
            other = self._annotations.get(identity)
            drawn = self.drawn(other) if other is not None else None
            if drawn is not None and all(each.kind == "SCOORD" for each in drawn.items):
                found += [replace(each, relationship="INFERRED FROM", name=None) for each in drawn.items]
        return found

    @property
    def devices(self) -> list[Agent]:
        """Devices that observed, beside who made the report and what made single annotations."""
        makers = {each.annotator for each in self.case.annotations} | {self.case.metadata.annotator}
        return [each for each in self._agents.values() if each.kind is AgentKind.DEVICE and each.id not in makers]

    # --- evaluations and attributes

    def _evaluations(self, annotation: Annotation) -> Iterator[Item]:
        for each in annotation.evaluations or ():
            yield code_item(_CONTAINS, each.concept, each.value)
        label = self.labels.get(annotation.label_code)
        defined = {each.key: each for each in (label.attributes or ())} if label is not None else {}
        attributes: Mapping[str, Any] = getattr(annotation, "attributes", None) or {}
        for key, value in attributes.items():
            one = attribute_item(key, value, defined.get(key))
            if one is not None:
                yield one


_OF_A_PART: Final = frozenset(
    {
        *("id", "parent_id", "scope", "tracking_uid", "category", "label_code", "image_uid", "annotator", "type"),
        *("slice_index", "frame_index", "last_frame_index", "coordinate_space", "frame_of_reference_uid", "status"),
        *("polygon", "holes", "parts", "polyline", "point", "bbox", "center", "radii", "rotation_degrees", "keypoints"),
    }
)
"""Keys of an annotation that is no more than a geometry of another one."""


def _is_under(annotation: Annotation, parent: Annotation) -> bool:
    """Tell whether another annotation was measured on this one."""
    return any(annotation.id in (one.geometry_ids or ()) for one in parent.measurements or ())


def is_part(annotation: Annotation) -> bool:
    """Tell whether an annotation says no more than where its parent is."""
    return annotation.scope is AnnotationScope.OBJECT and annotation.model_fields_set <= _OF_A_PART


def attribute_item(key: str, value: Any, definition: AttributeDefinition | None) -> Item | None:
    """Return an attribute as an item: coded where the label says as what, else under its key in our own scheme.

    A list or an object has no item.
    """
    name = (definition.concept if definition is not None else None) or private_concept(key)
    if isinstance(value, bool):
        return code_item(_CONTAINS, name, codes.YES if value else codes.NO)
    if isinstance(value, int | float | Decimal):
        unit = codes.unit_concept((definition.unit if definition is not None else None) or "1")
        text, exact = number_text(value if isinstance(value, Decimal) else Decimal(repr(value)))
        return Item(_CONTAINS, "NUM", name, Quantity(text, unit, exact))
    if isinstance(value, str):
        known = (definition.permissible_values or ()) if definition is not None else ()
        concept = next((each.concept for each in known if each.value == value and each.concept is not None), None)
        return code_item(_CONTAINS, name, concept) if concept is not None else text_item(_CONTAINS, name, value)
    return None
