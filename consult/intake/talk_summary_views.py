"""What a talk came to, as its person reads it, with the pages that go with it."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from consult.access import public, signed_in
from consult.followups import summaries
from consult.followups.appointments import when_in_words
from consult.intake.judging import clinic_day
from consult.intake.reading import concern_of, library, topics_of
from consult.models import VisitSummary
from content.topics import clinic_phone


@public
@require_safe
def summary(request: HttpRequest, code: str) -> HttpResponse:
    """For the person alone; clinicians read it on their own page. Whoever comes from the letter
    signs in with a code and comes back here."""
    if not request.user.is_authenticated:
        back = f"{reverse('consult:after_sign_in')}?{urlencode({'next': request.path})}"
        return redirect(f"{reverse('consult:sign_in')}?{urlencode({'next': back})}")
    found, now = own_or_404(request, code), timezone.now()
    visit, intake = found.appointment, found.appointment.intake
    if request.method == "GET":
        summaries.read_by_person(found, by=signed_in(request), now=now)
    books, topics = (
        library([concern_of(intake)], today=clinic_day(now)),
        topics_of(intake.latest_assessment()),
    )
    context = {
        "summary": found,
        "when": when_in_words(visit),
        "intake": intake,
        "evidence": books.concerns.get(concern_of(intake)),
        "reading": books.reading_list(topics, ""),
        "phone": clinic_phone(),
    }
    return render(request, "consult/intake/talk_summary.html", context)


def own_or_404(request: HttpRequest, code: str) -> VisitSummary:
    user = signed_in(request)
    rows = VisitSummary.objects.for_actor(user).filter(
        appointment__intake__owner=user, appointment__status=summaries.ATTENDED
    )
    named = rows.select_related("appointment__intake", "appointment__visit_type")
    found = named.filter(appointment__code=code).first() if code.isalnum() else None
    if found is None:
        raise Http404
    return found
