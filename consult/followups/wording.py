"""Staff's own words for a letter, put into the frame that every letter has.

Text and HTML are made from the same paragraphs. Words that cannot be used never stop a letter: it
goes out in the portal's own, and the log says so once in a pass.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import structlog

from consult.models import LetterWording, Message
from consult.rules import wording as rules
from content.topics import clinic_phone

log = structlog.get_logger("consult.outbox")


@dataclass
class Wordings:
    """The words in use and the clinic's phone number, looked up once for all letters of a pass."""

    fixed: Iterable[LetterWording] | None = None
    told: set[str] = field(default_factory=set)
    known: dict[tuple[str, str], LetterWording] | None = None

    def of(self, message: Message) -> LetterWording | None:
        if self.known is None:
            rows = LetterWording.objects.filter(in_use=True) if self.fixed is None else self.fixed
            self.known = {(one.event, one.language): one for one in rows}
        return self.known.get((message.event, message.language))

    @cached_property
    def phone(self) -> str:
        return clinic_phone()

    def cannot_use(self, wording: LetterWording) -> None:
        if wording.event not in self.told:
            self.told.add(wording.event)
            log.error("wording not used", letter=wording.event, version=wording.version)


@dataclass(frozen=True)
class Own:
    """What takes the place of the portal's own subject and words."""

    subject: str
    paragraphs: tuple[str, ...]
    version: int


def own_words(message: Message, values: dict[str, str], wordings: Wordings) -> Own | None:
    """Staff's words for this letter, filled in; None where the portal's own are used."""
    wording = wordings.of(message)
    if wording is None:
        return None
    try:
        return filled(wording, values | {"phone": wordings.phone})
    except rules.CannotUse:
        wordings.cannot_use(wording)
        return None


def filled(wording: LetterWording, values: dict[str, str]) -> Own:
    """Raises CannotUse. It is checked again: a letter may have lost a placeholder since."""
    rules.check_subject(wording.subject, wording.event)
    rules.check_words(wording.words, wording.event)
    subject = rules.filled(wording.subject, values)
    if len(subject) > rules.LONGEST_SUBJECT:
        raise rules.CannotUse("Filled in, the subject is too long.")
    paragraphs = tuple(rules.filled(one, values) for one in rules.paragraphs(wording.words))
    return Own(subject, paragraphs, wording.version)


def sent_in(message: Message) -> Wordings:
    """The words that a letter was sent in, or would be sent in now."""
    if message.sent_at is None:
        return Wordings()
    rows = LetterWording.objects.filter(event=message.event, language=message.language)
    return Wordings(fixed=rows.filter(version=message.wording) if message.wording else ())
