"""The letters. One function each; the words stand in templates/emails.

A letter says what it is about and leads to a page that asks for a sign-in, or that tells nothing
of anybody. It names no illness, no treatment and no clinic, and its address bar gives nothing
away.
"""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from anymail.message import AnymailMessage
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import utf8_charset_qp
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from consult.followups import appointments, checkins_asked, coming_links, stop_links, wording
from consult.followups.choices import CHECKINS
from consult.followups.reach import zone_of
from consult.models import Intake, Message
from consult.rules import clock
from consult.rules import followups as plan
from consult.rules import wording as words_of_staff
from consult.rules.promises import DRAFTS_LIVE

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
    paragraphs: tuple[str, ...] = ()  # staff's own words instead of those in the letter's template


def intake_received(message: Message) -> Letter:
    return Letter(subject_of(message), "See what happens next", link_to("consult:status"))


def booking_invite(message: Message) -> Letter:
    return Letter(subject_of(message), "Choose a time", link_to("consult:book"))


def message_waiting(message: Message) -> Letter:
    return Letter(subject_of(message), "Read the message", link_to("consult:status"))


def sign_in_code(message: Message) -> Letter:
    code = message.values["code"]
    return Letter("Your sign-in code", "Go to the sign-in page", link_to("consult:sign_in"), code)


def address_code(message: Message) -> Letter:
    link = link_to("consult:my_data")
    return Letter("Your code", "Go to your page", link, message.values["code"])


def address_taken(message: Message) -> Letter:
    return Letter("About your address", "Go to the sign-in page", link_to("consult:sign_in"))


def letters_moved(message: Message) -> Letter:
    link = link_to("consult:my_data")
    return Letter("Your address for letters has changed", "Go to your page", link)


def sign_in_moved(message: Message) -> Letter:
    link = link_to("consult:sign_in")
    return Letter("Your address to sign in has changed", "Go to the sign-in page", link)


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
    """Its button asks for no sign-in: it opens a page that names nobody and nothing."""
    letter = replace(about_appointment(message), calendar=b"")
    return replace(letter, button="I will be there", link=coming_links.link_of(message))


def reminder_2h(message: Message) -> Letter:
    return replace(about_appointment(message), calendar=b"")


def missed_appointment(message: Message) -> Letter:
    letter = replace(about_appointment(message), calendar=b"")
    return replace(letter, button="Choose another time", link=link_to("consult:book"))


def after_consultation(message: Message) -> Letter:
    visit = appointments.appointment_of(message)
    page = reverse("consult:summary", args=[visit.code])
    return Letter(subject_of(message), "Read your summary", f"{settings.SITE_URL}{page}")


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


def checkin(message: Message) -> Letter:
    """The letter of every day of the check-ins. It may come late, so it does not say which day."""
    link = reverse("consult:checkin", args=[checkins_asked.code_of(message)])
    return Letter(subject_of(message), "Answer the questions", f"{settings.SITE_URL}{link}")


def checkin_reminder(message: Message) -> Letter:
    return checkin(message)


def intake_nudge_1(message: Message) -> Letter:
    return Letter(subject_of(message), "Go on with your form", link_to("consult:sign_in"))


def intake_nudge_2(message: Message) -> Letter:
    return replace(intake_nudge_1(message), until=erased_on(message))


def intake_nudge_3(message: Message) -> Letter:
    return replace(intake_nudge_1(message), until=erased_on(message))


def recheck_72h(message: Message) -> Letter:
    letter = replace(about_appointment(message), calendar=b"")
    return replace(letter, button="Answer the questions", link=questions_of(message))


def recheck_24h(message: Message) -> Letter:
    return recheck_72h(message)


def time_to_decide(message: Message) -> Letter:
    return Letter(subject_of(message), "Go to your page", link_to("consult:status"))


def wording_test(message: Message) -> Letter:
    """To a member of staff, who tries out words before a person gets them."""
    paragraphs = words_of_staff.paragraphs(message.values["words"])
    link = link_to("consult:status")
    return Letter(message.values["subject"], "Go to your page", link, paragraphs=paragraphs)


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
        address_code,
        address_taken,
        letters_moved,
        sign_in_moved,
        booking_requested,
        booking_confirmed,
        booking_changed,
        reminder_72h,
        reminder_24h,
        reminder_2h,
        missed_appointment,
        after_consultation,
        waitlist_offer,
        intake_nudge_1,
        intake_nudge_2,
        intake_nudge_3,
        recheck_72h,
        recheck_24h,
        time_to_decide,
        checkin_reminder,
        wording_test,
    )
}
LETTERS.update(dict.fromkeys(CHECKINS, checkin))


