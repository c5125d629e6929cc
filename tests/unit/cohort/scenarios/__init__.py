"""What real operations meet, one story a case: every public function of every module here that returns a `Story`.

`test_real_operations.py` tells each by the pure functions, where its own `then` and `refuses` hold it to its
words; the integration tests of the cohort meet the same cases on the real servers. A new case is a new function.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from ..given import Story


def scenarios() -> dict[str, Callable[[], Story]]:
    """By name, in the order in which their modules tell them."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    return {
        f"{module.__name__.rpartition('.')[2]}: {name.replace('_', ' ')}": told
        for module in modules
        for name, told in vars(module).items()
        if callable(told)
        and not name.startswith("_")
        and getattr(told, "__module__", None) == module.__name__
        and told.__annotations__.get("return") == Story.__name__
    }
