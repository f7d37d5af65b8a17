"""What a page was made from, so that a later click can be compared with what is there by then."""

from consult.intake.people import version_of
from consult.models import Intake


def mark_of(intake: Intake) -> str:
    """Changes whenever an answer or a contact detail does, and says nothing of either."""
    versions = dict(intake.sections.values_list("step", "version"))
    return version_of({"steps": versions, "contact": intake.contact, "carer": intake.carer})
