"""A new field or table about a person must be shown to them, or be left out for a reason."""

import inspect
import re

import pytest

from consult.models import Appointment, Consent, Hold, Intake, Message, User
from consult.privacy import data, export

INNER = {"id", "intake"}  # keys among our own rows
LEFT_OUT = {
    Intake: {"owner", "contact_index", "rank"},  # rank: how our rules sorted it, told on asking
    Consent: set(),
    # staff's names and words, and marks that only machines read
    Appointment: {
        *("clinician", "sequence", "uid", "idempotency_key", "changed_at", "cancelled_by"),
    },
    Hold: {"clinician", "moves"},
    # how a letter travelled; `values` is a code, blanked when it is sent
    Message: {
        *("idem_key", "category", "language", "recipient_index", "values", "wall_time", "zone"),
        *("expires_at", "attempts", "claim_token", "lease_expires_at", "message_id"),
        *("provider_id", "last_error", "outcome_at"),
    },
    User: {"password", "email_index", "is_staff", "is_active", "is_superuser"},
}
EXPORTED_BY = {
    Intake: (export.form, "intake"),
    Consent: (export.agreement, "said"),
    Appointment: (export.appointment, "row"),
    Hold: (export.held_time, "row"),
    Message: (export.letter, "row"),
    User: (export.account, "person"),
}


@pytest.mark.parametrize("model", EXPORTED_BY, ids=lambda model: model.__name__)
def test_each_field_about_a_person_is_in_their_file_or_left_out_on_purpose(model):
    function, name = EXPORTED_BY[model]
    code = "".join(map(inspect.getsource, (function, export.own_reason, data.form_held)))
    shown = set(re.findall(rf"\b{name}\.(\w+)", code))
    every = {field.name for field in model._meta.concrete_fields}
    assert every - shown - INNER == LEFT_OUT[model]


def test_each_table_that_hangs_on_a_form_is_read():
    hanging = {one.get_accessor_name() for one in Intake._meta.related_objects}
    assert hanging == {
        *("sections", "consents", "messages", "appointments"),
        *("decisions", "assessments", "tasks", "hold"),
    }
