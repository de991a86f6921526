#!/bin/sh
# enter_root.sh ROOT FOLDER COMMAND...: run the command in the folder of the root, which sees this machine's network,
# devices and the PLACES (one a line, read-only). Needs namespaces of its own, with which everything ends that it
# mounts and starts: unshare --mount --pid --fork --kill-child.
set -eu
root=$1
folder=$2
shift 2
# A mount, so that the command may mount its / anew.
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
echo "$PLACES" | while read -r place; do
  [ -n "$place" ] || continue
  if [ -d "$place" ]; then
    mkdir -p "$root$place"
  elif [ ! -e "$root$place" ]; then
    mkdir -p "$root${place%/*}"
    touch "$root$place"
  fi
  mount --bind "$place" "$root$place"
  mount -o remount,bind,ro "$root$place"
done
# Not by exec: this is process 1 of the namespace, and a shell that waits collects orphans, which the command would
# leave lying about.
chroot "$root" env --unset=PLACES --chdir="$folder" "$@"
