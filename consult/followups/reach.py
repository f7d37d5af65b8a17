"""How a person is reached: the address, the clock they live by, whether they agreed to e-mail."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

from consult.models import Intake, User

EMAIL_CONSENT = "consent.email"


def address_of(intake: Intake) -> str:
    return intake.contact_email or (intake.owner.email if intake.owner else "")


def is_their_address(intake: Intake, person: User) -> bool:
    """Whether letters about it go to an address that a code has shown to be this person's."""
    return bytes(intake.contact_index or b"") in person.address_indexes()


def is_confirmed(intake: Intake) -> bool:
    """Whether a code has shown that the person of this form reads the address of its letters."""
    index = bytes(intake.contact_index or b"")
    if not index:
        return False
    owner = intake.owner
    owns = owner is not None and not owner.works_here and is_their_address(intake, owner)
    return owns or index == bytes(intake.confirmed_index or b"")


def zone_of(intake: Intake) -> ZoneInfo:
    name = intake.contact.get("time_zone") or (intake.owner.time_zone if intake.owner else "")
    try:
        return ZoneInfo(name or settings.TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)


def wants_email(intake: Intake) -> bool:
    """The latest word on it; while the form is a draft, the answer in the form."""
    consent = intake.consents.filter(purpose=EMAIL_CONSENT).order_by("-at").first()
    return consent.given if consent else intake.answers().get(EMAIL_CONSENT) is True
