"""The queue: a page, and its rows alone for a page that looks again by itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.views.decorators.http import require_safe

from consult import audit
from consult.access import asked_by_itself, signed_in, staff
from consult.dashboard import filters as narrowing
from consult.dashboard import queries
from consult.dashboard.filters import STATES, Filters
from consult.models import Intake, SavedView, User
from consult.models.people import CARE_TEAM

CODE = "CODE"  # stands for any


@staff(*CARE_TEAM)
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    user, team = signed_in(request), narrowing.care_team()
    filters = narrowing.read(request.GET, team=team, clinical=user.is_clinical)
    rows = rows_context(request, user, filters)
    counts = queries.counts(user)
    shown = {
        "tabs": [(name, label, counts[name]) for name, (_, label) in STATES.items()],
        "hidden": queries.hidden(user, filters, counts[filters.show]),
        "views": SavedView.objects.filter(user=user),
    }
    return render(request, "consult/dashboard/queue.html", rows | shown)


@asked_by_itself
@staff(*CARE_TEAM)
@require_safe
def queue_rows(request: HttpRequest) -> HttpResponse:
    """The rows as they are now. The page asks by itself, so this must never count as somebody
    being at work."""
    user, team = signed_in(request), narrowing.care_team()
    filters = narrowing.read(request.GET, team=team, clinical=user.is_clinical)
    rows = rows_context(request, user, filters, shown=request.GET.get("shown", ""))
    response = render(request, "consult/dashboard/_queue_rows.html", rows)
    response["X-Queue-Rows"] = "1"  # what comes without it is another page: a sign-in, an error
    return response


def rows_context(
    request: HttpRequest, user: User, filters: Filters, *, shown: str = ""
) -> dict[str, Any]:
    """A page of rows, recorded as looked at unless `shown` proves that they were recorded."""
    now, code = timezone.now(), request.GET.get("after", "")
    after = queries.find_case(user, code)
    page = queries.queue_page(user, filters, after=after, now=now)
    codes = [row.intake.code for row in page.rows]
    seen = seen_mark(user, codes, now)
    if not constant_time_compare(seen, shown):
        audit.record(
            by=user,
            did="viewed the queue",
            now=now,
            show=filters.show,
            filters=filters.names,
            rows=codes,
        )
    address = with_query(reverse("consult:queue"), filters.query)
    onward = f"{address}{'&' if filters.query else '?'}after="
    return {
        "page": page,
        "start": address,
        "next": onward + page.last.intake.code if page.last else "",
        "filters": filters,
        "show": filters.show,
        "waits": filters.state == Intake.State.SUBMITTED,
        # What begins with the same is not worked out for each row.
        "cases": reverse("consult:staff_intake", args=[CODE]).removesuffix(f"{CODE}/"),
        "back": quote(address, safe=""),
        "clinical": user.is_clinical,
        "first": after is None,
        "lost_place": bool(code) and after is None,
        "seen": seen,
        "now": now,
        "me": user,
    }


def seen_mark(user: User, codes: Sequence[str], now: datetime) -> str:
    """Proves that these rows were shown to this person within the hour, and so were recorded."""
    words = " ".join([user.pk.hex, f"{now:%Y-%m-%d %H}", *codes])
    return salted_hmac("consult.queue", words).hexdigest()[:32]


def with_query(address: str, query: str) -> str:
    return f"{address}?{query}" if query else address


@staff(*CARE_TEAM)
@require_safe
def staff_next(request: HttpRequest, code: str) -> HttpResponse:
    """The form after this one in the order of review, for whoever is done with this one."""
    user = signed_in(request)
    waiting = narrowing.read(request.GET, team=narrowing.care_team(), clinical=user.is_clinical)
    after = queries.find_case(user, code)
    following = queries.next_after(user, waiting, after)
    if following is None:
        messages.info(request, "No other form waits after that one.")
        return redirect(with_query(reverse("consult:queue"), waiting.query))
    return redirect("consult:staff_intake", following.code)
