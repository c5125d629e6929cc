"""What a field expected, in plain words, from what pydantic reports."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic_core import ErrorDetails

_BY_TYPE = {
    "missing": "a value: it is required",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "string_type": "text (in quotes if it looks like a number or a date)",
    "tuple_type": "a list",
    "time_type": "a time of day such as '09:00'",
    "time_parsing": "a time of day such as '09:00'",
    "time_delta_type": "a duration such as '14 days'",
    "time_delta_parsing": "a duration such as '14 days'",
    "date_type": "a day such as 2027-05-01",
    "date_parsing": "a day such as 2027-05-01",
    "date_from_datetime_parsing": "a day such as 2027-05-01",
    "date_from_datetime_inexact": "a day such as 2027-05-01, without a time",
    "dict_type": "a section of names and texts",
}

_BY_LIMIT = {
    "greater_than_equal": ("ge", "a number of at least {}"),
    "greater_than": ("gt", "a number above {}"),
    "less_than_equal": ("le", "a number of at most {}"),
    "less_than": ("lt", "a number below {}"),
    "string_too_short": ("min_length", "a text of at least {} characters"),
    "string_too_long": ("max_length", "a text of at most {} characters"),
    "too_short": ("min_length", "at least {} in the list"),
    "too_long": ("max_length", "at most {} in the list"),
    "literal_error": ("expected", "{}"),
}

_BY_PATTERN = {
    r"^[a-z0-9][a-z0-9-]{0,40}$": "up to 41 lower-case letters, digits and hyphens, such as 'digital-fluency'",
    r"^[A-Za-z0-9_.-]+$": "an id of letters, digits, '.', '_' and '-' only",
    r"^[^@\s]+@[^@\s]+\.[^@\s]+$": "an e-mail address",
    r"^[A-Z]{2}$": "an ISO 3166 country code such as 'GB'",
}


def expectation(error: ErrorDetails) -> str:
    """The end of a sentence that starts with "expected"."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return error["msg"].removeprefix("Value error, ").removeprefix("expected ")
    if kind == "string_pattern_mismatch":
        return _BY_PATTERN.get(context["pattern"], f"a text like {context['pattern']}")
    if kind in _BY_LIMIT:
        return _limit(kind, context)
    return _BY_TYPE.get(kind, error["msg"].removeprefix("Input should be "))


def _limit(kind: str, context: Mapping[str, object]) -> str:
    key, sentence = _BY_LIMIT[kind]
    limit = context[key]
    return sentence.format(f"{limit:g}" if isinstance(limit, float) else limit)
