#!/bin/sh
#
# Boots the systemd of this machine in a container over the machine's own root, with
# the echod of this build installed, and runs inside.py there.  Prints what that prints
# (TAP), or why this machine cannot do it.
#
# All that is written goes to memory, and what is mounted is seen by nobody else, so
# nothing is left in the end, whatever the end.
#
#     make check TESTS=tests/systemd/boot.sh VERBOSE=1
#
# runs it by hand.  With MUST_BOOT in the environment, a machine that cannot fails.
#
# shellcheck disable=SC2154  # make check sets the variables in small letters
set -eu

skip() {
    if [ -n "${MUST_BOOT-}" ]; then
        echo "Bail out! $*"
        exit 1
    fi
    echo "1..0 # SKIP $*"
    exit 0
}

if [ "${1-}" != mounting ]; then
    [ "$(id -u)" = 0 ] || skip "only root can boot a container"
    command -v systemd-nspawn >/dev/null || skip "no systemd-nspawn (systemd-container)"
    unshare --mount true || skip "this machine permits no mounts"
    exec unshare --mount --propagation private "$0" mounting
fi

# /run of our own: systemd-nspawn keeps notes there, and it has room for the rest.
mount -t tmpfs tmpfs /run
root=/run/root
mkdir /run/upper /run/work $root
mount -t overlay -o lowerdir=/,upperdir=/run/upper,workdir=/run/work overlay $root ||
    skip "this machine has no overlay file system"
[ -x "$root$PYTHON" ] || skip "$PYTHON is not on the root file system"

: >$root/etc/fstab
# An echod that the machine has itself, in whatever state, is out of the way.
rm -rf $root/etc/systemd/system/*echod* $root/etc/systemd/system/*/*echod* \
    "$root$sysconfdir/echod.conf"
env -u MAKEFLAGS make -C "$builddir" install DESTDIR=$root >/run/install 2>&1 || {
    sed 's/^/# /' /run/install
    exit 1
}

mkdir $root/echod-test
cp "$srcdir"/tests/systemd/inside.py "$srcdir"/tests/system/harness.py $root/echod-test
mkdir -p $root/etc/systemd/journald.conf.d
cat >$root/etc/systemd/journald.conf.d/echod-test.conf <<END
[Journal]
Storage=volatile
RateLimitIntervalSec=0
END
# The sanitizers look for leaks by ptrace(2), which the sandbox of the units forbids.
mkdir -p $root/etc/systemd/system.conf.d
cat >$root/etc/systemd/system.conf.d/echod-test.conf <<END
[Manager]
DefaultEnvironment=ASAN_OPTIONS=detect_leaks=0
END
# systemd boots as far as this needs, and not into what else the machine serves.
cat >$root/etc/systemd/system/echod-test.service <<END
[Unit]
After=basic.target
[Service]
Type=oneshot
Environment=sysconfdir=$sysconfdir docdir=$docdir MANPATH=$mandir:
ExecStart=$PYTHON /echod-test/inside.py ${INSIDE-}
ExecStopPost=systemctl --no-block exit
StandardOutput=file:/echod-test/tap
StandardError=inherit
END
# It is found where it was installed, also if systemd would not look there by itself.
# Of descriptors there are as many as here: some versions would have it 4096.
status=0
timeout --kill-after=30 300 systemd-nspawn -D $root --boot --register=no --keep-unit \
    --private-network --setenv=SYSTEMD_UNIT_PATH="$systemdsystemunitdir:" \
    --rlimit=NOFILE="$(prlimit --nofile --output=HARD --noheadings --raw)" \
    systemd.unit=echod-test.service </dev/null >/run/console 2>&1 || status=$?

if [ -s $root/echod-test/tap ]; then
    cat $root/echod-test/tap
else
    sed 's/^/# /' /run/console
    skip "systemd did not boot in a container (status $status)"
fi
