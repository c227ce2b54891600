"""Places where handlers of a test wait until the test lets them go on."""

import asyncio

PATIENCE = 5  # seconds after which a test fails that waits in vain


class Gate:
    """Code under test comes to `passing`, the test waits for it with `arrived` and lets it go on with `open`."""

    def __init__(self) -> None:
        self.arrivals = 0
        self._came = asyncio.Event()
        self._open = asyncio.Event()

    async def passing(self) -> None:
        self.arrivals += 1
        self._came.set()
        await self._open.wait()

    async def arrived(self, number: int = 1) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.arrivals < number:
                self._came.clear()
                await self._came.wait()

    def open(self) -> None:
        self._open.set()

    def close(self) -> None:
        self._open.clear()


async def until(predicate) -> None:
    """Waits for a condition, looking at every turn of the loop."""
    async with asyncio.timeout(PATIENCE):
        while not predicate():
            await asyncio.sleep(0)


async def started(harness, number: int) -> None:
    """Waits until so many turns have started since the app has: the last ones may wait for their locks."""
    await until(lambda: harness.counts["turns"] >= number)
