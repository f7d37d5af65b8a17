"""Agreements: which of them have to be asked for again, because their words have changed."""

from collections.abc import Mapping, Sequence

from consult.rules.questionnaire import Question, Questionnaire

MATERIAL = "material"  # it means something else now: who agreed before is asked again
WORDING_CHANGES = (MATERIAL, "wording")  # wording: said better, and means the same


def agreements(questionnaire: Questionnaire) -> tuple[Question, ...]:
    """What a person is asked to agree to, in order."""
    return tuple(one for one in questionnaire.questions if one.kind == "agreement")


def to_ask_again(
    agreed: Mapping[str, str], published: Sequence[Questionnaire]
) -> tuple[Question, ...]:
    """The agreements, in their newest words, that were given to words that meant something else.

    In: the version of each agreement that stands, by the agreement's id; every published version,
    oldest first. A material change anywhere between counts, also if later ones only reworded it.
    Agreements that are new since, or no longer asked for, are not among them.
    """
    place = {one.version: number for number, one in enumerate(published)}
    return tuple(
        question
        for question in agreements(published[-1])
        if question.id in agreed
        and any(
            one.by_id[question.id].wording_change == MATERIAL
            for one in published[place[agreed[question.id]] + 1 :]
            if question.id in one.by_id
        )
    )
