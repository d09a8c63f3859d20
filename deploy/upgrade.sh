#!/bin/sh
# Puts another version in place without a drop; --help says more.
set -eu
about() {
  cat <<'TEXT'
upgrade.sh: put another version of Stream Controller in place, while the stream plays on

Usage: sudo sh deploy/upgrade.sh [--dry-run] [--force] [--timeout SECONDS] [REF]

Fetches, builds the version beside the one that runs, lets it check desired.yaml and the machine (validate, doctor),
moves the link /opt/stream-controller/current to it, and has each daemon hand over to it (systemctl reload): the stream
is not interrupted. If a stream is then not as well as before, for 10 s on end and within the time, the old version is
put back in the same way. The last three versions are kept. The checkout's files stay as they are.

  REF                 a tag, a commit, or a branch such as origin/main; default: what the checkout's branch follows
  --dry-run           change nothing; show what would be done
  --force             also if its checks fail
  --timeout SECONDS   how long a stream may take to be well again; default 60
  -h, --help          this text

Exit 0: the version runs; 1: it does not, and the one before goes on; 2: wrong use.
TEXT
}
dry_run=no force=no timeout=60 ref=''
# shellcheck source=deploy/scripts/installation.sh
. "$(dirname -- "$(readlink -f -- "$0")")/scripts/installation.sh"

while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) about; exit 0 ;;
    --dry-run) dry_run=yes ;;
    --force) force=yes ;;
    --timeout)
      case "${2-}" in '' | 0* | *[!0-9]*) wrong '--timeout wants seconds, 11 or more' ;; esac
      [ "$2" -gt 10 ] || wrong '--timeout wants seconds, 11 or more'
      timeout=$2
      shift
      ;;
    -*) wrong "unknown option $1; see --help" ;;
    *) [ -z "$ref" ] || wrong "takes one REF; found also $1"; ref=$1 ;;
  esac
  shift
done
require_root
require_systemd
require_checkout
old=$(current_release)
[ -n "$old" ] || wrong "nothing is installed yet; run: sudo sh $source/deploy/install.sh"
lock

# How the stream of the channel is, by the program of a release: 2 as wished, 1 on air with something amiss, 0 not well.
wellness() {
  word=$(as_daemon "$1" status --json 2>/dev/null | sed -n 's/^  "status": "\([a-z]*\)",$/\1/p') || true
  case "$word" in live | stopped) echo 2 ;; degraded) echo 1 ;; *) echo 0 ;; esac
}

# Runs streamctl of a release as the daemon of the channel would.
as_daemon() {
  program_of=$releases/$1
  shift
  runuser -u "$account" -- env -i PATH="$program_of/node_modules/.bin:/usr/local/bin:/usr/bin:/bin" \
    STREAM_CONFIG_DIR="$config_dir" STREAM_STATE_DIR="$state_dir" "$program_of/dist/streamctl.js" "$@"
}

main_pid() { systemctl show --property MainPID --value -- "$1"; }

