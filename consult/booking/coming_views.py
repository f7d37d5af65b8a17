"""“I will be there”, from a letter and from the page of a visit."""

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from consult.access import known, public, signed_in
from consult.booking import coming
from consult.booking.doors import appointment_or_404, patient
from consult.booking.forms import SeenForm
from consult.booking.refusals import NotBookable


# Whoever has the letter may say so without a sign-in: the page tells nothing of anybody.
@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def from_letter(request: HttpRequest, token: str) -> HttpResponse:
    """A look changes nothing: scanners of mail open every address."""
    now, reader = timezone.now(), known(request)
    visit = coming.visit_of(token, now=now)
    # Who works here reads letters of others at the mail desk, and says nothing in their name.
    if visit and reader and reader.works_here and visit.intake.owner_id != reader.pk:
        raise Http404
    if visit and request.method == "POST":
        try:
            seen, through = visit.sequence, coming.BY_LETTER
            visit = coming.say(visit, seen_sequence=seen, through=through, by=None, now=now)
        except NotBookable:
            visit = None
    context = {"is_over": visit is None, "done": visit and visit.confirmed_at}
    status = HTTPStatus.OK if visit else HTTPStatus.GONE
    # Its referrer stays within our own pages, as that of all: with none at all browsers would not
    # say where the post comes from, and it would be refused.
    return render(request, "consult/booking/coming.html", context, status=status)


@patient
@require_POST
def from_page(request: HttpRequest, code: str) -> HttpResponse:
    """For the person alone: nobody of staff says it in their name."""
    found, user = appointment_or_404(request, code), signed_in(request)
    if found.intake.owner_id != user.pk:
        raise Http404
    form, now = SeenForm(request.POST), timezone.now()
    seen = form.cleaned_data["seen"] if form.is_valid() else -1
    try:
        coming.say(found, seen_sequence=seen, through=coming.BY_PAGE, by=user, now=now)
        messages.success(request, "Thank you. We have noted that you will be there.")
    except NotBookable as refusal:
        messages.error(request, str(refusal))
    return redirect("consult:appointment", found.code)
