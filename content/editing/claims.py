"""Words that promise more than anybody can keep, and what to write instead.

Health claims need good trials in people, and implied claims count. The list is data: to add a
word, add a line, and its cases to tests/content/test_gate.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    word: str  # as an editor reads it in the refusal
    pattern: str
    instead: str
    unless: tuple[str, ...] = ()  # in these turns the word denies the claim


DENIED = r"(?:not|never|none (?:of them )?(?:is|are)|is no|are no|nor)"
EVIDENCE = "what was studied, in how many people, and what remained unknown"
CLAIMS = (
    Claim(
        "cure",
        r"\bcur(?:e|es|ed|ing|ative)\b",
        "what changed, in how many people, for how long",
        (rf"\b{DENIED} (?:a |an |yet )?cur(?:e|ed|ing)\b", r"\b(?:no|cannot) cure\b"),
    ),
    Claim("miracle", r"\bmirac\w+", "“an experimental treatment that is still being studied”"),
    Claim(
        "guaranteed",
        r"\bguarant\w+",
        "“nobody can promise this”",
        (r"\b(?:no|not|never|nobody can|cannot) (?:be )?guarant\w+",),
    ),
    Claim("100%", r"\b100 ?(?:%|per ?cent\b)", "the number as “x in y people”, with its source"),
    Claim(
        "safe",
        r"\bsafe(?:ly|r|st)?\b",
        "the risks that are known, with their numbers, and what nobody knows",
        (
            rf"\b{DENIED} (?:\w+ )?(?:to be )?safe\b",
            r"\bproven (?:to be )?safe\b(?<=not proven safe)",
            r"\bmust be proven (?:to be )?safe\b",
        ),
    ),
    Claim(
        "proven",
        r"\bproven\b",
        EVIDENCE,
        (rf"\b{DENIED} (?:yet )?(?:been )?(?:\w+ )?proven\b", r"\bmust be proven\b"),
    ),
    Claim(
        "FDA-approved",
        r"\b(?:FDA|COFEPRIS|EMA)[- ]approved\b",
        "for which product and which illness the approval holds, and that it is not for others",
        (rf"\b{DENIED} (?:FDA|COFEPRIS|EMA)[- ]approved\b",),
    ),
    Claim("no risk", r"\b(?:no|zero|without(?: any)?) risks?\b", "how often harm was seen"),
    Claim("risk-free", r"\brisk[- ]free\b", "how often harm was seen"),
    Claim(
        "free from",
        r"\bfree (?:from|of)\b",
        "“tested for …; a test lowers the risk but cannot remove it”",
        (rf"\b{DENIED} free (?:from|of)\b", r"\bfree of (?:charge|cost)\b"),
    ),
    Claim("breakthrough", r"\bbreak-?throughs?\b", EVIDENCE),
    Claim("revolutionary", r"\brevolution(?:ary|i[sz]\w+)\b", EVIDENCE),
    Claim("success rate", r"\bsuccess[- ]rates?\b", "what was measured, in whom, and the number"),
    Claim("testimonial", r"\btestimonials?\b", "nothing: stories of patients prove nothing"),
    Claim(
        "before/after", r"\bbefore(?:[- ]and[- ]|/)after\b", "what was measured, with its source"
    ),
    Claim("promising", r"\bpromising\b", "the number of the trial, and what it has shown so far"),
    Claim("incredible", r"\bincredibl[ey]\b", EVIDENCE),
)
# “no risk” in quotation marks names the words of others; a patient's story in them is a claim.
NAMED = re.compile(r"“[^”]{1,60}”")
A_STORY = re.compile(r"\b(?:I|I’m|I've|I’ve|my|me|we|our|us)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    claim: Claim
    words: str
    sentence: str

    def __str__(self) -> str:
        return (
            f"“{self.words}” may not stand here: “{self.sentence}” "
            f"Write instead: {self.claim.instead}."
        )


def claims_in(sentence: str) -> Iterator[Found]:
    """Each claim that the sentence makes itself; what it denies or names is no claim."""
    ours = NAMED.sub(_blank, sentence)
    for claim in CLAIMS:
        rest = ours
        for turn in claim.unless:
            rest = re.sub(turn, lambda found: " " * len(found[0]), rest, flags=re.IGNORECASE)
        for found in re.finditer(claim.pattern, rest, re.IGNORECASE):
            yield Found(claim, found[0], sentence)


def _blank(quoted: re.Match[str]) -> str:
    return quoted[0] if A_STORY.search(quoted[0]) else " " * len(quoted[0])
