"""Reads the import graph of a Python package, and who reaches for the private parts of others.

Imports inside functions count; imports for type checkers only (`if TYPE_CHECKING:`) do not, since
nothing runs them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

# Private by its name, and the package's own.
EXTENSION = "_core"
# Public in spite of their underscore: the guide's names, and what every named tuple has.
PUBLIC_UNDERSCORED = {"_link_to", "_unlink", "_linked_to", "_linked_from"}
PUBLIC_UNDERSCORED |= {"_asdict", "_fields", "_make", "_replace"}

Imports = Iterator[tuple[str, str | None]]


def modules(package: Path) -> dict[str, ast.Module]:
    """Every module of the package by its dotted name, parsed."""
    found = {}
    for file in sorted(package.rglob("*.py")):
        parts = file.relative_to(package.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
    return found


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def _running_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only type checkers see."""
    for child in ast.iter_child_nodes(tree):
        if not _is_type_checking(child):
            yield child
            yield from _running_nodes(child)


def _imports(tree: ast.AST, module: str, is_package: bool) -> Imports:
    """(module, name in it) for every import that runs; the name is None for `import module`."""
    for node in _running_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                parts = module.split(".")
                base = parts[: len(parts) - node.level + is_package]
                origin = ".".join([*base, *([origin] if origin else [])])
            yield from ((origin, alias.name) for alias in node.names)


def _is_package(name: str, known: Mapping[str, ast.Module]) -> bool:
    return any(other.startswith(name + ".") for other in known)


def import_graph(known: Mapping[str, ast.Module]) -> dict[str, set[str]]:
    """Which module of the package imports which others of it."""
    graph: dict[str, set[str]] = {name: set() for name in known}
    for module, tree in known.items():
        for origin, name in _imports(tree, module, _is_package(module, known)):
            full = f"{origin}.{name}"
            target = full if full in known else origin
            # `from package import module` runs nothing of the package that is not already running.
            if target in known and target != module:
                graph[module].add(target)
    return graph


def private_imports(known: Mapping[str, ast.Module]) -> Iterator[str]:
    """A sentence for each `from other import _name`; private modules are the package's own."""
    for module, tree in known.items():
        for origin, name in _imports(tree, module, _is_package(module, known)):
            if origin in known and name and name.startswith("_") and not name.endswith("__"):
                is_module = name == EXTENSION or f"{origin}.{name}" in known
                if not is_module:
                    yield f"{module} imports {name} of {origin}"


def _own_names(tree: ast.AST) -> set[str]:
    """The names that a module gives to functions, classes, variables or attributes of `self`."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}:
                names.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)  # __slots__
    return names


def _foreign_names(tree: ast.AST, module: str) -> set[str]:
    """The names that a module imports from outside the package: their privacy is not ours."""
    package = module.partition(".")[0]
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            origin = getattr(node, "module", "") or ""
            relative = getattr(node, "level", 0)
            for alias in node.names:
                full = origin or alias.name
                if not relative and full.partition(".")[0] != package:
                    names.add(alias.asname or alias.name.partition(".")[0])
    return names


def private_reaches(known: Mapping[str, ast.Module]) -> Iterator[str]:
    """A sentence for each `x._name` where x is neither `self` nor foreign, and the module has no `_name`."""
    for module, tree in known.items():
        own = _own_names(tree) | PUBLIC_UNDERSCORED | {EXTENSION}
        exempt = {"self", "cls", EXTENSION} | _foreign_names(tree, module)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Attribute) or not node.attr.startswith("_"):
                continue
            if node.attr.endswith("__") or node.attr in own:
                continue
            if isinstance(node.value, ast.Name) and node.value.id in exempt:
                continue
            yield f"{module}, line {node.lineno}: {ast.unparse(node)}"
