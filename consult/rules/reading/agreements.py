"""Compare the agreements of two versions that follow each other."""

from consult.rules.agreements import agreements
from consult.rules.questionnaire import Questionnaire
from consult.rules.reading.strict import DataError


def check_wordings(before: Questionnaire, after: Questionnaire) -> None:
    """Refuse new words of an agreement that do not say whether people have to be asked again.

    Raises DataError, also where a change is named and the words are the same.
    """
    words = {one.id: one.text for one in agreements(before)}
    for question in agreements(after):
        changed = question.id in words and question.text != words[question.id]
        if changed == bool(question.wording_change):
            continue
        reason = (
            f"says something else than in {before.version}, and needs a wording_change"
            if changed
            else f"has a wording_change, but says the same as in {before.version}"
        )
        raise DataError(f"intake/{after.version}.yaml", question.id, reason)
