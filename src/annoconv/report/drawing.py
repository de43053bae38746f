"""Pixels of panels, and of the sheet that they stand on: contours, lines and points in the colours of their labels.

Contours run inside of what a mask covers, one pixel wide or two, so that what they enclose is the mask. A point at
continuous pixel x is drawn in pixel floor(x); a line between two pixels, as the edges of boxes are, on the inner one.
"""

from __future__ import annotations

import colorsys
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from annoconv.report.fonts import HEIGHT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from annoconv.codes import Labels
    from annoconv.report.fonts import Font
    from annoconv.report.outlines import Stroke
    from annoconv.report.panels import Panel

__all__ = ["Colour", "Tile", "colours_of_labels", "drawn", "png_bytes", "sheet"]

Colour: TypeAlias = tuple[int, int, int]

_BACKGROUND: Final = (24, 24, 24)
_TEXT: Final = (225, 225, 225)
_FAINT: Final = (160, 160, 160)
_MARGIN: Final = 24
"""Pixels round a panel, for the letters."""
_LEAST_WIDTH: Final = 180
"""Pixels that a panel has across at least, so that what stands above it does."""
_LEAST_LUMA: Final = 100
"""Of a colour on a dark ground, 0 to 255; a darker one is lightened."""
_SMALL: Final = 5
"""Pixels: what is smaller has a ring round it."""
_RING: Final = 7
_GOLDEN: Final = 0.618033988749895
"""Hues this far apart stay apart, however many there are."""
_WIDE: Final = 400
"""Pixels of a panel, from which contours are two wide."""


@dataclass(frozen=True)
class Tile:
    """A panel with what stands above and below it."""

    panel: Panel
    above: str
    below: str


def colours_of_labels(codes: Iterable[str], labels: Labels) -> dict[str, Colour]:
    """Return the colour of each label: its own, if no other has it before, else one of its place among them."""
    found: dict[str, Colour] = {}
    for place, code in enumerate(codes):
        label = labels.get(code)
        stated = None if label is None or label.color_rgb is None else label.color_rgb
        own = None if stated is None else _lightened((int(stated[0]), int(stated[1]), int(stated[2])))
        found[code] = own if own is not None and own not in found.values() else _of_place(place, found.values())
    return found


