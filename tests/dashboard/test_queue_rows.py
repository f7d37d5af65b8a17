"""What a row of the queue links to."""

import re
from typing import Any

import pytest
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.usefixtures("at_now")


def test_a_row_leads_to_the_forms_own_addresses(clinician_client: Any) -> None:
    """They are put together in the template, fifty times a page; here they are looked up."""
    code = factories.submitted().code
    page = clinician_client.get("/staff/?language=en").content.decode()
    names = ("staff_intake", "staff_assign", "staff_note")
    found = set(re.findall(rf'(?:href|formaction)="([^"?]*{code}/[^"?]*)', page))
    assert found == {reverse(f"consult:{name}", args=[code]) for name in names}
    assert "/note/?back=%2Fstaff%2F%3Flanguage%3Den" in page
