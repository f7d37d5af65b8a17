from content.clinic import ClinicSettings
from content.models.answers import FaqPage
from content.models.approval import ClinicalReview
from content.models.evidence import EvidencePage, Strength
from content.models.pages import ArticlePage, HomePage, RiskPage, RisksPage, SourcesPage
from content.models.sources import ReadAs, Source
from content.models.words import GlossaryPage, GlossaryTerm
from content.serving.gone import GoneAddress
from content.serving.version import ContentVersion

__all__ = [
    "ArticlePage",
    "ClinicalReview",
    "ClinicSettings",
    "ContentVersion",
    "EvidencePage",
    "FaqPage",
    "GlossaryPage",
    "GlossaryTerm",
    "GoneAddress",
    "HomePage",
    "ReadAs",
    "RiskPage",
    "RisksPage",
    "Source",
    "SourcesPage",
    "Strength",
]
