# From a fresh clone, with Python 3.11 or newer and make:
#   make run     the whole portal on this computer (PORT=8080 make run for another port)
#   make test    the suite on SQLite, and on PostgreSQL and Redis where they answer
#   make bench   how fast the pages are, as ratios, into bench/results
#   make drill   what sends letters is killed again and again: is one lost, or sent twice?
#   make check   lint, types, import contracts, templates, migrations, deployment
PYTHON ?= python3
VENV := .venv/bin

.PHONY: run test bench drill check fmt lock demo-codes journey

run:
	@$(PYTHON) .ci/start.py

test:
	@$(PYTHON) .ci/environment.py dev
	@$(VENV)/python .ci/lanes.py $(ARGS)

bench:
	@$(PYTHON) .ci/environment.py dev
	@$(VENV)/python -m bench $(ARGS)

drill:
	@$(PYTHON) .ci/environment.py dev
	@$(VENV)/python .ci/drill.py $(ARGS)

check:
	@$(PYTHON) .ci/environment.py dev
	@$(VENV)/python .ci/check.py

fmt:
	@$(PYTHON) .ci/environment.py dev
	@$(VENV)/ruff check --fix --quiet . && $(VENV)/ruff format .

# Same versions and hashes for pip and uv, for every platform. Needs uv (https://docs.astral.sh/uv/).
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes requirements.in -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes requirements-dev.in -o requirements-dev.txt

# The second-factor codes that the demo staff would see on their phones now.
demo-codes:
	@$(PYTHON) .ci/environment.py
	@$(VENV)/python manage.py demo_codes

# The production shape on this computer's PostgreSQL and Redis, and the browser's whole way through it.
journey:
	@$(PYTHON) .ci/environment.py dev
	@$(VENV)/python .ci/production.py $(VENV)/python -m tests.browser.against_production
