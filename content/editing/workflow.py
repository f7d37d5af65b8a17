"""Two people for risk and evidence pages: one submits, a clinical reviewer approves.

Nobody approves what they wrote or submitted, whatever else they may do here. The approval
publishes, and writes its day and its reviewer on the page.
"""

from datetime import date
from typing import Any

from django.contrib.auth.models import Group
from wagtail.models import Page, PageLogEntry, PagePermissionTester, Revision, TaskState

from content.editing.gate import REVIEWERS

WRITING = (
    "wagtail.create",
    "wagtail.edit",
    "wagtail.revert",
    "wagtail.rename",
    "wagtail.copy",
    "wagtail.workflow.start",
    "wagtail.workflow.resume",
)


PAGES = {"riskpage", "evidencepage"}
TWO_PEOPLE = (
    "Pages about a risk or about evidence need two people: submit this one, and a clinical "
    "reviewer who has not written it approves. The approval publishes it."
)


def needs_two_people(kind: type[Page]) -> bool:
    return kind._meta.model_name in PAGES


class TwoPeople(PagePermissionTester):
    """Nobody, a superuser included, publishes such a page by a button; an approval does."""

    def can_publish(self) -> bool:
        return False

    def can_unschedule(self) -> bool:
        return bool(super().can_publish())

    def can_set_view_restrictions(self) -> bool:
        return bool(super().can_publish())


def may_review(user: Any) -> bool:
    return bool(user.is_active) and Group.objects.filter(user=user, name=REVIEWERS).exists()


def writers(page: Page) -> set[Any]:
    """The ids of all who wrote or submitted what is not published yet."""
    entries = PageLogEntry.objects.filter(page_id=page.pk, action__in=WRITING)
    revisions = Revision.objects.for_instance(page)
    if since := page.last_published_at:  # what came before was published by its own approval
        entries = entries.filter(timestamp__gt=since)
        revisions = revisions.filter(created_at__gt=since)
    submitted = page.workflow_states.active().values_list("requested_by", flat=True)
    return {
        *entries.values_list("user", flat=True),
        *revisions.values_list("user", flat=True),
        *submitted,
    } - {None}


def may_approve(page: Page, user: Any) -> bool:
    return may_review(user) and user.pk not in writers(page)


def stamp(revision: Revision, *, by: Any, on: date) -> None:
    """Writes the review into what is about to be published; the writer of it stays the same."""
    name = str(by.get_full_name())
    written = str(revision.content.get("clinical_reviewer") or "")
    revision.content["clinical_reviewer"] = written if name in written else name
    revision.content["last_reviewed_on"] = on.isoformat()
    revision.save(update_fields=["content"])


def is_approved(revision: Revision) -> bool:
    """Whether a second person approved exactly this revision."""
    approvals = TaskState.objects.filter(
        revision=revision,
        status=TaskState.STATUS_APPROVED,
        task__content_type__model="clinicalreview",
    )
    by_another = approvals.exclude(finished_by=None).exclude(finished_by=revision.user_id)
    return bool(by_another.exists())
