"""``python -m benchmarks.plots RESULTS.json FOLDER``"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.plots import plot_all

if __name__ == "__main__":
    for made in plot_all(Path(sys.argv[1]), Path(sys.argv[2])):
        print(made)
