"""From an address to its page, without asking again what stays so until something is published.

Readers with a session get their pages made anew; the way to a page costs them one query.
"""

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from wagtail import views
from wagtail.models import Page, PageViewRestriction, Site
from wagtail.url_routing import RouteResult

from content.serving import version


def page(request: HttpRequest, path: str) -> HttpResponse:
    """Wagtail's view, told what it would look up; whatever is not plain stays its business."""
    host = request.get_host()
    site = version.kept(("site", host), lambda: Site.find_for_request(request))
    roots = version.kept("roots", Site.get_site_root_paths)
    request._wagtail_site = site  # type: ignore[attr-defined]
    request._wagtail_cached_site_root_paths = roots  # type: ignore[attr-defined]
    way = version.kept(("way", host, path), lambda: find(request, path))
    if way and not hasattr(request, "_wagtail_route_for_request"):
        kind, pk = way
        there = kind._default_manager.filter(pk=pk, live=True).first()
        if there:
            request._wagtail_route_for_request = RouteResult(there)  # type: ignore[attr-defined]
    response: HttpResponse = views.serve(request, path)
    return response


def find(request: HttpRequest, path: str) -> tuple[type[Model], int] | None:
    found = Page.route_for_request(request, path)
    if found is None or found.args or found.kwargs:
        return None
    return type(found.page), found.page.pk


def above(page: Page) -> list[Page]:
    """The pages above this one, the home page first."""
    return version.kept(
        ("above", page.path), lambda: list(page.get_ancestors().filter(depth__gt=1)), size=5000
    )


def any_page_is_restricted() -> bool:
    restricted: bool = version.kept("restricted", PageViewRestriction.objects.exists)
    return restricted
