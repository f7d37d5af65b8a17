"""Logs name rows, routes and codes; never an answer, an address or a query string."""

from typing import Any

import structlog

# Loggers that say too much: paths and addresses, or one line a page that is saved.
QUIETER = {
    "django.request": "CRITICAL",
    "django.security": "CRITICAL",
    "allauth": "CRITICAL",
    "wagtail": "WARNING",
    "django.tasks": "WARNING",
    "django_tasks": "WARNING",
    "celery": "WARNING",
    "kombu": "WARNING",
}


def logging_config(level: str) -> dict[str, Any]:
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.LogfmtRenderer(bool_as_flag=False),
                ],
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {name: {"level": quieter} for name, quieter in QUIETER.items()},
    }
