from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from consult import audit
from consult.access import signed_in, staff
from consult.dashboard import insights, insights_pictures
from consult.dashboard.insights_pictures import share_in_words
from consult.models import Role
from consult.rules.figures import Share


@staff(Role.CLINICIAN, Role.LEAD_CLINICIAN, Role.ADMINISTRATOR)
@require_safe
def staff_insights(request: HttpRequest) -> HttpResponse:
    """Figures about everybody together; nobody's row is shown."""
    chosen, now = request.GET.get("period", "weeks"), timezone.now()
    if chosen not in insights.PERIODS:
        return redirect("consult:staff_insights")
    audit.record(by=signed_in(request), did="viewed the figures", now=now, period=chosen)
    period = insights.PERIODS[chosen][1](now)
    arrivals, times = insights.arrivals(period), insights.times(period)
    late = [("Decided late", insights.overdue(period))]
    missed, answered = insights.no_shows(period), insights.answered(period)
    by_week = period.is_by_week
    context = {
        "chosen": chosen,
        "periods": [(code, words) for code, (words, _) in insights.PERIODS.items()],
        "since": period.starts[0],
        "by_week": by_week,
        "levels": arrivals.levels,
        "arrivals": [
            (insights.slot_in_words(start, is_by_week=by_week), row) for start, row in arrivals.rows
        ],
        "arrivals_picture": insights_pictures.stacked(arrivals, is_by_week=by_week),
        "times": [
            (one, insights.span_in_words(one.median), insights.span_in_words(one.most))
            for one in times
        ],
        "times_picture": insights_pictures.spans(times),
        "shares": [
            figure(
                "late",
                "Overdue promises",
                "Of the forms whose promised time has passed: how many were not decided by then.",
                late,
            ),
            figure(
                "missed",
                "No-shows",
                "Of the visits that were marked: how many nobody came to.",
                missed,
            ),
            figure(
                "answered",
                "Check-ins answered",
                "Of the check-ins that were due: how many were answered, by the day after the "
                "treatment.",
                answered,
            ),
        ],
    }
    return render(request, "consult/dashboard/insights.html", context)


def figure(key: str, title: str, words: str, rows: list[tuple[str, Share]]) -> dict[str, object]:
    return {
        "key": key,
        "title": title,
        "words": words,
        "rows": [(label, share_in_words(one), one.about) for label, one in rows],
        "picture": insights_pictures.shares(rows),
    }
