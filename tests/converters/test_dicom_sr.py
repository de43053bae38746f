"""The corners of measurement reports."""

from __future__ import annotations

from annoconv.errors import ImageError

REFUSES = {"bare": ImageError, "outlines": ImageError, "radiograph": ImageError}
"""The cases of the zoo that are refused, since nothing is known of their images, and with which error."""
