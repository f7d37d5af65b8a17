"""Lists of fifty rows. The next ones begin after the last row shown, never at a counted offset:
page 1,000 costs what page 1 costs, and a row that arrives meanwhile moves nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

ROWS = 50
Row = TypeVar("Row")
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: Sequence[Row]
    more: bool

    @property
    def last(self) -> Row | None:
        """The row after which the next page begins; None at the end of the list."""
        return self.rows[-1] if self.more else None


def cut(found: Sequence[Row]) -> Page[Row]:
    """A page of rows that were asked for one more than a page holds."""
    return Page(found[:ROWS], more=len(found) > ROWS)


def beyond(rows: QuerySet[M], last: M | None, field: str) -> QuerySet[M]:
    """What follows `last` in the order of `field` and the key; "-field" for newest first."""
    if last is None:
        return rows
    name, onward = field.removeprefix("-"), "lt" if field.startswith("-") else "gt"
    value = getattr(last, name)
    # The first condition is implied by the second; it is what an index can start from.
    return rows.filter(
        Q(**{f"{name}__{onward}e": value}),
        Q(**{f"{name}__{onward}": value}) | Q(**{name: value, f"pk__{onward}": last.pk}),
    )


def row_at(rows: QuerySet[M], key: str) -> M | None:
    """The row whose key an address names; None for none, and for what is no key at all."""
    try:
        return rows.filter(pk=UUID(key)).first()
    except ValueError:
        return None
