"""The letters. One function each; the words stand in templates/emails.

A letter says what it is about and leads to a page that asks for a sign-in. It names no illness,
no treatment and no clinic, and its address bar gives nothing away.
"""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from consult.followups import appointments
from consult.models import Intake, Message
from consult.rules import followups as plan
from content.topics import clinic_phone

# A name is typed by whoever fills in the form; what reaches a mailbox must not be an advertisement.
FIRST_NAME = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
LONGEST_FIRST_NAME = 20
HOW_WE_MEET = {"person": "We meet in person", "video": "By video", "phone": "By phone"}


@dataclass(frozen=True)
class Letter:
    """What the templates of one letter are given."""

    subject: str
    button: str
    link: str
    code: str = ""
    when: str = ""
    other_clock: str = ""
    how: str = ""
    is_cancelled: bool = False
    by_clinic: bool = False
    may_choose: bool = False
    until: str = ""
    calendar: bytes = b""


def intake_received(message: Message) -> Letter:
    return Letter(subject_of(message), "See what happens next", link_to("consult:status"))


def booking_invite(message: Message) -> Letter:
    return Letter(subject_of(message), "Choose a time", link_to("consult:book"))


def message_waiting(message: Message) -> Letter:
    return Letter(subject_of(message), "Read the message", link_to("consult:status"))


def sign_in_code(message: Message) -> Letter:
    code = message.values["code"]
    return Letter("Your sign-in code", "Go to the sign-in page", link_to("consult:sign_in"), code)


def password_reset(message: Message) -> Letter:
    link = f"{settings.SITE_URL}{message.values['path']}"
    return Letter("Set a new password", "Set a new password", link)


def booking_requested(message: Message) -> Letter:
    return replace(about_appointment(message), calendar=b"", button="See what you asked for")


def booking_confirmed(message: Message) -> Letter:
    return about_appointment(message)


def booking_changed(message: Message) -> Letter:
    return about_appointment(message)


def reminder_72h(message: Message) -> Letter:
    return replace(about_appointment(message), calendar=b"")


def reminder_24h(message: Message) -> Letter:
    return replace(about_appointment(message), calendar=b"")


def reminder_2h(message: Message) -> Letter:
    return replace(about_appointment(message), calendar=b"")


def missed_appointment(message: Message) -> Letter:
    letter = replace(about_appointment(message), calendar=b"")
    return replace(letter, button="Choose another time", link=link_to("consult:book"))


def after_consultation(message: Message) -> Letter:
    return Letter(subject_of(message), "Go to your page", link_to("consult:status"))


def waitlist_offer(message: Message) -> Letter:
    """About an offer of the waitlist: its anchor is the offer's key, as hex."""
    offer = appointments.offer_of(message)
    entry, link = offer.entry, reverse("consult:waitlist_offer", args=[offer.code])
    shown = (offer.starts_at, entry.zone, entry.visit_type)
    return Letter(
        subject_of(message),
        "See this time",
        f"{settings.SITE_URL}{link}",
        when=appointments.instant_in_words(*shown),
        other_clock=appointments.instant_on_other_clock(*shown),
        how=HOW_WE_MEET[entry.visit_type.mode],
        until=appointments.deadline_in_words(offer),
    )


def about_appointment(message: Message) -> Letter:
    appointment = appointments.appointment_of(message)
    refused = appointment.by_clinic and not appointment.is_standing
    may_choose = refused and appointment.intake.state == Intake.State.READY
    return Letter(
        subject_of(message),
        "Read more and choose another time" if may_choose else "See your appointment",
        appointments.link_of(appointment),
        when=appointments.when_in_words(appointment),
        other_clock=appointments.other_clock(appointment),
        how=HOW_WE_MEET[appointment.visit_type.mode],
        is_cancelled=not appointment.is_standing,
        by_clinic=appointment.by_clinic,
        may_choose=may_choose,
        calendar=appointments.calendar_of(appointment),
    )


LETTERS: dict[str, Callable[[Message], Letter]] = {
    letter.__name__: letter
    for letter in (
        intake_received,
        booking_invite,
        message_waiting,
        sign_in_code,
        password_reset,
        booking_requested,
        booking_confirmed,
        booking_changed,
        reminder_72h,
        reminder_24h,
        reminder_2h,
        missed_appointment,
        after_consultation,
        waitlist_offer,
    )
}


def make(message: Message) -> EmailMultiAlternatives:
    """The mail of a row, as it would be sent now. Raises KeyError if its event has no letter."""
    with translation.override(message.language):
        letter = LETTERS[message.event](message)
        words = asdict(letter) | around(message)
        email = EmailMultiAlternatives(
            subject=in_words(message, "subject.txt", words).strip(),
            body=in_words(message, "txt", words),
            to=[message.recipient],
            headers={
                "Message-ID": message.message_id,
                "X-Portal-Message": str(message.pk),
                "Auto-Submitted": "auto-generated",
            },
        )
        email.attach_alternative(in_words(message, "html", words), "text/html")
        if letter.calendar:
            email.attach("appointment.ics", letter.calendar, calendar_type(letter))
    return email


def calendar_type(letter: Letter) -> str:
    return f"text/calendar; charset=utf-8; method={'CANCEL' if letter.is_cancelled else 'REQUEST'}"


def in_words(message: Message, part: str, words: dict[str, Any]) -> str:
    return render_to_string(f"emails/{message.event}.{part}", words)


def around(message: Message) -> dict[str, Any]:
    """What the frame of every letter needs."""
    return {
        "first_name": first_name(message),
        "phone": clinic_phone(),
        "optional": message.category == Message.Category.CARE,
        "language": message.language,
    }


def subject_of(message: Message) -> str:
    return plan.event(message.event).subject


def first_name(message: Message) -> str:
    full_name = message.intake.contact.get("full_name", "") if message.intake else ""
    name = full_name.strip().partition(" ")[0]
    return name if FIRST_NAME.fullmatch(name) and len(name) <= LONGEST_FIRST_NAME else ""


def link_to(page: str) -> str:
    return f"{settings.SITE_URL}{reverse(page)}"
