"""A page of ours as PDF, where WeasyPrint is installed.

It is an extra: it needs Pango of the system and takes seconds to load, so nothing but a PDF that
is asked for loads it, and without it the page is printed from the browser.
"""

import logging
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders


@lru_cache(maxsize=1)
def weasyprint() -> Any | None:
    """The library, loaded when it is first needed; None where it or Pango is missing."""
    # It would tell of each step, and of each rule of ours that is for screens only.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    try:
        return import_module("weasyprint")
    except (ImportError, OSError):
        return None


def pdf_of(html: str, *, stylesheet: str, identifier: str) -> bytes | None:
    """`html` on paper, None where PDFs cannot be made. The same input gives the same bytes.

    `stylesheet` is the name of a static file, `identifier` what the file says that it is. Nothing
    is fetched: what the page names beside its own words is left out.
    """
    library = weasyprint()
    if library is None:
        return None
    page = library.HTML(string=html, url_fetcher=refuse(library))
    styles = [style_of(library, stylesheet)]
    made: bytes = page.write_pdf(stylesheets=styles, pdf_identifier=identifier.encode())
    return made


def style_of(library: Any, name: str) -> Any:
    found = Path(str(finders.find(name)))
    return library.CSS(string=found.read_text(), url_fetcher=refuse(library))


def refuse(library: Any) -> Any:
    """Fetches by no protocol at all, files included."""
    return library.urls.URLFetcher(allowed_protocols=())
