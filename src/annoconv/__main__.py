"""`python -m annoconv`."""

import sys

from annoconv.cli import main

if __name__ == "__main__":
    sys.exit(main())
