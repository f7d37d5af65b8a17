"""Why something cannot be done with a form now. The text is a sentence for the person."""

from collections.abc import Collection, Mapping
from typing import Any

from consult.models import IntakeSection
from consult.rules.questionnaire import Question


class NotAllowed(Exception):
    """The form is not in a state for this; the text is a sentence for the person who tried."""


class SavedElsewhere(Exception):
    """Answers of this part were changed from another tab or device since the page was made.

    `section` is what is stored now; `questions` are the ids whose posted answer would have
    written over another one.
    """

    def __init__(self, section: IntakeSection, questions: Collection[str]) -> None:
        self.section, self.questions = section, frozenset(questions)
        super().__init__("This part was changed somewhere else.")


class ChangedElsewhere(Exception):
    """What is stored here was changed since the page was made, and would be written over.

    `stored` is what is stored now; `names` are the fields whose value would be lost. Nothing of
    what was posted is saved.
    """

    def __init__(self, stored: Mapping[str, Any], names: Collection[str]) -> None:
        self.stored, self.names = stored, frozenset(names)
        super().__init__("This part was changed somewhere else.")


class ChangedSince(NotAllowed):
    """The answers are no longer those that the page showed when the person sent them."""

    def __init__(self) -> None:
        super().__init__("Your answers were changed somewhere else. Please read them once more.")


class NotComplete(NotAllowed):
    """Something required is open. `questions` lists the form's own; `contact` says the address is,
    `carer` that it is not said who answers for the patient."""

    def __init__(
        self, questions: Collection[Question], *, contact: bool, carer: bool = False
    ) -> None:
        self.questions, self.contact, self.carer = tuple(questions), contact, carer
        super().__init__("Some questions are still open.")
