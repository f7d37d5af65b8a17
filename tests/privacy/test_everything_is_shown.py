"""A new field or table about a person must be shown to them, or be left out for a reason."""

import inspect
import json
import re
from datetime import timedelta

import pytest

from consult.models import (
    AddressChange,
    AdverseEvent,
    Appointment,
    Assessment,
    CallTry,
    CheckIn,
    Consent,
    Decision,
    FollowUpRequest,
    GlassBroken,
    Hold,
    Intake,
    IntakeSection,
    LetterChoice,
    Message,
    Note,
    OwnQuestion,
    PortalMessage,
    Recheck,
    Revision,
    StaffTask,
    TextRead,
    Treatment,
    UnderstandingAnswer,
    User,
    VisitSummary,
    WaitlistEntry,
    WaitlistOffer,
)
from consult.privacy import care, data, export, later
from tests import factories
from tests.factories import NOW
from tests.privacy.conftest import signed_in

INNER = {"id", "intake"}  # keys among our own rows
LEFT_OUT = {
    # rank: how our rules sorted it, told on asking; who of staff has it; our own reading list
    Intake: {"owner", "rank", "assignee", "has_unread_text"},
    IntakeSection: {"version", "saved_at"},  # counters of saving; the form's own time is shown
    Consent: set(),
    # staff's names and words, and marks that only machines read; the way into a room, which is on
    # the page of the visit while the room is open
    Appointment: {
        "video_link",
        *("clinician", "sequence", "uid", "idempotency_key", "changed_at", "cancelled_by"),
    },
    Hold: {"clinician", "moves"},
    # how a letter travelled; `values` is a code, blanked when it is sent
    Message: {
        *("idem_key", "category", "language", "recipient_index", "values", "wall_time", "zone"),
        "wall_clock",
        *("expires_at", "attempts", "claim_token", "lease_expires_at", "message_id"),
        *("provider_id", "last_error", "outcome_at", "wording"),
    },
    LetterChoice: set(),
    User: {
        *("password", "email_index", "is_staff", "is_active", "is_superuser"),
        "merged_into",  # the forms of both are shown under the account that is left
    },
    # the clinic's notes, told on asking: how the rules sorted, what a clinician decided and why
    Assessment: {"rank", "result"},
    Decision: {
        *("kind", "reason", "by", "override"),
        *("second_by", "second_at", "refused_at", "second_words"),
    },
    StaffTask: {"event", "assignee", "escalated_at", "done_by", "what_was_done"},
    Revision: set(),
    FollowUpRequest: {"by"},  # staff's name
    Recheck: {"raised"},  # that our rules found something in it: as with rank, told on asking
    UnderstandingAnswer: set(),
    OwnQuestion: set(),
    WaitlistEntry: {"clinician"},  # staff's name
    WaitlistOffer: {"clinician", "entry", "appointment"},  # shown under its entry; the visit itself
    Note: {"by"},  # staff's names, here and below
    TextRead: {"by"},
    PortalMessage: {"by"},
    GlassBroken: {"by", "reason"},  # the reason is the clinic's note, told on asking
    Treatment: {"clinician", "recorded_by", "lot_index"},
    AdverseEvent: {"treatment", "recorded_by"},  # shown under its treatment
    CheckIn: {"treatment"},
    VisitSummary: {"appointment", "by"},  # shown under its visit
    CallTry: {"task", "by"},  # shown under its task
    AddressChange: {"person", "code", "browser", "tries"},  # whose it is; secrets
}
# Tables that hang on a form and are not read: what is in them are hashes of what is shown anyway.
NOT_READ = {"marks"}
EXPORTED_BY = {
    Intake: [(export.about, "intake"), (data.form_held, "intake")],
    IntakeSection: [(data.steps_of, "section")],
    Consent: [(export.agreement, "said")],
    Appointment: [(export.appointment, "row"), (export.own_reason, "row")],
    Hold: [(export.held_time, "row")],
    Message: [(export.letter, "row")],
    AddressChange: [(export.address_change, "row")],
    LetterChoice: [(export.letter_choice, "row")],
    User: [(export.account, "person")],
    Assessment: [(export.assessment, "row")],
    Decision: [(export.decision, "row")],
    StaffTask: [(export.task, "row")],
    Revision: [(export.handed_in, "row"), (later.handed_in, "revision")],
    FollowUpRequest: [(export.asked_for, "row"), (later.asked_for, "request")],
    Recheck: [(export.recheck, "row"), (later.told_of_changes, "recheck")],
    UnderstandingAnswer: [(export.understanding, "row")],
    OwnQuestion: [(export.own_question, "row")],
    WaitlistEntry: [(export.waiting, "row")],
    WaitlistOffer: [(export.offer, "row")],
    Note: [(care.note, "row")],
    TextRead: [(care.text_read, "row")],
    PortalMessage: [(care.message, "row")],
    GlassBroken: [(care.opened, "row")],
    Treatment: [(care.treatment, "row")],
    AdverseEvent: [(care.adverse_event, "row")],
    CheckIn: [(care.check_in, "row"), (care.asked_after, "checkin")],
    VisitSummary: [(export.summary, "row")],
    CallTry: [(export.call_try, "row")],
}


