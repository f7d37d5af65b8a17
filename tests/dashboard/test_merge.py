"""Two accounts of one person become one, and nothing of either is lost."""

import pytest
from django.test import Client

from consult.dashboard.merge import CannotMerge, merge
from consult.models import AuditEvent, Intake, Message, Note, Role, User
from tests import factories
from tests.dashboard.conftest import signed_in_as
from tests.dashboard.test_queue import text_of
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("at_now")


def sent(email, *, confirmed=True):
    intake = factories.submitted(email=email)
    if confirmed:
        intake.owner = User.objects.get(email=email)
        intake.save()
    return intake


@pytest.fixture
def two(db):
    return sent("ana@example.org"), sent("ana.t@example.org")


def address(first, second):
    return f"/staff/intakes/{first.code}/merge/{second.code}/"


def test_the_page_shows_both_sides_and_what_moves(lead_client, two):
    page = text_of(lead_client.get(address(*two)))
    assert page.count("<dt>Letters that wait</dt><dd>1</dd>") == 2
    assert page.count("<dt>Address confirmed by a code</dt><dd>Yes</dd>") == 2
    assert all(f'<span class="reference">{one.code}</span>' in page for one in two)


@pytest.mark.parametrize("role", [Role.LEAD_CLINICIAN, Role.ADMINISTRATOR])
def test_forms_and_waiting_letters_move_and_the_other_account_is_closed(two, role):
    kept, gone = two
    before = gone.owner
    draft = factories.draft(email="ana.t@example.org")
    by = factories.staff(role)
    response = signed_in_as(by).post(address(*two), {"keep": kept.code, "same": "on"})
    assert response["Location"] == address(*two)
    moved = Intake.objects.filter(pk__in=[gone.pk, draft.pk])
    assert {one.owner for one in moved} == {kept.owner}
    assert {one.contact_email for one in moved} == {"ana@example.org"}
    assert {one.recipient for one in Message.objects.filter(intake=gone)} == {"ana@example.org"}
    before.refresh_from_db()
    assert (before.is_active, before.merged_into) == (False, kept.owner)


def test_both_histories_stay_and_the_merge_is_in_both(two):
    kept, gone = two
    past = list(AuditEvent.objects.about(gone).values_list("pk", flat=True))
    merge(kept, gone, by=factories.staff(Role.LEAD_CLINICIAN), now=NOW)
    assert set(past) < set(AuditEvent.objects.about(gone).values_list("pk", flat=True))
    for account in (kept.owner, gone.owner):
        assert AuditEvent.objects.about(account).filter(did="merged two accounts").exists()
    note = Note.objects.get(intake=gone)
    assert "came from the account of ana.t@example.org" in note.words


def test_who_is_signed_in_with_the_closed_account_is_signed_out(two):
    kept, gone = two
    client = signed_in_as(gone.owner)
    assert client.get("/consult/my-data/").status_code == 200
    merge(kept, gone, by=factories.staff(Role.LEAD_CLINICIAN), now=NOW)
    assert client.get("/consult/my-data/").status_code == 302
    page = text_of(signed_in_as(kept.owner).get("/consult/my-data/"))
    assert kept.code in page
    assert gone.code in page


def test_letters_that_have_left_keep_the_address_they_went_to(two):
    kept, gone = two
    Message.objects.filter(intake=gone).update(status="sent")
    merge(kept, gone, by=factories.staff(Role.LEAD_CLINICIAN), now=NOW)
    assert Message.objects.get(intake=gone).recipient == "ana.t@example.org"


@pytest.mark.parametrize(
    ("posted", "says"),
    [
        ({"same": "on"}, "Choose the account that stays."),
        ({"keep": "ZZZZZZZZZZ", "same": "on"}, "Choose one of the two accounts."),
        ({"keep": "first"}, "Check that both are the same person, and say so here."),
    ],
)
def test_without_a_choice_and_a_check_nothing_is_merged(lead_client, two, posted, says):
    posted = {key: two[0].code if one == "first" else one for key, one in posted.items()}
    response = lead_client.post(address(*two), posted)
    assert (response.status_code, says in text_of(response)) == (422, True)
    assert User.objects.filter(is_active=False).count() == 0


def test_a_colleagues_account_cannot_be_merged(two):
    kept, gone = two
    gone.owner = factories.clinician()
    gone.save()
    by = factories.staff(Role.LEAD_CLINICIAN)
    for pair in (two, two[::-1]):
        with pytest.raises(CannotMerge, match="colleague"):
            merge(*pair, by=by, now=NOW)


def test_an_address_that_nobody_confirmed_cannot_stay_but_can_go(db):
    kept, gone = sent("ana@example.org"), sent("typo@example.org", confirmed=False)
    by = factories.staff(Role.LEAD_CLINICIAN)
    with pytest.raises(CannotMerge, match="Nobody has confirmed"):
        merge(gone, kept, by=by, now=NOW)
    assert merge(kept, gone, by=by, now=NOW) == 1


def test_a_second_time_says_that_it_is_done(lead_client, two):
    posted = {"keep": two[0].code, "same": "on"}
    lead_client.post(address(*two), posted)
    response = lead_client.post(address(*two), posted)
    assert response.status_code == 409
    assert "Both forms belong to the same account already." in text_of(response)


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.FRONT_DESK, Role.EDITOR, None])
def test_others_cannot_merge(two, role):
    user = factories.staff(role) if role else factories.UserFactory()
    assert signed_in_as(user).post(address(*two), {}).status_code == 404


def test_a_draft_and_an_unknown_code_do_not_exist(lead_client, two):
    draft = factories.draft(email="x@example.org")
    for other in (draft.code, "ZZZZZZZZZZ", "a b"):
        path = f"/staff/intakes/{two[0].code}/merge/{other}/"
        assert lead_client.get(path).status_code == 404
    assert Client().get(address(*two)).status_code == 302


def test_the_case_page_names_forms_of_perhaps_the_same_person(two, lead_client, clinician_client):
    kept, gone = two
    path = f"/staff/intakes/{kept.code}/"
    assert "same name and same phone number" in text_of(clinician_client.get(path))
    assert address(kept, gone) not in text_of(clinician_client.get(path))
    assert address(kept, gone) in text_of(lead_client.get(path))


@pytest.mark.parametrize("closed", [0, 1])
def test_an_account_that_was_closed_is_not_merged(two, closed):
    User.objects.filter(pk=two[closed].owner_id).update(is_active=False)
    with pytest.raises(CannotMerge, match="closed already"):
        merge(*two, by=factories.staff(Role.LEAD_CLINICIAN), now=NOW)
    assert Intake.objects.get(pk=two[1].pk).owner == two[1].owner


def test_what_no_code_can_be_is_not_there(lead_client, db):
    assert lead_client.get("/staff/intakes/A%00B/merge/A%00B/").status_code == 404
