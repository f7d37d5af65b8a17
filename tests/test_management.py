"""The commands that staff and developers rely on by name."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from consult.management.commands import reassess
from consult.models import Assessment, Intake, User
from consult.rules.published import load_ruleset
from tests.factories import submitted

pytestmark = pytest.mark.django_db


def test_the_same_seed_makes_the_same_people() -> None:
    call_command("synthesize", intakes=3, seed=7)
    first = [intake.answers() for intake in Intake.objects.order_by("submitted_at")]
    levels = [intake.rank for intake in Intake.objects.order_by("submitted_at")]
    Intake.objects.all().delete()
    User.objects.all().delete()
    call_command("synthesize", intakes=3, seed=7)
    again = Intake.objects.order_by("submitted_at")
    assert [intake.answers() for intake in again] == first
    assert [intake.rank for intake in again] == levels


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
    assert (made, Intake.objects.count()) == (12, 12)
    assert states == {"draft", "submitted", "ready", "on_hold"}
    assert "nothing was changed" in capsys.readouterr().out


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
