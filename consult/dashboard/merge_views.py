from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from consult import audit
from consult.access import signed_in, staff
from consult.dashboard.forms import StaffForm
from consult.dashboard.merge import CannotMerge, Side, merge, refusal, side_of
from consult.models import Intake, Role


class MergeForm(StaffForm):
    keep = forms.ChoiceField(
        label="Which account stays?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose the account that stays.",
            "invalid_choice": "Choose one of the two accounts.",
        },
    )
    same = forms.BooleanField(
        label="I have checked that both are the same person",
        error_messages={"required": "Check that both are the same person, and say so here."},
    )

    def __init__(self, sides: list[Side], data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        field = self.fields["keep"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [
            (one.intake.code, f"{one.intake.contact_email} (form {one.intake.code})")
            for one in sides
        ]


def sent_or_404(code: str) -> Intake:
    """Who merges need not be of the care team; they see how to reach people, and no answer."""
    sent = Intake.objects.filter(submitted_at__isnull=False, code=code)
    found = sent.first() if code.isalnum() else None
    if found is None:
        raise Http404
    return found


@staff(Role.LEAD_CLINICIAN, Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_merge(request: HttpRequest, code: str, other: str) -> HttpResponse:
    user, now = signed_in(request), timezone.now()
    sides = [side_of(sent_or_404(one)) for one in (code, other)]
    form = MergeForm(sides, request.POST if request.method == "POST" else None)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    refused = "" if possible(sides) else refusal(*sides)
    if form.is_valid():
        kept, gone = sides if form.cleaned_data["keep"] == code else sides[::-1]
        try:
            moved = merge(kept.intake, gone.intake, by=user, now=now)
        except CannotMerge as why:
            refused, status = str(why), HTTPStatus.CONFLICT
        else:
            messages.success(request, f"The accounts are one. Forms moved: {moved}.")
            return redirect("consult:staff_merge", code, other)
    for side in sides:
        audit.record(by=user, did="compared two accounts", to=side.intake, now=now, part="contact")
    context = {"sides": sides, "form": form, "refused": refused, "code": code, "other": other}
    return render(request, "consult/dashboard/merge.html", context, status=status)


def possible(sides: list[Side]) -> bool:
    """Whether one of the two can stay; which one is the reader's to choose."""
    return not refusal(*sides) or not refusal(*sides[::-1])
