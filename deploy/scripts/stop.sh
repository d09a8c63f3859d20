#!/bin/sh
# Takes the stream off air; --help says more.
set -eu
about() {
  cat <<'EOF'
stop.sh: take the stream off air, and wait until it is

Usage: stop.sh [--instance NAME] [--timeout SECONDS]

Sets running: false in desired.yaml (comments and all else stay). The daemon stays up and answers stopped;
start.sh puts the stream on air again. A reboot changes nothing of it.

  --instance NAME     the channel of stream-controller@NAME; else STREAM_CONFIG_DIR, else the installed service
  --timeout SECONDS   how long to wait; default 120
  -h, --help          this text

Exit 0: off air; 1: not within the time, the wish stands; 2: wrong use, or an invalid file.
EOF
}
# shellcheck source=deploy/scripts/operator.sh
. "$(dirname -- "$(readlink -f -- "$0")")/operator.sh"
[ $# = 0 ] || wrong "takes no arguments; found $1"

streamctl set running=false --wait --timeout "$timeout" || {
  exit_code=$?
  [ -z "$unit" ] || say "systemctl stop $unit takes the stream off air whatever the file says"
  exit "$exit_code"
}
