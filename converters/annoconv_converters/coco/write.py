"""Cases to COCO files: numbered records, what COCO does not hold under our key and in a side file, and the loss report.

A case is drawn, then the reader is asked what the records mean by themselves. If that is the case, nothing private is
written: so a file of other software that was read and is written again stays as it was. Else the difference travels.
Records go to temporary files as they come, so that memory holds one case.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias, get_args

from annoconv.advice import NOTHING
from annoconv.case_labels import CaseLabels
from annoconv.casefile.left_out import masks_left_out
from annoconv.casefile.references import without_gone
from annoconv.class_list import class_list
from annoconv.codes import UNCLASSIFIED, Labels
from annoconv.documents import strict_json
from annoconv.documents.losses import Carrier
from annoconv.errors import InputError
from annoconv.loss import LossCollector, LossReport
from annoconv.times import newest_moment
from annoconv_converters._pictures.carrier import compare, compare_plain
from annoconv_converters._pictures.categories import unnamed
from annoconv_converters._pictures.class_lists import CLASSES, Counted, SaidOnce, class_losses, renumbered, shared
from annoconv_converters._pictures.draw import Drawing, Form, draw, slice_folder
from annoconv_converters._pictures.picture_names import FlatNames, KnownNames, with_file_names
from annoconv_converters._pictures.planes import DEFAULT_NAMES, Axis
from annoconv_converters._pictures.records import KEY, Picture, Shape, picture_name
from annoconv_converters._pictures.refused import OUTPUT, told_of
from annoconv_converters._pictures.render import Rendering, inversions, render
from annoconv_converters._pictures.said import said_of
from annoconv_converters._pictures.seen_names import SeenNames
from annoconv_converters._pictures.sizes import with_sizes
from annoconv_converters._pictures.skeletons import has_keypoints
from annoconv_converters.coco.again import Again
from annoconv_converters.coco.carried import CarriedCases
from annoconv_converters.coco.classes import CaseLists, Classes, Told
from annoconv_converters.coco.differences import put_back
from annoconv_converters.coco.drawn_plain import document_of, each_drawn_plain
from annoconv_converters.coco.finish import WITH_KEYPOINTS, Kind, finish, identities, lost_masks
from annoconv_converters.coco.foreign import TASK, kept_of, understand
from annoconv_converters.coco.head import info_of, skeletons_of
from annoconv_converters.coco.ids import FileIds, moved
from annoconv_converters.coco.outlines import digest_by
from annoconv_converters.coco.output import make_output_files
from annoconv_converters.coco.panoptic import number_segments, packed_record, write_map
from annoconv_converters.coco.reasons import REASONS
from annoconv_converters.coco.records import objects_in
from annoconv_converters.coco.sections import Sections
from annoconv_converters.coco.stream import ANNOTATIONS, IMAGES
from annoconv_converters.coco.unused import Unused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from annoconv.casefile import LoadedCase
    from annoconv.casefile.left_out import LeftOut
    from annoconv.loss import Loss
    from annoconv.model import Case
    from annoconv.registry import Context
    from annoconv_converters._pictures.picture_names import NameRule
    from annoconv_converters.coco.again import Records
    from annoconv_converters.coco.drawn_plain import PlainCase
    from annoconv_converters.coco.foreign import Understood
    from annoconv_converters.coco.output import OutputFiles

__all__ = ["Options", "write_coco"]

Record: TypeAlias = "dict[str, Any]"

_KEY: Final = Carrier("the key annoconv and the side file")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What may be asked of a COCO file; see `to_coco`."""

    kind: Kind = "auto"
    form: Form = "rle"
    axis: Axis = "k"
    only_annotated: bool = False
    skeletons: Path | None = None
    license: str | None = None
    rendering: Rendering = field(default_factory=Rendering)
    names: NameRule = "own"
    plain: bool = False
    all_annotations: bool = False


