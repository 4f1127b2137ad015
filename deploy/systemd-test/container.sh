# shellcheck shell=bash disable=SC2015,SC2016,SC2154 # "a && b || fail"; text for other programs; variables of the caller
# A Debian in systemd-nspawn. It is made once and kept in the cache. Each test copies it, boots the copy, and always stops it.

# The root file system of this test, and the process id of its systemd on this machine.
root=
leader=
nspawn=
# yes: this machine can boot no container, whatever is in it.
cannot_boot=no

# Prints the mirror that this machine's apt uses.
apt_mirror() {
    apt-get indextargets --format "\$(LABEL) \$(SITE)" 'Created-By: Packages' | sed -n 's/^Debian //p' | head -n 1
}

# Prints the folder of a fresh Debian, without the program.
base_of() { # SUITE
    local kept mirror
    kept=${XDG_CACHE_HOME:-$HOME/.cache}/forecaster-systemd-test/$1-$(dpkg --print-architecture)
    if [ ! -d "$kept" ]; then
        mirror=${MIRROR:-$(apt_mirror)}
        [ -n "$mirror" ] || { echo "apt names no Debian mirror; set MIRROR" >&2; return 1; }
        mkdir -p "${kept%/*}"
        rm -rf "$kept.part"
        debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus "$1" "$kept.part" "$mirror" >"$kept.log" 2>&1 ||
            { tail -n 5 "$kept.log" >&2; return 1; }
        rm -rf "$kept.part"/var/cache/apt/archives/*.deb "$kept.part"/var/lib/apt/lists/*
        mv "$kept.part" "$kept"
    fi
    echo "$kept"
}

# Boots $root, and returns when its systemd has started everything.
boot() {
    systemd-nspawn --quiet --directory="$root" --boot --register=no --keep-unit --private-network --console=pipe \
        </dev/null >"$root.log" 2>&1 &
    nspawn=$!
    cannot_boot=yes
    wait_until 30 has_leader || { echo "systemd-nspawn did not start: $(tail -n 3 "$root.log")"; return 1; }
    leader=$(pgrep --parent "$nspawn" | head -n 1)
    wait_until 60 answers || { echo "the container's systemd does not answer: $(tail -n 3 "$root.log")"; return 1; }
    cannot_boot=no
    wait_until 90 is_up || { echo "not up after 90 s"; return 1; }
}

has_leader() { pgrep --parent "$nspawn" >/dev/null; }

answers() { inside systemctl is-system-running 2>/dev/null | grep -q .; }

is_up() { inside systemctl is-system-running 2>/dev/null | grep -qE '^(running|degraded)$'; }

# Runs a command in the container.
inside() {
    nsenter --target "$leader" --all -- \
        env --ignore-environment PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 SYSTEMD_PAGER=cat DEBIAN_FRONTEND=noninteractive "$@"
}

# The same, as the service's user and with the service's configuration.
as_service() { inside runuser -u forecaster -- forecaster --config /etc/forecaster/forecasters.toml "$@"; }

# Stops the container in any state, and removes its folder.
discard() {
    if [ -n "$nspawn" ] && kill -0 "$nspawn" 2>/dev/null; then
        if [ -n "$leader" ]; then
            inside systemctl poweroff >/dev/null 2>&1
            wait_until 20 has_ended || kill -KILL "$leader"
        else
            kill -KILL "$nspawn"
        fi
        wait "$nspawn" 2>/dev/null
    fi
    if [ -n "$root" ] && [ "$keep" = no ]; then
        # --one-file-system: nothing should be mounted below the folder any more; if something is, it is not deleted.
        rm -rf --one-file-system "$root" "$root.log" "$root.seen"
    fi
}

has_ended() { ! kill -0 "$nspawn" 2>/dev/null; }
