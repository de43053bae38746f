"""The private side file of a case: what its files do not hold of it, and which of their regions is which annotation.

It was written for files that other software may have edited since. A region is found again by its place, else by its
label; one of which the files tell no label any more, as programs write them that know no label tables, keeps its own.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from annoconv.documents import strict_json
from annoconv.documents.residuals import Residual
from annoconv.errors import InputError
from annoconv.files.atomic import note_inputs
from annoconv.files.names import check_inside
from annoconv.model import AnnotationCategory
from annoconv_converters.nifti.case_files import Region

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from annoconv.files.side_files import Side, SideFiles
    from annoconv.limits import Limits
    from annoconv_converters.nifti.case_files import CaseFiles
    from annoconv_converters.nifti.finder import Finder

__all__ = ["ENDING", "FOLDER", "SideFile", "main_of", "read_side_file", "side_of", "with_empty_regions"]

FOLDER: Final = "annoconv"
"""Of the side files of a data set, each under the name of its case."""
ENDING: Final = ".json"
"""Of the side files in it."""
_VERSION: Final = 1
_ADVICE: Final = "Remove the side file to read the files by themselves"


@dataclass(frozen=True)
class SideFile:
    """What a side file says.

    Attributes
    ----------
    shape
        Of the case's image, which tells whether it was written for the files that it stands beside.
    regions
        Of each region that is an annotation, by its key: `id`, `label_code`, `category`, `is_empty` if it had no
        voxel, and `values`, its labels, where a class of a label map is its key, which may get another name.
    labels
        Definitions of label codes that the files gave.
    residual, held
        What the files do not hold, and what they hold instead (`annoconv.documents.merging.held`).
    fields
        Displacement fields that are kept beside the side file, by registration id.
    """

    shape: Sequence[int] | None
    regions: Mapping[str, Mapping[str, Any]]
    labels: Sequence[Any]
    residual: Residual
    held: Sequence[Any]
    fields: Mapping[str, str] = field(default_factory=dict[str, str])

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        told: dict[str, Any] = {
            "annoconv": _VERSION,
            "shape": self.shape,
            "regions": self.regions,
            "labels": self.labels,
            "residual": self.residual.to_json(),
            "held": self.held,
        }
        return told | ({"fields": self.fields} if self.fields else {})

    @property
    def empty(self) -> list[str]:
        """The keys of regions that had no voxel."""
        return [key for key, region in self.regions.items() if region.get("is_empty")]

    def ids(self, regions: Sequence[Region], codes: Sequence[str]) -> dict[str, str]:
        """Return the annotation of each region: by its key, else label code, else values, if only one has these."""
        known = {key: str(region["id"]) for key, region in self.regions.items()}
        found = {region.key: known[region.key] for region in regions if region.key in known}
        of_codes = {region.key: code for region, code in zip(regions, codes, strict=True)}
        of_values = {region.key: region.labels for region in regions}
        wanted_codes = {key: str(region["label_code"]) for key, region in self.regions.items()}
        wanted_values = {key: tuple(region["values"]) for key, region in self.regions.items() if "values" in region}
        told_by: list[tuple[Mapping[str, Any], Mapping[str, Any]]]
        told_by = [(of_codes, wanted_codes), (of_values, wanted_values)]
        for given, wanted in told_by:
            taken = set(found.values())
            left = {key: told for key, told in wanted.items() if known[key] not in taken}
            new = {key: told for key, told in given.items() if key not in found}
            only_left, only_new = _only(left), _only(new)
            found |= {key: known[only_left[told]] for told, key in only_new.items() if told in only_left}
        return found

    def labelled(self, found: CaseFiles) -> CaseFiles:
        """Return files whose regions keep the label that they were written with, where the files tell none."""
        told = {
            key: {"label_code": region["label_code"], "category": region["category"]}
            for key, region in self.regions.items()
        }
        regions = [self._known(region) for region in found.regions]
        regions = [
            replace(region, told={**told[region.key], **region.told})
            if region.key in told and region.entry.name == f"LABEL_{region.entry.value}"
            else region
            for region in regions
        ]
        used = {region.told.get("label_code") for region in regions}
        defined = [label for label in self.labels if label["code"] in used]
        return replace(found, regions=regions, told={**({"labels": defined} if defined else {}), **found.told})

    def categorised(self, found: CaseFiles, ids: Mapping[str, str]) -> CaseFiles:
        """Return files whose regions, by their annotations, keep the category of these, if their label states none."""
        before = {str(region["id"]): region["category"] for region in self.regions.values()}
        told = {key: {"category": before[identity]} for key, identity in ids.items()}
        regions = [replace(each, told={**told.get(each.key, {}), **each.told}) for each in found.regions]
        return replace(found, regions=regions)

    def _known(self, region: Region) -> Region:
        """Return a region under its key: the only one of a volume, without a table, is found without its value."""
        names = [key for key in self.regions if key.rpartition("/")[0] == region.key]
        if region.key in self.regions or len(names) != 1:
            return region
        value = int(names[0].rpartition("/")[2])
        return replace(region, key=names[0], entry=replace(region.entry, value=value, name=f"LABEL_{value}"))


def with_empty_regions(found: CaseFiles, keys: Iterable[str], finder: Finder) -> CaseFiles:
    """Return files with a region for each of these keys of which no voxel is there: of a single file, by its value."""
    from annoconv_converters._volumes.labels import Entry

    present = {region.key for region in found.regions}
    wanted = [key for key in keys if key not in present]
    absent = {region.key: region for region in found.absent}
    if wanted and found.source.is_file():
        volume = finder.open(found.source).volume(0)
        name = found.regions[0].mask_file if found.regions else f"{found.name}.nii.gz"
        values = {key: int(key.rpartition("/")[2]) for key in wanted}
        absent = {key: Region(key, volume, each, name, Entry(each, f"LABEL_{each}")) for key, each in values.items()}
    return replace(found, regions=[*found.regions, *(absent[key] for key in wanted if key in absent)])


def read_side_file(path: Path | None, limits: Limits) -> SideFile | None:
    """Return the private side file; None if there is none.

    Raises
    ------
    DocumentError, LimitError
        If it is not strict JSON.
    InputError
        If it is of another version, or says anything but what annoconv writes.
    """
    if path is None:
        return None
    note_inputs([check_inside(path.parent, path)])
    told = strict_json.loads(strict_json.read_bytes(path, limits), limits=limits, source=path, exact=True)
    if isinstance(told, dict) and "annoconv" in told and told["annoconv"] != _VERSION:
        raise InputError(
            "the side file is of a version that is not known here",
            source=path,
            found=told["annoconv"],
            expected=_VERSION,
            advice=_ADVICE,
        )
    try:
        return _side_file(told)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            "the side file is damaged",
            source=path,
            found=f"{type(error).__name__}: {error}"[:100],
            expected="a side file as annoconv wrote it",
            advice=_ADVICE,
        ) from error


def main_of(found: CaseFiles) -> Path:
    """Return what the side file of a case was written with: its file, its label map in a data set, else its folder."""
    path = found.regions[0].volume.path if found.regions else None
    return found.source if path is None or found.source.is_file() or found.carrier.parent.name != FOLDER else path


def side_of(found: CaseFiles, sides: SideFiles) -> Side:
    """Return the side file of a case."""
    main = main_of(found)
    if main == found.source:
        return sides.of(main, found.carrier)
    own = re.compile(rf"(^|sub-){re.escape(found.name)}(?=[._]|$)")

    def place(side: Path) -> Path:
        """Return the label map of the case that a side file is called after; the folder if names do not tell it."""
        folder = found.carrier.parent.parent
        parts = main.relative_to(folder).parts
        other = folder.joinpath(*(own.sub(lambda match: f"{match[1]}{side.stem}", part) for part in parts))
        return folder if other == main else other

    return sides.of(main, found.carrier, ENDING, place=place)


def _side_file(told: Any) -> SideFile:
    """Return what a document of this version says; KeyError, TypeError or ValueError if it says anything else."""
    told["annoconv"]  # which version it is was asked before
    regions = {
        key: {**region, "id": _text(region["id"]), "label_code": _text(region["label_code"])}
        | {"category": AnnotationCategory(region["category"]).value}
        | ({"values": list(map(int, region["values"]))} if "values" in region else {})
        for key, region in told["regions"].items()
    }
    labels = [{**label, "code": _text(label["code"])} for label in told["labels"]]
    held = [(tuple(path), value) for path, value in told["held"]]
    fields = {identity: _text(place) for identity, place in told.get("fields", {}).items()}
    return SideFile(told["shape"], regions, labels, Residual.from_json(told["residual"]), held, fields)


def _only(told: Mapping[str, Any]) -> dict[Any, str]:
    """Return the key of what one key alone has."""
    counts = Counter(told.values())
    return {each: key for key, each in told.items() if counts[each] == 1}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a name is a text")
    return value
