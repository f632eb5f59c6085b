#!/bin/sh
# Pins every dependency, with hashes, in requirements/*.txt. Needs a .venv with uv in it.
set -eu
cd "$(dirname "$0")/.."
# A release that is withdrawn or found hostile is mostly found so in its first two weeks.
cutoff=${CUTOFF:-$(date -u -d '14 days ago' +%F)}
pin() {
    .venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --exclude-newer "$cutoff" \
        --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$@"
}
pin requirements/bootstrap.in -o requirements/bootstrap.txt
pin pyproject.toml -o requirements/runtime.txt
pin pyproject.toml --extra local --group dev -c requirements/runtime.txt -o requirements/dev.txt
if grep -nE '://|(^|[ ="])/' requirements/*.txt; then
    echo 'requirements/: a pinned file names a host or a path of this machine' >&2
    exit 1
fi
