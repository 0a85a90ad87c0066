"""What Python writes of an effect has exactly the fields that JavaScript declares it to have.

`edge/crossing.py` cannot be imported outside the Worker, so its source is read.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tools.runtime.workerd import PROJECT

CROSSING = PROJECT / "src/edge/crossing.py"
TYPES = PROJECT / "src/edge/js/types.d.ts"

# A field's name, whether it may be missing, and its type.
Fields = dict[str, tuple[bool, str]]


def _members(text: str) -> Iterator[str]:
    """What stands before each semicolon, but for those within braces."""
    depth = start = 0
    for at, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == ";" and depth == 0:
            yield text[start:at].strip()
            start = at + 1


def _fields(text: str) -> Fields:
    found = (re.fullmatch(r"(\w+)(\??): (.+)", member, re.DOTALL) for member in _members(text))
    return {field[1]: (bool(field[2]), field[3]) for field in found if field}


def _interface(name: str) -> Fields:
    source = re.sub(r"/\*\*.*?\*/", "", TYPES.read_text(), flags=re.DOTALL)
    declared = re.search(
        rf"^export interface {name} \{{\n(.*?)^\}}", source, re.DOTALL | re.MULTILINE
    )
    assert declared is not None
    return _fields(declared[1])


def _declared() -> dict[str, tuple[set[str], set[str]]]:
    """The fields of each effect: those it always has, and those that it may have."""
    effects = {}
    for interface in ("Jobs", "AtOnce"):
        for do, (_, inner) in _interface(interface).items():
            fields = _fields(inner.strip("{ }") + ";")
            optional = {name for name, (is_optional, _) in fields.items() if is_optional}
            effects[do] = (fields.keys() - optional, optional)
    return effects


def _keys(written: ast.Dict) -> dict[str, ast.expr]:
    """The fields of a dict that are written out."""
    pairs = zip(written.keys, written.values, strict=True)
    return {str(key.value): value for key, value in pairs if isinstance(key, ast.Constant)}


def _functions() -> list[ast.AST]:
    """The functions and tables of the module, each whole."""
    return list(ast.parse(CROSSING.read_text()).body)


def _dicts(function: ast.AST) -> list[dict[str, ast.expr]]:
    return [_keys(node) for node in ast.walk(function) if isinstance(node, ast.Dict)]


def _written() -> dict[str, tuple[set[str], set[str]]]:
    """The same as Python writes it; what it may have is spread into it."""
    effects = {}
    for function in _functions():
        dicts = _dicts(function)
        for fields in dicts:
            if "do" not in fields:
                continue
            do = ast.literal_eval(fields["do"])
            others = {name for each in dicts if "do" not in each for name in each}
            effects[do] = (fields.keys() - {"do"}, others if do == "reply" else set())
    return effects


WRITTEN = _written()


@pytest.mark.parametrize("do", sorted(WRITTEN.keys() | _declared().keys()))
def test_an_effect_has_the_fields_that_are_declared(do: str) -> None:
    assert _declared().get(do) == WRITTEN.get(do)


def test_the_limits_are_those_that_are_declared() -> None:
    functions = {f.name: f for f in _functions() if isinstance(f, ast.FunctionDef)}
    for name, interface in (("shell_limits", "Limits"), ("_times", "Times")):
        (written,) = _dicts(functions[name])
        assert _interface(interface).keys() == written.keys()
