"""Panels: of each image of a case the slices with most of each label, with what is drawn on them.

A panel is made of three things that know nothing of each other: grey values or colours of the slice as it is shown, the
voxels that masks cover, and the strokes of all other shapes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image as Pillow

from annoconv.errors import MaskError
from annoconv.geometry import Grid
from annoconv.messages import Message, listed
from annoconv.model import AttributeAnnotation, MaskAnnotation, TextSpanAnnotation
from annoconv.report.covered import layers_of
from annoconv.report.outlines import strokes_of
from annoconv.report.views import View, view_of
from annoconv.shown_values import (
    PRESETS,
    Window,
    colours_of,
    is_inverted,
    percentile_window,
    rescaling_of,
    stated_window,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from annoconv.casefile import LoadedCase
    from annoconv.model import AnyAnnotation, Image
    from annoconv.pixels import Mask, Volume
    from annoconv.report.covered import Layer
    from annoconv.report.outlines import Stroke
    from annoconv.report.sources import Pixels

__all__ = ["Panel", "Scene", "panels_of", "scene_of"]

_NO_SHAPE: Final = (MaskAnnotation, AttributeAnnotation, TextSpanAnnotation)
_MOST_NAMED: Final = 10
_LEAST_SIDE: Final = 16
"""Pixels of a panel, however flat the slice is."""
_AS_STORED: Final = Window(127.5, 255, "as stored")
_MASKS_OF: Final = "masks of {ids}"
_NO_IMAGE: Final = "{uid}: no image was named, so masks and shapes are drawn alone"
_COLOUR: Final = "{uid}: the image has colours, which a window does not change"
_NOTHING: Final = "{uid}: nothing is drawn on it"
_MORE_SLICES: Final = "{uid}: {count} slices are shown; those with most of {labels} are not"


@dataclass(frozen=True, eq=False)
class Panel:
    """One slice as it is shown.

    Attributes
    ----------
    image_uid, index, slices
        The image, the zero-based slice (or frame), and how many the image has.
    view
        Which way round it is shown.
    background
        Shape (row, column, 3), uint8: the slice as shown, before anything is drawn on it.
    masks
        Label codes, and shape (row, column), bool: what each covers, in their order.
    strokes
        Label codes and strokes, in continuous pixels of the panel.
    labels
        For which the slice was chosen.
    window
        What the grey values mean, for people; empty of colours, and without an image.
    """

    image_uid: str
    index: int
    slices: int
    view: View
    background: NDArray[np.uint8]
    masks: Sequence[tuple[str, NDArray[np.bool_]]]
    strokes: Sequence[tuple[str, Stroke]]
    labels: Sequence[str]
    window: str = ""


@dataclass
class Scene:
    """What is drawn on one image.

    Attributes
    ----------
    image
        As the case has it.
    grid
        Of its slices.
    pixels
        Where they are; None if there are none.
    layers
        Its masks.
    code_of
        Label codes by the id of the mask.
    strokes
        Label codes and strokes by slice.
    scores
        For each label how much of it is on each slice, shape (slices,): voxels of masks, boxes round all else.
    """

    image: Image
    grid: Grid
    pixels: Pixels | None
    layers: list[Layer] = field(default_factory=list["Layer"])
    code_of: dict[str, str] = field(default_factory=dict[str, str])
    strokes: dict[int, list[tuple[str, Stroke]]] = field(default_factory=dict[int, "list[tuple[str, Stroke]]"])
    scores: dict[str, NDArray[np.float64]] = field(default_factory=dict[str, "NDArray[np.float64]"])


def scene_of(loaded: LoadedCase, image: Image, pixels: Pixels | None) -> tuple[Scene | None, list[str]]:
    """Return what is drawn on an image, None if there is nothing to show, and the ids of what has no place on it.

    Raises
    ------
    MaskError, GeometryError
        If a mask is missing, or does not lie on the image's grid.
    """
    case = loaded.case
    own = [each for each in case.annotations if (each.image_uid or case.image.uid) == image.uid]
    masks = {each.id: each for each in own if isinstance(each, MaskAnnotation)}
    if absent := [each for each in masks if each not in loaded.masks]:
        raise MaskError(
            "the annotation has no mask",
            source=loaded.path,
            where=absent[0],
            found=Message(_MASKS_OF, ids=listed([*loaded.masks], _MOST_NAMED)) if loaded.masks else Message("no mask"),
            expected="a mask for each annotation of type mask",
            advice="Put its mask file where the case names it",
        )
    groups = [
        (volume, [mask for mask in members if mask.id in masks])
        for volume, members in (loaded.masks.by_volume() if masks else [])
    ]
    groups = [(volume, members) for volume, members in groups if members]
    others = [each for each in own if not isinstance(each, _NO_SHAPE)]
    grid = pixels.grid if pixels is not None else _grid(image, groups, others)
    if grid is None:
        return None, [each.id for each in others]
    scene = Scene(image, grid, pixels, layers_of(grid, groups), {id: each.label_code for id, each in masks.items()})
    unplaced: list[str] = []
    for label in dict.fromkeys(each.label_code for each in own):
        scene.scores[label] = np.zeros(grid.shape[2])
    for layer in scene.layers:
        for mask, counts in layer.counts():
            scene.scores[scene.code_of[mask.id]] += counts
    for each in others:
        is_placed = False
        for k, stroke in strokes_of(each, image, grid):
            scene.strokes.setdefault(k, []).append((each.label_code, stroke))
            scene.scores[each.label_code][k] += stroke.area
            is_placed = True
        if not is_placed:
            unplaced.append(each.id)
    is_empty = pixels is None and not scene.layers and not scene.strokes
    return None if is_empty else scene, unplaced


def _grid(
    image: Image, groups: Sequence[tuple[Volume, Sequence[Mask]]], others: Sequence[AnyAnnotation]
) -> Grid | None:
    """Return the grid of an image that is not there: as the case states it, else a mask's, else round what is drawn."""
    if image.shape is not None:
        return Grid.from_image(image)
    if groups:
        return groups[0][0].grid
    open_grid = Grid((1, 1, 1))
    found = [stroke.points.max(axis=0) for each in others for _, stroke in strokes_of(each, image, open_grid)]
    if not found:
        return None
    columns, rows = np.ceil(np.max(found, axis=0)).astype(np.int64).clip(1).tolist()
    return Grid((columns + 1, rows + 1, 1))


