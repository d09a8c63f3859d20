# What the operator's scripts beside this file share; they read it with `.` once they have an about().
# shellcheck shell=sh

say() { printf '%s\n' "$*" >&2; }
wrong() { say "$(basename -- "$0"): $*"; exit 2; }

# The release or checkout that the script belongs to, also when it is called through a link.
root=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/../.." && pwd)

has_flag() { case " $chosen " in *" $1 "*) ;; *) return 1 ;; esac; }

streamctl() { "$root/node_modules/.bin/node" "$root/src/cli/streamctl.ts" "$@"; }

# Nothing is waited for in vain: without a daemon the service is started, or the operator told.
ensure_daemon() {
  [ -n "$unit" ] || return 0
  case "$(systemctl show --property ActiveState --value -- "$unit")" in
    active | activating | reloading) ;;
    *)
      say "starting $unit"
      systemctl start -- "$unit" || { say "it did not start; see: journalctl -u $unit -n 30"; exit 1; }
      ;;
  esac
}

# The caller's options, taken off its arguments: --instance NAME, --timeout SECONDS, --help and the words of $flags. Sets
# $timeout, and $chosen to the flags found.
instance='' timeout=120 chosen=''
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) about; exit 0 ;;
    --instance) [ $# -gt 1 ] || wrong '--instance wants a name'; instance=$2; shift ;;
    --timeout) [ $# -gt 1 ] || wrong '--timeout wants seconds'; timeout=$2; shift ;;
    --) shift; break ;;
    --*) case " ${flags-} " in *" ${1#--} "*) chosen="$chosen ${1#--}" ;; *) wrong "unknown option $1; see --help" ;; esac ;;
    -*) wrong "unknown option $1; see --help" ;;
    *) break ;;
  esac
  shift
done
case "$timeout" in '' | 0 | *[!0-9]*) wrong '--timeout: accepted: seconds, 1 or more' ;; esac

# Which channel: --instance NAME, else STREAM_CONFIG_DIR, else the installed service, else the current directory.
unit=''
if [ -n "$instance" ]; then
  case "$instance" in *[!A-Za-z0-9_.-]* | .*) wrong "--instance: accepted: letters, digits, - _ and ." ;; esac
  unit=stream-controller@$instance.service
  STREAM_CONFIG_DIR=/etc/stream-controller/$instance
  : "${STREAM_STATE_DIR:=/var/lib/stream-controller-$instance}"
elif [ -z "${STREAM_CONFIG_DIR-}" ] && [ -d /etc/stream-controller ]; then
  unit=stream-controller.service
  STREAM_CONFIG_DIR=/etc/stream-controller
  : "${STREAM_STATE_DIR:=/var/lib/stream-controller}"
fi
: "${STREAM_CONFIG_DIR:=.}"
[ -d "$STREAM_CONFIG_DIR" ] || wrong "$STREAM_CONFIG_DIR is not a directory"
export STREAM_CONFIG_DIR
[ -z "${STREAM_STATE_DIR-}" ] || export STREAM_STATE_DIR
[ -x "$root/node_modules/.bin/node" ] || wrong "Node is missing in $root: run npm ci there"
if [ -n "$unit" ] && ! systemctl cat -- "$unit" >/dev/null 2>&1; then unit=''; fi
