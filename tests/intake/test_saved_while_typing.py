"""Parts of a sent form that are open again save themselves while somebody types."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from consult.booking import actions as booking
from consult.booking.refusals import NotBookable
from consult.intake import amending
from consult.intake.reopened import working_copy
from consult.models import Hold, Intake, User
from consult.models.booking import HOLD_FOR
from tests import factories
from tests.factories import NOW
from tests.intake.test_amending import ITEMS, LATER, MEDS, YOU, answers_of, at, client_of, meds, row

pytestmark = pytest.mark.django_db
TYPED = "meds.types"


@pytest.fixture(autouse=True)
def _at_later() -> Iterator[None]:
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def asked(clinician: Any) -> Intake:
    """A form whose medicines staff ask about."""
    intake = factories.submitted("P01")
    intake.owner = User.objects.get(email=intake.contact_email)
    intake.save()
    amending.ask_for_more(intake, items=ITEMS, by=clinician, now=NOW)
    return Intake.objects.get()


@pytest.fixture
def ana(asked: Intake) -> Client:
    return client_of(asked)


def autosaved(client: Client, form: Intake, *types: str, version: int | str = 0) -> Any:
    posted = meds(form, *types) | {"autosave": "1", "version": str(version)}
    return client.post(at("amend_step", form, MEDS), posted)


def kept() -> Any:
    return working_copy(row()).answers[TYPED]


def version_of(client: Client, form: Intake) -> int:
    return int(client.get(at("amend_step", form, MEDS)).context["version"])


def test_what_is_valid_is_kept_and_the_answer_says_only_the_new_version(asked, ana):
    seen = version_of(ana, asked)
    response = autosaved(ana, asked, "anticoagulant", version=seen)
    assert (response.status_code, response.content) == (204, b"")
    assert int(response["X-Section-Version"]) == seen + 1 == version_of(ana, asked)
    assert (kept(), row().answers()[TYPED]) == (["anticoagulant"], asked.answers()[TYPED])
    assert "data-autosave" in ana.get(at("amend_step", asked, MEDS)).text


def test_without_news_nothing_is_written(asked, ana):
    seen = version_of(ana, asked)
    response = autosaved(ana, asked, *asked.answers()[TYPED], version=seen)
    assert (response.status_code, int(response["X-Section-Version"])) == (204, seen)
    assert version_of(ana, asked) == seen


def test_another_tab_is_not_written_over(asked, ana):
    seen = version_of(ana, asked)
    autosaved(ana, asked, "anticoagulant", version=seen)
    assert autosaved(ana, asked, "aspirin", version=seen).status_code == 409
    assert kept() == ["anticoagulant"]


def test_what_is_no_longer_open_is_not_kept(asked, ana, clinician):
    seen = version_of(ana, asked)
    amending.take_back(amending.open_request(asked), by=clinician, now=LATER)
    assert autosaved(ana, asked, "anticoagulant", version=seen).status_code == 409
    assert row().sections.get(step=MEDS).proposed is None


def test_nobody_else_and_nobody_signed_out_saves(asked):
    other = client_of(factories.ready(email="other@example.org"))
    assert autosaved(other, asked, "anticoagulant").status_code == 404
    assert autosaved(Client(), asked, "anticoagulant").status_code == 409
    assert asked.sections.get(step=MEDS).proposed is None


# ------------------------------------------------ a danger sign that is handed in after sending
def test_a_danger_sign_handed_in_again_pauses_booking_and_goes_to_the_top(clinician):
    form, calm = factories.ready(by=factories.opened(clinician)), factories.submitted("P09")
    assert calm.rank < 5
    talk = factories.VisitTypeFactory()
    starts_at = factories.at("2026-11-24T10:00")
    held: dict[str, Any] = {"visit_type": talk, "clinician": None, "starts_at": starts_at}
    booking.hold(form, **held, by=form.owner, now=NOW)
    Intake.objects.filter(pk=form.pk).update(state="submitted")
    items = [{"step": YOU, "question": "safety.now", "words": "How are you today?"}]
    amending.ask_for_more(Intake.objects.get(pk=form.pk), items=items, by=clinician, now=NOW)
    client = client_of(form)
    client.post(
        at("amend_step", form, YOU), answers_of(form, YOU, **{"safety.now": ["chest_pain"]})
    )
    card = at("amend_urgent", form)
    client.post(card, {"choice": "go_on", "card": ["emergency_call"]})
    client.post(at("amend", form))
    form = Intake.objects.get(pk=form.pk)
    assert list(Intake.objects.awaiting_review()) == [form, calm]
    with pytest.raises(NotBookable, match="Call us now"):
        booking.book(form, **held, zone="UTC", idempotency_key="k", by=form.owner, now=LATER)
    assert "Please call us now" in client.get("/consult/book/").text
    page = client.post("/consult/book/", {"starts_at": "2026-11-24T18:00Z"})
    assert (page.status_code, "Please call us now" in page.text) == (409, True)
    ben = factories.ready(email="ben@example.org")  # the hold lapses as any other
    booked = booking.book(
        ben, **held, zone="UTC", idempotency_key="k", by=ben.owner, now=LATER + HOLD_FOR
    )
    assert (booked.starts_at, Hold.objects.count()) == (starts_at, 0)
