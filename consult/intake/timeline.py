"""What has happened with a form, what happens next and when, from how it really stands."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from consult.followups.appointments import Ahead, other_clock, when_in_words
from consult.models import Appointment, Assessment, Decision, Intake
from consult.rules import clock, triage
from consult.rules.promises import review_due
from consult.rules.published import load_ruleset

Status = Appointment.Status
READ = {Intake.State.READY, Intake.State.ON_HOLD, Intake.State.NOT_SUITABLE}
GET_IN_TOUCH = "If you want to talk again or have a question"


@dataclass(frozen=True, slots=True)
class Event:
    words: str = ""
    done: bool = True
    next: bool = False
    link: str = ""  # its words
    url: str = ""
    ahead: Ahead | None = None  # the visit that it is about stands in the place of words


@dataclass(frozen=True, slots=True)
class Course:
    """Everything that the timeline of one form is told from."""

    intake: Intake
    assessment: Assessment | None
    visits: Sequence[Appointment]  # the earliest first
    handed_in: Sequence[datetime]  # each time that answers were handed in, the latest first
    phone: str
    now: datetime
    not_suitable: Decision | None = None  # the latest of this kind

    @property
    def sent_at(self) -> datetime:
        return self.handed_in[-1] if self.handed_in else self.counts_from

    @property
    def counts_from(self) -> datetime:
        """What is promised counts from here, for the person as for the clinic's queue."""
        return self.intake.submitted_at or self.intake.saved_at

    @property
    def ahead(self) -> Appointment | None:
        """The next visit that is still to come; a booked one before one that is asked for."""
        coming = [one for one in self.visits if one.is_standing and one.ends_at > self.now]
        return min(coming, key=lambda one: one.status == Status.REQUESTED, default=None)

    def call_us(self, why: str = "") -> str:
        how = f"call us on {self.phone}" if self.phone else "call us"
        sentence = f"please {how} and give your reference."
        return f"{why}, {sentence}" if why else sentence.capitalize()


def timeline(course: Course) -> list[Event]:
    return [*past(course), *NEXT[course.intake.state](course)]


def past(course: Course) -> Iterator[Event]:
    intake = course.intake
    yield Event(f"You sent your form on {clinic_time(course.sent_at)}.")
    if len(course.handed_in) > 1:
        yield Event(f"You handed in changed answers on {clinic_time(course.handed_in[0])}.")
    if intake.state in READ:
        yield Event("A clinician has read it.")


def submitted(course: Course) -> Iterator[Event]:
    due, sentence = promise(course)
    if due and due < course.now:
        yield Event(
            f"We said that a clinician would read your form by {clinic_time(due)}. We are late, "
            f"and we are sorry. {course.call_us()}",
            done=False,
            next=True,
        )
    elif due:
        yield Event(f"A clinician reads your form by {clinic_time(due)}.", done=False, next=True)
    else:
        yield Event(sentence, done=False, next=True)
    yield from visit_meanwhile(course)
    yield Event(
        "After that we write to you: you can then choose a time, or we ask you for more.",
        done=False,
    )


def asked(course: Course) -> Iterator[Event]:
    yield Event("Our team has looked at it.")
    yield Event("Our team asks you for more. Please answer what they ask.", done=False, next=True)
    yield from visit_meanwhile(course)
    yield Event("After that a clinician reads your answers.", done=False)


def on_hold(course: Course) -> Iterator[Event]:
    yield Event(
        "Before a talk can be planned, our team needs to clear up some points. We will contact "
        "you. This does not mean no.",
        done=False,
        next=True,
    )
    yield from visit_meanwhile(course)


