"""What may be answered again after a form was sent, and the working copy of those answers.

The answers as handed in stay as they are. What the person enters is kept beside them, section by
section, and takes their place when it is handed in.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from consult import audit
from consult.intake.answering import written_over
from consult.intake.refusals import NotAllowed, SavedElsewhere
from consult.models import FollowUpRequest, Intake, IntakeSection
from consult.rules.conditions import Answer, compares
from consult.rules.differences import Difference, differences
from consult.rules.published import load_questionnaire
from consult.rules.questionnaire import Question, Questionnaire, Step, counting, missing, visible

CLOSED = "This part of your form is not open for changes any more."


@dataclass(frozen=True, slots=True)
class Part:
    """One step that is open again.

    `only` are the ids that may be answered; `words` what staff ask beside a question; `about` what
    they ask about the whole step; `open` what has to be answered still.
    """

    step: Step
    only: frozenset[str]
    words: Mapping[str, list[str]]
    about: list[str]
    open: tuple[Question, ...]
    is_asked: bool
    is_saved: bool
    version: int

    @property
    def is_done(self) -> bool:
        return not self.open and (self.is_saved or not self.is_asked)


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """A sent form with what the person would put in its place."""

    intake: Intake
    request: FollowUpRequest | None
    questionnaire: Questionnaire
    before: Mapping[str, Answer]
    answers: Mapping[str, Answer]
    parts: tuple[Part, ...]

    def part(self, step: str) -> Part:
        """The part of this step. Raises NotAllowed when it is not open."""
        for one in self.parts:
            if one.step.id == step:
                return one
        raise NotAllowed(CLOSED)

    @property
    def unfinished(self) -> list[Part]:
        return [one for one in self.parts if not one.is_done]

    def differences(self) -> tuple[Difference, ...]:
        before, after = (
            counting(self.questionnaire, answers) for answers in (self.before, self.answers)
        )
        return differences(before, after, questionnaire=self.questionnaire)


def working_copy(intake: Intake) -> WorkingCopy:
    """Raises NotAllowed when the form is locked: staff ask for nothing and it is not ready."""
    request = open_request(intake)
    if intake.state not in {Intake.State.ASKED, Intake.State.READY}:
        raise NotAllowed(CLOSED)
    questionnaire = load_questionnaire(intake.questionnaire)
    sections = {one.step: one for one in intake.sections.all()}
    before: dict[str, Answer] = {}
    answers: dict[str, Answer] = {}
    for section in sections.values():
        before |= section.answers
        answers |= current(section)
    parts = (
        part_of(step, questionnaire, answers, sections.get(step.id), asked_of(request, step.id))
        for step in questionnaire.steps
    )
    found = tuple(part for part in parts if part.only)
    return WorkingCopy(intake, request, questionnaire, before, answers, found)


def open_request(intake: Intake) -> FollowUpRequest | None:
    if intake.state != Intake.State.ASKED:
        return None
    return FollowUpRequest.objects.open().filter(intake=intake).first()


def asked_of(request: FollowUpRequest | None, step: str) -> list[dict[str, str]]:
    return [item for item in request.items if item["step"] == step] if request else []


def current(section: IntakeSection) -> dict[str, Answer]:
    """The section as it would be handed in now."""
    proposed: dict[str, Answer] = (section.proposed or section_as_sent(section))["answers"]
    return proposed


def section_as_sent(section: IntakeSection) -> dict[str, Any]:
    return {"answers": section.answers, "picked": []}


def part_of(
    step: Step,
    questionnaire: Questionnaire,
    answers: Mapping[str, Answer],
    section: IntakeSection | None,
    items: list[dict[str, str]],
) -> Part:
    picked = set(section.proposed["picked"]) if section and section.proposed else set()
    still_open = missing(questionnaire, answers, step.id)
    named = picked | {one.id for one in (step.questions if items else still_open)}
    only = frozenset(with_branches(step, named) - agreements(step))
    shown = {one.id for one in visible(questionnaire, answers)} & only
    words: dict[str, list[str]] = {}
    for item in items:
        beside = item["question"] if item["question"] in shown else ""
        words.setdefault(beside, []).append(item["words"])
    return Part(
        step=step,
        only=only if shown else frozenset(),
        about=words.pop("", []),
        words=words,
        open=tuple(one for one in still_open if one.id in only),
        is_asked=bool(items),
        is_saved=bool(section and section.proposed),
        version=section.version if section else 0,
    )


def agreements(step: Step) -> set[str]:
    """Agreements are given and taken back elsewhere, each time with a record of its own."""
    return {one.id for one in step.questions if one.kind == "agreement"}


def with_branches(step: Step, named: Collection[str]) -> set[str]:
    """These questions of the step, and those that hang on their answers. Conditions look back."""
    found = set(named)
    for one in step.questions:
        if one.enable_when and any(test.q in found for test in compares(one.enable_when)):
            found.add(one.id)
    return found


def locked(intake: Intake) -> Intake:
    return Intake.objects.select_for_update().get(pk=intake.pk)


def pick(intake: Intake, *, questions: Collection[str], now: datetime) -> tuple[str, ...]:
    """Open these questions of a ready form, to be answered anew; the ids of their steps.

    What is picked and entered already stays. Ids that the person was not asked are left out.
    Raises NotAllowed when the form is not ready.
    """
    with transaction.atomic():
        intake = locked(intake)
        if intake.state != Intake.State.READY:
            raise NotAllowed(CLOSED)
        copy, steps = working_copy(intake), []
        shown = {one.id for one in visible(copy.questionnaire, copy.answers)} & set(questions)
        for step in copy.questionnaire.steps:
            wanted = shown & {one.id for one in step.questions} - agreements(step)
            if wanted:
                propose(intake, step.id, picked=wanted, now=now)
                steps.append(step.id)
        if steps:
            audit.record(by=intake.owner, did="began to change answers", to=intake, now=now)
    return tuple(steps)


def save_answers(
    intake: Intake,
    *,
    step: str,
    answers: Mapping[str, Answer],
    cleared: Collection[str],
    seen: int | None,
    now: datetime,
) -> IntakeSection:
    """Keep the valid answers of an open step in the working copy.

    In and out as `answering.save_step`. Raises NotAllowed when the step is not open any more,
    SavedElsewhere for answers changed meanwhile: those stay, everything else is kept.
    """
    with transaction.atomic():
        intake = locked(intake)
        part = working_copy(intake).part(step)
        section = section_of(intake, step, now=now)
        stored = IntakeSection(answers=current(section))
        clash = set()
        if seen is not None and seen != section.version:
            clash = written_over(stored, answers, cleared)
        kept = {key: one for key, one in stored.answers.items() if key not in set(cleared) - clash}
        new = {key: one for key, one in answers.items() if key in part.only - clash}
        section = propose(intake, step, picked=part.only, answers=kept | new, now=now)
        audit.record(by=intake.owner, did="kept an answer to send", to=intake, now=now, step=step)
    if clash:
        raise SavedElsewhere(section, clash)
    return section


def propose(
    intake: Intake,
    step: str,
    *,
    picked: Collection[str],
    answers: Mapping[str, Answer] | None = None,
    now: datetime,
) -> IntakeSection:
    section = section_of(intake, step, now=now)
    before = section.proposed or section_as_sent(section)
    section.proposed = {
        "answers": before["answers"] if answers is None else dict(answers),
        "picked": sorted({*before["picked"], *picked}),
    }
    if section.proposed["answers"] != before["answers"]:
        section.version += 1
    section.saved_at = now
    section.save()
    return section


def section_of(intake: Intake, step: str, *, now: datetime) -> IntakeSection:
    found = intake.sections.select_for_update().filter(step=step).first()
    return found or IntakeSection(intake=intake, step=step, version=0, saved_at=now)


def put_in_place(intake: Intake, *, now: datetime) -> None:
    """The working copy becomes the form's answers. The caller holds the row's lock."""
    for section in intake.sections.select_for_update():
        if section.proposed is not None:
            section.answers, section.proposed = section.proposed["answers"], None
            section.version, section.saved_at = section.version + 1, now
            section.save()


def forget(intake: Intake) -> None:
    """Leave the working copy: the answers stay as they were handed in."""
    for section in intake.sections.select_for_update():
        if section.proposed is not None:
            section.proposed, section.version = None, section.version + 1
            section.save()
