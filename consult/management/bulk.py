"""Many rows at once."""

from collections.abc import Iterable
from itertools import groupby

from django.db import connection, models, transaction

AT_ONCE = 500  # where rows go in by INSERT


@transaction.atomic
def write(rows: Iterable[models.Model]) -> None:
    """Insert rows of any models, with what they encrypt and index. Signals are not sent."""
    by_model = sorted(rows, key=lambda row: row._meta.label)
    for _, some in groupby(by_model, key=lambda row: row._meta.label):
        insert(list(some))


def insert(rows: list[models.Model]) -> None:
    model = type(rows[0])
    if connection.vendor != "postgresql":
        model._default_manager.bulk_create(rows, batch_size=AT_ONCE)
        return
    # COPY takes a third of the time of INSERT.
    fields = [one for one in model._meta.concrete_fields if not isinstance(one, models.AutoField)]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(one.column)) for one in fields)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            values = ((one, one.pre_save(row, add=True)) for one in fields)
            copy.write_row([one.get_db_prep_save(value, connection) for one, value in values])
