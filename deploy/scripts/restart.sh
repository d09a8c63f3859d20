#!/bin/sh
# Begins a new session at the ingest; --help says more.
set -eu
about() {
  cat <<'EOF'
restart.sh: off air and on again, with a new session at the ingest

Usage: restart.sh [--instance NAME] [--timeout SECONDS]

Restarts the systemd service; desired.yaml is not touched, so the wish cannot be lost half-way. To put a new
version in place without a drop, use deploy/upgrade.sh, or systemctl reload.

  --instance NAME     the channel of stream-controller@NAME; default: stream-controller.service
  --timeout SECONDS   how long to wait; default 120
  -h, --help          this text

Exit 0: on air again (or still off air, if desired.yaml says so); 1: not within the time; 2: wrong use.
EOF
}
# shellcheck source=deploy/scripts/operator.sh
. "$(dirname -- "$(readlink -f -- "$0")")/operator.sh"
[ $# = 0 ] || wrong "takes no arguments; found $1"
[ -n "$unit" ] || wrong 'no systemd service goes with this configuration: end the daemon (SIGTERM) and start it again'

say "restarting $unit"
systemctl restart -- "$unit" || { say "it did not start; see: journalctl -u $unit -n 30"; exit 1; }
streamctl set --wait --timeout "$timeout"
