"""The published versions of everything in the data folder, loaded and checked once each."""

from functools import cache
from pathlib import Path
from types import MappingProxyType

from consult.rules.questionnaire import Questionnaire
from consult.rules.reading.agreements import check_wordings
from consult.rules.reading.checkins import read_checkins
from consult.rules.reading.followups import read_followups
from consult.rules.reading.intake import read_questionnaire
from consult.rules.reading.sources import read_sources
from consult.rules.reading.strict import DataError
from consult.rules.reading.suggestions import read_suggestions
from consult.rules.reading.triage import read_ruleset
from consult.rules.rulesets import CheckinPlan, FollowupPlan, Ruleset, Sources
from consult.rules.suggestions import Suggestions

__all__ = ["LATEST", "DataError", "check_all", "published_versions"]
__all__ += ["load_checkins", "load_followups", "load_questionnaire", "load_ruleset", "load_sources"]
__all__ += ["load_suggestions"]
__all__ += ["all_questionnaires"]

DATA = Path(__file__).parent / "data"
KINDS = ("intake", "triage", "checkins", "followups", "suggestions")
LATEST = "latest"


@cache
def published_versions(kind: str) -> tuple[str, ...]:
    """Version numbers of one of KINDS, oldest first.

    Raises KeyError for another.
    """
    if kind not in KINDS:
        raise KeyError(kind)
    return tuple(sorted((path.stem for path in (DATA / kind).glob("*.yaml")), key=_by_number))


def load_questionnaire(version: str = LATEST) -> Questionnaire:
    """The questions of one published version.

    Raises DataError if there is none or its file is not sound.
    """
    return _questionnaire(_resolved("intake", version))


def all_questionnaires() -> tuple[Questionnaire, ...]:
    """Every published version of the questions, oldest first. Raises DataError."""
    return tuple(_questionnaire(version) for version in published_versions("intake"))


def load_ruleset(version: str = LATEST) -> Ruleset:
    """The triage rules of one published version, checked against the questions they are for.

    Raises DataError if there is no such version or its file is not sound.
    """
    return _ruleset(_resolved("triage", version))


def load_checkins(version: str = LATEST) -> CheckinPlan:
    """Questions and rules of the check-ins.

    Raises DataError if there is no such version or it is not sound.
    """
    return _checkins(_resolved("checkins", version))


def load_followups(version: str = LATEST) -> FollowupPlan:
    """The messages and tasks of one published version.

    Raises DataError if there is none or it is not sound.
    """
    return _followups(_resolved("followups", version))


def load_suggestions(version: str = LATEST) -> Suggestions:
    """The questions that a person may pick to ask.

    Raises DataError if there is no such version or it is not sound.
    """
    return _suggestions(_resolved("suggestions", version))


@cache
def load_sources() -> Sources:
    """Every source by id, read-only. Raises DataError if the register is not sound."""
    return MappingProxyType(read_sources(DATA / "sources.yaml"))


def check_all() -> None:
    """Load every published version of everything; raise DataError for the first that is not sound.

    The latest rules are also checked against the latest questions, since new forms meet exactly
    those.
    """
    loaders = (
        *(load_questionnaire, load_ruleset, load_checkins, load_followups),
        load_suggestions,
    )
    load = dict(zip(KINDS, loaders, strict=True))
    for kind in KINDS:
        for version in published_versions(kind):
            load[kind](version)
    read_ruleset(
        _path("triage", published_versions("triage")[-1]),
        lambda _: load_questionnaire(),
        load_sources(),
    )


def _resolved(kind: str, version: str) -> str:
    versions = published_versions(kind)
    if version == LATEST:
        return versions[-1]
    if version not in versions:
        raise DataError(f"{kind}/{version}.yaml", "version", "has not been published")
    return version


@cache
def _questionnaire(version: str) -> Questionnaire:
    this = read_questionnaire(_path("intake", version))
    versions = published_versions("intake")
    if before := versions[: versions.index(version)]:
        check_wordings(_questionnaire(before[-1]), this)
    return this


@cache
def _ruleset(version: str) -> Ruleset:
    return read_ruleset(_path("triage", version), load_questionnaire, load_sources())


@cache
def _checkins(version: str) -> CheckinPlan:
    return read_checkins(_path("checkins", version), load_questionnaire, load_sources())


@cache
def _followups(version: str) -> FollowupPlan:
    return read_followups(_path("followups", version))


@cache
def _suggestions(version: str) -> Suggestions:
    return read_suggestions(_path("suggestions", version), load_ruleset)


def _path(kind: str, version: str) -> Path:
    return DATA / kind / f"{version}.yaml"


def _by_number(version: str) -> tuple[int, ...]:
    # 0.10.0 comes after 0.9.0; a stray file name sorts first and is refused when it is read.
    return (
        tuple(int(part) for part in version.split("."))
        if version.replace(".", "").isdecimal()
        else ()
    )
