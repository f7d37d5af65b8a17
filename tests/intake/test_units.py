"""Height and weight as people know them; stored in centimetres and kilograms."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consult.widgets import UNITS, Measured
from tests.factories import CONTACT
from tests.intake.test_views import P01, address, of_step, stored

pytestmark = pytest.mark.django_db
FIRST = address("s1_you")
REST = {key: one for key, one in of_step("s1_you", P01).items() if not key.startswith("body.")}


@pytest.fixture
def person() -> Client:
    client = Client()
    client.post(reverse("consult:start"))
    client.post(reverse("consult:contact"), CONTACT)
    return client


METRIC = {"body.height": "160", "body.weight": "68.5"}
IMPERIAL = {
    "body.height.unit": "ft_in",
    "body.height.ft": "5",
    "body.height.in": "4",
    "body.weight.unit": "lb",
    "body.weight": "150",
}
TYPED = {
    "plain numbers": (METRIC, (160, 68.5)),
    "a decimal comma": (METRIC | {"body.weight": "68,5"}, (160, 68.5)),
    "the metric units by name": (
        METRIC | {"body.height.unit": "cm", "body.weight.unit": "kg"},
        (160, 68.5),
    ),
    "feet, inches and pounds": (IMPERIAL, (162.6, 68)),
    "half an inch": (IMPERIAL | {"body.height.in": "4.5"}, (163.8, 68)),
    "feet alone": (IMPERIAL | {"body.height.in": ""}, (152.4, 68)),
    "inches alone": (IMPERIAL | {"body.height.ft": "", "body.height.in": "64"}, (162.6, 68)),
    "feet with the unit left at centimetres": (
        IMPERIAL | {"body.height.unit": "cm", "body.height": ""},
        (162.6, 68),
    ),
    "the chosen unit counts where both are filled in": (
        IMPERIAL | {"body.height": "160"},
        (162.6, 68),
    ),
    "an unknown unit": (
        METRIC | {"body.height.unit": "stone", "body.weight.unit": "\0"},
        (160, 68.5),
    ),
}


@pytest.mark.parametrize(("typed", "kept"), TYPED.values(), ids=TYPED)
def test_a_measure_is_stored_in_centimetres_and_kilograms(
    person: Client, typed: dict[str, str], kept: tuple[float, float]
) -> None:
    assert person.post(FIRST, REST | typed).status_code == 302
    assert (stored()["body.height"], stored()["body.weight"]) == kept


WRONG = {
    "twelve inches beside feet": ({"body.height.in": "12"}, "Inches beside feet go from 0 to 11."),
    "minus an inch": ({"body.height.in": "-1"}, "Inches beside feet go from 0 to 11."),
    "words": ({"body.height.ft": "five"}, "Please give a number, using digits."),
    "too tall": ({"body.height.ft": "9"}, "9 feet 4 inches is 284.5 cm."),
    "too heavy": ({"body.weight": "900"}, "900 lb is 408.2 kg."),
    "no number at all": ({"body.height.ft": "nan"}, "Please give a number between 40 and 230 cm."),
    "endless": ({"body.weight": "1e999"}, "Please give a number between 3 and 300 kg."),
    "a NUL byte": ({"body.height.in": "4\0"}, "Please give a number, using digits."),
}


@pytest.mark.parametrize(("typed", "said"), WRONG.values(), ids=WRONG)
def test_a_measure_that_cannot_be_is_shown_again_as_it_was_typed(
    person: Client, typed: dict[str, str], said: str
) -> None:
    page = person.post(FIRST, REST | IMPERIAL | typed)
    (name,) = typed
    measure = name.removesuffix(".ft").removesuffix(".in")
    assert (page.status_code, list(page.context["form"].errors)) == (422, [measure])
    assert page.context["form"].errors[measure][0].endswith(said)
    assert f'name="{name}" id="id_{name}" value="{typed[name]}"' in page.text
    unit = IMPERIAL[f"{measure}.unit"]
    assert f'<option value="{unit}" selected>' in page.text
    assert measure not in stored()


def test_a_measure_of_nothing_is_asked_again(person: Client) -> None:
    page = person.post(FIRST, REST | METRIC | {"body.weight": "0"})
    said = {"body.weight": ["Please give a number between 3 and 300 kg."]}
    assert (page.status_code, page.context["form"].errors) == (422, said)


def test_a_measure_that_was_left_out_is_asked_for(person: Client) -> None:
    units = {"body.height.unit": "ft_in", "body.weight.unit": "lb"}
    page = person.post(FIRST, REST | units)
    assert dict(page.context["form"].errors) == {
        "body.height": ["Please give a number."],
        "body.weight": ["Please give a number."],
    }


def test_a_stored_measure_is_shown_in_the_stored_unit(person: Client) -> None:
    person.post(FIRST, REST | IMPERIAL)
    page = person.get(address("s1_you", 2)).text
    assert 'name="body.height" id="id_body.height" value="162.6"' in page
    assert '<option value="cm" selected>' in page


@pytest.mark.parametrize("unit", UNITS)
def test_the_first_unit_is_the_one_that_is_stored(unit: str) -> None:
    first: Any = UNITS[unit][0]
    assert (first.code, [box.factor for box in first.boxes]) == (unit, [1])
    assert Measured(first, ("7",)).words == f"7 {unit}"
