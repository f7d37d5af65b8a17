"""What the editors' interface shows beyond what Wagtail shows by itself."""

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail import hooks
from wagtail.admin.menu import MenuItem


@hooks.register("construct_main_menu")
def without_documents(request: HttpRequest, items: list[MenuItem]) -> None:
    """Pages offer no files to download, so nobody is sent to upload any."""
    items[:] = [item for item in items if item.name != "documents"]


@hooks.register("insert_global_admin_js")
def start_choosers() -> SafeString:
    return format_html('<script src="{}"></script>', static("content/cms.js"))
