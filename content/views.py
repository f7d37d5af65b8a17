"""Search over the public pages."""

import unicodedata

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from wagtail.models import Page

from content.clinic import clinic_for

LONGEST_QUERY = 200
MOST_RESULTS = 20
# Letters, marks on letters, numbers. Anything else may be an operator to one database or another.
OF_WORDS = frozenset("LMN")


@login_not_required
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    typed = "".join(filter(str.isprintable, request.GET.get("q", "")[:LONGEST_QUERY])).strip()
    context = {"query": typed, "found": found(words(typed)), "clinic": clinic_for(request)}
    return render(request, "content/search.html", context)


def words(text: str) -> str:
    kept = (sign if unicodedata.category(sign)[0] in OF_WORDS else " " for sign in text)
    return " ".join("".join(kept).split())


def found(query: str) -> list[Page]:
    if not query:
        return []
    ids = [page.pk for page in Page.objects.live().search(query)[:MOST_RESULTS]]
    pages = {page.pk: page for page in Page.objects.filter(pk__in=ids).specific()}
    return [pages[pk] for pk in ids if pk in pages]
