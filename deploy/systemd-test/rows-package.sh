# shellcheck shell=bash disable=SC2015,SC2016,SC2154 # "a && b || fail"; text for other programs; variables of the caller
# Rows about the package on a running system: upgrade, remove, install again, purge.

# Makes the same package with a higher version.
newer_package() { # FILE
    local folder
    folder=$(mktemp -d)
    dpkg-deb --raw-extract "$deb" "$folder/package" &&
        sed -i 's/^Version: .*/Version: 99.0-1/' "$folder/package/DEBIAN/control" &&
        dpkg-deb --root-owner-group -Zgzip -z1 --build "$folder/package" "$1" >/dev/null
    local status=$?
    rm -rf "$folder"
    return $status
}

row_upgrade() {
    local pid runs edit said
    newer_package "$root/root/newer.deb" || { echo "could not make a newer package"; return 1; }
    is_active || { echo "not active before"; return 1; }
    set_key horizons.7d lookback 1234
    edit=$(sha256sum <"$root$configuration")
    runs=$(metrics | wc -l)
    pid=$(main_pid)
    said=$(inside dpkg --install /root/newer.deb 2>&1) || { echo "$said"; return 1; }
    [ "$(sha256sum <"$root$configuration")" = "$edit" ] || { echo "the edit is gone"; return 1; }
    [ "$(metrics | wc -l)" -ge "$runs" ] && [ -f "$root/var/lib/forecaster/ledger.sqlite" ] || { echo "state is gone"; return 1; }
    has_new_pid "$pid" || { echo "not restarted"; return 1; }
    inside test "/proc/$(main_pid)/exe" -ef /usr/bin/forecaster || { echo "still the old binary"; return 1; }
    echo "now $(inside dpkg-query --show --showformat '${Version}' forecaster); edit and state kept; process $pid -> $(main_pid)"
}

row_remove() {
    local said
    said=$(inside dpkg --remove forecaster 2>&1) || { echo "$said"; return 1; }
    has_no_children && [ "$(main_pid)" = 0 ] || { echo "still running"; return 1; }
    [ ! -e "$root/usr/bin/forecaster" ] || { echo "the binary is still there"; return 1; }
    [ -f "$root$configuration" ] && [ -f "$root/var/lib/forecaster/ledger.sqlite" ] && metrics | grep -q . ||
        { echo "configuration or state is gone"; return 1; }
    echo "stopped and gone; configuration, ledger, reports and metrics are still there"
}

row_install_again() {
    local said
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    said=$(inside dpkg --install /root/forecaster.deb 2>&1) || { echo "$said"; return 1; }
    is_active && { echo "started although policy-rc.d forbids it"; return 1; }
    rm "$root/usr/sbin/policy-rc.d"
    said=$(inside dpkg-reconfigure --frontend=noninteractive forecaster 2>&1) || { echo "$said"; return 1; }
    is_active || { echo "not started: $(property ActiveState)"; return 1; }
    grep -q '^lookback = 1234' "$root$configuration" || { echo "the edit is gone"; return 1; }
    echo "not started while policy-rc.d forbids it; then started, with the edited configuration"
}

row_purge() {
    local said left
    said=$(inside dpkg --purge forecaster 2>&1) || { echo "$said"; return 1; }
    left=$(find "$root"/etc "$root"/usr "$root"/var/lib "$root"/var/log -iname '*forecaster*' \
        -not -path '*/var/lib/dpkg/*' -not -path '*/var/log/journal/*' 2>/dev/null)
    [ -z "$left" ] || { echo "left: $left"; return 1; }
    [ "$(property LoadState)" = not-found ] || { echo "systemd still knows it: $(property LoadState)"; return 1; }
    echo "nothing left but the user"
}

# Tests install.sh, the other way to install, on the same system after the purge.
row_install_script() {
    local folder=$root/opt/source said left
    mkdir -p "$folder/deploy"
    cp "$repository/deploy/install.sh" "$folder/deploy/"
    cp -r "$repository"/{systemd,docs,README.md,LICENSE-MIT,LICENSE-APACHE} "$folder/"
    dpkg-deb --fsys-tarfile "$deb" | tar --extract --directory="$folder" ./usr/bin ./usr/lib/forecaster
    local options=(--binary /opt/source/usr/bin/forecaster --library /opt/source/usr/lib/forecaster/libonnxruntime.so.1.32.0)
    said=$(inside /opt/source/deploy/install.sh install "${options[@]}" 2>&1) || { echo "$said"; return 1; }
    is_active || { echo "not active: $said"; return 1; }
    said=$(inside /opt/source/deploy/install.sh install "${options[@]}" 2>&1) || { echo "a second time: $said"; return 1; }
    is_active || { echo "not active after the second time: $said"; return 1; }
    inside test "/proc/$(main_pid)/exe" -ef /usr/local/bin/forecaster || { echo "another binary runs"; return 1; }
    echo "installed twice in /usr/local, active;"
    said=$(inside /opt/source/deploy/install.sh uninstall --purge 2>&1) || { echo "$said"; return 1; }
    left=$(find "$root"/etc "$root"/usr "$root"/var/lib "$root"/var/log -iname '*forecaster*' \
        -not -path '*/var/lib/dpkg/*' -not -path '*/var/log/journal/*' 2>/dev/null)
    [ -z "$left" ] || { echo "left: $left"; return 1; }
    echo "uninstall --purge leaves nothing"
}
