"""The labelling configuration of a project: the labels of its controls, which are the class list of its tasks.

An export of tasks does not hold it. Labels stand in the order of the project, those that nothing is drawn of too, and
`category` is the number that Label Studio gives one in YOLO and COCO. Authority: labelstud.io/tags/label.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from annoconv.codes import UNCLASSIFIED
from annoconv.documents.residuals import pointer
from annoconv.errors import InputError
from annoconv.files.atomic import note_inputs
from annoconv.findings import Finding, Level
from annoconv.messages import listed
from annoconv_converters._pictures.categories import number_stated
from annoconv_converters._xml import parse_xml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from annoconv.limits import Limits
    from annoconv_converters._pictures.batch import Batch
    from annoconv_converters._pictures.categories import ClassKind
    from annoconv_converters._pictures.records import Picture

__all__ = ["Configuration", "read_configuration"]

Record: TypeAlias = "dict[str, Any]"

_OUTLINES: Final = frozenset(
    {"rectanglelabels", "polygonlabels", "brushlabels", "ellipselabels", "bitmasklabels", "vectorlabels"}
)
"""Controls whose labels are classes, in lower case."""
_POINTS: Final = "keypointlabels"
"""The control whose labels are points of a class, if they are of a region; else they are classes too."""
_UNKNOWN: Final = "the labelling configuration does not have the label"


@dataclass(frozen=True)
class Configuration:
    """The classes of a project.

    Attributes
    ----------
    classes
        Their names in order.
    points
        Names of the labels of points that are no classes otherwise.
    numbers
        Of the classes that have one, by name.
    """

    classes: tuple[str, ...]
    points: frozenset[str]
    numbers: dict[str, int]

    def applied(self, batch: Batch) -> Batch:
        """Return what tasks hold with the class list of their project.

        Classes that it does not have come behind, found as such; an object without a class keeps none.
        """
        known = {str(each["name"]): each for each in batch.categories}
        listed = {*self.classes, UNCLASSIFIED}
        met = [name for name in known if name not in listed]
        names = [*self.classes, *met]
        numbers = {name: self.numbers[name] for name in names if name in self.numbers}
        given = {*numbers.values()}
        free = (number for number in range(len(names) + len(numbers)) if number not in given)
        numbers |= {name: next(free) for name in names if name not in numbers}
        changed = {each["id"]: numbers.get(str(each["name"])) for each in batch.categories}
        for record in (shape.record for picture in batch.pictures for shape in picture.shapes):
            if "category_id" in record and (number := changed[record.pop("category_id")]) is not None:
                record["category_id"] = number
        records = [{**known.get(name, {}), "id": numbers[name], "name": name} for name in names]
        kind: ClassKind = "numbered" if self.numbers else "ordered"
        strange = {numbers[name] for name in met if name not in self.points}
        return replace(batch, categories=records, classes=kind, findings=partial(_findings, strange))


def _findings(strange: set[int], pictures: Sequence[Picture], case_index: int) -> Iterator[Finding]:
    for shape in (each for picture in pictures for each in picture.shapes):
        if shape.record.get("category_id") in strange:
            yield Finding("label_studio.label", Level.WARNING, pointer(shape.place), _UNKNOWN, case_index)


def read_configuration(path: Path, limits: Limits) -> Configuration:
    """Return the classes of a labelling configuration.

    Raises
    ------
    InputError
        If it has no labels of regions, or two of one number.
    """
    note_inputs([path])
    controls = [(each.tag.lower(), each) for each in parse_xml(path, limits).iter()]
    labels = [
        (tag, name, label.get("category"))
        for tag, control in controls
        if tag in _OUTLINES or tag == _POINTS
        for label in control.iter("Label")
        if (name := label.get("alias") or label.get("value") or "").strip()
    ]
    if not labels:
        expected = '<RectangleLabels><Label value="..."/></RectangleLabels>'
        raise InputError(
            "the configuration has no labels of regions",
            source=path,
            found=listed(sorted({tag for tag, _ in controls}), 5),
            expected=expected,
            advice="Give each label its control in the labeling configuration",
        )
    classes = tuple(dict.fromkeys(name for tag, name, _ in labels if tag in _OUTLINES))
    numbers = {name: number for _, name, stated in labels if (number := number_stated(stated)) is not None}
    if len({*numbers.values()}) < len(numbers):
        raise InputError(
            "two labels have one number",
            source=path,
            where="Label/@category",
            found=sorted(numbers),
            expected="a category for each label",
            advice="Correct the category in the labeling configuration",
        )
    points = frozenset(name for tag, name, _ in labels if tag == _POINTS).difference(classes)
    return Configuration(classes, points, numbers)
