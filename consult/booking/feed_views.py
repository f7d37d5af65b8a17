"""The page on which staff make their feed's address, and the feed itself."""

import hashlib
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.http import parse_etags
from django.views.decorators.http import require_http_methods, require_safe

from consult.access import public, signed_in, staff
from consult.booking import feed
from consult.booking.availability_views import EDITORS
from consult.models import CalendarFeed


@staff(*EDITORS)
@require_http_methods(["GET", "HEAD", "POST"])
def own_feed(request: HttpRequest) -> HttpResponse:
    """Make, renew or end one's address. It is shown once, in the answer to making it."""
    user, now = signed_in(request), timezone.now()
    address = ""
    if request.method == "POST" and request.POST.get("do") == "end":
        feed.end(user, now=now)
        messages.success(request, "Your address is closed. It shows nothing any more.")
        return redirect("consult:staff_calendar_feed")
    if request.method == "POST" and request.POST.get("do") == "make":
        secret = feed.make(user, now=now)
        address = settings.SITE_URL + reverse("consult:calendar_feed", args=[secret])
    row = CalendarFeed.objects.filter(user=user).first()
    return render(request, "consult/booking/feed.html", {"feed": row, "address": address})


@public
@require_safe
def busy(request: HttpRequest, secret: str) -> HttpResponse:
    """Busy times for a calendar program, which cannot sign in: whoever has the address may read.

    An unknown address, an ended one and one of somebody who has left are the same 404.
    """
    row, now = feed.found_by(secret), timezone.now()
    if row is None:
        raise Http404
    feed.was_read(row, now=now)
    body = feed.busy_times(row.user, now=now)
    etag = f'"{hashlib.sha256(body).hexdigest()}"'
    whole = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    whole["ETag"] = etag
    add_never_cache_headers(whole)
    whole["Referrer-Policy"] = "no-referrer"
    known = parse_etags(request.headers.get("If-None-Match", ""))
    # A proxy that compresses makes the tag a weak one; it is the same calendar.
    if etag not in {tag.removeprefix("W/") for tag in known}:
        return whole
    return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=dict(whole.items()))
