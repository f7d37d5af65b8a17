"""The last guard of every publication: a button, an approval, many pages at once, a schedule."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import Revision

from content.editing import workflow
from content.editing.errors import in_words
from content.editing.gate import refusals

SCHEDULED = "wagtail.publish.scheduled"  # how Wagtail's clock names itself
REFUSED = "content.publish.refused"


class NotYet(PermissionDenied):
    """The page may not be published as it stands; `sentences` say why."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


def allows(page: Any, revision: Revision, *, user: Any, options: dict[str, Any]) -> bool:
    """Whether the revision may go live. False only for the clock, which nobody watches: the
    draft stays, and the page's history says why. Raises NotYet to a person.

    Code that names no person and no schedule answers for itself: make_pages, tests.
    """
    scheduled = options.get("log_action") == SCHEDULED
    if user is None and not scheduled:
        return True
    sentences = hindrances(page, revision)
    if sentences and scheduled:
        _leave_as_draft(page, revision, sentences)
        return False
    if sentences:
        raise NotYet(sentences)
    if page.needs_two_people:
        options["skip_permission_checks"] = True  # the approval is the permission
    return True


def hindrances(page: Any, revision: Revision) -> list[str]:
    """In sentences, why this revision may not go live; empty if it may."""
    latest = revision.as_object()
    found = in_words(latest, refusals(latest, today=timezone.localdate()))
    if page.needs_two_people and not workflow.is_approved(revision):
        found.append(workflow.TWO_PEOPLE)
    return found


def _leave_as_draft(page: Any, revision: Revision, sentences: list[str]) -> None:
    Revision.objects.filter(pk=revision.pk).update(approved_go_live_at=None)
    log(instance=page, action=REFUSED, revision=revision, data={"sentences": sentences})
