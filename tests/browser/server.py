"""Servers as processes that can be killed and restarted."""

import re
import signal
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(name):
    """The command that serves an example, without the port."""
    return app(EXAMPLES / name / "app.py")


def app(file):
    """The command that serves the app of a Python file, without the port."""
    return [sys.executable, "-m", "statelink", "run", str(file), "--port"]


def impatient(name):
    """As `example`, but who has closed its tab is soon gone from the rooms."""
    served = EXAMPLES / name / "app.py"
    return [sys.executable, str(Path(__file__).with_name("impatient_app.py")), str(served)]


class Server:
    """A process that says `http://127.0.0.1:<port>` in its first line; the port is its last argument."""

    def __init__(self, command):
        self.port = 0
        self.process = None
        self._command = command

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        """Starts it; on the same port as before, if it ran before."""
        command = [*self._command, str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert found, f"the server said {line!r}"
        self.port = int(found[1])

    def stop(self, how=signal.SIGINT):
        self.process.send_signal(how)
        self.process.wait(10)
        self.process.stdout.close()
