# Runs a command in an image's files the way compose.yaml hardens it: first process of its own
# process namespace, root file system read-only, no capability, no new privilege, no other group.
# usage (under `unshare --mount --pid --fork`): confine.sh ROOT STATE SECRETS UID:GID COMMAND…
set -eu
root=$1 state=$2 secrets=$3 user=$4
shift 4
mkdir -p "$root/run/secrets"
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o nosuid,noexec,mode=1777 tmpfs "$root/tmp"
mount --bind "$state" "$root/var/lib/countersign"
mount --bind "$secrets" "$root/run/secrets"
mount -o remount,bind,ro "$root/run/secrets"
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
for device in null zero random urandom; do
  : > "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mount -o remount,bind,ro "$root"
cd "$root"
exec chroot "$root" setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups \
  --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
