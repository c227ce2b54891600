"""The room example in a real browser."""

import pytest

from browser.server import example, impatient
from browser.tab import Tab as PlainTab

SERVED = example("room")


class Tab(PlainTab):
    """A tab of the room."""

    def join(self, name, room):
        self.shows("#door")
        self.fill("#door [name=username]", name)
        self.fill("#door [name=room]", room)
        self.click("#door button")
        self.has("#title", f"Room {room}")

    def sees(self, *names):
        self.has("#users li", list(names))

    def says(self, text):
        self.fill("#speak [name=text]", text)
        self.click("#speak .primary")

    def reads(self, *lines):
        self.has("#lines p", list(lines))


def test_tabs_that_name_the_same_room_share_it(open_tab):
    ann, bob, eve = open_tab(), open_tab(), open_tab()
    ann.join("Ann", "red")
    ann.sees("Ann")
    bob.join("Bob", "red")
    eve.join("Eve", "blue")
    for tab in (ann, bob):
        tab.sees("Ann", "Bob")
    ann.says("hello, Bob")
    bob.says("<b>hello</b>, Ann")  # text, not HTML
    for tab in (ann, bob):
        tab.reads("Ann: hello, Bob", "Bob: <b>hello</b>, Ann")
    eve.says("anybody?")
    eve.reads("Eve: anybody?")
    eve.sees("Eve")
    ann.reads("Ann: hello, Bob", "Bob: <b>hello</b>, Ann")


def test_who_is_in_the_room_is_told_by_names_alone(open_tab):
    ann, bob = open_tab(), open_tab()
    ann.join("Ann", "red")
    bob.join("Bob", "red")
    ann.sees("Ann", "Bob")
    received = "".join(map(str, bob.frames))
    assert "Ann" in received
    assert ann.token not in received
    assert "_users" not in received


def test_who_leaves_is_gone_from_the_list(open_tab):
    ann, bob = open_tab(), open_tab()
    ann.join("Ann", "red")
    bob.join("Bob", "red")
    ann.sees("Ann", "Bob")
    bob.click("#leave")
    bob.shows("#door")
    bob.hides("#inside")
    bob.has("#title", "Shared room")
    ann.sees("Ann")
    ann.says("he has gone")
    bob.join("Robert", "red")  # back by another name, to what was said meanwhile
    bob.reads("Ann: he has gone")
    ann.sees("Ann", "Robert")


def test_a_reload_keeps_the_name_and_the_room(open_tab):
    ann, bob = open_tab(), open_tab()
    ann.join("Ann", "red")
    bob.join("Bob", "red")
    bob.says("before")
    ann.reads("Bob: before")
    ann.reload()
    ann.has("#title", "Room red")
    ann.sees("Ann", "Bob")
    ann.says("after")
    bob.reads("Bob: before", "Ann: after")


def test_the_browser_remembers_name_and_room_for_a_new_tab(open_tab):
    ann = open_tab()
    ann.join("Ann", "red")
    kept = ann.page.evaluate("({...localStorage})")
    assert (kept["Visitor.name"], kept["SharedRoom.room"]) == ("Ann", "red")
    other = open_tab()
    other.shows("#door")  # it is not in the room, but knows which it was
    assert other.at("#door [name=username]").input_value() == "Ann"
    assert other.at("#door [name=room]").input_value() == "red"
    other.click("#door button")
    ann.sees("Ann", "Ann")


@pytest.mark.parametrize("server", [impatient("room")], indirect=True, ids=["impatient"])
def test_a_closed_tab_leaves_the_list(open_tab):
    ann, bob = open_tab(), open_tab()
    ann.join("Ann", "red")
    bob.join("Bob", "red")
    ann.sees("Ann", "Bob")
    bob.page.close()
    ann.sees("Ann")


def test_one_speaks_in_rooms_only(open_tab):
    ann = open_tab()
    ann.join("Ann", "red")
    ann.click("#leave")
    ann.shows("#door")
    ann.at("#inside").evaluate("inside => (inside.hidden = false)")  # as a cheater would
    ann.says("hello?")
    ann.has("#notice", "join the room before you speak in it")
    ann.reads()
