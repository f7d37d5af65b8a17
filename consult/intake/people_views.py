"""Who fills the form in: how we reach them, and by what right they answer for somebody else."""

import re
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult.access import TOKEN, known
from consult.intake import actions
from consult.intake.actions import CONSENT_TO_STORE, ChangedElsewhere
from consult.intake.drafts import kept_for_later, not_saved_yet, with_draft_to_fill
from consult.intake.forms import CarerForm, ContactForm
from consult.intake.pages import SAVE_FOR_LATER, page
from consult.intake.people import version_of
from consult.intake.summary import words
from consult.models import Intake
from consult.rules import carer as carers
from consult.rules.conditions import Answer
from consult.rules.questionnaire import Questionnaire

SEEN = "version"  # of what is stored, as it was when the page was made


@with_draft_to_fill
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest, intake: Intake) -> HttpResponse:
    form = ContactForm(request.POST or None, initial=intake.contact)
    if request.method == "POST" and form.is_valid():
        return save_contact(request, intake, form)
    context = {"form": form, "intake": intake, "behind": behind(request)}
    return page(request, "contact", context | {"version": shown(request, intake.contact)})


def save_contact(request: HttpRequest, intake: Intake, form: ContactForm) -> HttpResponse:
    entered, seen, now = form.contact(), seen_version(request), timezone.now()
    try:
        actions.save_contact(intake, contact=entered, seen=seen, by=known(request), now=now)
    except ChangedElsewhere as error:
        return changed_page(
            request,
            title="How we reach you",
            rows=contact_rows(form, error.names, error.stored, entered),
            stored=error.stored,
        )
    return redirect(behind(request))


def contact_rows(
    form: ContactForm, names: Collection[str], stored: Mapping[str, Any], entered: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The details that clash, each with what is stored and what was entered, in words."""
    return [
        {
            "question": {"text": field.label},
            "stored": chosen(field, stored.get(name, "")),
            "entered": chosen(field, entered.get(name, "")),
        }
        for name, field in form.fields.items()
        if name in names
    ]


def chosen(field: Any, value: str) -> str:
    """The words of a choice, whatever group it stands in; any other value as it is."""
    words: dict[str, str] = {}
    for code, label in getattr(field, "choices", ()):
        words |= {str(code): label} if isinstance(label, str) else dict(label)
    return words.get(value, value)


@with_draft_to_fill
@require_http_methods(["GET", "HEAD", "POST"])
def carer(request: HttpRequest, intake: Intake) -> HttpResponse:
    answers = intake.answers()
    if not answers.get(CONSENT_TO_STORE) and request.method == "POST":
        return not_saved_yet(request, "agreement")
    asked = carers.asked_of(answers)
    if asked is None:
        return redirect("consult:tasks")
    stored = carers.given(intake.carer, answers)
    posted = request.POST if request.method == "POST" else None
    form = CarerForm(asked, stored=stored, today=timezone.localdate(), data=posted)
    if posted is not None:
        return save_carer(request, intake, asked, form, stored)
    return carer_page(request, asked, form, version_of(stored))


def save_carer(
    request: HttpRequest,
    intake: Intake,
    asked: Questionnaire,
    form: CarerForm,
    stored: Mapping[str, Answer],
) -> HttpResponse:
    """Store what is valid, then say what is not."""
    valid, seen, now = form.is_valid(), seen_version(request), timezone.now()
    try:
        kept = actions.save_carer(
            intake, answers=form.answers, cleared=form.cleared, seen=seen, now=now
        )
    except ChangedElsewhere as error:
        rows = [
            {
                "question": one,
                "stored": words(one, error.stored),
                "entered": words(one, form.answers),
            }
            for one in asked.questions
            if one.id in error.names
        ]
        title = asked.steps[0].title
        return changed_page(request, title=title, rows=rows, stored=error.stored)
    if SAVE_FOR_LATER in request.POST:
        return kept_for_later(request, intake)
    if valid:
        return redirect(behind(request))
    # A page that was out of date stays so: it does not show what came from elsewhere.
    version = version_of(kept) if seen in {None, version_of(stored)} else str(seen)
    return carer_page(request, asked, form, version)


def carer_page(
    request: HttpRequest, asked: Questionnaire, form: CarerForm, version: str
) -> HttpResponse:
    context = {
        "form": form,
        "title": asked.steps[0].title,
        "version": version,
        "behind": behind(request),
    }
    return page(request, "carer", context)


def behind(request: HttpRequest) -> str:
    return reverse("consult:check" if "back" in request.GET else "consult:tasks")


def shown(request: HttpRequest, stored: Mapping[str, Any]) -> str:
    """The version that a page names. One that came back with a mistake keeps its own: it does not
    show what was stored meanwhile."""
    return seen_version(request) or version_of(stored)


def seen_version(request: HttpRequest) -> str | None:
    """The version that the page was made from; None when the post does not say it readably."""
    posted = request.POST.get(SEEN, "")
    return posted if re.fullmatch(r"[0-9a-f]{16}", posted) else None


def changed_page(
    request: HttpRequest, *, title: str, rows: list[dict[str, Any]], stored: Mapping[str, Any]
) -> HttpResponse:
    """Both side by side; the person chooses. Nothing of what was entered is saved."""
    context = {
        "title": title,
        "rows": rows,
        "version": version_of(stored),
        "entered": [
            (name, value)
            for name, values in request.POST.lists()
            if name not in {TOKEN, SEEN}
            for value in values
        ],
    }
    status = HTTPStatus.CONFLICT
    return render(request, "consult/intake/changed.html", context, status=status)
