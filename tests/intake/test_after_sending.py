"""The page of a sent form: where it stands, what to read, what to ask. As a browser meets it."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from consult.dashboard.queries import due_at, level_at
from consult.intake import actions as intake_actions
from consult.intake import amending, reopened
from consult.intake.revisions import hand_in
from consult.intake.timeline import Course, promise
from consult.models import Intake, Revision, User
from consult.privacy.actions import withdraw
from consult.rules.published import load_ruleset
from content.making.tree import make_pages
from content.models import ClinicSettings
from tests import factories
from tests.factories import NOW, PERSONAS

pytestmark = pytest.mark.django_db
STATUS, QUESTIONS = "/consult/status/", "/consult/questions/"
SENT = "You sent your form on Tuesday 17 November, 10:00 (clinic time)."
READ = "A clinician has read it."
AFTER = "After that we write to you: you can then choose a time, or we ask you for more."


@pytest.fixture(autouse=True)
def an_hour_later() -> Iterator[None]:
    with at(NOW + timedelta(hours=1)):
        yield


def at(instant: Any) -> Any:
    return time_machine.travel(instant, tick=False)


def owned(intake: Intake) -> Intake:
    intake.owner = User.objects.get(email=intake.contact_email)
    intake.save()
    return intake


def of_level(level: str, **contact: str) -> Intake:
    persona = next(one for one in PERSONAS.values() if one["expected"]["level"] == level)
    return owned(factories.submitted(persona["id"], **contact))


def of(intake: Intake) -> Client:
    client = Client()
    client.force_login(intake.owner)
    return client


def that_sent(intake: Intake) -> Client:
    client = Client()
    session = client.session
    session["sent"] = str(intake.pk)
    session.save()
    return client


def plain(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def timelines(client: Client) -> list[list[str]]:
    page = client.get(STATUS).content.decode()
    found = re.findall(r'<ol class="timeline">(.*?)</ol>', page, re.DOTALL)
    return [[plain(one) for one in re.findall(r"<li.*?>(.*?)</li>", each, re.S)] for each in found]


def timeline(intake: Intake) -> list[str]:
    [only] = timelines(of(intake))
    return only


def ask_and_answer(intake: Intake, doctor: User, now: Any) -> None:
    step = "s8_medicines_life"
    asked = [{"step": step, "question": "", "words": "Which?"}]
    amending.ask_for_more(intake, items=asked, by=doctor, now=NOW)
    answers = intake.sections.get(step=step).answers
    reopened.save_answers(intake, step=step, answers=answers, cleared=(), seen=None, now=now)
    amending.hand_in_answers(intake, now=now)


# ---------------------------------------------------------------------------- what happens next
def test_a_form_without_a_promised_time_names_no_date():
    assert timeline(of_level("routine")) == [
        SENT,
        "Next: A clinician will read your form. Forms are read in the order in which they arrive.",
        AFTER,
    ]


@pytest.mark.parametrize(
    ("level", "by"),
    {
        "urgent": "Tuesday 17 November, 11:00",
        "contraindicated_until_reviewed": "Wednesday 18 November, 17:00",
        "high": "Thursday 19 November, 17:00",
        "moderate": "Tuesday 24 November, 17:00",
    }.items(),
)
def test_a_promise_is_told_as_a_time(level, by):
    with at(NOW + timedelta(minutes=1)):
        assert timeline(of_level(level)) == [
            SENT,
            f"Next: A clinician reads your form by {by} (clinic time).",
            AFTER,
        ]


def test_a_promise_that_was_broken_is_told_honestly_with_the_number_to_call():
    clinic = ClinicSettings.objects.first() or ClinicSettings(site_id=1)
    clinic.phone = "+52 664 000 0000"
    clinic.save()
    intake = of_level("high")
    with at(NOW + timedelta(days=3)):
        assert timeline(intake)[1] == (
            "Next: We said that a clinician would read your form by Thursday 19 November, 17:00 "
            "(clinic time). We are late, and we are sorry. Please call us on +52 664 000 0000 and "
            "give your reference."
        )


def test_answers_handed_in_again_start_the_promise_anew():
    intake, doctor = of_level("high"), factories.clinician()
    again = NOW + timedelta(days=2)
    ask_and_answer(intake, doctor, again)
    with at(again + timedelta(hours=1)):
        assert timeline(intake)[:3] == [
            SENT,
            "You handed in changed answers on Thursday 19 November, 10:00 (clinic time).",
            "Next: A clinician reads your form by Monday 23 November, 17:00 (clinic time).",
        ]


def test_a_form_on_hold_says_that_this_is_not_a_no():
    intake = factories.ready()
    intake_actions.decide(intake, by=factories.clinician(), kind="hold", reason="x", now=NOW)
    assert timeline(intake) == [
        *(SENT, READ),
        "Next: Before a talk can be planned, our team needs to clear up some points. "
        "We will contact you. This does not mean no.",
    ]


def test_a_form_that_staff_ask_about_says_whose_turn_it_is():
    intake = factories.ready()
    Intake.objects.filter(pk=intake.pk).update(state="asked")
    assert timeline(intake) == [
        *(SENT, "Our team has looked at it."),
        "Next: Our team asks you for more. Please answer what they ask.",
        "After that a clinician reads your answers.",
    ]


def test_a_form_that_is_ready_leads_to_choosing_a_time():
    intake = factories.ready()
    assert timeline(intake) == [SENT, READ, "Next: A talk with a clinician. Choose a time"]
    assert 'href="/consult/book/"' in of(intake).get(STATUS).content.decode()


BOOKED = (
    "Next: Your appointment: Tuesday 24 November 2026, 10:00, Tijuana time First talk "
    "See, move or cancel it · Add to your calendar"
)
ON = "Tuesday 24 November 2026, 10:00, Tijuana time"


def test_a_booked_time_stands_there_with_its_calendar_file():
    intake = factories.ready()
    visit = factories.appointment(intake)
    assert timeline(intake) == [SENT, READ, BOOKED]
    link = f'href="/consult/appointments/{visit.code}/appointment.ics"'
    assert link in of(intake).get(STATUS).content.decode()


def test_a_visit_in_another_zone_names_both_clocks():
    intake = factories.ready()
    factories.appointment(intake, zone="Europe/Berlin")
    assert timeline(intake)[2].startswith(
        "Next: Your appointment: Tuesday 24 November 2026, 19:00, Berlin time "
        "Tuesday 24 November 2026, 10:00, Tijuana time"
    )


def test_a_time_that_was_asked_for_is_not_told_as_booked():
    intake = factories.ready()
    factories.appointment(intake, status="requested")
    assert timeline(intake)[2:] == [
        f"Next: You have asked for this time: {ON} First talk We keep it for you and write to you "
        "within one working day. See it or take it back"
    ]


def test_a_visit_that_stands_while_the_form_is_looked_at_again_is_still_told():
    intake = factories.ready()
    factories.appointment(intake)
    intake_actions.decide(intake, by=factories.clinician(), kind="hold", reason="x", now=NOW)
    assert timeline(intake)[3] == BOOKED.removeprefix("Next: ")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            {"status": "attended"},
            [
                f"You had your appointment on {ON}.",
                "Take the time that you need. If you want to talk again or have a question, please "
                "call us and give your reference.",
            ],
        ),
        (
            {"status": "missed"},
            [
                f"You had an appointment on {ON}, and we did not meet.",
                "Next: You can still have a talk. Choose a new time",
            ],
        ),
        (
            {"status": "cancelled", "cancelled_at": NOW},
            [
                f"You cancelled the appointment on {ON}.",
                "Next: A talk with a clinician. Choose another time",
            ],
        ),
        (
            {"status": "cancelled", "cancelled_at": NOW, "by_clinic": True},
            [
                f"The clinic cancelled the appointment on {ON}.",
                "Next: A talk with a clinician. Choose another time",
            ],
        ),
        (
            {"status": "booked"},
            [
                f"Your appointment was on {ON}.",
                "If we did not meet, or you want to talk again, please call us and give your "
                "reference.",
            ],
        ),
        (
            {"status": "requested"},
            [
                f"You asked for {ON}, and nobody confirmed it in time.",
                "Next: We are sorry. Please call us and give your reference. "
                "Or choose another time",
            ],
        ),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_after_a_visit_the_page_says_how_it_went_and_what_can_be_done(fields, told):
    intake = factories.ready()
    factories.appointment(intake, **fields)
    with at(NOW + timedelta(days=8)):
        assert timeline(intake)[2:] == told


def test_a_form_that_was_taken_back_has_nothing_ahead_and_nothing_to_read():
    intake = factories.ready()
    withdraw(intake, by=intake.owner, now=NOW)
    assert timeline(intake) == [
        *(SENT, "You have taken your form back. Nothing more happens with it.")
    ]
    page = plain(of(intake).get(STATUS).content.decode())
    assert "Pages you may want to read" not in page
    assert "Add a question" not in page


def test_urgent_advice_stays_at_the_top_until_the_person_was_seen():
    intake = of_level("urgent")
    page = of(intake).get(STATUS).content.decode()
    assert page.index("urgency-emergency_now") < page.index("<h1>")
    factories.appointment(intake, status="attended")
    assert "urgency-emergency_now" not in of(intake).get(STATUS).content.decode()


LEVELS = "|".join(re.escape(one.label) for one in load_ruleset().levels if one.code != "info")


def test_no_page_of_the_person_names_a_level_or_its_code():
    make_pages()
    for persona in PERSONAS:
        intake = owned(factories.submitted(persona, email=f"{persona}@example.org"))
        client = of(intake)
        for address in (STATUS, QUESTIONS, "/consult/my-data/"):
            page = client.get(address).content.decode()
            # The person's own answers stand folded away, "High blood pressure" among them.
            own = re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)
            main = plain(own[own.index("<main") : own.index("</main>")])
            assert re.findall(rf"\b({LEVELS})\b", main) == [], (persona, address)
            codes = [one.code for one in load_ruleset().levels if f'"{one.code}"' in page]
            assert codes == [], (persona, address)


# ------------------------------------------------------------------------------- what to read
def reading(client: Client) -> list[str]:
    page = client.get(STATUS).content.decode()
    found = re.search(r'<ul class="reading">(.*?)</ul>', page, re.DOTALL)
    assert found
    return [plain(one) for one in re.findall(r"<li>(<a .*?</a>)", found[1], re.S)]


EVERYBODY = [
    *("Unregulated clinics", "What research shows", "Who is at higher risk"),
    "When to get help now",
]
LISTS = {
    "P01": ["Worn or painful joints", "Pain and swelling", "Immune reactions", *EVERYBODY],
    "P04": ["Multiple sclerosis", "Autoimmune flares", *EVERYBODY],
    "P09": [
        *("Ageing, energy and wellness", "Infection", "Immune reactions", "Blood clots"),
        *("Nerves and brain", *EVERYBODY),
    ],
    "P12": [
        *("Autism and cerebral palsy", "Infection", "Immune reactions", "Blood clots", *EVERYBODY),
    ],
}


def test_the_list_is_the_persons_topics_and_everybodys_in_the_sites_order():
    make_pages()
    lists = {
        key: reading(of(owned(factories.submitted(key, email=f"{key}@example.org"))))
        for key in ("P01", "P04", "P09", "P12")
    }
    assert lists == LISTS


def test_where_a_page_says_why_we_ask_the_list_leads_to_that_part():
    make_pages()
    person = of(owned(factories.submitted("P04", email="p04@example.org")))
    page = person.get(STATUS).content.decode()
    found = re.search(r'<ul class="reading">(.*?)</ul>', page, re.DOTALL)
    assert found
    first, second, *_ = re.findall(r"<li>(.*?)</li>", found[1], re.S)
    assert plain(first) == "Multiple sclerosis"
    assert re.findall(">(.*?)</a>", second) == ["Autoimmune flares", "why we ask about it"]
    own, part = re.findall(r'href="(.*?)"', second)
    assert part == f"{own}#what-we-ask"


def test_without_pages_the_list_still_leads_somewhere():
    assert reading(of(of_level("routine"))) == ["The risks"]


# ------------------------------------------------------------------------- the same instant
@pytest.mark.parametrize("level", [one.code for one in load_ruleset().levels])
@pytest.mark.parametrize("after", ["sending", "answering again", "taken back", "a new level"])
def test_the_person_and_the_staff_are_promised_the_same_instant(level, after):
    intake, doctor = of_level(level), factories.clinician()
    later = NOW + timedelta(days=1)
    match after:
        case "answering again":
            ask_and_answer(intake, doctor, later)
        case "taken back":
            # meanwhile the person had said what changed, which brought nothing new
            hand_in(intake, Revision.Reason.CHANGED, now=later)
            asked = [{"step": "s8_medicines_life", "question": "", "words": "Which?"}]
            request = amending.ask_for_more(row(intake), items=asked, by=doctor, now=later)
            amending.take_back(request, by=doctor, now=later)
        case "a new level":
            intake_actions.reassess(intake, ruleset=load_ruleset(), now=later)
    intake = row(intake)
    assessment = intake.latest_assessment()
    shown, _ = promise(Course(intake, assessment, [], [], "", later))
    version = assessment.ruleset
    assert due_at(intake, level_at(intake.rank, version), version) == shown


def row(intake: Intake) -> Intake:
    return Intake.objects.get(pk=intake.pk)
