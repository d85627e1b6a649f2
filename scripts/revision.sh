#!/bin/sh
# Write the next migration: what storage/*tables.py declare and the migrations so far do not make.
# usage: scripts/revision.sh "what changes"
set -eu
cd "$(dirname "$0")/.."
.venv/bin/python -c 'import sys; from storage.schema import revise; revise(sys.argv[1])' "${1:?say what changes}"