@pytest.mark.parametrize("model", EXPORTED_BY, ids=lambda model: model.__name__)
def test_each_field_about_a_person_is_in_their_file_or_left_out_on_purpose(model):
    shown = set()
    for function, name in EXPORTED_BY[model]:
        shown |= set(re.findall(rf"\b{name}\.(\w+)", inspect.getsource(function)))
    every = {field.name for field in model._meta.concrete_fields}
    assert every - shown - INNER == LEFT_OUT[model]


def test_each_table_that_hangs_on_a_form_is_read():
    hanging = {one.get_accessor_name() for one in Intake._meta.related_objects}
    assert hanging - NOT_READ == {
        *("sections", "consents", "messages", "appointments"),
        *("decisions", "assessments", "tasks", "hold"),
        *("revisions", "requests", "rechecks", "understanding", "own_questions", "waitlist"),
        *("notes", "texts_read", "portal_messages", "glass_broken", "treatments"),
        *("letter_choice", "address_change"),
    }


def everything_after_sending(intake, mark):
    """One row in each table of the time after sending, with words that tell whose it is."""
    visit = factories.appointment(intake)
    intake.carer = {"filling_for": "child", "relation": "family", "wishes": f"Aunt {mark}"}
    intake.revision = 2
    intake.save()
    intake.consents.filter(purpose="consent.data").delete()
    intake.consents.create(
        purpose="consent.data",
        given=True,
        wording_sha256="0" * 64,
        questionnaire="0.1.0",
        language="en",
        at=NOW,
        signature=f"Signed {mark}",
    )
    handed_in = {"reason": "sent", "questionnaire": "0.1.0", "made_at": NOW}
    answers = {"concern.goal": f"Walk {mark}"}
    intake.revisions.update_or_create(number=1, defaults=handed_in | {"answers": answers})
    item = {"step": "medicines", "question": "safety.now", "words": f"Which dose {mark}?"}
    intake.requests.create(items=[item], by=factories.clinician(), asked_at=NOW)
    intake.rechecks.create(appointment=visit, answered_at=NOW, changed=True, revision=2)
    asked = {"question": f"True {mark}?", "passage": f"Nobody knows {mark}."}
    attempt = {"at": NOW.isoformat(), "chosen": "a", "right": True}
    intake.understanding.create(position=90, asked=asked, attempts=[attempt], asked_at=NOW)
    intake.own_questions.create(words=f"May I swim {mark}?", made_at=NOW)
    waiting = intake.waitlist.create(
        visit_type=visit.visit_type,
        first_on=NOW.date(),
        last_on=NOW.date(),
        zone="America/Tijuana",
        made_at=NOW,
    )
    waiting.offers.create(
        clinician=visit.clinician,
        starts_at=NOW + timedelta(days=2),
        code=mark,
        offered_at=NOW,
        expires_at=NOW + timedelta(hours=2),
    )
    off = {"off": [f"group {mark}"]}
    LetterChoice.objects.create(intake=intake, choice=off, changed_at=NOW)
    everything_of_the_care(intake, mark)


