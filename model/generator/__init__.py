"""The generator: the LinkML model in, everything under `generated/` out. Development only (`make generate`).

`ir.py` reads LinkML into a small intermediate form and refuses whatever it cannot translate; one module an output
(`pydantic_models.py`, `json_schema.py`) prints that form. So all outputs say the same, whatever stock generators do.
"""
