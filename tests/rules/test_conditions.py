import pytest

from consult.rules.conditions import AtLeast, Compare, Not, Verdict, compares, judge

CLOT = Compare("clot", "any_of", ("dvt", "pe"))
AGE = Compare("age", "gte", 60)
TRAVEL = Compare("travel", "eq", True)
NO, NOT_EVEN_ASKED = Verdict(False), {}


def yes(*evidence):
    return Verdict(True, tuple({"q": question, "answer": answer} for question, answer in evidence))


@pytest.mark.parametrize(
    ("op", "value", "answer", "holds"),
    [
        ("eq", "no", "no", True),
        ("eq", "no", "yes", False),
        ("eq", True, True, True),
        ("eq", False, False, True),
        ("eq", True, False, False),
        ("eq", 1, True, False),
        ("eq", True, 1, False),
        ("eq", 7, 7, True),
        ("eq", 7, 7.0, True),
        ("in", ("a", "b"), "b", True),
        ("in", ("a", "b"), "c", False),
        ("in", ("a", "b"), ["a"], False),
        ("any_of", ("a", "b"), ["c", "b"], True),
        ("any_of", ("a", "b"), ["c"], False),
        ("any_of", ("a", "b"), "a", False),
        ("gte", 60, 60, True),
        ("gte", 60, 59.9, False),
        ("gte", 60, "61", False),
        ("gt", 60, 60, False),
        ("gt", 60, 60.1, True),
        ("lt", 50, 50, False),
        ("lt", 50, 49.9, True),
        ("lte", 3, 3, True),
        ("lte", 3, 4, False),
    ],
)
def test_operator_compares_like_with_like(op, value, answer, holds):
    assert judge(Compare("x", op, value), {"x": answer}).holds is holds


@pytest.mark.parametrize("test", [CLOT, AGE, TRAVEL, Compare("x", "in", ("a",))])
def test_missing_answer_makes_no_test_true(test):
    assert judge(test, NOT_EVEN_ASKED) == NO


def test_unknown_code_is_true_only_where_it_is_named():
    answers = {"route": ["not_sure"]}
    assert judge(Compare("route", "any_of", ("iv", "joint")), answers) == NO
    assert judge(Compare("route", "any_of", ("iv", "not_sure")), answers) == yes(
        ("route", ["not_sure"])
    )


def test_evidence_of_a_multiple_choice_is_only_what_matched():
    assert judge(CLOT, {"clot": ["family", "pe"]}) == yes(("clot", ["pe"]))


def test_any_keeps_every_true_branch_as_evidence():
    answers = {"clot": ["dvt"], "age": 70, "travel": True}
    assert judge(AtLeast(1, (TRAVEL, CLOT, AGE)), answers) == yes(
        ("travel", True), ("clot", ["dvt"]), ("age", 70)
    )


def test_all_needs_each_part():
    both = AtLeast(2, (CLOT, AGE))
    assert judge(both, {"clot": ["dvt"], "age": 59}) == NO
    assert judge(both, {"clot": ["dvt"], "age": 60}) == yes(("clot", ["dvt"]), ("age", 60))


def test_count_keeps_all_that_are_true_beyond_the_count():
    two = AtLeast(2, (CLOT, AGE, TRAVEL))
    assert judge(two, {"age": 61, "travel": False}) == NO
    assert judge(two, {"clot": ["pe"], "age": 61, "travel": True}) == yes(
        ("clot", ["pe"]), ("age", 61), ("travel", True)
    )


def test_branches_over_one_question_become_one_evidence():
    marrow = AtLeast(1, (Compare("clot", "any_of", ("dvt",)), CLOT))
    assert judge(marrow, {"clot": ["dvt", "pe"]}) == yes(("clot", ["dvt", "pe"]))
    fever = AtLeast(2, (Compare("fever", "eq", "high"), Compare("fever", "in", ("high",))))
    assert judge(fever, {"fever": "high"}) == yes(("fever", "high"))


def test_not_is_true_of_a_missing_answer_without_evidence():
    assert judge(Not(TRAVEL), NOT_EVEN_ASKED) == yes()


def test_not_shows_the_answer_that_made_it_true():
    assert judge(Not(TRAVEL), {"travel": False}) == yes(("travel", False))
    assert judge(Not(TRAVEL), {"travel": True}) == NO


def test_compares_walks_through_every_part():
    assert list(compares(AtLeast(1, (Not(CLOT), AtLeast(1, (AGE,)), TRAVEL)))) == [
        CLOT,
        AGE,
        TRAVEL,
    ]
