"""Asking before what cannot be taken back: `--yes` answers, and where nobody can answer nothing is done."""

from __future__ import annotations

import sys

import typer

from operations.endings import Refused


def confirm(question: str, *, yes: bool) -> None:
    """Return when a person or `--yes` says so; raise Refused else."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Refused(f"{question} Nobody is here to answer: nothing was done. Repeat it with --yes.", "unconfirmed")
    if not typer.confirm(question, err=True):
        raise Refused("Nothing was done.", "unconfirmed")