def make(message: Message, wordings: wording.Wordings | None = None) -> EmailMultiAlternatives:
    """The mail of a row, as it would be sent now. Raises KeyError if its event has no letter.

    `wordings` are staff's own words in use; whoever makes many letters looks them up once.
    """
    known = wordings or wording.Wordings()
    with translation.override(message.language):
        letter = reworded(LETTERS[message.event](message), message, known)
        words = asdict(letter) | around(message, phone=known.phone)
        email: EmailMultiAlternatives = AnymailMessage(
            subject=in_words(message, "subject.txt", words).strip(),
            body=in_words(message, "txt", words),
            to=[message.recipient],
            headers=headers_of(message),
            # A mail provider gives it back with what it says of the letter; no reader sees it.
            metadata={"letter": str(message.pk)},
        )
        email.encoding = (
            utf8_charset_qp  # nothing but ASCII on the way: not every server takes more
        )
        email.attach_alternative(in_words(message, "html", words), "text/html")
        if letter.calendar:
            email.attach("appointment.ics", letter.calendar, calendar_type(letter))
    return email


def headers_of(message: Message) -> dict[str, str]:
    headers = {
        "Message-ID": message.message_id,
        "X-Portal-Message": str(message.pk),
        "Auto-Submitted": "auto-generated",
    }
    if message.category == Message.Category.CARE:  # RFC 8058: one click in the mail program
        headers["List-Unsubscribe"] = f"<{stop_links.link_of(message)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def reworded(letter: Letter, message: Message, wordings: wording.Wordings) -> Letter:
    """With staff's own words, if there are any; the row then says which version it was.

    A visit that is called off is told in the portal's own words: staff's are about a new time.
    """
    message.wording = None
    if letter.is_cancelled or message.intake_id is None:
        return letter
    own = wording.own_words(message, sayable(letter), wordings)
    if own is None:
        return letter
    message.wording = own.version
    return replace(letter, subject=own.subject, paragraphs=own.paragraphs)


def sayable(letter: Letter) -> dict[str, str]:
    """What stands for each placeholder. A time comes with the other clock's, if that differs."""
    other = f" ({letter.other_clock})" if letter.other_clock else ""
    when = f"{letter.when}{other}" if letter.when else ""
    return {"when": when, "how": letter.how, "until": letter.until}


def calendar_type(letter: Letter) -> str:
    return f"text/calendar; charset=utf-8; method={'CANCEL' if letter.is_cancelled else 'REQUEST'}"


def in_words(message: Message, part: str, words: dict[str, Any]) -> str:
    if words["paragraphs"] and part != "subject.txt":
        own = {"own_words": "\n\n".join(words["paragraphs"])}
        return render_to_string(f"emails/_own_words.{part}", words | own)
    return render_to_string(f"emails/{template_of(message.event)}.{part}", words)


def template_of(event: str) -> str:
    """The letters of the check-ins say the same on each day."""
    return "checkin" if event in CHECKINS else event


def around(message: Message, *, phone: str) -> dict[str, Any]:
    """What the frame of every letter needs."""
    return {
        "first_name": first_name(message),
        "phone": phone,
        "optional": message.category == Message.Category.CARE,
        "language": message.language,
    }


def subject_of(message: Message) -> str:
    return plan.event(message.event).subject


def form_of(message: Message) -> Intake:
    if message.intake is None:
        raise ValueError(f"A letter “{message.event}” is about a form.")
    return message.intake


def erased_on(message: Message) -> str:
    """The day on which a form that nobody goes on with is erased, where its person is."""
    intake = form_of(message)
    return clock.day_in_words(intake.saved_at + DRAFTS_LIVE, zone_of(intake))


def questions_of(message: Message) -> str:
    """Where a person says whether anything has changed."""
    page = reverse("consult:changes", args=[form_of(message).code])
    return f"{settings.SITE_URL}{page}"


def first_name(message: Message) -> str:
    full_name = message.intake.contact.get("full_name", "") if message.intake else ""
    name = full_name.strip().partition(" ")[0]
    return name if FIRST_NAME.fullmatch(name) and len(name) <= LONGEST_FIRST_NAME else ""


def link_to(page: str) -> str:
    return f"{settings.SITE_URL}{reverse(page)}"
