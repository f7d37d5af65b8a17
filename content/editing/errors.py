"""Refusals as Wagtail's editor shows them: beside the field, inside the block."""

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BaseForm
from wagtail import blocks
from wagtail.blocks.list_block import ListBlockValidationError
from wagtail.blocks.stream_block import StreamBlockValidationError
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.models import Page

from content.editing.gate import Refusal
from content.editing.words import Path

NESTED = (
    (blocks.StreamBlock, StreamBlockValidationError),
    (blocks.StructBlock, StructBlockValidationError),
    (blocks.ListBlock, ListBlockValidationError),
)


def show(form: BaseForm, refused: list[Refusal]) -> None:
    """Adds each refusal to the form, in its place; fields that are wrong already keep theirs."""
    by_field: dict[str, list[Refusal]] = {}
    for refusal in refused:
        by_field.setdefault(refusal.place.field, []).append(refusal)
    for name, found in by_field.items():
        if name not in form.fields:
            form.add_error(None, [refusal.sentence for refusal in found])
        elif name not in form.errors:
            form.add_error(name, _as_error(form.cleaned_data[name], found))


def in_words(page: Page, refused: list[Refusal]) -> list[str]:
    """Each refusal with its place in words, for lists and messages."""
    return [f"{_place(page, refusal)}: {refusal.sentence}" for refusal in refused]


def _as_error(value: Any, found: list[Refusal]) -> Any:
    stream = getattr(value, "stream_block", None)
    if stream is None:
        return [refusal.sentence for refusal in found]
    return _nest(stream, value, [(refusal.place.path, refusal.sentence) for refusal in found])


def _nest(kind: Any, value: Any, found: list[tuple[Path, str]]) -> ValidationError:
    here = [sentence for path, sentence in found if not path]
    error_class = next((error for block, error in NESTED if isinstance(kind, block)), None)
    if error_class is None:
        return ValidationError(here)
    steps = dict.fromkeys(path[0] for path, _ in found if path)
    inner = {
        step: _nest(
            *_part(kind, value, step),
            [(path[1:], sentence) for path, sentence in found if path and path[0] == step],
        )
        for step in steps
    }
    here_errors = [ValidationError(sentence) for sentence in here]
    error: ValidationError = error_class(block_errors=inner, non_block_errors=here_errors)
    return error


def _part(kind: Any, value: Any, step: Any) -> tuple[Any, Any]:
    if isinstance(kind, blocks.StreamBlock):
        return value[step].block, value[step].value
    if isinstance(kind, blocks.ListBlock):
        return kind.child_block, value[step]
    return kind.child_blocks[step], value.get(step)


def _place(page: Page, refusal: Refusal) -> str:
    field = page._meta.get_field(refusal.place.field)
    name = str(field.verbose_name).capitalize()
    numbers = [step for step in refusal.place.path if isinstance(step, int)]
    return f"{name}, block {numbers[0] + 1}" if numbers else name