def not_suitable(course: Course) -> Iterator[Event]:
    """In the clinician's own words, and what the person can do instead."""
    yield Event("A clinician thinks that this treatment is not suitable for you now.", next=True)
    if told := course.not_suitable:
        yield Event(told.words or "")
        yield Event(f"What you can do instead: {told.alternative}", done=False)
    else:
        sign_in = reverse("consult:sign_in")
        words = "Why, and what you can do instead:"
        yield Event(words, done=False, link="sign in to read it", url=sign_in)
    yield from visit_meanwhile(course)
    yield Event(course.call_us("If you want to talk about this"), done=False)


def withdrawn(course: Course) -> Iterator[Event]:
    yield Event("You have taken your form back. Nothing more happens with it.")


def ready(course: Course) -> Iterator[Event]:
    if visit := course.ahead:
        yield to_come(visit, next=True)
    elif course.visits:
        yield from after_a_visit(course, course.visits[-1])
    else:
        yield choose("A talk with a clinician.", "Choose a time")


def visit_meanwhile(course: Course) -> Iterator[Event]:
    """A visit that stands although the form is being looked at again."""
    if visit := course.ahead:
        yield to_come(visit)


def to_come(visit: Appointment, *, next: bool = False) -> Event:
    ahead = Ahead(
        code=visit.code,
        when=when_in_words(visit),
        other=other_clock(visit),
        kind=visit.visit_type.name,
        is_request=visit.status == Status.REQUESTED,
        is_confirmed=visit.confirmed_at is not None,
    )
    return Event(done=False, next=next, ahead=ahead)


def after_a_visit(course: Course, visit: Appointment) -> Iterator[Event]:
    """The last visit lies behind, or was called off."""
    match visit.status:
        case Status.CANCELLED:
            by = "The clinic" if visit.by_clinic else "You"
            yield Event(f"{by} cancelled the appointment on {when(visit)}.")
            yield choose("A talk with a clinician.", "Choose another time")
        case Status.MISSED:
            yield Event(f"You had an appointment on {when(visit)}, and we did not meet.")
            yield choose("You can still have a talk.", "Choose a new time")
        case Status.REQUESTED:
            yield Event(f"You asked for {when(visit)}, and nobody confirmed it in time.")
            yield choose(f"We are sorry. {course.call_us()}", "Or choose another time")
        case Status.ATTENDED:
            yield Event(f"You had your appointment on {when(visit)}.")
            yield Event(f"Take the time that you need. {course.call_us(GET_IN_TOUCH)}", done=False)
        case _:  # nobody has noted yet how it went
            yield Event(f"Your appointment was on {when(visit)}.")
            yield Event(course.call_us("If we did not meet, or you want to talk again"), done=False)


def choose(words: str, link: str) -> Event:
    return Event(words, done=False, next=True, link=link, url=reverse("consult:book"))


def promise(course: Course) -> tuple[datetime | None, str]:
    """By when the form is read, where its level promises a time; and the level's own sentence."""
    if course.assessment is None:
        return None, "A clinician will read your form."
    code, ruleset = course.assessment.result["level"], course.assessment.ruleset
    due = review_due(code, submitted_at=course.counts_from, zone=clinic_zone(), ruleset=ruleset)
    return due, triage.level(code, load_ruleset(ruleset)).promise


def when(visit: Appointment) -> str:
    other = other_clock(visit)
    return f"{when_in_words(visit)} ({other})" if other else when_in_words(visit)


def clinic_time(instant: datetime) -> str:
    """Wednesday 18 November, 17:00 (clinic time)"""
    zone = clinic_zone()
    day, hour = clock.date_in_words(instant, zone), clock.time_in_words(instant, zone)
    return f"{day}, {hour} (clinic time)"


def clinic_zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


NEXT: dict[str, Callable[[Course], Iterator[Event]]] = {
    Intake.State.SUBMITTED: submitted,
    Intake.State.ASKED: asked,
    Intake.State.ON_HOLD: on_hold,
    Intake.State.READY: ready,
    Intake.State.NOT_SUITABLE: not_suitable,
    Intake.State.WITHDRAWN: withdrawn,
}
