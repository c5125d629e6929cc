"""`pairloom`: the command line. Every failure is a sentence that says what to do, and an honest exit code.

0: done. 1: refused by a rule, or not there. 2: what you gave has mistakes, and nothing was started.
3: a server, the disk or a port does not answer. 4: a defect of Pairloom.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from importlib import import_module
from traceback import print_exc

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True)
class Lazy:
    """Where a command is, and its line in the help: what a command does not need is not loaded."""

    module: str
    app: str
    help: str
    group: bool = True


COMMANDS = {
    "demo": Lazy(
        "running_commands",
        "running_app",
        "Carry a whole cohort from matching to evaluation, on real servers, in virtual time.",
        group=False,
    ),
    "rehearse": Lazy(
        "rehearse_commands",
        "rehearse_app",
        "Run a program before it starts: load per week, funnel, conflicts, over many runs with simulated people.",
        group=False,
    ),
    "dev": Lazy(
        "running_commands",
        "running_app",
        "Run Temporal, PostgreSQL and a worker on this machine, in real time, until Ctrl-C. Data stays.",
        group=False,
    ),
    "worker": Lazy(
        "running_commands",
        "running_app",
        "Run one worker against the Temporal and the PostgreSQL that the environment names.",
        group=False,
    ),
    "stop": Lazy("running_commands", "running_app", "Stop what `demo --keep` left running. Data stays.", group=False),
    "today": Lazy(
        "today_command", "today_app", "Everything that needs a person now, the most urgent first.", group=False
    ),
    "reconcile": Lazy(
        "reconcile_command",
        "reconcile_app",
        "Start again what the event store says should run and Temporal has lost.",
        group=False,
    ),
    "program": Lazy("file_commands", "program_app", "Program designs."),
    "roster": Lazy("file_commands", "roster_app", "Rosters of people."),
    "cohort": Lazy(
        "cohort_group",
        "cohort_app",
        "Cohorts: create, match, correct, approve, launch, watch, suspend, amend, join, close, evaluate.",
    ),
    "pairing": Lazy("pairing_commands", "pairing_app", "Pairings: how one stands, what happened to it, what to do."),
    "store": Lazy("store_commands", "store_app", "The event store: migrate, verify, rebuild, export."),
}


WRITES_ITS_JSON = ("demo", "rehearse")
"""Long runs, whose `--json FILE` is a file beside what they print."""


class LazyGroup(TyperGroup):
    """Lists its commands from the table above, and loads the one that is called."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """The table's names, in its order."""
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> TyperCommand | TyperGroup | None:  # type: ignore[override]
        """The command itself where it is called; for the help, its line."""
        lazy = COMMANDS.get(cmd_name)
        if lazy is None or cmd_name != getattr(ctx, "called", None):
            return None if lazy is None else TyperCommand(cmd_name, help=lazy.help)
        app = getattr(import_module(f"operations.{lazy.module}"), lazy.app)
        found = typer.main.get_group(app)
        return found if lazy.group else found.commands[cmd_name]  # type: ignore[return-value]

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> object:  # type: ignore[override]
        """From here on, a name means the command itself."""
        ctx.called = args[0]  # type: ignore[attr-defined]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=LazyGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)


@app.callback()
def _pairloom() -> None:
    pass


def _run() -> None:
    """The command; where nobody reads its output any more, it ends as other programs do then, without a trace."""
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as ended:
        if not _is_unread(ended):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left in the buffer is flushed into nothing
        sys.exit(141)


def _is_unread(ended: BaseException | None) -> bool:
    """Libraries turn a closed pipe into an exit of their own, of code 1."""
    return ended is not None and (isinstance(ended, BrokenPipeError) or _is_unread(ended.__context__))


def main() -> None:
    """The entry point: turns failures that a person can act on into sentences."""
    # SIGTERM ends a command as Ctrl-C does: what it started is stopped on the way out.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _run()
    except KeyboardInterrupt:
        print("Interrupted: what this command started has been stopped.", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        as_json = "--json" in sys.argv and sys.argv[1] not in WRITES_ITS_JSON
        code = import_module("operations.failures").explain(error, as_json=as_json)
        if code is None:
            print_exc()
            sys.exit(4)
        sys.exit(code)
