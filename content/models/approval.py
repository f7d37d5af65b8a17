"""The task in the workflow of risk and evidence pages, and the guard of every publication."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from wagtail.models import AbstractGroupApprovalTask, TaskState

from content.editing import workflow
from content.editing.gate import refusals


class ClinicalReview(AbstractGroupApprovalTask):
    """Wagtail's approval by a group, narrowed: a clinical reviewer, and never a writer."""

    class Meta:
        verbose_name = "Clinical review"
        verbose_name_plural = "Clinical reviews"

    @classmethod
    def get_description(cls) -> str:
        return "A clinical reviewer who neither wrote nor submitted the page approves it."

    def user_can_access_editor(self, obj: Any, user: Any) -> bool:
        return workflow.may_review(user)

    def locked_for_user(self, obj: Any, user: Any) -> bool:
        return not workflow.may_review(user)

    def get_actions(self, obj: Any, user: Any) -> list[tuple[str, str, bool]]:
        if not workflow.may_review(user):
            return []
        send_back = [("reject", "Send back with a comment", True)]
        if not workflow.may_approve(obj, user) or self._refused(obj):
            return send_back
        return [
            ("approve", "Approve", False),
            ("approve", "Approve with a comment", True),
            *send_back,
        ]

    def get_task_states_user_can_moderate(self, user: Any, **kwargs: Any) -> Any:
        if not workflow.may_review(user):
            return TaskState.objects.none()
        return self.task_states.filter(status=TaskState.STATUS_IN_PROGRESS)

    @transaction.atomic
    def on_action(self, task_state: Any, user: Any, action_name: str, **kwargs: Any) -> Any:
        """Raises PermissionDenied where the action is not offered to this person now."""
        page = task_state.workflow_state.content_object
        if action_name not in {name for name, _, _ in self.get_actions(page, user)}:
            raise PermissionDenied
        if action_name == "approve":
            task_state.revision = page.get_latest_revision()
            workflow.stamp(task_state.revision, by=user, on=timezone.localdate())
        return super().on_action(task_state, user, action_name, **kwargs)

    def _refused(self, page: Any) -> bool:
        latest = page.get_latest_revision_as_object()
        return bool(refusals(latest, today=timezone.localdate()))
