"""What a package beside the core promises, tried on itself: converters and rules that others make.

In a test of that package::

    from annoconv.testing import check_format, check_rules

    def test_promises(tmp_path):
        assert check_format("boxes-csv", tmp_path) == []
        assert check_rules("boxes-csv-package") == []

On the command line: `python -m annoconv.testing boxes-csv`.
"""

from __future__ import annotations

from annoconv.testing.formats import check_format
from annoconv.testing.promises import Broken
from annoconv.testing.rules import check_rules

__all__ = ["Broken", "check_format", "check_rules"]
