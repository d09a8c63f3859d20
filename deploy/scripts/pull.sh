#!/bin/sh
# Brings a configuration directory that is a git checkout to the newest commit of its upstream branch:
#
#   pull.sh [DIRECTORY]     default: STREAM_CONFIG_DIR, or the current directory
#
# A commit counts only if it is a fast-forward, every desired.yaml in it is valid, and no .env is in it. Otherwise the
# checkout stays as it is, the reason is told, and the next commit is looked at the next time. The daemon is not asked
# and never waits: it sees the file change.
#
# Exit 0: at the newest commit; 1: not, and why is on stderr. Under systemd complaints are errors in the journal.
set -eu

say() { printf '%s\n' "$*"; }
# journald takes the priority off the beginning of a line.
as_errors() { if [ -n "${JOURNAL_STREAM-}" ]; then sed 's/^/<3>/' >&2; else cat >&2; fi; }
fail() { say "$*" | as_errors; exit 1; }
refuse() { fail "$(git log -1 --format='commit %h (%s) is not taken:' "$new") $*"; }

release=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
PATH=$release/node_modules/.bin:$PATH
validate() { "$release/dist/streamctl.js" validate -; }

cd -- "${1:-${STREAM_CONFIG_DIR:-.}}"
# Nobody is there to be asked for a password or a host key.
export GIT_TERMINAL_PROMPT=0 GIT_SSH_COMMAND="${GIT_SSH_COMMAND:-ssh -o BatchMode=yes}"

top=$(git rev-parse --show-toplevel 2>/dev/null) || fail "$PWD is no git checkout of this user's"
cd -- "$top"
git rev-parse --verify --quiet '@{upstream}' >/dev/null ||
  fail "the checkout in $PWD follows no branch of a remote; run there: git branch --set-upstream-to=origin/BRANCH"
said=$(timeout 60 git fetch --quiet 2>&1) || fail "git fetch failed: $said"
new=$(git rev-parse --verify '@{upstream}')
[ "$new" != "$(git rev-parse --verify HEAD)" ] || exit 0

git merge-base --is-ancestor HEAD "$new" || refuse "it does not follow the one here; see git log HEAD...@{upstream}"

# With -z no name is quoted, whatever is in it; a line feed within a name is shown as a question mark.
names=$(git ls-tree -r -z --name-only "$new" | tr '\n\0' '?\n')
secret=$(say "$names" | grep -m 1 -e '^\.env$' -e '/\.env$') && refuse "$secret is in it; secrets do not belong in a repository"
wishes=$(say "$names" | grep -e '^desired\.yaml$' -e '/desired\.yaml$') || refuse 'no desired.yaml is in it'
problems=$(
  say "$wishes" | while IFS= read -r wish; do
    said=$(git show "$new:$wish" | validate 2>&1 >/dev/null) ||
      say "$said" | while IFS= read -r line; do say "$wish:${line#*:}"; done
  done
)
[ -z "$problems" ] || refuse "$problems"

said=$(git merge --ff-only --quiet "$new" 2>&1) || refuse "$said"
say "$wishes" | while IFS= read -r wish; do
  say "$(git log -1 --format='at commit %h (%s):' HEAD) $wish is $(sha256sum <"$wish" | cut -c 1-12)"
done
