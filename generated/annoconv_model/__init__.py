"""Typed classes of the annoconv model, generated from LinkML; never edited.

Needs pydantic and the standard library only; the JSON Schema stands beside it as `annoconv.schema.json`.
"""

from annoconv_model.models import *
from annoconv_model.models import __all__
