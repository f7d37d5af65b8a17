"""What may be booked follows from what a clinician has said of the form, and the page says why."""

from typing import Any

import pytest

from consult.booking import actions
from consult.booking.offers import offer_to
from consult.booking.refusals import NotBookable
from consult.models import Appointment, Intake, VisitType
from tests import factories
from tests.factories import NOW, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_today")]
BOOK = "/consult/book/"


@pytest.fixture
def kinds(db: None) -> None:
    """Short for the lower places in the queue, long for the higher ones, and two for others."""
    make = factories.VisitTypeFactory
    make(name="Short", length_minutes=30, to_rank=2, position=1)
    make(name="Long", length_minutes=60, from_rank=3, to_rank=4, position=2)
    make(name="Visit", booked_by="request", to_rank=4, position=3)
    make(name="Ours", booked_by="staff", position=4)
    make(name="Old", is_active=False, position=5)


def ranked(intake: Intake, rank: int) -> Intake:
    Intake.objects.filter(pk=intake.pk).update(rank=rank)
    return Intake.objects.get(pk=intake.pk)


@pytest.mark.parametrize(
    ("rank", "expected"),
    [
        (0, [("Short", False), ("Visit", True)]),
        (2, [("Short", False), ("Visit", True)]),
        (3, [("Long", False), ("Visit", True)]),
        (4, [("Long", False), ("Visit", True)]),
        # Nothing is meant for it: everything can be asked for.
        (5, [("Short", True), ("Long", True), ("Visit", True)]),
    ],
)
@pytest.mark.usefixtures("kinds")
def test_each_place_in_the_queue_has_something_to_choose(
    ana: Any, rank: int, expected: Any
) -> None:
    offer = offer_to(ranked(ana, rank), by=ana.owner)
    assert [(one.visit_type.name, one.by_request) for one in offer.all] == expected
    assert offer.why


@pytest.mark.usefixtures("kinds")
def test_staff_choose_among_all_that_are_on_offer(ana: Any, doctor: Any) -> None:
    offer = offer_to(ranked(ana, 5), by=doctor)
    assert [(one.visit_type.name, one.by_request) for one in offer.all] == [
        (name, False) for name in ("Short", "Long", "Visit", "Ours")
    ]


@pytest.mark.usefixtures("kinds")
def test_a_visit_that_is_too_short_is_not_booked_and_the_page_offers_the_right_one(
    ana: Any, patient: Any
) -> None:
    ranked(ana, 3)
    short = VisitType.objects.get(name="Short")
    answer = patient.post(f"{BOOK}?type={short.pk}", {"starts_at": "2026-11-24T18:00Z"})
    assert answer.status_code == 422
    assert "shorter or longer than what you need" in answer.text
    assert "Long: by video, about 60 minutes." in answer.text
    assert 'name="starts_at" value="20' in answer.text


@pytest.mark.usefixtures("kinds")
def test_where_nothing_fits_a_time_is_asked_for(ana: Any) -> None:
    made = actions.book(
        ranked(ana, 5),
        visit_type=VisitType.objects.get(name="Short"),
        clinician=None,
        starts_at=at("2026-11-24T10:00"),
        zone="America/Tijuana",
        idempotency_key="k",
        by=ana.owner,
        now=NOW,
    )
    assert made.status == "requested"


@pytest.mark.usefixtures("kinds")
def test_the_pages_say_why_without_levels_and_health_words(ana: Any, patient: Any) -> None:
    ranked(ana, 3)
    page = patient.get(BOOK).text
    main = page.split("<main")[1].split("</main>")[0].casefold()
    assert "give the two of you enough time" in main
    for word in ("level", "risk", "rank", "high", "urgent", "contraindic"):
        assert word not in main, word


@pytest.mark.parametrize("state", ["submitted", "asked", "on_hold"])
def test_urgent_and_not_cleared_is_advice_to_call_instead_of_a_time(
    ana: Any, talk: Any, patient: Any, state: str
) -> None:
    Intake.objects.filter(pk=ana.pk).update(rank=5, state=state)
    page = patient.get(BOOK).text
    assert "Please call us now" in page
    assert "local emergency number" in page
    assert 'name="starts_at"' not in page
    with pytest.raises(NotBookable, match="Call us now"):
        actions.hold(
            Intake.objects.get(pk=ana.pk),
            visit_type=talk,
            clinician=None,
            starts_at=at("2026-11-24T10:00"),
            by=ana.owner,
            now=NOW,
        )
    assert patient.post(BOOK, {"starts_at": "2026-11-24T18:00Z"}).status_code == 409


def test_urgent_and_cleared_chooses_like_everybody(ana: Any, talk: Any, patient: Any) -> None:
    ranked(ana, 5)
    assert 'name="starts_at"' in patient.get(BOOK).text


def test_a_form_that_waits_for_its_person_says_so(ana: Any, talk: Any, patient: Any) -> None:
    Intake.objects.update(state="asked")
    assert "We have asked you for something more." in patient.get(BOOK).text


@pytest.mark.usefixtures("kinds")
def test_staff_book_any_kind_at_once(ana: Any, doctor: Any) -> None:
    for name in ("Short", "Visit", "Ours"):
        made = actions.book(
            ranked(ana, 4),
            visit_type=VisitType.objects.get(name=name),
            clinician=None,
            starts_at=at("2026-11-24T10:00"),
            zone="America/Tijuana",
            idempotency_key=name,
            by=doctor,
            now=NOW,
        )
        assert made.status == "booked"
        actions.cancel(made, by=doctor, now=NOW)
    assert Appointment.objects.count() == 3
