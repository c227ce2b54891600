"""Runs a program that is there as text, and serves its app with the states that it has defined."""

import contextlib
import importlib.util
import sys

import statelink.app
from statelink.registry import defined_states
from statelink.testing import AppHarness


def load(path, source):
    """A program as a module of its own; its file stays where it can be looked up in tracebacks."""
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where annotations are resolved
    spec.loader.exec_module(module)
    return module


@contextlib.asynccontextmanager
async def serving(module, monkeypatch):
    """The program's `app`, as it would be in a process of its own: other tests' states are not served."""

    def own_states():
        return [state for state in defined_states() if state.__module__ == module.__name__]

    with monkeypatch.context() as patch:
        patch.setattr(statelink.app, "defined_states", own_states)
        async with AppHarness(module.app) as harness:
            yield harness
    del sys.modules[module.__name__]
