"""Are these answers possible? A person's own mistakes come back as a sentence."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any, NoReturn

from consult.rules.conditions import Answer
from consult.rules.questionnaire import Question, Questionnaire, settled

READABLE_ID = re.compile(r"[a-z0-9_.]{1,60}")
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class AnswerError(ValueError):
    """An answer that cannot be.

    `question` is its id, `reason` a sentence for the person who gave it.
    """

    def __init__(self, question: str, reason: str) -> None:
        self.question = question if READABLE_ID.fullmatch(question) else ascii(question[:60])
        self.reason = reason
        super().__init__(f"{self.question}: {reason}")


def clean(questionnaire: Questionnaire, answers: Mapping[str, Any], on: date) -> dict[str, Answer]:
    """Check raw answers and put them in order.

    In: answers by question id as JSON has them (dates as ISO strings), complete or not, and the day
    that is today.
    Out: a new dict in document order; texts trimmed, options once and in the order of the question,
    exclusive options applied, and whatever was left empty ("" or []) left out. Hidden answers are
    kept: see `questionnaire.effective`.
    Raises AnswerError for the first answer that cannot be.
    """
    asked = {question.id: question for question in questionnaire.questions}
    for key in answers:
        if key not in asked:
            _refuse_unknown(key)
    cleaned = {
        key: clean_answer(one, answers[key], on) for key, one in asked.items() if key in answers
    }
    return {key: answer for key, answer in cleaned.items() if answer is not None}


def clean_answer(question: Question, raw: Any, on: date) -> Answer | None:
    """Check one raw answer; None if it was left empty ("" for a text, [] for a multiple choice).

    Raises AnswerError: wrong type (true is not a number), unknown option, out of range, impossible
    day, text too long.
    """
    match question.type:
        case "boolean":
            return _boolean(question, raw)
        case "choice":
            return _code(question, raw)
        case "multi_choice":
            return _codes(question, raw)
        case "date":
            return _date(question, raw, on)
        case "text":
            return _text(question, raw)
    return _number(question, raw)


def parse(text: str) -> dict[str, Any]:
    """Read answers from JSON.

    Raises AnswerError: not JSON, no object, a question given twice, NaN or infinity.
    """
    try:
        answers = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse_constant)
    except AnswerError:
        raise
    except (ValueError, RecursionError) as error:
        raise AnswerError("file", f"This is not JSON ({_first_line(error)}).") from error
    if not isinstance(answers, dict):
        raise AnswerError("file", "This must be one JSON object, with the answers by question id.")
    return answers


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for key, times in Counter(key for key, _ in pairs).items():
        if times > 1:
            raise AnswerError(key, "This question is answered twice; keep one answer.")
    return dict(pairs)


def _refuse_constant(name: str) -> NoReturn:
    raise AnswerError("file", f"{name} is not a number that can be an answer.")


def _first_line(error: BaseException) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]


def _refuse_unknown(key: str) -> NoReturn:
    if key.startswith("derived."):
        raise AnswerError(key, "This is worked out from other answers, it cannot be answered.")
    raise AnswerError(key, "This is not a question of this form.")


def _boolean(question: Question, raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise AnswerError(question.id, "Please answer yes or no (true or false).")
    if question.must_be is not None and raw != question.must_be:
        raise AnswerError(question.id, "We need your agreement to this before we can go on.")
    return raw


def _code(question: Question, raw: Any) -> str:
    if not isinstance(raw, str):
        raise AnswerError(question.id, "Please choose one of the answers offered.")
    if raw not in {option.code for option in question.options}:
        # Only what looks like a code is repeated: errors end in logs, and logs hold no answers.
        what = f"“{raw}”" if READABLE_ID.fullmatch(raw) else "This"
        raise AnswerError(question.id, f"{what} is not one of the answers offered.")
    return raw


def _codes(question: Question, raw: Any) -> list[str] | None:
    if not isinstance(raw, list):
        raise AnswerError(question.id, "Please give a list of the answers that apply.")
    codes = [_code(question, one) for one in raw]
    exclusive = {option.code for option in question.options if option.exclusive}
    if question.contradiction_is_asked and exclusive & set(codes) and len(set(codes)) > 1:
        names = [
            option.label for option in question.options if option.code in exclusive & set(codes)
        ]
        raise AnswerError(
            question.id, f"You ticked “{names[0]}” and something else as well; which is right?"
        )
    answer = settled(question, codes)
    return answer if isinstance(answer, list) and answer else None


def _number(question: Question, raw: Any) -> int | float:
    whole = question.type == "integer"
    if isinstance(raw, bool) or not isinstance(raw, int if whole else int | float):
        raise AnswerError(question.id, f"Please give a {'whole ' if whole else ''}number.")
    # Written so that NaN, which is neither above nor below, falls out as well.
    if not question.min <= raw <= question.max:
        unit = f" {question.unit}" if question.unit else ""
        raise AnswerError(
            question.id, f"Please give a number between {question.min} and {question.max}{unit}."
        )
    return raw


def _date(question: Question, raw: Any, on: date) -> str:
    if not isinstance(raw, str) or not ISO_DAY.fullmatch(raw):
        raise AnswerError(question.id, "Please give a date as year-month-day, such as 1974-03-02.")
    try:
        day = date.fromisoformat(raw)
    except ValueError as error:
        raise AnswerError(question.id, "There is no such day in the calendar.") from error
    if question.not_future and day > on:
        raise AnswerError(question.id, "This date is in the future.")
    if raw < question.earliest:
        raise AnswerError(question.id, f"Please give a date from {question.earliest} on.")
    return raw


def _text(question: Question, raw: Any) -> str | None:
    if not isinstance(raw, str):
        raise AnswerError(question.id, "Please give a text.")
    if "\0" in raw or any("\ud800" <= character <= "\udfff" for character in raw):
        raise AnswerError(question.id, "This text holds a character that cannot be stored.")
    text = raw.strip()
    if question.max_length is not None and len(text) > question.max_length:
        raise AnswerError(question.id, f"Please use at most {question.max_length} characters.")
    return text or None
