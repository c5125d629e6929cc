"""Every case of a cohort that real operations meet, told by the pure functions; each story checks itself as it goes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .given import Story
from .scenarios import scenarios

SCENARIOS = scenarios()


@pytest.mark.parametrize("tell", SCENARIOS.values(), ids=SCENARIOS)
def test_real_operations(tell: Callable[[], Story]) -> None:
    assert tell().events
