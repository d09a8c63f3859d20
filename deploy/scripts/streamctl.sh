#!/bin/sh
# streamctl as /usr/local/bin has it: with the Node of its release, and for the installed service unless the environment
# says otherwise.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/../.." && pwd)
PATH=$root/node_modules/.bin:$PATH
if [ -z "${STREAM_CONFIG_DIR-}" ] && [ -d /etc/stream-controller ]; then
  STREAM_CONFIG_DIR=/etc/stream-controller
  : "${STREAM_STATE_DIR:=/var/lib/stream-controller}"
  export STREAM_CONFIG_DIR STREAM_STATE_DIR
fi
export PATH
exec "$root/dist/streamctl.js" "$@"
