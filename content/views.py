"""Search over the public pages, and what search engines are told."""

import unicodedata

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from wagtail.models import Page

LONGEST_QUERY = 200
MOST_RESULTS = 20
# Letters, marks on letters, numbers. Anything else may be an operator to one database or another.
OF_WORDS = frozenset("LMN")
# Private pages, and lists without an end. This hides nothing: guards do.
NOT_FOR_ROBOTS = ("/consult/", "/staff/", "/accounts/", "/cms/", "/admin/", "/search/")


@login_not_required
@require_safe
@never_cache  # what somebody looks for is theirs
def search(request: HttpRequest) -> HttpResponse:
    typed = "".join(filter(str.isprintable, request.GET.get("q", "")[:LONGEST_QUERY])).strip()
    context = {"query": typed, "found": found(words(typed))}
    return render(request, "content/search.html", context)


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in NOT_FOR_ROBOTS)]
    lines += ["", f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def words(text: str) -> str:
    kept = (sign if unicodedata.category(sign)[0] in OF_WORDS else " " for sign in text)
    return " ".join("".join(kept).split())


def found(query: str) -> list[Page]:
    if not query:
        return []
    ids = [page.pk for page in Page.objects.live().search(query)[:MOST_RESULTS]]
    pages = {page.pk: page for page in Page.objects.filter(pk__in=ids).specific()}
    sought = query.casefold().split()
    # The page that is named like the question first; the database ranks short pages too high.
    return sorted(
        (pages[pk] for pk in ids if pk in pages),
        key=lambda page: not all(word in page.title.casefold() for word in sought),
    )
