"""What the tests of FHIR share: cases written and read without a file, and resources of others."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from annoconv_converters.fhir.read import EXACT, readings_of
from annoconv_converters.fhir.write import resources_of

from annoconv.casefile import LoadedCase, Reading
from annoconv.documents import strict_json
from annoconv.model import Case
from annoconv.pixels import Masks
from annoconv.registry import Context

if TYPE_CHECKING:
    from annoconv_converters.fhir.bundle import BundleKind, Release

    from annoconv.loss import Loss

Document = dict[str, Any]
CONTEXT = Context()


def written(
    document: Document, masks: Masks | None = None, release: Release = "R5", bundle: BundleKind = "collection"
) -> tuple[list[Document], list[Loss]]:
    """Return the resources of a case as they are after they were JSON, and the losses."""
    loaded = LoadedCase(strict_json.as_model(document, Case), masks or Masks())
    resources, losses = resources_of(loaded, CONTEXT, release=release, bundle=bundle)
    return strict_json.loads_keeping(strict_json.dumps(resources), EXACT), losses


def read(resources: list[Document], context: Context = CONTEXT) -> list[Reading]:
    """Return the cases of resources of ours."""
    return list(readings_of([((n,), f"urn:uuid:{each['id']}", each) for n, each in enumerate(resources)], context))


def minimal(**more: Any) -> Document:
    """Return a small case: a finding on a slice that the image lists."""
    instances = [{"sop_instance_uid": f"1.2.3.4.{n}", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.2"} for n in (1, 2, 3)]
    box = {"id": "B", "category": "lesion", "label_code": "NODULE", "type": "bbox", "bbox": [1.0, 2.0, 5.5, 6.0]}
    return {
        "schema_version": "1.0",
        "task_id": "T",
        "case_id": "C",
        "image": {"uid": "1.2.3.4", "modality": "CT", "study_instance_uid": "1.2.3", "instances": instances},
        "annotations": [box | {"slice_index": 1}],
        "metadata": {"annotator": "A1", "timestamps": {"end": "2026-01-08T09:40:00+08:00"}},
        **copy.deepcopy(more),
    }


def one_of(resources: list[Document], type_: str) -> Document:
    """Return the first resource of a type."""
    return next(each for each in resources if each["resourceType"] == type_)
