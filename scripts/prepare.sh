# Sourced by `bin/hall-monitor`, `test.sh` and `.ci/run`, which set ROOT and NAME. Leaves BUN, and the dependencies in place.
# Everything it prints goes to stderr: the output of a command stays usable in a pipe.

BUN_VERSION=1.4.5
BUN_AT_LEAST=1.4
MAY_FETCH=yes

# Bun runs the preload of a bunfig.toml, reads the .env and follows the `paths` of a tsconfig.json of the folder that
# it is started in. That folder is the caller's, a cloned repository for instance, and nothing of it may run here. There
# is a switch for each.
SEAL="--config=/dev/null --no-env-file --tsconfig-override=/dev/null"
unset BUN_OPTIONS BUN_INSPECT BUN_INSPECT_CONNECT_TO BUN_INSPECT_NOTIFY BUN_INSPECT_PRELOAD BUN_BE_BUN NODE_OPTIONS NODE_PATH

# Programs of the caller's folder are not ours either: relative entries, and the node_modules/.bin that npx, bunx and
# `npm run` put in front for the caller's folder and every one above it. What lies in or above HOME is the person's.
own_path() (
  set -f
  here=$(pwd -P) IFS=: kept=
  for entry in $PATH; do
    base=${entry%/} base=${base%/node_modules/.bin}
    case $entry in
      "$ROOT"/*) ;;
      [!/]* | '') continue ;;
      */node_modules/.bin | */node_modules/.bin/)
        base=$(CDPATH='' cd -P "${base:-/}" 2>/dev/null && pwd) || continue
        case ${HOME:-}/ in "${base%/}"/*) kept=${kept:+$kept:}$entry && continue ;; esac
        case $here/ in "$base"/*) continue ;; esac
        case $base/ in "${here%/}"/*) continue ;; esac
        ;;
    esac
    kept=${kept:+$kept:}$entry
  done
  printf %s "$kept"
)
PATH=$(own_path)
export PATH

note() { printf '%s: %s\n' "$NAME" "$*" >&2; }

fail() {
  note "$1"
  shift
  for hint in "$@"; do printf '  %s\n' "$hint" >&2; done
  exit 69
}

# A file is not yet a Bun: the npm package leaves a stub where install scripts are blocked, and the build for
# newer processors does not run on older ones. So each candidate has to answer with its version, and with the file
# that it really is. It is run in our folder: which Bun a version manager's shim runs is often the caller's choice.
bun_works() {
  [ -x "$1" ] || return 1
  answer=$(cd "$ROOT" && "$1" $SEAL -e 'process.stdout.write(Bun.version + " " + process.execPath)' \
    </dev/null 2>/dev/null) || return 1
  version=${answer%% *} real=${answer#* }
  case $version in [0-9]*.[0-9]*.*) ;; *) return 1 ;; esac
  [ -x "$real" ] || return 1
  major=${version%%.*}
  rest=${version#*.}
  minor=${rest%%.*}
  [ "$major" -gt "${BUN_AT_LEAST%.*}" ] && return 0
  [ "$major" -eq "${BUN_AT_LEAST%.*}" ] && [ "$minor" -ge "${BUN_AT_LEAST#*.}" ]
}

# A Bun that answered once is not asked at every start. What it is remembered by, its path, the file behind that and
# its time, shows which Bun runs only where the file is Bun itself: what a shim runs can change.
bun_is_known() {
  known='' real='' switches=''
  [ -f "$ROOT/.bun/works" ] && { IFS= read -r known && IFS= read -r real && IFS= read -r switches; } <"$ROOT/.bun/works"
  [ -z "$switches" ] || [ "$switches" = "$RUNTIME_SWITCHES" ] || return 1
  [ "$known" = "$1" ] && [ "$real" -ef "$1" ] && ! [ "$real" -nt "$ROOT/.bun/works" ] &&
    ! [ "$real" -ot "$ROOT/.bun/works" ]
}

remember_bun() {
  switches=''
  [ "$real" -ef "$1" ] && [ -w "$ROOT" ] && command -v touch >/dev/null 2>&1 || return 0
  # shellcheck disable=SC2086
  ! (export $RUNTIME_SWITCHES && cd "$ROOT" && "$real" $SEAL -e '') </dev/null >/dev/null || switches=$RUNTIME_SWITCHES
  mkdir -p "$ROOT/.bun" && printf '%s\n' "$1" "$real" "$switches" >"$ROOT/.bun/works" &&
    touch -r "$real" "$ROOT/.bun/works"
}

# For what reads history: the compiler's last tier costs an import more than it gives, and garbage is collected earlier
# where there seems to be little memory. The switches are not stable ones, and a Bun that does not know them does not start, so they are for the
# very Bun that was seen to start with them.
RUNTIME_SWITCHES="BUN_JSC_useFTLJIT=0 BUN_JSC_forceRAMSize=402653184"

tune_runtime() {
  # shellcheck disable=SC2086
  [ -z "$switches" ] || export $switches
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
    case $candidate in /*) ;; *) continue ;; esac
    if ! bun_is_known "$candidate"; then
      bun_works "$candidate" || continue
      remember_bun "$candidate" 2>/dev/null || true
    fi
    BUN=$candidate
    [ "$real" -ef "$candidate" ] || BUN=$real
    return 0
  done
  return 1
}

# A project's .npmrc reaches the children of `npx` and `npm run` as variables, the registry for instance.
forget_npm_settings() {
  for name in $(env | sed -n 's/^\([Nn][Pp][Mm]_[A-Za-z0-9_]*\)=.*/\1/p'); do unset "$name"; done
}

