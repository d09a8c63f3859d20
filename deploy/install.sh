#!/bin/sh
# Installs Stream Controller as a systemd service; --help says more.
set -eu
about() {
  cat <<'TEXT'
install.sh: install Stream Controller on this machine, as a systemd service

Usage: sudo sh deploy/install.sh [--dry-run] [--instance NAME]

Run it from a git checkout; what is committed there is installed. Every step is explained and every command shown.
What is there already is left alone, so it can be run again at any time; files in /etc/stream-controller are never
overwritten. The service is not started: first .env has to be filled in.

  /opt/stream-controller        releases, and the link "current" to the one that runs
  /etc/stream-controller        desired.yaml and .env, of one channel
  /var/lib/stream-controller    what the daemon keeps
  /usr/local/bin/streamctl      the command line

  --dry-run         change nothing; show what would be done
  --instance NAME   for one channel more: configuration in /etc/stream-controller/NAME, unit stream-controller@NAME
  -h, --help        this text

Exit 0: installed; 1: a step failed, run it again once that is mended; 2: wrong use, or not on this machine.
TEXT
}
dry_run=no instance=''
# shellcheck source=deploy/scripts/installation.sh
. "$(dirname -- "$(readlink -f -- "$0")")/scripts/installation.sh"

while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) about; exit 0 ;;
    --dry-run) dry_run=yes ;;
    --instance)
      case "${2-}" in '' | .* | *[!A-Za-z0-9_.-]*) wrong '--instance wants a name of letters, digits, - _ and .' ;; esac
      instance=$2
      shift
      ;;
    *) wrong "unknown argument $1; see --help" ;;
  esac
  shift
done
unit=stream-controller${instance:+@$instance}.service
channel_of "$unit"
require_root
require_checkout
lock

step 'This machine: Linux with systemd, on x64 or arm64'
case "$(uname -m)" in x86_64 | aarch64) ;; *) wrong "no Node is pinned for $(uname -m); x86_64 and aarch64 are" ;; esac
require_systemd
# shellcheck source=/dev/null
system=$(. /etc/os-release && printf '%s %s' "$ID" "${VERSION_ID-}")
case "$system" in
  'debian 12' | 'debian 13' | 'ubuntu 24.04') is_done "$system, $(uname -m)" ;;
  *) is_done "$system is none of those this is meant for (Debian 12 and 13, Ubuntu 24.04); going on" ;;
esac

step 'Packages of the distribution: FFmpeg plays and sends; npm brings Node and builds, once; flock guards the stream'
missing=$(sh "$source/deploy/scripts/ensure.sh" missing service)
if [ -z "$missing" ]; then
  is_done 'all there'
elif command -v apt-get >/dev/null; then
  run sh "$source/deploy/scripts/ensure.sh" packages service
else
  wrong "install these with this system's package manager (the names are Debian's): $missing"
fi
ffmpeg=$(ffmpeg -version 2>/dev/null | sed -n '1s/^ffmpeg version n\{0,1\}\([0-9]\{1,3\}\)\.\([0-9]\{1,3\}\).*/\1 \2/p')
case "$ffmpeg" in
  '') is_done 'which version of FFmpeg that is cannot be told; it takes 5.1 or newer' ;;
  [0-4]' '* | '5 0') wrong "FFmpeg ${ffmpeg% *}.${ffmpeg#* } is too old: it takes 5.1 or newer" ;;
esac

step "The user $account: the daemon and its FFmpegs run as it, and it can do nothing else"
if id -- "$account" >/dev/null 2>&1; then
  is_done 'there already'
else
  run useradd --system --user-group --home-dir "$state" --no-create-home --shell /usr/sbin/nologin \
    --comment "$account_comment" "$account"
fi

installed=$(current_release)
if [ -n "$installed" ] && [ -n "$instance" ]; then
  # One channel more of what is there.
  name=$installed
else
  name=$(release_name HEAD)
fi
step "The release $name: packages by the lockfile, Node among them, and the program built from them"
if [ -n "$installed" ] && [ "$installed" != "$name" ]; then
  wrong "$installed is installed; to put $name in its place: sudo sh $source/deploy/upgrade.sh HEAD"
fi
[ -z "$(git_source status --porcelain --untracked-files=no)" ] || is_done 'changes that are not committed are not installed'
build_release HEAD "$name"
[ -n "$installed" ] || run switch_to "$name"
[ -e "$program" ] || run ln -s "$current/deploy/scripts/streamctl.sh" "$program"

step "The configuration in $config_dir, for you to fill in"
[ -d "$configuration" ] || run install -d -m 0750 -g "$account" "$configuration"
[ "$config_dir" = "$configuration" ] || [ -d "$config_dir" ] || run install -d -m 0750 -g "$account" "$config_dir"
[ -e "$config_dir/desired.schema.json" ] || run ln -sf "$current/desired.schema.json" "$config_dir/desired.schema.json"
if [ -e "$config_dir/desired.yaml" ] || [ -L "$config_dir/desired.yaml" ]; then
  is_done 'desired.yaml is there already'
else
  run install -m 0644 "$source/desired.yaml" "$config_dir/desired.yaml"
fi
if [ -e "$config_dir/.env" ] || [ -L "$config_dir/.env" ]; then
  is_done '.env is there already'
else
  run install -m 0600 -o "$account" -g "$account" "$source/.env.example" "$config_dir/.env"
fi
[ -d "$state" ] || run install -d -m 0700 -o "$account" -g "$account" "$state"

step 'The systemd units: started at boot, kept alive, and shut in'
release=$releases/$name
[ -d "$release" ] || release=$source
before=$changes
copy_units "$release"
[ "$changes" = "$before" ] || run systemctl daemon-reload
if systemctl is-enabled --quiet -- "$unit" 2>/dev/null; then is_done "$unit is enabled already"; else run systemctl enable --quiet -- "$unit"; fi

say ''
if [ "$changes" = 0 ]; then
  say 'Nothing had to be changed.'
elif [ "$dry_run" = yes ]; then
  say 'Nothing was changed; without --dry-run all this would be done.'
else
  say 'Installed.'
fi
if ! systemctl is-active --quiet -- "$unit" 2>/dev/null; then
  say "Next, as root:
  1. fill in $config_dir/.env (stream key, store, beside another channel its own STREAM_CONTROLLER_PORT) and $config_dir/desired.yaml (what to play)
  2. systemctl start $unit
  3. sudo -u stream streamctl status"
fi
