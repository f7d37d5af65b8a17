"""Every letter, as it would arrive."""

import re
from email import message_from_bytes, policy
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.urls import resolve

from consult.followups import checkins
from consult.followups.appointments import anchor_of
from consult.followups.letters import LETTERS, first_name, make, template_of
from consult.models import Message
from consult.rules import followups as plan
from content.clinic import ClinicSettings
from tests.factories import NOW, appointment, asked_on, draft, ready, waitlist_offer
from tests.followups.rows import letter

pytestmark = pytest.mark.django_db
PAGES = {
    *("status", "book", "sign_in", "appointment", "waitlist_offer", "checkin", "changes"),
    *("coming", "summary", "my_data"),
    "account_reset_password_from_key",
}
ABOUT_APPOINTMENTS = {
    *("booking_requested", "booking_confirmed", "booking_changed", "missed_appointment"),
    *("reminder_72h", "reminder_24h", "reminder_2h", "recheck_72h", "recheck_24h"),
    "after_consultation",
}
FIXED = "This mailbox is not watched. If you are unwell, call your local emergency number."
# What a mail may never say: it lies open on a shared table, in a preview, in a backup.
HEALTH = [
    "health",
    "medic",
    "doctor",
    "clinic",
    "nurse",
    "patient",
    "treat",
    "therap",
    "stem",
    "cell",
    "inject",
    "infus",
    "risk",
    "disease",
    "illness",
    "sympt",
    "pain",
    "cancer",
    "tumour",
    "diagnos",
    "triage",
    "urgent",
    "intake",
    "consultation",
    "procedure",
    "hospital",
    "operation",
    "allerg",
    "infection",
    "clot",
    "surgery",
    "drug",
    "review",
    "assess",
    "level",
]


@pytest.fixture(params=sorted(LETTERS))
def message(request: Any) -> Message:
    clinic = ClinicSettings.objects.first() or ClinicSettings(site_id=1)
    clinic.name, clinic.phone = "Stem Cell Clinic of Tijuana", "+52 664 555 0100"
    clinic.save()
    if request.param in ABOUT_APPOINTMENTS:
        return about_an_appointment(request.param)
    if request.param == "waitlist_offer":
        return about_an_offer()
    if request.param.startswith("checkin_"):
        return about_a_checkin(request.param)
    if not plan_knows(request.param):
        return letter(event=request.param)
    return letter(event=request.param, intake=draft({}, full_name="Ana Torres"))


def about_an_appointment(event: str) -> Message:
    intake = draft({}, full_name="Ana Torres")
    about = anchor_of(appointment(intake))
    return letter(event=event, intake=intake, idem_key=f"{event}:{intake.pk}:{about}")


def about_an_offer() -> Message:
    intake = draft({}, full_name="Ana Torres", time_zone="Europe/Berlin")
    offer = waitlist_offer(intake)
    key = f"waitlist_offer:{intake.pk}:{offer.pk.hex}"
    return letter(event="waitlist_offer", intake=intake, idem_key=key)


def about_a_checkin(event: str) -> Message:
    row = asked_on(7)
    about = checkins.anchor_of(row)
    intake = row.treatment.intake
    return letter(event=event, intake=intake, idem_key=f"again:{intake.pk}:{about}")


def plan_knows(event: str) -> bool:
    return event in plan.load_followups().by_id


