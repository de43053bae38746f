"""What a segmentation says of one mask of a case: its label's concepts and colour, and what made it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from annoconv import ids
from annoconv.documents import strict_json
from annoconv.model import Algorithm
from annoconv_converters._dicom.codes import modifiers_of
from annoconv_converters.dicom_seg.segment import ALGORITHM_TYPES, Segment, SegmentAlgorithmType

if TYPE_CHECKING:
    from annoconv.codes import Labels
    from annoconv.model import Case, MaskAnnotation

__all__ = ["segment_of"]

_VERSION: Final = re.compile(r"[vV]?\d[\w.+-]*")


def segment_of(number: int, annotation: MaskAnnotation, case: Case, image_uid: str, labels: Labels) -> Segment:
    """Return what a segmentation says of one mask of a case.

    Parameters
    ----------
    number
        SegmentNumber.
    annotation
        The mask.
    case
        Its case, which says what made it.
    image_uid
        SeriesInstanceUID of the image that it was drawn on.
    labels
        Where its label is defined.
    """
    coded = labels.coded(annotation.label_code, annotation.category)
    kind = ALGORITHM_TYPES[annotation.algorithm_type] if annotation.algorithm_type else SegmentAlgorithmType.MANUAL
    algorithm, parameters = _algorithm(annotation, case)
    site = annotation.finding_site or coded.site
    return Segment(
        number=number,
        name=coded.name,
        type=coded.type,
        category=coded.category,
        modifiers=coded.modifiers,
        region=site.region if site else None,
        region_modifiers=modifiers_of(site) if site else (),
        algorithm_type=kind,
        algorithm_name=algorithm.name if algorithm else None,
        algorithm_version=algorithm.version if algorithm else None,
        algorithm_family=algorithm.family if algorithm else None,
        algorithm_source=algorithm.manufacturer if algorithm else None,
        algorithm_parameters=parameters,
        tracking_id=annotation.id,
        tracking_uid=annotation.tracking_uid or ids.tracking(image_uid, annotation.id),
        color_rgb=coded.color_rgb,
        description=coded.code,
    )


def _algorithm(annotation: MaskAnnotation, case: Case) -> tuple[Algorithm | None, str | None]:
    """Return the algorithm that an annotation grew out of, and its parameters as text.

    It is that of its model-assistance record, else of the record that names it, else of the agent who made it, else the
    AI model of the metadata, whose last word is its version if it looks like one.
    """
    records = case.metadata.assistance or ()
    own = [record.model for record in records if record.id == annotation.assistance_id]
    own += [record.model for record in records if annotation.id in (record.annotation_ids or ())]
    agents = [agent for agent in case.metadata.agents or () if agent.id == annotation.annotator]
    own += [agent.algorithm for agent in agents if agent.algorithm is not None]
    if own:
        parameters = strict_json.plain(own[0]).get("parameters")
        return own[0], strict_json.dumps(parameters).decode().strip() if parameters else None
    stated = case.metadata.software.ai_model if case.metadata.software else None
    if stated is None:
        return None, None
    last = stated.split()[-1:]
    return Algorithm(name=stated, version=last[0] if last and _VERSION.fullmatch(last[0]) else None), None
