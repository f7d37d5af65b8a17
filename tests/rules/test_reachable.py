import pytest

from consult.rules.conditions import AtLeast, Compare, Not
from consult.rules.questionnaire import Option, Question
from consult.rules.reading.reachable import could_hold

NONE = Option("none", "None", exclusive=True)
ROUTE = Question(
    "route", "?", "multi_choice", options=(Option("iv", "Iv"), Option("eye", "Eye"), NONE)
)
HEART = Question("heart", "?", "choice", options=(Option("ok", "Ok"), Option("ill", "Ill")))
ASKED = {
    one.id: one
    for one in (
        ROUTE,
        HEART,
        Question("age", "?", "integer", min=0, max=120),
        Question("weight", "?", "quantity", min=3, max=300),
        Question("trip", "?", "boolean"),
        Question(
            "stent",
            "?",
            "choice",
            options=(Option("yes", "Yes"), Option("no", "No")),
            enable_when=Compare("heart", "eq", "ill"),
        ),
    )
}


def every(*parts):
    return AtLeast(len(parts), parts)


def number(question, op, value):
    return Compare(question, op, value)


def route(*codes):
    return Compare("route", "any_of", codes)


ILL, WELL = Compare("heart", "eq", "ill"), Compare("heart", "eq", "ok")
STENT, TRIP = Compare("stent", "eq", "yes"), Compare("trip", "eq", True)


@pytest.mark.parametrize(
    "condition",
    [
        every(route("iv"), route("eye")),
        every(route("iv"), Not(route("eye"))),
        every(route("none"), Not(route("iv", "eye"))),
        every(number("age", "gte", 60), number("age", "lt", 61)),
        every(number("weight", "gt", 3), number("weight", "lt", 3.5)),
        every(number("age", "lte", 0), Not(number("age", "eq", 7))),
        every(STENT, TRIP, ILL),
        every(Not(ILL), Not(WELL)),
        Not(every(ILL, WELL)),
        AtLeast(2, (ILL, WELL, TRIP)),
    ],
)
def test_condition_that_some_answers_make_true_is_reachable(condition):
    assert could_hold(condition, ASKED)


@pytest.mark.parametrize(
    "condition",
    [
        every(ILL, WELL),
        every(ILL, Not(ILL)),
        every(route("none"), route("iv")),
        every(number("age", "gte", 60), number("age", "lt", 60)),
        every(number("age", "gt", 60), number("age", "lt", 61)),
        number("age", "gt", 120),
        every(STENT, WELL),
        every(STENT, Not(ILL)),
        AtLeast(2, (ILL, WELL, every(TRIP, Not(TRIP)))),
        Not(AtLeast(1, (TRIP, Not(TRIP)))),
    ],
)
def test_condition_that_no_answers_make_true_is_not(condition):
    assert not could_hold(condition, ASKED)
