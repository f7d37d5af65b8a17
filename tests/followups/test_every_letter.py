"""Every letter in every language, as bytes on their way to a mailbox."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.urls import resolve

from consult.followups.letters import LETTERS, make
from consult.models import Message
from consult.rules import followups as plan
from content.clinic import ClinicSettings
from tests.factories import NOW, draft
from tests.followups import test_letters as samples
from tests.followups.rows import letter

pytestmark = pytest.mark.django_db
LANGUAGES = ["en", "es"]  # of the people; one that has no words yet gets English
PHONE = "+52 664 555 0100"
EMERGENCY = "If you are unwell, call your local emergency number."
ONE_CLICK = "List-Unsubscribe=One-Click"
LONGEST_LINE = 998  # bytes, RFC 5322
OPTIONAL = {one.id for one in plan.load_followups().events if one.needs == "email_consent"}


@pytest.fixture(params=[(event, one) for event in sorted(LETTERS) for one in LANGUAGES], ids=str)
def row(request: Any) -> Message:
    event, language = request.param
    clinic = ClinicSettings.objects.first() or ClinicSettings(site_id=1)
    clinic.name, clinic.phone = "Stem Cell Clinic of Tijuana", PHONE
    clinic.save()
    message = sample(event)
    message.language = language
    message.category = "care" if event in OPTIONAL else "service"
    return message


def sample(event: str) -> Message:
    if event in samples.ABOUT_APPOINTMENTS:
        return samples.about_an_appointment(event)
    if event == "waitlist_offer":
        return samples.about_an_offer()
    if event.startswith("checkin_"):
        return samples.about_a_checkin(event)
    if event == "wording_test":
        return letter(event=event, values={"subject": "Try", "words": "One.\n\nTwo, and {when}."})
    intake = draft({}, full_name="Siobhán Torres") if samples.plan_knows(event) else None
    return letter(event=event, intake=intake, **({"wall_time": NOW} if intake else {}))


def sent(row: Message) -> EmailMessage:
    parsed = message_from_bytes(make(row).message().as_bytes(), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def parts(mail: EmailMessage) -> tuple[str, str]:
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


class Reader(HTMLParser):
    """The sentences that a reader of the HTML sees, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.links: list[str] = []
        self.in_title = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.in_title = tag == "title"
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_endtag(self, tag: str) -> None:
        self.in_title = False

    def handle_data(self, data: str) -> None:
        if not self.in_title:
            self.said.append(data)


def sentences(text: str) -> list[str]:
    return [one for one in re.split(r"[\s.:]+", text) if one]


def test_text_and_html_say_the_same_sentences_in_the_same_order(row: Message) -> None:
    text, html = parts(sent(row))
    reader = Reader(html)
    without_link = text.replace(reader.links[0], "")
    assert sentences(without_link) == sentences(" ".join(reader.said))


def test_there_is_one_button_and_it_leads_to_a_page_of_ours(row: Message) -> None:
    text, html = parts(sent(row))
    (link,) = Reader(html).links
    assert re.findall(r"https?://\S+", text) == [link]
    assert link.startswith(f"{portal_settings.SITE_URL}/")
    assert "?" not in link
    assert resolve(link.removeprefix(portal_settings.SITE_URL))


def test_sender_subject_and_words_are_neutral(row: Message) -> None:
    mail = sent(row)
    assert mail["From"] == portal_settings.DEFAULT_FROM_EMAIL
    words = f"{mail['Subject']} {parts(mail)[0]}".casefold()
    words = words.replace("patient portal", "").replace(EMERGENCY.casefold(), "")
    assert [one for one in samples.HEALTH if re.search(rf"\b{one}", words)] == []
    assert "tijuana clinic" not in words


def test_phone_and_emergency_line_stand_in_both_parts(row: Message) -> None:
    for part in parts(sent(row)):
        assert PHONE in part
        assert EMERGENCY in part


def test_exactly_the_optional_letters_can_be_stopped_with_one_click(row: Message) -> None:
    mail = sent(row)
    if row.event not in OPTIONAL:
        assert (mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == (None, None)
        assert "stop letters like this" not in parts(mail)[0]
        return
    assert mail["List-Unsubscribe-Post"] == ONE_CLICK
    address = re.fullmatch(r"<(https?://[^<>\s]+)>", mail["List-Unsubscribe"].replace(" ", ""))
    assert address
    path = address[1].removeprefix(portal_settings.SITE_URL)
    assert resolve(path).url_name == "letters_stop"
    assert row.recipient.partition("@")[0] not in path


def test_the_bytes_are_what_mail_servers_take(row: Message) -> None:
    email = make(row)
    raw = email.message().as_bytes()
    assert max(map(len, raw.splitlines())) <= LONGEST_LINE
    assert raw.isascii()
    mail = sent(row)
    assert mail["Message-ID"] == row.message_id
    assert mail["Message-ID"] == sent(row)["Message-ID"]
    assert mail["MIME-Version"] == "1.0"
    assert len(mail["Subject"]) <= 78
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            assert part.get_content_charset() == "utf-8"
            assert part["Content-Transfer-Encoding"] in {"7bit", "quoted-printable", "base64"}
    assert mail.defects == []
