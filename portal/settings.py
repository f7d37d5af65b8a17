"""Every setting, from the environment. `.env.example` has a line for each.

PORTAL_MODE=embedded (the default) needs nothing set: SQLite, an in-process broker, letters as
files under var/mail. PORTAL_MODE=production refuses to start until everything it needs is set.
"""

from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import environ
from csp.constants import NONCE, NONE, SELF

from portal import mail
from portal.keys import key_of, make_keys_file
from portal.logs import logging_config
from portal.refusal import WillNotStart

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

MODE = env.str("PORTAL_MODE", "embedded")
if MODE not in {"embedded", "production"}:
    raise WillNotStart(f"PORTAL_MODE is “{MODE}”; set it to embedded or production.")
PRODUCTION = MODE == "production"
VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var"))).resolve()

if not PRODUCTION:
    KEYS_FILE = VAR_DIR / "keys" / "portal.env"
    make_keys_file(KEYS_FILE)
    env.read_env(KEYS_FILE)


def required(name: str, what: str) -> str:
    value = str(env.str(name, "")).strip()
    if not value or "change-me" in value:
        raise WillNotStart(f"Set {name} in the environment: {what}.")
    return value


def needed_in_production(name: str, what: str, otherwise: str = "") -> str:
    return required(name, what) if PRODUCTION else str(env.str(name, otherwise))


DEBUG = False
SECRET_KEY = required("SECRET_KEY", "a long random text that signs sessions")
if len(SECRET_KEY) < 40:
    raise WillNotStart("SECRET_KEY is too short; set at least 40 random characters.")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

# Health data is encrypted with the first key; every key listed decrypts. "k2:…,k1:…"
FIELD_KEYS: dict[str, bytes] = {}
for pair in required("FIELD_KEYS", "name:key pairs that encrypt health data").split(","):
    kid, _, text = pair.strip().partition(":")
    if not 0 < len(kid) <= 2 or not kid.isascii():
        raise WillNotStart("FIELD_KEYS: each key needs a name of one or two letters.")
    FIELD_KEYS[kid] = key_of("FIELD_KEYS", text)
INDEX_KEY = key_of("INDEX_KEY", required("INDEX_KEY", "the key of the searchable indexes"))
if INDEX_KEY in FIELD_KEYS.values() or SECRET_KEY.encode() in {INDEX_KEY, *FIELD_KEYS.values()}:
    raise WillNotStart("SECRET_KEY, FIELD_KEYS and INDEX_KEY must be different values.")

HERE = "http://127.0.0.1:8000"
SITE_URL = needed_in_production("SITE_URL", "the address people use, https://…", HERE).rstrip("/")
SITE = urlsplit(SITE_URL)
LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}
HTTPS = SITE.scheme == "https"
if not SITE.hostname or SITE.path:
    raise WillNotStart("SITE_URL must be like https://portal.example, without a path.")
if PRODUCTION and not HTTPS and SITE.hostname not in LOOPBACK:
    raise WillNotStart("SITE_URL must begin with https:// in production.")
ALLOWED_HOSTS = [SITE.hostname, *env.list("ALLOWED_HOSTS", default=[])]
if not PRODUCTION:
    ALLOWED_HOSTS += sorted(LOOPBACK)
if "*" in ALLOWED_HOSTS:
    raise WillNotStart("ALLOWED_HOSTS must name the hosts; “*” would accept any.")
CSRF_TRUSTED_ORIGINS = [SITE_URL]
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)

INSTALLED_APPS = [
    "content",
    "consult",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",  # unused, but the editors’ interface asks for its addresses
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "crispy_forms",
    "crispy_bootstrap5",
    "bootstrap",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "portal.middleware.request_id",
    "content.serving.pagecache.PageCache",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.idle.idle_sessions",
    "allauth.account.middleware.AccountMiddleware",
    "portal.middleware.staff_second_factor",
    "portal.middleware.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.middleware.private_pages",
    "portal.middleware.gone",  # after the redirects, which know where a page has moved
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "content.clinic.clinic_context",
                "consult.dashboard.mail_alarm.alarm_context",
            ],
        },
    },
]

