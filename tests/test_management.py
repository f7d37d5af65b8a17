"""The commands that staff and developers rely on by name."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.utils import timezone

from consult.followups.actions import send_due
from consult.intake.judging import clinic_day
from consult.intake.texts import keep_unread
from consult.management.commands import reassess
from consult.marks import keep_marks
from consult.models import (
    Appointment,
    Assessment,
    Cell,
    CheckIn,
    Decision,
    Intake,
    Message,
    Note,
    PortalMessage,
    StaffTask,
    Treatment,
    User,
)
from consult.rules import triage
from consult.rules.published import load_ruleset
from tests.factories import NOW, submitted

pytestmark = pytest.mark.django_db


def people() -> list[Any]:
    rows = Intake.objects.order_by("submitted_at")
    return [(one.contact["email"], one.answers(), one.rank, one.state) for one in rows]


def test_the_same_seed_makes_the_same_people_once() -> None:
    call_command("synthesize", intakes=3, seed=7)
    first = people()
    call_command("synthesize", intakes=5, seed=7)
    again = people()
    assert len(again) == 5
    assert [one for one in again if one in first] == first
    call_command("synthesize", intakes=5, seed=8)
    assert len(people()) == 10


def test_made_up_people_are_as_the_portal_would_have_made_them() -> None:
    call_command("synthesize", intakes=40, seed=2)
    for intake in Intake.objects.all():
        judged = triage.assess(intake.answers(), on=clinic_day(intake.submitted_at or NOW))
        assessment = intake.assessments.get()
        assert (assessment.result, intake.rank) == (judged.to_dict(), assessment.rank)
        assert intake.revisions.get().answers == intake.answers()
        kept = {bytes(one.mark) for one in intake.marks.all()}
        unread = intake.has_unread_text
        keep_marks(intake)
        keep_unread(intake)
        assert ({bytes(one.mark) for one in intake.marks.all()}, intake.has_unread_text) == (
            kept,
            unread,
        )
    assert not Message.objects.exclude(status="sent").exists()


def test_everything_that_can_happen_to_a_person_is_among_the_made_up_ones() -> None:
    call_command("synthesize", intakes=120, seed=3)
    for model in (Decision, Note, PortalMessage, Appointment, Treatment, StaffTask, Cell):
        assert model.objects.exists(), model
    assert CheckIn.objects.exclude(answered_at=None).exists()
    assert {"submitted", "ready", "on_hold"} == set(Intake.objects.values_list("state", flat=True))


def test_the_pages_of_staff_open_made_up_forms(clinician_client: Client) -> None:
    call_command("synthesize", intakes=30, seed=4)
    for code in Intake.objects.values_list("code", flat=True):
        assert clinician_client.get(f"/staff/intakes/{code}/").status_code == 200
    assert clinician_client.get("/staff/").status_code == 200


def test_made_up_people_are_refused_in_production() -> None:
    for command, options in (("synthesize", {"intakes": 1}), ("demo", {}), ("demo_codes", {})):
        with override_settings(PRODUCTION=True), pytest.raises(CommandError):
            call_command(command, **options)
    assert not User.objects.exists()


def test_the_demo_is_made_once(capsys: Any) -> None:
    call_command("demo")
    made = Intake.objects.count()
    states = set(Intake.objects.values_list("state", flat=True))
    call_command("demo")
    assert (made, Intake.objects.count()) == (13, 13)
    assert states == {"draft", "submitted", "ready", "on_hold"}
    assert "nothing was changed" in capsys.readouterr().out


def test_the_demo_begins_without_a_letter_that_was_given_up() -> None:
    call_command("demo")
    send_due(now=timezone.now())
    assert not Message.objects.filter(status="dead").exists()
    assert not StaffTask.objects.filter(event="letter_dead").exists()


def stricter(version: str) -> Any:
    """The published rules, with donor cells made urgent."""
    rules = load_ruleset("0.1.0")
    changed = [replace(r, level="urgent") if r.id == "IM-07" else r for r in rules.rules]
    return replace(rules, version="0.2.0", rules=tuple(changed))


def test_another_ruleset_is_tried_before_it_counts(monkeypatch: Any, capsys: Any) -> None:
    intake = submitted("P01")
    monkeypatch.setattr(reassess, "load_ruleset", stricter)
    call_command("reassess", ruleset="0.2.0")
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"{intake.code}  info (IM-07, PS-01)  ->  urgent (IM-07, PS-01)",
        "1 forms would be judged differently by ruleset 0.2.0.",
    ]
    assert Assessment.objects.count() == 1
    call_command("reassess", ruleset="0.2.0", apply=True)
    ruled = list(Assessment.objects.order_by("made_at").values_list("ruleset", "rank"))
    assert sorted(ruled) == [("0.1.0", 1), ("0.2.0", 5)]
    assert Intake.objects.get().rank == 5


def test_the_ruleset_that_judged_changes_nothing(capsys: Any) -> None:
    submitted("P09")
    call_command("reassess")
    assert capsys.readouterr().out.startswith("0 forms")


def test_an_unknown_ruleset_is_refused() -> None:
    with pytest.raises(CommandError, match="9.9.9"):
        call_command("reassess", ruleset="9.9.9")
