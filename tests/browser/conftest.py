"""A chromium, and tabs of what a module's SERVED serves in it."""

import pytest
from playwright.sync_api import expect, sync_playwright

from browser.proxy import Proxy
from browser.server import Server
from browser.tab import Tab

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
def chromium():
    expect.set_options(timeout=15_000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, headless=True)
        yield chromium
        chromium.close()


@pytest.fixture
def browser(chromium):
    """A browser with a profile of its own."""
    context = chromium.new_context()
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def server(request):
    server = Server(getattr(request, "param", None) or request.module.SERVED)
    server.start()
    yield server
    if server.process.poll() is None:
        server.stop()


@pytest.fixture
def proxy(server):
    proxy = Proxy(server)
    yield proxy
    proxy.close()


@pytest.fixture
def open_tab(request, browser, server):
    """Opens tabs, of the module's class `Tab` where it has one; `before` is run with a tab that has no page yet."""
    tab_class = getattr(request.module, "Tab", Tab)
    tabs = []

    def open_(path="/", *, url=None, before=lambda tab: None):
        tab = tab_class(browser.new_page())
        tabs.append(tab)
        before(tab)
        tab.open((url or server.url) + path)
        return tab

    yield open_
    errors = [error for tab in tabs for error in tab.errors]
    assert errors == []
