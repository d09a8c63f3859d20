#!/bin/sh
# The last step of `npm ci`, in the directory that it has filled: the pinned Node where programs look for it, and the
# program built by it.
#
#   prepare.sh         both; the build only where the development packages are
#   prepare.sh link    the first
set -eu

# npm 8 to 10, which Debian and Ubuntu have, takes the link away again when it cleans up after the Node for the other
# machine type (npm/cli issue 4362).
link_node() {
  for node in node_modules/node-linux-*/bin/node; do
    if [ -x "$node" ] && [ ! -x node_modules/.bin/node ]; then
      ln -sf "../${node#node_modules/}" node_modules/.bin/node
    fi
  done
}

link_node
[ "${1-}" != link ] || exit 0
if [ -d node_modules/rolldown ]; then
  node_modules/.bin/node deploy/package/build.ts
else
  echo 'dist not built: the development packages were left out'
fi