install_bun() {
  [ -n "$MAY_FETCH" ] || exit 69
  command -v npm >/dev/null 2>&1 || fail "Bun $BUN_AT_LEAST or newer is needed, and neither bun nor npm is here." \
    "Install Bun:      curl -fsSL https://bun.sh/install | bash" \
    "or Node with npm: https://nodejs.org (then run this command again; it fetches Bun by itself)"
  note "no Bun $BUN_AT_LEAST or newer found; installing bun@$BUN_VERSION into $ROOT/.bun with npm"
  # A package.json of its own keeps npm from climbing up to the repository's.
  {
    mkdir -p "$ROOT/.bun" && [ -w "$ROOT/.bun" ] &&
      { [ -f "$ROOT/.bun/package.json" ] || printf '{"private":true}\n' >"$ROOT/.bun/package.json"; }
  } 2>/dev/null || fail "cannot write to $ROOT" \
    "make the folder writable, or install Bun yourself: https://bun.sh"
  (forget_npm_settings && cd "$ROOT/.bun" && npm install --prefix "$ROOT/.bun" --no-save --no-package-lock --no-audit --no-fund \
    --loglevel=error "bun@$BUN_VERSION") >&2 || fail "npm could not install bun@$BUN_VERSION" \
    "check the network and npm's registry (npm ping), or install Bun yourself: https://bun.sh"
}

install_dependencies() {
  # A built package carries everything in one file.
  [ -f "$ROOT/cli/main.js" ] && return 0
  # A copy of the lock file records what is installed; a time stamp would change with every checkout. What the tests need
  # besides is four times as much, so the product alone does not fetch them.
  installed="$ROOT/node_modules/.installed-bun.lock" only=--production
  [ "$NAME" = hall-monitor ] || { installed="$ROOT/node_modules/.installed-dev-bun.lock" only=''; }
  if [ -d "$ROOT/node_modules" ] && cmp -s "$ROOT/bun.lock" "$installed"; then return 0; fi
  [ -n "$MAY_FETCH" ] || exit 69
  note "installing dependencies"
  (forget_npm_settings && cd "$ROOT" && "$BUN" install --frozen-lockfile $only) >&2 || fail "the dependencies could not be installed" \
    "check the network, then run this command again (nothing else was changed)"
  cp "$ROOT/bun.lock" "$ROOT/node_modules/.installed-bun.lock"
  [ -n "$only" ] || cp "$ROOT/bun.lock" "$installed"
}

# Equal for equal sources. Times would be quicker to compare, and wrong wherever a clock was.
sources_sum() (
  cd "$ROOT" || return
  files=$(find cli collector hooks schema store viewer scripts/build-program.ts package.json tsconfig.json bun.lock -type f ! -name '.*') &&
    files=$(printf '%s\n' "$files" | LC_ALL=C sort | xargs cksum) && sum=$(printf '%s\n' "$files" | cksum) &&
    printf %s "${sum% *}-${sum#* }"
)

# From sources a daemon takes half as long again to start and holds more memory, so a checkout keeps a build of itself.
# Where it cannot, the sources run.
find_build() {
  [ -f "$ROOT/scripts/build-program.ts" ] || return 0
  sum=$(sources_sum 2>/dev/null) && [ -n "$sum" ] || return 0
  built="$ROOT/.bun/program/$sum"
  if ! [ -d "$built" ]; then
    mkdir -p "$ROOT/.bun/program" 2>/dev/null && [ -w "$ROOT/.bun/program" ] || return 0
    (cd "$ROOT" && "$BUN" $SEAL "$ROOT/scripts/build-program.ts" "$sum") </dev/null >/dev/null 2>&1 || true
    # Sources that changed meanwhile are in a build under the name of others.
    [ "$(sources_sum 2>/dev/null)" = "$sum" ] || { rm -rf "$built"; return 0; }
  fi
  [ ! -f "$built/cli/main.js" ] || PROGRAM=$built/cli/main.js
}

prepare() {
  if ! find_bun; then
    install_bun
    find_bun || fail "bun@$BUN_VERSION was installed but does not run on this machine" \
      "check $ROOT/.bun/node_modules/@oven, or install Bun yourself: https://bun.sh"
  fi
  # Child processes look for `bun` by name.
  command -v bun >/dev/null 2>&1 || PATH="${BUN%/*}:$PATH"
  install_dependencies
}
