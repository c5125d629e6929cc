"""`python -m benchmarks [NAME ...]`: run these, or all, and write results and page."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pkgutil import iter_modules

import benchmarks
from benchmarks.endings import INTERRUPTED, sigterm_is_ctrl_c
from benchmarks.page import write
from benchmarks.rounds import saved

FRAME = (
    "rounds",
    "page",
    "__main__",
    "event_store_reading",
    "event_store_steps",
    "event_store_subjects",
    "subjects",
    "scale",
    "agreement",
    "endings",
)


def names() -> list[str]:
    """Every benchmark: a module of this package with a function `run`, that is not the frame."""
    return [module.name for module in iter_modules(benchmarks.__path__) if module.name not in FRAME]


def main(wanted: list[str]) -> int:
    """0 when every goal is met, 1 when one is not, 2 for an unknown name."""
    unknown = set(wanted) - set(names())
    if unknown:
        print(f"There is no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    if len(wanted) != 1:
        ended = [_in_a_process_of_its_own(name) for name in wanted or names()]
        return int(any(ended))
    missed = 0
    for row in import_module(f"benchmarks.{wanted[0]}").run().rows:
        missed += row.met is False
        value = f"{row.ours:,.3g} {row.unit}" if row.ratio is None else f"{row.ratio:.2f} of {row.beside}"
        reached = "" if row.met is not False else f"  (goal: {row.goal})"
        print(f"{wanted[0]}: {row.measure}: {value}{reached}", flush=True)
    write(saved())
    return 1 if missed else 0


def _in_a_process_of_its_own(name: str) -> int:
    """What one benchmark leaves in memory is not to slow the next one down.

    It is told once to end, and by us: a second Ctrl-C would break off its end.
    """
    with subprocess.Popen([sys.executable, "-m", "benchmarks", name], process_group=0) as child:
        try:
            return child.wait()
        except KeyboardInterrupt:
            child.terminate()
            child.wait()
            raise


if __name__ == "__main__":
    sigterm_is_ctrl_c()
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
