"""Messages between staff and a person, as the person meets them."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from consult.intake import conversation
from consult.intake.refusals import NotAllowed
from consult.models import AuditEvent, Intake, Message, PortalMessage, StaffTask
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
PAGE, STATUS = "/consult/messages/", "/consult/status/"
SOON, OUT = NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)
DAY = timedelta(days=1)


@pytest.fixture
def writer() -> Any:
    return factories.clinician(email="writer@example.org")


@pytest.fixture
def intake(writer: Any) -> Intake:
    return factories.ready(by=writer)


def at(instant: Any) -> Any:
    return time_machine.travel(instant, tick=False)


def of(intake: Intake) -> Client:
    client = Client()
    client.force_login(intake.owner)
    return client


def sent(intake: Intake, by: Any, words: str = "Please bring your scans.", now: Any = NOW) -> Any:
    draft = conversation.keep_draft(intake, words=words, by=by, now=now)
    return conversation.send(draft, by=by, now=now)


def letters(*statuses: str) -> list[Any]:
    rows = Message.objects.filter(event="message_waiting").order_by("not_before")
    return [one.not_before for one in rows if not statuses or one.status in statuses]


# ------------------------------------------------------------------------------- sending, undoing
def test_the_person_sees_a_message_two_minutes_after_it_was_sent_and_not_before(intake, writer):
    sent(intake, writer)
    shown = {}
    for instant in (NOW, SOON, OUT):
        with at(instant):
            client = of(intake)
            shown[instant] = (
                client.get(STATUS).context["unread"],
                "Please bring your scans." in client.get(PAGE).text,
            )
    assert shown == {NOW: (0, False), SOON: (0, False), OUT: (1, True)}


def test_a_draft_is_seen_by_nobody_but_its_writer(intake, writer):
    conversation.keep_draft(intake, words="Not yet.", by=writer, now=NOW)
    with at(OUT):
        assert "Not yet." not in of(intake).get(PAGE).text
    assert list(PortalMessage.objects.for_actor(intake.owner)) == []


def test_a_message_taken_back_in_time_is_a_draft_again_and_its_letter_is_stopped(intake, writer):
    message = sent(intake, writer)
    assert letters("scheduled") == [OUT]
    conversation.take_back(message, by=writer, now=SOON)
    message.refresh_from_db()
    assert (message.sent_at, letters("scheduled"), letters("cancelled")) == (None, [], [OUT])
    again = conversation.send(message, by=writer, now=SOON)
    assert (again.sent_at, letters("scheduled")) == (SOON + conversation.UNDO,) * 1 + (
        [SOON + conversation.UNDO],
    )


def test_a_message_that_is_out_cannot_be_taken_back(intake, writer):
    message = sent(intake, writer)
    with pytest.raises(conversation.TooLate):
        conversation.take_back(message, by=writer, now=OUT)
    message.refresh_from_db()
    assert message.sent_at == OUT


def test_nobody_takes_back_what_a_colleague_wrote(intake, writer):
    message = sent(intake, writer)
    with pytest.raises(NotAllowed):
        conversation.take_back(message, by=factories.clinician(), now=SOON)


def test_a_draft_is_sent_once(intake, writer):
    draft = conversation.keep_draft(intake, words="Once.", by=writer, now=NOW)
    conversation.send(draft, by=writer, now=NOW)
    with pytest.raises(NotAllowed):
        conversation.send(draft, by=writer, now=NOW)
    assert letters() == [OUT]


# -------------------------------------------------------------------------------------- the letter
def test_three_messages_in_a_day_bring_two_letters_a_day_apart(intake, writer):
    for minutes in (0, 30, 60):
        sent(intake, writer, now=NOW + timedelta(minutes=minutes))
    assert letters("scheduled") == [OUT, OUT + DAY]


def test_taking_back_the_second_message_leaves_a_letter_for_the_third(intake, writer):
    sent(intake, writer)
    later = NOW + timedelta(hours=1)
    second = sent(intake, writer, now=later)
    sent(intake, factories.clinician(), words="Third.", now=later)
    conversation.take_back(second, by=writer, now=later + timedelta(minutes=1))
    assert letters("scheduled") == [OUT, OUT + DAY]


def test_a_letter_names_nothing_that_was_written(intake, writer):
    sent(intake, writer, words="About your clot.")
    letter = Message.objects.get(event="message_waiting")
    assert (letter.values, letter.category) == ({}, "service")
    assert "clot" not in letter.idem_key


def test_reading_a_message_stops_the_letter_that_would_say_that_it_waits(intake, writer):
    sent(intake, writer)
    with at(OUT):
        of(intake).get(PAGE)
    message = PortalMessage.objects.get()
    assert (message.read_at, letters("cancelled"), letters("scheduled")) == (OUT, [OUT], [])


def test_looking_with_head_reads_nothing(intake, writer):
    sent(intake, writer)
    with at(OUT):
        of(intake).head(PAGE)
    assert PortalMessage.objects.get().read_at is None


# ------------------------------------------------------------------------------------- answering
def write(intake: Intake, words: str = "Thank you.", client: Client | None = None) -> Any:
    return (client or of(intake)).post(PAGE, {"form": intake.code, "words": words})


def test_the_person_answers_and_the_care_team_has_one_task_with_a_clock(intake):
    for minutes, words in ((0, "Thank\r\nyou."), (5, "One more thing.")):
        with at(NOW + timedelta(minutes=minutes)):
            response = write(intake, words)
            assert (response.status_code, response["Location"]) == (302, PAGE)
    first, second = PortalMessage.objects.order_by("made_at")
    assert (first.words, first.from_staff, first.by, first.sent_at) == (
        "Thank\nyou.",
        False,
        intake.owner,
        NOW,
    )
    assert second.words == "One more thing."
    # Tuesday, ten in the morning: the end of Wednesday.
    task = StaffTask.objects.get(event="person_wrote")
    assert (task.made_at, task.due_at) == (NOW, factories.at("2026-11-18T17:00"))
    event = AuditEvent.objects.about(intake).filter(did="wrote to the care team").first()
    assert event.details == {"message": str(first.pk)}


def test_a_second_click_sends_once(intake):
    for seconds in (0, 3):
        with at(NOW + timedelta(seconds=seconds)):
            write(intake)
    assert PortalMessage.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("", "Please write your message."),
        ("   ", "Please write your message."),
        ("x" * 4001, "Please use at most 4000 characters; this has 4001."),
        ("a\0b", "Null characters are not allowed."),
    ],
)
def test_words_that_do_not_fit_are_kept_on_the_page_with_a_sentence(intake, words, error):
    response = write(intake, words)
    assert response.status_code == 422
    assert error in response.text
    assert PortalMessage.objects.count() == 0


def test_4000_characters_with_line_breaks_fit(intake):
    assert write(intake, "x\r\n" * 2000).status_code == 302


def test_twenty_messages_a_day_are_enough(intake):
    for number in range(20):
        conversation.answer(intake, words=str(number), by=intake.owner, now=NOW)
    with at(SOON):
        response = write(intake)
    assert response.status_code == 422
    assert "Please call us, or write tomorrow." in response.text
    with at(NOW + DAY):
        assert write(intake).status_code == 302


def test_words_are_escaped_and_sealed(intake):
    write(intake, "<script>alert(1)</script> {{ 7 }}")
    page = of(intake).get(PAGE).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 }}" in page
    assert "<script>alert" not in page
    [sealed] = PortalMessage.objects.values_list("words", flat=True)
    assert b"alert" not in bytes(sealed)


def test_a_foreign_form_takes_no_words(intake):
    other = factories.ready(email="other@example.org")
    assert write(other, client=of(intake)).status_code == 404
    assert PortalMessage.objects.count() == 0


def test_whoever_is_not_signed_in_is_led_to_the_sign_in_and_keeps_what_they_typed(intake):
    client = Client()
    assert client.get(PAGE)["Location"] == "/consult/sign-in/"
    response = write(intake, "I typed this.", client)
    assert response.status_code == 409
    assert "I typed this." in response.text


def test_a_browser_that_only_sent_the_form_is_not_told_that_a_message_waits(intake, writer):
    sent(intake, writer)
    client = Client()
    session = client.session
    session["sent"] = str(intake.pk)
    session.save()
    with at(OUT):
        assert client.get(STATUS).context["unread"] == 0


def test_a_form_taken_back_is_read_only_for_both(intake, writer):
    message = sent(intake, writer)
    Intake.objects.update(state="withdrawn")
    with at(OUT):
        response = write(intake, "Too late?")
        page = of(intake).get(PAGE).text
    assert response.status_code == 409
    assert "Too late?" in response.text
    assert "Please bring your scans." in page
    assert "<textarea" not in page
    with pytest.raises(NotAllowed):
        conversation.keep_draft(intake, words="More.", by=writer, now=OUT)
    message.refresh_from_db()
    assert message.read_at == OUT


def test_staff_do_not_write_about_their_own_form(intake, writer):
    intake.owner = writer
    intake.save()
    with pytest.raises(NotAllowed):
        conversation.keep_draft(intake, words="Me.", by=writer, now=NOW)


def test_three_messages_and_thirty_cost_the_same(intake, writer, django_assert_max_num_queries):
    def queries() -> int:
        with at(OUT + DAY), django_assert_max_num_queries(50) as counted:
            of(intake).get(PAGE)
        return len(counted)

    def add(how_many: int) -> None:
        for _ in range(how_many):
            PortalMessage.objects.create(
                intake=intake, from_staff=True, by=writer, words="Hi", made_at=NOW, sent_at=NOW,
                read_at=NOW,
            )  # fmt: skip

    add(3)
    queries()  # the first look asks once for what later ones know
    few = queries()
    add(27)
    assert queries() == few
