"""An app for each test: of the states that its module names in STATES."""

import pytest

import statelink as sl
from guide.watching import Bystander
from statelink.testing import AppHarness


@pytest.fixture
def app(request):
    return sl.App(states=[*getattr(request.module, "STATES", []), Bystander])


@pytest.fixture
async def harness(app):
    async with AppHarness(app) as harness:
        yield harness