# ------------------------------------------------------------------------------------- database
DATABASE_URL = env.str("DATABASE_URL", "")
if PRODUCTION:
    DATABASE_URL = required("DATABASE_URL", "postgres://user:password@host:5432/name")
DATABASES = {
    "default": env.db_url_config(DATABASE_URL or f"sqlite:///{VAR_DIR / 'db' / 'portal.sqlite3'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    if PRODUCTION:
        raise WillNotStart("DATABASE_URL must name a PostgreSQL database in production.")
    (VAR_DIR / "db").mkdir(parents=True, exist_ok=True, mode=0o700)
    # WAL and IMMEDIATE together are what keeps writers waiting in turn instead of failing.
    DATABASES["default"] |= {
        "CONN_MAX_AGE": 60,
        # A file, not memory: tests of races need connections that lock as the real ones do.
        "TEST": {"NAME": str(VAR_DIR / "db" / "test.sqlite3")},
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
            "PRAGMA mmap_size=134217728; PRAGMA cache_size=-16000;",
        },
    }
else:
    DATABASES["default"] |= {
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": DATABASES["default"].get("OPTIONS", {})  # what the address asks for: sslmode
        | {"pool": {"min_size": 1, "max_size": 12, "timeout": 10}},
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ------------------------------------------------------------------------------- worker, cache
REDIS_URL = needed_in_production("REDIS_URL", "redis://host:6379/0")
CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"socket_timeout": 5, "socket_connect_timeout": 2, "visibility_timeout": 600}
    if REDIS_URL
    else {}
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 120  # well below the lease of a claimed message
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# The schedule only says "look": what is due, and when, stands in the rows.
CELERY_BEAT_SCHEDULE = {
    "send-due-messages": {
        "task": "consult.tasks.send_due_messages",
        "schedule": 5.0,
        "options": {"expires": 30},
    },
    "offer-freed-times": {"task": "consult.tasks.offer_freed_times", "schedule": 60.0},
    "look-for-silence": {"task": "consult.tasks.look_for_silence", "schedule": 60.0},
    "pass-on-overdue-tasks": {"task": "consult.tasks.pass_on_overdue_tasks", "schedule": 60.0},
    # New rules of a zone come with a start, and a day counted anew at each start might never end.
    "retime-letters": {"task": "consult.tasks.retime_letters", "schedule": 3600.0},
    "erase-stale-drafts": {"task": "consult.tasks.erase_stale_drafts", "schedule": 3600.0},
    "publish-scheduled": {"task": "content.tasks.publish_scheduled", "schedule": 60.0},
    "clear-sessions": {"task": "consult.tasks.clear_sessions", "schedule": 3600.0},
}
CACHES = {
    "default": (
        {"BACKEND": "portal.cache.RedisOrMemory", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    ),
    # Sizes of pictures, which Wagtail looks up for each page that it makes.
    "renditions": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "renditions",
        "KEY_FUNCTION": "content.serving.version.cache_key",
    },
}

# ----------------------------------------------------------------------------------------- mail
EMAIL_URL = needed_in_production("EMAIL_URL", "smtp+tls://user:password@host:587")
MAIL_DIR = VAR_DIR / "mail"
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", 20)
ANYMAIL: dict[str, object] = {}
if EMAIL_PROVIDER := mail.provider_of(EMAIL_URL):
    vars().update(mail.provider_settings(EMAIL_URL, timeout=EMAIL_TIMEOUT))
elif EMAIL_URL:
    vars().update(env.email_url_config(EMAIL_URL))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(MAIL_DIR)
HEARD = mail.webhook_settings(
    EMAIL_PROVIDER,
    secret=env.str("EMAIL_WEBHOOK_SECRET", ""),
    signing_key=env.str("EMAIL_WEBHOOK_SIGNING_KEY", ""),
    needed=PRODUCTION,
)
ANYMAIL |= HEARD
EMAIL_WEBHOOKS = EMAIL_PROVIDER if HEARD else ""  # whose posts are listened to
OUTBOX_LEASE_SECONDS = env.int("OUTBOX_LEASE_SECONDS", 300)
OUTBOX_CONNECTIONS = mail.connections(env.int("OUTBOX_CONNECTIONS", 4))
OUTBOX_SETTLE_SECONDS = env.int("OUTBOX_SETTLE_SECONDS", 120)
mail.check_times(EMAIL_TIMEOUT, lease=OUTBOX_LEASE_SECONDS, settle=OUTBOX_SETTLE_SECONDS)
# Who can say whether a letter was taken whose answer nobody heard; empty: it goes again.
ASK_SETTLED = env.str("MAIL_ASK_SETTLED_SECONDS", "")
MAIL_ASK = mail.ask_settings(env.str("MAIL_ASK", ""), EMAIL_URL, settled_by=ASK_SETTLED)
OUTBOX_AGAIN_SECONDS = OUTBOX_LEASE_SECONDS + OUTBOX_SETTLE_SECONDS
MAIL_ONCE_ONLY_HEADER = mail.once_only_header(EMAIL_URL, again_after=OUTBOX_AGAIN_SECONDS)
# The sender's name must not give away what kind of clinic writes.
DEFAULT_FROM_EMAIL = SERVER_EMAIL = needed_in_production(
    "DEFAULT_FROM_EMAIL", "Patient portal <portal@example.org>", "Patient portal <portal@localhost>"
)
# Letters that can wait do not come between 21:00 and 08:00 in the person's zone.
OUTBOX_QUIET_HOURS = env.bool("OUTBOX_QUIET_HOURS", True)

# --------------------------------------------------------------------------------- signing in
AUTH_USER_MODEL = "consult.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
ACCOUNT_FORMS = {
    "request_login_code": "consult.accounts.PatientCodeForm",
    "reset_password": "consult.accounts.StaffPasswordForm",
}
LOGIN_REDIRECT_URL = "consult:after_sign_in"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "consult.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
MFA_ADAPTER = "consult.accounts.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Patient portal"
MFA_ALLOW_UNVERIFIED_EMAIL = True

# --------------------------------------------------------------------------- sessions, headers
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portal.errors.csrf_failure"
SECURE_SSL_REDIRECT = HTTPS and PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"  # Wagtail's preview shows our own pages in a frame
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

# ------------------------------------------------------------------------- language, time, files
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", "America/Tijuana")  # the clinic's; people have their own
if TIME_ZONE not in available_timezones():
    raise WillNotStart(f"TIME_ZONE “{TIME_ZONE}” is not a zone like America/Tijuana.")
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# The embedded default serves the packages' own files: nothing to collect before the first page.
WHITENOISE_USE_FINDERS = not PRODUCTION
if not PRODUCTION:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# -------------------------------------------------------------------------------------- Wagtail
WAGTAIL_SITE_NAME = "Patient portal"
WAGTAILADMIN_BASE_URL = SITE_URL
WAGTAILADMIN_LOGIN_URL = "account_login"
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAILIMAGES_EXTENSIONS = ["jpg", "jpeg", "png", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 10 * 1024 * 1024
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 8000 * 8000
WAGTAILIMAGES_IMAGE_FORM_BASE = "content.editing.images.PictureForm"
# Nobody but editors uploads anything, and never more than a picture.
FILE_UPLOAD_HANDLERS = ["content.editing.uploads.BoundedUpload"]
# Wagtail would offer every zone that the system knows, “localtime” too; people keep the clinic's.
WAGTAIL_USER_TIME_ZONES = [TIME_ZONE]
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
TAGGIT_CASE_INSENSITIVE = True
WAGTAIL_FRONTEND_LOGIN_URL = "/accounts/login/"
WAGTAIL_PRIVATE_PAGE_OPTIONS = {"SHARED_PASSWORD": False}
# How long a process may go on with pages that another one has changed.
CONTENT_LOOK_SECONDS = 0.5

LOGGING = logging_config(env.str("LOG_LEVEL", "INFO"))
# W019 wants X_FRAME_OPTIONS to be DENY; why it is not stands beside it.
SILENCED_SYSTEM_CHECKS = ["security.W019"]
if not HTTPS:
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W008"]
