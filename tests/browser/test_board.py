"""The board example in a real browser."""

import json

import pytest
from playwright.sync_api import expect

from browser.server import example
from browser.tab import Tab as PlainTab

SERVED = example("board")
FIRST = "Open this page in a second tab"
SECOND = "Edit one: only its text travels"
THIRD = "Move one, delete one"


class Tab(PlainTab):
    """A tab that shows the board."""

    def has_cards(self, *texts):
        expect(self.at("#cards li")).to_have_count(len(texts))
        for place, text in enumerate(texts):
            expect(self.text(place)).to_have_value(text)

    def text(self, place):
        return self.at("#cards li").nth(place).get_by_label("Card")

    def press(self, label, place):
        self.page.bring_to_front()
        self.at("#cards li").nth(place).get_by_label(label).click()

    def edit(self, place, text):
        self.page.bring_to_front()
        self.text(place).fill(text)
        self.text(place).blur()

    def add(self, text):
        self.fill("#new input", text)
        self.click("#new button")


@pytest.fixture
def tabs(open_tab):
    tabs = ann, bob = open_tab(), open_tab()
    for tab in tabs:
        tab.has_cards(FIRST, SECOND, THIRD)
    return ann, bob


def test_what_one_does_the_other_sees(tabs):
    ann, bob = tabs
    ann.add("By Ann")
    bob.has_cards(FIRST, SECOND, THIRD, "By Ann")
    bob.edit(0, "By Bob")
    ann.has_cards("By Bob", SECOND, THIRD, "By Ann")
    bob.press("Down", 0)
    ann.has_cards(SECOND, "By Bob", THIRD, "By Ann")
    ann.press("Up", 3)
    bob.has_cards(SECOND, "By Bob", "By Ann", THIRD)
    ann.press("Delete", 1)
    for tab in tabs:
        tab.has_cards(SECOND, "By Ann", THIRD)
        tab.has("#open", "3")
    bob.press("Done", 0)
    for tab in tabs:
        tab.has("#open", "2")
    expect(ann.at("#cards li").first.get_by_label("Done")).to_be_checked()
    ann.reload()
    ann.has_cards(SECOND, "By Ann", THIRD)


def test_each_change_travels_as_a_small_patch(tabs):
    ann, bob = tabs
    cases = [  # what is done, the cards then, how many are open, the most bytes
        (lambda: ann.edit(1, "one edit"), [FIRST, "one edit", THIRD], 3, 96),
        (lambda: ann.press("Done", 1), [FIRST, "one edit", THIRD], 2, 130),
        (lambda: ann.press("Down", 0), ["one edit", FIRST, THIRD], 2, 180),  # with the card
        (lambda: ann.press("Delete", 2), ["one edit", FIRST], 1, 130),
        (lambda: ann.add("four"), ["one edit", FIRST, "four"], 2, 180),
    ]
    for change, cards, still_open, at_most in cases:
        bob.frames.clear()
        change()
        bob.has_cards(*cards)
        bob.has("#open", str(still_open))
        (frame,) = bob.frames  # nothing else travels
        assert json.loads(frame)["p"]
        assert len(frame.encode()) <= at_most, frame


def test_a_card_that_is_edited_may_be_moved_and_changed_by_another(tabs):
    ann, bob = tabs
    ann.page.bring_to_front()
    ann.text(1).focus()
    bob.edit(0, "elsewhere")
    bob.press("Down", 0)
    ann.has_cards(SECOND, "elsewhere", THIRD)
    ann.page.bring_to_front()
    expect(ann.text(0)).to_be_focused()
    bob.edit(0, "the same one")
    ann.has_cards("the same one", "elsewhere", THIRD)


def test_a_card_that_another_has_deleted(tabs):
    ann, bob = tabs
    ann.at("#cards").evaluate("cards => (window.gone = cards.children[0].children[4])")
    bob.press("Delete", 0)
    ann.has_cards(SECOND, THIRD)
    ann.page.evaluate("gone.click()")  # as if both had pressed it at once
    ann.has("#notice", "this card has been deleted")
