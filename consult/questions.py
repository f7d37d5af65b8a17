"""A crispy form from questions: the intake's steps, and later check-ins and re-checks alike.

A field's name is the question's id. Whether an answer is possible is decided by the rules
(`consult.rules.answers.clean_answer`), never here; this turns what a browser posts into what the
rules read, and the rules' refusal into an error at the field.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from math import isfinite
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, LayoutObject
from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from consult.rules.answers import AnswerError, clean_answer
from consult.rules.conditions import Answer
from consult.rules.questionnaire import Group, Option, Question, Questionnaire, missing, visible
from consult.widgets import (
    UNITS,
    Boxes,
    DayMonthYear,
    LongText,
    Measure,
    Measured,
    NumberText,
    Radios,
    Tick,
    escaped,
    written,
)

Links = Mapping[str, Any]  # by topic code: what explains it, with .why and .title

REQUIRED = {
    "boolean": "Please answer yes or no.",
    "choice": "Please choose one answer.",
    "multi_choice": "Please tick at least one answer.",
    "date": "Please give a date.",
    "integer": "Please give a number.",
    "quantity": "Please give a number.",
    "text": "Please write something here.",
}
TRUE = {"true", "yes", "on", "1"}
FALSE = {"false", "no", "off", "0"}
SHOWN = "shown"  # a page says by this field which questions were on it
INCHES_IN_A_FOOT = 12
LONGEST_NUMBER = 12  # characters; more digits than any height or weight has


class YesNo(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[("yes", "Yes"), ("no", "No")], widget=Radios, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no"}.get(value, value)

    def to_python(self, value: Any) -> Any:
        posted = super().to_python(value).lower()
        return True if posted in TRUE else False if posted in FALSE else posted

    def validate(self, value: Any) -> None:
        if value not in {True, False, ""}:
            raise forms.ValidationError(REQUIRED["boolean"])


class Agreement(forms.Field):
    """A box that must be ticked; never ticked for anybody beforehand."""

    widget = Tick

    def to_python(self, value: Any) -> bool | None:
        return str(value).lower() in TRUE or None


class Number(forms.CharField):
    """A number as people write it: 160, 68.5 or 68,5."""

    def to_python(self, value: Any) -> Any:
        return plain(number_from(str(super().to_python(value))))


class MeasuredNumber(forms.Field):
    """A number in the unit that the person chose, turned into the one that is stored."""

    def to_python(self, value: Any) -> int | float | None:
        if not any(value.typed):
            return None
        numbers = [number_from(text) or 0.0 for text in value.typed]
        if len(numbers) > 1 and numbers[0] and not 0 <= numbers[1] < INCHES_IN_A_FOOT:
            raise forms.ValidationError("Inches beside feet go from 0 to 11.")
        boxes = value.unit.boxes
        stored = sum(n * box.factor for n, box in zip(numbers, boxes, strict=True))
        return plain(stored if boxes[0].factor == 1 else round(stored, 1))

    def validate(self, value: Any) -> None:
        """Which numbers are possible is the rules' business."""


def number_from(text: str) -> float | None:
    """None for nothing. Raises ValidationError for what is no number."""
    if not text:
        return None
    try:
        return float(text.replace(",", ".")[: LONGEST_NUMBER + 1])
    except ValueError as error:
        raise forms.ValidationError("Please give a number, using digits.") from error


def plain(number: float | None) -> int | float | None:
    return int(number) if number is not None and number.is_integer() else number


class Day(forms.Field):
    """A date as the rules read it, year-month-day, from three boxes or one."""

    widget = DayMonthYear

    def to_python(self, value: Any) -> str | None:
        return value or None


def field_for(question: Question, links: Links) -> forms.Field:
    """The form field of one question. It is never required by itself: branching decides that."""
    words: dict[str, Any] = {
        "label": question.text,
        "help_text": why_we_ask(question, links),
        "required": False,
    }
    codes = [(option.code, option.label) for option in question.options]
    match question.type:
        case "boolean":
            return Agreement(**words) if question.must_be else YesNo(**words)
        case "choice":
            return forms.ChoiceField(choices=codes, widget=Radios, **words)
        case "multi_choice":
            # Where “none” beside a danger sign is asked again, nothing may untick either of them.
            widget = Ticks(() if question.contradiction_is_asked else question.options)
            return forms.MultipleChoiceField(choices=codes, widget=widget, **words)
        case "date":
            return Day(**words)
        case "text":
            rows = 5 if (question.max_length or 0) > 500 else 2
            return forms.CharField(widget=LongText({"rows": rows}), strip=False, **words)
    if question.unit in UNITS:
        return MeasuredNumber(widget=Measure(question.unit), **words)
    return Number(widget=NumberText(unit=question.unit), **words)


class Ticks(Boxes):
    """Checkboxes that mark which of them say “none of the others”."""

    def __init__(self, options: Iterable[Option]) -> None:
        super().__init__()
        self.exclusive = {option.code for option in options if option.exclusive}


def why_we_ask(question: Question, links: Links) -> SafeString:
    """The help under a question, and where the pages say why it is asked."""
    pages = [links[topic] for topic in question.informs if topic in links][:2]
    reading = format_html_join(
        ", ", '<a href="{}" target="_blank">{}</a>', ((page.why, page.title) for page in pages)
    )
    if not reading:
        return format_html("{}", question.help)
    return format_html('{} <span class="read-more">Read why: {}</span>', question.help, reading)


