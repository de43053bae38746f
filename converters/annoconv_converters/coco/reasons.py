"""Why COCO does not hold what stands at a place of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from annoconv.codes import UNCLASSIFIED
from annoconv_converters._pictures.class_lists import COUNTED
from annoconv_converters._pictures.picture_format import polygon_reasons

if TYPE_CHECKING:
    from annoconv.documents.losses import Reasons

__all__ = ["REASONS"]

REASONS: Final[Reasons] = {
    "annotations/#/id": "COCO ids are numbers, and masks of a label in a volume are told apart by our key only",
    "annotations/#/mask_file": "COCO names no mask files; masks are named after their annotations",
    "annotations/#/mask_value": "COCO has no label maps",
    "annotations/#/category": "in COCO the category follows from the label",
    **polygon_reasons("COCO"),
    UNCLASSIFIED: "every annotation of COCO has a category; that of an object without a class is UNCLASSIFIED",
    COUNTED: "no class list tells the id of the category in COCO, which depends on the others; a label system does",
    "labels/#/number": "in COCO each category has an id of its own",
    "annotations/#/parts/*": "in COCO several polygons are a mask, but for our key",
    "annotations/#/polyline/*": "COCO has no lines",
    "*/modality": "COCO knows no modality",
    "*/shape/#": "a picture of COCO has two dimensions",
    "task_id": "COCO names no annotation task",
    "*": "COCO has no place for {place}",
}
