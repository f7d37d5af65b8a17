"""The mail desk: every letter, one letter, and what can be done with it."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any, ParamSpec, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from csp.decorators import csp_update
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from consult import audit
from consult.access import signed_in, staff
from consult.dashboard import mail, mail_filters
from consult.dashboard.listing import row_at
from consult.dashboard.mail_filters import TABS, MailFilters
from consult.dashboard.mail_stop import STOPPED, StopForm
from consult.dashboard.mail_words import reason_words
from consult.dashboard.queue_views import with_query
from consult.dashboard.words import event_words
from consult.followups import actions as followups
from consult.followups import desk, outbox, recovery, returning, suppression
from consult.models import Message, Status, User
from consult.models.people import CARE_TEAM
from consult.rules import clock
from consult.rules.followups import QUIET_FROM, QUIET_UNTIL

# A letter carries its looks in style attributes: mail programs know no other way. On these pages
# alone they count. It is shown in a frame that runs nothing and whose links lead nowhere.
STYLED = csp_update({"style-src-attr": ["'unsafe-inline'"], "frame-src": ["'none'"]})
P = ParamSpec("P")
# These are asked about first.
SURE = ("send_now", "cancel", "send_again", "lift", "stop")


def with_letter(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """For a page that shows a letter as a mail program does."""
    return cast(Callable[P, HttpResponse], STYLED(cast(Any, view)))


@staff(*CARE_TEAM)
@require_safe
def staff_messages(request: HttpRequest) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    filters, place = mail_filters.read(request.GET), request.GET.get("after", "")
    after = row_at(Message.objects.for_actor(user), place)
    page = mail.page_of(user, filters, after=after, now=now)
    rows = [mail.row_of(message, now=now) for message in page.rows]
    codes = sorted({row.code for row in rows if row.code})
    audit.record(by=user, did="viewed the messages", now=now, rows=codes, filters=filters.names)
    context = {
        "rows": rows,
        "filters": filters,
        "first": after is None,
        "lost_place": bool(place) and after is None,
        "now": now,
    }
    places = addresses(request.path, filters, page.last)
    return render(request, "consult/dashboard/messages.html", context | places)


def addresses(path: str, filters: MailFilters, last: Message | None) -> dict[str, Any]:
    """Where the list begins, where it goes on after its last row, and the lists beside it."""
    start = with_query(path, filters.query)
    onward = f"{start}{'&' if filters.query else '?'}after="
    return {
        "tabs": [(with_query(path, one), words, one) for one, words in TABS.items()],
        "start": start,
        "next": onward + last.pk.hex if last else "",
    }


@with_letter
@staff(*CARE_TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_letter(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    message = mail.letters_for(user).filter(pk=pk).first()
    if message is None:
        raise Http404
    if request.method == "POST":
        return acted(request, message)
    return letter_page(request, message, ask=request.GET.get("ask", ""))


def letter_page(
    request: HttpRequest, message: Message, *, ask: str = "", form: StopForm | None = None
) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    row, stops = mail.row_of(message, now=now), mail.stops_of(message)
    doable = mail.doable(message, stops)
    if row.code:
        audit.record(by=user, did="viewed intake", to=message.intake, now=now, part="letter")
    else:
        audit.record(by=user, did="viewed a letter", to=message, now=now)
    zone = clock.zone_or(message.zone, timezone.get_default_timezone_name())
    left = mail.as_handed_over(message)
    context = {
        "row": row,
        "message": message,
        "doable": doable,
        "stops": stops,
        "ask": ask if ask in SURE and getattr(doable, ask) else "",
        "form": form or StopForm(stops),
        "at_night": not is_day(now, zone),
        "their_clock": clock.in_words(now, zone),
        "due_there": clock.in_words(message.wall_time, zone),
        "unheard": message.last_error in recovery.UNHEARD,
        "events": mail.provider_events(message),
        "left": left,
        "has_left": message.status in outbox.GONE | {Status.SENDING, Status.VERIFY},
        "shown": None if left and not mail.may_still_go(message) else mail.shown(message),
        "again": mail.same_letter(message),
        "now": now,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form else HTTPStatus.OK
    return render(request, "consult/dashboard/message.html", context, status=status)


def is_day(now: datetime, zone: ZoneInfo) -> bool:
    return QUIET_UNTIL <= now.astimezone(zone).time() < QUIET_FROM


# --------------------------------------------------------------------------------- what can be done
Act = Callable[[Message, User, datetime], bool]
ACTS: dict[str, tuple[Act, str]] = {
    "send_now": (
        lambda message, by, now: desk.send_now(message=message, by=by, now=now),
        "It goes with the next look at the outbox, within half a minute.",
    ),
    "hold": (
        lambda message, by, now: followups.hold(message=message, by=by, now=now),
        "The letter is held. It stays here until somebody releases it.",
    ),
    "release": (
        lambda message, by, now: followups.release(message=message, by=by, now=now),
        "The letter is released. It goes at its time, or now if that is over.",
    ),
    "cancel": (
        lambda message, by, now: desk.cancel_one(message=message, by=by, now=now),
        "The letter is cancelled. It never leaves.",
    ),
}


def acted(request: HttpRequest, message: Message) -> HttpResponse:
    do = request.POST.get("do", "")
    here = redirect("consult:staff_letter", message.pk)
    if do not in {*ACTS, *SURE}:
        raise Http404
    if do in SURE and request.POST.get("sure") != "yes":
        return redirect(f"{here.url}?ask={do}")
    try:
        if do in PAGES:
            return PAGES[do](request, message)
        act, words = ACTS[do]
        if act(message, signed_in(request), timezone.now()):
            messages.success(request, words)
        else:
            messages.warning(request, desk.too_late(message))
    except desk.NotNow as refusal:
        messages.warning(request, f"Nothing was changed. {reason_words(str(refusal))}")
    except recovery.NotAgain as refusal:
        messages.warning(request, str(refusal))
    return here


def sent_again(request: HttpRequest, message: Message) -> HttpResponse:
    again = recovery.requeue(message=message, by=signed_in(request), now=timezone.now())
    messages.success(request, f"“{event_words(again.event)}” goes again, as this letter.")
    return redirect("consult:staff_letter", again.pk)


def lifted(request: HttpRequest, message: Message) -> HttpResponse:
    by, now = signed_in(request), timezone.now()
    stops = mail.stops_of(message)
    back = sum(returning.let_come_again(one, by=by, now=now) for one in stops)
    words = f"Letters go to this address again. Of those it had stopped, {back} are planned anew."
    messages.success(request, words)
    return redirect("consult:staff_letter", message.pk)


def stopped(request: HttpRequest, message: Message) -> HttpResponse:
    stops = mail.stops_of(message)
    if not mail.doable(message, stops).stop:
        messages.warning(request, "Nothing was changed: this address was stopped before.")
        return redirect("consult:staff_letter", message.pk)
    form = StopForm(stops, request.POST)
    if not form.is_valid():
        return letter_page(request, message, ask="stop", form=form)
    said = form.cleaned_data
    is_new = suppression.stop(
        bytes(message.recipient_index or b""),
        scope=said["scope"],
        reason=said["reason"],
        by=signed_in(request),
        now=timezone.now(),
    )
    if is_new:
        messages.success(request, STOPPED[said["scope"]])
    else:
        messages.warning(request, "Nothing was changed: a colleague has just stopped it.")
    return redirect("consult:staff_letter", message.pk)


PAGES = {"send_again": sent_again, "lift": lifted, "stop": stopped}
