"""The two commands that judge a file of answers: what they print, and how they refuse."""

import io
import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils.timezone import localdate

from consult.management.commands.checkin import Command as Checkin
from consult.management.commands.triage import Command as Triage

PEOPLE = Path(__file__).parent / "rules" / "data" / "personas.json"
ANSWERS = {
    "safety.now": ["limb_swelling"],
    "person.country": "uk",
    "person.birth_date": "1948-01-31",
    "treatment.routes": ["not_sure"],
}
FEVER = {"context.day": 1, "context.route_spinal": True, "ck.fever": "f38"}


@pytest.fixture
def answers_file(tmp_path):
    def write(content):
        path = tmp_path / "answers.json"
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        path.write_bytes(raw)
        return str(path)

    return write


@pytest.fixture
def run(capsys):
    """Run a command as manage.py does: its standard output."""

    def output(command, *arguments):
        command().run_from_argv(["manage.py", "command", *arguments])
        return capsys.readouterr().out

    return output


@pytest.fixture
def refuse(capsys):
    """Run a command that must refuse: its one line on standard error."""

    def sentence(command, *arguments):
        with pytest.raises(SystemExit) as ended:
            command().run_from_argv(["manage.py", "command", *arguments])
        printed = capsys.readouterr()
        assert (ended.value.code, printed.out) == (2, "")
        assert printed.err.count("\n") == 1
        return printed.err.removeprefix("CommandError: ").rstrip("\n")

    return sentence


def test_triage_prints_what_was_found_as_json(answers_file, run):
    found = json.loads(run(Triage, answers_file(ANSWERS), "--on", "2026-11-15", "--json"))
    assert list(found) == ["ruleset", "level", "findings", "unknowns", "immediate"]
    assert (found["ruleset"], found["level"]) == ("0.1.0", "urgent")
    assert found["immediate"] == ["urgent_today"]
    assert found["unknowns"][:3] == ["person.filling_for", "person.sex_at_birth", "body.height"]
    assert found["findings"] == [
        {
            "rule": "EM-03",
            "level": "urgent",
            "topics": ["emergency", "clots"],
            "evidence": [{"q": "safety.now", "answer": ["limb_swelling"]}],
        },
        {
            "rule": "SU-04",
            "level": "moderate",
            "topics": ["suitability"],
            "evidence": [{"q": "derived.age", "answer": 78}],
        },
    ]


def test_triage_prints_a_text_for_a_clinician(answers_file, run):
    text = run(Triage, answers_file(ANSWERS), "--on", "2026-11-15")
    assert text.startswith("Urgent – Top of the queue; call the patient within 1 working hour.")
    assert "\nThe person was told at once: Please see a doctor today.\n" in text
    assert "\nEM-03 Possible clot in a limb now (Urgent)\n  because: Do you have any of" in text
    assert "\n  because: Age 78 years\n" in text
    assert "\nAsk at the consultation:\n  Who are you filling in this form for?\n" in text


def test_triage_of_a_calm_form_says_so_in_one_line(run, monkeypatch):
    bruno = json.loads(PEOPLE.read_text())["personas"][1]["answers"]
    calm = bruno | {"treatment.routes": ["other"]}
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(calm).encode())))
    text = run(Triage, "-", "--on", "2026-11-15")
    assert text == "Routine (no rule fired) – Normal order. Rules 0.1.0.\n"


def test_triage_judges_by_today_in_the_clinics_zone(answers_file, run, refuse):
    today = localdate()
    born_today = {"person.birth_date": today.isoformat()}
    found = json.loads(run(Triage, answers_file(born_today), "--json"))
    assert found["findings"][0]["evidence"] == [{"q": "derived.age", "answer": 0}]
    later = {"person.birth_date": (today + timedelta(days=2)).isoformat()}
    assert refuse(Triage, answers_file(later)) == ("person.birth_date: This date is in the future.")


def test_checkin_prints_what_was_found_as_json(answers_file, run):
    assert json.loads(run(Checkin, answers_file(FEVER), "--json")) == {
        "outcome": "urgent_same_day",
        "findings": [
            {
                "rule": "F-09",
                "outcome": "urgent_same_day",
                "evidence": [
                    {"q": "ck.fever", "answer": "f38"},
                    {"q": "context.route_spinal", "answer": True},
                ],
            }
        ],
    }


def test_checkin_prints_a_text_for_a_clinician(answers_file, run):
    assert run(Checkin, answers_file(FEVER)) == (
        "urgent_same_day – call within 2 hours. Check-ins 0.2.0.\n"
        "\n"
        "F-09 Chills, or fever after day 2, or any fever after a spine needle (urgent_same_day)\n"
        "  because: Fever since we last asked? 38 C (100.4 F) or more\n"
        "  because: Given into the spine Yes\n"
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"shoe.size": 42}, "shoe.size: This is not a question of this form."),
        ({"id": "P01", "answers": {}}, "id: This is not a question of this form."),
        ({"derived.age": 4}, "derived.age: This is worked out from other answers, it cannot be"),
        ({"clot.history": ["dvd"]}, "clot.history: “dvd” is not one of the answers offered."),
        ({"body.height": 900}, "body.height: Please give a number between 40 and 230 cm."),
        ({"safety.now": ["none", "self_harm"]}, "safety.now: You ticked “None of these” and some"),
        ([], "file: This must be one JSON object, with the answers by question id."),
        (b"", "file: This is not JSON (Expecting value"),
        (b"{'a': 1}", "file: This is not JSON (Expecting property name"),
        (b'{"concern.pain": NaN}', "file: NaN is not a number that can be an answer."),
        (b'{"concern.pain": 1e999}', "concern.pain: Please give a whole number."),
        (b'{"concern.pain": 1, "concern.pain": 2}', "concern.pain: This question is answered tw"),
        (b'{"a\xff": 1}', "answers.json: this file is not UTF-8 text."),
        (b" " * 1_000_001, "answers.json: this file is larger than 1,000,000 bytes."),
    ],
)
def test_wrong_file_is_refused_in_one_sentence(answers_file, refuse, content, sentence):
    assert sentence in refuse(Triage, answers_file(content))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"clot.history": ["dvt"]}, "clot.history: This is not a question of this form."),
        ({"ck.pain": True}, "ck.pain: Please give a whole number."),
        ([], "file: This must be one JSON object, with the answers by question id."),
    ],
)
def test_wrong_checkin_is_refused_in_one_sentence(answers_file, refuse, content, sentence):
    assert refuse(Checkin, answers_file(content)) == sentence


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere.json", "No such file or directory"),
        (".", "Is a directory"),
        ("\0", "no such name"),
    ],
)
def test_file_that_cannot_be_read_is_refused(refuse, name, reason):
    assert reason in refuse(Triage, name)


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "20261115", ""])
def test_impossible_day_is_refused(answers_file, refuse, day):
    assert refuse(Triage, answers_file({}), "--on", day) == (
        f"--on: {day!r} is not a day such as 2026-11-15."
    )
