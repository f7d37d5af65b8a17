"""The web server's settings, for production and for the embedded default alike."""

import os

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_WORKERS", "2"))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 30
graceful_timeout = 20
keepalive = 5
# Request lines and headers longer than any of ours are refused.
limit_request_line = 4094
limit_request_fields = 60
# A worker is renewed now and then, not all at the same moment.
max_requests = 20_000
max_requests_jitter = 2_000
accesslog = None  # its lines would hold paths; the portal logs routes
errorlog = "-"
loglevel = "warning"
# Heartbeats of workers in memory: on a disk they would wait for it.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