def everything_of_the_care(intake, mark):
    staff = factories.clinician()
    intake.notes.create(words=f"Asks for calls {mark}.", by=staff, at=NOW)
    intake.texts_read.create(question="concern.goal", revision=1, by=staff, at=NOW)
    intake.glass_broken.create(
        by=staff, reason=f"Reason {mark}", at=NOW, until=NOW + timedelta(hours=1)
    )
    message = {"made_at": NOW, "from_staff": True, "by": staff}
    for words, sent_at in {
        f"We wrote {mark}.": NOW,
        f"Draft {mark}": None,
        f"Not gone yet {mark}": NOW + timedelta(hours=2),
    }.items():
        intake.portal_messages.create(words=words, sent_at=sent_at, **message)
    talk = factories.appointment(intake, starts_at=NOW - timedelta(days=9), status="attended")
    made = {"by": staff, "written_at": NOW, "changed_at": NOW}
    VisitSummary.objects.create(appointment=talk, words=f"We talked {mark}.", **made)
    intake.contact = intake.contact | {"named_name": f"Friend {mark}", "named_phone": "+1 555 01"}
    intake.save()
    silent = intake.tasks.create(event="checkin_no_answer", made_at=NOW, due_at=NOW)
    silent.tries.create(whom="contact", by=staff, at=NOW)
    intake.portal_messages.create(words=f"I wrote {mark}.", made_at=NOW, from_staff=False)
    intake.decisions.create(
        kind="not_suitable",
        reason=f"Reason {mark}",
        words=f"Not now {mark}",
        alternative=f"Another way {mark}",
        by=staff,
        at=NOW,
    )
    treatment = intake.treatments.create(
        clinician=staff,
        given_on=NOW.date(),
        zone="America/Tijuana",
        given={"product": f"Product {mark}"},
        lot=f"Lot {mark}",
        recorded_by=staff,
        recorded_at=NOW,
    )
    treatment.checkins.create(
        code=f"C{mark}", day=1, due_at=NOW, plan="0.1.0", answers={"x": f"Fine {mark}"}
    )
    treatment.adverse_events.create(
        words=f"Sore {mark}",
        began_on=NOW.date(),
        grade=1,
        relation="unknown",
        outcome="ongoing",
        recorded_by=staff,
        recorded_at=NOW,
        changed_at=NOW,
    )


SAID = [
    *("Aunt {}", "Signed {}", "Walk {}", "Which dose {}?", "True {}?", "Nobody knows {}."),
    *("May I swim {}?", "We wrote {}.", "I wrote {}.", "Not now {}", "Another way {}"),
    *("Product {}", "Lot {}", "Fine {}", "Sore {}", "We talked {}.", "Friend {}"),
]
CLINICS_OWN = ["Reason MINE", "Draft MINE", "Not gone yet MINE"]


@pytest.mark.django_db
def test_what_came_after_sending_is_shown_to_its_person_and_to_nobody_else(at_now):
    own, foreign = factories.ready(), factories.ready(email="foreign@example.org")
    everything_after_sending(own, "MINE")
    everything_after_sending(foreign, "THEIRS")
    client = signed_in(own.owner)
    page = client.get("/consult/my-data/").content.decode()
    file = client.post("/consult/my-data/download/").content.decode()
    for text in (page, file):
        assert [said for said in SAID if said.format("MINE") not in text] == []
        assert "THEIRS" not in text
        assert [words for words in CLINICS_OWN if words in text] == []
    for words in (
        "Version 1: you sent the form, 17 November 2026",
        "You told us of a change, before your appointment on 24 November 2026",
        "17 November 2026 to 17 November 2026, any time of the day (America/Tijuana)",
        "waiting for an answer",
        "We called the contact that you named and nobody answered",
    ):
        assert words in page, words
    [form] = json.loads(file)["forms"]
    assert form["choice_of_letters"]["switched_off"] == ["group MINE"]
    assert "Asks for calls" not in page
    assert form["notes_of_the_clinic"] == [
        {"at": "2026-11-17T18:00:00Z", "words": "Asks for calls MINE."}
    ]
    assert form["waiting_list"][0]["offers"][0]["reference"] == "MINE"
    assert form["told_of_changes"] == [
        {
            "at": "2026-11-17T18:00:00Z",
            "appointment": own.appointments.latest("starts_at").code,
            "something_changed": True,
            "number": 2,
            "answers": [],
        }
    ]


@pytest.mark.django_db
def test_much_after_sending_costs_no_more_queries_than_little(
    at_now, django_assert_num_queries, django_assert_max_num_queries
):
    own = factories.ready()
    everything_after_sending(own, "FIRST")
    client = signed_in(own.owner)
    client.get("/consult/my-data/")  # the clinic's settings are read once
    with django_assert_max_num_queries(40) as first:
        client.get("/consult/my-data/")
    for number in range(3):
        more = factories.ready(email=f"more{number}@example.org")
        more.owner = own.owner
        more.save()
        everything_after_sending(more, f"MORE{number}")
    with django_assert_num_queries(len(first)):
        client.get("/consult/my-data/")
