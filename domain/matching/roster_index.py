"""Who reports to whom, at any distance."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from domain.decider import ParticipantId
from domain.reporting_line import Relation, relations
from domain.roster import Person


class RosterIndex:
    """Build it from the whole roster, also when only some of its people are to be matched: the line
    between two people may lead through somebody who takes no part.
    """

    def __init__(self, people: Iterable[Person]) -> None:
        self._manager_of = {person.id: person.manager for person in people}
        self._above: dict[ParticipantId, tuple[ParticipantId, ...]] = {}

    def above(self, person: ParticipantId) -> tuple[ParticipantId, ...]:
        """Managers, nearest first. A line that runs in a circle ends before it repeats anybody."""
        if person not in self._above:
            self._above[person] = self._climb(person)
        return self._above[person]

    def lines(
        self, people: Iterable[ParticipantId], managers: Container[ParticipantId]
    ) -> Iterator[tuple[ParticipantId, ParticipantId, tuple[Relation, ...]]]:
        """Every pair of one of `people` with one of `managers` above them, and how the two stand to each other."""
        for one in people:
            above = self.above(one)
            for other in above:
                if other in managers:
                    yield one, other, relations(one, above, other, self.above(other))

    def _climb(self, person: ParticipantId) -> tuple[ParticipantId, ...]:
        line: dict[ParticipantId, None] = {}
        manager = self._manager_of.get(person)
        while manager is not None and manager != person and manager not in line:
            line[manager] = None
            manager = self._manager_of.get(manager)
        return tuple(line)
