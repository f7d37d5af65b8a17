"""What one person has been and would be written; it agrees with what a booking then writes."""

import pytest

from consult.booking.letters import write
from consult.dashboard.ahead import foreseen, wishes_of
from consult.models import AuditEvent, LetterChoice, Message
from consult.rules import simulation
from tests import factories
from tests.factories import NOW, at
from tests.followups.rows import letter

pytestmark = [pytest.mark.usefixtures("at_now"), pytest.mark.django_db]
VISIT = {"talk_at": "2026-11-27T10:30", "mode": "person", "treatment_at": ""}


@pytest.fixture
def intake():
    return factories.ready()


def page_of(intake):
    return f"/staff/intakes/{intake.code}/letters/"


def text_of(response):
    return response.content.decode()


def told(response):
    return [(one.words, one.not_sent) for one in response.context["lines"]]


def test_the_page_shows_what_was_written_and_records_who_looked(front_desk_client, intake):
    page = text_of(front_desk_client.get(page_of(intake)))
    assert "We have received your form" in page
    assert "You can choose a time" in page
    events = AuditEvent.objects.about(intake).filter(did="viewed intake")
    assert [one.details for one in events] == [{"part": "letters"}]


def test_it_looks_ahead_and_writes_nothing(front_desk_client, intake):
    before = list(Message.objects.order_by("pk").values())
    response = front_desk_client.post(page_of(intake), VISIT)
    assert told(response) == [
        ("Your appointment is booked", ""),
        ("Your appointment in 3 days", ""),
        ("Your appointment tomorrow", ""),
        ("Your summary is ready", ""),
        ("Take the time you need", ""),
    ]
    assert "Tuesday 24 November 2026, 10:30, Tijuana time" in text_of(response)
    assert list(Message.objects.order_by("pk").values()) == before


def test_the_persons_choices_count(front_desk_client, intake):
    LetterChoice.objects.create(intake=intake, choice={"off": ["appointments"]}, changed_at=NOW)
    said = dict(told(front_desk_client.post(page_of(intake), VISIT)))
    assert said["Your appointment tomorrow"] == simulation.SWITCHED_OFF
    assert said["Your appointment is booked"] == ""


@pytest.mark.parametrize("mode", ["person", "video"])
@pytest.mark.parametrize("when", ["2026-11-27T10:30", "2026-11-18T09:00", "2026-11-27T07:00"])
def test_what_is_foreseen_is_what_a_booking_writes(intake, mode, when):
    asked = {"talk_at": at(when), "mode": mode, "treatment_at": None}
    ahead = simulation.foresee(
        wishes_of(intake),
        now=NOW,
        talk=simulation.Visit(at(when), at(when), wishes_of(intake).zone, mode),
    )
    assert len(foreseen(intake, asked, now=NOW)) == len(ahead)
    visit_type = factories.VisitTypeFactory(mode=mode)
    visit = factories.appointment(intake, starts_at=at(when), visit_type=visit_type)
    known = set(Message.objects.values_list("pk", flat=True))
    write("booking_confirmed", visit, now=NOW)
    written = Message.objects.exclude(pk__in=known).exclude(status="cancelled")
    about_the_visit = {"after_consultation", "time_to_decide"}
    assert sorted(written.values_list("event", "not_before")) == sorted(
        (one.event, one.at)
        for one in ahead
        if not one.not_sent and one.event not in about_the_visit
    )


@pytest.mark.parametrize("when", ["2026-12-01T10:00", "2026-11-19T07:30", "2026-12-01T22:00"])
def test_what_is_foreseen_of_a_treatment_is_what_booking_it_writes(intake, when):
    visit_type = factories.VisitTypeFactory(mode="person", purpose="treatment")
    visit = factories.appointment(intake, starts_at=at(when), visit_type=visit_type)
    zone = wishes_of(intake).zone
    treatment = simulation.Visit(at(when), visit.ends_at, zone, "person", is_treatment=True)
    ahead = simulation.foresee(wishes_of(intake), now=NOW, treatment=treatment)
    known = set(Message.objects.values_list("pk", flat=True))
    write("booking_confirmed", visit, now=NOW)
    written = Message.objects.exclude(pk__in=known).exclude(status="cancelled")
    assert sorted(written.values_list("event", "not_before")) == sorted(
        (one.event, one.at)
        for one in ahead
        if not one.not_sent and not one.event.startswith("checkin_")
    )


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"talk_at": "soon"},
        {"talk_at": "2026-11-16T10:00"},
        {"talk_at": "9999-12-31T23:59"},
        {"talk_at": "0001-01-01T00:00"},
        {"treatment_at": "2026-13-45T99:99"},
        {"talk_at": "2026-11-27T10:30", "mode": "pigeon"},
        {"talk_at": "\x00"},
    ],
)
def test_a_time_that_cannot_be_gets_a_sentence(front_desk_client, intake, data):
    response = front_desk_client.post(page_of(intake), data)
    assert response.status_code == 422
    assert "There is a problem" in text_of(response)


def test_it_costs_the_same_however_many_letters_there_are(
    front_desk_client, intake, django_assert_max_num_queries
):
    front_desk_client.get(page_of(intake))
    for _ in range(40):
        letter(intake=intake)
    with django_assert_max_num_queries(20):
        assert len(front_desk_client.get(page_of(intake)).context["rows"]) >= 40
