"""Check the references of DICOM annotations: segmentations, reports and their images, held against each other.

`instances` reads what a file says, with `rois` and `annotation_groups`; `study` holds the files together and asks who
is who, `resolve` follows references; `frames_of_reference`, `segmentations`, `reports`, `structure_sets` and
`bulk_annotations` ask what the two ends say, with `planes` for where slices lie. `docs/reference/check-links.md` lists
the rules.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from annoconv.findings import in_order
from annoconv.limits import Limits
from annoconv_converters.check_links.bulk_annotations import check_bulk_annotations
from annoconv_converters.check_links.frames_of_reference import check_frames_of_reference
from annoconv_converters.check_links.reports import check_report
from annoconv_converters.check_links.resolve import check_references
from annoconv_converters.check_links.segmentations import check_segmentation
from annoconv_converters.check_links.structure_sets import check_structure_set
from annoconv_converters.check_links.study import Study, check_identity
from annoconv_converters.check_links.tracked import check_tracked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from annoconv.findings import Finding
    from annoconv_converters.check_links.instances import Instance

__all__ = ["check"]


def check(instances: Sequence[Instance], most: int = Limits().findings) -> Iterator[tuple[Path, Finding]]:
    """Yield what is wrong between instances, file by file in their order.

    Parameters
    ----------
    instances
        Segmentations, reports, structure sets and bulk annotations, and the images that they refer to.
    most
        Of each file, by each of two passes.
    """
    study = Study(instances)
    found: dict[Instance, list[Finding]] = {each: [] for each in instances}
    for one, finding in chain(check_identity(study), check_tracked(study)):
        if len(found[one]) < most:
            found[one].append(finding)
    for one in instances:
        told = chain.from_iterable(check(one, study) for check in _checks_of(one))
        found[one] += islice(told, most)
        yield from ((one.path, finding) for finding in in_order(found.pop(one)))


def _checks_of(one: Instance) -> Iterator[Callable[[Instance, Study], Iterator[Finding]]]:
    """Yield what is asked of an instance."""
    if one.is_annotation:
        yield check_references
        yield check_frames_of_reference
    if one.is_segmentation:
        yield check_segmentation
    if one.is_report:
        yield check_report
    if one.is_structure_set:
        yield check_structure_set
    if one.is_bulk_annotation:
        yield check_bulk_annotations
