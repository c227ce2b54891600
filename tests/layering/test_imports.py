"""The package imports without cycles or reaching for private parts, and breaches are noticed."""

import textwrap
from pathlib import Path

from layering.cycles import find_cycle
from layering.imports import import_graph, modules, private_imports, private_reaches

PACKAGE = Path(__file__).parents[2] / "python" / "statelink"


def package_of(folder: Path, **texts: str) -> Path:
    """A package `house` of these modules."""
    package = folder / "house"
    package.mkdir()
    for name, text in {"__init__": "", **texts}.items():
        (package / f"{name}.py").write_text(textwrap.dedent(text))
    return package


def test_no_module_imports_itself_by_others() -> None:
    known = modules(PACKAGE)
    assert len(known) > 1, "no Python modules were found"
    assert find_cycle(import_graph(known)) == []


def test_no_module_imports_private_names() -> None:
    assert list(private_imports(modules(PACKAGE))) == []


def test_no_module_reaches_for_private_attributes() -> None:
    assert list(private_reaches(modules(PACKAGE))) == []


def test_a_cycle_by_an_import_in_a_function_is_noticed(tmp_path: Path) -> None:
    package = package_of(
        tmp_path,
        kitchen="from house import hall",
        hall="""
            def enter():
                from .kitchen import stove
        """,
    )
    graph = import_graph(modules(package))
    assert find_cycle(graph) == ["house.hall", "house.kitchen", "house.hall"]


def test_an_import_for_type_checkers_is_no_cycle(tmp_path: Path) -> None:
    package = package_of(
        tmp_path,
        kitchen="import house.hall",
        hall="""
            from typing import TYPE_CHECKING

            if TYPE_CHECKING:
                from house.kitchen import Stove
        """,
    )
    assert find_cycle(import_graph(modules(package))) == []


def test_a_private_import_is_noticed(tmp_path: Path) -> None:
    package = package_of(tmp_path, hall="from house.kitchen import _stove", kitchen="_stove = 1")
    assert list(private_imports(modules(package))) == ["house.hall imports _stove of house.kitchen"]


def test_private_modules_and_the_extension_may_be_imported(tmp_path: Path) -> None:
    package = package_of(tmp_path, hall="from house import _cellar, _core", _cellar="")
    assert list(private_imports(modules(package))) == []


def test_the_privacy_of_other_packages_is_not_ours(tmp_path: Path) -> None:
    package = package_of(tmp_path, hall="from asyncio import tasks\n\ntasks._enter_task")
    assert list(private_reaches(modules(package))) == []


def test_a_private_reach_is_noticed(tmp_path: Path) -> None:
    package = package_of(
        tmp_path,
        hall="""
            class Hall:
                def __init__(self, stove, other):
                    self._door = other._door
                    self._fire = stove._fuel
        """,
    )
    assert list(private_reaches(modules(package))) == ["house.hall, line 5: stove._fuel"]
