"""Each person's own choices of filters, under names."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from consult.access import signed_in, staff
from consult.dashboard import filters
from consult.dashboard.forms import StaffForm
from consult.dashboard.queue_views import with_query
from consult.models import SavedView, User
from consult.models.people import CARE_TEAM

MOST = 20


class SavedViewForm(StaffForm):
    name = forms.CharField(
        label="Name of the view",
        help_text="Only you see it. A view of the same name is replaced.",
        max_length=60,
        error_messages={
            "required": "Give the view a name.",
            "max_length": "Use at most 60 characters.",
        },
    )

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.own = SavedView.objects.filter(user=user)

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if not self.own.filter(name=name).exists() and self.own.count() >= MOST:
            raise forms.ValidationError(f"You have {MOST} views. Delete one to save another.")
        return name


@staff(*CARE_TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def staff_views(request: HttpRequest) -> HttpResponse:
    """Save the filters of the address, and delete views."""
    user = signed_in(request)
    query = QueryDict(request.META.get("QUERY_STRING", ""))
    chosen = filters.read(query, team=filters.care_team(), clinical=user.is_clinical)
    form = SavedViewForm(user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        values = {"query": chosen.query, "made_at": timezone.now()}
        SavedView.objects.update_or_create(
            user=user, name=form.cleaned_data["name"], defaults=values
        )
        messages.success(request, "The view is saved.")
        return redirect(with_query(reverse("consult:queue"), chosen.query))
    context = {"form": form, "filters": chosen, "views": SavedView.objects.filter(user=user)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "consult/dashboard/saved_views.html", context, status=status)


@staff(*CARE_TEAM)
@require_POST
def staff_view_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    view = get_object_or_404(SavedView, pk=pk, user=signed_in(request))
    view.delete()
    messages.success(request, f"The view “{view.name}” is deleted.")
    return redirect("consult:staff_views")
