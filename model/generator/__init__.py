"""The generator: the LinkML model in, everything under `generated/` out. Development only (`make generate`).

`read_linkml.py` reads LinkML into the small intermediate form of `ir.py` and refuses what it cannot translate; one
module an output (`pydantic_models.py`, `json_schema.py`) prints that form. So all outputs say the same, whatever stock
generators do.
"""
