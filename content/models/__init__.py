from content.clinic import ClinicSettings
from content.models.pages import ArticlePage, HomePage, RiskPage, RisksPage, SourcesPage
from content.models.sources import ReadAs, Source

__all__ = [
    "ArticlePage",
    "ClinicSettings",
    "HomePage",
    "ReadAs",
    "RiskPage",
    "RisksPage",
    "Source",
    "SourcesPage",
]
