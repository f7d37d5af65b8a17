"""What a person may book, by what a clinician has said of their form, and why.

A level is never a reason to turn somebody away: where no kind of visit is meant for a form, its
person asks for a time, and staff confirm it.
"""

from dataclasses import dataclass

from consult.booking.refusals import NotBookable
from consult.models import Intake, User, VisitType
from consult.rules import triage

URGENT = 5  # the place in the queue of forms whose people are called
CALL_US = "Please do not wait for an appointment. Call us now, so that we can talk today."
STATE_SENTENCES: dict[str, str] = {
    Intake.State.SUBMITTED: "A clinician reads your form first. We write to you after that.",
    Intake.State.ASKED: "We have asked you for something more. Please answer that first.",
    Intake.State.ON_HOLD: "Our team needs to clear up some points with you first.",
    Intake.State.NOT_SUITABLE: "A clinician has written to you. Please read it with your form.",
    Intake.State.WITHDRAWN: "You have taken your form back, so no time can be booked with it.",
}
SENT = {Intake.State.SUBMITTED, Intake.State.ASKED, Intake.State.ON_HOLD}


@dataclass(frozen=True, slots=True)
class Offered:
    """A kind of visit that a person can choose; by request, staff confirm the time."""

    visit_type: VisitType
    by_request: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """All kinds of visit for one form, and a sentence that says why these."""

    all: list[Offered]
    why: str = ""

    def of(self, visit_type: VisitType | None) -> Offered | None:
        return next((one for one in self.all if one.visit_type == visit_type), None)


def is_urgent(intake: Intake) -> bool:
    """To be called now, since no clinician has cleared it yet."""
    return intake.rank == URGENT and intake.state in SENT


def has_urgent_answer(intake: Intake) -> bool:
    """Whether the person has entered a danger sign into a form that was sent, and has neither
    mended it nor sent it: staff do not know of it yet."""
    begun = intake.sections.filter(proposed__isnull=False)
    return any(
        set(triage.immediate((one.proposed or {}).get("answers", {})))
        - set(triage.immediate(one.answers))
        for one in begun
    )


def why_not(intake: Intake, *, by: User) -> str:
    """Why `by` can choose no time with this form; empty where they can."""
    if is_urgent(intake):
        return CALL_US
    if intake.state != Intake.State.READY:
        return STATE_SENTENCES.get(intake.state, "Please send your form first.")
    # Staff, who talk with the person, are not kept from planning a visit by what they cannot see.
    return CALL_US if not by.is_care_team and has_urgent_answer(intake) else ""


def refuse_before_ready(intake: Intake, *, by: User) -> None:
    if sentence := why_not(intake, by=by):
        raise NotBookable(sentence)


def offer_to(intake: Intake, *, by: User) -> Offer:
    """What somebody may choose for a form; staff may choose everything that is on offer."""
    if by.is_care_team:
        return Offer([Offered(one) for one in VisitType.objects.filter(is_active=True)])
    types = list(VisitType.objects.choosable())
    fitting = [one for one in types if one.from_rank <= intake.rank <= one.to_rank]
    if not fitting:
        return Offer(
            [Offered(one, by_request=True) for one in types], why=TOGETHER if types else ""
        )
    asked = VisitType.BookedBy.REQUEST
    chosen = [Offered(one, by_request=one.booked_by == asked) for one in fitting]
    return Offer(chosen, why=ENOUGH_TIME if len(fitting) < len(types) else "")


ENOUGH_TIME = (
    "A clinician has read your form. You see the visits that give the two of you enough time."
)
TOGETHER = "We would like to plan this visit with you. You can ask for a time here, or call us."


def way_of(intake: Intake, visit_type: VisitType, *, by: User) -> Offered:
    """How a kind of visit can be had with a form. Raises NotBookable when it cannot."""
    if found := offer_to(intake, by=by).of(visit_type):
        return found
    if visit_type.is_active and visit_type.booked_by != VisitType.BookedBy.STAFF:
        raise NotBookable(
            "This kind of visit is shorter or longer than what you need. Please choose another."
        )
    raise NotBookable("This kind of visit cannot be chosen here. Please call us.")
