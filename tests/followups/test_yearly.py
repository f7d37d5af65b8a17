"""Once a year, for whoever said that it is welcome, and for nobody else."""

from datetime import timedelta
from typing import Any

import pytest

from consult.dashboard.treatments import Happened, add_event
from consult.followups import checkins, choices, silence
from consult.followups.actions import send_due
from consult.models import CheckIn, Message, Treatment
from consult.rules.published import load_checkins
from consult.withdrawing import withdraw
from tests import factories
from tests.factories import NOW
from tests.followups.answering import look, posted, send

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
YEARS = (730, 1095, 1460, 1825)


@pytest.fixture
def treatment() -> Treatment:
    return factories.treated(factories.ready())


def on(treatment: Treatment, day: int) -> CheckIn:
    return treatment.checkins.get(day=day)


def years(treatment: Treatment) -> list[int]:
    found = treatment.checkins.filter(day__gt=365).order_by("day")
    return list(found.values_list("day", flat=True))


def letters(row: CheckIn) -> list[tuple[str, str]]:
    rows = Message.objects.filter(idem_key__contains=row.pk.hex).order_by("event")
    return list(rows.values_list("event", "status"))


def answered(treatment: Treatment, day: int, **said: Any) -> CheckIn:
    row = on(treatment, day)
    assert send(row, posted(day, **said)).status_code == 302
    return CheckIn.objects.get(pk=row.pk)


def test_day_365_asks_and_nobody_has_to_answer_that(treatment: Treatment) -> None:
    page = look(on(treatment, 365)).text
    assert "May we write to you once a year to ask how you are? (You can skip this.)" in page
    row = answered(treatment, 365)
    assert ("ck.yearly" in row.answers, row.result["unanswered"]) == (False, [])
    assert "Some questions are still open." not in look(row).text


def test_a_yes_is_asked_again_a_year_later_with_letter_and_reminder(treatment: Treatment) -> None:
    answered(treatment, 365, yearly=True)
    row = on(treatment, 730)
    assert years(treatment) == [730]
    assert row.due_at == checkins.days_later(
        treatment.given_on, 730, checkins.ZoneInfo(treatment.zone)
    )
    assert letters(row) == [("checkin_day_730", "scheduled"), ("checkin_reminder", "scheduled")]
    assert "two years after" in look(row).text


@pytest.mark.parametrize("said", [False, None], ids=["no", "silence"])
def test_no_and_silence_ask_nothing_more(treatment: Treatment, said: Any) -> None:
    answered(treatment, 365, yearly=said)
    assert years(treatment) == []


def test_who_does_not_answer_the_last_is_not_asked_after_that_year(treatment: Treatment) -> None:
    now = on(treatment, 365).due_at
    for _ in range(60):
        send_due(now=now)
        silence.look(now=now)
        now += DAY
    assert years(treatment) == []


def test_five_years_at_most(treatment: Treatment) -> None:
    for day in (365, *YEARS[:-1]):
        answered(treatment, day, yearly=True)
    assert years(treatment) == list(YEARS)
    last = on(treatment, 1825)
    assert "once a year" not in look(last).text
    assert send(last, posted(1825) | {"ck.yearly": "yes"}).status_code == 302
    assert years(treatment) == list(YEARS)


def test_a_no_in_a_later_year_ends_it(treatment: Treatment) -> None:
    answered(treatment, 365, yearly=True)
    answered(treatment, 730, yearly=False)
    assert years(treatment) == [730]


def test_an_answer_a_year_late_is_asked_again_when_it_can_be(treatment: Treatment) -> None:
    row = on(treatment, 365)
    send(row, posted(365, yearly=True), at=row.due_at + 400 * DAY)
    assert years(treatment) == [1095]


def test_check_ins_of_the_first_version_ask_what_they_asked(treatment: Treatment) -> None:
    CheckIn.objects.update(plan="0.1.0")
    row = on(treatment, 365)
    fields = look(row).context["form"].fields
    assert {"ck.yearly", "ck.function"}.isdisjoint(fields)
    send(row, posted(365) | {"ck.yearly": "yes", "ck.function": "3"})
    row.refresh_from_db()
    assert (row.plan, years(treatment)) == ("0.1.0", [])
    assert {"ck.yearly", "ck.function"}.isdisjoint(row.answers)


def test_a_correction_of_the_day_moves_it_and_brings_no_other_year(treatment: Treatment) -> None:
    answered(treatment, 365, yearly=True)
    treatment.given_on -= DAY
    treatment.save()
    checkins.plan(treatment, now=on(treatment, 365).answered_at + DAY)
    assert years(treatment) == [730]
    row = on(treatment, 730)
    assert (row.due_at, row.cancelled_at) == (
        checkins.days_later(treatment.given_on, 730, checkins.ZoneInfo(treatment.zone)),
        None,
    )


@pytest.mark.parametrize("ends", ["withdrawn", "died"])
def test_what_ends_the_check_ins_ends_the_years_too(treatment: Treatment, ends: str) -> None:
    at = answered(treatment, 365, yearly=True).answered_at
    if ends == "withdrawn":
        withdraw(treatment.intake, by=treatment.intake.owner, now=at + DAY)
    else:
        happened = Happened("Stroke.", NOW.date(), 5, "unrelated", "died")
        add_event(treatment, happened, by=treatment.clinician, now=at + DAY)
    row = on(treatment, 730)
    assert row.cancelled_at == at + DAY
    assert {status for _, status in letters(row)} == {"cancelled"}


def test_without_the_agreement_no_letter_goes_and_staff_phone(treatment: Treatment) -> None:
    treatment.intake.consents.create(
        purpose="consent.email",
        given=False,
        wording_sha256="0" * 64,
        questionnaire="0.1.0",
        language="en",
        at=NOW + DAY,
    )
    answered(treatment, 365, yearly=True)
    row = on(treatment, 730)
    assert letters(row) == []
    silence.look(now=row.due_at)
    assert treatment.intake.tasks.filter(event="checkin_phone", done_at=None).count() == 1


def test_every_day_can_be_switched_off_with_the_others() -> None:
    plan = load_checkins()
    assert {checkins.letter_of(day) for day in plan.days + plan.yearly_days} == choices.CHECKINS
