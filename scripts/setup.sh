#!/bin/sh
# Builds .venv from hash-locked requirements: uv where it is there, pip where it is not. Says in one line what to
# install where the system lacks something; installs it only when COPYTRAIL_INSTALL=1 allows it.
set -eu
cd "$(dirname "$0")/.."
lock=requirements/${1:-run}.lock
venv=.venv

say() { printf 'copytrail set-up: %s\n' "$*" >&2; }

find_python() {
    for name in "${PYTHON:-}" python3.12 python3.11 python3; do
        [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 || continue
        if "$name" -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 13)))' 2>/dev/null; then
            printf '%s' "$name"; return
        fi
    done
}

install_system() {
    say "missing: $1. Debian or Ubuntu: sudo apt-get install -y $2"
    if [ "${COPYTRAIL_INSTALL:-}" = 1 ] && command -v apt-get >/dev/null 2>&1; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $2
    else
        say "(or run make again with COPYTRAIL_INSTALL=1 to let it do that)"; exit 1
    fi
}

# one stamp per lock: the whole set-up is skipped while the locks and the project's own description stand unchanged
stamp="$venv/.copytrail-$(cat requirements/*.lock pyproject.toml scripts/setup.sh | cksum | tr ' ' '-')-$(basename "$lock")"
[ -f "$stamp" ] && [ -x "$venv/bin/copytrail" ] && exit 0

if command -v uv >/dev/null 2>&1; then
    [ -x "$venv/bin/python" ] || uv venv --quiet --python '>=3.11,<3.14' "$venv"
    say "installing $lock with uv"
    uv pip install --quiet --python "$venv/bin/python" --require-hashes -r "$lock"
    uv pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation -e .
else
    python=$(find_python)
    [ -n "$python" ] || { install_system "Python 3.11, 3.12 or 3.13" "python3 python3-venv"; python=$(find_python); }
    if [ ! -x "$venv/bin/pip" ]; then
        rm -rf "$venv"
        "$python" -m venv "$venv" 2>/dev/null || {
            rm -rf "$venv"
            install_system "the venv module of $python" "$(basename "$python")-venv"
            "$python" -m venv "$venv"
        }
    fi
    say "installing $lock with pip (a few minutes the one time)"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
fi
# the matching kernel is compiled now, so that nobody waits for it later
"$venv/bin/python" -m matchers.kernel >/dev/null
touch "$stamp"
say "done: $venv/bin/copytrail --help"
