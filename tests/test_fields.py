import pytest
from django.core.exceptions import FieldError
from django.db import connection
from django.test import override_settings

from consult.fields import Tampered, blind_index
from consult.models import Intake, IntakeSection, User
from tests.factories import NOW, UserFactory, draft

pytestmark = pytest.mark.django_db


def stored(section: IntakeSection) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT answers FROM consult_intakesection WHERE step = %s", [section.step])
        return bytes(cursor.fetchone()[0])


def put(section: IntakeSection, sealed: bytes) -> None:
    with connection.cursor() as cursor:
        value = connection.Database.Binary(sealed)
        cursor.execute(
            "UPDATE consult_intakesection SET answers = %s WHERE step = %s", [value, section.step]
        )


@pytest.fixture
def sections() -> tuple[IntakeSection, IntakeSection]:
    intake = draft({"concern.details": "canary", "health.conditions": ["anaemia"]})
    return intake.sections.get(step="s2_concern"), intake.sections.get(step="s4_health")


def test_what_is_stored_comes_back(sections) -> None:
    assert sections[0].answers == {"concern.details": "canary"}


def test_nothing_typed_stands_readable_in_the_row(sections) -> None:
    assert b"canary" not in stored(sections[0])
    assert b"concern" not in stored(sections[0])


def test_the_same_answer_is_never_stored_as_the_same_bytes(sections) -> None:
    before = stored(sections[0])
    section = IntakeSection.objects.get(pk=sections[0].pk)
    section.answers = {"concern.details": "canary"}
    section.save()
    assert stored(section) != before


def test_a_value_that_was_not_opened_is_saved_as_it_was(sections) -> None:
    before = stored(sections[0])
    IntakeSection.objects.get(pk=sections[0].pk).save()
    assert stored(sections[0]) == before


def test_a_value_moved_to_another_row_does_not_open(sections) -> None:
    put(sections[1], stored(sections[0]))
    with pytest.raises(Tampered):
        _ = IntakeSection.objects.get(pk=sections[1].pk).answers


@pytest.mark.parametrize("position", [0, 1, 5, 20, -1])
def test_a_changed_byte_is_noticed(sections, position: int) -> None:
    sealed = bytearray(stored(sections[0]))
    sealed[position] ^= 1
    put(sections[0], bytes(sealed))
    with pytest.raises(Tampered):
        _ = IntakeSection.objects.get(pk=sections[0].pk).answers


def test_an_older_key_still_opens_and_the_first_key_writes(sections, settings) -> None:
    with override_settings(FIELD_KEYS={"n2": b"n" * 32, **settings.FIELD_KEYS}):
        section = IntakeSection.objects.get(pk=sections[0].pk)
        assert section.answers == {"concern.details": "canary"}
        section.answers = {"concern.details": "again"}
        section.save()
        assert stored(section)[1:3] == b"n2"
        assert IntakeSection.objects.get(pk=section.pk).answers == {"concern.details": "again"}


def test_an_encrypted_column_cannot_be_searched_or_set_in_bulk(sections) -> None:
    with pytest.raises(FieldError):
        list(IntakeSection.objects.filter(answers="canary"))
    with pytest.raises(FieldError):
        IntakeSection.objects.update(answers={"concern.details": "canary"})


def test_an_address_is_found_whatever_its_case_and_spaces() -> None:
    user = UserFactory(email="Ana.Torres@Example.org")
    assert User.objects.get(email="ana.torres@example.ORG ") == user
    assert User.objects.get(email__iexact="ANA.TORRES@example.org") == user
    assert not User.objects.filter(email="anatorres@example.org").exists()


def test_an_index_of_one_purpose_says_nothing_of_another() -> None:
    assert blind_index("email", "a@example.org") != blind_index("phone", "a@example.org")


def test_a_form_is_found_by_the_address_that_it_names() -> None:
    intake = draft(email="found@example.org")
    found = Intake.objects.reachable_at(blind_index("email", "FOUND@example.org"))
    assert list(found) == [intake]
    assert intake.started_at == NOW
