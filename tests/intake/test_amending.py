"""Staff ask for more; the person answers; otherwise a sent form is locked."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consult.intake import actions, amending
from consult.intake.refusals import NotAllowed, NotComplete
from consult.intake.reopened import save_answers, working_copy
from consult.models import AuditEvent, FollowUpRequest, Intake, IntakeSection, Message, Revision
from tests import factories
from tests.factories import NOW
from tests.intake.test_views import posted

pytestmark = pytest.mark.django_db
MEDS, YOU, TREATMENT = "s8_medicines_life", "s1_you", "s3_treatment"
ITEMS: list[amending.Item] = [
    {
        "step": MEDS,
        "question": "meds.types",
        "words": "Which blood thinner, and <b>since</b> when?",
    },
    {"step": MEDS, "question": "", "words": "Please list every medicine."},
]
LATER = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def _at_later() -> Iterator[None]:
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def sent() -> Intake:
    """P01's form, waiting for review, owned by the account of its address."""
    intake = factories.submitted("P01")
    actions.claim(factories.User.objects.get(email="ana@example.org"), now=NOW)
    return Intake.objects.get(pk=intake.pk)


@pytest.fixture
def asked(sent: Intake, clinician: Any) -> Intake:
    amending.ask_for_more(sent, items=ITEMS, by=clinician, now=NOW)
    return Intake.objects.get()


def client_of(intake: Intake) -> Client:
    client = Client()
    client.force_login(intake.owner)
    return client


@pytest.fixture
def ana(asked: Intake) -> Client:
    return client_of(asked)


def at(name: str, intake: Intake, *args: str) -> str:
    return reverse(f"consult:{name}", args=[intake.code, *args])


def answers_of(intake: Intake, step: str, **changed: Any) -> dict[str, Any]:
    stored = intake.sections.get(step=step).answers
    return posted(stored | changed)


def meds(intake: Intake, *types: str, **more: Any) -> dict[str, Any]:
    return answers_of(intake, MEDS, **{"meds.types": list(types), **more})


def row() -> Intake:
    return Intake.objects.get()


# ------------------------------------------------------------------------------------ staff ask
def test_asking_opens_the_form_and_writes_one_letter_without_words_of_health(asked, clinician):
    request = FollowUpRequest.objects.get()
    assert (asked.state, request.items, request.by, request.closed_at) == (
        "asked",
        ITEMS,
        clinician,
        None,
    )
    letter = Message.objects.get(event="message_waiting")
    assert (letter.intake, letter.not_before, letter.values) == (asked, NOW, {})
    event = AuditEvent.objects.about(asked).get(did="asked for more")
    assert (event.by, event.details) == (clinician, {"items": 2})


def test_a_second_letter_within_24_hours_waits(asked, clinician):
    first = FollowUpRequest.objects.get()
    letter = Message.objects.get(event="message_waiting")
    letter.status = "sent"
    letter.save()
    later = NOW + timedelta(hours=3)
    amending.take_back(first, by=clinician, now=later)
    amending.ask_for_more(row(), items=ITEMS, by=clinician, now=later)
    due = Message.objects.filter(event="message_waiting").order_by("not_before")
    assert [one.not_before for one in due] == [NOW, NOW + timedelta(hours=24)]


def test_taking_back_stops_the_letter_and_puts_the_form_back_in_its_place(asked, clinician):
    request = FollowUpRequest.objects.get()
    amending.take_back(request, by=clinician, now=LATER)
    request.refresh_from_db()
    assert (request.closed_at, request.was_answered) == (LATER, False)
    assert (row().state, row().submitted_at) == ("submitted", NOW)
    assert Message.objects.get(event="message_waiting").status == "cancelled"


@pytest.mark.parametrize("state", ["draft", "asked", "withdrawn"])
def test_nothing_can_be_asked_in_other_states(sent, clinician, state):
    Intake.objects.update(state=state, submitted_at=None if state == "draft" else NOW)
    with pytest.raises(NotAllowed):
        amending.ask_for_more(sent, items=ITEMS, by=clinician, now=NOW)
    assert not FollowUpRequest.objects.exists()


