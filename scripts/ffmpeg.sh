#!/bin/sh
# Sees to ffmpeg, which reads the films and sounds that posts show: nothing is done where it is found, else it is
# installed where that can be done without asking, else one line says how. Never fails: all else works without it.
set -eu
cd "$(dirname "$0")/.."
tried=.venv/.ffmpeg-tried

say() { printf 'copytrail set-up: %s\n' "$*" >&2; }
found() { command -v "${COPYTRAIL_FFMPEG:-ffmpeg}" >/dev/null 2>&1 && command -v ffprobe >/dev/null 2>&1; }

found && exit 0
[ -z "${COPYTRAIL_FFMPEG:-}" ] || { say "COPYTRAIL_FFMPEG=$COPYTRAIL_FFMPEG is no program here, or has no ffprobe; mend or unset it."; exit 0; }
[ ! -f "$tried" ] || [ "${COPYTRAIL_INSTALL:-}" = 1 ] || exit 0

root=
[ "$(id -u)" = 0 ] || { [ "${COPYTRAIL_INSTALL:-}" != 1 ] || root=sudo; }
if command -v apt-get >/dev/null 2>&1 && { [ "$(id -u)" = 0 ] || [ -n "$root" ]; }; then
    say "installing ffmpeg, to compare the films and sounds that posts show"
    for again in "" "$root apt-get update -qq"; do
        $again || true
        $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ffmpeg >/dev/null 2>&1 || true
        found && exit 0
    done
fi
: >"$tried"
say "there is no ffmpeg here; only films and sounds are not compared. Debian: sudo apt-get install ffmpeg; macOS: brew install ffmpeg"
