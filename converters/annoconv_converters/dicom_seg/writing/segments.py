"""What a segmentation says of one mask of a case: its label's concepts and colour, and what made it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from annoconv import ids
from annoconv.documents import strict_json
from annoconv_converters._dicom.codes import modifiers_of
from annoconv_converters.dicom_seg.segment import ALGORITHM_TYPES, Segment, SegmentAlgorithmType

if TYPE_CHECKING:
    from annoconv.codes import Labels
    from annoconv.model import Algorithm, Case, MaskAnnotation

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
    name, version, parameters = _algorithm(annotation, case)
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
        algorithm_name=name,
        algorithm_version=version,
        algorithm_parameters=parameters,
        tracking_id=annotation.tracking_id or annotation.id,
        tracking_uid=annotation.tracking_uid or ids.tracking(image_uid, annotation.id),
        color_rgb=coded.color_rgb,
        description=coded.code,
    )


def _algorithm(annotation: MaskAnnotation, case: Case) -> tuple[str | None, str | None, str | None]:
    """Return name, version and parameters of the model that an annotation grew out of.

    They are those of its model-assistance record, else of the record that names it, else the AI model of the metadata,
    whose last word is its version if it looks like one.
    """
    records = case.metadata.assistance or ()
    own = [record for record in records if record.id == annotation.assistance_id]
    own += [record for record in records if annotation.id in (record.annotation_ids or ())]
    if own:
        model: Algorithm = own[0].model
        parameters = strict_json.plain(model).get("parameters")
        return model.name, model.version, strict_json.dumps(parameters).decode().strip() if parameters else None
    stated = case.metadata.software.ai_model if case.metadata.software else None
    last = (stated or "").split()[-1:]
    return stated, last[0] if last and _VERSION.fullmatch(last[0]) else None, None
