#!/usr/bin/env bash
# Tests the daemon under a real systemd: installs the package in a fresh Debian, boots it with systemd-nspawn, and checks the output
# of systemctl and journalctl. Prints a table, and exits non-zero if a row failed. Exits with 77 if this machine cannot make or boot
# such a container at all.
#
#   deploy/test-systemd.sh [--deb FILE] [--suite bookworm] [--keep] [--prepare]
#
# Needs root, debootstrap and systemd-container. The Debian is made once and kept in ~/.cache/forecaster-systemd-test, from the
# mirror of this machine's apt or from $MIRROR.
# --deb: tests this package instead of building one. --keep: keeps the container's folder.
# --prepare: only makes the Debian, and installs the tools that build the package.
# shellcheck disable=SC2034,SC2154 # used and set in systemd-test/
set -uo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)
deb=
suite=bookworm
keep=no
prepare=no

usage() { sed -n 's/^#   //p' "$0" >&2; exit 2; }
while [ $# -gt 0 ]; do
    case $1 in
        --deb) deb=$(realpath -e "${2:-}") || exit 2; shift ;;
        --suite) suite=${2:-}; shift ;;
        --keep) keep=yes ;;
        --prepare) prepare=yes ;;
        *) usage ;;
    esac
    shift
done
[ "$(id -u)" = 0 ] || { echo "test-systemd.sh: run it as root" >&2; exit 2; }
for tool in debootstrap systemd-nspawn nsenter dpkg-deb jq; do
    command -v "$tool" >/dev/null || { echo "test-systemd.sh: $tool is missing: apt-get install debootstrap systemd-container jq" >&2; exit 2; }
done

for part in "$repository"/deploy/systemd-test/*.sh; do
    # shellcheck source=/dev/null
    . "$part"
done

if [ "$prepare" = yes ]; then
    base_of "$suite" >/dev/null || exit 77
    exec "$repository/deploy/build-deb.sh" --tools
fi

trap discard EXIT
trap 'exit 130' INT TERM

if [ -z "$deb" ]; then
    deb=$("$repository/deploy/build-deb.sh") || exit 1
fi
base=$(base_of "$suite") || exit 77
root=$(mktemp -d "${TMPDIR:-/tmp}/forecaster-systemd.XXXXXX")
cp --archive --reflink=auto "$base/." "$root"
echo "$deb in Debian $suite"

row "installed where no systemd runs" row_installed
row "list of what is in the package" row_contents
row "boots, and starts by itself" row_boots
if [ "$failed" -gt 0 ]; then
    print_table
    [ "$cannot_boot" = no ] || exit 77
    exit 1
fi
row "start: active (running) after READY" row_start
row "status text" row_status
row "pages over HTTP" row_http
row "unit file" row_verify
row "sandbox" row_security
row "bad edit refused, old one alive" row_bad_edit
row "scheduled run" row_scheduled_run
row "Chronos switched on by edit and reload" row_chronos
row "doctor" row_doctor
row "guard: suspended, resumed" row_guard
row "the documents' commands" row_documents
row "backup and restore by root" row_backup
row "stopped in a run: made up for once" row_stopped_run
row "stopped in a run: finished in its grace" row_graceful_stop
row "kill -9 in a run" row_killed_run
row "SIGSTOP: the watchdog" row_watchdog
row "failed start: port taken" row_port_taken
row "failed start: state read-only" row_state_read_only
row "failed start: disk full" row_disk_full
row "failed start: no configuration" row_no_configuration
row "failed start: no credential" row_no_credential
row "credential handed over" row_credential
row "second daemon refused" row_second_daemon
row "upgrade" row_upgrade
row "remove" row_remove
row "install again" row_install_again
row "purge" row_purge
row "install.sh, twice, and its uninstall" row_install_script

print_table
[ "$failed" = 0 ]
