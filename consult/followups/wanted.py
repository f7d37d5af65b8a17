"""Why a letter must not be sent, as a code that staff read in words; "" if nothing speaks against
it. `schedule` asks before it writes a row, a worker in the moment before it hands one over."""

from datetime import datetime

from consult.followups import choices, fitting, suppression
from consult.followups.choices import NOT_WANTED
from consult.followups.reach import wants_email
from consult.followups.suppression import SUPPRESSED
from consult.models import Intake, Message

NOT_FITTING = "not_fitting"
# A letter stopped for one of these goes after all if the reason ends before its time.
MAY_RETURN = frozenset({SUPPRESSED, NOT_WANTED, choices.PAUSED})


def why_not(message: Message, *, now: datetime) -> str:
    """Everything that may have changed since the row was written."""
    if code := refused(message, at=now):
        return code
    return "" if fitting.fits(message, now=now) else NOT_FITTING


def refused(message: Message, *, at: datetime) -> str:
    """What the address or the person says to this letter at that time."""
    care = message.category == Message.Category.CARE
    if message.recipient_index and suppression.is_stopped(message.recipient_index, care=care):
        return SUPPRESSED
    if message.intake is None or not care:
        return ""
    return unwanted(message.intake, message.event, at=at)


def unwanted(intake: Intake, event: str, *, at: datetime) -> str:
    """What the person says to a letter that can be switched off."""
    if not wants_email(intake):
        return NOT_WANTED
    return choices.against(choices.choice_of(intake), event, at=at)
