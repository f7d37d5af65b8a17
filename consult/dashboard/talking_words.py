"""Placeholders in the words of a message: what there are, and filling them in."""

import re
from collections.abc import Mapping
from datetime import datetime

from consult.followups.appointments import ahead_among
from consult.models import Appointment, Intake
from content.topics import clinic_phone

PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
# Each with the sentence for when this form has nothing to put in its place.
MISSING = {
    "first_name": "The person gave no name, so {first_name} cannot be filled in.",
    "reference": "",
    "appointment": "No appointment is ahead, so {appointment} cannot be filled in.",
    "phone": "The clinic’s phone number is not set, so {phone} cannot be filled in.",
}
KNOWN = ", ".join(f"{{{name}}}" for name in MISSING)


class CannotFill(ValueError):
    """The text is a sentence for the member of staff who writes."""


def refuse_unknown(words: str) -> None:
    """Raises CannotFill for a placeholder that there is not, and for a bracket left over."""
    for name in PLACEHOLDER.findall(words):
        if name not in MISSING:
            raise CannotFill(f"There is no placeholder {{{name}}}. There are: {KNOWN}.")
    if "{" in PLACEHOLDER.sub("", words) or "}" in PLACEHOLDER.sub("", words):
        raise CannotFill(
            f"A curly bracket is left over. Brackets stand around placeholders only: {KNOWN}."
        )


def filled(words: str, values: Mapping[str, str]) -> str:
    """The words with every placeholder filled in. Raises CannotFill, also for an empty value."""
    refuse_unknown(words)
    for name in PLACEHOLDER.findall(words):
        if not values[name]:
            raise CannotFill(MISSING[name])
    return PLACEHOLDER.sub(lambda found: values[found[1]], words)


def values_for(intake: Intake, *, now: datetime) -> dict[str, str]:
    visits = Appointment.objects.filter(intake=intake).select_related("visit_type")
    ahead = ahead_among(visits, now=now)
    return {
        "first_name": str(intake.contact.get("full_name", "")).strip().partition(" ")[0],
        "reference": intake.code,
        "appointment": ahead.when if ahead else "",
        "phone": clinic_phone(),
    }
