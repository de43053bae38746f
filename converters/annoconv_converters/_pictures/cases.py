"""From a native document to a typed case with lazy masks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from annoconv.casefile import LoadedCase
from annoconv.casefile.column_cases import column_case
from annoconv.documents import strict_json
from annoconv.geometry import Grid
from annoconv.limits import Limits
from annoconv.model import Case
from annoconv.pixels import Mask, Masks
from annoconv_converters._pictures.planes import PictureVolume, Planes
from annoconv_converters._pictures.record_ids import record_id

if TYPE_CHECKING:
    from pathlib import Path

    from annoconv.casefile.columns import BoxColumns, OutlineColumns
    from annoconv_converters._raster.run_lengths import Counts

__all__ = ["PictureCase", "by_records", "loaded_case"]

Record: TypeAlias = "dict[str, Any]"


@dataclass
class PictureCase:
    """A case document and the masks that it names.

    Attributes
    ----------
    document
        JSON values; without task id.
    parts
        For each mask, index of a picture and run lengths.
    planes
        Pictures of each image by its UID.
    owners
        Of annotations and texts, by id: the id that the key of their first shape holds, whether keys are used or not.
    boxes
        Its annotations, if they are plain boxes or outlines that were asked for as columns: the document then has none.
    """

    document: Record
    parts: dict[str, list[tuple[int, Counts]]] = field(default_factory=dict)
    planes: dict[str, Planes] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    boxes: BoxColumns | OutlineColumns | None = None

    def whole(self) -> Record:
        """Return the document with all of its annotations, which are no columns any more."""
        if self.boxes is not None:
            self.document["annotations"], self.boxes = self.boxes.annotations, None
        return self.document

    def own(self, identity: str, key: Record) -> None:
        """Note which annotation or text of its writer a shape is, if it has a key."""
        if "id" in key:
            self.owners[identity] = key["id"]


def loaded_case(
    native: PictureCase, document: Record, source: Path | str, limits: Limits | None, *, is_plain: bool = False
) -> LoadedCase:
    """Return a document, which `is_plain` as `strict_json.as_model` has it, as a case with its lazy masks.

    Its annotations are the native boxes, if there are any; then its extensions are as a parser makes them.

    Raises
    ------
    DocumentError
        If it does not conform to the model.
    """
    boxes = column_case(document, native.boxes, limits=limits)
    if boxes is not None:
        return boxes
    if native.boxes is not None:
        document = {**document, "annotations": native.boxes.annotations}
    case = strict_json.as_model(document, Case, limits=limits, source=source, is_plain=is_plain)
    images = {image.uid: image for image in (case.image, *(case.related_images or ()))}
    names = list(native.planes)
    bound = (limits or Limits()).mask_voxels
    found: list[Mask] = []
    for annotation in case.annotations:
        if annotation.type != "mask":
            continue
        image = images.get(annotation.image_uid or case.image.uid, case.image)
        planes = native.planes.get(image.uid) or native.planes[names[0]]
        grid = Grid.from_image(image) if image.shape is not None else Grid(planes.shape)
        wider = Planes.of(grid.shape, planes.axis)  # where slices without annotations were left out
        if wider.size == planes.size and wider.count >= planes.count:
            planes = wider
        else:
            grid = Grid(planes.shape)
        parts = native.parts.get(annotation.id, [])
        path = source if not isinstance(source, str) else None
        found.append(Mask(annotation.id, PictureVolume(grid, planes, parts, path, bound)))
    return LoadedCase(case, Masks(found))


def by_records(loaded: LoadedCase) -> LoadedCase:
    """Return a case with its annotations under the ids of their records, which a picture of it may have for a name.

    So it is held against its file, record by record.
    """
    others = loaded.case.related_images if loaded.names_others else None
    uids = {loaded.image_uid, *(image.uid for image in others or ())}
    begins = (*uids,)
    own = {each: record_id(each, uids) for each in loaded.annotation_ids if each.startswith(begins)}
    if all(identity == number for identity, number in own.items()):
        return loaded
    case = loaded.case
    told = [
        each.model_copy(
            update={"id": own.get(each.id, each.id), "parent_id": own.get(each.parent_id or "", each.parent_id)}
        )
        for each in case.annotations
    ]
    return LoadedCase(case.model_copy(update={"annotations": told}), lambda: loaded.masks)
