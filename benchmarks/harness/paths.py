"""Where things are."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "benchmarks"
BUILD = ROOT / "build" / "benchmarks"

NATIVE = BUILD / "native"
LOADER = NATIVE / "loader" / "loader"
LIMIT = NATIVE / "limit" / "limit"
OUR_PYTHON = BUILD / "venv" / "bin" / "python"
PEERS_PYTHON = BUILD / "venv-peers" / "bin" / "python"
REFLEX_PYTHON = BUILD / "venv-reflex" / "bin" / "python"
COLYSEUS = BUILD / "colyseus"
