"""Two people for pages about risks and evidence: who may approve, and what that leaves behind."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, PageLogEntry, TaskState, Workflow
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from consult.models import Role
from content.editing.publishing import NotYet
from content.making.groups import make_groups
from content.models import ClinicalReview, RiskPage
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pages")]


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def editor() -> Any:
    return factories.staff(Role.EDITOR, full_name="Eva Lind")


@pytest.fixture
def reviewer() -> Any:
    return factories.staff(Role.CLINICAL_REVIEWER, full_name="Ana Ruiz")


@pytest.fixture
def page(page_at: Any) -> RiskPage:
    return page_at("/risks/infection/")


def form(title: str = "Infection, anew", *, action: str = "action-draft", **fields: Any) -> Any:
    text = {"text": rich_text("<p>Germs can get in.</p>"), "sources": {"count": 0}}
    parts = dict.fromkeys(RiskPage.streams, streamfield([]))
    data = {
        "title": title,
        "slug": "infection",
        "summary": "Germs.",
        "topic": "infection",
        "comments": inline_formset([]),
        "to_be_confirmed": "",
        "author_name": "",
        "clinical_reviewer": "",
        "last_reviewed_on": "",
        "next_review_on": "",
    }
    in_short = {"in_short": streamfield([("paragraph", text)])}
    return nested_form_data(data | parts | in_short | {action: "1"} | fields)


def edit(user: Any, page: Page, **fields: Any) -> Any:
    return client_of(user).post(f"/cms/pages/{page.pk}/edit/", form(**fields))


def submit(user: Any, page: Page, **fields: Any) -> Any:
    return edit(user, page, action="action-submit", **fields)


def approve(user: Any, page: Page, *, action: str = "approve") -> Any:
    task = TaskState.objects.get(status=TaskState.STATUS_IN_PROGRESS)
    address = reverse("wagtailadmin_pages:workflow_action", args=(page.pk, action, task.pk))
    response = client_of(user).post(address, {"comment": "Read it all."})
    assert response.status_code == 302  # done, or led away with a word
    return response


def live_title(page: Page) -> str:
    return str(Page.objects.get(pk=page.pk).title)


BEFORE, ANEW = "Infection", "Infection, anew"


def test_what_an_editor_submits_and_a_reviewer_approves_is_published(page, editor, reviewer):
    submit(editor, page)
    assert live_title(page) == BEFORE
    approve(reviewer, page)
    assert live_title(page) == ANEW


def test_the_approval_writes_the_reviewer_and_the_day_on_the_page(page, editor, reviewer, client):
    submit(editor, page)
    approve(reviewer, page)
    published = RiskPage.objects.get(pk=page.pk)
    assert (published.clinical_reviewer, published.last_reviewed_on) == (
        "Ana Ruiz",
        timezone.localdate(),
    )
    assert "by Ana Ruiz." in client.get("/risks/infection/").content.decode()


def test_the_profession_that_stands_with_the_name_is_kept(page, editor, reviewer):
    day = timezone.localdate().isoformat()
    submit(editor, page, clinical_reviewer="Dr Ana Ruiz, internist", last_reviewed_on=day)
    approve(reviewer, page)
    assert RiskPage.objects.get(pk=page.pk).clinical_reviewer == "Dr Ana Ruiz, internist"


def test_the_history_says_what_was_approved_by_whom_and_when(page, editor, reviewer):
    submit(editor, page)
    approve(reviewer, page)
    entries = PageLogEntry.objects.filter(page=page.pk).exclude(user=None)
    kept = ("wagtail.workflow.start", "wagtail.workflow.approve", "wagtail.publish")
    found = [(e.action, e.user, e.revision_id) for e in entries if e.action in kept]
    revision = RiskPage.objects.get(pk=page.pk).live_revision_id
    assert sorted(found, key=lambda one: kept.index(one[0])) == [
        ("wagtail.workflow.start", editor, revision),
        ("wagtail.workflow.approve", reviewer, revision),
        ("wagtail.publish", reviewer, revision),
    ]
    html = client_of(editor).get(f"/cms/pages/{page.pk}/history/").content.decode()
    assert "Ana Ruiz" in html


def everybody() -> list[Any]:
    both = factories.staff(Role.EDITOR)
    both.groups.add(*factories.staff(Role.CLINICAL_REVIEWER).groups.all())
    chief = factories.staff(Role.ADMINISTRATOR)
    root = factories.staff(Role.ADMINISTRATOR)
    root.is_superuser = True
    root.save()
    roles = (Role.EDITOR, Role.CLINICAL_REVIEWER, Role.ADMINISTRATOR)
    return [*(factories.staff(role) for role in roles), both, chief, root]


def test_nobody_publishes_such_a_page_alone_by_the_form(page):
    for person in everybody():
        edit(person, page, action="action-publish")
        assert live_title(page) == BEFORE, person.roles


def test_nobody_publishes_such_a_page_alone_among_many(page):
    for person in everybody():
        edit(person, page)
        address = f"/cms/bulk/wagtailcore/page/publish/?id={page.pk}&next=/cms/"
        client_of(person).post(address, {})
        assert live_title(page) == BEFORE, person.roles


def test_nobody_publishes_such_a_page_alone_by_code(page):
    revision = page.save_revision()
    for person in everybody():
        with pytest.raises(NotYet, match="need two people"):
            revision.publish(user=person)


def test_nobody_makes_such_a_page_alone(page_at, page):
    page.delete()
    add = f"/cms/pages/add/content/riskpage/{page_at('/risks/').pk}/"
    for person in everybody():
        client_of(person).post(add, form(action="action-publish"))
        made = RiskPage.objects.get(slug="infection")
        assert not made.live, person.roles
        made.delete()


def test_a_request_to_publish_alone_says_that_two_people_are_needed_and_keeps_the_draft(page):
    for person in everybody()[1:3]:
        response = edit(person, page, action="action-publish")
        assert "need two people" in response.content.decode()
    latest = Page.objects.get(pk=page.pk).get_latest_revision_as_object()
    assert latest.title == ANEW


def test_the_form_offers_no_button_to_publish(page, page_at):
    add = f"/cms/pages/add/content/riskpage/{page_at('/risks/').pk}/"
    for person in everybody():
        for address in (f"/cms/pages/{page.pk}/edit/", add):
            html = client_of(person).get(address).content.decode()
            assert "action-publish" not in html, (person.roles, address)


def test_nobody_approves_what_they_submitted(page):
    for person in everybody():
        submit(person, page)
        approve(person, page)
        assert live_title(page) == BEFORE, person.roles
        TaskState.objects.get(status="in_progress").workflow_state.cancel(user=person)


def test_only_a_clinical_reviewer_is_offered_to_approve(page, editor, reviewer):
    submit(editor, page)
    waiting = Page.objects.get(pk=page.pk)
    task = waiting.current_workflow_task
    offered = {
        role: [name for name, _, _ in task.get_actions(waiting, factories.staff(role))]
        for role in (Role.EDITOR, Role.ADMINISTRATOR, Role.CLINICAL_REVIEWER)
    }
    assert offered == {
        Role.EDITOR: [],
        Role.ADMINISTRATOR: [],
        Role.CLINICAL_REVIEWER: ["approve", "approve", "reject"],
    }
    assert [name for name, _, _ in task.get_actions(waiting, editor)] == []


def test_only_a_clinical_reviewer_approves(page, editor):
    submit(editor, page)
    for role in (Role.EDITOR, Role.ADMINISTRATOR):
        approve(factories.staff(role), page)
    root = factories.staff(Role.ADMINISTRATOR)
    root.is_superuser = True
    root.save()
    approve(root, page)
    assert live_title(page) == BEFORE


def test_a_reviewer_who_wrote_on_the_draft_does_not_approve_it(page, editor, reviewer):
    edit(reviewer, page, title="My words")
    submit(editor, page)
    approve(reviewer, page)
    assert live_title(page) == BEFORE
    approve(factories.staff(Role.CLINICAL_REVIEWER), page)
    assert live_title(page) == ANEW


def test_a_reviewer_who_changes_what_was_submitted_cannot_approve_in_the_same_step(
    page, editor, reviewer
):
    submit(editor, page)
    wish = {"action-workflow-action": "true", "workflow-action-name": "approve"}
    response = edit(reviewer, page, title="Changed", action="action-x", **wish)
    assert "somebody else has to approve it" in response.content.decode()
    assert live_title(page) == BEFORE
    latest = Page.objects.get(pk=page.pk).get_latest_revision_as_object()
    assert latest.title == "Changed"
    approve(reviewer, page)
    assert live_title(page) == BEFORE


def test_having_written_an_earlier_version_bars_nobody(page, editor, reviewer):
    other = factories.staff(Role.CLINICAL_REVIEWER)
    submit(reviewer, page, title="First")
    approve(other, page)
    assert live_title(page) == "First"
    submit(editor, page)
    approve(reviewer, page)
    assert live_title(page) == ANEW


def test_a_page_that_became_unfit_is_not_approved(page, editor, reviewer):
    submit(editor, page)
    revision = Page.objects.get(pk=page.pk).latest_revision
    revision.content["summary"] = "A miracle."
    revision.save()
    approve(reviewer, page)
    assert live_title(page) == BEFORE


def test_the_task_itself_refuses_whoever_calls_it(page, editor):
    submit(editor, page)
    state = TaskState.objects.get(status="in_progress")
    with pytest.raises(PermissionDenied):
        state.task.specific.on_action(state.specific, editor, "approve")


def test_while_it_waits_for_approval_editors_do_not_change_it(page, editor):
    submit(editor, page)
    edit(factories.staff(Role.EDITOR), page, title="Sneaked in")
    assert Page.objects.get(pk=page.pk).get_latest_revision_as_object().title == ANEW


def test_a_page_sent_back_is_mended_submitted_again_and_approved(page, editor, reviewer):
    submit(editor, page)
    approve(reviewer, page, action="reject")
    submit(editor, page, title="Mended")
    approve(reviewer, page)
    assert live_title(page) == "Mended"


def test_an_approved_page_can_wait_for_its_day(page, editor, reviewer):
    later = (timezone.localtime() + timedelta(days=2)).strftime("%Y-%m-%d %H:%M")
    submit(editor, page, go_live_at=later)
    approve(reviewer, page)
    assert live_title(page) == BEFORE
    revision = Page.objects.get(pk=page.pk).scheduled_revision
    past = timezone.now() - timedelta(minutes=1)
    revision.content["go_live_at"] = past.isoformat()
    revision.approved_go_live_at = past
    revision.save()
    call_command("publish_scheduled")
    assert live_title(page) == ANEW


def test_a_schedule_that_nobody_approved_publishes_nothing(page):
    page.title = "Sneaked in"
    page.save_revision(approved_go_live_at=timezone.now() - timedelta(minutes=1))
    call_command("publish_scheduled")
    assert live_title(page) == BEFORE


def test_a_page_of_another_kind_is_still_published_by_one_person(page_at):
    page = page_at("/learn/routes/")
    revision = page.save_revision()
    revision.publish(user=factories.staff(Role.CLINICAL_REVIEWER))


def test_making_the_workflow_again_changes_nothing():
    before = [*Workflow.objects.values_list(), *ClinicalReview.objects.values_list()]
    make_groups()
    assert [*Workflow.objects.values_list(), *ClinicalReview.objects.values_list()] == before
    assert Workflow.objects.filter(active=True, name="Two people").count() == 1
