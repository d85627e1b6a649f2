#!/bin/sh
# Builds .venv from hash-locked requirements: uv where it is there, pip where it is not. Where the system lacks
# something it says in one line what to install, and installs it only when COPYTRAIL_INSTALL=1 allows it.
# usage: scripts/setup.sh [run|dev]; PYTHON names the interpreter, else a fitting one is looked for
set -eu
cd "$(dirname "$0")/.."
here=$(pwd -P)
want=${1:-run}
lock=requirements/$want.lock
venv=.venv

say() { printf 'copytrail set-up: %s\n' "$*" >&2; }
stop() { trap - EXIT; say "$*"; exit 1; }
fits() { command -v "$1" >/dev/null 2>&1 &&
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; }

find_python() {
    python=${PYTHON:-}
    [ -z "$python" ] || fits "$python" || stop "PYTHON=$python is no Python 3.11, 3.12 or 3.13; name another, or none."
    for name in python3.12 python3.11 python3.13 python3; do
        [ -z "$python" ] && fits "$name" && python=$name
    done
    [ -n "$python" ]
}

# install WHAT PACKAGES: install what the system lacks where we may, else say in one line how
install() {
    command -v apt-get >/dev/null 2>&1 ||
        stop "$1. Install Python 3.11, 3.12 or 3.13 (macOS: python.org or Homebrew), then run make again."
    [ "${COPYTRAIL_INSTALL:-}" = 1 ] ||
        stop "$1. Run: sudo apt-get install -y $2 (or let make do it: COPYTRAIL_INSTALL=1 make ...)"
    say "$1; installing $2"
    root=; [ "$(id -u)" = 0 ] || root=sudo
    # shellcheck disable=SC2086 # PACKAGES may be several
    { $root apt-get update -qq && $root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $2 >/dev/null; } || stop "apt-get could not install $2; see above."
}

make_venv() { said=$("$python" -m venv "$venv" 2>&1) || { rm -rf "$venv"; return 1; }; }

with_uv() {
    [ -x "$venv/bin/python" ] || uv venv --quiet --python "${PYTHON:->=3.11,<3.14}" "$venv"
    say "installing $lock with uv"
    uv pip install --quiet --python "$venv/bin/python" --require-hashes -r "$lock"
    uv pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation -e .
}

with_pip() {
    if ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
        rm -rf "$venv"
        find_python || {
            command -v python3 >/dev/null 2>&1 || install "there is no Python here" "python3 python3-venv"
            find_python || stop "$(python3 --version 2>/dev/null || echo this system) does not fit. Install Python 3.11, 3.12 or" \
                "3.13, or uv, which brings a Python of its own; then run make again."
        }
        make_venv || {
            package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
            install "$python cannot make an environment (its venv module is missing or fails)" "$package"
            make_venv || stop "$python still cannot make an environment: $said"
        }
    fi
    say "installing $lock with pip (a few minutes, this one time)"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
}

# All of it is skipped while nothing it follows from has changed; an environment for the tests runs the commands too.
state=$(cat requirements/*.lock pyproject.toml scripts/setup.sh | cksum | tr ' ' '-')
for stamp in "$venv/.copytrail-$state-$want" "$venv/.copytrail-$state-dev"; do
    [ ! -f "$stamp" ] || [ ! -x "$venv/bin/copytrail" ] || [ "$(cat "$stamp")" != "$here" ] || exit 0
done

# Programs in an environment name its folder: one that was moved or copied is made anew.
for stamp in "$venv"/.copytrail-*; do
    [ ! -s "$stamp" ] || [ "$(cat "$stamp")" = "$here" ] || { rm -rf "$venv"; break; }
done
trap 'say "not finished; the reason stands above. Running make again goes on from here."' EXIT
rm -f "$venv"/.copytrail-*
[ "$(uname -sm)" != "Darwin x86_64" ] ||
    stop "numba, which compiles the matching, is not built for Intel Macs; use Linux in a container or virtual machine."
if command -v uv >/dev/null 2>&1; then with_uv; else with_pip; fi
say "compiling the matching kernel, so that nobody waits for it later"
"$venv/bin/python" -m matchers.kernel >/dev/null
printf '%s' "$here" >"$venv/.copytrail-$state-$want"
trap - EXIT
say "done: $venv/bin/copytrail --help"
