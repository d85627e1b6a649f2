#!/bin/sh
# Sees to a browser for pages that show nothing without their scripts: nothing where one is found, else it is installed
# where that can be done without asking, else one line says how. Never fails: everything else works without it.
set -eu
cd "$(dirname "$0")/.."
tried=.venv/.browser-tried

say() { printf 'copytrail set-up: %s\n' "$*" >&2; }
found() { .venv/bin/python -c 'from spiders.browser import find_browser; find_browser()' >/dev/null 2>&1; }

found && exit 0
[ -z "${COPYTRAIL_BROWSER:-}" ] || { say "COPYTRAIL_BROWSER=$COPYTRAIL_BROWSER is no program here; mend or unset it."; exit 0; }
[ ! -f "$tried" ] || [ "${COPYTRAIL_INSTALL:-}" = 1 ] || exit 0

root=
[ "$(id -u)" = 0 ] || { [ "${COPYTRAIL_INSTALL:-}" != 1 ] || root=sudo; }
if command -v apt-get >/dev/null 2>&1 && { [ "$(id -u)" = 0 ] || [ -n "$root" ]; }; then
    say "installing chromium-headless-shell, for pages that show nothing without their scripts"
    for again in "" "$root apt-get update -qq"; do
        $again || true
        $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            chromium-headless-shell >/dev/null 2>&1 || true
        found && exit 0
    done
fi
say "downloading a browser into your cache (playwright install --only-shell chromium)"
.venv/bin/playwright install --only-shell chromium >/dev/null 2>&1 || true
found && exit 0
: >"$tried"
say "there is no browser here; only pages that need one cannot be read. On Debian: sudo apt-get install" \
    "chromium-headless-shell; elsewhere: .venv/bin/playwright install --with-deps --only-shell chromium"
