"""Check your answers, sign, and send them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult.access import known
from consult.followups.named import named_by
from consult.followups.reach import is_confirmed
from consult.intake import actions, understanding
from consult.intake.actions import ChangedSince, NotAllowed, NotComplete
from consult.intake.drafts import remember_sent, with_draft_to_fill
from consult.intake.forms import ContactForm
from consult.intake.marks import mark_of
from consult.intake.pages import address_of, urgent_messages
from consult.intake.signing import SignatureForm
from consult.intake.summary import open_rows, rows_by_step, without_agreements, words
from consult.intake.understanding import NotAsked
from consult.models import Intake, UnderstandingAnswer
from consult.rules import carer
from consult.rules.conditions import Answer
from consult.rules.published import load_questionnaire
from consult.rules.questionnaire import Questionnaire, missing, visible

SEEN = "seen"  # the mark of the answers that the page showed
BACK = "?back"


@with_draft_to_fill
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, intake: Intake) -> HttpResponse:
    put_questions(intake)
    if request.method == "POST":
        return send(request, intake)
    return check_page(request, intake, SignatureForm())


def send(request: HttpRequest, intake: Intake) -> HttpResponse:
    form = SignatureForm(request.POST)
    if not form.is_valid():
        return check_page(request, intake, form)
    signature, seen = form.cleaned_data["signature"], request.POST.get(SEEN, "")
    by, now = known(request), timezone.now()
    try:
        actions.submit(intake, signature=signature, seen=seen, by=by, now=now)
    except (NotComplete, NotAsked, ChangedSince):
        return check_page(request, intake, form)
    except NotAllowed:
        # Sent already, from another tab or by a second click: the same page as the first. Or
        # erased meanwhile.
        if not Intake.objects.filter(pk=intake.pk).exists():
            return redirect("consult:start")
    remember_sent(request, intake)
    return redirect("consult:status")


def check_page(request: HttpRequest, intake: Intake, form: SignatureForm) -> HttpResponse:
    """The answers as they are now. After a post that sent nothing it also says why."""
    questionnaire, answers = load_questionnaire(intake.questionnaire), intake.answers()
    mark, asked = mark_of(intake), list(intake.understanding.all())
    changed = form.is_bound and request.POST.get(SEEN) != mark
    context = {
        "intake": intake,
        "form": form,
        "mark": mark,
        "changed": changed,
        "contact": contact_rows(intake),
        "confirm": bool(intake.contact_email) and not is_confirmed(intake),
        "carer": carer_rows(intake, answers),
        "sections": without_agreements(rows_by_step(questionnaire, answers)),
        "open": open_parts(intake, questionnaire, answers) or untried(asked),
        "asked": asked,
        "agreements": agreement_rows(questionnaire, answers),
        "urgent": urgent_messages(questionnaire, answers),
    }
    return render(request, "consult/intake/check.html", context, status=status_of(form, changed))


def status_of(form: SignatureForm, changed: bool) -> HTTPStatus:
    if not form.is_bound:
        return HTTPStatus.OK
    return HTTPStatus.CONFLICT if changed else HTTPStatus.UNPROCESSABLE_ENTITY


def open_parts(
    intake: Intake, questionnaire: Questionnaire, answers: Mapping[str, Answer]
) -> list[tuple[str, str]]:
    """What still has to be answered: in which words it is asked, and where."""
    parts = []
    if not intake.contact_email:
        parts.append(("How we reach you", reverse("consult:contact") + BACK))
    if carer.still_open(intake.carer, answers):
        parts.append(("Who answers for the patient", reverse("consult:carer") + BACK))
    rows = open_rows(questionnaire, missing(questionnaire, answers))
    return parts + [(question.text, address) for question, address in rows]


def put_questions(intake: Intake) -> list[UnderstandingAnswer]:
    """The questions on our pages for whoever has answered everything else; else none."""
    questionnaire, answers = load_questionnaire(intake.questionnaire), intake.answers()
    if open_parts(intake, questionnaire, answers):
        return []
    return understanding.ask(intake, now=timezone.now())


def untried(asked: list[UnderstandingAnswer]) -> list[tuple[str, str]]:
    left = sum(not row.attempts for row in asked)
    if not left:
        return []
    many = "is one short question" if left == 1 else f"are {left} short questions"
    return [(f"Did we explain it well? There {many}.", reverse("consult:understanding"))]


def agreement_rows(
    questionnaire: Questionnaire, answers: Mapping[str, Answer]
) -> list[dict[str, Any]]:
    """What the name is written under: the exact words, and what the person says to them."""
    return [
        {
            "question": one,
            "said": words(one, answers),
            "address": address_of(questionnaire.step(one.step), one.id, BACK),
        }
        for one in visible(questionnaire, answers)
        if one.kind == "agreement"
    ]


def contact_rows(intake: Intake) -> list[tuple[str, str]]:
    if not intake.contact_email:
        return []
    labels = ContactForm.base_fields
    names = ("full_name", "email", "phone")
    rows = [(str(labels[name].label), intake.contact.get(name, "")) for name in names]
    named = named_by(intake)
    said = f"{named.name}, {named.phone}" if named else ""
    return [*rows, (str(labels["named_name"].label), said)]


def carer_rows(intake: Intake, answers: Mapping[str, Answer]) -> list[tuple[str, str]]:
    """Only where the form is for somebody else."""
    asked, given = carer.asked_of(answers), carer.given(intake.carer, answers)
    return [(one.text, words(one, given)) for one in visible(asked, given)] if asked else []
