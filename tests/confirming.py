"""Addresses that somebody shows to be theirs, with the code that was sent to them."""

from datetime import datetime
from typing import Any

from django.test import Client

from consult.followups.codes import Entered
from consult.intake import addresses
from consult.models import Intake, Message
from tests.factories import NOW

BROWSER = "this browser"


def codes() -> set[Any]:
    return set(Message.objects.filter(event="address_code").values_list("pk", flat=True))


def new_code(before: set[Any]) -> str:
    letter = Message.objects.filter(event="address_code").exclude(pk__in=before).get()
    return str(letter.values["code"])


def confirm(intake: Intake, *, email: str = "", now: datetime = NOW) -> None:
    """As the person of the form, whose browser it is."""
    form, before = Intake.objects.get(pk=intake.pk), codes()
    whose: dict[str, Any] = {"browser": BROWSER, "by": form.owner, "now": now}
    addresses.ask(form, email=email or form.contact_email, **whose)
    assert addresses.confirm(form, typed=new_code(before), **whose) is Entered.RIGHT


def move_letters(client: Client, form: Intake, email: str, **more: str) -> Any:
    """On the pages, with the code; the page that answers."""
    before, page = codes(), f"/consult/my-data/forms/{form.code}/reach/"
    reach = {"phone": "+52 664 123 4567", "time_zone": "America/Tijuana"}
    client.post(page, reach | {"email": email} | more)
    return client.post(f"{page}code/", {"code": new_code(before)}, follow=True)
