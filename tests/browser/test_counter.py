"""The counter example in a real browser."""

import signal

from playwright.sync_api import expect

from browser.server import example
from browser.tab import Tab as PlainTab

SERVED = example("counter")


class Tab(PlainTab):
    """A tab that shows the counter."""

    def shows(self, count, *, linked):
        self.has("#count", str(count))
        self.has("#link", "Unlink" if linked else "Link")

    def link(self):
        self.click("#link")

    def increment(self):
        self.click("#increment")


def test_linked_tabs_share_a_count(open_tab):
    alice, bob, carol = open_tab(), open_tab(), open_tab()
    for tab in (alice, bob, carol):
        tab.shows(0, linked=False)
    alice.increment()
    alice.shows(1, linked=False)

    alice.link()
    alice.shows(1, linked=True)  # the room's
    bob.link()
    for tab in (alice, bob):
        tab.shows(2, linked=True)
    alice.increment()
    bob.shows(3, linked=True)
    bob.increment()
    alice.shows(4, linked=True)
    carol.increment()
    carol.shows(1, linked=False)
    for tab in (alice, bob):
        tab.shows(4, linked=True)

    alice.link()
    alice.shows(1, linked=False)  # its own is back
    bob.increment()
    bob.shows(5, linked=True)
    alice.increment()
    alice.shows(2, linked=False)

    late = open_tab()
    late.shows(0, linked=False)
    late.link()
    for tab in (late, bob):
        tab.shows(6, linked=True)
    carol.shows(1, linked=False)


def test_a_dropped_connection_resumes(open_tab, proxy):
    alice, bob = open_tab(url=proxy.url), open_tab()
    for tab in (alice, bob):
        tab.link()
    for tab in (alice, bob):
        tab.shows(2, linked=True)
    token = alice.token

    proxy.cut()
    expect(alice.page.locator("#status")).to_have_text("reconnecting")
    bob.increment()
    bob.shows(3, linked=True)  # the page adds one to what it shows
    bob.increment()
    bob.shows(4, linked=True)
    alice.shows(2, linked=True)  # it still shows what it had
    proxy.mend()

    alice.is_live()
    alice.shows(4, linked=True)
    assert alice.token == token
    expect(alice.page.locator("#notice")).to_be_hidden()
    alice.increment()
    bob.shows(5, linked=True)


def test_a_call_waits_for_the_connection(open_tab, proxy):
    alice, bob = open_tab(url=proxy.url), open_tab()
    for tab in (alice, bob):
        tab.link()
    alice.shows(2, linked=True)
    proxy.cut()
    expect(alice.page.locator("#status")).to_have_text("reconnecting")
    alice.increment()
    bob.shows(2, linked=True)
    proxy.mend()
    bob.shows(3, linked=True)
    alice.shows(3, linked=True)


def test_a_restart_gives_a_new_identity_and_tells_the_page(open_tab, server):
    alice, bob = open_tab(), open_tab()
    for tab, count in ((alice, 1), (bob, 3)):
        tab.link()
        tab.shows(count, linked=True)
        tab.increment()
        tab.shows(count + 1, linked=True)
    alice.shows(4, linked=True)
    token = alice.token
    for how in (signal.SIGINT, signal.SIGKILL):
        server.stop(how)
        for tab in (alice, bob):
            expect(tab.page.locator("#status")).to_have_text("reconnecting")
        server.start()
        for tab in (alice, bob):
            tab.is_live()
            tab.shows(0, linked=False)
            expect(tab.page.locator("#notice")).to_contain_text("restarted")
        assert alice.token != token
        for tab in (alice, bob):
            tab.link()
        alice.shows(2, linked=True)
        token = alice.token


def test_a_reloaded_tab_goes_on(open_tab):
    alice = open_tab()
    alice.link()
    alice.shows(1, linked=True)
    alice.increment()
    alice.shows(2, linked=True)
    token = alice.token
    alice.page.reload()
    alice.is_live()
    alice.shows(2, linked=True)
    assert alice.token == token


def test_a_tab_that_is_opened_by_another_is_somebody_else(open_tab):
    alice = open_tab()
    with alice.page.expect_popup() as opened:
        alice.page.evaluate("window.open(location.href)")  # with a copy of its session storage
    copy = opened.value
    expect(copy.locator("#status")).to_have_text("live")
    copy.click("#increment")
    expect(copy.locator("#count")).to_have_text("1")
    alice.shows(0, linked=False)
    alice.is_live()
    copy.close()
