"""Which events a command or a clock may cause: read from the return types that a decider dispatches to."""

from __future__ import annotations

import ast
import inspect
from types import ModuleType
from typing import Any, get_args, get_type_hints


def events_of(machine: ModuleType, *functions: str) -> dict[str, tuple[str, ...]]:
    """By command (or clock), the events that its function's return type names; read from the decider's source."""
    found = {}
    tree = ast.parse(inspect.getsource(machine))
    wanted = functions or ("decide", "_obey")
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in wanted):
        for node in ast.walk(function):
            match node:
                case ast.match_case(
                    pattern=ast.MatchClass(cls=ast.Attribute(attr=name)), body=[ast.Return(value=ast.Call(func=called))]
                ):
                    found[name] = _returns(machine, called)
                case ast.match_case(
                    pattern=ast.MatchValue(value=ast.Attribute(attr=name)),
                    body=[ast.Return(value=ast.Call(func=called))],
                ):
                    found[name] = _returns(machine, called)
                case ast.If(
                    test=ast.Call(func=ast.Name(id="isinstance"), args=[_, ast.Attribute(attr=name)]),
                    body=[ast.Return(value=ast.Call(func=called))],
                ):
                    found[name] = _returns(machine, called)
    return found


def _returns(machine: ModuleType, called: ast.expr) -> tuple[str, ...]:
    function: Any = machine
    for name in ast.unparse(called).split("."):
        function = getattr(function, name)
    events = get_args(get_type_hints(function)["return"])[0]
    return tuple(event.__name__ for event in get_args(events) or (events,))
