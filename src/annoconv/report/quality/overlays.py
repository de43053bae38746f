"""The slices to look at: where a finding is seen, else with most of its annotation; of two readers the worst one.

Few and small, as the PNG of a palette, so that a page with a dozen of them stays small.
"""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from PIL import Image as Pillow

from annoconv.casefile import LoadedCase
from annoconv.codes import Labels
from annoconv.errors import AnnoconvError
from annoconv.findings import Level
from annoconv.messages import Message
from annoconv.metrics.regions import regions_of, worst_slice
from annoconv.report.drawing import colours_of_labels, drawn
from annoconv.report.panels import panels_of, scene_of
from annoconv.report.quality.agreement import grid_of
from annoconv.report.quality.subjects import annotation_of, both

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from annoconv.model import AnyAnnotation, Image, Label
    from annoconv.report.drawing import Colour
    from annoconv.report.panels import Panel
    from annoconv.report.quality.subjects import Subject
    from annoconv.report.sources import Sources

__all__ = ["overlays"]

_LONGEST: Final = 288
"""Pixels of the longer side of a slice."""
_GREYS: Final = 64
_COLOURS: Final = 192
_FIRST: Final[Colour] = (64, 224, 208)
_SECOND: Final[Colour] = (255, 140, 0)
_PALETTE: Final = 256


