"""The portal's addresses, as they are where a mail provider is listened to."""

from consult.followups.webhooks import webhook_of
from portal.urls import handler400, handler403, handler404, handler500
from portal.urls import urlpatterns as ours

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [*webhook_of("mailgun"), *webhook_of("postmark"), *ours]
