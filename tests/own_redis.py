"""A pytest plugin: each process of the suite has a Redis database of its own to clear.

Loaded by name before the settings are read; without REDIS_URL it does nothing.
"""

import os

url, _, number = os.environ.get("REDIS_URL", "").rpartition("/")
worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
if url.startswith("redis") and number.isdigit() and worker.isdigit():
    os.environ["REDIS_URL"] = f"{url}/{max(int(number) - int(worker), 0)}"