def write_coco(cases: Iterable[LoadedCase], target: Path, *, context: Context, options: Options) -> LossReport:
    """Write cases as one COCO file, or into a folder with `annotations/` and `images/`."""
    with ExitStack() as outputs:
        has_pictures = options.rendering.depth != "none"
        layout = make_output_files(target, outputs, options.kind, plain=options.plain, has_pictures=has_pictures)
        writer = outputs.enter_context(_Writer(layout, context, options))
        sized = with_sizes(cases, options.rendering.images, context.limits, is_rendered=has_pictures)
        drawn = each_drawn_plain(sized) if options.axis == "k" else ((loaded, None) for loaded in sized)
        for case_index, (loaded, plain) in enumerate(drawn):
            with told_of([loaded], target):
                writer.add(loaded, case_index, plain)
            context.advance(case_index + 1)
        if writer.kind is None:
            problem, advice = "there is no case to write", "Name one source at least"
            raise InputError(problem, source=target, found=NOTHING, expected="a case at least", advice=advice)
        writer.close()
    return LossReport(writer.losses)


class _Writer:
    """What is known while cases are written."""

    def __init__(self, layout: OutputFiles, context: Context, options: Options) -> None:
        self.layout, self.context, self.options = layout, context, options
        self.losses = LossCollector()
        self.kind: str | None = None
        self.beside: Record | None = None
        self.kept: Record | None = None
        """Categories that the first case of a file keeps which is written again."""
        self.stack = ExitStack()
        self.names = SeenNames()
        asked: Record = skeletons_of(options.skeletons)
        self.unused = Unused(options.axis, options.only_annotated, asked)
        self.classes = Classes(context.label_system, asked)
        self.table = self.classes.table
        self.labels, self._labels_of = Labels.of(), CaseLabels(context.label_system)
        self.ids = FileIds()
        self.newest, self.is_first_plain = "", False
        self.told, self.is_said = Told(None), False
        self.once, self.flat, self.told_apart = SaidOnce(), FlatNames(), KnownNames()
        self.counted, self.lists = Counted(self.table, REASONS, is_anew=False), CaseLists()
        self.again, self.carried = Again(self.classes), CarriedCases(self.classes, _KEY)
        self.may_be_alike = options.names == "own" and options.rendering.depth == "none" and not options.plain

    def __enter__(self) -> _Writer:
        self.sections = Sections(self.stack)
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def add(self, loaded: LoadedCase, case_index: int, plain: PlainCase | None) -> None:
        """Write the records of a case, measured if it is plain, to the temporary files and note its losses."""
        kept = kept_of(loaded)
        folder = slice_folder(loaded, case_index, self.names)
        if plain is not None and self._add_alike(loaded, plain, kept, case_index):
            return
        header = loaded.header
        if self.kind is None:
            asked, known = self.options.kind, str(kept.get("kind"))
            self.kind = asked if asked != "auto" else known if known in get_args(Kind) else "instances"
            self.beside = kept["file"] if isinstance(kept.get("file"), dict) else None
            self.classes.is_again = self.beside is not None
            self.kept = objects_in(kept.get("categories")) if self.beside is not None else None
        self.ids.take(kept, is_again=self.beside is not None and not case_index)
        case = self._labels_of.alike(header)
        self.labels = self._labels_of(case)
        if case.labels is not self.told.labels:
            self.told = Told(case.labels)
        if self.options.kind == "auto" and self.kind == "instances" and has_keypoints(header):
            self.kind = "keypoints"
        self.classes.kind = self.kind
        self.is_said = self.once(case.labels, class_list(case))
        self.classes.take(case, objects_in(kept.get("categories")), self.labels)
        self.unused.take(case, self.labels)
        drawing = self._drawing(loaded, folder) if plain is None else plain.drawing()
        if self.options.names == "flat":
            self.flat.rename(drawing.pictures)
        if self.options.rendering.depth != "none":
            self.losses += with_file_names(loaded, drawing.pictures, case_index)
        if self.kind != "results":  # which name no pictures
            self.told_apart.take(loaded, drawing.pictures)
        if self.options.rendering.depth != "none":
            render(drawing, self.layout("pictures"), self.options.rendering, self.context.limits)
            self.losses += inversions(drawing, case_index)
        drawn = {shape.record["id"] for picture in drawing.pictures for shape in picture.shapes}
        number = partial(self.table.number, labels=self.labels)
        finish(drawing, self.kind, number, self._keypoints, were_results=kept.get("kind") == "results")
        order = {identity: place for place, identity in enumerate(loaded.annotation_ids)}
        for picture in drawing.pictures:
            self._number(picture, kept, drawn, order)
            if self.kind == "panoptic":
                self._pack(picture, kept)
        self._write(drawing, loaded, case, case_index, drawn, kept)

    def _add_alike(self, loaded: LoadedCase, plain: PlainCase, kept: Record, case_index: int) -> bool:
        """Write a case of which is known what comes back, since it is like the one before; return whether it is one."""
        if not self.may_be_alike or self.kind != "instances":
            return False
        self.ids.take(kept, is_again=False)
        told = plain, kept, self.told, self.labels
        again = self.again.records(*told) if self.beside is not None else None
        if again is not None and not self.counted.is_open:
            return self._add_again(loaded, again, case_index)
        alike = self.carried.alike(*told)
        if alike is None or self.counted.is_open or not self.ids.images.are_free([alike.image["id"]]):
            return False
        self._take_picture(loaded, alike.image)
        uid, take = plain.case.image_uid, self.ids.annotations.take
        numbers = [take(self.ids.asked(each, uid, kept)) for each in plain.case.columns.ids]
        picture, losses = self.carried.picture(alike, plain, kept, numbers, case_index)
        self.losses += losses
        self.sections.add(picture, str(case_index), self.kind, is_keyed=True, is_plain=False)
        return True

    def _add_again(self, loaded: LoadedCase, found: Records, case_index: int) -> bool:
        """Write a case of which all comes back by itself, if its ids are free; return whether they are."""
        if not (self.ids.images.are_free([found.image["id"]]) and self.ids.annotations.are_free(found.numbers)):
            return False
        self._take_picture(loaded, found.image)
        for number in found.numbers:
            self.ids.annotations.take(number)
        self.lists.note(self.told.codes, case_index, are_used=found.uses_all)
        self.sections.add_numbered(found.image, found.annotations)
        return True

    def _take_picture(self, loaded: LoadedCase, image: Record) -> None:
        """Give the record of the picture of a case its id."""
        self.told_apart.take(loaded, [Picture(image)])
        image["id"] = self.ids.of_picture(image["id"])

    def _drawing(self, loaded: LoadedCase, folder: str | None) -> Drawing:
        return draw(
            loaded,
            axis=self.options.axis,
            form="rle" if self.kind == "panoptic" else self.options.form,
            folder=folder,
            only_annotated=self.options.only_annotated,
            keypoints=self.kind in WITH_KEYPOINTS,
            all_annotations=self.options.all_annotations,
        )

    def _keypoints(self, code: str) -> list[str]:
        return self.classes.keypoints(self.labels.name_of(code))

    def _number(self, picture: Picture, kept: Record, drawn: set[str], order: dict[str, int]) -> None:
        """Give a picture and its annotations their ids, and put back what their file said."""
        differences, uid = objects_in(kept.get("annotations")), str(picture.key.get("uid"))
        record = put_back({"id": None, **picture.record}, kept.get("image"))
        record["id"] = self.ids.of_picture(record["id"])
        if self.options.names == "flat" or self.options.rendering.depth != "none":
            record["file_name"] = picture.record["file_name"]
        picture.record = record
        for identity in order.keys() & differences.keys() - drawn:
            whole = put_back({}, differences[identity])
            if "image_id" in whole:
                picture.shapes.append(Shape(whole, key={"id": identity}))
        picture.shapes.sort(key=lambda each: order.get(each.key["id"], -1))
        for shape in picture.shapes:
            identity = shape.key["id"]
            number = None if self.kind == "results" else self.ids.asked(identity, uid, kept)
            usual = kept.get("absent") if identity in drawn else ()  # what is not drawn is kept whole
            placed = {**shape.record, "id": number, "image_id": record["id"]}
            fitted = put_back(placed, differences.get(identity), usual, digest_by(shape))
            if self.kind != "panoptic":
                fitted["id"] = self.ids.annotations.take(fitted.get("id"))
            elif "segmentation" in shape.record:  # whose map is drawn of it, whatever the form that it had in a file
                fitted["segmentation"] = shape.record["segmentation"]
            self.classes.used.add(str(fitted.get("category_id")))
            ordered: Record = {name: fitted[name] for name in ("id", "image_id", "category_id") if name in fitted}
            shape.record = {**ordered, **fitted}

    def _pack(self, picture: Picture, kept: Record) -> None:
        """Draw the map of a picture; its shapes become what the reader will see."""
        number_segments(picture)
        known = kept.get("panoptic")
        drawn = packed_record(picture)
        packed = {**put_back(drawn, known), "segments_info": drawn["segments_info"]}
        held = known.get("size") if isinstance(known, dict) else None
        if isinstance(held, list) and len(held) == 2 and all(type(count) is int and count > 0 for count in held):
            picture.map_size = held[0], held[1]
        if picture.shapes:
            picture.packed = packed
            write_map(picture, self.layout("maps"))

    def _write(
        self, drawing: Drawing, loaded: LoadedCase, header: Case, case_index: int, drawn: set[str], kept: Record
    ) -> None:
        original = document_of(drawing, self.told.records, kept)
        lost = {*lost_masks(drawing, drawn), *masks_left_out(original, drawing.left_out)}
        # Then a file says less by itself, whatever is drawn.
        is_less = original["task_id"] != TASK or bool(original["metadata"]) or self.classes.differ(self.told)
        is_sure = is_less and not self.options.plain
        losses: list[Loss] = []
        unwritten: LeftOut = drawing.left_out
        is_other, said, native = is_sure, original, None
        if not is_sure:
            understood = self._native(drawing.pictures, case_index, self.told.codes)
            said = shared(original, understood.native.document)
            is_cut = bool(case_index and self.classes.is_cut(header, drawing.pictures))
            is_other = is_cut or self.told.differ(original, said)
            native = understood.checked() if is_other else understood.native
            native.document = said
        is_keyed, unwritten = is_other and not self.options.plain, drawing.left_out
        if is_keyed or self.options.plain:
            unwritten = {**unwritten, **moved(kept, drawing.pictures, self.table.moved)}
        if native is not None and self.options.plain:
            losses = compare_plain(original, native, REASONS, case_index, unwritten)
        if is_keyed:
            losses = self._carry(drawing, loaded, header, case_index, lost, original, unwritten)
            self._note(drawing.pictures)
        self.again.note(loaded, header, self.told, comes_back=not is_other)
        key = drawing.pictures[0].key if is_sure else {}
        self.carried.note(loaded if is_sure else None, kept, header, self.told, key, losses)
        unclassified = self.table.records.get(UNCLASSIFIED, {}).get("id", KEY)
        drawn_as = [(each.key["id"], each.record.get("category_id")) for one in drawing.pictures for each in one.shapes]
        given = {identity for identity, number in drawn_as if number == unclassified}
        if not is_keyed:
            codes = self.told.codes if not is_other else frozenset(each["code"] for each in said.get("labels", ()))
            self.is_first_plain = self.is_first_plain or not case_index
            self.lists.note(codes, case_index, are_used=len({str(number) for _, number in drawn_as}) >= len(codes))
        self.losses += self.counted.losses(original, self.labels, drawn, case_index)
        told = original, losses, given, self.table.written, REASONS, case_index
        self.losses += class_losses(*told, is_said=self.is_said)
        for picture in drawing.pictures:
            self.sections.add(picture, str(case_index), self.kind, is_keyed=is_keyed, is_plain=self.options.plain)
        self.newest = max(self.newest, strict_json.plain(newest_moment([header])) or "")

    def _carry(
        self,
        drawing: Drawing,
        loaded: LoadedCase,
        header: Case,
        case_index: int,
        lost: set[str],
        original: Record,
        unwritten: LeftOut,
    ) -> list[Loss]:
        """Put what the records do not say under our key; return what is lost or carried."""
        names = (self.labels.name_of(each.code) for each in class_list(header))
        classes = [self.table.records[name]["id"] for name in names]
        if classes:
            drawing.pictures[0].key[CLASSES] = classes
        native = self._native(drawing.pictures, case_index, (), classes).checked()
        expected, unnamed = without_gone(original, lost)
        expected = renumbered(expected, native.document)
        told = {**unwritten, **unnamed}
        compared = compare(original, native.document, expected, REASONS, _KEY, case_index, told)
        drawing.pictures[0].key["residual"] = compared.kept.to_json()
        return [*compared.losses, *identities(drawing, loaded, case_index)]

    def _note(self, pictures: list[Picture]) -> None:
        """Note with the key of each record what that says."""
        name_of = unnamed if self.kind == "results" else self.classes.read().name_of
        for shape in (each for picture in pictures for each in picture.shapes):
            shape.key = {**shape.key, "said": said_of(shape, name_of(shape.record.get("category_id")))}

    def _native(
        self, pictures: list[Picture], case_index: int, codes: Iterable[str], classes: Sequence[Any] | None = None
    ) -> Understood:
        """Return what the reader takes the pictures for: by themselves, of the class list only what has some codes.

        With our keys, if these name the classes of the list, or none.
        """
        seen: list[Picture] = []
        use_keys = classes is not None
        known = self.classes.read()
        for picture in pictures:
            record = picture.record
            if self.kind == "results" and not use_keys:
                record = {key: record[key] for key in ("id", "width", "height") if key in record}
            read = replace(picture, record=record, is_unsized=self.kind == "results" or not picture.shapes)
            read.name = picture_name(read, DEFAULT_NAMES, use_keys=use_keys)
            seen.append(read)
        return understand(
            seen,
            known.of_case(seen) if use_keys else known.whole,
            kind=self.kind or "instances",
            use_keys=use_keys,
            is_ours=self.beside is None,
            beside=self.beside if case_index == 0 else None,
            highest=self.ids.highest,
            source=OUTPUT,
            listed=known.whole.list_with(seen, codes) if classes is None else known.apart(classes).labels_of(classes),
        )

    def close(self) -> None:
        """Put the file together."""
        self.unused.check(self.table.records, self.options.skeletons)
        if self.is_first_plain and self.beside is not None and self.kind != "results":
            self.losses += self.ids.losses()
        self.losses += self.lists.losses(self.classes.read(), self.kept)
        has_none = self.beside is not None and self.beside.get(ANNOTATIONS, []) is None
        self.sections.put_together(self.layout, self.kind, self._head(), self.classes.records(), has_none=has_none)

    def _head(self) -> Record:
        categories = self.classes.records()
        if self.beside is not None:
            beside = {name: value for name, value in self.beside.items() if name not in {IMAGES, ANNOTATIONS}}
            return {**beside, **({"categories": categories} if categories else {})}
        moment = self.context.timestamp
        at = strict_json.plain(moment) if moment is not None else self.newest or None
        licenses = [{"id": 1, "name": self.options.license, "url": ""}] if self.options.license else []
        head = {"info": info_of(at), "licenses": licenses}
        return head if self.kind == "captions" else {**head, "categories": categories}
