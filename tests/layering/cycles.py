"""Finds a cycle in a graph."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def find_cycle(graph: Mapping[str, Collection[str]]) -> list[str]:
    """The nodes of a cycle in order, the first one again at the end; empty where there is none."""
    done: set[str] = set()
    path: list[str] = []

    def visit(node: str) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        path.append(node)
        for neighbour in sorted(graph.get(node, ())):
            if cycle := visit(neighbour):
                return cycle
        path.pop()
        done.add(node)
        return []

    for node in sorted(graph):
        if cycle := visit(node):
            return cycle
    return []
