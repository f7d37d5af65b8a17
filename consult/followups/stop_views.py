from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from consult.access import public
from consult.followups.stop_links import letter_named
from consult.followups.unsubscribing import stop_letters_like


# A mail program posts without session or token (RFC 8058); the signed address is the right to it,
# and whoever has it can do no more than stop letters.
@csrf_exempt
@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """A look changes nothing: scanners of mail open every address."""
    key = letter_named(token)
    if key is None:
        raise Http404
    if request.method == "POST":
        stop_letters_like(key, now=timezone.now())
    response = render(request, "consult/followups/stop.html", {"done": request.method == "POST"})
    response["Referrer-Policy"] = "no-referrer"
    return response