def named_in(data: Iterable[str]) -> set[str]:
    """What the names of posted fields may stand for: `body.height.ft` is a box of `body.height`."""
    return {part for name in data for part in (name, name.rpartition(".")[0])}


class AsWritten(LayoutObject):
    """For {% crispy form %}: a form of questions writes itself."""

    def render(self, form: "QuestionsForm", *_: Any, **__: Any) -> SafeString:
        return form.written


class QuestionsForm(forms.Form):
    """The questions of these groups; `only` some of them, if their ids are given.

    `stored` are the answers that the server already has, of every step: they decide what is
    visible, together with what is posted. After cleaning, `answers` holds what is valid,
    whatever else was wrong, and `opened` the questions that the posted answers brought up and
    that the person has not seen yet.
    """

    def __init__(
        self,
        questionnaire: Questionnaire,
        groups: Iterable[Group],
        *,
        stored: Mapping[str, Answer],
        today: date,
        links: Links | None = None,
        only: Collection[str] | None = None,
        **kwargs: Any,
    ) -> None:
        self.questionnaire, self.today, self.stored = questionnaire, today, stored
        self.groups = tuple(groups)
        asked = (one for group in self.groups for one in group.questions)
        self.questions = {one.id: one for one in asked if only is None or one.id in only}
        self.answers: dict[str, Answer] = {}
        self.posted: dict[str, Any] = {}  # also what cannot be stored; for emergency advice only
        self.cleared: set[str] = set()
        self.opened: list[Question] = []
        super().__init__(initial=dict(stored), **kwargs)
        for key, question in self.questions.items():
            self.fields[key] = field_for(question, links or {})
        self.show_only_visible(stored)

    def show_only_visible(self, answers: Mapping[str, Answer]) -> None:
        shown = {question.id for question in visible(self.questionnaire, answers)}
        self.shown = [key for key in self.questions if key in shown]

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper(self)
        helper.form_tag = False
        helper.disable_csrf = True
        helper.layout = Layout(AsWritten())
        return helper

    @property
    def written(self) -> SafeString:
        """The questions that are shown, as HTML.

        A group is a heading, not a fieldset: its title would be read out at every field.
        """
        return mark_safe("".join(self._groups()))  # noqa: S308 - of safe parts

    def _groups(self) -> Iterable[str]:
        for group in self.groups:
            asked = [written(self[one.id]) for one in group.questions if one.id in self.shown]
            if asked:
                title = f"<h2>{escaped(group.title)}</h2>\n" if group.title else ""
                yield f'<section class="question-group">\n{title}{"".join(asked)}</section>\n'

    def clean(self) -> dict[str, Any]:
        for key, question in self.questions.items():
            if key in self.cleaned_data:
                self._take(key, question)
        answers = self.merged()
        before = self.seen()
        self.show_only_visible(answers)
        for key in self.questions.keys() - set(self.shown):
            self.errors.pop(key, None)
            self.answers.pop(key, None)
        self._ask_for_missing(answers, before)
        return self.cleaned_data

    def merged(self) -> dict[str, Answer]:
        """Every answer there is now: stored ones, and over them the valid ones just posted."""
        kept = {key: one for key, one in self.stored.items() if key not in self.cleared}
        return kept | self.answers

    def seen(self) -> set[str]:
        """The questions that the person had in front of them.

        Where a page was saved while it was filled in, stored answers may have opened more since.
        """
        shown = set(self.shown)
        return shown & set(str(self.data[SHOWN]).split()) if SHOWN in self.data else shown

    def has_news(self) -> bool:
        """Whether anything posted and valid differs from what is stored."""
        return self.merged() != dict(self.stored)

    def everything_said(self) -> dict[str, Any]:
        """Stored, valid and contradictory answers alike: advice must not wait for a clean form."""
        return self.merged() | self.posted

    def _take(self, key: str, question: Question) -> None:
        value = self.cleaned_data[key]
        if value in (None, "", []):
            # An empty text was emptied on purpose and an agreement was not given; any other
            # choice that is not there was just not made, and what is stored stays.
            if question.must_be or (question.type == "text" and key in self.data):
                self.cleared.add(key)
            return
        self.posted[key] = value
        try:
            answer = clean_answer(question, value, self.today)
        except AnswerError as error:
            self.add_error(key, sentence(error.reason) + self._as_we_read(key, question, value))
        else:
            if answer is None:
                self.cleared.add(key)
            else:
                self.answers[key] = answer

    def _as_we_read(self, key: str, question: Question, value: Any) -> str:
        """What a number came to, where it was typed in another unit than the one of the limits."""
        typed = self[key].data
        if (
            not isinstance(typed, Measured)
            or typed.unit.code == question.unit
            or not isfinite(value)
        ):
            return ""
        return f" {typed.words} is {value:g} {question.unit}."

    def _ask_for_missing(self, answers: Mapping[str, Answer], before: set[str]) -> None:
        self.opened = [
            question
            for key, question in self.questions.items()
            if key in self.shown and key not in before | answers.keys() | self.data.keys()
        ]
        for question in missing(self.questionnaire, answers):
            if question.id in before and question.id not in self.errors:
                self.add_error(question.id, missing_words(question))


def missing_words(question: Question) -> str:
    if question.must_be:
        return "Please tick this box if you agree. We cannot go on without it."
    return REQUIRED[question.type]


def sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:]
