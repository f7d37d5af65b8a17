"""The editors' form: saving a draft is always possible, asking to publish is judged."""

from typing import Any

from django.utils import timezone
from wagtail.admin.forms import WagtailAdminPageForm

from content.editing.errors import show
from content.editing.gate import Refusal, refusals
from content.editing.words import Place

TO_PUBLISH = ("action-publish", "action-submit", "action-restart-workflow")
APPROVE = ("workflow-action-name", "approve")


def asks_to_approve(data: Any) -> bool:
    return bool(data.get("action-workflow-action")) and data.get(APPROVE[0]) == APPROVE[1]


def asks_to_publish(data: Any) -> bool:
    return any(data.get(name) for name in TO_PUBLISH) or asks_to_approve(data)


class GatedForm(WagtailAdminPageForm):
    """Wagtail's form with the gate behind its own checks."""

    def _post_clean(self) -> None:
        """When the page has taken on what was typed, and not before, it can be judged."""
        super()._post_clean()
        if self.is_bound and asks_to_publish(self.data):
            show(self, [*self._alone(), *refusals(self.instance, today=timezone.localdate())])

    def _alone(self) -> list[Refusal]:
        page = self.instance
        if page.needs_two_people and self.data.get("action-publish"):
            return [Refusal(Place("title"), page.TWO_PEOPLE)]
        if asks_to_approve(self.data) and self.has_changed():
            sentence = (
                "You changed this page, so somebody else has to approve it. Your changes are kept "
                "as a draft; to approve what was submitted, open the page again and change nothing."
            )
            return [Refusal(Place("title"), sentence)]
        return []
