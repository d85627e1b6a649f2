#!/bin/sh
# Writes the hash-locked requirements. They carry no index or download address, so any mirror serves them.
set -eu
cd "$(dirname "$0")/.."
lock() { uv pip compile --universal --python-version 3.11 --generate-hashes \
    --no-header --quiet "$@"; }
lock pyproject.toml --group build --output-file requirements/run.lock
lock pyproject.toml --constraint requirements/run.lock --group build --group dev --group bench --output-file requirements/dev.lock
