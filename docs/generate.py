"""Writes the pages and schemas that are made from the code, words.toml and templates/ (see `pages`).

`python -m docs.generate --check` writes nothing and fails where a page is not what the code says now.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from docs.pages.contract import contract
from docs.pages.lifecycle import lifecycle
from docs.pages.markdown import MADE, Stale
from docs.pages.program_design import program_design
from domain.event_schemas import breaking_changes, schemas
from operations.reference import reference
from operations.shapes import NoWords
from workflows.published import ANSWERS, breaks_readers, breaks_senders, contract_schemas

DOCS = Path(__file__).parent


def pages() -> dict[str, str]:
    """Every generated page by its file name; raises Stale."""
    words = tomllib.loads((DOCS / "words.toml").read_text(encoding="utf-8"))
    return {
        "program-design.md": program_design(words),
        "contract.md": contract(words),
        "lifecycle.md": lifecycle(words),
        "command-line.md": f"{MADE}\n\n{reference()}",
    }


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or say which of them are not current."""
    try:
        files = {DOCS / name: text for name, text in pages().items()}
        files |= {DOCS / "schemas" / name: text for name, text in schemas().items()}
        messages = {DOCS / "schemas" / "contract" / name: text for name, text in contract_schemas().items()}
        _refuse_breaking(files)
        _refuse_to_break_others(messages)
        files |= messages
    except (Stale, NoWords) as problem:
        print(problem, file=sys.stderr)
        return 1
    if "--check" not in arguments:
        for file, text in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return 0
    old = [file for file, text in files.items() if not file.exists() or file.read_text(encoding="utf-8") != text]
    for file in old:
        print(f"docs/{file.relative_to(DOCS)} is not current: run .venv/bin/python -m docs.generate", file=sys.stderr)
    return 1 if old else 0


def _refuse_breaking(files: Mapping[Path, str]) -> None:
    """The committed schema says what is stored: the code of the same version must go on reading it."""
    for file, text in files.items():
        if file.suffix == ".json" and file.exists():
            reasons = breaking_changes(json.loads(file.read_text(encoding="utf-8")), json.loads(text))
            if reasons:
                raise Stale(
                    f"docs/{file.relative_to(DOCS)}: {'; '.join(reasons)}. Stored events could not be read: raise the "
                    "event's schema_version and write an upcaster (see CONTRIBUTING.md)."
                )


def _refuse_to_break_others(messages: Mapping[Path, str]) -> None:
    """The committed schemas are what others send and read: the code must go on taking and answering it."""
    for file in (DOCS / "schemas" / "contract").rglob("*.json"):
        now = json.loads(messages.get(file, "{}"))
        answers = str(file.relative_to(DOCS / "schemas" / "contract").with_suffix("")) in ANSWERS
        before = json.loads(file.read_text(encoding="utf-8"))
        reasons = (breaks_readers if answers else breaks_senders)(before, now) if now else ["the code has it no more"]
        if reasons:
            raise Stale(
                f"docs/{file.relative_to(DOCS)}: {'; '.join(reasons)}. Others send and read this: give a new field a "
                "default, or make a new command and keep the old one. Only where no release had it, delete the file."
            )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
