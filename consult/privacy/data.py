"""Everything that is held about one person, read once for the page and for the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Prefetch, Q, QuerySet

from consult.followups.actions import EMAIL_CONSENT, zone_of
from consult.followups.reach import is_confirmed
from consult.models import (
    AddressChange,
    Appointment,
    Assessment,
    AuditEvent,
    Consent,
    Decision,
    FollowUpRequest,
    Hold,
    Intake,
    LetterChoice,
    Message,
    OwnQuestion,
    StaffTask,
    UnderstandingAnswer,
    User,
    WaitlistEntry,
)
from consult.models.messages import PENDING, Status
from consult.privacy.actions import ERASURE
from consult.privacy.care import CareHeld, care_held, of_the_care
from consult.privacy.later import (
    AFTER_SENDING,
    AskedFor,
    HandedIn,
    ToldOfChanges,
    asked_for,
    handed_in,
    told_of_changes,
)
from consult.privacy.words import (
    Answered,
    answered,
    carer_in_words,
    letter_in_words,
    look_in_words,
    role_in_words,
)
from consult.rules import clock
from consult.rules.published import load_questionnaire


@dataclass(frozen=True, slots=True)
class Step:
    step: str
    title: str
    answers: Sequence[Answered]
    proposed: Sequence[Answered]  # written after sending, not handed in yet


@dataclass(frozen=True, slots=True)
class Look:
    at: datetime
    role: str
    what: str


@dataclass(frozen=True, slots=True)
class LetterHeld:
    words: str
    row: Message
    # What became of a letter tells something about its address, so only its reader is told.
    is_to_them: bool


@dataclass(frozen=True, slots=True)
class FormHeld:
    intake: Intake
    address_change: AddressChange | None
    is_confirmed: bool
    contact: dict[str, Any]
    carer: Sequence[tuple[str, str]]
    steps: Sequence[Step]
    agreements: Sequence[tuple[str, Consent]]  # the wording, and what was said to it
    letters: Sequence[LetterHeld]
    letter_choice: LetterChoice | None
    appointments: Sequence[Appointment]
    held_time: Hold | None
    decisions: Sequence[Decision]
    assessments: Sequence[Assessment]
    tasks: Sequence[StaffTask]
    revisions: Sequence[HandedIn]
    requests: Sequence[AskedFor]
    rechecks: Sequence[ToldOfChanges]
    understanding: Sequence[UnderstandingAnswer]
    own_questions: Sequence[OwnQuestion]
    waitlist: Sequence[WaitlistEntry]
    care: CareHeld
    looks: Sequence[Look]

    @property
    def gets_reminders(self) -> bool:
        said = [one.given for _, one in self.agreements if one.purpose == EMAIL_CONSENT]
        return bool(said) and said[-1]

    @property
    def erasure(self) -> StaffTask | None:
        return next((one for one in self.tasks if one.event == ERASURE), None)


@dataclass(frozen=True, slots=True)
class Held:
    person: User | None
    zone: ZoneInfo
    forms: Sequence[FormHeld]
    other_letters: Sequence[LetterHeld]  # about signing in
    address_change: AddressChange | None


def forms_of(person: User | None, draft: Intake | None) -> QuerySet[Intake]:
    """A person's own forms, those that name their confirmed address, and this browser's draft."""
    asked = Q(pk__in=[draft.pk] if draft else [])
    if person:
        asked |= Q(owner=person)
        if not person.works_here:  # whose address no code has confirmed
            asked |= Q(owner=None, contact_index=bytes(person.email_index or b""))
    return Intake.objects.filter(asked).order_by("-started_at", "-pk")


def held_about(person: User | None, draft: Intake | None, *, now: datetime) -> Held:
    """The same number of queries for one form or many."""
    intakes = list(with_everything(forms_of(person, draft), now=now))
    looks = looks_at(intakes, person)
    zone = zone_of(intakes[0]) if intakes else own_zone(person)
    own = frozenset(person.address_indexes()) if person and not person.works_here else frozenset()
    forms = [form_held(one, looks.get(str(one.pk), []), own=own) for one in intakes]
    about_signing_in = [held_letter(one, is_to_them=True) for one in sign_in_letters(person)]
    change = AddressChange.objects.filter(person=person).first() if person else None
    return Held(person, zone, forms, about_signing_in, change)


def own_zone(person: User | None) -> ZoneInfo:
    return clock.zone_or(person.time_zone if person else "", settings.TIME_ZONE)


def with_everything(forms: QuerySet[Intake], *, now: datetime) -> QuerySet[Intake]:
    visits = Appointment.objects.select_related("visit_type", "summary").order_by("starts_at")
    return forms.select_related("owner", "hold__visit_type", "address_change").prefetch_related(
        "sections",
        Prefetch("consents", Consent.objects.order_by("purpose", "at")),
        # With their words, which every other list leaves out.
        Prefetch("messages", Message.objects.order_by("created_at", "pk").defer(None)),
        Prefetch("appointments", visits),
        Prefetch("decisions", Decision.objects.order_by("at", "pk")),
        Prefetch("assessments", Assessment.objects.order_by("made_at", "pk").defer("result")),
        Prefetch("tasks", StaffTask.objects.order_by("made_at", "pk").defer("what_was_done")),
        "tasks__tries",
        *AFTER_SENDING,
        *of_the_care(now),
    )


def form_held(intake: Intake, looks: Sequence[Look], *, own: frozenset[bytes]) -> FormHeld:
    confirmed = own | {bytes(intake.confirmed_index or b"")}
    return FormHeld(
        intake=intake,
        address_change=getattr(intake, "address_change", None),
        is_confirmed=bytes(intake.contact_index or b"-") in confirmed,
        contact=dict(intake.contact),
        carer=carer_in_words(intake.carer),
        steps=steps_of(intake),
        agreements=agreements_of(intake),
        letters=letters_of(intake, confirmed),
        letter_choice=getattr(intake, "letter_choice", None),
        appointments=related(intake, "appointments"),
        held_time=getattr(intake, "hold", None),
        decisions=related(intake, "decisions"),
        assessments=related(intake, "assessments"),
        tasks=related(intake, "tasks"),
        revisions=[handed_in(one) for one in related(intake, "revisions")],
        requests=[asked_for(one) for one in related(intake, "requests")],
        rechecks=[told_of_changes(one) for one in related(intake, "rechecks")],
        understanding=related(intake, "understanding"),
        own_questions=related(intake, "own_questions"),
        waitlist=related(intake, "waitlist"),
        care=care_held(intake),
        looks=looks,
    )


def related(intake: Intake, name: str) -> list[Any]:
    return list(getattr(intake, name).all())


def steps_of(intake: Intake) -> list[Step]:
    """Every stored answer, hidden ones too, under the step in which it is kept."""
    questionnaire = load_questionnaire(intake.questionnaire)
    titles = {one.id: one.title for one in questionnaire.steps}
    return [
        Step(
            section.step,
            titles.get(section.step, section.step),
            answered(questionnaire, section.answers),
            answered(questionnaire, (section.proposed or {}).get("answers", {})),
        )
        for section in intake.sections.all()
    ]


def agreements_of(intake: Intake) -> list[tuple[str, Consent]]:
    found = []
    for one in intake.consents.all():
        question = load_questionnaire(one.questionnaire).by_id.get(one.purpose)
        found.append((question.text if question else one.purpose, one))
    return found


def letters_of(intake: Intake, confirmed: frozenset[bytes]) -> list[LetterHeld]:
    rows = related(intake, "messages")
    return [held_letter(one, is_to_them=bytes(one.recipient_index) in confirmed) for one in rows]


def held_letter(row: Message, *, is_to_them: bool) -> LetterHeld:
    return LetterHeld(letter_in_words(row.event), row, is_to_them)


def sign_in_letters(person: User | None) -> list[Message]:
    if person is None or person.email_index is None:
        return []
    to_them = Message.objects.filter(intake=None, recipient_index=bytes(person.email_index))
    return list(to_them.order_by("created_at", "pk"))


def looks_at(intakes: Sequence[Intake], person: User | None) -> dict[str, list[Look]]:
    """Who opened each form, newest first, by the form's key; roles, never names."""
    seen = AuditEvent.objects.filter(
        to_model=Intake._meta.label_lower,
        to_id__in=[str(one.pk) for one in intakes],
        did__startswith="viewed ",
    )
    looks: dict[str, list[Look]] = {}
    for event in seen.select_related("by").prefetch_related("by__groups").order_by("-at", "-pk"):
        role = role_in_words(event.by, person)
        look = Look(event.at, role, look_in_words(event.did, event.details.get("part", "")))
        looks.setdefault(event.to_id, []).append(look)
    return looks


@dataclass(frozen=True, slots=True)
class Effect:
    """What would end if a form were taken back now."""

    # None where the address is not confirmed as theirs: how many wait tells whether it is stopped.
    letters: int | None
    reminders: int | None
    appointments: Sequence[Appointment]
    on_waiting_list: bool
    asked: bool  # staff have asked for more and wait for it


def effect_on(intake: Intake, *, now: datetime) -> Effect:
    waiting = Message.objects.filter(intake=intake, status__in=[*PENDING, Status.HELD])
    ahead = Appointment.objects.filter(intake=intake).upcoming(now)
    reminders = waiting.filter(category=Message.Category.CARE).count()
    told = is_confirmed(intake)
    return Effect(
        letters=waiting.count() if told else None,
        reminders=reminders if told else None,
        appointments=list(ahead.select_related("visit_type")),
        on_waiting_list=WaitlistEntry.objects.waiting().filter(intake=intake).exists(),
        asked=FollowUpRequest.objects.open().filter(intake=intake).exists(),
    )
