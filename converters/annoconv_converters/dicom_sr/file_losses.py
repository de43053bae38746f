"""What a case does not hold of a report: the file against what is written again from the case."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annoconv.loss import Loss
    from annoconv.model import Case
    from annoconv_converters.dicom_sr.file import ReportFile
    from annoconv_converters.dicom_sr.meaning import Meant
    from annoconv_converters.dicom_sr.segments import Segmentation

__all__ = ["file_losses"]


def file_losses(
    file: ReportFile, case: Case, meant: Meant, segmentations: Sequence[Segmentation], case_index: int
) -> list[Loss]:
    return []
