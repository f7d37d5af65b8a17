"""How old a reader must be, roughly: the automated readability index of a page's sentences.

4.71 × letters a word + 0.5 × words a sentence − 21.43 gives a school year; a child of that year is
five years older. It counts only lengths: a low age does not make a text clear, a high one is a
reason to read it again. Words of medicine that cannot be replaced count as long words too.
"""

import re

LETTERS_WEIGHT, WORDS_WEIGHT, OFFSET, AGE_IN_YEAR_0 = 4.71, 0.5, 21.43, 5
OLDEST = 12
GROWN_UP = 22  # beyond this the formula says nothing
TOO_FEW_WORDS = 30
WORD = re.compile(r"[^\W_]+(?:[’'-][^\W_]+)*")


def reading_age(sentences: list[str]) -> float | None:
    """In years, or None where there is too little text to say."""
    counted = [found for sentence in sentences if (found := WORD.findall(sentence))]
    words = [word for found in counted for word in found]
    if len(words) < TOO_FEW_WORDS:
        return None
    letters = sum(map(len, words)) / len(words)
    length = len(words) / len(counted)
    year = LETTERS_WEIGHT * letters + WORDS_WEIGHT * length - OFFSET
    return round(min(max(year, 0) + AGE_IN_YEAR_0, GROWN_UP), 1)
