"""For administrators: the people who work here, opening hours, and the record of what was done.

Nothing that a patient has answered or been sent is registered here. Who may do what follows from
the role, not from rows of permissions; every change goes to the audit record instead of to
Django's own log, which would keep names in clear.
"""

from collections.abc import Iterable
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Exists, ForeignKey, Model, OuterRef, Q, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from consult import audit
from consult.models import AuditEvent, Role, User, WeeklyHours
from consult.models.people import CLINICAL_ROLES

admin.site.unregister(Group)


class ForAdministrators(admin.ModelAdmin):  # type: ignore[type-arg]
    """Open to the role of that name; what may be done is three constants."""

    may_add = may_change = may_delete = True
    show_full_result_count = False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_administrator(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_administrator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_add and is_administrator(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may_change and is_administrator(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may_delete and is_administrator(request)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        return self.record(request, "added", obj)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        return self.record(request, "changed", obj, fields=changed_fields(message))

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]) -> Any:
        return [self.record(request, "deleted", row) for row in queryset]

    def record(self, request: HttpRequest, did: str, row: Model, **details: Any) -> AuditEvent:
        user = request.user if isinstance(request.user, User) else None
        what = f"{did} {row._meta.verbose_name}"
        return audit.record(by=user, did=what, to=row, now=timezone.now(), **details)


def is_administrator(request: HttpRequest) -> bool:
    user = request.user
    return isinstance(user, User) and (user.is_superuser or user.has_role(Role.ADMINISTRATOR))


def changed_fields(message: Any) -> list[str]:
    parts = message if isinstance(message, list) else []
    return [name for part in parts for name in part.get("changed", {}).get("fields", [])]


class StaffForm(forms.ModelForm[User]):
    """A person who works here. A password is set on its own page, and never sent."""

    email = forms.EmailField(label="E-mail", max_length=254)
    full_name = forms.CharField(label="Full name", max_length=120)
    phone = forms.CharField(max_length=30, required=False)
    groups = forms.ModelMultipleChoiceField(
        Group.objects.filter(name__in=Role.values).order_by("name"),
        label="Roles",
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = User
        fields = ["email", "full_name", "phone", "groups", "is_staff", "is_active"]

    def clean_email(self) -> str:
        email = User.objects.normalize_email(self.cleaned_data["email"])
        if User.objects.filter(email=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Somebody has an account with this address already.")
        return email

    def save(self, commit: bool = True) -> User:
        if self.instance._state.adding:
            self.instance.set_unusable_password()
        return super().save(commit)


@admin.register(User)
class UserAdmin(ForAdministrators, DjangoUserAdmin):  # type: ignore[type-arg]
    """The people who work here; patients' accounts are not listed."""

    may_delete = False  # who has left is made inactive and keeps their place in the record
    form = add_form = StaffForm
    list_display = ["email", "full_name", "roles_in_words", "is_active"]
    list_filter = ["groups", "is_active"]
    search_fields = ["=email"]
    search_help_text = "The whole e-mail address."
    ordering = ["-created_at"]
    filter_horizontal = ()
    readonly_fields = ["last_login", "set_password"]
    add_fieldsets = [(None, {"fields": StaffForm.Meta.fields})]
    fieldsets = [(None, {"fields": [*StaffForm.Meta.fields, "set_password", "last_login"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        works_here = Q(pk__in=Group.objects.values("user")) | Q(is_superuser=True)
        return super().get_queryset(request).filter(works_here).prefetch_related("groups")

    @admin.display(description="Password")
    def set_password(self, user: User) -> SafeString:
        words = "Set another password" if user.has_usable_password() else "Set a password"
        return format_html('<a href="../password/">{}</a>', words)

    @admin.display(description="Roles")
    def roles_in_words(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all()))


@admin.register(Group)
class RoleAdmin(ForAdministrators):
    """The roles are part of the program; here they can only be looked at."""

    may_add = may_change = may_delete = False
    fields = ["name"]
    ordering = ["name"]


class WeeklyHoursForm(forms.ModelForm[WeeklyHours]):
    class Meta:
        model = WeeklyHours
        fields = ["clinician", "weekday", "starts", "ends", "zone"]

    def clean_zone(self) -> str:
        zone = str(self.cleaned_data["zone"])
        if zone not in available_timezones():
            raise forms.ValidationError("Write a time zone like America/Tijuana.")
        return zone


@admin.register(WeeklyHours)
class WeeklyHoursAdmin(ForAdministrators):
    form = WeeklyHoursForm
    list_display = ["clinician", "weekday", "starts", "ends", "zone"]
    list_filter = ["weekday"]
    list_select_related = ["clinician"]

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        if db_field.name == "clinician":
            clinicians = User.objects.filter(groups__name__in=CLINICAL_ROLES, is_active=True)
            kwargs["queryset"] = clinicians.distinct()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(AuditEvent)
class AuditEventAdmin(ForAdministrators):
    """The record, newest first; patients are not named in it."""

    may_add = may_change = may_delete = False
    list_display = ["at", "who", "did", "to_model", "to_id"]
    search_fields = ["to_id__exact"]
    search_help_text = "The whole id of the row that it is about."
    list_select_related = ["by"]
    ordering = ["-at", "-pk"]
    fields = ["at", "who", "did", "to_model", "to_id", "words", "details", "request_id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        works_here = Exists(Group.objects.filter(user=OuterRef("by")))
        events: QuerySet[AuditEvent] = super().get_queryset(request)
        return events.annotate(by_staff=works_here)

    @admin.display(description="as typed")
    def words(self, event: AuditEvent) -> str:
        return "\n".join(audit.words_of(event).values()) or "–"

    @admin.display(description="by")
    def who(self, event: AuditEvent) -> str:
        if event.by is None:
            return "–"
        return str(event.by) if event.by_staff or event.by.is_superuser else "a patient"  # type: ignore[attr-defined]