@pytest.mark.parametrize(
    "items",
    [
        [],
        [{"step": MEDS, "question": "meds.types", "words": "x" * 501}],
        [{"step": MEDS, "question": "meds.types", "words": "  "}],
        [{"step": YOU, "question": "meds.types", "words": "Which?"}],
        [{"step": YOU, "question": "consent.data", "words": "Please agree."}],
        [{"step": "nowhere", "question": "", "words": "Which?"}],
        [{"step": MEDS, "question": "meds.types", "words": "Which?"}] * 21,
    ],
)
def test_what_cannot_be_asked_is_refused(sent, clinician, items):
    with pytest.raises(NotAllowed):
        amending.ask_for_more(sent, items=items, by=clinician, now=NOW)
    assert row().state == "submitted"


def test_only_a_clinician_asks_and_nobody_about_their_own_form(sent, clinician):
    desk = factories.staff(factories.Role.FRONT_DESK)
    with pytest.raises(NotAllowed):
        amending.ask_for_more(sent, items=ITEMS, by=desk, now=NOW)
    Intake.objects.update(owner=clinician)
    with pytest.raises(NotAllowed):
        amending.ask_for_more(row(), items=ITEMS, by=clinician, now=NOW)
    assert not FollowUpRequest.objects.exists()


def test_the_second_of_two_who_act_at_once_is_told(sent, clinician):
    seen = actions.standing(sent)
    actions.decide(sent, by=clinician, kind="hold", reason="Wait.", now=NOW)
    with pytest.raises(NotAllowed):
        amending.ask_for_more(row(), items=ITEMS, by=clinician, now=NOW, seen=seen)
    assert not FollowUpRequest.objects.exists()


# ------------------------------------------------------------------------------ the person answers
def test_the_person_is_led_from_the_status_page_to_the_words_beside_the_question(asked, ana):
    assert at("amend", asked) in ana.get(reverse("consult:status")).text
    listed = ana.get(at("amend", asked))
    assert [part.step.id for part in listed.context["parts"]] == [MEDS]
    page = ana.get(at("amend_step", asked, MEDS)).text
    assert "Which blood thinner, and &lt;b&gt;since&lt;/b&gt; when?" in page
    assert "Please list every medicine." in page


def test_the_browser_that_sent_the_form_sees_no_words_of_staff_without_a_sign_in(asked):
    client = Client()
    session = client.session
    session["sent"] = str(asked.pk)
    session.save()
    page = client.get(reverse("consult:status")).text
    assert at("amend", asked) in page
    assert "blood thinner, and" not in page
    assert client.get(at("amend", asked)).url == reverse("consult:sign_in")


def test_answers_are_a_working_copy_until_they_are_handed_in(asked, ana):
    before = asked.answers()
    response = ana.post(at("amend_step", asked, MEDS), meds(asked, "anticoagulant"))
    assert response.url == at("amend", asked)
    assert row().answers() == before
    assert working_copy(row()).answers["meds.types"] == ["anticoagulant"]
    assert (row().state, Revision.objects.count()) == ("asked", 1)
    assert b"anticoagulant" not in raw_proposal()


def raw_proposal() -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT proposed FROM consult_intakesection WHERE proposed IS NOT NULL")
        return bytes(cursor.fetchone()[0])


def test_handing_in_makes_a_revision_judged_anew_and_brings_the_form_back(asked, ana):
    old = asked.assessments.get()
    ana.post(at("amend_step", asked, MEDS), meds(asked, "anticoagulant"))
    response = ana.post(at("amend", asked))
    assert response.url == reverse("consult:status")
    after = row()
    assert (after.state, after.submitted_at, after.revision) == ("submitted", LATER, 2)
    assert after.answers()["meds.types"] == ["anticoagulant"]
    latest = after.latest_assessment()
    assert (latest.pk != old.pk, after.rank, latest.rank > old.rank) == (True, latest.rank, True)
    assert after.assessments.filter(pk=old.pk, result__isnull=False).exists()
    assert [(one.number, one.reason) for one in Revision.objects.all()] == [
        (1, "sent"),
        (2, "asked"),
    ]
    request = FollowUpRequest.objects.get()
    assert (request.closed_at, request.was_answered) == (LATER, True)
    assert not IntakeSection.objects.filter(proposed__isnull=False).exists()


def test_a_second_click_finds_the_work_done(asked, ana):
    ana.post(at("amend_step", asked, MEDS), meds(asked, "anticoagulant"))
    first, second = ana.post(at("amend", asked)), ana.post(at("amend", asked))
    assert (first.url, second.url) == (reverse("consult:status"),) * 2
    assert (row().revision, row().assessments.count()) == (2, 2)


