#!/bin/sh
# Puts the stream on air; --help says more.
set -eu
about() {
  cat <<'EOF'
start.sh: put the stream on air, and wait until it is

Usage: start.sh [--instance NAME] [--timeout SECONDS]

Sets running: true in desired.yaml (comments and all else stay), and starts the systemd service if it is
installed and not active.

  --instance NAME     the channel of stream-controller@NAME; else STREAM_CONFIG_DIR, else the installed service
  --timeout SECONDS   how long to wait; default 120
  -h, --help          this text

Exit 0: on air; 1: not within the time, the wish stands; 2: wrong use, or an invalid file.
EOF
}
# shellcheck source=deploy/scripts/operator.sh
. "$(dirname -- "$(readlink -f -- "$0")")/operator.sh"
[ $# = 0 ] || wrong "takes no arguments; found $1"

ensure_daemon
streamctl set running=true --wait --timeout "$timeout"
