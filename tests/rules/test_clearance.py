from datetime import UTC, datetime, timedelta

import pytest

from consult.rules.clearance import (
    FOR_STAFF,
    FOR_THE_PERSON,
    SIGNS,
    Standing,
    not_cleared,
    signs,
    signs_told,
)
from consult.rules.published import load_checkins

NOW = datetime(2026, 11, 17, 18, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
READY = {
    "is_ready": True,
    "revision": 1,
    "ready_revision": 1,
    "ready_at": NOW - DAY,
    "confirmed_at": NOW - 2 * DAY,
}


def reasons(purpose="consultation", starts_in=None, **form):
    starts_at = None if starts_in is None else NOW + starts_in
    return not_cleared(purpose, Standing(**(READY | form)), now=NOW, starts_at=starts_at)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({}, ()),
        ({"is_ready": False}, ("undecided",)),
        ({"ready_at": None, "is_ready": False, "ready_revision": 0}, ("undecided",)),
        ({"revision": 2}, ("changed",)),
        ({"revision": 2, "is_ready": False}, ("changed",)),
        ({"revision": 2, "kept_revision": 2}, ()),
        ({"revision": 3, "kept_revision": 2}, ("changed",)),
        ({"raised_at": NOW - HOUR}, ("raised",)),
        ({"raised_at": NOW - 2 * DAY}, ()),
        ({"confirmed_at": NOW - 90 * DAY}, ()),
        ({"confirmed_at": NOW - 90 * DAY - HOUR}, ("old",)),
        ({"confirmed_at": NOW - 91 * DAY, "revision": 2}, ("changed", "old")),
    ],
)
def test_a_consultation_is_cleared_while_the_decision_and_the_answers_hold(form, expected):
    assert reasons(**form) == expected


@pytest.mark.parametrize(
    ("starts_in", "rechecked_at", "expected"),
    [
        (73 * HOUR, None, ()),  # not asked yet
        (72 * HOUR, None, ("recheck",)),
        (HOUR, None, ("recheck",)),
        (HOUR, NOW + HOUR - 72 * HOUR, ()),
        (HOUR, NOW - 72 * HOUR, ("recheck",)),  # answered an hour before it was asked
        (-HOUR, None, ("recheck",)),
        (-HOUR, NOW - 2 * HOUR, ()),
        (None, None, ()),
    ],
)
def test_a_treatment_needs_an_answer_from_the_last_72_hours(starts_in, rechecked_at, expected):
    assert reasons("treatment", starts_in, rechecked_at=rechecked_at) == expected


def test_a_consultation_is_not_held_up_by_the_questions_before_a_treatment():
    assert reasons("consultation", HOUR) == ()


def test_every_reason_has_its_words():
    assert set(FOR_STAFF) == set(FOR_THE_PERSON)


def test_the_question_before_a_treatment_offers_exactly_the_published_codes():
    (question,) = signs().questions
    codes = load_checkins().recheck_questions
    assert tuple(option.code for option in question.options) == codes
    assert set(SIGNS) == set(codes)
    assert [option.code for option in question.options if option.exclusive] == ["none"]
    assert question.contradiction_is_asked


def test_none_is_no_sign():
    assert signs_told(["none"]) == ()
    assert signs_told(["antibiotics", "none"]) == ("antibiotics",)