class Reader(HTMLParser):
    """What a person reads, with each link as “words: address”."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.hidden = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.hidden = tag in {"title", "style"}
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_endtag(self, tag: str) -> None:
        self.hidden = False
        if tag == "a":
            self.words += [":", self.links[-1]]

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def html_of(message: Message) -> str:
    return str(make(message).alternatives[0][0])


def test_text_and_html_say_the_same(message: Message) -> None:
    assert squeezed("".join(read(html_of(message)).words)) == squeezed(str(make(message).body))


def test_a_letter_has_one_button_that_leads_to_a_page_of_ours(message: Message) -> None:
    (link,) = read(html_of(message)).links
    assert re.findall(r"https?://\S+", str(make(message).body)) == [link]
    path = link.removeprefix(portal_settings.SITE_URL)
    assert resolve(path).url_name in PAGES


def test_a_letter_says_that_nobody_watches_and_how_to_call(message: Message) -> None:
    body = str(make(message).body)
    assert body.count(FIXED) == 1
    assert body.count("+52 664 555 0100") == 1


def test_a_letter_carries_no_word_of_health_and_not_the_clinics_name(message: Message) -> None:
    email = make(message)
    everything = f"{email.subject} {email.body} {email.from_email}".casefold()
    everything = everything.replace(FIXED.casefold(), "").replace("patient portal", "")
    assert [word for word in HEALTH if re.search(rf"\b{word}", everything)] == []


def test_a_subject_is_the_plans_and_one_short_line(message: Message) -> None:
    subject = make(message).subject
    assert "\n" not in subject
    assert 0 < len(subject) <= 50
    if plan_knows(message.event):
        assert subject == plan.event(message.event).subject


def test_the_headers_name_the_row_and_ask_for_no_answer(message: Message) -> None:
    mail = message_from_bytes(make(message).message().as_bytes(), policy=policy.default)
    assert mail["Message-ID"] == message.message_id
    assert mail["X-Portal-Message"] == str(message.pk)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["From"] == portal_settings.DEFAULT_FROM_EMAIL
    kinds = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
    file = ["text/calendar"] if message.event.startswith("booking_c") else []
    assert kinds == ["text/plain", "text/html", *file]


def body_of(event: str, **fields: Any) -> str:
    intake = ready()
    about = anchor_of(appointment(intake, **fields))
    return str(
        make(letter(event=event, intake=intake, idem_key=f"{event}:{intake.pk}:{about}")).body
    )


def test_a_letter_about_a_time_that_cannot_be_leads_to_another_and_keeps_the_words_inside() -> None:
    gone = {"status": "cancelled", "cancelled_at": NOW, "reason": "Dr Ortega is away."}
    own, clinics = (body_of("booking_changed", **gone, by_clinic=by) for by in (False, True))
    assert ("called off" in own, "called off" in clinics) == (True, False)
    assert "We are sorry: we cannot keep this time for you." in clinics
    assert "Read more and choose another time:" in clinics
    assert "away" not in own + clinics


def test_a_letter_about_a_freed_time_says_until_when_on_the_persons_clock() -> None:
    body = str(make(about_an_offer()).body)
    assert "Tuesday 24 November 2026, 19:00, Berlin time" in body
    assert "That is Tuesday 24 November 2026, 10:00, Tijuana time." in body
    assert "until Tuesday 17 November 2026, 21:00, Berlin time" in body


def test_a_code_stands_in_the_letter_and_not_in_its_subject() -> None:
    email = make(letter(values={"code": "H7KQ2M"}))
    assert ("H7KQ2M" in email.body, "H7KQ2M" in email.subject) == (True, False)


@pytest.mark.parametrize(
    ("full_name", "greeting"),
    [
        ("Ana Torres", "Ana"),
        ("Siobhán O’Neill", "Siobhán"),
        ("D'Arcy Jones", "D'Arcy"),
        ("http://buy.example now", ""),
        ("WIN$$$ Money", ""),
        ("<b>Ana</b>", ""),
        ("Ana\r\nBcc: x@example.org", ""),
        ("Wolfeschlegelsteinhausen Smith", ""),
        ("", ""),
    ],
)
def test_only_a_plain_first_name_is_greeted(full_name: str, greeting: str) -> None:
    message = letter(intake=draft({}, full_name=full_name))
    hello = f"Hello {greeting}," if greeting else "Hello,"
    assert first_name(message) == greeting
    assert str(make(message).body).startswith(hello)
    assert "".join(read(html_of(message)).words).strip().startswith(hello)


def test_only_optional_letters_say_how_to_stop_them() -> None:
    service, care = letter(), letter(category=Message.Category.CARE)
    said = ["You can stop letters like this" in str(make(one).body) for one in (service, care)]
    assert said == [False, True]


def test_every_letter_has_its_three_templates_and_every_template_its_letter() -> None:
    folder = Path(portal_settings.BASE_DIR) / "templates" / "emails"
    found = {path.name for path in folder.iterdir() if not path.name.startswith("_")}
    assert found == {
        f"{template_of(event)}.{part}"
        for event in LETTERS
        for part in ("subject.txt", "txt", "html")
    }
