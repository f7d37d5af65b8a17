"""The balanced-claims gate: why a page cannot be published as it stands, and where.

A benefit needs its risk, how good the proof is, a source and a day of review. Nothing else about
a page's words is judged here than what a rule can judge; the rest is the clinical reviewer's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from wagtail.blocks import RichTextBlock
from wagtail.models import Page

from content.editing.claims import claims_in
from content.editing.words import Block, Place, blocks_of, plain, sentences, words
from content.models.sources import Source
from content.models.stored import PAGE_LINK, cited_keys

REVIEWERS = "clinical reviewer"
SHOWED = "results"  # of an evidence page: what the studies showed
NOTHING_TO_CITE = "not_studied"
NO_BENEFIT = {"not_to_help", NOTHING_TO_CITE}
RISK_PAGES = ("riskpage", "riskspage")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that is missing or may not stand, and its place in the form."""

    place: Place
    sentence: str


def refusals(page: Page, *, today: date) -> list[Refusal]:
    """Everything that keeps the page from being published, in the order of the form."""
    inner = list(blocks_of(page))
    benefits = [block for block in inner if getattr(block.kind, "states_benefit", False)]
    shows = bool(getattr(page, SHOWED, None))
    return [
        *_claims(page),
        *(refusal for block in benefits for refusal in _unbalanced(block)),
        *(refusal for block in inner for refusal in _questions_on(block)),
        *(_what_it_showed(page, inner) if shows else ()),
        *_gone(inner),
        *_reviews(page, today=today, states_benefit=shows or bool(benefits)),
    ]


def _claims(page: Page) -> Iterator[Refusal]:
    for piece in words(page):
        for sentence in sentences(piece.text):
            for found in claims_in(sentence):
                yield Refusal(piece.place, str(found))


def _unbalanced(block: Block) -> Iterator[Refusal]:
    """What a benefit lacks."""
    risk = block.value.get("risk")
    if not (risk and plain(risk.source)):
        yield _at(
            block, "risk", "A benefit is stated without its risk. Say what risk goes with it."
        )
    if not block.value.get("evidence"):
        yield _at(block, "evidence", "Say how good the proof of this benefit is.")
    if not [source for source in block.value.get("sources") or [] if source]:
        yield _at(block, "sources", "Name the source of this benefit and of its risk.")


def _questions_on(fact: Block) -> Iterator[Refusal]:
    """What a question lacks, and what the fact lacks that is to answer it."""
    if not getattr(fact.kind, "asks_back", False) or not len(fact.value.get("checks") or []):
        return
    text = fact.value.get("text")
    if not (text and plain(text.source)):
        yield _at(fact, "text", "The fact that answers this question is gone. Remove the question.")
    if not [source for source in fact.value.get("sources") or [] if source]:
        yield _at(fact, "sources", "A fact that people are asked about needs its source.")
    for number, check in enumerate(fact.value["checks"]):
        place = Place(fact.place.field, (*fact.place.path, "checks", number))
        yield from _unanswerable(Block(place, None, check))


def _unanswerable(check: Block) -> Iterator[Refusal]:
    right = (check.value.get("right") or "").strip()
    wrong = [answer.strip() for answer in check.value.get("wrong") or [] if answer]
    if not (check.value.get("question") or "").strip():
        yield _at(check, "question", "Write what is to be asked.")
    if not right:
        yield _at(check, "right", "A question without a right answer is a trap. Write the answer.")
    if not any(wrong):
        yield _at(check, "wrong", "Write at least one wrong answer to choose from.")
    elif right in wrong:
        yield _at(check, "wrong", "The right answer stands among the wrong ones.")


def _what_it_showed(page: Any, inner: list[Block]) -> Iterator[Refusal]:
    """An evidence page tells what studies showed: it names them, and leads to the risks."""
    cited = any(cited_keys(getattr(page, SHOWED).get_prep_value()))
    if page.strength != NOTHING_TO_CITE and not cited:
        yield _field(SHOWED, "Name the source of what was shown.")
    if page.strength not in NO_BENEFIT and not any(map(_tells_a_risk, inner)):
        sentence = (
            "What it showed may read as a benefit, and no risk goes with it. Use a block “Benefit, "
            "with its risk”, or lead to a page about a risk."
        )
        yield _field(SHOWED, sentence)


def _tells_a_risk(block: Block) -> bool:
    if getattr(block.kind, "states_benefit", False):
        return bool(block.value.get("risk"))
    if not isinstance(block.kind, RichTextBlock) or not block.value:
        return False
    linked = Page.objects.filter(pk__in=PAGE_LINK.findall(block.value.source))
    return bool(linked.filter(content_type__model__in=RISK_PAGES).exists())


def _gone(inner: list[Block]) -> Iterator[Refusal]:
    """Links to pages that were deleted, and sources that were."""
    rich = [block for block in inner if isinstance(block.kind, RichTextBlock) and block.value]
    linked = {block.place: PAGE_LINK.findall(block.value.source) for block in rich}
    ids = {pk for found in linked.values() for pk in found}
    there = set(map(str, Page.objects.filter(pk__in=ids).values_list("pk", flat=True)))
    for place, found in linked.items():
        if set(found) - there:
            yield Refusal(place, "A link leads to a page that was deleted. Remove or change it.")
    yield from _sources_gone(inner)


def _sources_gone(inner: list[Block]) -> Iterator[Refusal]:
    whole = [block for block in inner if len(block.place.path) == 1]
    stored = {block.place: block.kind.get_prep_value(block.value) for block in whole}
    cited = {place: set(cited_keys(value)) for place, value in stored.items()}
    keys = {key for found in cited.values() for key in found}
    there = set(Source.objects.filter(pk__in=keys).values_list("pk", flat=True))
    for place, found in cited.items():
        if gone := sorted(found - there):
            sentence = f"A source was deleted: {', '.join(gone)}. Name another."
            yield Refusal(replace(place, path=(*place.path, "sources")), sentence)


def _reviews(page: Any, *, today: date, states_benefit: bool) -> Iterator[Refusal]:
    due, last = page.next_review_on, page.last_reviewed_on
    if due and due <= today:
        yield _field("next_review_on", f"{due:%-d %B %Y} has passed. Set a day in the future.")
    if states_benefit and not due:
        sentence = "This page states a benefit: say when it is to be reviewed again."
        yield _field("next_review_on", sentence)
    if last and last > today:
        yield _field("last_reviewed_on", "Nobody can have reviewed the page on a day to come.")
    if states_benefit and not page.needs_two_people and not page.is_reviewed:
        sentence = "This page states a benefit: name the clinical reviewer and the day."
        yield _field("clinical_reviewer", sentence)
    if page.clinical_reviewer and not holds_the_role(page.clinical_reviewer):
        sentence = "Nobody of this name may review. Write the full name as in their account."
        yield _field("clinical_reviewer", sentence)


def holds_the_role(name: str) -> bool:
    """Whether `name` (with a title or a profession, if any) is that of a clinical reviewer."""
    people = get_user_model().objects.filter(is_active=True, groups__name=REVIEWERS)
    return any(full and full in name for full in map(_full_name, people))


def _full_name(person: Any) -> str:
    return str(person.get_full_name()).strip()


def _at(block: Block, part: str, sentence: str) -> Refusal:
    return Refusal(Place(block.place.field, (*block.place.path, part)), sentence)


def _field(name: str, sentence: str) -> Refusal:
    return Refusal(Place(name), sentence)
