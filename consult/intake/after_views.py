"""After sending: how the form fares, and what the person can do meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from consult.access import public, signed_in
from consult.followups.appointments import zone_of
from consult.followups.checkin_pages import Asked, on_status_page
from consult.followups.summaries import to_read
from consult.intake import notices, own_questions
from consult.intake.consents import Signed, asked_again, signed_copy
from consult.intake.conversation import unread_count
from consult.intake.drafts import draft_of, sent_from
from consult.intake.judging import clinic_day
from consult.intake.own_question_forms import AskForm
from consult.intake.pages import COUNTRY, emergency_number
from consult.intake.reading import Library, concern_of, library, suggestions_for, topics_of
from consult.intake.timeline import Course, Event, timeline
from consult.models import (
    Appointment,
    Assessment,
    CheckIn,
    Consent,
    Decision,
    Intake,
    OwnQuestion,
    Recheck,
    Revision,
    Treatment,
    User,
)
from consult.rules import clock, triage
from consult.rules.clearance import recheck_open
from consult.rules.published import load_questionnaire
from content.topics import TopicLink, clinic_phone


@dataclass(frozen=True, slots=True)
class Changes:
    """“Has anything changed?”: whether it is asked now, and whether the person may tell of it."""

    is_asked: bool
    may_tell: bool


@dataclass(frozen=True, slots=True)
class Case:
    intake: Intake
    assessment: Assessment | None
    visits: Sequence[Appointment]
    questions: Sequence[OwnQuestion]
    closed: str  # why the questions can no longer be changed, in words
    changes: Changes
    is_open: bool  # its person is signed in: words about health may be shown
    events: Sequence[Event] = ()
    reading: Sequence[TopicLink] = ()
    form: AskForm | None = None
    checkins: Sequence[Asked] = ()

    @property
    def topics(self) -> set[str]:
        return topics_of(self.assessment)

    @property
    def summaries(self) -> list[tuple[str, Appointment]]:
        """The talks of which the person finds a summary, with their day in words."""
        if not self.is_open:
            return []
        return [(day_of(one), one) for one in to_read(self.visits)]

    @property
    def agreements(self) -> list[Signed]:
        return signed_copy(self.intake)

    @property
    def new_words(self) -> bool:
        """Whether the words of something agreed to mean something else by now."""
        return bool(asked_again(self.intake))

    @property
    def may_wait(self) -> bool:
        """Whether the waiting list is for them: a time can be booked, and no visit lies behind."""
        return self.intake.state == Intake.State.READY and not self.was_seen

    @property
    def was_seen(self) -> bool:
        return any(one.status == Appointment.Status.ATTENDED for one in self.visits)


@public
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    intakes = sent_from(request)
    if not intakes:
        return redirect("consult:tasks") if draft_of(request) else nothing_here(request)
    now = timezone.now()
    cases = told(intakes, by=request.user, now=now)
    own = [one.intake for one in cases if one.is_open]
    context = {
        "cases": cases,
        "all_withdrawn": all(one.state == Intake.State.WITHDRAWN for one in intakes),
        "draft": draft_of(request),
        "urgent": urgent_advice(cases),
        "emergency_number": number_of(intakes[0]),
        "unread": unread_count(own, now=now),
        "mail_comes_back": notices.mail_comes_back(own, to=request.user),
        "still_deciding": notices.still_deciding(own, now=now),
    }
    return render(request, "consult/intake/status.html", context)


def nothing_here(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect("consult:sign_in")
    messages.info(request, notices.nothing_here(signed_in(request)))
    return redirect("consult:start")


def told(intakes: Sequence[Intake], *, by: User | AnonymousUser, now: datetime) -> list[Case]:
    """Everything that the pages tell of these forms; the same number of queries for any number."""
    read_together(intakes)
    books, phone = (
        library({concern_of(one) for one in intakes}, today=clinic_day(now)),
        clinic_phone(),
    )
    mine = [by.is_authenticated and one.owner_id == by.pk for one in intakes]
    return [
        case(one, books, phone, now, is_open=own) for one, own in zip(intakes, mine, strict=True)
    ]


def read_together(intakes: Sequence[Intake]) -> None:
    prefetch_related_objects(
        intakes,
        "sections",
        "own_questions",
        Prefetch("consents", Consent.objects.order_by("at")),
        Prefetch("rechecks", Recheck.objects.order_by("-answered_at").defer("answers")),
        Prefetch("assessments", Assessment.objects.order_by("-made_at")),
        Prefetch(
            "appointments",
            Appointment.objects.select_related("visit_type", "summary")
            .defer("summary__words")
            .order_by("starts_at", "changed_at"),
        ),
        Prefetch(
            "decisions",
            Decision.objects.filter(kind=Decision.Kind.NOT_SUITABLE).order_by("-at", "-pk"),
            "not_suitable",
        ),
        Prefetch("revisions", Revision.objects.order_by("-number").defer("answers")),
        Prefetch("treatments", Treatment.objects.defer("given", "lot")),
        Prefetch("treatments__checkins", CheckIn.objects.defer("answers", "result")),
    )


def case(intake: Intake, books: Library, phone: str, now: datetime, *, is_open: bool) -> Case:
    assessment = next(iter(related(intake, "assessments")), None)
    visits, questions = related(intake, "appointments"), related(intake, "own_questions")
    handed_in = [one.made_at for one in related(intake, "revisions")]
    told = next(iter(getattr(intake, "not_suitable", ())), None) if is_open else None
    course = Course(intake, assessment, visits, handed_in, phone, now, told)
    topics, is_withdrawn = topics_of(assessment), intake.state == Intake.State.WITHDRAWN
    picked = {one.suggestion for one in questions}
    return Case(
        intake=intake,
        assessment=assessment,
        visits=visits,
        questions=questions,
        closed=own_questions.why_closed(intake, visits, now=now),
        changes=changes(intake, visits, now),
        is_open=is_open,
        events=timeline(course),
        reading=[] if is_withdrawn else books.reading_list(topics, concern_of(intake)),
        form=AskForm(suggestions_for(topics, picked), of=intake),
        checkins=on_status_page(checkins_of(intake), now=now) if is_open else (),
    )


def changes(intake: Intake, visits: Sequence[Appointment], now: datetime) -> Changes:
    answered_at: dict[UUID | None, datetime] = {}
    for one in related(intake, "rechecks"):
        answered_at.setdefault(one.appointment_id, one.answered_at)
    is_ready = intake.state == Intake.State.READY
    coming = [one for one in visits if one.is_standing and one.ends_at > now]
    is_asked = any(
        recheck_open(answered_at.get(one.pk), starts_at=one.starts_at, now=now) for one in coming
    )
    return Changes(is_ready and is_asked, is_ready)


def checkins_of(intake: Intake) -> list[CheckIn]:
    return [one for treatment in related(intake, "treatments") for one in treatment.checkins.all()]


def related(intake: Intake, name: str) -> list[Any]:
    return list(getattr(intake, name).all())


def day_of(visit: Appointment) -> str:
    return clock.day_in_words(visit.starts_at, zone_of(visit))


def number_of(intake: Intake) -> str:
    return emergency_number(load_questionnaire(intake.questionnaire), intake.answers())


def urgent_advice(cases: Sequence[Case]) -> list[Any]:
    """What was shown at once when it was ticked, as long as nobody has seen the person."""
    shown = {}
    for one in cases:
        if one.assessment and not one.was_seen and one.intake.state != Intake.State.WITHDRAWN:
            questionnaire = load_questionnaire(one.assessment.questionnaire)
            country = str(one.intake.answers().get(COUNTRY, ""))
            for code in one.assessment.result["immediate"]:
                shown[code] = triage.emergency_message(code, country, questionnaire)
    return list(shown.values())
