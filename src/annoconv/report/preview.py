"""A case as one picture: a sheet of the slices with most of each label, and its bytes.

The same case, images and options give the same pixels; the bytes are those of the PNG that the installed Pillow writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from annoconv.casefile.left_out import kinds_of, left_out, without
from annoconv.casefile.loaded import as_loaded, checked
from annoconv.codes import Labels
from annoconv.errors import InputError, UsageError
from annoconv.files.inputs import limits_of, paths_of
from annoconv.ids import safe_name
from annoconv.messages import Message, listed
from annoconv.pictures import PICTURES
from annoconv.report.drawing import Tile, colours_of_labels, png_bytes, sheet
from annoconv.report.fonts import Font, font_of
from annoconv.report.panels import panels_of, scene_of
from annoconv.report.sources import Sources
from annoconv.shown_values import PRESETS, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from annoconv.casefile import LoadedCase, Reading
    from annoconv.limits import Limits
    from annoconv.messages import Language
    from annoconv.model import Case, Image, Label
    from annoconv.report.panels import Panel

__all__ = ["MOST_SLICES", "PICTURE_ENDINGS", "Preview", "preview", "window_of"]

MOST_SLICES: Final = 36
"""Of one image, unless more are asked for."""
PICTURE_ENDINGS: Final = frozenset({*PICTURES, ".pdf", ".svg"})
"""Of files that are pictures; of them only `.png` is written."""
_SIZES: Final = ((1, 640), (4, 420), (12, 320))
"""Pixels of the longer side of so many panels at most; of more:"""
_SIZE_OF_MANY: Final = 240
_LARGEST_SIZE: Final = 4096
_LEVEL: Final = 3
"""Of compression: noise becomes no smaller with more, which takes more than twice the time."""
_LEFT_OUT: Final = "Name the folder of the images, or leave --images out: masks are drawn without them"
_GONE: Final = "{count} annotations are not drawn: superseded, rejected, said to be absent, or of another time"


@dataclass(frozen=True, eq=False)
class Preview:
    """A picture of a case; a notebook shows it.

    Attributes
    ----------
    panels
        The slices, by image, each with what is drawn on it.
    pixels
        Shape (row, column, 3), uint8: the sheet.
    notices
        What is not shown, or not as it would be expected.
    """

    panels: tuple[Panel, ...]
    pixels: NDArray[np.uint8]
    notices: tuple[Message, ...]

    @cached_property
    def png(self) -> bytes:
        """The sheet as a PNG."""
        return png_bytes(self.pixels, _LEVEL)

    def _repr_png_(self) -> bytes:
        return self.png

    def __repr__(self) -> str:
        rows, columns = self.pixels.shape[:2]
        return f"Preview({len(self.panels)} slices, {columns} x {rows} pixels)"

    def save(self, path: Path | str, *, overwrite: bool = False) -> None:
        """Write the picture as PNG, whole or not at all.

        Raises
        ------
        OutputExistsError
            If the file exists and may not be replaced.
        UsageError
            If it does not end in `.png`.
        """
        from annoconv.files.atomic import replacing

        target = Path(path)
        check_ending(target)
        with replacing(target, overwrite=overwrite) as temporary:
            temporary.write_bytes(self.png)


def check_ending(path: Path) -> None:
    """Refuse the name of a picture that is no PNG."""
    if path.suffix.lower() != ".png":
        raise UsageError(
            "a preview is a PNG",
            source=path,
            found=path.suffix or Message("no ending"),
            expected=".png",
            advice="Name a file that ends in .png",
        )


def preview(
    loaded: LoadedCase | Reading | Case,
    *,
    images: Sequence[Path | str] | Path | str | Sources = (),
    window: str | None = None,
    font: Path | Literal["built-in"] | None = None,
    size: int | None = None,
    slices: int = MOST_SLICES,
    lang: Language = "en",
    label_system: Sequence[Label] = (),
    limits: Limits | None = None,
) -> Preview:
    """Return a picture of a case: of each of its images the slices with most of each label.

    Parameters
    ----------
    loaded
        The case with its masks.
    images
        Files and folders of its images; without any, masks and shapes are drawn alone.
    window
        Centre and width, `40,400`, or a preset of CT, `lung`; as the image has it if None.
    font
        A font file for Chinese names, or `built-in` for label codes in their place; a font of the system if None.
    size
        Pixels of the longer side of a slice; by how many there are if None.
    slices
        Of one image at most.
    lang
        Language of the names of labels.
    label_system
        The task's labels.
    limits
        Bounds on what is read.

    Raises
    ------
    InputError
        If nothing of the case can be shown, an image is damaged or not the case's, or a mask does not lie on it.
    UsageError
        If the window or a number is none.
    """
    if slices < 1 or (size is not None and not 16 <= size <= _LARGEST_SIZE):
        raise UsageError(
            "a preview has at least one slice, and slices of 16 to 4096 pixels",
            found=slices if slices < 1 else size,
            expected=Message("--slices 1 or more, --size 16 to {most}", most=_LARGEST_SIZE),
            advice="Leave both out for what suits the number of slices",
        )
    asked, letters, limits = window_of(window), font_of(font), limits_of(limits)
    sources = images if isinstance(images, Sources) else Sources(paths_of(images), limits)
    whole = as_loaded(checked(loaded))
    gone = left_out(whole.case, one_time=True)
    shown = without(whole, gone)
    notices: list[Message] = []
    if gone:
        notices.append(Message(_GONE, count=len(gone)))
    case = shown.case
    every = (case.image, *(case.related_images or ()))
    annotated = {each.image_uid or case.image.uid for each in case.annotations}
    wanted = [image for image in every if image.uid in annotated] or [case.image]
    pixels = {image.uid: sources.of(image) for image in wanted}
    if sources.paths and not any(each is not None for each in pixels.values()):
        raise sources.none_of([image.uid for image in wanted], advice=_LEFT_OUT)
    scenes, unplaced = [], list[str]()
    for image in wanted:
        scene, without_place = scene_of(shown, image, pixels[image.uid])
        unplaced += without_place
        scenes += [] if scene is None else [scene]
    drawable = [scene for scene in scenes if any(each.any() for each in scene.scores.values())]
    scenes = drawable or scenes[:1]
    if not scenes:
        raise InputError(
            "there is nothing to show: no annotation is drawn on an image, and no image was named",
            source=whole.path,
            where="/annotations",
            found=kinds_of(whole.case),
            expected="masks, boxes, polygons, points or other shapes, or an image",
            advice="Name the images with --images; texts are read with annoconv info",
        )
    panels: list[Panel] = []
    labels = list(dict.fromkeys(label for scene in scenes for label, score in scene.scores.items() if score.any()))
    count = sum(len({int(each.argmax()) for each in scene.scores.values() if each.any()}) or 1 for scene in scenes)
    longest = size or next((pixel for most, pixel in _SIZES if count <= most), _SIZE_OF_MANY)
    for scene in scenes:
        found, said = panels_of(scene, window=asked, longest=longest, most=slices)
        panels += found
        notices += said
    if unplaced:
        told = Message("{ids} have no place on a slice, and are not drawn", ids=listed(unplaced, 5))
        notices.append(told)
    known = Labels.of(case, label_system)
    names = {code: name_of(code, known, lang, letters) for code in labels}
    if spelled := [code for code, (_, is_code) in names.items() if is_code]:
        notices.append(
            Message("no font at hand has the names of {codes}: their codes are written", codes=listed(spelled, 5))
        )
    colours = colours_of_labels(labels, known)
    images_of = {image.uid: image for image in wanted}
    tiles = [Tile(panel, _above(panel, images_of[panel.image_uid], names), panel.window) for panel in panels]
    title = case.case_id or case.image.uid
    pixels_of_sheet = sheet(
        tiles,
        [(names[code][0], colours[code]) for code in labels],
        title if letters.can_write(title) else safe_name(title),
        [str(each) for each in notices if letters.can_write(str(each))],
        letters,
        colours,
    )
    return Preview(tuple(panels), pixels_of_sheet, tuple(notices))


def name_of(code: str, labels: Labels, lang: Language, font: Font) -> tuple[str, bool]:
    """Return how a label is written, and whether that is its code because no font has its name."""
    label = labels.get(code)
    both = (None, None) if label is None else (label.name_en, label.name_zh)
    told = [name for name in (both if lang == "en" else both[::-1]) if name]
    written = next((name for name in told if font.can_write(name)), None)
    is_lost = bool(told) and (written is None or (lang == "zh" and written != told[0]))
    return (code, True) if is_lost else (written or code, False)


def window_of(text: str | None) -> Window | None:
    """Return the window that `40,400` or the name of a preset asks for; UsageError if it is neither."""
    if text is None or text in PRESETS:
        return None if text is None else PRESETS[text]
    try:
        center, width = (float(part) for part in text.split(","))
    except ValueError:
        center = width = 0.0
    if not (abs(center) < 1e9 and 0 < width < 1e9):
        raise UsageError(
            "this is no window",
            found=text,
            expected=Message("centre and width, such as 40,400, or one of {names}", names=", ".join(PRESETS)),
            advice="The width is above 0; leave it out for the window of the image",
        )
    return Window(center, width, "--window")


def _above(panel: Panel, image: Image, names: dict[str, tuple[str, bool]]) -> str:
    """Return what stands above a panel: modality, view, slice, and the labels that it was chosen for."""
    parts = [image.modality.value, panel.view.name]
    if panel.slices > 1:
        word = "slice" if panel.view.name else "frame"
        parts.append(f"{word} {panel.index} of 0-{panel.slices - 1}")
    return " ".join(filter(None, parts))
