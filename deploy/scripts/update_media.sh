#!/bin/sh
# Puts other media on air; --help says more.
set -eu
about() {
  cat <<'EOF'
update_media.sh: put other media on air within the same session, and wait until it is

Usage: update_media.sh [--force] [--instance NAME] [--timeout SECONDS] KEY [KEY...]

Sets media in desired.yaml: one KEY is an object key, or a prefix if it ends in /; several are a list, played in
this order. Comments and all else in the file stay. Nothing is written if the file would not be valid, or if the
store says that it has no such object.

  --force             also if the store has no such object (yet)
  --instance NAME     the channel of stream-controller@NAME; else STREAM_CONFIG_DIR, else the installed service
  --timeout SECONDS   how long to wait; default 120
  -h, --help          this text
  --                  what follows is a key, even if it begins with a dash

Examples:
  update_media.sh loops/rain.mp4
  update_media.sh "night one.mp4" "night two.mp4"
  update_media.sh loops/

Exit 0: on air (or accepted, while running is false); 1: no such object, or not within the time; 2: wrong use, or
an invalid file.
EOF
}
flags=force
# shellcheck source=deploy/scripts/operator.sh
. "$(dirname -- "$(readlink -f -- "$0")")/operator.sh"
[ $# -gt 0 ] || wrong 'which media? an object key, several, or a prefix that ends in /'

# Each key as streamctl set has it: a comma within it does not end it.
for key in "$@"; do
  set -- "$@" "media=$(printf '%s' "$key" | sed 's/[\\,]/\\&/g')"
  shift
done
if has_flag force; then set -- "$@" --force; fi
streamctl set "$@" --wait --timeout "$timeout"
