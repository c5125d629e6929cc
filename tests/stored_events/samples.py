"""Writes a sample for each event type and version that has none: `python -m tests.stored_events.samples`.

A sample is made once, from the schema of its day, and then kept: what a database holds does not change either.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from domain.event_schemas import FAMILIES

SAMPLES = Path(__file__).parent

BY_PATTERN = {"^[A-Za-z0-9_.-]+$": "P031", "^[a-z0-9][a-z0-9-]{0,40}$": "digital-fluency"}
BY_FORMAT = {"date-time": "2027-01-11T09:00:00Z", "date": "2027-12-25", "duration": "P14D", "time": "09:00:00"}
BY_NAME = {"zone": "Europe/London", "weights": None}


def sample(part: Mapping[str, Any], whole: Mapping[str, Any], name: str = "") -> Any:
    """Something that fits the schema, every field filled in."""
    if "$ref" in part:
        return sample(whole["$defs"][part["$ref"].rpartition("/")[2]], whole, name)
    for key in ("const", "default"):
        if part.get(key) is not None:
            return part[key]
    if "enum" in part:
        return part["enum"][0]
    if alternatives := part.get("anyOf") or part.get("oneOf"):
        return sample(alternatives[0], whole, name)
    match part.get("type"):
        case "object":
            return {key: sample(inner, whole, key) for key, inner in part.get("properties", {}).items()}
        case "array":
            fixed = [sample(inner, whole, name) for inner in part.get("prefixItems", ())]
            return fixed or [sample(part.get("items", {"type": "string"}), whole, name)]
        case "integer" | "number":
            return part.get("minimum", part.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return (
                BY_NAME.get(name)
                or BY_PATTERN.get(part.get("pattern", ""))
                or BY_FORMAT.get(part.get("format", ""), name)
            )


def main() -> None:
    """Write what is missing."""
    for kind, family in FAMILIES.items():
        for member in family.members:
            file = SAMPLES / kind / f"{member.__name__}.v{member.schema_version}.json"
            if file.exists():
                continue
            schema = TypeAdapter(member).json_schema()
            event = TypeAdapter(member).validate_python(sample(schema, schema))
            file.parent.mkdir(exist_ok=True)
            file.write_text(json.dumps(event.model_dump(mode="json"), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
