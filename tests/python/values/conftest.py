"""The values of one instance, tested through the plain face of the extension module (`_core._values`)."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

import pytest

from values.store_harness import Room


@pytest.fixture(scope="session")
def core() -> ModuleType:
    """The extension module; another one where STATELINK_VALUES_MODULE names it."""
    return importlib.import_module(os.environ.get("STATELINK_VALUES_MODULE", "statelink._core"))


@pytest.fixture
def room(core: ModuleType) -> Room:
    """One store of many vars in one undo log."""
    return Room(core)
