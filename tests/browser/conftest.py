"""A chromium, and tabs of the counter in it."""

import pytest
from playwright.sync_api import expect, sync_playwright

from browser.counter_server import Proxy, Server

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A browser with a profile of its own."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("chromium"), executable_path=CHROMIUM, args=FLAGS, headless=True
        )
        context.set_default_timeout(15_000)
        yield context
        context.close()


@pytest.fixture
def server():
    server = Server()
    server.start()
    yield server
    if server.process.poll() is None:
        server.stop()


@pytest.fixture
def proxy(server):
    proxy = Proxy(server)
    yield proxy
    proxy.close()


class Tab:
    """A tab that shows the counter, and what a person can do with it."""

    def __init__(self, page, url):
        self.page = page
        self.errors = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(url)
        self.is_live()

    def shows(self, count, *, linked):
        expect(self.page.locator("#count")).to_have_text(str(count))
        expect(self.page.locator("#link")).to_have_text("Unlink" if linked else "Link")

    def is_live(self):
        expect(self.page.locator("#status")).to_have_text("live")

    def link(self):
        self._click("#link")

    def increment(self):
        self._click("#increment")

    def _click(self, button):
        self.page.bring_to_front()  # a tab in the background is slow to be clicked
        self.page.click(button)

    @property
    def token(self):
        """Who the server says that it is."""
        return self.page.evaluate("JSON.parse(Object.values({...sessionStorage})[0]).token")


@pytest.fixture
def open_tab(browser, server):
    tabs = []

    def open_(url=None):
        tabs.append(Tab(browser.new_page(), url or f"http://127.0.0.1:{server.port}"))
        return tabs[-1]

    yield open_
    errors = [error for tab in tabs for error in tab.errors]
    for tab in tabs:
        tab.page.close()
    assert errors == []
