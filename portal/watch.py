"""Each worker process looks for due letters itself as well, whatever the broker does.

Celery imports this module when it starts a worker. The thread is started in the processes that
run tasks, after they are forked: a thread that holds a database connection must not be copied.
"""

from typing import Any

from celery.signals import (
    worker_init,
    worker_process_init,
    worker_process_shutdown,
    worker_shutting_down,
)

from consult.followups import watch
from consult.followups.delivery import close, closing

STOP_WITHIN = 20.0  # seconds; as long as a slow mail server may take over one letter


@worker_process_init.connect
def look_in_this_process(**_: Any) -> None:
    watch.start()


@worker_init.connect
def look_in_a_worker_of_threads(sender: Any, **_: Any) -> None:
    if "thread" in str(sender.pool_cls):  # such a worker forks no process and sends no signal
        watch.start()


@worker_shutting_down.connect
def begin_no_more(**_: Any) -> None:
    closing.set()


@worker_process_shutdown.connect
def let_the_last_arrive(**_: Any) -> None:
    close(within=STOP_WITHIN)
