"""The dynamic route example in a real browser."""

import re

from playwright.sync_api import expect

from browser.server import example
from browser.tab import Tab as PlainTab

SERVED = example("dynamic_route")
FRESH = "Nothing is written here yet."

# Notes every text that the room's name and the note ever have.
WATCH = """
  window.shown = { room: new Set(), note: new Set() };
  new MutationObserver(() => {
    const room = document.getElementById("room");
    if (room) shown.room.add(room.textContent);
  }).observe(document, { subtree: true, childList: true, characterData: true });
  const { get, set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
  Object.defineProperty(HTMLTextAreaElement.prototype, "value", {
    get,
    set(text) { shown.note.add(text); set.call(this, text); },
  });
"""


class Tab(PlainTab):
    """A tab in a room."""

    def is_in(self, room, note=None):
        self.has("#room", f"Room {room}")
        self.shows("#inside")
        if note is not None:
            expect(self.at("#note")).to_have_value(note)

    def writes(self, note):
        self.fill("#note", note)

    def has_address(self, path):
        expect(self.page).to_have_url(re.compile(f"{re.escape(path)}$"))

    def shown(self, what):
        return set(self.page.evaluate(f"[...shown.{what}]"))


def test_the_room_of_the_address_is_shown_from_the_first_paint_on(open_tab):
    ann = open_tab("/room/red")
    ann.is_in("red", FRESH)
    ann.writes("red is the colour")
    ann.has("#edits", "1")

    bob = open_tab("/room/red", before=lambda tab: tab.page.add_init_script(WATCH))
    bob.is_in("red", "red is the colour")
    bob.has("#here", "2")
    assert bob.shown("room") == {"…", "Room red"}
    assert bob.shown("note") == {"red is the colour"}
    bob.reload()
    bob.is_in("red", "red is the colour")
    assert bob.shown("room") == {"…", "Room red"}
    assert bob.shown("note") == {"red is the colour"}


def test_what_one_writes_the_others_in_the_room_read(open_tab):
    ann, bob, eve = open_tab("/room/red"), open_tab("/room/red"), open_tab("/room/blue")
    ann.has("#here", "2")
    ann.writes("from Ann")
    bob.is_in("red", "from Ann")
    bob.writes("from Bob")
    ann.is_in("red", "from Bob")
    eve.is_in("blue", FRESH)
    eve.has("#here", "1")


def test_without_a_room_in_the_address_it_is_the_lobby(open_tab):
    open_tab("/").is_in("lobby", FRESH)


def test_names_of_any_letters(open_tab):
    open_tab("/room/the_red_one").is_in("the_red_one")
    open_tab("/room/gr%C3%BCn%20%26%20gelb").is_in("grün & gelb")


def test_links_and_the_back_button_change_the_room_without_a_reload(open_tab):
    ann, bob = open_tab("/room/red"), open_tab("/room/blue")
    ann.writes("red")
    bob.writes("blue")
    ann.has("#edits", "1")
    bob.has("#edits", "1")
    ann.page.evaluate("window.sameDocument = true")

    ann.click("nav a:text-is('blue')")
    ann.is_in("blue", "blue")
    ann.has_address("/room/blue")
    bob.has("#here", "2")
    ann.writes("blue, by Ann")
    bob.is_in("blue", "blue, by Ann")
    ann.click("nav a:text-is('lobby')")
    ann.is_in("lobby", FRESH)
    bob.has("#here", "1")

    ann.page.go_back()
    ann.is_in("blue", "blue, by Ann")
    ann.page.go_back()
    ann.is_in("red", "red")
    ann.page.go_forward()
    ann.is_in("blue", "blue, by Ann")
    bob.has("#here", "2")
    assert ann.page.evaluate("sameDocument")


def test_a_reload_after_a_link_stays_in_the_room(open_tab):
    ann = open_tab("/room/red")
    ann.click("nav a:text-is('blue')")
    ann.is_in("blue")
    ann.has_address("/room/blue")
    ann.reload()
    ann.is_in("blue")
    ann.has("#here", "1")
