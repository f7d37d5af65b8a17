"""The clinic as the editors describe it: name, phone, address, hours, emergency wording."""

from django.db import models
from django.http import HttpRequest
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.models import Site

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

    panels = [
        FieldPanel(name) for name in ("name", "phone", "address", "opening_hours", "emergency")
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
    try:
        clinic: ClinicSettings = ClinicSettings.for_request(request)  # kept with the request
    except ClinicSettings.DoesNotExist:
        return ClinicSettings()
    return clinic
