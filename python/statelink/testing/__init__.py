"""For tests of apps: a server on a free port, and clients that check every frame.

Needs ``pip install statelink[testing]``.

Example:
    >>> async def test_two_tabs_share_a_count():
    ...     async with AppHarness(app) as harness:
    ...         alice, bob = await harness.connect("/"), await harness.connect("/")
    ...         await alice.call(Counter.join)
    ...         await bob.call(Counter.join)
    ...         await alice.call(Counter.set_count, count=5)
    ...         await bob.until(lambda: bob.state(Counter)["count"] == 5)
"""

from __future__ import annotations

from statelink.testing.client import Client
from statelink.testing.conversation import Identity
from statelink.testing.harness import AppHarness, ProtocolViolation

__all__ = ["AppHarness", "Client", "Identity", "ProtocolViolation"]