def test_handing_in_is_refused_while_a_part_that_was_asked_for_was_not_answered(asked, ana):
    response = ana.post(at("amend", asked))
    assert response.status_code == 422
    assert "not sent yet" in response.text
    with pytest.raises(NotComplete):
        amending.hand_in_answers(asked, now=LATER)
    assert (row().state, row().revision) == ("asked", 1)


def test_what_a_new_answer_brings_up_in_another_part_is_open_too_and_needed(sent, clinician):
    items = [{"step": TREATMENT, "question": "treatment.routes", "words": "Where to?"}]
    amending.ask_for_more(sent, items=items, by=clinician, now=NOW)
    ana = client_of(sent)
    data = answers_of(sent, TREATMENT, **{"treatment.routes": ["intrathecal"]})
    ana.post(at("amend_step", sent, TREATMENT), data)
    parts = {one.step.id: [q.id for q in one.open] for one in working_copy(row()).parts}
    assert parts == {TREATMENT: [], "s7_infection_nerves": ["spine.lp_problem"]}
    page = ana.get(at("amend_step", sent, "s7_infection_nerves"))
    assert page.context["form"].shown == ["spine.lp_problem"]
    assert ana.post(at("amend", sent)).status_code == 422
    ana.post(at("amend_step", sent, "s7_infection_nerves"), {"spine.lp_problem": "no"})
    ana.post(at("amend", sent))
    assert row().answers()["spine.lp_problem"] == "no"


def test_a_wrong_answer_is_told_at_its_question_and_keeps_the_rest(sent, clinician):
    items = [{"step": YOU, "question": "body.height", "words": "Is this right?"}]
    amending.ask_for_more(sent, items=items, by=clinician, now=NOW)
    ana = client_of(sent)
    data = answers_of(sent, YOU) | {"body.height": "900", "body.weight": "71"}
    response = ana.post(at("amend_step", sent, YOU), data)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["body.height"]
    assert working_copy(row()).answers["body.weight"] == 71


def test_agreements_are_not_part_of_what_is_answered_again(sent, clinician):
    items = [{"step": YOU, "question": "", "words": "Please look again."}]
    amending.ask_for_more(sent, items=items, by=clinician, now=NOW)
    ana = client_of(sent)
    assert not any(
        "consent" in one for one in ana.get(at("amend_step", sent, YOU)).context["form"].fields
    )
    ana.post(at("amend_step", sent, YOU), answers_of(sent, YOU) | {"consent.email": ""})
    ana.post(at("amend", sent))
    assert row().answers()["consent.email"] == sent.answers()["consent.email"]


# ------------------------------------------------------------------------------ what cannot wait
def test_a_danger_answer_shows_the_card_at_once_and_raises_the_urgent_task(sent, clinician):
    items = [{"step": YOU, "question": "safety.now", "words": "How are you today?"}]
    amending.ask_for_more(sent, items=items, by=clinician, now=NOW)
    ana, card = client_of(sent), at("amend_urgent", sent)
    data = answers_of(sent, YOU, **{"safety.now": ["chest_pain"]})
    assert ana.post(at("amend_step", sent, YOU), data).url == card
    shown = ana.get(card)
    assert 'role="alert"' in shown.text
    assert ana.post(at("amend", sent)).url == card  # not past it
    codes = [one.code for one in shown.context["cards"]]
    assert ana.post(card, {"choice": "go_on", "card": codes}).url == at("amend", sent)
    ana.post(at("amend", sent))
    assert (row().state, row().rank) == ("submitted", 5)
    assert [task.event for task in row().tasks.all()] == ["staff_urgent_intake"]


# ------------------------------------------------------------------------------ at the same time
def test_two_tabs_get_a_choice_and_nothing_is_overwritten(asked, ana):
    here = at("amend_step", asked, MEDS)
    seen = ana.get(here).context["version"]
    ana.post(here, meds(asked, "anticoagulant") | {"version": seen})
    response = ana.post(here, meds(asked, "aspirin") | {"version": seen})
    assert response.status_code == 409
    assert working_copy(row()).answers["meds.types"] == ["anticoagulant"]
    ana.post(here, meds(asked, "aspirin") | {"version": response.context["version"]})
    assert working_copy(row()).answers["meds.types"] == ["aspirin"]


def test_taken_back_while_the_person_answers_nothing_is_sent_and_they_are_told(
    asked, ana, clinician
):
    ana.post(at("amend_step", asked, MEDS), meds(asked, "anticoagulant"))
    amending.take_back(FollowUpRequest.objects.get(), by=clinician, now=LATER)
    for response in (
        ana.post(at("amend_step", asked, MEDS), meds(asked, "aspirin")),
        ana.post(at("amend", asked)),
        ana.get(at("amend", asked)),
        ana.post(at("amend_urgent", asked), {"choice": "go_on"}),
    ):
        assert response.status_code == 409
        assert "Nothing can be changed in this form now" in response.text
    assert (row().state, row().revision) == ("submitted", 1)


