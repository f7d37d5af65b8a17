"""Whatever is posted to whichever form: a page answers, never an error of ours.

A crawl finds every form that a person can reach, as a browser would, so a new page is in it by
itself. Each batch posts to them what people and machines send: good values, halves of them, and
everything that has ever upset a server. `GENERATED_POSTS` says how many in all.
"""

import os
import random
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote_from_bytes, urljoin, urlsplit

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import resolve

from consult.dashboard.glass import break_glass
from consult.dashboard.treatments import Happened, add_event
from consult.intake import actions, amending
from consult.models import Intake, Message, MessageTemplate, Role, User
from tests import factories
from tests.factories import NOW

POSTS = int(os.environ.get("GENERATED_POSTS", "10000"))
BATCHES = 2
PAGES = 80  # of one person
VARIANTS = 3  # of one page, by what stands behind the question mark
HERE = NOW + timedelta(days=2)  # the questions of the day after a treatment of today are open
MULTIPART = "multipart/form-data; boundary=here"
URLENCODED = "application/x-www-form-urlencoded"
LEAVES = ("/consult/my-data/download/", "/accounts/logout/", "/cms/", "/admin/", "/static/")

NASTY = [
    *(b"", b" ", b"\x00", b"a\x00b", b"\xff\xfe", b"\xed\xa0\x80", b"\xf0\x9f\xa6\xa0", b"\r\n"),
    *(
        "\u202egnirts".encode(),
        "\u0645\u0631\u062d\u0628\u0627".encode(),
        ("é" * 5000).encode(),
        b"'\"<b>",
    ),
    *(b"NaN", b"inf", b"-inf", b"1e400", b"-1", b"0", b"9" * 40, b"1" * 5000, b"0x10", b"1_000"),
    *(b"0000-00-00", b"0000-01-01", b"9999-12-31", b"2026-02-30", b"10000-01-01", b"-1-1-1"),
    *(b"2026-11-24T10:00Z", b"2026-11-24T25:61Z", b"9999-12-31T23:59Z", b"0001-01-01T00:00Z"),
    *(b"24:00", b"23:59:60", b"true", b"None", b"null", b"[]", b"{}", b"none", b"on", b"yes"),
    *(b"../../etc/passwd", b"{{7*7}}", b"%s%n", b"' OR 1=1 --", b"\\", b"a@b", b"a@" + b"b" * 300),
    *(b"00000000-0000-0000-0000-000000000000", "½".encode(), "１２".encode(), "²".encode()),
]
HUGE = [b"x" * 1_000_000, b"7" * 1_000_000]
EXTRA = [b"id", b"state", b"owner", b"is_staff", b"rank", b"version", b"shown", b"autosave", b"to"]


@dataclass
class Field:
    name: str
    values: list[str] = field(default_factory=list)


@dataclass
class PostForm:
    page: str
    action: str
    fields: dict[str, Field] = field(default_factory=dict)


