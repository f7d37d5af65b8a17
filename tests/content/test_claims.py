"""Which sentences promise too much, and which only speak of promises."""

import pytest

from content.editing.claims import CLAIMS, claims_in

MAKES_A_CLAIM = {
    "cure": ["A cure for pain", "It cures arthritis.", "He was cured.", "Cells have cured many."],
    "miracle": ["A miracle", "It works miracles."],
    "guaranteed": ["Guaranteed relief", "We guarantee it."],
    "100%": ["100% of people", "100 % natural", "100 percent"],
    "safe": ["It is safe.", "Cells can safely be given.", "your own cells, so safe", "Safer cells"],
    "proven": ["A proven treatment", "This is proven to help."],
    "FDA-approved": ["FDA-approved cells", "an FDA approved clinic", "COFEPRIS-approved"],
    "no risk": ["There is no risk.", "without any risk", "zero risk"],
    "risk-free": ["A risk-free visit"],
    "free from": ["free from germs", "free of side effects"],
    "breakthrough": ["A breakthrough in medicine"],
    "revolutionary": ["revolutionary treatment", "It revolutionised care."],
    "success rate": ["a success rate of 9 in 10"],
    "testimonial": ["Read our testimonials"],
    "before/after": ["before and after pictures", "Before/after"],
    "promising": ["Results are promising."],
    "incredible": ["incredible potential"],
}
MAKES_NONE = [
    "It is not proven safe.",
    "Own cells are not automatically safe.",
    "This treatment is not proven.",
    "It has not yet been proven.",
    "Cells must be proven safe and work before they are sold.",
    "This is not a cure.",
    "There is no cure yet.",
    "None is FDA-approved for joints.",
    "Screened means less likely, never free from germs.",
    "The visit is free of charge.",
    "Beware of sentences such as “no risk”, or “your own cells, so safe”.",
    "A secure page, a procedure, the safety of care.",
    "Nobody can guarantee a result.",
]


@pytest.mark.parametrize(
    ("word", "sentence"),
    [(word, sentence) for word, listed in MAKES_A_CLAIM.items() for sentence in listed],
)
def test_a_claim_is_found_with_its_sentence_and_what_to_write_instead(word, sentence):
    found = [one for one in claims_in(sentence) if one.claim.word == word]
    assert [one.sentence for one in found] == [sentence]
    assert "Write instead" in str(found[0])


@pytest.mark.parametrize("sentence", MAKES_NONE)
def test_a_denial_or_the_name_of_a_claim_is_no_claim(sentence):
    assert list(claims_in(sentence)) == []


def test_the_story_of_a_patient_in_quotation_marks_is_a_claim():
    assert [one.words for one in claims_in("“I was cured in a week.”")] == ["cured"]


def test_every_word_of_the_list_has_its_cases():
    assert set(MAKES_A_CLAIM) == {claim.word for claim in CLAIMS}
