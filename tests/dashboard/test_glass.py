"""Who has no right to answers opens one form's, for a reason, for an hour."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consult.models import AuditEvent, GlassBroken, Intake, Role, StaffTask
from tests import factories
from tests.dashboard.conftest import signed_in_as
from tests.factories import NOW, still_at_work

pytestmark = pytest.mark.usefixtures("at_now")
OPEN = "/staff/glass/open/"
REASON = "She fainted at the desk and the doctor asked me."


@pytest.fixture
def form(db):
    return factories.submitted("P01")


def opened(client, form, reason=REASON):
    return client.post(OPEN, {"reference": form.code, "reason": reason})


def case(client, form):
    return client.get(f"/staff/intakes/{form.code}/")


def test_an_administrator_sees_exactly_the_form_that_they_opened(administrator_client, form):
    other = factories.submitted("P01", email="other@example.org")
    assert case(administrator_client, form).status_code == 404
    assert opened(administrator_client, form)["Location"] == f"/staff/intakes/{form.code}/"
    page = case(administrator_client, form)
    assert page.context["case"].clinical is not None
    assert "You opened these answers for a reason." in page.content.decode()
    assert "Your decision" not in page.content.decode()
    assert case(administrator_client, other).status_code == 404
    assert administrator_client.get("/staff/").status_code == 404


def test_the_front_desk_reads_the_answers_of_that_form_alone(front_desk_client, form):
    other = factories.submitted("P01", email="other@example.org")
    opened(front_desk_client, form)
    assert case(front_desk_client, form).context["case"].clinical is not None
    assert case(front_desk_client, other).context["case"].clinical is None


@pytest.mark.parametrize(("minutes", "status"), [(59, 200), (60, 404), (61, 404)])
def test_it_ends_by_itself_after_an_hour(administrator_client, form, minutes, status):
    opened(administrator_client, form)
    with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
        assert case(still_at_work(administrator_client), form).status_code == status


def test_the_front_desk_is_back_to_contact_after_an_hour(front_desk_client, form):
    opened(front_desk_client, form)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        page = case(still_at_work(front_desk_client), form)
    assert (page.status_code, page.context["case"].clinical) == (200, None)


def test_a_lead_clinician_is_told_and_every_look_is_recorded(administrator_client, form):
    opened(administrator_client, form)
    for _ in range(2):
        case(administrator_client, form)
    row, task = GlassBroken.objects.get(), StaffTask.objects.get(event="glass_broken")
    assert (row.reason, row.at, row.until) == (REASON, NOW, NOW + timedelta(hours=1))
    assert (task.intake, task.done_at) == (form, None)
    events = AuditEvent.objects.about(form).order_by("pk")
    done = [(one.did, one.details.get("part")) for one in events if one.by == row.by]
    assert done == [
        ("opened answers for a reason", None),
        ("viewed intake", "for a reason"),
        ("viewed intake", "for a reason"),
    ]
    assert REASON not in str([one.details for one in events])


def test_lead_clinicians_see_all_others_their_own(administrator_client, lead_client, form):
    opened(administrator_client, form)
    assert REASON in lead_client.get("/staff/glass/").content.decode()
    assert REASON in administrator_client.get("/staff/glass/").content.decode()
    other = signed_in_as(factories.staff(Role.ADMINISTRATOR, is_staff=True))
    assert REASON not in other.get("/staff/glass/").content.decode()


@pytest.mark.parametrize("role", [*Role, None])
def test_only_who_does_not_read_answers_opens_them(form, role):
    client = signed_in_as(factories.staff(role) if role else factories.UserFactory())
    status = opened(client, form).status_code
    assert status == (302 if role in {Role.FRONT_DESK, Role.ADMINISTRATOR} else 404)


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"reference": "NOBODY2222"}, "No form with this reference was sent to us."),
        ({"reference": "%00"}, "No form with this reference was sent to us."),
        ({"reference": ""}, "Type the reference."),
        ({"reason": " "}, "Write why you need them."),
        ({"reason": "x" * 10_000}, "Shorten this to 2000 characters; it has 10000."),
    ],
)
def test_without_a_form_and_a_reason_nothing_is_opened(administrator_client, form, typed, error):
    posted = {"reference": form.code, "reason": REASON} | typed
    response = administrator_client.post(OPEN, posted)
    assert response.status_code == 422
    assert error in response.content.decode()
    assert GlassBroken.objects.count() == 0


def test_a_draft_and_ones_own_form_stay_closed(administrator_client, form):
    draft = factories.draft(email="draft@example.org")
    assert opened(administrator_client, draft).status_code == 422
    user = factories.User.objects.get(groups__name="administrator")
    Intake.objects.filter(pk=form.pk).update(owner=user)
    assert opened(administrator_client, form).status_code == 409
    assert GlassBroken.objects.count() == 0


def test_opening_twice_is_opening_once(administrator_client, form):
    opened(administrator_client, form)
    opened(administrator_client, form, reason="Again.")
    assert [one.reason for one in GlassBroken.objects.all()] == [REASON]


def test_a_role_taken_away_closes_it_at_the_next_request(administrator_client, form):
    opened(administrator_client, form)
    factories.User.objects.get(groups__name="administrator").groups.clear()
    assert case(administrator_client, form).status_code == 404


def test_nothing_is_decided_through_it(administrator_client, form):
    opened(administrator_client, form)
    for part in ("decide", "second", "read", "withdraw", "ask", "assign"):
        assert administrator_client.post(f"/staff/intakes/{form.code}/{part}/").status_code == 404


def test_three_and_sixty_cost_the_same_queries(lead_client, django_assert_num_queries):
    person, form = factories.staff(Role.ADMINISTRATOR), factories.submitted("P01")

    def more(count):
        for _ in range(count):
            form.glass_broken.create(
                by=person, reason="x", at=NOW, until=NOW + timedelta(minutes=5)
            )

    more(3)
    lead_client.get("/staff/glass/")
    with CaptureQueriesContext(connection) as first:
        lead_client.get("/staff/glass/")
    more(57)
    with django_assert_num_queries(len(first)):
        assert lead_client.get("/staff/glass/").context["page"].more


def test_what_one_colleague_opened_stays_closed_to_the_others(front_desk_client, form):
    opened(front_desk_client, form)
    other = signed_in_as(factories.staff(Role.FRONT_DESK, full_name="Olu Ade"))
    assert case(other, form).context["case"].clinical is None
