"""`python -m benchmarks [NAME ...]`: run these, or all, and write results and page."""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import iter_modules

import benchmarks
from benchmarks.page import write
from benchmarks.rounds import saved

FRAME = ("rounds", "page", "__main__", "event_store_subjects", "subjects", "scale", "agreement")


def names() -> list[str]:
    """Every benchmark: a module of this package with a function `run`, that is not the frame."""
    return [module.name for module in iter_modules(benchmarks.__path__) if module.name not in FRAME]


def main(wanted: list[str]) -> int:
    """0 when every goal is met, 1 when one is not, 2 for an unknown name."""
    unknown = set(wanted) - set(names())
    if unknown:
        print(f"There is no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    missed = 0
    for name in wanted or names():
        for row in import_module(f"benchmarks.{name}").run().rows:
            missed += row.met is False
            value = f"{row.ours:,.3g} {row.unit}" if row.ratio is None else f"{row.ratio:.2f} of {row.beside}"
            print(
                f"{name}: {row.measure}: {value}{'' if row.met is not False else f'  (goal: {row.goal})'}", flush=True
            )
    write(saved())
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
