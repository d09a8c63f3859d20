#!/bin/sh
# For cron and monitors: how the stream is, in one line; --help says more.
set -eu
about() {
  cat <<'EOF'
check_status.sh: the status word of /health and its reason, for cron and monitors

Usage: check_status.sh [--quiet] [--strict] [--instance NAME]

Prints one line such as live OnAir: .... /health gives the same to remote monitors, by HTTP status.

  --quiet             print nothing while all is well, so that cron sends mail only when it is not
  --strict            degraded (on air, but not as wished) is not well
  --instance NAME     the channel of stream-controller@NAME; else STREAM_CONFIG_DIR, else the installed service
  -h, --help          this text

Exit 0: live, degraded, or stopped on purpose; 1: anything else, or no daemon answers; 2: wrong use.
EOF
}
flags='quiet strict'
# shellcheck source=deploy/scripts/operator.sh
. "$(dirname -- "$(readlink -f -- "$0")")/operator.sh"
[ $# = 0 ] || wrong "takes no arguments; found $1"

exit_code=0
line=$(streamctl status --line) || exit_code=$?
if has_flag strict; then case "$line" in degraded*) exit_code=1 ;; esac; fi
if [ "$exit_code" != 0 ] || ! has_flag quiet; then printf '%s\n' "$line"; fi
exit "$exit_code"
