"""Whether images are fit to be annotated: DICOM series, whole slides, cine loops, NIfTI (A 7.2, B.1, B.2).

Each file's header is read once and its pixels once; what stands there becomes a description (`description`, `volumes`,
`slides`), and a table of checks (`table`, `model/image_checks.yaml`) is applied to it::

    scan        files -> series of slices           attributes, geometry, values, cines   what a series must be
    pixels      a slice -> a few numbers of it      volumes, slides, folders              NIfTI, whole slides, folders

Nothing is corrected or refused on the way: what cannot be read is a finding as well.
"""

from __future__ import annotations

from annoconv_converters.check_images.run import check_images
from annoconv_converters.check_images.table import ImageCheck, catalogue

__all__ = ["ImageCheck", "catalogue", "check_images"]
