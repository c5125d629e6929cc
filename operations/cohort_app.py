"""What the commands of `pairloom cohort` hang on, and as whom they act."""

from __future__ import annotations

import typer

from domain.decider import Actor, Role

cohort_app = typer.Typer(
    no_args_is_help=True,
    help="Cohorts: create, match, correct, approve, launch, watch, suspend, amend, join, close, evaluate.",
)


def coordinator() -> Actor:
    """As whom the command line sends what a coordinator does."""
    return Actor(role=Role.COORDINATOR, id="operations")
