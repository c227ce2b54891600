"""The command ``statelink``."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

from statelink._core import set_debug
from statelink.app import App

__all__ = ["load_app", "main"]


def load_app(file: Path) -> App:
    """Runs a Python file and returns its `App`.

    Raises:
        SystemExit: there is no such file, or not exactly one App among its module's names.
    """
    if not file.is_file():
        raise SystemExit(f"statelink: there is no file {file}")
    sys.path.insert(0, str(file.parent.absolute()))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise SystemExit(f"statelink: {file} is no Python file (its name must end in .py)")
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    apps = {id(v): v for v in vars(module).values() if isinstance(v, App)}
    if len(apps) != 1:
        raise SystemExit(
            f"statelink: {file} must have one App, as in `app = sl.App()`; it has {len(apps)}"
        )
    return next(iter(apps.values()))


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the command; `arguments` default to the process's own."""
    parser = argparse.ArgumentParser(
        prog="statelink", description="Server-authoritative shared state for Python web apps."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="serve the App of a Python file")
    run.add_argument("file", type=Path, help="Python file with an App, as in `app = sl.App()`")
    run.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default %(default)s)"
    )
    run.add_argument(
        "--port", type=int, default=8000, help="port; 0 takes a free one (default %(default)s)"
    )
    run.add_argument(
        "--debug",
        action="store_true",
        help="find changes of values that tracking cannot see (slow)",
    )
    options = parser.parse_args(arguments)
    set_debug(options.debug)
    app = load_app(options.file)
    try:
        app.run(options.host, options.port)
    except OSError as error:
        raise SystemExit(f"statelink: {error.args[-1]}") from None


if __name__ == "__main__":
    main()
