"""The clinic as the editors describe it: name, phone, address, hours, emergency wording."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.models import Site

from content.serving import version

EMERGENCY = (
    "Nobody watches this site for emergencies. If you feel very ill, call your local emergency "
    "number now: 911 in Mexico, the United States and Canada, 112 in the European Union, "
    "999 in the United Kingdom, 000 in Australia."
)


@register_setting(icon="home")
class ClinicSettings(BaseSiteSetting):
    name = models.CharField("clinic’s name", max_length=120, default="Our clinic")
    phone = models.CharField(max_length=40, blank=True, help_text="With the country code.")
    address = models.TextField(blank=True, help_text="As it stands on an envelope.")
    opening_hours = models.TextField(blank=True, help_text="In words, with the time zone.")
    emergency = models.TextField(
        "emergency wording", default=EMERGENCY, help_text="Stands at the foot of every page."
    )

    languages_to_come = models.CharField(
        max_length=120,
        blank=True,
        help_text="The languages that the pages will be translated into: “Spanish”.",
    )

    panels = [
        FieldPanel(name)
        for name in (
            "name",
            "phone",
            "address",
            "opening_hours",
            "emergency",
            "languages_to_come",
        )
    ]

    class Meta:
        verbose_name = "Clinic"

    @classmethod
    def for_site(cls, site: Site) -> "ClinicSettings":
        """Unlike the parent's, asking writes nothing."""
        stored: ClinicSettings | None = cls.objects.filter(site=site).first()
        return stored or cls(site=site)

    def __str__(self) -> str:
        return self.name

    @property
    def phone_link(self) -> str:
        return "tel:" + "".join(sign for sign in self.phone if sign.isdigit() or sign == "+")


def clinic_for(request: HttpRequest | None = None) -> ClinicSettings:
    """The clinic of the request's site, or of the default site where there is no request."""
    if request is None:
        of_default = ClinicSettings.objects.filter(site__is_default_site=True)
        stored: ClinicSettings | None = of_default.first()
        return stored or ClinicSettings()
    return version.kept(("clinic", request.get_host()), lambda: _asked_for(request))


def _asked_for(request: HttpRequest) -> ClinicSettings:
    try:
        clinic: ClinicSettings = ClinicSettings.for_request(request)
    except ClinicSettings.DoesNotExist:
        return ClinicSettings()
    return clinic


def clinic_context(request: HttpRequest) -> dict[str, Any]:
    """`clinic` for every template; asked for only where a template says it."""
    return {"clinic": SimpleLazyObject(lambda: clinic_for(request))}
