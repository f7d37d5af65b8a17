"""What staff may put into a letter: its subject and first words, with {placeholders}.

The greeting, the button, the phone number, the emergency line and the way to stop letters stand in
the frame around these words. Nobody edits them.
"""

import re
from collections.abc import Mapping

LONGEST_SUBJECT = 78  # what mail programs show of it, and what a header line holds
LONGEST_WORDS = 1500
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
WHEN = "Wednesday 30 September 2026, 10:30, Mexico City time"
SAMPLES = {  # each placeholder as a letter may say it, at its longest
    "when": WHEN,
    "how": "We meet in person",
    "until": WHEN,
    "phone": "+52 664 555 0100",
}
VISIT = ("when", "how")
ABOUT_VISITS = {
    *("booking_requested", "booking_confirmed", "booking_changed", "missed_appointment"),
    *("reminder_72h", "reminder_24h", "reminder_2h", "recheck_72h", "recheck_24h"),
}
ENDS = {"intake_nudge_2", "intake_nudge_3"}  # they say until when what was begun is kept
# A letter opens on a shared table. The beginnings of words that it may not hold; a Spanish ending
# does not hide one.
HEALTH = (
    *("health", "medic", "doctor", "clinic", "nurse", "patient", "treat", "trata", "therap"),
    *("terapi", "stem", "cell", "inject", "inyec", "infus", "risk", "disease", "illness", "sick"),
    *("sympt", "pain", "cancer", "tumor", "tumour", "diagnos", "triage", "urgent", "intake"),
    *("consultation", "procedure", "hospital", "operation", "allerg", "infect", "surg"),
    *("drug", "review", "assess", "level", "arthrit", "diabet", "parkinson", "alzheimer", "autis"),
    *("sclerosis", "stroke", "spinal", "knee", "hiv", "pregnan", "fertil", "depress", "suicid"),
    *("marrow", "plasma", "platelet", "exosome", "cure", "heal", "pills", "blood"),
    *(r"clot(?:s|ting)?\b", r"salud\b"),
)
HEALTH_WORD = re.compile(rf"\b(?:{'|'.join(HEALTH)})\w*", re.IGNORECASE)
ELSEWHERE = re.compile(
    r"\w+://\S*|www\.\S+|[^\s@]+@[^\s@]+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:/\S*)?\b", re.IGNORECASE
)
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class CannotUse(ValueError):
    """The text is a sentence for the member of staff who writes."""


def placeholders(event: str) -> tuple[str, ...]:
    """What the letter of an event can fill in."""
    if event == "waitlist_offer":
        return ("when", "how", "until", "phone")
    if event in ENDS:
        return ("until", "phone")
    return (*VISIT, "phone") if event in ABOUT_VISITS else ("phone",)


def needed(event: str) -> tuple[str, ...]:
    """What the words of this letter must say, or it is of no use to the person."""
    if event == "waitlist_offer":
        return ("when", "until")
    if event in ENDS:
        return ("until",)
    return ("when",) if event in ABOUT_VISITS else ()


def check_subject(text: str, event: str) -> None:
    """Raises CannotUse for a subject that no letter of this event may have."""
    if not text.strip():
        raise CannotUse("Write the subject.")
    if "\n" in text or "\r" in text:
        raise CannotUse("A subject is one line.")
    check(text, event)
    length = len(filled(text, SAMPLES))
    if length > LONGEST_SUBJECT:
        raise CannotUse(
            f"Shorten the subject: filled in, it can have {length} characters, and "
            f"{LONGEST_SUBJECT} fit."
        )


def check_words(text: str, event: str) -> None:
    """Raises CannotUse for words that no letter of this event may have."""
    if not text.strip():
        raise CannotUse("Write the words of the letter.")
    if len(text) > LONGEST_WORDS:
        raise CannotUse(f"Shorten this to {LONGEST_WORDS} characters; it has {len(text)}.")
    check(text, event)
    for name in needed(event):
        if name not in PLACEHOLDER.findall(text):
            raise CannotUse(f"This letter must say {{{name}}}.")


def check(text: str, event: str) -> None:
    refuse_unknown(text, placeholders(event))
    bare = PLACEHOLDER.sub(" ", text)
    if CONTROL.search(text):
        raise CannotUse("There is a sign in it that cannot be seen. Type the words again.")
    if found := ELSEWHERE.search(bare):
        raise CannotUse(f"Leave out “{found[0][:60]}”: the only link of a letter is its button.")
    if found := HEALTH_WORD.search(bare):
        raise CannotUse(
            f"Leave out “{found[0][:60]}”: others may see a letter, so it says nothing of health."
        )


def refuse_unknown(text: str, names: tuple[str, ...]) -> None:
    known = ", ".join(f"{{{name}}}" for name in names)
    for name in PLACEHOLDER.findall(text):
        if name not in names:
            said = f"{{{name[:40]}}}"
            raise CannotUse(f"There is no placeholder {said} in this letter. There are: {known}.")
    bare = PLACEHOLDER.sub("", text)
    if "{" in bare or "}" in bare:
        raise CannotUse(
            f"A curly bracket is left over. Brackets stand around placeholders only: {known}."
        )


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with each placeholder filled in. Raises CannotUse where there is nothing to say."""
    for name in PLACEHOLDER.findall(text):
        if not values.get(name):
            raise CannotUse(f"There is nothing to put in the place of {{{name}}}.")
    return PLACEHOLDER.sub(lambda found: values[found[1]], text)


def paragraphs(text: str) -> tuple[str, ...]:
    """Parted by empty lines; a single line break stays inside its paragraph."""
    parts = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return tuple("\n".join(line.strip() for line in part.splitlines()) for part in parts if part)
