"""A toy format, `boxes-csv`, as a contributor adds it: `tests/test_new_format.py` puts these files into a copy."""
