"""Agreements whose words mean something else by now: the old beside the new, and a choice."""

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult.access import public
from consult.intake import actions
from consult.intake.actions import NotAllowed
from consult.intake.consents import asked_again
from consult.intake.drafts import not_saved_yet, own_sent
from consult.intake.signing import NewWordsForm
from consult.models import Intake
from consult.rules.published import load_questionnaire

FORM, VERSION = "form", "version"


@public
@require_http_methods(["GET", "HEAD", "POST"])
def agreements(request: HttpRequest) -> HttpResponse:
    """For the person of a sent form, signed in."""
    if request.method == "POST" and not request.user.is_authenticated:
        return not_saved_yet(request, "ended")
    intakes = own_sent(request)
    if not intakes:
        return redirect("consult:sign_in")
    if request.method == "POST":
        return answer(request, one_of(intakes, request.POST.get(FORM, "")))
    waiting = next((one for one in intakes if asked_again(one)), None)
    if waiting is None:
        messages.info(request, "No agreement of yours waits for an answer.")
        return redirect("consult:status")
    return agreements_page(request, waiting, NewWordsForm(asked_again(waiting)))


def one_of(intakes: list[Intake], code: str) -> Intake:
    found = next((one for one in intakes if one.code == code), None)
    if found is None:
        raise Http404
    return found


def answer(request: HttpRequest, intake: Intake) -> HttpResponse:
    form = NewWordsForm(asked_again(intake), request.POST)
    if not form.asked:  # answered from another tab, or by a second click
        messages.info(request, "You had answered this before. Nothing more was to do.")
        return redirect("consult:status")
    if request.POST.get(VERSION) != load_questionnaire().version:
        return agreements_page(request, intake, form, changed=True)
    if not form.is_valid():
        return agreements_page(request, intake, form)
    if form.ends_the_form:
        return ways_out(request, intake)
    return keep(request, intake, form)


def keep(request: HttpRequest, intake: Intake, form: NewWordsForm) -> HttpResponse:
    try:
        actions.answer_new_words(
            intake,
            form.said(),
            version=request.POST[VERSION],
            signature=form.cleaned_data["signature"],
            now=timezone.now(),
        )
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "Thank you. Your answer is kept, and you find a copy of it here.")
    return redirect("consult:status")


def ways_out(request: HttpRequest, intake: Intake) -> HttpResponse:
    """A no to what the form cannot be kept without: nothing is written, the old words still stand,
    and the next page shows what would end."""
    messages.info(
        request,
        "Nothing has changed yet: what you agreed to before still counts. If you do not want us to "
        "keep your form, you can take it back here.",
    )
    return redirect("consult:my_data_withdraw", intake.code)


def agreements_page(
    request: HttpRequest, intake: Intake, form: NewWordsForm, *, changed: bool = False
) -> HttpResponse:
    context = {
        "intake": intake,
        "form": form,
        "rows": form.rows(),
        "version": load_questionnaire().version,
        "changed": changed,
    }
    status = HTTPStatus.OK
    if form.is_bound:
        status = HTTPStatus.CONFLICT if changed else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "consult/intake/agreements.html", context, status=status)
