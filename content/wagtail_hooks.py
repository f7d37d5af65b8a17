"""What the editors' interface shows and guards beyond what Wagtail does by itself."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail import hooks
from wagtail.admin.action_menu import ActionMenuItem, PublishMenuItem
from wagtail.admin.menu import MenuItem
from wagtail.log_actions import LogActionRegistry, LogFormatter
from wagtail.models import Page

from content.editing import drafts, workflow
from content.editing.errors import in_words
from content.editing.gate import refusals
from content.editing.many import many_refused
from content.editing.publishing import REFUSED
from content.editing.reports import PagesToMendView
from content.models.base import ReviewedPage


@hooks.register("construct_main_menu")
def without_documents(request: HttpRequest, items: list[MenuItem]) -> None:
    """Pages offer no files to download, so nobody is sent to upload any."""
    items[:] = [item for item in items if item.name != "documents"]


@hooks.register("insert_global_admin_js")
def start_choosers() -> SafeString:
    return format_html('<script src="{}"></script>', static("content/cms.js"))


# ------------------------------------------------------------------------------------ publishing
@hooks.register("before_edit_page")
def keep_the_draft(request: HttpRequest, page: Page) -> HttpResponse | None:
    return drafts.edit(request, page) if isinstance(page, ReviewedPage) else None


@hooks.register("before_create_page")
def keep_the_new_draft(request: HttpRequest, parent: Page, kind: type[Page]) -> HttpResponse | None:
    return drafts.create(request, parent, kind) if issubclass(kind, ReviewedPage) else None


@hooks.register("before_publish_page")
def refuse_to_publish(request: HttpRequest, page: Page) -> HttpResponse | None:
    """The form has refused already; this holds for whatever else asks Wagtail to publish."""
    if not isinstance(page, ReviewedPage):
        return None
    sentences = in_words(page, refusals(page, today=timezone.localdate()))
    if page.needs_two_people:
        sentences.append(workflow.TWO_PEOPLE)
    for sentence in sentences:
        messages.error(request, sentence)
    return redirect("wagtailadmin_pages:edit", page.pk) if sentences else None


@hooks.register("before_bulk_action")
def refuse_many(
    request: HttpRequest, action: str, objects: list[Any], view: Any
) -> HttpResponse | None:
    if action != "publish":
        return None
    deep = bool(view.cleaned_form.cleaned_data.get("include_descendants"))
    refused = many_refused(objects, deep=deep)
    for sentence in refused:
        messages.error(request, sentence)
    return redirect(view.next_url or "wagtailadmin_home") if refused else None


@hooks.register("before_copy_page")
def copies_are_drafts(request: HttpRequest, page: Page) -> HttpResponse | None:
    """A copy that is live at once would be a page that nobody approved."""
    if request.method != "POST" or not (
        request.POST.get("publish_copies") or request.POST.get("alias")
    ):
        return None
    messages.error(request, "Copies are made as drafts. Publish each when it has its own words.")
    return redirect("wagtailadmin_pages:copy", page.pk)


@hooks.register("construct_page_action_menu")
def without_a_publish_button(
    items: list[ActionMenuItem], request: HttpRequest, context: dict[str, Any]
) -> None:
    """Where one person may not publish, there is no button for it on the form of a new page."""
    kind = request.resolver_match and request.resolver_match.kwargs.get("content_type_model_name")
    if context.get("view") == "create" and kind in workflow.PAGES:
        items[:] = [item for item in items if not isinstance(item, PublishMenuItem)]


@hooks.register("register_log_actions")
def log_refusals(actions: LogActionRegistry) -> None:
    @actions.register_action(REFUSED)
    class Refused(LogFormatter):
        label = "Refuse a scheduled publication"

        def format_message(self, entry: Any) -> str:
            return " ".join(["Not published on its day.", *entry.data.get("sentences", [])])


# --------------------------------------------------------------------------------------- reports
@hooks.register("register_admin_urls")
def report_addresses() -> list[URLPattern]:
    view = PagesToMendView.as_view
    return [
        path("reports/pages-to-mend/", view(), name="pages_to_mend"),
        path(
            "reports/pages-to-mend/results/", view(results_only=True), name="pages_to_mend_results"
        ),
    ]


@hooks.register("register_reports_menu_item")
def report_in_the_menu() -> MenuItem:
    return MenuItem("Pages to mend", reverse("pages_to_mend"), icon_name="warning", order=50)
