"""Every slip of the pen in rules, check-ins, events and sources is refused with a reason."""

import re

import pytest

BARE = "holds a bare yes, no, on or off, which YAML reads as true or false; put it in quotes."
HOUR = "review_within: {working_hours: 1}"
TU02 = "{any: [{q: cancer.history, op: eq, value: within_5y}]}"
F01 = (
    "{any: [{q: ck.breath, op: any_of, value: [breathless, chest_pain, coughing_blood, fainted]}]}"
)
F22 = "{any: [{q: ck.wellbeing, op: eq, value: very_low}]}"
DAYS = "\ndays: [1, 3, 7, 30, 90, 180, 365]\n"
NUDGE = (
    '{id: intake_nudge_1, channel: email, trigger: "intake started, not submitted", offset: "+24h"'
)
LALU = '{title: "SafeCell systematic review (PLoS One 2012;7:e47559)"'

TRIAGE = [
    ('intake_version: "0.1.0"', 'intake_version: "9.0.0"', "version: has not been published."),
    ("intake: pre", "intake: post", "file: is written for postconsultation-intake, but"),
    ("rank: 5", "rank: 0", "file: levels should be listed highest rank first, each rank once."),
    ("code: routine", "code: calm", "file: the last level should be routine."),
    (HOUR, "review_within: {weeks: 1}", "urgent: has “weeks”, which"),
    (HOUR, "review_within: {}", "urgent: review_within should hold"),
    (HOUR, "review_within: 1", "urgent: review_within is 1, but should"),
    ("- {code: tumour,", "- {code: tumor,", "treatment.source: informs the topic tumour, which"),
    ("- id: TU-02", "- id: TU-01", "TU-01: appears twice in rules."),
    ("high\n  when: " + TU02, "hihg\n  when: " + TU02, "TU-02: level is hihg, but should"),
    (TU02, "{any: [{q: cancer.histry, op: eq, value: never}]}", "TU-02: asks about cancer.histry,"),
    (TU02, "{any: [{q: derived.mood, op: eq, value: 1}]}", "TU-02: asks about derived.mood,"),
    (TU02, "{any: [{q: cancer.history, op: eq, value: no}]}", "TU-02: tests cancer.history aga"),
    ("when: " + TU02, "wenn: " + TU02, "TU-02: has “wenn”, which nobody reads."),
    ("  when: " + TU02 + "\n", "", "TU-02: has no when."),
    (TU02, "{not: {q: cancer.history, op: eq, value: never}}", "TU-02: fires without any answer"),
    (
        TU02,
        "{all: [{q: concern.main, op: eq, value: ms}, {q: concern.main, op: eq, value: other}]}",
        "TU-02: can never fire: no answers make its condition true.",
    ),
    ("count_gte: 3", "count_gte: 9", "CL-05: counts to 9 of 8 conditions."),
    ("count_gte: 3", "count_gte: true", "CL-05: counts to True of 8 conditions."),
    ("  sources: [T_KOA_AD, MSC_CANCER2011, JUDGEMENT]\n", "", "TU-02: has no sources."),
    ("sources: [T_KOA_AD, MSC_CANCER2011, JUDGEMENT]", "sources: []", "TU-02: names no source."),
    ("sources: [T_KOA_AD, MSC_CANCER2011, J", "sources: [HEARSAY, J", "TU-02: cites HEARSAY, "),
    ("immediate: crisis_support", "immediate: crisis", "EM-05: immediate is crisis, but"),
    ("topics: [tumour]", "topics: []", "TU-01: names no topic."),
    ("topics: [tumour]", "topics: [tumor]", "TU-01: names the topic tumor, which does not exist."),
]
CHECKINS = [
    ("rank: 4", "rank: 0", "file: outcomes should be listed highest rank first, each rank once."),
    ("{code: none, rank: 0", "{code: fine, rank: 0", "file: the last outcome should be none."),
    (
        "{id: ck.pain, days: [1,3,",
        "{id: ck.pain, days: [1,2,",
        "ck.pain: is asked on days [1, 2, 7, ",
    ),
    (
        "{id: ck.pain, ",
        "{id: context.day, ",
        "context.day: appears both in context and in questions.",
    ),
    (
        "{code: chest_pain, label: Chest pain}",
        "{code: no, label: No}",
        f"ck.breath, options: code {BARE}",
    ),
    (F01, "{any: [{q: context.dya, op: gte, value: 3}]}", "F-01: asks about context.dya, which "),
    (
        F01,
        "{any: [{q: context.route_iv, op: eq, value: 1}]}",
        "F-01: tests context.route_iv against 1,",
    ),
    (
        'outcome: call_24h, title: "Mood',
        'outcome: call, title: "Mood',
        "F-22: outcome is call, but sh",
    ),
    (F22 + ", sources: [JUDGEMENT]", F22, "F-22: has no sources."),
    ("message: crisis_support", "message: crisis", "F-06: message is crisis, but should be one of"),
    (
        "within_minutes: 30",
        "within_minutes: soon",
        "emergency_now: within_minutes is “soon”, but shou",
    ),
    (DAYS, DAYS + "yearly_days: [365, 730]\n", "file: yearly_days should come after the other"),
    (DAYS, DAYS + "yearly_days: [1095, 730]\n", "file: yearly_days should come after the other"),
    ("{id: ck.goal, ", "{id: ck.goal, sources: [HEARSAY], ", "ck.goal: cites HEARSAY, which"),
    ("{id: ck.goal, ", "{id: ck.goal, optional: maybe, ", "ck.goal: optional is “maybe”, but"),
]
FOLLOWUPS = [
    (
        NUDGE,
        NUDGE.replace("email", "pigeon"),
        "intake_nudge_1: channel is pigeon, but should be one",
    ),
    (NUDGE, NUDGE.replace("+24h", "soon"), "intake_nudge_1: has the offset soon, which is none of"),
    (
        "staff_if_no_email: true",
        "staff_if_no_email: yes please",
        "missed_appointment: staff_if_no_em",
    ),
    ("{id: intake_nudge_2", "{id: intake_nudge_1", "intake_nudge_1: appears twice in events."),
    ("time_rules:\n", "time_rules:\n  - 12\n", "file: time_rules should hold texts only."),
]
SOURCES = [
    ("seen: memory", "seen: hearsay", "JUDGEMENT: seen is hearsay, but should be one of abstract"),
    (LALU, LALU + ", by: me", "LALU2012: has “by”, which nobody reads."),
    ("  LALU2012:", "  WANG2021:", "line 8: WANG2021 is given twice."),
]

SLIPS = [
    *(("triage", *slip) for slip in TRIAGE),
    *(("checkins", *slip) for slip in CHECKINS),
    *(("followups", *slip) for slip in FOLLOWUPS),
    *(("data", *slip) for slip in SOURCES),
]


@pytest.mark.parametrize(("kind", "right", "slip", "sentence"), SLIPS)
def test_slip_in_the_rules_is_refused(refused, kind, right, slip, sentence):
    assert sentence in refused(kind, right, slip)


@pytest.mark.parametrize("key", ["title", "staff", "patient", "action", "basis"])
def test_rule_without_its_words_is_refused(published_text, refused, key):
    line = re.search(rf'^  {key}: ".*"\n', published_text("triage"), flags=re.MULTILINE)[0]
    assert refused("triage", line, "") == f"triage/0.1.0.yaml, EM-01: has no {key}."
