"""Clients, rooms and the model: after every step each client's values are the model's."""

from __future__ import annotations

import logging
import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from model.machine import Machine
from model.situations import ALL

_STEPS_OF_A_RUN = 50  # at most: some find nothing to do
_RUNS = 70
LONG = int(os.environ.get("STATELINK_MODEL_STEPS", "0"))
STEPS = LONG or 2000


def test_every_client_sees_what_the_model_says(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "statelink")
    Machine.steps = 0
    Machine.met.clear()
    while Machine.steps < STEPS:
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=_RUNS,
                stateful_step_count=_STEPS_OF_A_RUN,
                derandomize=not LONG,
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert not [name for name in ALL if not Machine.met[name]], dict(Machine.met)
