"""For machines: alive, ready, and figures. No names, no addresses, nothing of anybody's health."""

from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from consult.followups import timekeeping
from consult.followups.outbox import is_overdue, oldest_due_age, status_counts, stuck
from consult.models import StaffTask, Suppression


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("alive\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Not ready without database or migrations; a missing broker or late letters are said."""
    report = {"database": "away", "migrations": "unknown", "broker": broker()}
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        report |= {"database": "ready", "migrations": "pending" if pending else "applied"}
        if not pending:
            now = timezone.now()
            report["oldest_due_message_seconds"] = str(int(oldest_due_age(now=now)))
            report["outbox"] = "overdue" if is_overdue(now=now) else "on time"
            report["clock"] = timekeeping.in_words()
    except DatabaseError:
        pass
    ready = report["database"] == "ready" and report["migrations"] == "applied"
    status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse(report, status=status)


def broker() -> str:
    if settings.CELERY_BROKER_URL.startswith("memory:"):
        return "in process"
    # Without a limit of its own, a server that takes connections and answers none is waited for.
    limits = {"socket_connect_timeout": 1, "socket_timeout": 1}
    try:
        with Connection(settings.CELERY_BROKER_URL, transport_options=limits) as connected:
            connected.ensure_connection(max_retries=1, timeout=1)
    except (OperationalError, OSError):
        return "away"
    return "ready"


def suppressed() -> dict[str, int]:
    """How many addresses get no letters, or none that can be switched off."""
    counted = Suppression.objects.standing().values_list("scope").annotate(n=Count("pk"))
    return {scope.value: 0 for scope in Suppression.Scope} | dict(counted)


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    lines = ["# TYPE portal_messages gauge"]
    lines += [
        f'portal_messages{{status="{status}"}} {count}' for status, count in status_counts().items()
    ]
    lines += [
        "# TYPE portal_oldest_due_message_seconds gauge",
        f"portal_oldest_due_message_seconds {oldest_due_age(now=now):.0f}",
        "# TYPE portal_messages_stuck gauge",
        f"portal_messages_stuck {stuck(now=now).count()}",
        "# TYPE portal_suppressed_addresses gauge",
        *(
            f'portal_suppressed_addresses{{scope="{scope}"}} {count}'
            for scope, count in suppressed().items()
        ),
        "# TYPE portal_staff_tasks_overdue gauge",
        f"portal_staff_tasks_overdue {StaffTask.objects.overdue(now).count()}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4")