def test_a_form_withdrawn_meanwhile_takes_nothing(asked, ana):
    Intake.objects.update(state="withdrawn")
    assert ana.post(at("amend_step", asked, MEDS), meds(asked, "aspirin")).status_code == 409
    assert ana.post(at("amend", asked)).status_code == 409
    assert not IntakeSection.objects.filter(proposed__isnull=False).exists()


def test_answering_and_taking_back_have_one_outcome(asked, ana, clinician):
    ana.post(at("amend_step", asked, MEDS), meds(asked, "anticoagulant"))
    ana.post(at("amend", asked))
    with pytest.raises(NotAllowed):
        amending.take_back(FollowUpRequest.objects.get(), by=clinician, now=LATER)
    assert FollowUpRequest.objects.get().was_answered


def test_a_session_that_ends_keeps_what_was_typed_on_the_page(asked):
    response = Client().post(at("amend_step", asked, MEDS), meds(asked, "anticoagulant"))
    assert response.status_code == 409
    assert ("meds.types", "anticoagulant") in response.context["entered"]


# ------------------------------------------------------------------------------- otherwise locked
DRAFT_ADDRESSES = [
    reverse("consult:tasks"),
    reverse("consult:contact"),
    reverse("consult:check"),
    reverse("consult:urgent"),
    *(reverse("consult:step", args=[step]) for step in (YOU, MEDS, TREATMENT)),
]


@pytest.mark.parametrize("state", ["submitted", "asked", "on_hold", "ready", "withdrawn"])
@pytest.mark.parametrize("path", DRAFT_ADDRESSES)
def test_no_address_of_a_draft_changes_a_sent_form(sent, path, state):
    Intake.objects.update(state=state)
    before = (list(Intake.objects.values()), list(IntakeSection.objects.values()))
    client = client_of(sent)
    session = client.session
    session["draft"] = str(sent.pk)
    session.save()
    data = posted(factories.PERSONAS["P04"]["answers"]) | factories.CONTACT
    assert client.post(path, data | {"choice": "go_on", "card": "emergency_call"}).status_code in {
        302,
        409,
    }
    assert (list(Intake.objects.values()), list(IntakeSection.objects.values())) == before


@pytest.mark.parametrize("state", ["submitted", "on_hold", "withdrawn"])
def test_a_sent_form_that_nobody_asks_about_is_locked(sent, state):
    Intake.objects.update(state=state)
    before = list(IntakeSection.objects.values())
    ana = client_of(sent)
    for path in (at("amend", sent), at("amend_step", sent, MEDS), at("changes", sent)):
        data = meds(sent, "aspirin") | {"choice": "pick", "changed": ["meds.types"]}
        assert ana.post(path, data).status_code == 409, path
        assert ana.get(path).status_code == 409, path
    assert list(IntakeSection.objects.values()) == before


def test_a_part_that_was_not_asked_for_stays_locked(asked, ana):
    path = at("amend_step", asked, TREATMENT)
    data = answers_of(asked, TREATMENT, **{"treatment.routes": ["intrathecal"]})
    assert (ana.get(path).status_code, ana.post(path, data).status_code) == (409, 409)
    assert ana.get(at("amend_step", asked, "nowhere")).status_code == 404
    with pytest.raises(NotAllowed):
        save_answers(asked, step=TREATMENT, answers={}, cleared=(), seen=None, now=LATER)
    assert working_copy(row()).answers == asked.answers()


def test_the_list_costs_the_same_however_much_is_asked(sent, clinician):
    client, counted = client_of(sent), []
    for steps in ([YOU], [YOU, TREATMENT, MEDS, "s2_concern"]):
        items = [{"step": step, "question": "", "words": "Please look again."} for step in steps]
        amending.ask_for_more(row(), items=items, by=clinician, now=NOW)
        client.get(at("amend", sent))
        with CaptureQueriesContext(connection) as queries:
            assert len(client.get(at("amend", sent)).context["parts"]) == len(steps)
        counted.append(len(queries))
        amending.take_back(FollowUpRequest.objects.open().get(), by=clinician, now=NOW)
    assert counted[0] == counted[1]