class FormsAndLinks(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.forms: list[PostForm] = []
        self.links: list[str] = []
        self._form: PostForm | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag == "a" and given.get("href"):
            self.links.append(urljoin(self.page, given["href"]))
        elif tag == "form":
            posts = given.get("method", "").lower() == "post"
            action = urljoin(self.page, given.get("action") or self.page)
            self._form = PostForm(self.page, action) if posts else None
            self.forms += [self._form] if self._form else []
        elif self._form and given.get("name") and tag in {"input", "button", "textarea", "select"}:
            self._select = given["name"]
            self._take(given["name"], given.get("value", ""))
        elif self._form and tag == "option" and self._select:
            self._take(self._select, given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def _take(self, name: str, value: str) -> None:
        if self._form and name != "csrfmiddlewaretoken":
            self._form.fields.setdefault(name, Field(name)).values.append(value)


def reachable_forms(client: Client, starts: list[str]) -> list[PostForm]:
    """The forms on the pages that the person can reach, one of each kind."""
    waiting, seen, variants = deque(starts), set(starts), Counter[str]()
    found: dict[Any, PostForm] = {}
    for _ in range(PAGES):
        if not waiting:
            break
        page = waiting.popleft()
        answer = client.get(page)
        if answer.status_code != 200 or "html" not in answer.headers.get("Content-Type", ""):
            continue
        parser = FormsAndLinks(page)
        parser.feed(answer.content.decode())
        found |= {kind_of(one): one for one in parser.forms if not leaves(one)}
        for link in parser.links:
            path = urlsplit(link)._replace(scheme="", netloc="", fragment="").geturl()
            if path.startswith(("/consult/", "/staff/")) and path not in seen:
                seen.add(path)
                variants[urlsplit(path).path] += 1
                waiting += [path] if variants[urlsplit(path).path] <= VARIANTS else []
    return list(found.values())


def leaves(form: PostForm) -> bool:
    """Whether what comes after it would be posted by somebody who has signed out."""
    return form.action.startswith(LEAVES) or "afresh" in form.fields


def kind_of(form: PostForm) -> tuple[str, frozenset[str]]:
    return resolve(urlsplit(form.action).path).route, frozenset(form.fields)


def signed_in(person: User | None) -> Client:
    assert person
    client = Client()
    client.force_login(person)
    return client


def beginner() -> tuple[Client, list[str]]:
    client = Client()
    client.post("/consult/")
    client.post("/consult/intake/s1_you/", {"consent.data": "on", "safety.now": "none"})
    return client, ["/consult/intake/", "/consult/intake/contact/", "/consult/sign-in/"]


def whole_draft() -> tuple[Client, list[str]]:
    client = Client()
    client.post("/consult/")
    draft = Intake.objects.get(pk=client.session["draft"])
    factories.file_answers(draft, factories.PERSONAS["P09"]["answers"])
    draft.contact = factories.CONTACT
    draft.save()
    return client, ["/consult/intake/check/", "/consult/intake/", "/consult/intake/urgent/"]


def patient() -> tuple[Client, list[str]]:
    intake = factories.ready(email="patient@example.org")
    factories.appointment(intake, clinician=factories.opened(factories.clinician()))
    factories.treated(intake)  # its questions are open, and stand on the status page
    return signed_in(intake.owner), ["/consult/status/", "/consult/my-data/", "/consult/book/"]


def person_without_a_time() -> tuple[Client, list[str]]:
    intake = factories.ready(email="another@example.org")
    factories.opened(factories.clinician())
    kind = factories.VisitTypeFactory()
    pages = [f"/consult/book/?type={kind.pk}", "/consult/status/"]
    return signed_in(intake.owner), pages


def nurse() -> tuple[Client, list[str]]:
    intake = factories.ready(email="patient@example.org")
    factories.submitted("P09", email="urgent@example.org")
    factories.appointment(intake, clinician=factories.opened(factories.clinician()))
    client = signed_in(factories.clinician())
    return client, ["/staff/", "/staff/calendar/", "/staff/tasks/", "/staff/hours/"]


def asked_for_more() -> tuple[Client, list[str]]:
    intake = factories.submitted("P01", email="asked@example.org")
    actions.claim(User.objects.get(email="asked@example.org"), now=NOW)
    intake = Intake.objects.get(pk=intake.pk)
    item: amending.Item = {
        "step": "s8_medicines_life",
        "question": "meds.types",
        "words": "Since when?",
    }
    amending.ask_for_more(intake, items=[item], by=factories.clinician(), now=NOW)
    return signed_in(intake.owner), ["/consult/status/", f"/consult/amend/{intake.code}/"]


def offered_and_asked() -> tuple[Client, list[str]]:
    """A time is offered, questions after a treatment are open, and a visit stands."""
    intake = factories.ready(email="offered@example.org")
    doctor = factories.opened(factories.clinician())
    factories.appointment(intake, clinician=doctor)
    asked = factories.asked_on(1, intake=intake)
    until = HERE + timedelta(hours=2)
    offer = factories.waitlist_offer(
        intake, clinician=doctor, offered_at=HERE, expires_at=until, starts_at=at_ten_on_monday()
    )
    own = f"/consult/my-data/forms/{intake.code}"
    return signed_in(intake.owner), [
        *(f"/consult/offers/{offer.code}/", f"/consult/check-in/{asked.code}/"),
        *(f"{own}/letters/", f"{own}/reach/", f"/consult/changes/{intake.code}/"),
        "/consult/waitlist/",
    ]


def person_who_moves() -> tuple[Client, list[str]]:
    """Signed in a moment ago; both addresses wait for their codes."""
    intake, client = factories.ready(email="moves@example.org"), Client()
    client.post("/consult/sign-in/", {"email": "moves@example.org"})
    code = Message.objects.get(event="sign_in_code").values["code"]
    client.post("/accounts/login/code/confirm/", {"code": code})
    reach = f"/consult/my-data/forms/{intake.code}/reach/"
    client.post(reach, {**factories.CONTACT, "email": "new@example.org"})
    client.post("/consult/my-data/sign-in/", {"email": "third@example.org"})
    return client, [reach, f"{reach}code/", "/consult/my-data/sign-in/"]


def at_ten_on_monday() -> Any:
    return factories.at("2026-11-23T10:00")


def front_desk() -> tuple[Client, list[str]]:
    intake = factories.ready(email="patient@example.org")
    doctor = factories.opened(factories.clinician())
    factories.appointment(intake, clinician=doctor, starts_at=HERE - timedelta(hours=1))
    factories.appointment(
        factories.ready(email="asks@example.org"), clinician=doctor, status="requested"
    )
    client = signed_in(factories.staff(Role.FRONT_DESK))
    pages = ["calendar/", "calendar/?day=2026-11-24", "calendar/block/", "search/", "messages/"]
    return client, [*(f"/staff/{one}" for one in pages), f"/staff/glass/open/?form={intake.code}"]


def lead_clinician() -> tuple[Client, list[str]]:
    """One form waits for a second clinician; another's person was treated and fell ill."""
    held, doctor = factories.submitted("P01", email="held@example.org"), factories.clinician()
    Intake.objects.filter(pk=held.pk).update(rank=4)
    held = Intake.objects.get(pk=held.pk)
    actions.decide(held, by=doctor, kind="ready", reason="Clear.", override="checked", now=NOW)
    treated = factories.treated(factories.ready(email="treated@example.org"), clinician=doctor)
    happened = Happened("Fever.", NOW.date(), 1, "possible", "recovered")
    add_event(treated, happened, by=doctor, now=NOW)
    MessageTemplate.objects.create(name="Hello", words="Hi.", changed_at=NOW)
    case = f"/staff/intakes/{treated.intake.code}/"
    return signed_in(factories.staff(Role.LEAD_CLINICIAN)), [
        *(f"/staff/intakes/{held.code}/", case, f"{case}treatments/new/", f"{case}messages/"),
        *("/staff/letters/booking_invite/", "/staff/message-templates/new/", "/staff/lots/"),
        *("/staff/messages/", "/staff/letters/", "/staff/glass/"),
    ]


def administrator() -> tuple[Client, list[str]]:
    intake = factories.ready(email="patient@example.org")
    other = factories.submitted("P09", email="twice@example.org")
    person = factories.staff(Role.ADMINISTRATOR)
    break_glass(intake, by=person, reason="She rang and the desk was closed.", now=HERE)
    return signed_in(person), [
        *("/staff/search/", "/staff/glass/", f"/staff/glass/open/?form={other.code}"),
        *(f"/staff/intakes/{intake.code}/", "/staff/letters/"),
        *(f"/staff/intakes/{intake.code}/merge/{other.code}/", "/staff/insights/"),
    ]


EVERYBODY = (
    *(beginner, whole_draft, patient, person_without_a_time, asked_for_more, offered_and_asked),
    *(person_who_moves, front_desk, nurse, lead_clinician, administrator),
)
PEOPLE: dict[str, Callable[[], tuple[Client, list[str]]]] = {one.__name__: one for one in EVERYBODY}


def pairs(form: PostForm, chance: random.Random) -> Iterator[tuple[bytes, bytes]]:
    """What is posted: mostly what the page offers, with some of it wrong."""
    wrong = chance.choice([0.05, 0.2, 0.6, 1.0])
    for one in form.fields.values():
        for _ in range(chance.choices([0, 1, 2], [1, 8, 1])[0]):
            yield one.name.encode(), posted_value(one, wrong, chance)
    yield from rarely(form, chance)


def posted_value(one: Field, wrong: float, chance: random.Random) -> bytes:
    if chance.random() < wrong:
        return chance.choice(NASTY)
    offered = chance.choice(one.values).encode()
    return offered or chance.choice([b"", b"Ana", b"12", b"2026-11-24", b"a@example.org", b"10:00"])


def rarely(form: PostForm, chance: random.Random) -> Iterator[tuple[bytes, bytes]]:
    if chance.random() < 0.1:
        yield chance.choice(EXTRA), chance.choice(NASTY[:8])
    if chance.random() < 0.01:
        yield chance.choice(list(form.fields) or ["text"]).encode(), chance.choice(HUGE)
    if chance.random() < 0.005:
        yield from ((b"field%d" % n, b"1") for n in range(1001))


def urlencoded(posted: list[tuple[bytes, bytes]]) -> bytes:
    return "&".join(f"{quote_from_bytes(k)}={quote_from_bytes(v)}" for k, v in posted).encode()


def multipart(posted: list[tuple[bytes, bytes]], chance: random.Random) -> bytes:
    head = b'--here\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    file = b'; filename="a.svg"'
    body = b"".join(
        head % (key, file if chance.random() < 0.05 else b"", value) for key, value in posted
    )
    whole = body + b"--here--\r\n"
    return whole[: chance.randrange(len(whole))] if chance.random() < 0.2 else whole


def post(client: Client, form: PostForm, chance: random.Random) -> Any:
    posted = list(pairs(form, chance))
    if chance.random() < 0.1:
        return client.post(form.action, multipart(posted, chance), content_type=MULTIPART)
    kind = URLENCODED if chance.random() < 0.99 else "application/json; charset=utf-7"
    return client.post(form.action, urlencoded(posted), content_type=kind)


def assert_says_once_what_is_wrong(answer: Any, form: PostForm) -> None:
    if "html" in answer.headers.get("Content-Type", ""):
        page = answer.content.decode()
        told, is_error = page.count('class="error-summary"'), "<title>Error: " in page
        assert told == 1 if is_error else told <= 1, form


@pytest.fixture
def _here() -> Iterator[None]:
    with time_machine.travel(HERE):
        yield


@pytest.mark.django_db
@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.parametrize("who", PEOPLE)
def test_whatever_is_posted_a_page_answers(who, batch, settings):
    settings.ACCOUNT_RATE_LIMITS = False
    chance = random.Random(f"{who} {batch}")
    client, starts = PEOPLE[who]()
    forms = reachable_forms(client, starts)
    assert forms
    cookies = {key: one.value for key, one in client.cookies.items()}
    for _ in range(POSTS // BATCHES // len(PEOPLE)):
        form, before = chance.choice(forms), transaction.savepoint()
        answer = post(client, form, chance)  # an error of ours is raised here
        assert answer.status_code < 500, form
        assert_says_once_what_is_wrong(answer, form)
        if chance.random() < 0.9:  # most posts find things as the crawl found them
            transaction.savepoint_rollback(before)
            client.cookies.load(cookies)
