"""Whoever of staff reads about a person is in the record, whichever page it was."""

import pytest

from consult.models import AuditEvent
from tests.test_every_address import ACTORS, OWN_PAGES, PAGE, STAFF_PAGES, address
from tests.test_every_address import clients as clients
from tests.test_every_address import rows as rows

pytestmark = pytest.mark.django_db

# These say nothing of a person: what staff write and set, and who of them has a form.
IMPERSONAL = {
    "staff/intakes/<str:code>/assign/",
    "staff/message-templates/<uuid:pk>/",
    "staff/visit-types/<uuid:pk>/",
    "staff/letters/<str:event>/",
}
READER = ACTORS.index("clinician")
ABOUT_SOMEBODY = sorted(
    route
    for route, got in (STAFF_PAGES | OWN_PAGES).items()
    if "<" in route and got[READER] == PAGE and route not in IMPERSONAL
)


@pytest.mark.parametrize("route", ABOUT_SOMEBODY)
def test_a_look_at_somebody_is_recorded(route, rows, clients):
    before = AuditEvent.objects.count()
    assert clients["clinician"].get(address(route, rows)).status_code == PAGE
    looks = AuditEvent.objects.order_by("pk")[before:]
    assert any(one.did.startswith(("viewed", "opened")) for one in looks), route
