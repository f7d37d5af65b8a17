"""Answering check-ins in tests: what a browser posts, and what it is shown."""

from datetime import datetime
from typing import Any

import time_machine
from django.test import Client

from consult.models import CheckIn, Intake, StaffTask
from consult.rules.checkin_form import as_form
from consult.rules.published import load_checkins

PLAN = load_checkins()
WELL: dict[str, Any] = {
    "ck.overall": "same",
    "ck.pain": 3,
    "ck.function": 4,
    "ck.site": ["none"],
    "ck.fever": "none",
    "ck.limb": ["none"],
    "ck.breath": ["none"],
    "ck.nerve": ["none"],
    "ck.allergy": ["none"],
    "ck.flu": ["none"],
    "ck.flare": "no_condition",
    "ck.growth": ["none"],
    "ck.care": "no_care",
    "ck.meds": "no_change",
    "ck.wellbeing": "ok",
    "ck.goal": 5,
    "ck.call": False,
}


def posted(day: int, **said: Any) -> dict[str, Any]:
    """What a browser posts on this day; answers by name without ck., None leaves one open."""
    answers = WELL | {f"ck.{key}": one for key, one in said.items()}
    asked = as_form(day, PLAN).by_id
    words = {True: "yes", False: "no"}
    return {
        key: words[one] if isinstance(one, bool) else one
        for key, one in answers.items()
        if key in asked and one is not None
    }


def signed_in(row: CheckIn) -> Client:
    client = Client()
    client.force_login(row.treatment.intake.owner)
    return client


def address(row: CheckIn) -> str:
    return f"/consult/check-in/{row.code}/"


def send(row: CheckIn, data: dict[str, Any], *, at: datetime | None = None) -> Any:
    with time_machine.travel(at or row.due_at, tick=False):
        return signed_in(row).post(address(row), data)


def look(row: CheckIn, *, at: datetime | None = None) -> Any:
    with time_machine.travel(at or row.due_at, tick=False):
        return signed_in(row).get(address(row))


def tasks() -> list[tuple[str, datetime]]:
    return list(StaffTask.objects.order_by("event").values_list("event", "due_at"))


def pain_before(intake: Intake, pain: int) -> Intake:
    revision = intake.revisions.get()
    revision.answers = revision.answers | {"concern.pain": pain}
    revision.save()
    return intake
