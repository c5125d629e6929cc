"""What a roster says about people beside each other: repeated ids and addresses, managers, declared conflicts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from intake.problems import Problem, quoted


@dataclass(slots=True)
class Relations:
    """Gathered row by row; a few short texts a person stay in memory. `titles` are the file's names of the columns.

    `known` are people beside the file: the address of each by the id. Of those `erased`, only the ids are known.
    """

    file: str
    titles: Mapping[str, str]
    known: Mapping[str, str] = field(default_factory=dict)
    erased: Collection[str] = ()
    known_by_address: dict[str, str] = field(init=False)
    line_of: dict[str, int] = field(default_factory=dict)
    addresses: dict[str, int] = field(default_factory=dict)
    manager_of: dict[str, str] = field(default_factory=dict)
    managers: dict[str, list[int]] = field(default_factory=dict)
    conflicts: dict[str, list[int]] = field(default_factory=dict)
    roles: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.known_by_address = {address: one for one, address in self.known.items()}

    def take(self, line: int, cells: Mapping[str, str], *, whole: bool) -> Iterator[Problem]:
        """Note one row, and tell what it repeats. Of a row that is not `whole` only id and role are looked at."""
        one = cells.get("id")
        if "role" in cells:
            self.roles.add(cells["role"].lower())
        if whole:
            yield from self._repeated(line, cells)
        if one is not None and one not in self.line_of:
            self.line_of[one] = line
            if whole and "manager" in cells:
                self.manager_of[one] = cells["manager"]
        if whole and "manager" in cells:
            self.managers.setdefault(cells["manager"], []).append(line)
        for other in items(cells.get("conflicts", "")) if whole else ():
            self.conflicts.setdefault(other, []).append(line)

    def has(self, one: str) -> bool:
        """Whether somebody of this id is in the file or known beside it."""
        return one in self.line_of or one in self.known or one in self.erased

    def unsettled(self) -> Iterator[Problem]:
        """What only the whole file can tell."""
        if "id" in self.titles:
            beside = " or of somebody in the cohort" if self.known else ""
            yield from self._unknown("manager", self.managers, f"the id of another row{beside}, or nothing")
            yield from self._unknown("conflicts", self.conflicts, f"ids of other rows{beside}, with '|' between them")
        for circle in _circles(self.manager_of):
            found = quoted(" → ".join([*circle, circle[0]]))
            line = self.line_of[circle[0]]
            yield Problem(self.file, line, self.titles["manager"], found, "a reporting line that ends at the top")
        yield from self._sides()

    def _repeated(self, line: int, cells: Mapping[str, str]) -> Iterator[Problem]:
        for column, whose, first in (("id", "its own id", self.line_of), ("email", "its own address", self.addresses)):
            if column not in cells:
                continue
            same = cells[column].lower() if column == "email" else cells[column]
            if same in first:
                found = f"{quoted(cells[column])} again (first in line {first[same]})"
                yield Problem(self.file, line, self.titles[column], found, f"every person with {whose}")
            elif column == "email":
                self.addresses[same] = line
                other = self.known_by_address.get(same)
                if other is not None and other != cells.get("id"):
                    found = f"{quoted(cells[column])} again (the cohort has it for {other})"
                    yield Problem(self.file, line, self.titles[column], found, f"every person with {whose}")

    def _unknown(self, column: str, named: Mapping[str, list[int]], expected: str) -> Iterator[Problem]:
        for other, lines in named.items():
            if not self.has(other):
                for line in lines:
                    alone = not self.known
                    yield Problem(
                        self.file, line, self.titles[column], quoted(other), expected, settled_by_cohort=alone
                    )

    def _sides(self) -> Iterator[Problem]:
        if "role" not in self.titles or self.roles - {"mentor", "mentee"}:
            return  # told already, and it may be the one that is looked for
        if self.known:
            return  # the other side may be there already
        for role in ("mentor", "mentee"):
            if role not in self.roles:
                found = f"no {role}"
                yield Problem(self.file, None, self.titles["role"], found, "at least one", settled_by_cohort=True)


def items(cell: str) -> list[str]:
    """The items of a list in a cell."""
    return [item.strip() for item in cell.split("|") if item.strip()]


def _circles(manager_of: Mapping[str, str]) -> Iterator[list[str]]:
    """Every circle of reporting lines once, from its first row on."""
    done: set[str] = set()
    for person in manager_of:
        line: dict[str, None] = {}
        at: str | None = person
        while at is not None and at not in done and at not in line:
            line[at] = None
            at = manager_of.get(at)
        if at in line:
            members = list(line)
            yield members[members.index(at) :]
        done.update(line)
