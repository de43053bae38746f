"""What kinds of segmentation there are, and what a request may ask of the writer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from annoconv.errors import UsageError
from annoconv.messages import Message
from annoconv.model import FractionalType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from annoconv.model import MaskAnnotation

__all__ = ["LEVELS", "Compression", "FractionMeaning", "Kind", "Resampling", "Settings"]

LEVELS: Final = 255
"""MaximumFractionalValue that is written: fractions have this many steps above 0."""


class Kind(StrEnum):
    """SegmentationType (0062,0001)."""

    BINARY = "BINARY"
    FRACTIONAL = "FRACTIONAL"
    LABELMAP = "LABELMAP"

    @property
    def sop_class_uid(self) -> str:
        """Storage class: label maps have one of their own (supplement 243)."""
        return f"1.2.840.10008.5.1.4.1.1.66.{7 if self is Kind.LABELMAP else 4}"


Compression: TypeAlias = Literal["none", "deflate", "rle"]
FractionMeaning: TypeAlias = Literal["probability", "occupancy"]
Resampling: TypeAlias = Literal["never", "nearest", "linear"]

_SYNTAXES: Final = {
    "none": "1.2.840.10008.1.2.1",
    "deflate": "1.2.840.10008.1.2.1.99",
    "rle": "1.2.840.10008.1.2.5",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a segmentation is written.

    Attributes
    ----------
    kind
        SegmentationType.
    fractional_type
        What fractions mean, SegmentationFractionalType; if None, what the masks say, else `probability`.
    compression
        `deflate` compresses the whole data set, `rle` each frame; bits cannot be run-length encoded (PS3.5 8.2.2).
    keep_empty_frames
        Whether there is a frame for every segment on every plane.
    resample
        Whether masks on other grids are interpolated.
    allow_gaps
        Whether missing slices of a source are bridged.
    all_annotations
        Whether masks of what does not count as a finding are written.
    """

    kind: Kind = Kind.BINARY
    fractional_type: FractionMeaning | None = None
    compression: Compression = "none"
    keep_empty_frames: bool = False
    resample: Resampling = "never"
    allow_gaps: bool = False
    all_annotations: bool = False

    def __post_init__(self) -> None:
        if self.kind is Kind.BINARY and self.compression == "rle":
            raise UsageError(
                "frames of single bits cannot be run-length encoded",
                found=Message("--compress rle with --type binary"),
                advice="Add --type labelmap, or take --compress deflate",
                expected="--type labelmap or fractional with --compress rle",
            )

        if self.kind is not Kind.FRACTIONAL and self.fractional_type is not None:
            raise UsageError(
                "only a fractional segmentation says what fractions mean",
                found=Message("--fractional-type with --type {kind}", kind=self.kind.value.lower()),
                advice="Add --type fractional, or leave --fractional-type out",
                expected="--type fractional with --fractional-type",
            )

    def told_by(self, masks: Iterable[MaskAnnotation]) -> Settings:
        """Return settings that say what fractions mean: as asked for, else as the first mask has it that says so."""
        said = next((each.fractional_type for each in masks if each.fractional_type is not None), None)
        if self.fractional_type is not None or said is None or self.kind is not Kind.FRACTIONAL:
            return self
        return replace(self, fractional_type="occupancy" if said is FractionalType.OCCUPANCY else "probability")

    @property
    def transfer_syntax_uid(self) -> str:
        """Transfer syntax of the file."""
        return _SYNTAXES[self.compression]
