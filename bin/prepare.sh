# Sourced by the launchers beside it, which set ROOT and NAME. Leaves BUN, and the dependencies in place.
# Everything it says goes to stderr: the output of a command stays usable in a pipe.

BUN_VERSION=1.4.5
BUN_AT_LEAST=1.4

say() { printf '%s: %s\n' "$NAME" "$*" >&2; }

fail() {
  say "$1"
  shift
  for hint in "$@"; do printf '  %s\n' "$hint" >&2; done
  exit 69
}

# A file is not yet a Bun: the npm package leaves a stub where install scripts are blocked, and the build for
# newer processors does not run on older ones. So each candidate has to answer with its version.
bun_works() {
  [ -x "$1" ] || return 1
  version=$("$1" --version 2>/dev/null) || return 1
  case $version in [0-9]*.[0-9]*.*) ;; *) return 1 ;; esac
  major=${version%%.*}
  rest=${version#*.}
  minor=${rest%%.*}
  [ "$major" -gt "${BUN_AT_LEAST%.*}" ] && return 0
  [ "$major" -eq "${BUN_AT_LEAST%.*}" ] && [ "$minor" -ge "${BUN_AT_LEAST#*.}" ]
}

# A Bun that answered once is not asked at every start. What it is remembered by, its path, the file behind that and
# its time, says which Bun runs only where the file is Bun itself: what a version manager's shim stands for can
# change with the folder.
bun_is_known() {
  known='' real='' switch=''
  [ -f "$ROOT/.bun/works" ] && { IFS= read -r known && IFS= read -r real && IFS= read -r switch; } <"$ROOT/.bun/works"
  [ "$known" = "$1" ] && [ "$real" -ef "$1" ] && ! [ "$real" -nt "$ROOT/.bun/works" ] &&
    ! [ "$real" -ot "$ROOT/.bun/works" ]
}

remember_bun() {
  switch=''
  [ "$known" != "shim $1" ] && [ -w "$ROOT" ] && command -v touch >/dev/null 2>&1 || return 0
  real=$("$1" -e 'process.stdout.write(process.execPath)' </dev/null) || return 0
  mark=$1
  [ "$real" -ef "$1" ] || mark="shim $1"
  [ "$mark" != "$1" ] || ! (export "$NO_LAST_TIER" && "$real" -e '') </dev/null >/dev/null || switch=$NO_LAST_TIER
  mkdir -p "$ROOT/.bun" && printf '%s\n' "$mark" "$real" "$switch" >"$ROOT/.bun/works" &&
    touch -r "$real" "$ROOT/.bun/works"
}

# The compiler's last tier costs a short run more than it gives. The switch is not a stable one, and a Bun that does
# not know it does not start, so it is for the very Bun that was seen to start with it.
NO_LAST_TIER=BUN_JSC_useFTLJIT=0

skip_last_tier() {
  [ -z "$switch" ] || export "$switch"
}

# Asked in order; $ROOT/.bun is the private one that install_bun makes.
find_bun() {
  for candidate in \
    "${BUN_INSTALL:+$BUN_INSTALL/bin/bun}" \
    "$(command -v bun 2>/dev/null)" \
    "${HOME:+$HOME/.bun/bin/bun}" \
    "$ROOT/node_modules/.bin/bun" \
    "$ROOT/.bun/node_modules/.bin/bun" \
    "$ROOT"/.bun/node_modules/@oven/bun-*/bin/bun; do
    [ -n "$candidate" ] || continue
    if ! bun_is_known "$candidate"; then
      bun_works "$candidate" || continue
      remember_bun "$candidate" 2>/dev/null || true
    fi
    BUN=$candidate
    return 0
  done
  return 1
}

install_bun() {
  command -v npm >/dev/null 2>&1 || fail "Bun $BUN_AT_LEAST or newer is needed, and neither bun nor npm is here." \
    "Install Bun:      curl -fsSL https://bun.sh/install | bash" \
    "or Node with npm: https://nodejs.org (then run this command again; it fetches Bun by itself)"
  say "no Bun $BUN_AT_LEAST or newer found; installing bun@$BUN_VERSION into $ROOT/.bun with npm"
  mkdir -p "$ROOT/.bun" 2>/dev/null || fail "cannot write to $ROOT" \
    "make the folder writable, or install Bun yourself: https://bun.sh"
  # A package.json of its own keeps npm from climbing up to the repository's.
  [ -f "$ROOT/.bun/package.json" ] || printf '{"private":true}\n' >"$ROOT/.bun/package.json"
  (cd "$ROOT/.bun" && npm install --prefix "$ROOT/.bun" --no-save --no-package-lock --no-audit --no-fund \
    --loglevel=error "bun@$BUN_VERSION") >&2 || fail "npm could not install bun@$BUN_VERSION" \
    "check the network and npm's registry (npm ping), or install Bun yourself: https://bun.sh"
}

install_dependencies() {
  # A built package carries everything in one file.
  [ -f "$ROOT/cli/main.js" ] && return 0
  # A copy of the lock file says what is installed; a time stamp would change with every checkout. What the tests need
  # besides is four times as much, so the product alone does not fetch them.
  installed="$ROOT/node_modules/.installed-bun.lock" only=--production
  [ "$NAME" = hall-monitor ] || { installed="$ROOT/node_modules/.installed-dev-bun.lock" only=''; }
  if [ -d "$ROOT/node_modules" ] && cmp -s "$ROOT/bun.lock" "$installed"; then return 0; fi
  say "installing dependencies"
  (cd "$ROOT" && "$BUN" install --frozen-lockfile $only) >&2 || fail "the dependencies could not be installed" \
    "check the network, then run this command again (nothing else was changed)"
  cp "$ROOT/bun.lock" "$ROOT/node_modules/.installed-bun.lock"
  [ -n "$only" ] || cp "$ROOT/bun.lock" "$installed"
}

prepare() {
  if ! find_bun; then
    install_bun
    find_bun || fail "bun@$BUN_VERSION was installed but does not run on this machine" \
      "look at $ROOT/.bun/node_modules/@oven, or install Bun yourself: https://bun.sh"
  fi
  # Child processes look for `bun` by name.
  command -v bun >/dev/null 2>&1 || PATH="$(dirname "$BUN"):$PATH"
  export PATH
  install_dependencies
}
