"""Blind marks: by what a form is found and filtered without being opened.

A mark is `blind_index(purpose, value)`, 16 bytes that nobody can compute or undo without the
index key. A form that was handed in has one for

- each topic of its latest assessment, the country and the language,
- each word of the name, the beginnings of the surnames, the whole name,
- the last seven to ten digits of the phone number.

What a dump shows: how many marks a form has, and which forms share one. Whoever knows how often a
country or a common surname occurs can guess at the largest groups. It shows no value, and not of
which kind a mark is. Drafts have none: nobody searches them.
"""

import re
import unicodedata
from collections.abc import Iterator

from consult.fields import blind_index
from consult.models import Intake, IntakeMark
from consult.rules.triage import Assessment

COUNTRY = "person.country"
BEGINNINGS = range(3, 7)  # letters of a surname that are enough to look for it
PHONE_DIGITS = range(7, 11)  # the last digits of a number; the ways to dial it differ before them


def keep_marks(intake: Intake) -> None:
    """Make the form's marks those of its contact details, answers and latest assessment.

    To be called in the transaction that changed one of these, once the form is handed in.
    """
    wanted = marks_of(intake)
    kept = {bytes(one.mark): one.pk for one in IntakeMark.objects.filter(intake=intake)}
    gone = [pk for mark, pk in kept.items() if mark not in wanted]
    if gone:
        IntakeMark.objects.filter(pk__in=gone).delete()
    IntakeMark.objects.bulk_create(
        IntakeMark(intake=intake, mark=mark) for mark in sorted(wanted - set(kept))
    )


def marks_of(intake: Intake) -> set[bytes]:
    return {blind_index(purpose, value) for purpose, value in facts(intake) if value}


def facts(intake: Intake) -> Iterator[tuple[str, str]]:
    contact, latest = intake.contact, intake.latest_assessment()
    yield "language", str(contact.get("preferred_language") or "")
    yield "country", str(intake.answers().get(COUNTRY) or "")
    yield from name_facts(str(contact.get("full_name") or ""))
    yield from phone_facts(str(contact.get("phone") or ""))
    if latest:
        for finding in Assessment.from_dict(latest.result).findings:
            yield from (("topic", topic) for topic in finding.topics)


def name_facts(name: str) -> Iterator[tuple[str, str]]:
    words = words_of(name)
    yield from (("name", word) for word in words)
    yield "full_name", " ".join(sorted(words))
    for surname in words[1:]:
        yield from (("name_start", surname[:n]) for n in BEGINNINGS if n <= len(surname))


def phone_facts(phone: str) -> Iterator[tuple[str, str]]:
    digits = digits_of(phone)
    yield from (("phone", digits[-n:]) for n in PHONE_DIGITS if n <= len(digits))


def words_of(name: str) -> list[str]:
    """The words of a name as people type it: case, accents, width and dashes do not matter."""
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    plain = "".join(one for one in spread if not unicodedata.combining(one))
    return re.findall(r"[^\W_]+", plain.replace("'", "").replace("’", ""))


def digits_of(phone: str) -> str:
    """A number's digits without what is dialled before them: +52, 00 52 or a leading 0."""
    ascii_only = unicodedata.normalize("NFKC", phone).replace("(0)", "")
    return re.sub(r"[^0-9]", "", ascii_only).lstrip("0")


def word_marks(word: str) -> list[bytes]:
    """The marks that a word of a search may have hit: a name, or how a surname begins."""
    purposes = ["name", "name_start"] if len(word) in BEGINNINGS else ["name"]
    return [blind_index(purpose, word) for purpose in purposes]


def phone_mark(digits: str) -> bytes:
    return blind_index("phone", digits[-PHONE_DIGITS[-1] :])


def person_marks(intake: Intake) -> tuple[bytes, bytes | None]:
    """What somebody who sent two forms most likely wrote in both: the name, and the number."""
    name = " ".join(sorted(words_of(str(intake.contact.get("full_name") or ""))))
    digits = digits_of(str(intake.contact.get("phone") or ""))
    known = phone_mark(digits) if len(digits) >= PHONE_DIGITS[0] else None
    return blind_index("full_name", name), known
