#!/bin/sh
# Runs every test, after fetching what they need: Bun, the dependencies, a Chromium for the page and Prometheus
# for its rules.
# Arguments go to `bun test`.
set -eu

NAME=test
case $0 in */*) folder=${0%/*} ;; *) folder=. ;; esac
ROOT=$(CDPATH='' cd -P "${folder:-/}/.." && pwd)
. "$ROOT/scripts/prepare.sh"

has_chromium() {
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null 2>&1 && return 0
  done
  [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# What is missing is no reason to test nothing: the tests that need it report it themselves.
install_package() {
  if ! command -v apt-get >/dev/null 2>&1 || ! as_root true 2>/dev/null; then
    note "$1 is not here and cannot be installed: $2 (install $1)"
    return 0
  fi
  note "installing $1 with apt-get"
  export DEBIAN_FRONTEND=noninteractive
  [ -n "${updated:-}" ] || as_root apt-get update -qq >&2 || true
  updated=1
  as_root apt-get install -y -qq --no-install-recommends "$1" >&2 || note "$1 could not be installed: $2"
}

prepare
has_chromium || install_package chromium "the page's tests cannot run"
command -v promtool >/dev/null 2>&1 || install_package prometheus "the alert rules are not tested"
cd "$ROOT"
exec "$BUN" --no-env-file test "$@"
