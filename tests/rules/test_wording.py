"""What staff may put into a letter."""

import pytest

from consult.rules import wording
from consult.rules.wording import CannotUse

FILLED = {"when": "Tuesday", "how": "By video", "until": "Friday", "phone": "123"}


def refusal(check, text, event="booking_invite"):
    with pytest.raises(CannotUse) as refused:
        check(text, event)
    return str(refused.value)


def test_words_with_the_letters_own_placeholders_can_be_used():
    wording.check_subject("See you soon", "reminder_24h")
    wording.check_words("We meet on {when}.\n\n{how}. Call {phone}.", "reminder_24h")
    wording.check_words("Take {when} until {until}.", "waitlist_offer")
    wording.check_words("Your visit is cancelled. Wear loose clothes.", "booking_invite")


@pytest.mark.parametrize(
    ("text", "words"),
    {
        "Hello {name}": "There is no placeholder {name} in this letter. There are: {phone}.",
        "Hello {}": "There is no placeholder {} in this letter.",
        "Hello {when}": "There is no placeholder {when} in this letter.",
        "Hello {phone": "A curly bracket is left over.",
        "Hello phone}": "A curly bracket is left over.",
        "{{phone}}": "A curly bracket is left over.",
        "{phone.__class__}": "There is no placeholder {phone.__class__}",
        "{phone!r}": "There is no placeholder {phone!r}",
        "See https://buy.example now": "Leave out “https://buy.example”",
        "See www.buy.example": "Leave out “www.buy.example”",
        "See buy.example/now": "Leave out “buy.example/now”",
        "Write to me@buy.example": "Leave out “me@buy.example”",
        "Your treatment": "Leave out “treatment”",
        "Your THERAPY": "Leave out “THERAPY”",
        "About your knee": "Leave out “knee”",
        "The cells": "Leave out “cells”",
        "A\x00b": "There is a sign in it that cannot be seen.",
        "A\u202eb": "There is a sign in it that cannot be seen.",
        "A\ud800b": "There is a sign in it that cannot be seen.",
    }.items(),
)
@pytest.mark.parametrize("check", [wording.check_subject, wording.check_words])
def test_what_a_letter_cannot_have_is_refused_with_a_sentence(check, text, words):
    assert refusal(check, text).startswith(words)


@pytest.mark.parametrize(
    ("check", "text", "words"),
    [
        (wording.check_subject, "  ", "Write the subject."),
        (wording.check_subject, "One\ntwo", "A subject is one line."),
        (wording.check_subject, "x" * 79, "Shorten the subject: filled in, it can have 79"),
        (wording.check_words, "\n \n", "Write the words of the letter."),
        (wording.check_words, "x" * 1501, "Shorten this to 1500 characters; it has 1501."),
    ],
)
def test_empty_or_too_long_is_refused(check, text, words):
    assert refusal(check, text).startswith(words)


def test_a_subject_is_as_long_as_it_can_get_when_filled_in():
    assert "Shorten the subject" in refusal(
        wording.check_subject, "Do not forget that we meet on {when}", "reminder_24h"
    )


@pytest.mark.parametrize("event", sorted(wording.ABOUT_VISITS))
def test_a_letter_about_a_visit_must_say_when(event):
    assert refusal(wording.check_words, "See you.", event) == "This letter must say {when}."
    assert "{until}" in refusal(wording.check_words, "Take {when}.", "waitlist_offer")


def test_placeholders_are_filled_in_once_and_not_read_again():
    values = FILLED | {"how": "{phone}"}
    assert wording.filled("{when}, {how}, {when}", values) == "Tuesday, {phone}, Tuesday"


def test_nothing_to_say_is_said():
    with pytest.raises(CannotUse, match="nothing to put in the place of {phone}"):
        wording.filled("Call {phone}", FILLED | {"phone": ""})


def test_empty_lines_part_paragraphs_and_single_breaks_stay():
    text = "\r\nOne\r\ntwo \r\n \r\n\r\n  three\r\n"
    assert wording.paragraphs(text) == ("One\ntwo", "three")
