"""Scenarios of linked states in a real browser, by their numbers in the specification of the behaviour."""

from itertools import count
from pathlib import Path

import pytest

from browser.server import Server, app
from browser.tab import Tab as PlainTab

SERVED = app(Path(__file__).with_name("scenarios_app.py"))
NUMBERS = count(1)


class Tab(PlainTab):
    """A tab that shows every state."""

    def var(self, name, value):
        self.has(f'[data-var="{name}"]', str(value))

    def shows(self, n_changes, who, counter=None):
        self.var("Shared.n_changes", n_changes)
        self.var("Private.greeting", f"Hello, {who}!")
        if counter is not None:
            self.var("Shared.counter", counter)

    def set_who(self, who):
        self.fill("#who input", who)
        self.click("#who button")

    def link(self, token):
        """By the form, whose handler calls another one of its state."""
        self.fill("#link input", token)
        self.click("#link button")
        self.var("Private.linked_to", token)

    def unlink(self):
        self.press("Unlink")
        self.var("Private.linked_to", "")

    def increment(self):
        """The page says what the new value is."""
        self.click("#plus")

    def press(self, label):
        self.click(f"button:text-is('{label}')")

    def no_failure(self):
        self.has("#notice", "")


@pytest.fixture(scope="module")
def server():
    server = Server(SERVED)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def token():
    """A room of the test's own."""
    return f"room_{next(NUMBERS)}"


@pytest.fixture
def two(open_tab):
    return open_tab(), open_tab()


@pytest.fixture
def linked(two, token):
    """Two tabs, in a room where who is Charlie; the second has values of its own, too."""
    ann, bob = two
    bob.set_who("Bob")
    bob.shows(1, "Bob")
    for tab in two:
        tab.link(token)
        tab.shows(0, "world", 0)
    ann.set_who("Charlie")
    for tab in two:
        tab.shows(1, "Charlie", 0)
    return ann, bob


@pytest.fixture
def three(linked, open_tab, token):
    third = open_tab(f"/room/{token}")
    third.shows(1, "Charlie", 0)
    return *linked, third


def count_to(tabs, value):
    for tab in tabs:
        tab.var("Shared.counter", value)
        tab.no_failure()


def test_01_fresh_tabs_show_the_defaults(two):
    for tab in two:
        tab.shows(0, "world", 0)


def test_02_a_private_async_var_over_a_shared_state_that_is_not_linked(two):
    two[0].set_who("Alice")
    two[0].shows(1, "Alice")


def test_03_tabs_that_are_not_linked_do_not_affect_each_other(two):
    ann, bob = two
    ann.set_who("Alice")
    ann.shows(1, "Alice")
    bob.set_who("Bob")
    bob.shows(1, "Bob")
    ann.shows(1, "Alice")


def test_04_who_links_sees_the_values_of_the_room(two, token):
    ann, bob = two
    ann.set_who("Alice")
    bob.set_who("Bob")
    for tab in two:
        tab.shows(1, "Alice" if tab is ann else "Bob")
        tab.link(token)
        tab.shows(0, "world")


def test_05_a_backend_only_var_reaches_the_private_views_of_all(two, token):
    ann, bob = two
    for tab in two:
        tab.link(token)
    ann.set_who("Charlie")
    for tab in two:
        tab.shows(1, "Charlie")
    assert "_who" not in "".join(map(str, bob.frames))


def test_06_each_adds_one_to_what_it_sees(linked):
    ann, bob = linked
    for value, tab in enumerate((bob, ann, bob), 1):
        tab.increment()
        count_to(linked, value)


def test_07_who_unlinks_has_its_own_values_again(linked):
    ann, bob = linked
    ann.increment()
    bob.shows(1, "Charlie", 1)
    bob.unlink()
    bob.shows(1, "Bob", 0)
    ann.shows(1, "Charlie", 1)


