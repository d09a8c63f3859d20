#!/bin/sh
# Takes the stream off air and removes what install.sh has made; --help says more.
set -eu
about() {
  cat <<'TEXT'
uninstall.sh: take the stream off air, and remove Stream Controller from this machine

Usage: sudo sh deploy/uninstall.sh [--dry-run] [--purge]

Removes the services and their units, /opt/stream-controller, /usr/local/bin/streamctl and the cache. The
configuration, the state and the user who owns it stay, for install.sh to find again; packages of the distribution
stay, too.

  --purge      remove /etc/stream-controller (stream key and secrets), /var/lib/stream-controller and the user as well
  --dry-run    change nothing; show what would be done
  -h, --help   this text

Exit 0: removed; 1: a step failed; 2: wrong use.
TEXT
}
dry_run=no purge=no
# shellcheck source=deploy/scripts/installation.sh
. "$(dirname -- "$(readlink -f -- "$0")")/scripts/installation.sh"

while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) about; exit 0 ;;
    --dry-run) dry_run=yes ;;
    --purge) purge=yes ;;
    *) wrong "unknown argument $1; see --help" ;;
  esac
  shift
done
require_root
require_systemd
lock

# Processes of a stream that are still there: those of our user that bear our mark.
left_over() {
  for process in /proc/[0-9]*; do
    [ "$(stat -c %U -- "$process" 2>/dev/null)" = "$account" ] || continue
    if tr '\0' '\n' <"$process/environ" 2>/dev/null | grep -q '^STREAM_CONTROLLER_RUN='; then echo "${process#/proc/}"; fi
  done
}

end_left_over() {
  for signal in TERM TERM KILL; do
    pids=$(left_over)
    [ -n "$pids" ] || return 0
    # One argument per process; one that has ended meanwhile is no failure.
    # shellcheck disable=SC2086
    kill -s "$signal" $pids 2>/dev/null || true
    sleep 2
  done
}

step 'The services: stopped, so the stream is off air, and no longer started at boot'
for unit in $(systemctl list-units --all --plain --no-legend 'stream-controller*' | cut -d ' ' -f 1) \
  $(systemctl list-unit-files --plain --no-legend --state=enabled 'stream-controller*' | cut -d ' ' -f 1); do
  case "$unit" in
    *@.*) ;;
    *.service | *.timer) run systemctl disable --now --quiet -- "$unit" ;;
  esac
done
[ -z "$(left_over)" ] || run end_left_over

step 'The units'
for file in "$units"/stream-controller*; do
  if [ -f "$file" ]; then run rm -- "$file"; fi
  if [ "$purge" = yes ] && [ -d "$file" ]; then run rm -rf -- "$file"; fi
done
run systemctl daemon-reload
run systemctl reset-failed 'stream-controller*'

step 'The program'
case "$(readlink -- "$program" || true)" in "$software"/*) run rm -- "$program" ;; esac
for link in "$configuration"/desired.schema.json "$configuration"/*/desired.schema.json; do
  case "$(readlink -- "$link" || true)" in "$software"/*) run rm -- "$link" ;; esac
done
for directory in "$software" "$cache"; do
  if [ -d "$directory" ]; then run rm -rf -- "$directory"; fi
done

if [ "$purge" = yes ]; then
  step "Configuration, state, and the user $account"
  for directory in "$configuration" "$state" "$state"-*; do
    if [ -d "$directory" ]; then run rm -rf -- "$directory"; fi
  done
  # A user of this name that was there before is not ours to remove.
  case "$(getent passwd "$account")" in *":$account_comment:"*) run userdel -- "$account" ;; esac
fi

say ''
if [ "$dry_run" = yes ]; then
  say 'Nothing was changed.'
elif [ "$purge" = yes ]; then
  say 'Removed, with configuration and state.'
else
  say "Removed. $configuration, $state and the user $account are still there; --purge removes them."
fi
