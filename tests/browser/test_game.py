"""The game example in a real browser."""

import pytest
from playwright.sync_api import expect

from browser.server import example, impatient
from browser.tab import Tab as PlainTab

SERVED = example("game")


class Tab(PlainTab):
    """A tab at a table."""

    def plays(self, piece):
        self.has("#piece", f"You play {piece}")

    def watches(self):
        self.has("#piece", "You are watching")

    def move(self, cell):
        self.page.bring_to_front()
        self.cell(cell).click()

    def cheat(self, cell):
        """Presses what the page does not let one press."""
        self.page.bring_to_front()
        self.cell(cell).evaluate("button => { button.disabled = false; button.click(); }")

    def cell(self, cell):
        return self.at("#board button").nth(cell)

    def board(self, cells):
        """Waits for a board, written as "X.. .O. ..."."""
        texts = [cell.replace(".", "") for cell in cells.replace(" ", "")]
        self.has("#board button", texts)

    def says(self, outcome):
        self.has("#outcome", outcome)


@pytest.fixture
def table(open_tab):
    """Two players and a spectator."""
    ann = open_tab()
    ann.plays("X")
    ann.says("Waiting for a second player")
    bob = open_tab()
    bob.plays("O")
    eve = open_tab()
    eve.watches()
    ann.has("#audience", "1 watching")
    return ann, bob, eve


def play(table, moves):
    """Plays `moves` in turn."""
    ann, bob, _ = table
    for number, cell in enumerate(moves):
        player, piece, following = [(ann, "X", bob), (bob, "O", ann)][number % 2]
        player.move(cell)
        expect(following.cell(cell)).to_have_text(piece)


def test_a_game_to_its_end_and_a_new_one(table):
    ann, bob, eve = table
    play(table, [0, 3, 1, 4])
    for tab in table:
        tab.board("XX. OO. ...")
        tab.says("X is to move")
    ann.move(2)
    for tab in table:
        tab.board("XXX OO. ...")
        tab.says("X has won")
    bob.cheat(5)
    bob.has("#notice", "this game is over")
    expect(eve.at("#restart")).to_be_disabled()
    bob.click("#restart")
    for tab in table:
        tab.board("... ... ...")
        tab.says("X is to move")
    ann.plays("X")
    bob.plays("O")


def test_a_draw(table):
    play(table, [0, 1, 2, 4, 3, 5, 7, 6, 8])
    for tab in table:
        tab.board("XOX XOO OXX")
        tab.says("A draw")


def test_the_server_decides_whose_turn_it_is(table):
    ann, bob, eve = table
    bob.cheat(0)
    bob.has("#notice", "it is the other player's turn")
    eve.cheat(0)
    eve.has("#notice", "you are a spectator")
    ann.move(4)
    bob.board("... .X. ...")
    ann.cheat(0)
    ann.has("#notice", "it is the other player's turn")
    bob.cheat(4)
    bob.has("#notice", "this cell is taken")
    for tab in table:
        tab.board("... .X. ...")


def test_nobody_is_told_whose_piece_is_whose(table):
    ann, bob, eve = table
    ann.move(0)
    eve.board("X.. ... ...")
    for tab, others in ((ann, (bob, eve)), (bob, (ann, eve)), (eve, (ann, bob))):
        received = "".join(map(str, tab.frames))
        assert "_players" not in received
        for other in others:
            assert other.token not in received


def test_a_reload_keeps_the_place(table):
    ann, bob, eve = table
    ann.move(0)
    bob.board("X.. ... ...")
    bob.reload()
    bob.plays("O")
    bob.move(1)
    ann.board("XO. ... ...")
    eve.has("#audience", "1 watching")


def test_another_table_is_another_game(table, open_tab):
    ann, _, _ = table
    far = open_tab("/?table=2")
    far.plays("X")
    far.says("Waiting for a second player")
    ann.move(0)
    table[2].board("X.. ... ...")
    far.board("... ... ...")


@pytest.mark.parametrize("server", [impatient("game")], indirect=True, ids=["impatient"])
def test_a_spectator_takes_the_place_of_a_player_who_has_gone(table):
    ann, bob, eve = table
    eve.hides("#sit")
    ann.move(0)
    bob.board("X.. ... ...")
    ann.page.close()
    eve.says("Waiting for a second player")
    eve.click("#sit")
    eve.plays("X")
    eve.hides("#sit")
    for tab in (bob, eve):
        tab.says("O is to move")
        tab.has("#audience", "0 watching")
    bob.move(1)
    eve.board("XO. ... ...")
    eve.move(2)
    bob.board("XOX ... ...")
