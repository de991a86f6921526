#!/bin/sh
# read_only.sh FOLDER COMMAND...: run the command where nothing but FOLDER can be written to, as in a container whose
# root file system is read-only. Needs a mount namespace of its own: unshare --mount.
set -eu
folder=$1
shift
mount --make-rprivate /
mount --bind "$folder" "$folder"
while read -r _ _ _ _ point _; do
  case "$point" in
    "$folder" | /dev | /dev/* | /proc | /proc/* | /sys | /sys/*) ;;
    *) mount -o remount,bind,ro "$point" ;;
  esac
done < /proc/self/mountinfo
exec "$@"