def test_08_who_links_again_has_the_room_again(linked, token):
    ann, bob = linked
    for value in (1, 2, 3):
        ann.increment()
        count_to(linked, value)
    bob.unlink()
    bob.shows(1, "Bob", 0)
    bob.link(token)
    bob.shows(1, "Charlie", 3)


def test_09_who_is_not_linked_hears_nothing_until_it_links_again(two, token):
    ann, bob = two
    ann.set_who("Alice")
    ann.shows(1, "Alice")
    for tab in two:
        tab.link(token)
    ann.set_who("Charlie")
    bob.shows(1, "Charlie", 0)
    ann.unlink()
    bob.increment()
    bob.set_who("Diana")
    bob.shows(2, "Diana", 1)
    ann.shows(1, "Alice", 0)
    ann.link(token)
    ann.shows(2, "Diana", 1)


def test_10_on_load_links_to_what_the_address_says(linked, open_tab, token):
    linked[1].increment()
    count_to(linked, 1)
    third = open_tab(f"/room/{token}")
    third.shows(1, "Charlie", 1)
    third.var("Private.linked_to", token)


def test_11_no_increment_of_background_handlers_is_lost(three):
    three[0].increment()
    count_to(three, 1)
    for tab in three:
        tab.press("Background")
    count_to(three, 31)


def test_12_no_increment_of_handlers_that_yield_is_lost(three):
    three[0].increment()
    count_to(three, 1)
    for tab in three:
        tab.press("Steps")
    count_to(three, 16)


def test_13_a_linked_tab_goes_to_another_room(three, token):
    first, *others = three
    others[0].increment()
    count_to(three, 1)
    first.link(f"{token}-other")
    first.shows(0, "world", 0)
    for value in (1, 2, 3):
        first.increment()
        first.shows(0, "world", value)
    for tab in others:
        tab.shows(1, "Charlie", 1)
    others[0].increment()
    count_to(others, 2)
    first.shows(0, "world", 3)


def test_14_links_and_changes_in_one_event(linked):
    ann, bob = linked
    for value in (1, 2):
        ann.increment()
        count_to(linked, value)
    ann.press("Link and increment")
    ann.shows(0, "world", 1)
    bob.shows(1, "Charlie", 2)


def test_15_a_change_by_the_token_of_the_room_from_outside(open_tab, server):
    tabs = open_tab("/room/outside"), open_tab("/room/outside")
    answer = tabs[0].page.request.get(f"{server.url}/api/change")
    assert answer.text() == "begun"
    for tab in tabs:
        tab.var("Shared.counter", 42)
        tab.var("Notes.note", "by the API")
    tabs[0].increment()
    count_to(tabs, 43)


def test_16_get_state_gives_the_linked_instance(open_tab, token):
    tab = open_tab(f"/room/{token}?initial_note=from%20the%20address")
    tab.var("Notes.note", "from the address")
    tab.var("Private.fetched", "")
    tab.press("Fetch")
    tab.var("Private.fetched", "from the address")


def test_17_the_reset_of_another_state_does_not_touch_the_link(linked, token):
    ann, _ = linked
    ann.press("Record")
    ann.var("Shared.linked_seen", token)
    ann.press("Clear")
    ann.var("Shared.linked_seen", "")
    ann.press("Touch")
    ann.var("Private.touched", "true")
    ann.press("Reset")
    ann.var("Private.touched", "false")
    ann.press("Record")
    ann.var("Shared.linked_seen", token)


def test_18_async_vars_of_one_client_do_not_wait_for_each_other(linked):
    ann, bob = linked
    for tab in linked:
        tab.press("Pull")
        for name in ("first", "second", "third", "fourth"):
            tab.var(f"Race.{name}", 1)
    for value in (1, 2, 3):
        (ann, bob)[value % 2].increment()
        for tab in linked:
            for name in ("first", "second", "third", "fourth"):
                tab.var(f"Race.{name}", value + 1)
            tab.no_failure()
