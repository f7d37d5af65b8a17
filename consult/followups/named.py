"""Somebody whom the person has named, to be called if they themselves do not answer."""

from dataclasses import dataclass

from consult.models import Intake

RELATIONS = {
    "partner": "Husband, wife or partner",
    "child": "Son or daughter",
    "family": "A parent, brother, sister or another relative",
    "friend": "A friend",
    "other": "Somebody else",
}
# What the form promises to whoever names somebody; staff read it beside the number.
AGREED = (
    "The person named them for this and was asked to tell them. Say no more than that we are "
    "trying to reach the person."
)


@dataclass(frozen=True, slots=True)
class Named:
    name: str
    phone: str
    relation: str  # in words; empty if it was not said


def named_by(intake: Intake) -> Named | None:
    contact = intake.contact
    name, phone = (str(contact.get(key) or "") for key in ("named_name", "named_phone"))
    if not name or not phone:
        return None
    return Named(name, phone, RELATIONS.get(contact.get("named_relation", ""), ""))