def panels_of(
    scene: Scene, *, window: Window | None, longest: int, most: int, indices: Sequence[int] | None = None
) -> tuple[list[Panel], list[Message]]:
    """Return the slices with most of each label, in their order, and what must be said of them.

    Parameters
    ----------
    scene
        What is drawn on one image.
    window
        Of grey values; as the image, or its modality, has it if None.
    longest
        Pixels of the longer side.
    most
        Slices at most; those for which most labels were chosen are shown.
    indices
        Of the slices to show in place of those with most of each label.
    """
    notices: list[Message] = []
    uid = scene.image.uid
    if scene.pixels is None:
        notices.append(Message(_NO_IMAGE, uid=uid))
    chosen: dict[int, list[str]] = {}
    for k in indices or ():
        chosen[k] = []
    for label, scores in scene.scores.items() if indices is None else ():
        if scores.any():
            best = np.flatnonzero(scores == scores.max())
            chosen.setdefault(int(best[len(best) // 2]), []).append(label)
    if not chosen:
        notices.append(Message(_NOTHING, uid=uid))
        chosen[scene.grid.shape[2] // 2] = []
    kept = sorted(sorted(chosen, key=lambda k: (-len(chosen[k]), k))[:most])
    if left := [label for k, labels in sorted(chosen.items()) if k not in kept for label in labels]:
        notices.append(Message(_MORE_SLICES, uid=uid, count=len(kept), labels=listed(left, _MOST_NAMED)))
    planes = [None] * len(kept) if scene.pixels is None else scene.pixels.planes(kept, longest)
    shown = _shown(scene, kept, planes, window)
    if window is not None and any(not text for _, text in shown) and scene.pixels is not None:
        notices.append(Message(_COLOUR, uid=uid))
    return [_panel(scene, k, chosen[k], *each, longest) for k, each in zip(kept, shown, strict=True)], notices


def _shown(
    scene: Scene, kept: Sequence[int], planes: Sequence[Any], asked: Window | None
) -> list[tuple[NDArray[np.uint8] | None, str]]:
    """Return for each slice its grey levels or colours, as stored, and what they mean."""
    if scene.pixels is None:
        return [(None, "") for _ in kept]
    headers = [scene.pixels.header(k) for k in kept]
    colours = [colours_of(plane, header) for plane, header in zip(planes, headers, strict=True)]
    greys = [plane if plane.ndim == 2 else plane[..., 0] for plane in planes]
    scales = [(1.0, 0.0) if header is None else rescaling_of(header) for header in headers]
    values = [
        plane if scale in (None, (1.0, 0.0)) else plane * scale[0] + scale[1]
        for plane, scale in zip(greys, scales, strict=True)
    ]
    found: list[tuple[NDArray[np.uint8] | None, str]] = []
    own: Window | None = None
    is_ct = scene.image.modality.value == "CT" and scene.pixels.source is not None
    for plane, header, colour, scale in zip(values, headers, colours, scales, strict=True):
        if colour is not None:
            found.append((colour, ""))
            continue
        window = asked or stated_window(header)
        if window is None and is_ct and scale is not None:
            window = PRESETS["abdomen"]
        if window is None and plane.dtype == np.uint8:
            window = _AS_STORED
        levels = None if window is None else window.shown(plane)
        if levels is None or window is None or (asked is None and _is_lost(levels, plane)):
            own = own or percentile_window(np.concatenate([each.ravel() for each in values]))
            window, levels = own, own.shown(plane)
        found.append((255 - levels if is_inverted(header) else levels, window.text))
    return found


def _is_lost(levels: NDArray[np.uint8], plane: NDArray[Any]) -> bool:
    """Tell whether a window shows nothing of a slice on which there is something."""
    return bool(levels.min() == levels.max() and plane.min() < plane.max())


def _panel(
    scene: Scene, k: int, labels: Sequence[str], stored: NDArray[np.uint8] | None, window: str, longest: int
) -> Panel:
    grid = scene.grid
    header = None if scene.pixels is None else scene.pixels.header(k)
    view = view_of(grid, scene.image.spacing, header)
    columns, rows = grid.shape[:2]
    across, down = (rows, columns) if view.is_transposed else (columns, rows)
    width, height = across * view.pixel_mm[0], down * view.pixel_mm[1]
    scale = longest / max(width, height)
    size = max(round(width * scale), _LEAST_SIDE), max(round(height * scale), _LEAST_SIDE)
    if stored is None:
        background = np.zeros((size[1], size[0], 3), np.uint8)
    else:
        turned = Pillow.fromarray(np.ascontiguousarray(view.turned(stored)))
        background = np.asarray(turned.resize(size, Pillow.Resampling.BILINEAR).convert("RGB"))
    stored_size = (size[0], size[1]) if view.is_transposed else (size[1], size[0])
    order = {mask: place for place, mask in enumerate(scene.code_of)}
    covered = [each for layer in scene.layers for each in layer.planes(k, stored_size)]
    covered.sort(key=lambda each: order[each[0].id])
    masks = [(scene.code_of[mask.id], view.turned(plane)) for mask, plane in covered]
    share = np.array([size[0] / across, size[1] / down])
    strokes = [
        (label, replace(each, points=view.placed(each.points, (columns, rows)) * share))
        for label, each in scene.strokes.get(k, [])
    ]
    return Panel(scene.image.uid, k, grid.shape[2], view, background, masks, strokes, labels, window)
