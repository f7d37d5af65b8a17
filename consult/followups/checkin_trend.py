"""How pain, everyday life and the person's goal went over the check-ins after a treatment, drawn
and as figures.

Nothing is judged here: no arrow, no colour that means better or worse.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from consult.models import CheckIn
from consult.pictures import Picture, scores
from consult.rules.checkin_form import FUNCTION, GOAL, PAIN
from consult.rules.published import load_checkins

BEFORE = "Before"
MOST = 10
TITLES = {
    PAIN: "Pain, 0 to 10",
    # The form asks nothing like it, so it has no figure from before.
    FUNCTION: "How much it stops everyday life, 0 to 10",
    GOAL: "How far the goal is met, 0 to 10",
}


@dataclass(frozen=True, slots=True)
class Trend:
    anchor: str  # on a page with more than one treatment
    title: str
    rows: Sequence[tuple[str, int | None]]  # when, and the figure; None where it is not answered
    is_unconfirmed: bool = False  # no clinician has confirmed the words of its question

    @property
    def picture(self) -> Picture:
        return scores([(when, one) for when, one in self.rows if one is not None], most=MOST)


def trends(checkins: Iterable[CheckIn], before: int | None) -> list[Trend]:
    """Of one treatment; `before` is the pain before it. Empty until something was answered."""
    answered = sorted((one for one in checkins if one.answered_at), key=lambda one: one.day)
    return [
        Trend(
            f"{key.rpartition('.')[2]}-{answered[0].treatment_id.hex}",
            title,
            rows,
            is_unconfirmed=any(key in load_checkins(one.plan).unconfirmed for one in answered),
        )
        for key, title in TITLES.items()
        if (rows := rows_of(key, answered, before))
    ]


def rows_of(
    key: str, answered: Sequence[CheckIn], before: int | None
) -> list[tuple[str, int | None]]:
    """Nothing where no check-in has the figure: what was before is no course by itself."""
    rows = [(when(one.day), figure(one, key)) for one in answered if asks(one, key)]
    if all(one is None for _, one in rows):
        return []
    return [(BEFORE, before), *rows] if before is not None and key == PAIN else rows


def when(day: int) -> str:
    years, rest = divmod(day, 365)
    return f"Year {years}" if years > 1 and not rest else f"Day {day}"


def asks(row: CheckIn, key: str) -> bool:
    question = load_checkins(row.plan).questionnaire.by_id.get(key)
    return question is not None and row.day in question.days


def figure(row: CheckIn, key: str) -> int | None:
    said = (row.answers or {}).get(key)
    return said if isinstance(said, int) else None
