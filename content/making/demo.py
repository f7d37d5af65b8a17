"""A made-up clinic, so that a demonstration has a phone number to show."""

from wagtail.models import Site

from content.clinic import ClinicSettings

# Numbers with 555 01 are kept for stories and films; nobody answers them.
DEMO = {
    "name": "Demo clinic (made up)",
    "phone": "+1 619 555 0142",
    "address": "1 Example Street\nDemo City",
    "opening_hours": "Monday to Friday, 9:00 to 17:00 (Tijuana time)",
}


def make_demo_clinic() -> bool:
    """Describes the default site's clinic where nobody has; True where it did."""
    site = Site.objects.filter(is_default_site=True).first()
    clinic = site and ClinicSettings.for_site(site)
    if not clinic or not is_untouched(clinic):
        return False
    for name, value in DEMO.items():
        setattr(clinic, name, value)
    clinic.save()
    return True


def is_untouched(clinic: ClinicSettings) -> bool:
    fresh = ClinicSettings()
    return all(getattr(clinic, name) == getattr(fresh, name) for name in (*DEMO, "emergency"))
