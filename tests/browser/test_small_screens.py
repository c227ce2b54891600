"""Every example on a small screen."""

import pytest

from browser import test_room
from browser.server import example

Tab = test_room.Tab
NARROW = {"width": 320, "height": 480}


def served(*names):
    return pytest.mark.parametrize("server", [*map(example, names)], indirect=True, ids=names)


@served("counter", "room", "game", "dynamic_route", "board")
def test_it_fits(open_tab):
    assert width(open_tab()) <= NARROW["width"]


@served("room")
def test_long_names_fit(open_tab):
    tab = open_tab()
    name = "Somebody-with-a-name-that-is-much-too-long-for-a-line"
    tab.join(name, name)
    tab.says(name * 2)
    tab.reads(f"{name}: {name * 2}")
    assert width(tab) <= NARROW["width"]


def width(tab):
    tab.page.set_viewport_size(NARROW)
    return tab.page.evaluate("document.documentElement.scrollWidth")
