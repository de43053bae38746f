"""`python -m annoconv.testing NAME`: what the converters of a format, or the rules of a package, do not keep."""

from __future__ import annotations

import sys

from annoconv.messages import language
from annoconv.registry import formats
from annoconv.testing import check_format, check_rules


def main(names: list[str]) -> int:
    """Say what is not kept; return the exit code."""
    if not names:
        sys.stderr.write("python -m annoconv.testing NAME...: formats, and packages that add rules\n")
        return 2
    known = {each.name for each in formats()}
    broken = [each for name in names for each in (check_format(name) if name in known else check_rules(name))]
    for each in broken:
        sys.stdout.write(f"{each.promise}: {each.text(language())}\n")
    sys.stdout.write(f"{len(broken)}\n")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
