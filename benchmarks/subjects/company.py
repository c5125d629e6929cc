"""Whom the matching benchmark matches, and the bare way to the same pairs: NumPy arrays and one SciPy call."""

from __future__ import annotations

import random
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from domain.matching.compatibility import shared_working_time
from domain.program import MatchingPolicy, MatchingWeights, WorkingHours
from domain.roster import BigFive, Person

ON = date(2027, 1, 11)
HOURS = WorkingHours()
POLICY = MatchingPolicy(weights=MatchingWeights(language=1.0))
_SKILLS = [f"skill {nth}" for nth in range(60)]
_INTERESTS = [f"interest {nth}" for nth in range(40)]
_ZONES = ("Europe/London", "Europe/Berlin", "America/New_York", "Asia/Singapore", "Asia/Kolkata", "Asia/Tokyo")


def company(each: int, seed: int = 1) -> list[Person]:
    """Invented people, `each` mentors and as many mentees, in lines of about eight, over six time zones."""
    luck = random.Random(seed)

    def some(of: list[str], most: int) -> frozenset[str]:
        return frozenset(luck.sample(of, luck.randint(1, most)))

    def person(nth: int) -> Person:
        mentee = nth < each
        return Person(
            id=f"P{nth:05}",
            name=f"Person {nth}",
            email=f"p{nth}@northlight.example",
            role="mentee" if mentee else "mentor",
            grade=luck.randint(9, 17) if mentee else luck.randint(3, 8),
            manager=f"P{(nth - 1) // 8:05}" if nth else None,
            department=luck.choice(("Claims", "Finance", "Legal", "Technology", "Sales", "Underwriting")),
            site=luck.choice(("London", "Leeds", "Berlin", "Singapore")),
            country="GB",
            zone=luck.choices(_ZONES, weights=(5, 4, 3, 1, 1, 1))[0],
            birth_year=luck.randint(1958, 1980) if mentee else luck.randint(1985, 2003),
            skills_offered=some(_SKILLS, 6),
            skills_wanted=some(_SKILLS, 4),
            interests=some(_INTERESTS, 5),
            languages=some(["english", "german", "hindi"], 2),
            traits=BigFive(**{trait: round(luck.random(), 2) for trait in BigFive.model_fields}),
        )

    return [person(nth) for nth in range(2 * each)]


def bare(people: list[Person]) -> tuple[int, int]:
    """People paired and total score in steps, as somebody would write it by hand for this one design."""
    mentors = [person for person in people if person.role == "mentor"]
    mentees = [person for person in people if person.role == "mentee"]
    steps = np.where(_allowed(people, mentors, mentees), np.floor(_scores(mentors, mentees) * 10_000 + 0.5), -1)
    person = 10_000.0 * min(steps.shape) + 1
    rows, columns = linear_sum_assignment(np.where(steps >= 0, -(steps + 2 * person), 0.0))
    met = steps[rows, columns]
    return 2 * int((met >= 0).sum()), int(met[met >= 0].sum())


def _scores(mentors: list[Person], mentees: list[Person]) -> NDArray[np.float64]:
    def incidence(lists: list[frozenset[str]], of: list[str]) -> NDArray[np.float64]:
        known = {term: nth for nth, term in enumerate(of)}
        made = np.zeros((len(lists), len(of)))
        for nth, terms in enumerate(lists):
            made[nth, [known[term] for term in terms]] = 1
        return made

    def differs(field: str) -> NDArray[np.bool_]:
        mine, theirs = ([getattr(one, field) for one in side] for side in (mentors, mentees))
        return np.asarray(np.array(mine)[:, None] != np.array(theirs)[None, :])

    offered, wished = (
        incidence([getattr(one, f) for one in mentors], _SKILLS) for f in ("skills_offered", "skills_wanted")
    )
    back, wanted = (
        incidence([getattr(one, f) for one in mentees], _SKILLS) for f in ("skills_offered", "skills_wanted")
    )
    skills = 0.75 * (offered @ wanted.T) / wanted.sum(1) + 0.25 * (wished @ back.T) / wished.sum(1)[:, None]
    mine, theirs = (incidence([one.interests for one in side], _INTERESTS) for side in (mentors, mentees))
    interests = 2 * (mine @ theirs.T) / (mine.sum(1)[:, None] + theirs.sum(1)[None, :])
    traits = [
        np.array([[getattr(one.traits, t) for t in BigFive.model_fields] for one in side])
        for side in (mentors, mentees)
    ]
    personality = 1 - sum(np.abs(traits[0][:, t, None] - traits[1][None, :, t]) for t in range(5)) / 5
    born = [np.array([one.birth_year for one in side]) for side in (mentors, mentees)]
    generation = np.clip((born[0][:, None] - born[1][None, :]) / 25, 0, 1)
    spoken = ["english", "german", "hindi"]
    language = np.clip(
        incidence([one.languages for one in mentors], spoken) @ incidence([one.languages for one in mentees], spoken).T,
        0,
        1,
    )
    total = 4 * skills + 1.5 * interests + personality + generation + _shared_hours(mentors, mentees) / 8
    total = total + differs("department") + 0.5 * differs("site") + language
    return np.asarray(total / 11.0)


def _shared_hours(mentors: list[Person], mentees: list[Person]) -> NDArray[np.float64]:
    table = np.array([[shared_working_time(a, b, HOURS, ON).total_seconds() / 3600 for b in _ZONES] for a in _ZONES])
    at = [np.array([_ZONES.index(one.zone) for one in side]) for side in (mentors, mentees)]
    return np.asarray(table[np.ix_(at[0], at[1])])


def _allowed(people: list[Person], mentors: list[Person], mentees: list[Person]) -> NDArray[np.bool_]:
    grades = [np.array([one.grade for one in side]) for side in (mentors, mentees)]
    managers = [np.array([one.manager or f"none {one.id}" for one in side]) for side in (mentors, mentees)]
    allowed = grades[1][None, :] - grades[0][:, None] >= 3
    allowed &= _shared_hours(mentors, mentees) >= 2
    allowed &= managers[0][:, None] != managers[1][None, :]
    manager_of = {one.id: one.manager for one in people}
    position = {one.id: (nth, one.role) for side in (mentors, mentees) for nth, one in enumerate(side)}
    for one in people:
        above = one.manager
        while above is not None:
            (nth, role), (other, _) = position[one.id], position[above]
            if role != position[above][1]:
                allowed[(nth, other) if role == "mentor" else (other, nth)] = False
            above = manager_of[above]
    return np.asarray(allowed)
