# syntax=docker/dockerfile:1
FROM python:3.11-slim AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
RUN /opt/venv/bin/pip install --require-hashes --no-deps -r /tmp/requirements.txt

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PORTAL_MODE=production \
    VAR_DIR=/srv/portal/var
# Pango lays out the pages of PDFs; the fonts are what they are written in.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends fonts-dejavu-core libpango-1.0-0 libpangoft2-1.0-0 \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin portal
WORKDIR /srv/portal
COPY --from=packages /opt/venv /opt/venv
COPY manage.py ./
COPY portal portal
COPY content content
COPY consult consult
COPY templates templates
COPY static static
# Collected with secrets made for this one command: the settings refuse to load without any.
# Only media/ is the server's to write; static files and code belong to root.
RUN python -m compileall -q portal content consult \
 && env $(python -m portal.keys) SITE_URL=https://build.invalid DATABASE_URL=postgres://build \
        REDIS_URL=redis://build EMAIL_URL=smtp://build DEFAULT_FROM_EMAIL=build@build.invalid \
        python manage.py collectstatic --no-input \
 && install -d -o portal var/media
USER portal
EXPOSE 8000
CMD ["gunicorn", "--config", "portal/gunicorn.py", "portal.wsgi"]
