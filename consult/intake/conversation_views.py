"""The person's side of the messages: read and answer, after a sign-in only."""

from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult.access import public, signed_in
from consult.followups.actions import zone_of
from consult.intake import conversation
from consult.intake.drafts import not_saved_yet, own_sent
from consult.intake.refusals import NotAllowed
from consult.models import Intake, PortalMessage
from consult.rules import clock
from consult.widgets import InAPage


class WriteForm(InAPage, forms.Form):
    words = forms.CharField(
        label="Write to our team",
        max_length=conversation.LONGEST,
        widget=forms.Textarea({"rows": 5}),
        error_messages={
            "required": "Please write your message.",
            "max_length": "Please use at most %(limit_value)d characters; this has %(show_value)d.",
        },
    )

    def __init__(self, data: Any = None, *, of: Intake) -> None:
        super().__init__(normal(data), auto_id=f"id_{of.code}_%s")


def normal(data: Any) -> dict[str, str] | None:
    """A line break counts as one character, as it does in the browser."""
    return None if data is None else {"words": data.get("words", "").replace("\r\n", "\n")}


@public
@require_http_methods(["GET", "HEAD", "POST"])
def conversations(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        posted = request.method == "POST"
        return not_saved_yet(request, "ended") if posted else redirect("consult:sign_in")
    intakes = own_sent(request)
    if not intakes:
        return redirect("consult:status")
    if request.method == "POST":
        return written(request, intakes)
    response = page(request, intakes)  # made first: it still says what is new
    if request.method == "GET" and conversation.unread_count(intakes, now=timezone.now()):
        for intake in intakes:
            conversation.read_by_person(intake, now=timezone.now())
    return response


def written(request: HttpRequest, intakes: list[Intake]) -> HttpResponse:
    intake = next((one for one in intakes if one.code == request.POST.get("form")), None)
    if intake is None:
        raise Http404
    form = WriteForm(request.POST, of=intake)
    if not form.is_valid():
        return page(request, intakes, form, of=intake, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        conversation.answer(
            intake, words=form.cleaned_data["words"], by=signed_in(request), now=timezone.now()
        )
    except conversation.TooMany as refusal:
        form.add_error(None, str(refusal))
        return page(request, intakes, form, of=intake, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except NotAllowed:
        intake.refresh_from_db()
        return page(request, intakes, form, of=intake, status=HTTPStatus.CONFLICT)
    messages.success(request, "Your message is sent. We read it on working days.")
    return redirect("consult:messages")


def page(
    request: HttpRequest,
    intakes: list[Intake],
    form: WriteForm | None = None,
    *,
    of: Intake | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """Each form with its messages, oldest first; what was typed for one of them stays."""
    rows = PortalMessage.objects.filter(intake__in=intakes).sent(timezone.now())
    by_intake: dict[Any, list[tuple[PortalMessage, str]]] = {one.pk: [] for one in intakes}
    zones = {one.pk: zone_of(one) for one in intakes}
    for row in rows.order_by("sent_at", "pk"):
        by_intake[row.intake_id].append((row, when(row, zones[row.intake_id])))
    context = {
        "threads": [
            {
                "intake": one,
                "rows": by_intake[one.pk],
                "is_closed": one.state == Intake.State.WITHDRAWN,
                "form": form if form and one == of else WriteForm(of=one),
            }
            for one in intakes
        ],
        "form": form,
        "refused": conversation.CLOSED if status == HTTPStatus.CONFLICT else "",
    }
    return render(request, "consult/intake/conversation.html", context, status=status)


def when(row: PortalMessage, zone: ZoneInfo) -> str:
    return clock.in_words(row.sent_at or row.made_at, zone)
