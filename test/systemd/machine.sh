#!/bin/sh
# The part of a test machine that runs inside its namespaces; machine.ts calls it.
#
#   machine.sh room DIR LOWER [SHARE TARGET]...   in fresh mount, network and UTS namespaces: lays a writable root over
#                                                 LOWER, says "ready", and keeps the namespaces until stdin ends
#   machine.sh boot DIR CGROUP                    in the room's namespaces: becomes PID 1 of a machine on that root
#   machine.sh init DIR                           what boot becomes once it has namespaces of its own
#
# Nothing is written to the host but the empty cgroup CGROUP, which machine.ts removes.
set -eu

# What a container has no use for, or what would reach for the host's hardware.
masked='systemd-udevd.service systemd-udev-trigger.service systemd-udevd-kernel.socket systemd-udevd-control.socket
systemd-modules-load.service systemd-sysctl.service systemd-hwdb-update.service systemd-logind.service getty.target
serial-getty@.service console-getty.service sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount
sys-fs-fuse-connections.mount dev-hugepages.mount dev-mqueue.mount proc-sys-fs-binfmt_misc.automount
systemd-remount-fs.service systemd-update-utmp.service systemd-update-utmp-runlevel.service
systemd-random-seed.service systemd-machine-id-commit.service systemd-firstboot.service
systemd-networkd-wait-online.service e2scrub_reap.service'

room() {
  dir=$1 lower=$2
  shift 2
  mount -t tmpfs -o mode=755 machine "$dir"
  mkdir "$dir/upper" "$dir/work" "$dir/root" "$dir/cgroup"
  mount -t overlay -o "lowerdir=$lower,upperdir=$dir/upper,workdir=$dir/work" overlay "$dir/root"
  mount -t cgroup2 cgroup2 "$dir/cgroup"
  ip link set lo up
  furnish "$dir/root"
  while [ $# -gt 1 ]; do
    mkdir -p "$dir/root$2"
    mount --bind -o ro "$1" "$dir/root$2"
    shift 2
  done
  echo ready
  exec cat >/dev/null
}

# Once for all boots: a root that starts nothing of the host's own services.
furnish() {
  root=$1
  mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/tmp" "$root/etc/systemd/system"
  rm -f "$root"/etc/systemd/system/*.wants/* "$root"/etc/rc[S0-6].d/[SK]* "$root/usr/sbin/policy-rc.d"
  for unit in $masked; do ln -sf /dev/null "$root/etc/systemd/system/$unit"; done
  mkdir -p "$root/etc/systemd/journald.conf.d" "$root/etc/systemd/system.conf.d"
  printf '[Journal]\nStorage=persistent\nReadKMsg=no\nRateLimitIntervalSec=0\nForwardToConsole=no\n' \
    >"$root/etc/systemd/journald.conf.d/machine.conf"
  printf '[Manager]\nStatusUnitFormat=name\n' >"$root/etc/systemd/system.conf.d/machine.conf"
  rm -rf "$root/var/log/journal"
  mkdir -p "$root/var/log/journal"
  echo test-machine >"$root/etc/hostname"
  : >"$root/etc/fstab"
  rm -f "$root/etc/machine-id"
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
}

boot() {
  dir=$1 group=$dir/cgroup$2
  mkdir -p "$group"
  echo $$ >"$group/cgroup.procs"
  # The machine dies with this process, and this one with whoever started it.
  exec unshare --mount --pid --ipc --uts --cgroup --fork --kill-child=SIGKILL --propagation private sh "$0" init "$dir"
}

init() {
  root=$1/root
  mount -t proc proc "$root/proc"
  mount -t sysfs -o ro sysfs "$root/sys"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  mount -t tmpfs -o mode=755 dev "$root/dev"
  mkdir "$root/dev/pts" "$root/dev/shm"
  for node in null zero full random urandom tty; do
    : >"$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
  done
  mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  ln -s /proc/self/fd/0 "$root/dev/stdin"
  ln -s /proc/self/fd/1 "$root/dev/stdout"
  ln -s /proc/self/fd/2 "$root/dev/stderr"
  mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
  mount -t tmpfs -o mode=755 run "$root/run"
  mount -t tmpfs -o mode=1777 tmp "$root/tmp"
  cd "$root"
  mkdir -p .old
  pivot_root . .old
  umount -l /.old
  mount --make-rshared /
  exec env -i container=test-machine LANG=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --unit=multi-user.target --show-status=false
}

task=$1
shift
case "$task" in
  room) room "$@" ;;
  boot) boot "$@" ;;
  init) init "$@" ;;
esac
