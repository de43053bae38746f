"""Displacement fields, written by nibabel."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import nibabel
import numpy as np

if TYPE_CHECKING:
    from annoconv_converters.nifti.transforms import Field

__all__ = ["write_field"]


def write_field(field: Field, frame: str = "LPS") -> bytes:
    """Return a displacement field as nibabel writes it, its vectors in the frame named."""
    signs = (1, 1, 1) if frame == "LPS" else (-1, -1, 1)
    vectors = (field.vectors_lps * signs).astype(np.float32).transpose(2, 1, 0, 3)[:, :, :, None]
    image = nibabel.Nifti1Image(vectors, np.diag([-1, -1, 1, 1]) @ field.grid.affine)
    image.header.set_intent("vector")
    image.set_sform(image.affine, 1)
    image.set_qform(image.affine, 1)
    return gzip.compress(image.to_bytes(), mtime=0)
