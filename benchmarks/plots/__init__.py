"""Plots of a run's results. Needs matplotlib (group `bench` of pyproject.toml).

Run by itself: ``python -m benchmarks.plots RESULTS.json FOLDER``.
"""

from __future__ import annotations

from benchmarks.plots.plot_all import plot_all

__all__ = ["plot_all"]
