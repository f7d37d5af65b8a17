"""Whole public pages from this process's memory, for readers who are nobody in particular.

Stands before every middleware that costs something. What it keeps are answers that went through
all of them, so that a kept page has the same headers; only what it can prove to be the same for
everybody is kept, and the rest is marked as the reader's own.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeGuard

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import has_vary_header
from django.utils.http import http_date, parse_etags, parse_http_date_safe

from content.serving.version import Version, current, known

PAGES = "wagtail_serve"
# A proxy may keep the page, but asks us each time whether it is still the same.
FOR_ALL = "public, max-age=0, must-revalidate"
FOR_ONE = "private, no-cache"
FORM_TOKEN = b"csrfmiddlewaretoken"


@dataclass(frozen=True, slots=True)
class Page:
    body: bytes
    headers: dict[str, str]
    etag: str
    modified: int

    def answer(self, request: HttpRequest) -> HttpResponse:
        if self._is_what_the_reader_has(request):
            response = HttpResponse(status=304, headers=self.headers)
            del response["Content-Type"], response["Content-Length"]
            return response
        body = self.body if request.method == "GET" else b""
        return HttpResponse(body, headers=self.headers)

    def _is_what_the_reader_has(self, request: HttpRequest) -> bool:
        tags = request.META.get("HTTP_IF_NONE_MATCH")
        if tags is not None:
            # A proxy that compresses makes the tag a weak one; it is the same page.
            return any(tag.removeprefix("W/") in (self.etag, "*") for tag in parse_etags(tags))
        since = request.META.get("HTTP_IF_MODIFIED_SINCE", "")
        return (parse_http_date_safe(since) or 0) >= self.modified


class PageCache:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with known.throughout():
            return self.answer(request)

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        if not is_from_anybody(request):
            return for_one(request, self.get_response(request))
        version = current()  # before the page is made: it may be newer than its version, not older
        key = request.scheme, request.META.get("HTTP_HOST"), request.path
        page = version.kept.get(key)
        if page is None:
            response = self.get_response(request)
            if request.method != "GET" or not is_for_everybody(response, request):
                return for_one(request, response)
            page = page_of(response, version)
            version.kept.put(key, page, len(page.body))
        answer: HttpResponse = page.answer(request)
        return answer


def is_from_anybody(request: HttpRequest) -> bool:
    """A plain question for an address, by a reader of whom we know nothing."""
    return (
        request.method in ("GET", "HEAD")
        and not request.META.get("QUERY_STRING")
        and "HTTP_AUTHORIZATION" not in request.META
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and not getattr(request, "is_dummy", False)  # an editor's preview
    )


def is_page(request: HttpRequest) -> bool:
    match = request.resolver_match
    return bool(match and match.url_name == PAGES)


def is_for_everybody(response: HttpResponseBase, request: HttpRequest) -> TypeGuard[HttpResponse]:
    return (
        response.status_code == 200
        and is_page(request)
        and isinstance(response, HttpResponse)
        and not response.cookies
        and not has_vary_header(response, "Cookie")
        and not response.has_header("Cache-Control")
        and "'nonce-" not in response.headers.get("Content-Security-Policy", "")
        and FORM_TOKEN not in response.content
    )


def for_one(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if is_page(request) and not response.has_header("Cache-Control"):
        response["Cache-Control"] = FOR_ONE
    return response


def page_of(response: HttpResponse, version: Version) -> Page:
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    modified = int(version.modified_at.timestamp())
    headers = dict(response.items()) | {
        "Content-Length": str(len(response.content)),
        "Cache-Control": FOR_ALL,
        "ETag": etag,
        "Last-Modified": http_date(modified),
    }
    return Page(response.content, headers, etag, modified)
