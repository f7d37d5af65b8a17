import os

from django.core.wsgi import get_wsgi_application

from portal.refusal import WillNotStart

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
try:
    application = get_wsgi_application()
except WillNotStart as refusal:
    # A web server takes an exit for a crash and starts the worker again; an error ends it.
    raise RuntimeError(str(refusal)) from None
