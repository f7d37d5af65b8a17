import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from consult.booking import actions as booking
from consult.intake import actions as intake_actions
from consult.models import AuditEvent, Consent, Intake, Message, Role, StaffTask
from consult.privacy import actions
from tests import factories
from tests.factories import NOW
from tests.privacy.conftest import AT, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
PAGE = "/consult/my-data/"
POSTS = ("withdraw", "reminders", "erase")
QUERIES = 30


def form_address(name, intake):
    return f"/consult/my-data/forms/{intake.code}/{name}/"


def holding(intake):
    """A browser that began this draft, and never signed in."""
    client = Client()
    session = client.session
    session["draft"] = str(intake.pk)
    session.save()
    return client


def state_of_everything():
    return (
        list(Intake.objects.order_by("pk").values()),
        list(Consent.objects.order_by("pk").values()),
        list(StaffTask.objects.order_by("pk").values()),
        list(Message.objects.order_by("pk").values()),
        AuditEvent.objects.count(),
    )


def words(response):
    return " ".join(response.content.decode().split())


def test_the_page_shows_what_is_held_in_words_and_in_the_persons_time(ana, sent):
    sent.contact = sent.contact | {"time_zone": "Europe/Berlin"}
    sent.save()
    factories.appointment(sent, note="I hear badly.")
    page = words(ana.get(PAGE))
    assert "Times are by your clock: Europe/Berlin." in page
    for shown in (
        "<dd>Ana Torres</dd>",
        "<dd>+52 664 123 4567</dd>",
        "17 November 2026, 19:00",
        "You may send me reminders and check-ins by email.",
        "<dt>We have received your form</dt>",
        "First talk: booked You told us: I hear badly.",
        "A clinician decided about the next step",
    ):
        assert shown in page, shown
    assert "A talk." not in page  # the reason is the clinician's note
    assert all(one.asked and one.words for step in answers_shown(ana) for one in step.answers)


def answers_shown(client):
    return client.get(PAGE).context["held"].forms[0].steps


def test_every_stored_answer_is_shown(ana, sent):
    shown = {one.question: one.answer for step in answers_shown(ana) for one in step.answers}
    assert shown == sent.answers()


def test_who_looked_is_told_by_role_and_time_and_never_by_name(ana, sent):
    lead = factories.staff(Role.LEAD_CLINICIAN, full_name="Lena Okafor")
    desk = factories.staff(Role.FRONT_DESK, full_name="Noor Haddad")
    for person in (lead, desk):
        signed_in(person).get(f"/staff/intakes/{sent.code}/")
    response = ana.get(PAGE)
    looks = [(one.role, one.what, one.at) for one in response.context["held"].forms[0].looks]
    assert looks == [
        ("Front desk", "Opened your form without your answers", AT),
        ("Lead clinician", "Opened your form with your answers", AT),
    ]
    assert "Okafor" not in words(response)
    assert "Haddad" not in words(response)


def test_more_forms_and_more_looks_cost_no_more_queries(ana, sent, django_assert_num_queries):
    desk = signed_in(factories.staff(Role.FRONT_DESK))
    desk.get(f"/staff/intakes/{sent.code}/")
    factories.appointment(sent)
    with django_assert_num_queries(QUERIES):
        ana.get(PAGE)
    for _ in range(2):
        more = factories.submitted()
        more.owner = sent.owner
        more.save()
        factories.appointment(more, starts_at=NOW + timedelta(days=9 + _))
        signed_in(factories.clinician()).get(f"/staff/intakes/{more.code}/")
    with django_assert_num_queries(QUERIES):
        assert len(ana.get(PAGE).context["held"].forms) == 3


