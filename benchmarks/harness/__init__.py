"""Starts servers, loads them in turn, compares within rounds: ``python -m benchmarks.harness``."""
