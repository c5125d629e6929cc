"""The types of fields in words."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import StringConstraints

from domain.program import Duration, RosterPolicy
from operations.shapes import NoWords, shape

Title = Annotated[str, StringConstraints(min_length=1)]


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (dict[str, int], "whole number for each text"),
        (dict[str, Duration], "duration for each text"),
        (dict[Literal["id", "name"], Title], "text for any of `id`, `name`"),
        (tuple[Title, ...], "list of texts"),
        (tuple[RosterPolicy, ...], "list of objects"),
        (RosterPolicy | None, "object"),
    ],
)
def test_a_type_inside_another_keeps_its_words(annotation: Any, words: str) -> None:
    assert shape(annotation) == words


def test_the_titles_of_a_roster_are_texts_by_our_names() -> None:
    field = RosterPolicy.model_fields["columns"]
    assert shape(field.annotation, field).startswith("text for any of `id`, `name`, `email`, `role`")


def test_a_type_without_words_is_named() -> None:
    with pytest.raises(NoWords, match="complex"):
        shape(dict[str, complex])
