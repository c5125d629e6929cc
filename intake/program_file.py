"""The program design, as an operations team writes it in YAML."""

from __future__ import annotations

import os

from domain.program import ProgramDesign
from intake.model_file import Form

_FORM = Form(
    ProgramDesign,
    "a program design",
    {"program": "stand-in", "version": 1, "title": "Stand-in", "objectives": ["Stand-in"], "zone": "UTC"},
)


def read_program(path: str | os.PathLike[str]) -> ProgramDesign:
    """The design in the file. Raises IntakeError with every problem of the file, those between fields included."""
    return _FORM.read(path)
