"""Recommended display colours: sRGB, 0 to 255, to and from the CIELab values of DICOM (PS3.3 C.10.7.1.1).

Written here since the libraries of colour are large, and none rounds as the three programs that write most files do.
"""

from __future__ import annotations

from typing import Final, TypeAlias

__all__ = ["Triple", "cielab_from_rgb", "rgb_from_cielab"]

Triple: TypeAlias = tuple[int, int, int]

_WHITE: Final = (0.95047, 1.0, 1.08883)
"""D65. PS3.3 C.10.7.1.1 means D50, but dcmqi, PixelMed and highdicom, hence nearly every file, have D65."""
_XYZ_FROM_RGB: Final = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
_RGB_FROM_XYZ: Final = (
    (3.2404542, -1.5371385, -0.4985314),
    (-0.9692660, 1.8760108, 0.0415560),
    (0.0556434, -0.2040259, 1.0572252),
)
_KNEE: Final = 6 / 29


def cielab_from_rgb(color_rgb: Triple) -> Triple:
    """Return an sRGB colour, 0 to 255, as RecommendedDisplayCIELabValue (PS3.3 C.10.7.1.1).

    Examples
    --------
    >>> cielab_from_rgb((221, 130, 101))
    (41663, 41166, 40794)
    """
    linear = [_linear(channel / 255) for channel in color_rgb]
    scaled = [sum(map(_times, row, linear)) / white for row, white in zip(_XYZ_FROM_RGB, _WHITE, strict=True)]
    x, y, z = (value ** (1 / 3) if value > _KNEE**3 else value / (3 * _KNEE**2) + 4 / 29 for value in scaled)
    lightness, a, b = 116 * y - 16, 500 * (x - y), 200 * (y - z)
    stated = (lightness * 65535 / 100, (a + 128) * 65535 / 255, (b + 128) * 65535 / 255)
    first, second, third = (min(max(round(value), 0), 65535) for value in stated)
    return first, second, third


def rgb_from_cielab(value: Triple) -> Triple:
    """Return the sRGB colour, 0 to 255, that a RecommendedDisplayCIELabValue stands for."""
    lightness, a, b = value[0] * 100 / 65535, value[1] * 255 / 65535 - 128, value[2] * 255 / 65535 - 128
    y = (lightness + 16) / 116
    curved = (y + a / 500, y, y - b / 200)
    xyz = [
        (each**3 if each > _KNEE else 3 * _KNEE**2 * (each - 4 / 29)) * white
        for each, white in zip(curved, _WHITE, strict=True)
    ]
    red, green, blue = (round(min(max(_curved(sum(map(_times, row, xyz))), 0), 1) * 255) for row in _RGB_FROM_XYZ)
    return red, green, blue


def _times(left: float, right: float) -> float:
    return left * right


def _linear(channel: float) -> float:
    return ((channel + 0.055) / 1.055) ** 2.4 if channel > 0.04045 else channel / 12.92


def _curved(channel: float) -> float:
    return 1.055 * channel ** (1 / 2.4) - 0.055 if channel > 0.0031308 else 12.92 * channel
