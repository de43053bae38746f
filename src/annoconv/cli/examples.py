"""An example for the help of each command: one line that a reader can type, with names of the reader's own files."""

from __future__ import annotations

from typing import Final

__all__ = ["example_of"]

_EXAMPLES: Final = {
    "convert": "convert masks/ --images ct/ -o seg.dcm",
    "plan": "plan nifti dicom-seg",
    "validate": "validate case.json --profile delivery --images ct/",
    "formats": "formats --json",
    "schema": "schema -o case.schema.json",
    "upgrade": "upgrade old.json -o case.json",
    "info": "info case.json",
    "rule": "rule A-C.3.duplicate_id",
    "metrics": "metrics reference.nii.gz model.nii.gz --csv values.csv",
    "agreement": "agreement reader1.json reader2.json",
    "merge-readers": "merge-readers reader1.json reader2.json -o merged.json",
    "review": "review case.json -o reviewed.json --decision accept --reviewer R2 --timestamp now",
    "review-queue": "review-queue cases.jsonl --csv queue.csv",
    "sampling-plan": "sampling-plan cases.jsonl --share 0.1",
    "registration": "registration case.json",
    "report": "report cases.jsonl --images ct/ -o report.html",
    "preview": "preview case.json --images ct/ -o preview.png",
    "demo": "demo demo/",
    "check-fhir": "check-fhir bundle.json --release R5",
    "check-images": "check-images ct/ --listing manifest-sha256.txt",
    "check-links": "check-links delivery/",
    "from-coco": "from-coco instances.json -o cases.jsonl",
    "from-cvat": "from-cvat annotations.xml -o cases.jsonl",
    "from-dicom-seg": "from-dicom-seg seg.dcm --images ct/ -o case.json",
    "from-dicom-sr": "from-dicom-sr report.dcm --images ct/ -o case.json",
    "from-fhir": "from-fhir bundle.json -o case.json",
    "from-geojson": "from-geojson outlines.geojson -o cases.jsonl",
    "from-label-studio": "from-label-studio export.json -o cases.jsonl",
    "from-labelme": "from-labelme annotations/ -o cases.jsonl",
    "from-nifti": "from-nifti liver.nii.gz --images ct/ -o case.json",
    "from-pascal-voc": "from-pascal-voc Annotations/ -o cases.jsonl",
    "from-yolo": "from-yolo dataset/ -o cases.jsonl",
    "to-coco": "to-coco case.json -o instances.json",
    "to-cvat": "to-cvat case.json -o annotations.xml",
    "to-dicom-seg": "to-dicom-seg case.json --images ct/ -o seg.dcm",
    "to-dicom-sr": "to-dicom-sr case.json --images ct/ -o report.dcm",
    "to-fhir": "to-fhir case.json -o bundle.json",
    "to-geojson": "to-geojson case.json -o outlines.geojson",
    "to-label-studio": "to-label-studio cases.jsonl -o tasks.json",
    "to-nifti": "to-nifti case.json -o masks/",
    "to-yolo": "to-yolo cases.jsonl -o dataset/",
}
_ANY: Final = {"to": "{name} case.json -o {format}/", "from": "{name} files/ -o cases.jsonl"}
"""Of converters that others add."""


def example_of(name: str) -> str | None:
    """Return the example of a command, as typed; None of a command that others add and that says none."""
    told = _EXAMPLES.get(name) or _ANY.get(name.partition("-")[0], "")
    return f"annoconv {told.format(name=name, format=name.partition('-')[2])}" if told else None
