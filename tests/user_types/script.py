"""What a user of the library might write: from masks of a network to a delivery, every value typed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import annoconv
from annoconv import LoadedCase, Loss, LossKind, LossReport, Reading
from annoconv.model import (
    Agent,
    AnnotationCategory,
    AnyAnnotation,
    BboxAnnotation,
    Case,
    Image,
    Label,
    MaskAnnotation,
    Measurement,
    Metadata,
    Modality,
    TextDocument,
    TextSpanAnnotation,
    Timestamps,
)

LABELS: dict[str, int] = {"LIVER": 1, "SPLEEN": 2}


def segment(pixels_kji: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Stand in for a network: two organs by their values."""
    labels_kji = np.zeros(pixels_kji.shape, np.uint8)
    labels_kji[pixels_kji > 55] = LABELS["LIVER"]
    labels_kji[(pixels_kji > 45) & (pixels_kji <= 55)] = LABELS["SPLEEN"]
    return labels_kji


def masks() -> Iterator[MaskAnnotation]:
    for name, value in LABELS.items():
        yield MaskAnnotation(
            id=name.title(),
            category="organ",
            label_code=name,
            mask_file="organs.nii.gz",
            mask_value=value,
            algorithm_type="automatic",
            confidence=0.9,
        )


def box_of(mask_kji: NDArray[np.bool_], identity: str) -> BboxAnnotation:
    """Return the box of a mask: continuous voxels, minima first."""
    k, j, i = np.nonzero(mask_kji)
    low = [float(i.min()), float(j.min()), float(k.min())]
    high = [float(i.max()) + 1, float(j.max()) + 1, float(k.max()) + 1]
    return BboxAnnotation(
        id=identity, category=AnnotationCategory.LESION, label_code="NODULE", bbox=[*low, *high], status="final"
    )


def report_of(text: str) -> tuple[TextDocument, TextSpanAnnotation]:
    document = TextDocument(id="T1", kind="exam_report", language="zh", content=text)
    span = annoconv.text_span(
        document, "结节", id="S1", label_code="NODULE", semantic_type="sign", category="report", level="fragment"
    )
    return document, span


def build(folder: Path) -> LoadedCase:
    """Return a case with its masks, from a folder of one series."""
    image: Image = annoconv.image_of(folder)
    labels_kji = segment(annoconv.pixels_of(folder))
    document, span = report_of("肝右叶见低密度结节，边界清楚。")
    annotations: list[AnyAnnotation] = [*masks(), box_of(labels_kji == LABELS["LIVER"], "Box"), span]
    case = Case(
        task_id="TASK_1",
        case_id="CASE_1",
        image=image,
        annotations=annotations,
        labels=[Label(code="NODULE", name_en="Nodule", name_zh="结节")],
        metadata=Metadata(
            annotator="network_1",
            agents=[Agent(id="network_1", kind="device", name="Network")],
            timestamps=Timestamps(end=datetime(2026, 1, 2, tzinfo=timezone.utc)),
        ),
        texts=[document],
    )
    return LoadedCase(case, {name.title(): labels_kji for name in LABELS})


def kinds(losses: LossReport) -> dict[LossKind, int]:
    counted: dict[LossKind, int] = {}
    for loss in losses:
        counted[loss.kind] = counted.get(loss.kind, 0) + 1
    return counted


def worst(losses: LossReport) -> Loss | None:
    return next((loss for loss in losses if loss.kind.changes_value), None)


def describe(annotation: AnyAnnotation) -> str:
    """Tell annotations apart by `type`, as type checkers do."""
    if annotation.type == "mask":
        return f"{annotation.label_code}: {annotation.mask_file}"
    if annotation.type == "bbox":
        return f"{annotation.label_code}: {len(annotation.bbox) // 2} dimensions"
    return annotation.label_code


def voxels(reading: Reading | LoadedCase) -> dict[str, int]:
    return {identity: int(np.count_nonzero(mask.read())) for identity, mask in reading.masks.items()}


def measured(loaded: LoadedCase) -> list[Measurement]:
    mask = annoconv.find(loaded.case, "Liver", MaskAnnotation)
    found = mask.measurements
    return [] if found is None else list(found)


def main(series: Path, out: Path) -> int:
    loaded = build(series)
    findings = annoconv.validate(loaded, profile="exchange", images=series)
    for finding in findings:
        print(finding.level, finding.path, finding.message, finding.text("zh"))
    try:
        losses = annoconv.write(loaded, out / "organs.dcm", format="dicom-seg", images=series)
    except annoconv.OutputExistsError as error:
        print(error.text("en"), error.advice)
        return error.exit_code
    print(kinds(losses), worst(losses))
    for reading in annoconv.read(out / "organs.dcm", images=series):
        print(reading, voxels(reading), [describe(each) for each in reading.case.annotations])
        assert voxels(reading) == voxels(loaded)
    annoconv.write_case(loaded, out / "case.json")
    again = annoconv.read_case(out / "case.json")
    print(again.case.image.modality is Modality.CT, measured(again))
    sample = annoconv.Dataset(again, images=series, labels=["SPLEEN"])[0]
    print(sample.image.shape, sample.masks.sum(), sample.labels)
    picture = annoconv.preview(again, images=series)
    picture.save(out / "case.png")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
