"""The example in C++ in a real browser: the same client, another server."""

import shutil
import subprocess
from pathlib import Path

import pytest

from browser.server import Server
from browser.tab import Tab as PlainTab

ROOT = Path(__file__).parents[2]
BINARY = ROOT / "build" / "dev" / "examples" / "cpp_embed" / "cpp_embed"


class Tab(PlainTab):
    """A tab in the lobby."""

    def join(self, name):
        self.fill("#door [name=name]", name)
        self.click("#door button")
        self.shows("#inside")

    def says(self, text):
        self.fill("#speak [name=text]", text)
        self.click("#speak button:text-is('Send')")

    def reads(self, *lines):
        self.has("#lines p", list(lines))


def build():
    """Builds it where `make cpp-test` has not."""
    cmake = shutil.which("cmake") or str(ROOT / ".venv" / "bin" / "cmake")
    for step in (["--preset", "dev"], ["--build", "--preset", "dev", "--target", "cpp_embed"]):
        subprocess.run([cmake, *step], cwd=ROOT, check=True)


@pytest.fixture
def server():
    if not BINARY.exists():
        build()
    server = Server([str(BINARY)])
    server.start()
    yield server
    server.stop()


def test_two_tabs_in_the_lobby(open_tab):
    ann, bob, eve = open_tab(), open_tab(), open_tab()
    ann.click("#increment")
    ann.has("#count", "1")
    bob.has("#count", "0")  # each has its own

    ann.join("Ann")
    ann.has("#count", "0")  # the lobby's
    bob.join("Bob")
    ann.click("#increment")
    bob.has("#count", "1")
    bob.click("#increment")
    ann.has("#count", "2")
    ann.says("hello")
    bob.says("<i>hello</i>")
    for tab in (ann, bob):
        tab.reads("Ann: hello", "Bob: <i>hello</i>")
    eve.has("#count", "0")
    received = "".join(map(str, [*ann.frames, *bob.frames]))
    assert "_names" not in received

    ann.click("#leave")
    ann.shows("#door")
    ann.has("#count", "1")  # its own is back
    bob.click("#increment")
    bob.has("#count", "3")
    ann.has("#count", "1")
    ann.join("Anna")
    ann.has("#count", "3")
    ann.says("back")
    bob.reads("Ann: hello", "Bob: <i>hello</i>", "Anna: back")


def test_a_reload_goes_on(open_tab):
    ann, bob = open_tab(), open_tab()
    for tab, name in ((ann, "Ann"), (bob, "Bob")):
        tab.join(name)
    ann.reload()
    ann.shows("#inside")
    ann.says("still here")
    bob.reads("Ann: still here")


def test_a_refusal_is_told(open_tab):
    ann = open_tab()
    ann.at("#inside").evaluate("inside => (inside.hidden = false)")  # as a cheater would
    ann.says("hello?")
    ann.has("#notice", "join before you speak")


def test_it_ends_when_it_is_interrupted(server, open_tab):
    ann = open_tab()
    server.stop()
    assert server.process.returncode == 0
    ann.has("#status", "stale")
    server.start()
    ann.is_live()
