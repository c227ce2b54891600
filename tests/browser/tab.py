"""A tab that shows a page, and what a person can do with it."""

from playwright.sync_api import expect


class Tab:
    """A tab; what its page logs as an error, and what its socket receives, is kept.

    Attributes:
        page: Playwright's.
        errors: of scripts.
        frames: the WebSocket's, as received.
    """

    def __init__(self, page):
        self.page = page
        self.errors = []
        self.frames = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("websocket", self._watch)

    def _watch(self, socket):
        socket.on("framereceived", lambda frame: self.frames.append(frame))  # it takes no builtin

    def open(self, url):
        self.page.goto(url)
        self.is_live()

    def is_live(self):
        self.has("#status", "live")

    def reload(self):
        self.page.reload()
        self.is_live()

    def at(self, selector):
        return self.page.locator(selector)

    def has(self, selector, text):
        """Waits until an element has this text; of several, a list of theirs."""
        expect(self.at(selector)).to_have_text(text)

    def shows(self, selector):
        expect(self.at(selector)).to_be_visible()

    def hides(self, selector):
        expect(self.at(selector)).to_be_hidden()

    def click(self, selector):
        self.page.bring_to_front()  # a tab in the background is slow to be clicked
        self.page.click(selector)

    def fill(self, selector, text):
        self.page.bring_to_front()
        self.page.fill(selector, text)

    @property
    def token(self):
        """Who the server says that it is."""
        return self.page.evaluate("JSON.parse(Object.values({...sessionStorage})[0]).token")
