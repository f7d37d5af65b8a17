from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.sitemaps.views import sitemap
from django.urls import include, path, re_path
from django.views.static import serve as serve_file
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.urls import serve_pattern

from content.serving.routes import page
from content.serving.sitemap import PublicPages
from content.views import robots, search
from portal import errors, health

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.forbidden"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.server_error"

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("", include("consult.urls")),
    # Nobody signs up, an address is who somebody is, and patients have no password to set.
    path("accounts/signup/", errors.closed),
    path("accounts/email/", errors.closed),
    path("accounts/password/set/", errors.closed),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("cms/", include(wagtailadmin_urls)),
    path("search/", login_not_required(search), name="search"),
    path("robots.txt", robots),
    path(
        "sitemap.xml",
        login_not_required(sitemap),
        {"sitemaps": {"pages": PublicPages}},
        name="sitemap",
    ),
    re_path(
        r"^media/(?P<path>images/.+)$",
        login_not_required(serve_file),
        {"document_root": settings.MEDIA_ROOT},
    ),
    # Wagtail looks this name up for pages that want a sign-in, and then goes to ours.
    path("_util/login/", errors.closed, name="wagtailcore_login"),
    # Everything else is a page of the editors'. The name is the one that Wagtail looks up.
    re_path(serve_pattern, login_not_required(page), name="wagtail_serve"),
]