def _of_place(place: int, taken: Iterable[Colour]) -> Colour:
    used = set(taken)
    while True:
        red, green, blue = colorsys.hsv_to_rgb(place * _GOLDEN % 1, 0.55 + 0.4 * (place // 2 % 2), 1.0)
        colour = _lightened((round(red * 255), round(green * 255), round(blue * 255)))
        if colour not in used:
            return colour
        place += 1


def _lightened(colour: Colour) -> Colour:
    luma = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
    if luma >= _LEAST_LUMA:
        return colour
    share = (_LEAST_LUMA - luma) / (255 - luma)
    red, green, blue = (round(each + (255 - each) * share) for each in colour)
    return red, green, blue


def drawn(panel: Panel, colours: Mapping[str, Colour]) -> NDArray[np.uint8]:
    """Return the pixels of a panel with all that is drawn on it, shape (row, column, 3)."""
    pixels = panel.background.copy()
    thickness = 2 if max(pixels.shape[:2]) >= _WIDE else 1
    rings: list[tuple[float, float, Colour]] = []
    for code, covered in panel.masks:
        pixels[_contour(covered, thickness)] = colours[code]
        rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
        if max(np.ptp(rows), np.ptp(columns)) + 1 < _SMALL:
            rings.append((columns.mean() + 0.5, rows.mean() + 0.5, colours[code]))
    picture = Pillow.fromarray(pixels)
    pen = ImageDraw.Draw(picture)
    for code, stroke in panel.strokes:
        _draw(pen, stroke, colours[code], picture.size, thickness)
    for code, points in _by_annotation(panel.strokes):
        low, high = points.min(axis=0), points.max(axis=0)
        if len(points) > 1 and max((high - low).tolist()) < _SMALL:
            x, y = ((low + high) / 2).tolist()
            rings.append((x, y, colours[code]))
    for x, y, colour in rings:
        left, top = math.floor(x) - _RING, math.floor(y) - _RING
        pen.ellipse((left, top, left + 2 * _RING, top + 2 * _RING), outline=colour)
    return np.array(picture)


def _contour(covered: NDArray[np.bool_], thickness: int) -> NDArray[np.bool_]:
    """Return the pixels of a mask that touch what is none of it, or the edge."""
    inside = covered
    for _ in range(thickness):
        padded = np.pad(inside, 1)
        inside = inside & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return covered & ~inside


def _by_annotation(strokes: Sequence[tuple[str, Stroke]]) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield the label code and all points of each annotation."""
    found: dict[str, list[NDArray[np.float64]]] = {}
    codes = {stroke.of: code for code, stroke in strokes}
    for _, stroke in strokes:
        found.setdefault(stroke.of, []).append(stroke.points)
    for identity, points in found.items():
        yield codes[identity], np.concatenate(points)


def _draw(pen: ImageDraw.ImageDraw, stroke: Stroke, colour: Colour, size: tuple[int, int], thickness: int) -> None:
    """Draw a point, or a line that is made thicker towards its middle, so that nothing is drawn outside."""
    middle: list[float] = ((stroke.points.min(axis=0) + stroke.points.max(axis=0)) / 2).tolist()
    points = [(_pixel(x, middle[0], size[0]), _pixel(y, middle[1], size[1])) for x, y in stroke.points.tolist()]
    if len(points) == 1:
        x, y = points[0]
        for across, down in ((4, 0), (0, 4)):
            pen.line((x - across, y - down, x + across, y + down), fill=colour)
        return
    for _ in range(thickness):
        pen.line([*points, points[0]] if stroke.is_closed else points, fill=colour)
        points = [(_nearer(x, middle[0]), _nearer(y, middle[1])) for x, y in points]


def _nearer(pixel: int, middle: float) -> int:
    """Return the next pixel towards the middle; the same if it is there."""
    return pixel + (pixel + 1 <= middle) - (pixel >= middle)


def _pixel(coordinate: float, middle: float, count: int) -> int:
    """Return the pixel of a continuous coordinate; of one between two pixels, that which is nearer to the middle."""
    coordinate = min(max(coordinate, -1e6), 1e6)
    pixel = math.floor(coordinate)
    is_beyond = pixel == coordinate and (coordinate > middle or pixel == count)
    return pixel - 1 if is_beyond else pixel


def sheet(
    tiles: Sequence[Tile],
    legend: Sequence[tuple[str, Colour]],
    title: str,
    notes: Sequence[str],
    font: Font,
    colours: Mapping[str, Colour],
) -> NDArray[np.uint8]:
    """Return the pixels of a sheet: a title, the panels with their letters, the names of the labels, and notes.

    Shape (row, column, 3), uint8.
    """
    side_x = max(_LEAST_WIDTH, *(tile.panel.background.shape[1] for tile in tiles)) + 2 * _MARGIN
    side_y = max(tile.panel.background.shape[0] for tile in tiles) + 2 * _MARGIN + 2 * HEIGHT
    columns = min(len(tiles), max(round(math.sqrt(len(tiles) * 1.4 * side_y / side_x)), 1))
    rows = -(-len(tiles) // columns)
    width = columns * side_x
    top = HEIGHT + 6
    lines = _wrapped(legend, width - 12, font)
    said = [line for note in notes for line in _broken(note, width - 12, font)]
    height = top + rows * side_y + (len(lines) + len(said)) * (HEIGHT + 2) + 8
    canvas = np.full((height, width, 3), _BACKGROUND, np.uint8)
    _write(canvas, title, 6, 4, _TEXT, font)
    for place, tile in enumerate(tiles):
        _put(canvas, tile, (place % columns) * side_x, top + (place // columns) * side_y, side_x, font, colours)
    y = top + rows * side_y + 2
    for line in lines:
        x = 6
        for name, colour in line:
            canvas[y + 3 : y + 12, x : x + 9] = colour
            _write(canvas, name, x + 13, y, colour, font)
            x += 13 + font.width(name) + 12
        y += HEIGHT + 2
    for sentence in said:
        _write(canvas, sentence, 6, y, _FAINT, font)
        y += HEIGHT + 2
    return canvas


def _put(
    canvas: NDArray[np.uint8], tile: Tile, x: int, y: int, side: int, font: Font, colours: Mapping[str, Colour]
) -> None:
    """Put a panel with its letters on a sheet."""
    pixels = drawn(tile.panel, colours)
    height, width = pixels.shape[:2]
    _write(canvas, tile.above, x + _MARGIN, y, _TEXT, font, side - _MARGIN)
    left, top = x + (side - width) // 2, y + HEIGHT + _MARGIN
    canvas[top : top + height, left : left + width] = pixels
    at_left, at_right, at_top, at_bottom = tile.panel.view.letters
    middle_x, middle_y = left + width // 2, top + (height - HEIGHT) // 2
    _write(canvas, at_left, left - 2 - font.width(at_left), middle_y, _TEXT, font)
    _write(canvas, at_right, left + width + 3, middle_y, _TEXT, font)
    _write(canvas, at_top, middle_x - font.width(at_top) // 2, top - HEIGHT - 2, _TEXT, font)
    _write(canvas, at_bottom, middle_x - font.width(at_bottom) // 2, top + height, _TEXT, font)
    _write(canvas, tile.below, x + _MARGIN, top + height + HEIGHT, _FAINT, font, side - _MARGIN)


def _write(
    canvas: NDArray[np.uint8], text: str, x: int, y: int, colour: Colour, font: Font, most: int | None = None
) -> None:
    """Write a text on a sheet; what reaches beyond `most` pixels, or the sheet, is cut."""
    if text:
        letters = font.written(text)[:, max(-x, 0) : most]
        x = max(x, 0)
        part = canvas[y : y + letters.shape[0], x : x + letters.shape[1]]
        part[letters[: part.shape[0], : part.shape[1]]] = colour


def _wrapped(legend: Sequence[tuple[str, Colour]], width: int, font: Font) -> list[list[tuple[str, Colour]]]:
    lines: list[list[tuple[str, Colour]]] = []
    left = 0
    for name, colour in legend:
        needed = 13 + font.width(name) + 12
        if not lines or left < needed:
            lines.append([])
            left = width
        lines[-1].append((name, colour))
        left -= needed
    return lines


def _broken(text: str, width: int, font: Font) -> list[str]:
    """Return a sentence in lines that fit."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.width(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def png_bytes(pixels: NDArray[np.uint8], level: int = 6) -> bytes:
    """Return a PNG of pixels, shape (row, column, 3): the same bytes for the same pixels and level of compression."""
    stream = io.BytesIO()
    Pillow.fromarray(pixels).save(stream, format="PNG", compress_level=level)
    return stream.getvalue()