# Whether the unit's daemon is one of this release: its Node is.
runs_release() {
  case "$(readlink "/proc/$(main_pid "$1")/exe")" in "$releases/$2"/*) ;; *) return 1 ;; esac
}

await_release() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    if runs_release "$1" "$2"; then return 0; fi
    sleep 1
  done
  return 1
}

# Waits until one daemon of the release has been as well as wanted for 10 s on end.
is_well() {
  unit=$1 name_wanted=$2 wanted=$3 end=$(($(date +%s) + timeout)) since='' held=''
  channel_of "$unit"
  while :; do
    pid=$(main_pid "$unit") now=$(date +%s)
    if runs_release "$unit" "$name_wanted" && [ "$(wellness "$name_wanted")" -ge "$wanted" ]; then
      [ "$pid" = "$held" ] || since=$now held=$pid
      [ $((now - since)) -lt 10 ] || return 0
    else
      held=''
    fi
    [ "$now" -lt "$end" ] || return 1
    sleep 1
  done
}

# The old version again, whatever the new one does: ask it to hand over, else take it down; FFmpeg plays on either way.
put_back() {
  say ''
  say "$new_name is not well; putting $old back"
  run switch_to "$old"
  copy_units "$releases/$old"
  run systemctl daemon-reload
  for unit in $handed_over; do
    # One that is not ready yet would not be reloaded before it is.
    if ! runs_release "$unit" "$old" && systemctl is-active --quiet -- "$unit"; then
      timeout 20 systemctl reload -- "$unit" 2>/dev/null || true
      await_release "$unit" "$old" || true
    fi
    if ! runs_release "$unit" "$old"; then
      systemctl kill --kill-whom=main --signal=KILL -- "$unit" 2>/dev/null || true
      await_release "$unit" "$old" || timeout "$timeout" systemctl start -- "$unit" || true
    fi
    if is_well "$unit" "$old" "$(wanted_of "$unit")"; then
      is_done "$unit: $old runs, the stream is as before"
    else
      is_done "$unit: the stream is not as before; see: journalctl -u $unit"
    fi
  done
  fail "rolled back to $old; what went wrong: journalctl -u stream-controller"
}

# What was noted of a unit before the switch.
wanted_of() { printf '%s\n' "$noted" | while read -r name wanted; do [ "$name" != "$1" ] || echo "$wanted"; done; }

step 'The version: what the remote has now'
if [ -n "$(git_source remote)" ]; then
  run git_source fetch --quiet --tags || is_done 'the remote cannot be reached; going on with what was fetched before'
fi
if [ -z "$ref" ]; then
  ref=HEAD
  # A branch that is ahead of what it follows has something of its own to be installed.
  if git_source merge-base --is-ancestor HEAD '@{upstream}' 2>/dev/null; then ref='@{upstream}'; fi
fi
commit=$(git_source rev-parse --verify --quiet --end-of-options "$ref^{commit}") ||
  wrong "there is no $ref in $source: accepted: a tag, a commit, or a branch such as origin/main"
new_name=$(release_name "$commit")
is_done "$old runs; $ref is $new_name"
if [ "$new_name" = "$old" ]; then
  say 'That is what runs. Nothing had to be changed.'
  exit 0
fi

step 'The release, built beside the others'
build_release "$commit" "$new_name"

running=$(active_units)
noted=''
step 'Its own checks: desired.yaml, and all that the stream needs'
[ -n "$running" ] || is_done 'no daemon runs'
for unit in $running; do
  channel_of "$unit"
  noted=$(printf '%s\n%s' "$noted" "$unit $(wellness "$old")")
  is_done "$unit: validate, doctor"
  [ "$dry_run" = no ] || continue
  failed=''
  as_daemon "$new_name" validate >/dev/null || failed=validate
  # What fails for the old version as well is no fault of the new one, which may be the cure.
  if as_daemon "$new_name" doctor --help >/dev/null 2>&1 && ! findings=$(as_daemon "$new_name" doctor 2>&1); then
    printf '%s\n' "$findings"
    if as_daemon "$old" doctor >/dev/null 2>&1 || ! as_daemon "$old" doctor --help >/dev/null 2>&1; then
      failed="$failed doctor"
    fi
  fi
  [ -z "$failed" ] || [ "$force" = yes ] ||
    fail "$new_name finds fault ($failed), see above; nothing was switched. With --force it is taken all the same"
done

step 'The switch: the link and the units'
run switch_to "$new_name"
before=$changes
copy_units "$releases/$new_name"
[ "$changes" = "$before" ] || run systemctl daemon-reload

handed_over=''
for unit in $running; do
  step "$unit: its daemon hands over to the new one"
  handed_over="$handed_over $unit"
  run systemctl reload -- "$unit" || put_back
  [ "$dry_run" = no ] || continue
  is_well "$unit" "$new_name" "$(wanted_of "$unit")" || put_back
  is_done 'the stream is as before'
done

step 'Versions that are no longer needed'
kept=0
# The names are our own: no space in them.
# shellcheck disable=SC2045
for name in $(ls -1t "$releases" 2>/dev/null); do
  case "$name" in "$new_name" | "$old") continue ;; esac
  kept=$((kept + 1))
  [ "$kept" = 1 ] || run rm -rf -- "${releases:?}/$name"
done

say ''
if [ "$dry_run" = yes ]; then say 'Nothing was changed.'; else say "$new_name runs. Back to the one before: sudo sh $source/deploy/upgrade.sh ${old##*-}"; fi
