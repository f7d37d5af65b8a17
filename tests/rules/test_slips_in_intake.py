"""Every slip of the pen in the questions is refused with file, entry and reason."""

import pytest

BARE = "holds a bare yes, no, on or off, which YAML reads as true or false; put it in quotes."
HISTORY = "- id: cancer.history\n"
CLOT = "{any: [{q: clot.history, op: any_of, value: [dvt, pe, stroke_tia]}]}"
GROW = 'We do not want to help a cancer grow."\n'
OF_RECENT = """
    - {code: m3_to_12, label: "3 to 12 months ago"}
    - {code: over_12m, label: "More than a year ago"}"""

INTAKE = [
    (
        'version: "0.1.0"',
        'version: "0.2.0"',
        "file: version is 0.2.0, but the file is named 0.1.0.",
    ),
    ('version: "0.1.0"', "version: 1", "file: version is 1, but should be a text."),
    ('version: "0.1.0"', 'version: "1"', "file: version is 1, but should be three numbers such as"),
    ("language: en", "langauge: en", "file: has “langauge”, which nobody reads."),
    ("language: en", "no: en", "line 7: the key no is not read as a text; put it in quotes."),
    ("language: en", "language: en\nlanguage: de", "line 8: language is given twice."),
    ("language: en", "language: [en", "line "),
    ("language: en", "language: \x07", "file: "),
    ("estimated_minutes: [10, 12]", "estimated_minutes: [ten]", "file: estimated_minutes should"),
    ("estimated_minutes: [10, 12]", "estimated_minutes: 10", "file: estimated_minutes is 10, but"),
    ("account_fields: [full_name,", "account_fields: [Full name,", "file: account_fields is “Full"),
    (HISTORY, "- id: clot.history\n", "clot.history: appears twice in questions."),
    (
        HISTORY,
        HISTORY + "  wording_change: wording\n",
        "cancer.history: has a wording_change, but is no agreement.",
    ),
    (
        "  kind: agreement\n",
        "  kind: agreement\n  wording_change: slight\n",
        "consent.data: wording_change is slight, but should be one of material, wording.",
    ),
    (HISTORY, "- id: no\n", f"file, questions: id {BARE}"),
    (HISTORY, "- id: Cancer!\n", "file, questions: id is “Cancer!”, but should be a code such as"),
    (
        HISTORY,
        "- cancer\n- id: cancer.history\n",
        "file: questions is “cancer”, but should be a map",
    ),
    ('  text: "Have you ever had cancer?"\n', "", "cancer.history: has no text."),
    ('"Have you ever had cancer?"', '" "', "cancer.history: text is “ ”, but should be a text."),
    (
        "step: s5_cancer",
        "step: s55",
        "cancer.history: step is s55, but should be one of s1_you, s2_",
    ),
    (
        '"Cancer now or in the past"\n',
        '"Past"\n',
        "cancer.history: is in the group Past, which s5_",
    ),
    (
        'groups: ["Cancer now',
        'groups: ["X", "Cancer now',
        "s5_cancer: lists the group X, which should",
    ),
    (
        'groups: ["Your agreement", "A safety check",',
        'groups: ["A safety check", "Your agreement",',
        "steps: list their groups in another order than the questions.",
    ),
    (
        '- {code: mexico, label: "Mexico"}\n',
        '- {code: no, label: "Mexico"}\n',
        f"person.country, options: code {BARE}",
    ),
    ("code: usa, l", "code: mexico, l", "person.country, mexico: appears twice in options."),
    ('{code: usa, label: "United States"}', "{code: usa}", "person.country, usa: has no label."),
    (
        'label: "Mexico"',
        'label: "Mexico", exclusive: true',
        "person.country, mexico: is exclusive, but",
    ),
    (
        'label: "Lupus"}',
        'label: "Lupus", exclusive: maybe}',
        "immune.autoimmune, lupus: exclusive is",
    ),
    (GROW + "  type: choice", GROW + "  type: date", "cancer.history: has options, but is a date"),
    (OF_RECENT, "", "clot.recent: offers fewer than two options."),
    (
        "type: date",
        "type: day",
        "person.birth_date: type is day, but should be one of boolean, choice",
    ),
    (
        'min: "1905-01-01"',
        'min: "1905-13-01"',
        "person.birth_date: min is “1905-13-01”, but should be",
    ),
    ('max: "today"}', 'max: "2020-01-01"}', "person.birth_date: max should be today."),
    (
        "validation: {min: 40, max: 230}",
        "validation: {min: 230, max: 40}",
        "body.height: needs a min",
    ),
    (
        "  validation: {min: 40, max: 230}\n",
        "",
        "body.height: needs a min below its max, both numbers",
    ),
    (
        "{min: 40, max: 230}",
        "{min: 40, max: 230, step: 1}",
        "body.height: has “step”, which nobody",
    ),
    (
        "{max_length: 1500}",
        "{max_length: long}",
        "concern.details: max_length is “long”, but should",
    ),
    (
        "unknown_codes: [prefer_not]",
        "unknown_codes: [secret]",
        "person.sex_at_birth: counts secret as",
    ),
    ("  informs: [suitability]\n", "  informs: []\n", "person.filling_for: informs no topic."),
    (
        CLOT,
        "{any: [{q: clot.histry, op: any_of, value: [dvt]}]}",
        "clot.recent: asks about clot.histry",
    ),
    (
        CLOT,
        "{any: [{q: clot.history, op: any_of, value: [dvd]}]}",
        "clot.recent: tests clot.history for",
    ),
    (
        CLOT,
        "{any: [{q: clot.history, op: any_of, value: []}]}",
        "clot.recent: tests clot.history again",
    ),
    (
        CLOT,
        "{any: [{q: clot.history, op: eq, value: dvt}]}",
        "clot.recent: tests clot.history with eq,",
    ),
    (
        CLOT,
        "{any: [{q: clot.history, op: equals, value: dvt}]}",
        "clot.recent: has the operator equals",
    ),
    (
        CLOT,
        "{any: [{q: clot.recent, op: eq, value: over_12m}]}",
        "clot.recent: asks about clot.recent,",
    ),
    (
        CLOT,
        "{any: [{q: cancer.history, op: eq, value: never}]}",
        "clot.recent: asks about cancer.histo",
    ),
    (
        CLOT,
        "{any: [{q: derived.age, op: gte, value: 60}]}",
        "clot.recent: asks about derived.age, whi",
    ),
    (
        CLOT,
        "{any: [{q: concern.details, op: eq, value: x}]}",
        "clot.recent: tests concern.details with",
    ),
    (
        CLOT,
        "{any: [{q: concern.diagnosis, op: eq, value: no}]}",
        "clot.recent: tests concern.diagnosis",
    ),
    (
        CLOT,
        "{any: [{q: concern.pain, op: gte, value: bad}]}",
        "clot.recent: tests concern.pain against",
    ),
    (
        CLOT,
        "{any: [{q: concern.pain, op: gte, value: true}]}",
        "clot.recent: tests concern.pain against",
    ),
    (
        CLOT,
        "{any: [{q: concern.pain, op: gte, value: 11}]}",
        "clot.recent: can never be reached: its",
    ),
    (CLOT, "{any: []}", "clot.recent: has a condition with nothing in it."),
    (
        CLOT,
        "{some: []}",
        "clot.recent: has a condition that is none of all, any, not, count_gte or a",
    ),
    (
        CLOT,
        "{all: [{q: concern.pain, op: gte, value: 5}, {q: concern.pain, op: lt, value: 5}]}",
        "clot.recent: can never be reached: its enable_when cannot be true.",
    ),
    ("derived.age: ", "derived.mood: ", "file: derives derived.mood, which has no formula."),
    (
        "- id: body.weight\n",
        "- id: body.mass\n",
        "file: derives derived.bmi from body.weight, which",
    ),
    ('mexico: "911", usa: "911", ', 'usa: "911", ', "numbers.emergency: has no mexico."),
    (
        'crisis: {usa: "988',
        'crisis: {mars: "1", usa: "988',
        "numbers.crisis: has “mars”, which nobody",
    ),
    (
        "emergency department now. Do not wait for",
        "{clinic_number} now. Do not wait for",
        "emergency_call: has {clinic_number} in its body, which nothing fills.",
    ),
]


@pytest.mark.parametrize(("right", "slip", "sentence"), INTAKE)
def test_slip_in_the_questions_is_refused(refused, right, slip, sentence):
    assert sentence in refused("intake", right, slip)
