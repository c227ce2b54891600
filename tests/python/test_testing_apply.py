"""The test client's patches are RFC 6902's."""

import copy

import jsonpatch
import jsonpointer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statelink.testing.apply import Inapplicable, apply_patch

KEYS = st.sampled_from(["a", "b", "", "a/b", "m~n", "0", "1", "-"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("xy", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
POINTERS = st.lists(KEYS, min_size=1, max_size=3).map(
    lambda keys: jsonpointer.JsonPointer.from_parts(keys).path
)
OPERATIONS = st.one_of(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "replace"]), "path": POINTERS, "value": VALUES}
    ),
    st.fixed_dictionaries({"op": st.just("remove"), "path": POINTERS}),
    st.fixed_dictionaries({"op": st.just("move"), "from": POINTERS, "path": POINTERS}),
)


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.lists(OPERATIONS, min_size=1, max_size=3))
def test_as_an_independent_implementation(values, operations):
    before = copy.deepcopy(values)
    try:
        expected = jsonpatch.JsonPatch(operations).apply(values)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError):
        return  # some refuse more than others
    try:
        assert apply_patch(values, operations) == expected
    except Inapplicable:
        # The independent one lets a value move into itself, and -1 and the like be an index.
        assert any(op["op"] == "move" or "-" in op["path"] for op in operations)
    assert values == before


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/missing", "value": 1},
        {"op": "remove", "path": "/missing"},
        {"op": "add", "path": "/missing/x", "value": 1},
        {"op": "add", "path": "/list/3", "value": 1},
        {"op": "add", "path": "/list/01", "value": 1},
        {"op": "replace", "path": "/list/-", "value": 1},
        {"op": "replace", "path": "/list/2", "value": 1},
        {"op": "remove", "path": "/list/-1"},
        {"op": "add", "path": "/text/0", "value": "x"},
        {"op": "move", "from": "/list", "path": "/list/0"},
        {"op": "move", "from": "/missing", "path": "/list/0"},
        {"op": "copy", "from": "/list", "path": "/other"},
        {"op": "test", "path": "/text", "value": "abc"},
        {"op": "append", "path": "/list", "value": "x"},
        {"op": "append", "path": "/text", "value": 1},
        {"op": "add", "path": "list", "value": 1},
        {"op": "add", "path": "/a~2b", "value": 1},
        {"op": "add", "path": "/x"},
        {"op": "remove", "path": "/text", "value": 1},
        {"op": "replace", "path": "", "value": []},
        {},
    ],
)
def test_refuses(operation):
    values = {"list": [1, 2], "text": "abc"}
    with pytest.raises(Inapplicable):
        apply_patch(values, [{"op": "add", "path": "/new", "value": 0}, operation], append=True)
    assert values == {"list": [1, 2], "text": "abc"}


def test_append_must_be_agreed_on():
    patch = [{"op": "append", "path": "/text", "value": "d"}]
    assert apply_patch({"text": "abc"}, patch, append=True) == {"text": "abcd"}
    with pytest.raises(Inapplicable):
        apply_patch({"text": "abc"}, patch)
