"""Takes a picture of each example, two tabs side by side: python tests/browser/take_pictures.py [EXAMPLE ...]."""

import sys
from base64 import b64encode
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import sync_playwright

from browser import (
    test_board,
    test_counter,
    test_cpp_embed,
    test_dynamic_route,
    test_game,
    test_room,
)
from browser.conftest import CHROMIUM, FLAGS
from browser.server import Server, example

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SIZE = {"width": 560, "height": 640}


def counter(ann, bob):
    for tab in (ann, bob):
        tab.link()
    ann.shows(2, linked=True)
    bob.increment()
    ann.shows(3, linked=True)


def room(ann, bob):
    for tab, name in ((ann, "Ann"), (bob, "Bob")):
        tab.join(name, "garden")
    bob.sees("Ann", "Bob")
    ann.says("Did the roses come?")
    ann.reads("Ann: Did the roses come?")
    bob.says("Two of them. The third comes on Friday.")
    ann.has("#lines p:last-child", "Bob: Two of them. The third comes on Friday.")


def game(ann, bob):
    for number, cell in enumerate([4, 0, 2, 6, 3]):
        (ann, bob)[number % 2].move(cell)
        (bob, ann)[number % 2].has(f"#board button >> nth={cell}", "XO"[number % 2])


def dynamic_route(ann, bob):
    ann.is_in("red")
    note = "Bring:\n- the ladder\n- brushes, two of them\n- red paint"
    ann.writes(note)
    bob.is_in("red", note)


def board(ann, bob):
    ann.press("Done", 0)
    bob.add("Water the roses")
    ann.has_cards(test_board.FIRST, test_board.SECOND, test_board.THIRD, "Water the roses")


def cpp_embed(ann, bob):
    for tab, name in ((ann, "Ann"), (bob, "Bob")):
        tab.join(name)
    ann.click("#increment")
    ann.says("No Python here.")
    bob.reads("Ann: No Python here.")
    bob.says("None at all?")
    ann.reads("Ann: No Python here.", "Bob: None at all?")


EXAMPLES = {
    "counter": (counter, test_counter.Tab, example("counter"), "/"),
    "room": (room, test_room.Tab, example("room"), "/"),
    "game": (game, test_game.Tab, example("game"), "/"),
    "dynamic_route": (dynamic_route, test_dynamic_route.Tab, example("dynamic_route"), "/room/red"),
    "board": (board, test_board.Tab, example("board"), "/"),
    "cpp_embed": (cpp_embed, test_cpp_embed.Tab, [str(test_cpp_embed.BINARY)], "/"),
}


def take(chromium, name):
    command = EXAMPLES[name][2]
    server = Server(command)
    server.start()
    try:
        take_at(chromium, server.url, name)
    finally:
        server.stop()


def take_at(chromium, url, name):
    act, tab_class, _, path = EXAMPLES[name]
    context = chromium.new_context(viewport=SIZE, color_scheme="light", device_scale_factor=1.5)
    tabs = []
    for _ in range(2):
        tabs.append(tab_class(context.new_page()))
        tabs[-1].open(url + path)
    act(*tabs)
    for tab in tabs:
        tab.page.bring_to_front()
        tab.page.mouse.move(0, 0)
        tab.page.evaluate("document.activeElement.blur()")
    pictures = [b64encode(tab.page.screenshot(animations="disabled")).decode() for tab in tabs]
    both = context.new_page()
    both.set_viewport_size({"width": 2 * SIZE["width"] + 8, "height": SIZE["height"]})
    both.set_content(
        "<body style='margin:0;display:flex;gap:8px;background:#c8c8d0'>"
        + "".join(f"<img width={SIZE['width']} src='data:image/png;base64,{p}'>" for p in pictures)
    )
    both.screenshot(path=IMAGES / f"{name}.png")
    context.close()


def main():
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, headless=True)
        for name in sys.argv[1:] or EXAMPLES:
            take(chromium, name)
        chromium.close()


if __name__ == "__main__":
    main()
