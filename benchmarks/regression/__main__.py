"""`python -m benchmarks.regression` is the gate."""

import sys

from benchmarks.regression.gate import main

if __name__ == "__main__":
    sys.exit(main())
