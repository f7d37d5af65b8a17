"""The floors: the least that honestly does the work of a workload, without any middleware."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import groupby
from uuid import uuid4

from django import forms
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from bench.floor_models import FloorCase, FloorCell, FloorDraft, FloorPage, FloorPerson, FloorVisit

QUARTER = timedelta(minutes=15)
CELLS = 4  # of one visit
CLINICIANS = range(20)
OPEN = [*range(9 * 4, 13 * 4 - CELLS + 1), *range(14 * 4, 18 * 4 - CELLS + 1)]
LETTERS = [(code, f"The answer {code}, in a few words") for code in "abcdef"]


def whole(response: HttpResponse) -> HttpResponse:
    """With its length, which CommonMiddleware would add; else it leaves in chunks."""
    response["Content-Length"] = str(len(response.content))
    return response


def bare(request: HttpRequest) -> HttpResponse:
    return whole(HttpResponse("bare"))


def bare_post(request: HttpRequest) -> HttpResponse:
    return whole(HttpResponse(f"{len(request.POST)}"))


def page(request: HttpRequest, slug: str) -> HttpResponse:
    return whole(render(request, "page.html", {"page": FloorPage.objects.get(slug=slug)}))


# ------------------------------------------------------------------------------------- W2 and W3
class StepForm(forms.Form):
    main = forms.ChoiceField(label="What is the main problem?", choices=LETTERS)
    details = forms.CharField(label="Tell us more.", max_length=1500, required=False)
    diagnosis = forms.ChoiceField(label="Has a doctor confirmed it?", choices=LETTERS)
    others = forms.MultipleChoiceField(label="Which of these as well?", choices=LETTERS)
    pain = forms.IntegerField(label="How strong is it?", min_value=0, max_value=10)


def begin(request: HttpRequest) -> HttpResponse:
    draft = FloorDraft.objects.create(token=uuid4().hex)
    response = whole(redirect("/floor/form/1/"))
    response.set_cookie("draft", draft.token)
    return response


def step(request: HttpRequest, number: int) -> HttpResponse:
    """One page of a form, kept in the one row of its draft; the last one sends it."""
    draft = FloorDraft.objects.get(token=request.COOKIES["draft"])
    kept = draft.answers.get(str(number), {})
    form = StepForm(request.POST if request.method == "POST" else None, initial=kept)
    if request.method != "POST" or not form.is_valid():
        return whole(render(request, "form.html", {"form": form, "kept": kept}))
    draft.answers[str(number)] = form.cleaned_data
    draft.is_sent = "send" in request.POST
    draft.save(update_fields=["answers", "is_sent"])
    return whole(redirect(f"/floor/form/{number + 1}/"))


# ------------------------------------------------------------------------------------- W4 and W5
def times(request: HttpRequest, day: str) -> HttpResponse:
    """The free times of the month that begins on a day; everybody has the same hours."""
    first = datetime.fromisoformat(day).replace(tzinfo=UTC)
    days = [(of_day, list(free)) for of_day, free in groupby(free_times(first), datetime.date)]
    return whole(render(request, "times.html", {"days": days}))


def free_times(first: datetime) -> list[datetime]:
    until = (first + timedelta(days=32)).replace(day=1)
    cells = FloorCell.objects.filter(starts_at__gte=first, starts_at__lt=until)
    taken: dict[datetime, int] = defaultdict(int)  # a bit for each clinician
    for clinician, starts_at in cells.values_list("clinician", "starts_at"):
        for back in range(CELLS):
            taken[starts_at - back * QUARTER] |= 1 << clinician
    everybody = (1 << len(CLINICIANS)) - 1
    days = ((first + timedelta(days=n)) for n in range((until - first).days))
    open_days = (day for day in days if day.weekday() < 5)
    starts = (day + cell * QUARTER for day in open_days for cell in OPEN)
    return [start for start in starts if taken[start] != everybody]


class BookForm(forms.Form):
    clinician = forms.IntegerField()
    starts_at = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%MZ"])


def book(request: HttpRequest) -> HttpResponse:
    """A visit and its quarters of an hour, under a unique constraint; else the next times."""
    person = FloorPerson.objects.get(token=request.COOKIES["person"])
    form = BookForm(request.POST)
    if not form.is_valid():
        return whole(HttpResponse(status=422))
    chosen = form.cleaned_data
    first = chosen["starts_at"].replace(tzinfo=UTC)
    try:
        with transaction.atomic():
            visit = FloorVisit.objects.create(
                person=person, clinician=chosen["clinician"], starts_at=first
            )
            FloorCell.objects.bulk_create(
                FloorCell(visit=visit, clinician=visit.clinician, starts_at=first + n * QUARTER)
                for n in range(CELLS)
            )
    except IntegrityError:
        following = [one for one in free_times(first.replace(day=1)) if one > first][:6]
        return whole(render(request, "times.html", {"days": [("", following)]}, status=409))
    return whole(redirect(f"/floor/visits/{visit.pk}/"))


# -------------------------------------------------------------------------------------------- W6
SHOWN = ("pk", "code", "rank", "sent_at", "words")
ROWS = 50


def queue(request: HttpRequest) -> HttpResponse:
    """A page of the queue, or of one topic in it; it begins after the row that is named."""
    cases = FloorCase.objects.order_by("-rank", "sent_at", "pk")
    if topic := request.GET.get("topic"):
        cases = cases.filter(topic=topic)
    if "rank" in request.GET:
        rank, sent_at, pk = (request.GET[name] for name in ("rank", "sent_at", "pk"))
        after = Q(sent_at__gt=sent_at) | Q(sent_at=sent_at, pk__gt=pk)
        cases = cases.filter(Q(sent_at__gte=sent_at), after, rank=rank)
    return whole(render(request, "queue.html", {"cases": cases.values(*SHOWN)[:ROWS]}))


def search(request: HttpRequest) -> HttpResponse:
    cases = FloorCase.objects.filter(name=request.GET["name"]).values(*SHOWN)[:20]
    return whole(render(request, "queue.html", {"cases": cases}))