def overlays(
    subjects: Sequence[Subject],
    rows: Sequence[dict[str, Any]],
    sources: Sources,
    *,
    most: int,
    label_system: Sequence[Label] = (),
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the worst slices, and what could not be drawn and why.

    Parameters
    ----------
    subjects
        Cases with their findings.
    rows
        How far readers agree (`annoconv.report.quality.agreement`).
    sources
        Their images; masks and shapes are drawn alone where there are none.
    most
        How many at most.
    label_system
        The task's labels, with their colours.
    """
    by_id = {each.id: each for each in subjects}
    found: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    pairs = [row for row in rows if row["needs_second_review"]]
    pairs.sort(key=lambda row: -1.0 if row["value"] is None else row["value"])
    for pair, finding in zip_longest(pairs, _of_findings(subjects)):
        for asked in (pair, finding):
            if asked is None or len(found) >= most:
                continue
            try:
                if isinstance(asked, dict):
                    made = _pair(asked, by_id, sources)
                else:
                    made = _single(asked, sources, label_system)
            except AnnoconvError as error:
                where = asked["cases"][0] if isinstance(asked, dict) else asked.subject.id
                refused.append({"case": where, "reason": {lang: error.text(lang) for lang in ("en", "zh")}})
                continue
            found += [] if made is None else [{"id": f"overlay-{len(found) + 1}", **made}]
        if len(found) >= most:
            break
    return found, refused


class _Seen(NamedTuple):
    """An annotation with a finding, and the slice that shows it; None if it is of none."""

    subject: Subject
    annotation: AnyAnnotation
    slice_index: int | None
    rule: str


def _of_findings(subjects: Sequence[Subject]) -> Iterator[_Seen]:
    """Yield annotations with errors, then those with warnings: once for each slice, or once if none is told."""
    taken: set[tuple[str, str]] = set()
    slices: set[tuple[str, str, int]] = set()
    for level in (Level.ERROR, Level.WARNING):
        for each in subjects:
            ordered = sorted(each.findings, key=lambda finding: finding.slice_index is None)
            for finding in ordered:
                annotation = annotation_of(each, finding) if finding.level is level else None
                if annotation is None:
                    continue
                key, k = (each.id, annotation.id), finding.slice_index
                if key in taken if k is None else (*key, k) in slices:
                    continue
                taken.add(key)
                if k is not None:
                    slices.add((*key, k))
                yield _Seen(each, annotation, k, finding.rule)


def _single(seen: _Seen, sources: Sources, label_system: Sequence[Label]) -> dict[str, Any] | None:
    subject, annotation = seen.subject, seen.annotation
    if subject.loaded is None:
        return None
    loaded = subject.loaded
    image = _image(loaded, annotation.image_uid)
    alone = LoadedCase(loaded.case.model_copy(update={"annotations": [annotation]}), loaded.masks, loaded.path)
    scene = None if image is None else scene_of(alone, image, sources.of(image))[0]
    if scene is None or not any(each.any() for each in scene.scores.values()):
        return None
    most = int(scene.scores[annotation.label_code].argmax())
    k = most if seen.slice_index is None else min(seen.slice_index, scene.grid.shape[2] - 1)
    caption = Message("the slice with most of {id}", id=annotation.id)
    if seen.slice_index is not None:
        caption = Message("the slice of {id} that {rule} is about", id=annotation.id, rule=seen.rule)
    panel = panels_of(scene, window=None, longest=_LONGEST, most=1, indices=[k])[0][0]
    colours = colours_of_labels([annotation.label_code], Labels.of(loaded.case, label_system))
    return {
        "case": subject.id,
        "regions": [{"case": subject.id, "annotation": annotation.id}],
        "label": annotation.label_code,
        **_shown(panel, colours, {annotation.label_code: annotation.label_code}),
        "caption": both(caption),
    }


def _pair(row: Mapping[str, Any], by_id: Mapping[str, Subject], sources: Sources) -> dict[str, Any] | None:
    """Return what two readers have of one label on the slice on which they differ most."""
    subjects = [by_id[each] for each in row["cases"]]
    image_uid, label = row.get("image", ""), row["label"]
    loaded = [each.loaded for each in subjects if each.loaded is not None]
    image = _image(loaded[0], image_uid)
    if image is None:
        return None
    regions = [[region for region in regions_of(each).get(image_uid, []) if region.label == label] for each in loaded]
    k = worst_slice(regions[0], regions[1], grid_of(subjects, image_uid))
    pixels = sources.of(image)
    masks: list[tuple[str, NDArray[np.bool_]]] = []
    panel: Panel | None = None
    for reader, each, some in zip(("A", "B"), loaded, regions, strict=True):
        kept = {region.mask.id for region in some}
        annotations = [one for one in each.case.annotations if one.id in kept]
        alone = LoadedCase(each.case.model_copy(update={"annotations": annotations}), each.masks, each.path)
        scene = scene_of(alone, image, pixels)[0] if annotations else None
        if scene is not None:
            made = panels_of(scene, window=None, longest=_LONGEST, most=1, indices=[k])[0][0]
            masks += [(reader, plane) for _, plane in made.masks]
            panel = panel or made
    if panel is None:
        return None
    names: dict[str, str] = dict(zip(("A", "B"), row["readers"], strict=True))
    told = _shown(replace(panel, masks=masks, strokes=()), {"A": _FIRST, "B": _SECOND}, names)
    return {
        "case": row["cases"][0],
        "cases": row["cases"],
        "label": label,
        "readers": row["readers"],
        "regions": [
            {"case": case, "annotation": region.mask.id}
            for case, some in zip(row["cases"], regions, strict=True)
            for region in some
        ],
        **told,
        "caption": both(
            Message("the slice on which {first} and {second} differ most", first=names["A"], second=names["B"])
        ),
    }


def _image(loaded: LoadedCase, uid: str | None) -> Image | None:
    every = (loaded.case.image, *(loaded.case.related_images or ()))
    return next((each for each in every if not uid or each.uid == uid), None)


def _shown(panel: Panel, colours: Mapping[str, Colour], names: Mapping[str, str]) -> dict[str, Any]:
    pixels = drawn(panel, colours)
    return {
        "image_uid": panel.image_uid,
        "index": panel.index,
        "slices": panel.slices,
        "letters": [*panel.view.letters],
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "legend": [
            {"name": name, "colour": "#{:02x}{:02x}{:02x}".format(*colours[key])} for key, name in names.items()
        ],
        "png": base64.b64encode(_small_png(pixels)).decode("ascii"),
    }


def _small_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return a PNG of a palette: 64 levels of grey and the colours of contours, or the best 256 of a picture."""
    is_grey = (pixels == pixels[..., :1]).all(axis=-1)
    found, at = np.unique(pixels[~is_grey], axis=0, return_inverse=True)
    if len(found) > _COLOURS:
        picture = Pillow.fromarray(pixels).quantize(_PALETTE)
    else:
        index = (pixels[..., 0] // (_PALETTE // _GREYS)).astype(np.uint8)
        index[~is_grey] = (_GREYS + at.ravel()).astype(np.uint8)
        levels = np.linspace(0, 255, _GREYS).round().astype(np.uint8)
        picture = Pillow.fromarray(index)
        picture = picture.convert("P")
        picture.putpalette(np.concatenate([np.repeat(levels, 3), found.ravel()]).tobytes())
    stream = io.BytesIO()
    picture.save(stream, format="PNG", compress_level=9)
    return stream.getvalue()
