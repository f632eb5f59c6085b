# Two stages: the first has the tools that build, the second only what runs.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements/bootstrap.txt requirements/runtime.txt requirements/
RUN python -m venv /opt/tandem \
 && /opt/tandem/bin/pip install --no-cache-dir --require-hashes -r requirements/bootstrap.txt \
 && /opt/tandem/bin/uv pip install --no-cache --compile-bytecode --python /opt/tandem/bin/python --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md ./
COPY platform platform
COPY plugins plugins
COPY tenants tenants
COPY migrations migrations
RUN /opt/tandem/bin/uv pip install --no-cache --compile-bytecode --python /opt/tandem/bin/python --no-deps . \
 && /opt/tandem/bin/uv pip uninstall --python /opt/tandem/bin/python uv pip setuptools

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/tandem --create-home --shell /usr/sbin/nologin tandem
COPY --from=build /opt/tandem /opt/tandem
ENV PATH=/opt/tandem/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TANDEM_FILES_DIR=/var/lib/tandem
USER 10001:10001
WORKDIR /var/lib/tandem
VOLUME /var/lib/tandem
EXPOSE 8000
# The web server answers on the base domain's host alone, so the check names it. Worker and relay: --no-healthcheck.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/health', headers={'Host': os.environ['TANDEM_BASE_DOMAIN']}), timeout=4)"]
# The same image runs the others: `tandem worker`, `tandem relay`, `tandem database upgrade`.
CMD ["gunicorn", "--config", "python:tandem.server", "--bind", "0.0.0.0:8000", "tandem.app:create_app()"]