def test_the_file_holds_the_same_and_its_making_is_recorded(ana, sent):
    response = ana.post(f"{PAGE}download/")
    assert response["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert response["Content-Type"] == "application/json"
    assert "no-store" in response["Cache-Control"]
    data = json.loads(response.content)
    assert list(data) == [
        *("format", "version", "made_at", "time_zone", "account", "forms"),
        *("address_to_sign_in_that_waits", "letters_about_signing_in"),
    ]
    assert (data["format"], data["version"], data["time_zone"]) == (
        *("consultation-data", 5),
        "America/Tijuana",
    )
    [form] = data["forms"]
    assert (form["reference"], form["state"], form["contact"]) == (sent.code, "ready", sent.contact)
    said = {one["question"]: one["answer"] for step in form["steps"] for one in step["answers"]}
    assert said == sent.answers()
    first = form["steps"][0]
    assert (list(first), list(first["answers"][0])) == (
        ["step", "title", "answers", "not_handed_in_yet"],
        ["question", "asked", "answer", "words"],
    )
    letters = sorted(one["letter"] for one in form["letters"])  # written in the same moment
    assert letters == ["booking_invite", "intake_received"]
    assert [(one["purpose"], one["given"]) for one in form["agreements"]] == [
        ("consent.data", True),
        ("consent.email", True),
        ("consent.read_risks", True),
    ]
    assert "A talk." not in response.content.decode()
    event = AuditEvent.objects.about(sent.owner).get()
    assert (event.did, event.by, event.details) == (
        *("downloaded their data", sent.owner),
        {"codes": [sent.code]},
    )


def test_the_persons_own_reason_is_in_the_file_and_staffs_is_not(ana, sent):
    for by, days in ((sent.owner, 7), (factories.clinician(), 8)):
        visit = factories.appointment(sent, starts_at=NOW + timedelta(days=days))
        booking.cancel(visit, by=by, now=NOW, reason="Something came up.")
    [form] = json.loads(ana.post(f"{PAGE}download/").content)["forms"]
    assert [one["your_reason"] for one in form["appointments"]] == ["Something came up.", ""]


def test_looking_changes_nothing(ana, sent):
    before = state_of_everything()
    statuses = [ana.get(PAGE).status_code, ana.get(f"{PAGE}download/").status_code]
    statuses += [ana.get(form_address(name, sent)).status_code for name in POSTS]
    assert statuses == [200, 405, 200, 200, 200]
    assert state_of_everything() == before


def test_a_post_without_the_token_is_refused(sent):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(sent.owner)
    before = state_of_everything()
    paths = [f"{PAGE}download/", *(form_address(name, sent) for name in POSTS)]
    assert [strict.post(path).status_code for path in paths] == [403] * 4
    assert state_of_everything() == before


def test_what_is_not_yours_does_not_exist_for_a_post_either(stranger, sent):
    before = state_of_everything()
    for client in (stranger, signed_in(factories.staff(Role.LEAD_CLINICIAN))):
        for name in POSTS:
            foreign = client.post(form_address(name, sent))
            nowhere = client.post(f"/consult/my-data/forms/ZZZZZZZZZZ/{name}/")
            assert foreign.status_code == nowhere.status_code == 404
            assert foreign.content == nowhere.content
    assert state_of_everything()[0] == before[0]
    assert state_of_everything()[2:4] == before[2:4]


def test_a_browser_that_only_holds_a_sent_form_signs_in_first(sent):
    client = Client()
    session = client.session
    session["sent"] = str(sent.pk)
    session.save()
    before = state_of_everything()
    for path in (PAGE, *(form_address(name, sent) for name in POSTS)):
        for answer in (client.get(path), client.post(path)):
            if answer.status_code != 405:
                assert (answer.status_code, answer["Location"]) == (302, "/consult/sign-in/")
    assert state_of_everything() == before


def test_the_effect_is_shown_before_a_form_is_taken_back(ana, sent):
    factories.appointment(sent)
    page = words(ana.get(form_address("withdraw", sent)))
    assert "2 letters that wait to go out are stopped." in page
    assert "24 November 2026, 10:00</time></strong> (America/Tijuana) is cancelled" in page
    assert "is for a lawyer to check" in page
    assert Intake.objects.get().state == "ready"


def test_taking_back_leads_to_what_is_held_and_a_second_click_is_calm(ana, sent):
    first = ana.post(form_address("withdraw", sent), follow=True)
    assert first.redirect_chain == [(PAGE, 302)]
    assert "You have taken this form back." in words(first)
    assert Intake.objects.get().state == "withdrawn"
    for again in (ana.post, ana.get):
        page = again(form_address("withdraw", sent), follow=True)
        assert page.redirect_chain == [(PAGE, 302)]
        assert "This had been taken back before." in words(page)
    assert "Take this form back" not in words(ana.get(PAGE))


def test_stale_tabs_after_taking_back_get_a_sensible_page(ana, sent):
    visit = factories.appointment(sent)
    ana.post(form_address("withdraw", sent))
    booking = ana.get("/consult/book/")
    assert "You have taken your form back" in words(booking)
    assert "This appointment is cancelled" in words(ana.get(f"/consult/appointments/{visit.code}/"))
    assert "You have taken your form back." in words(ana.get("/consult/status/"))
    late = ana.post(form_address("reminders", sent), follow=True)
    assert "Nothing more was to do." in words(late)


def test_staff_see_that_a_form_was_taken_back_and_cannot_decide(ana, sent, clinician_client):
    intake_actions.decide(sent, by=factories.clinician(), kind="hold", reason="Ask.", now=NOW)
    ana.post(form_address("withdraw", sent))
    for show in ("waiting", "on_hold", "ready"):
        assert sent.code not in words(clinician_client.get(f"/staff/?show={show}"))
    case = words(clinician_client.get(f"/staff/intakes/{sent.code}/"))
    assert '<span class="state">Withdrawn</span>' in case
    assert "No decision can be made: the form is “Withdrawn”." in case
    posted = clinician_client.post(
        f"/staff/intakes/{sent.code}/decide/", {"kind": "ready", "reason": "x", "seen": ""}
    )
    assert (posted.status_code, Intake.objects.get().state) == (409, "withdrawn")


def test_a_form_that_waits_leaves_the_queue_when_it_is_taken_back(clinician_client):
    waiting = factories.submitted()
    assert waiting.code in words(clinician_client.get("/staff/"))
    actions.withdraw(waiting, by=factories.UserFactory(), now=NOW)
    assert waiting.code not in words(clinician_client.get("/staff/"))


def test_an_agreement_and_its_end_stand_under_its_wording(ana, sent):
    ana.post(form_address("reminders", sent))
    page = words(ana.get(PAGE))
    # under the agreements, and as an answer in the form and in the form as it was handed in
    assert page.count("You may send me reminders and check-ins by email.") == 3
    assert (page.count(">Agreed, <time"), page.count("<br>Taken back, <time")) == (3, 1)


def test_reminders_can_be_stopped_alone(ana, sent):
    page = ana.post(form_address("reminders", sent), follow=True)
    assert "You get no more reminders and check-ins by e-mail." in words(page)
    assert (Intake.objects.get().state, page.context["held"].forms[0].gets_reminders) == (
        "ready",
        False,
    )


def test_a_wish_to_erase_reaches_the_staff_as_a_task(ana, sent, clinician_client):
    page = ana.post(form_address("erase", sent), {"meant": "request"}, follow=True)
    assert "We have your wish to erase this form." in words(page)
    assert StaffTask.objects.get().event == "erasure_request"
    tasks = words(clinician_client.get("/staff/tasks/"))
    assert "<h3>Wish to erase a form</h3>" in tasks
    assert "Answer them: what is erased, what must stay, and why." in tasks
    assert "answers by 17 December 2026" in words(ana.get(form_address("erase", sent)))


def test_the_browser_that_holds_a_draft_sees_and_erases_it_at_once():
    other, one = factories.draft(email="other@example.org"), factories.draft()
    client = holding(one)
    page = client.get(PAGE)
    assert [form.intake for form in page.context["held"].forms] == [one]
    assert client.get(form_address("erase", other)).status_code == 404
    done = client.post(form_address("erase", one), {"meant": "draft"}, follow=True)
    assert done.redirect_chain == [("/consult/", 302)]
    assert "Your unsent form is erased" in words(done)
    assert list(Intake.objects.all()) == [other]
    again = client.post(form_address("erase", one), {"meant": "draft"}, follow=True)
    assert "This form is erased." in words(again)
    assert client.get(PAGE)["Location"] == "/consult/sign-in/"


def test_an_older_tab_does_not_turn_erasing_a_draft_into_something_else(ana, sent):
    page = ana.post(form_address("erase", sent), {"meant": "draft"}, follow=True)
    assert page.redirect_chain == [(form_address("erase", sent), 302)]
    assert (Intake.objects.count(), StaffTask.objects.count()) == (1, 0)


def test_a_draft_leads_from_taking_back_to_erasing_and_from_reminders_to_the_form():
    one = factories.draft()
    client = holding(one)
    assert client.post(form_address("withdraw", one))["Location"] == form_address("erase", one)
    assert client.post(form_address("reminders", one))["Location"] == reverse("consult:tasks")
    assert Intake.objects.get().state == "draft"


def test_a_form_that_names_ones_confirmed_address_is_shown_before_it_is_tied(sent, ana):
    new = factories.draft()
    assert new.owner is None
    shown = [form.intake for form in ana.get(PAGE).context["held"].forms]
    assert set(shown) == {new, sent}
    editor = factories.staff(Role.EDITOR, email="editor@example.org")
    factories.draft(email="editor@example.org")
    assert signed_in(editor).get(PAGE).context["held"].forms == []


def test_no_answer_gets_into_the_record_of_any_of_this(ana, sent):
    ana.post(f"{PAGE}download/")
    ana.post(form_address("reminders", sent))
    ana.post(form_address("erase", sent), {"meant": "request"})
    ana.post(form_address("withdraw", sent))
    kept = AuditEvent.objects.order_by("-pk").values_list("did", "details")[:4]
    assert list(kept) == [
        ("withdrew a form", {"letters": 2, "visits": 0}),
        ("asked for erasure", {}),
        ("stopped e-mail reminders", {"letters": 0}),
        ("downloaded their data", {"codes": [sent.code]}),
    ]


def test_the_persons_own_pages_lead_here(ana, sent):
    assert f'href="{PAGE}"' in words(ana.get("/consult/status/"))
    assert f'href="{PAGE}"' in words(holding(factories.draft()).get("/consult/intake/"))
