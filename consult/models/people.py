"""Who signs in: one model for patients and staff. What a person may do follows from groups."""

import uuid
from functools import cached_property
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models

from consult.fields import BlindIndexField, EncryptedTextField, FindableTextField


class Role(models.TextChoices):
    """The names of the groups; a person without any is a patient."""

    FRONT_DESK = "front desk", "Front desk"
    CLINICIAN = "clinician", "Clinician"
    LEAD_CLINICIAN = "lead clinician", "Lead clinician"
    EDITOR = "editor", "Editor"
    CLINICAL_REVIEWER = "clinical reviewer", "Clinical reviewer"
    ADMINISTRATOR = "administrator", "Administrator"


CLINICAL_ROLES = frozenset({Role.CLINICIAN, Role.LEAD_CLINICIAN})
CARE_TEAM = CLINICAL_ROLES | {Role.FRONT_DESK}


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)  # None leaves a password that never matches
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = FindableTextField(index="email_index", unique=True)
    email_index = BlindIndexField(of="email", purpose="email", unique=True)
    full_name = EncryptedTextField(default="", blank=True)
    phone = EncryptedTextField(default="", blank=True)
    time_zone = models.CharField(max_length=64, default="", blank=True)
    is_staff = models.BooleanField("may open the administration", default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # The account that this one was found to be a duplicate of; it signs in no more.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged"
    )

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return str(self.full_name) or "Patient"

    def get_full_name(self) -> str:
        return str(self.full_name)

    def get_short_name(self) -> str:
        return self.get_full_name().partition(" ")[0]

    def signs_in_as(self) -> "User":
        """The account that this one was made part of, or the account itself."""
        account, seen = self, {self.pk}
        while account.merged_into and account.merged_into.pk not in seen:
            account = account.merged_into
            seen.add(account.pk)
        return account

    def address_indexes(self) -> list[bytes]:
        """Of the address, and of those whose accounts became part of this one."""
        accounts = [self]
        for account in accounts:
            accounts += [one for one in account.merged.all() if one not in accounts]
        return [bytes(one.email_index) for one in accounts if one.email_index]

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(self.groups.values_list("name", flat=True))

    def has_role(self, *roles: str) -> bool:
        return self.is_active and not self.roles.isdisjoint(roles)

    @property
    def is_care_team(self) -> bool:
        return self.has_role(*CARE_TEAM)

    @property
    def is_clinical(self) -> bool:
        return self.has_role(*CLINICAL_ROLES)

    @property
    def works_here(self) -> bool:
        return self.is_superuser or bool(self.roles)
