#!/bin/sh
# Sees to a browser for pages that show nothing without their scripts, and to letters for what it draws (a picture of a
# Chinese page without Chinese letters shows boxes): nothing is done where they are found, else they are installed where
# that can be done without asking, else one line says how. Never fails: everything else works without them.
set -eu
cd "$(dirname "$0")/.."
tried=.venv/.browser-tried

say() { printf 'copytrail set-up: %s\n' "$*" >&2; }
found() { .venv/bin/python -c 'from core.browser import find_browser; find_browser()' >/dev/null 2>&1; }

root=
[ "$(id -u)" = 0 ] || { [ "${COPYTRAIL_INSTALL:-}" != 1 ] || root=sudo; }
may_install() { command -v apt-get >/dev/null 2>&1 && { [ "$(id -u)" = 0 ] || [ -n "$root" ]; }; }
apt_install() {
    for again in "" "$root apt-get update -qq"; do
        $again || true
        $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 || true
        "$check" && return 0
    done
    return 1
}

has_letters() { ! command -v fc-list >/dev/null 2>&1 || { [ -n "$(fc-list :lang=zh)" ] && [ -n "$(fc-list :lang=th)" ]; }; }
if ! has_letters && may_install; then
    say "installing fonts (fonts-droid-fallback, fonts-noto-core), so that pictures of pages have letters of all scripts"
    check=has_letters
    apt_install fonts-droid-fallback fonts-noto-core || true
fi

found && exit 0
[ -z "${COPYTRAIL_BROWSER:-}" ] || { say "COPYTRAIL_BROWSER=$COPYTRAIL_BROWSER is no program here; mend or unset it."; exit 0; }
[ ! -f "$tried" ] || [ "${COPYTRAIL_INSTALL:-}" = 1 ] || exit 0

if may_install; then
    say "installing chromium-headless-shell, for pages that show nothing without their scripts"
    check=found
    apt_install chromium-headless-shell && exit 0
fi
say "downloading a browser into your cache (playwright install --only-shell chromium)"
.venv/bin/playwright install --only-shell chromium >/dev/null 2>&1 || true
found && exit 0
: >"$tried"
say "there is no browser here; only pages that need one cannot be read. On Debian: sudo apt-get install" \
    "chromium-headless-shell; elsewhere: .venv/bin/playwright install --with-deps --only-shell chromium"
