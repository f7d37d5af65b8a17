"""The worker and the scheduler. They only wake the outbox; the database knows what is due."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
app = Celery(
    "portal",
    include=["portal.watch"],
    # None: for ever. A broker that was away for a day is still ours.
    changes={"broker_connection_max_retries": None},
)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
