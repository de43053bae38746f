"""The letters of pictures: a built-in bitmap font for what is Latin, a font file for Chinese and all else.

What the built-in font holds is always written with it, so that pictures with Latin names are the same bytes everywhere.
A name that no font at hand holds is not written; its label code is.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from annoconv.errors import InputError
from annoconv.files.inputs import check_source
from annoconv.messages import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["HEIGHT", "Font", "font_of", "system_font"]

HEIGHT: Final = 14
"""Pixels of a line of text."""
_SIZE: Final = 13
"""Of the letters of a font file, in pixels."""
_NO_CHARACTER: Final = "\U0010fffe"
"""A noncharacter: what a font shows for it, it shows for whatever it lacks."""
_FOLDERS: Final = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts",
    "/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts", "C:/Windows/Fonts",
)  # fmt: skip
_CHINESE: Final = (
    "notosanscjk-regular.ttc", "notosanscjksc-regular.otf", "notosanssc-regular.otf", "notosanssc-regular.ttf",
    "sourcehansanssc-regular.otf", "sourcehansanscn-regular.otf", "wqy-microhei.ttc", "wqy-zenhei.ttc",
    "droidsansfallbackfull.ttf", "pingfang.ttc", "hiragino sans gb.ttc", "stheiti medium.ttc", "msyh.ttc", "msyh.ttf",
    "simhei.ttf", "simsun.ttc", "uming.ttc", "ukai.ttc",
)  # fmt: skip
"""Files of usual fonts with Chinese characters, in the order of preference."""


class Font:
    """Writes texts.

    Parameters
    ----------
    path
        A font file for what the built-in font lacks; None for the built-in font alone.

    Raises
    ------
    InputError
        If the file is none that can be read.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._plain = ImageFont.load_default_imagefont()
        self._other: ImageFont.FreeTypeFont | None = None
        if path is not None:
            if path.exists():
                check_source(path)
            try:
                self._other = ImageFont.truetype(str(path), _SIZE, layout_engine=ImageFont.Layout.BASIC)
            except (OSError, ValueError, ImportError) as error:
                raise InputError(
                    "the font cannot be read",
                    source=path,
                    found=path.suffix or path.name if path.is_file() else Message("no file"),
                    expected="a TrueType or OpenType font: .ttf, .otf or .ttc",
                    advice="Name another font with --font, such as NotoSansCJK-Regular.ttc, or leave it out",
                ) from error

    def can_write(self, text: str) -> bool:
        """Tell whether every character of a text is in one of the two fonts."""
        return all(_is_plain(each) or self._has(each) for each in text)

    def _has(self, character: str) -> bool:
        if self._other is None or not character.isprintable():
            return False
        return _glyph(self._other, character) != _glyph(self._other, _NO_CHARACTER)

    def width(self, text: str) -> int:
        """Return the pixels that a text takes across."""
        return int(self._font(text).getlength(text))

    def written(self, text: str) -> NDArray[np.bool_]:
        """Return which pixels a text covers, shape (HEIGHT, width)."""
        canvas = Pillow.new("L", (max(self.width(text), 1), HEIGHT))
        ImageDraw.Draw(canvas).text((0, 0 if self._is_other(text) else 2), text, fill=255, font=self._font(text))
        return np.asarray(canvas) > 127

    def _font(self, text: str) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
        return self._other if self._other is not None and self._is_other(text) else self._plain

    def _is_other(self, text: str) -> bool:
        return self._other is not None and not all(map(_is_plain, text))


def _glyph(font: ImageFont.FreeTypeFont, character: str) -> bytes:
    """Return what a font shows for a character."""
    canvas = Pillow.new("L", (3 * _SIZE, 3 * _SIZE))
    ImageDraw.Draw(canvas).text((_SIZE, _SIZE), character, fill=255, font=font)
    return canvas.tobytes()


def _is_plain(character: str) -> bool:
    return " " <= character <= "~" or "\xa0" < character <= "\xff"


def font_of(named: Path | Literal["built-in"] | None) -> Font:
    """Return the font that is named, the built-in one alone, or, where none is named, that with a font of the system.

    Raises
    ------
    InputError
        If the file that is named is no font.
    """
    if named == "built-in":
        return Font()
    return Font(Path(named)) if named is not None else Font(system_font())


@cache
def system_font() -> Path | None:
    """Return a font of the system that has Chinese characters; None if there is none of the usual ones."""
    found: dict[str, Path] = {}
    for folder in (Path(each).expanduser() for each in _FOLDERS):
        if folder.is_dir():
            for path in sorted(folder.rglob("*.[tToO][tT][fFcC]")):
                found.setdefault(path.name.lower(), path)
    return next((found[name] for name in _CHINESE if name in found), None)
