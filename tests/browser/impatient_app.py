"""Serves an app from which closed tabs are soon gone: impatient_app.py FILE PORT."""

import sys
from pathlib import Path

from statelink.__main__ import load_app

app = load_app(Path(sys.argv[1]))
app.config.link_grace = 0.5
app.run(port=int(sys.argv[2]))
