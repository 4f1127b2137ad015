#!/bin/sh
# Installs the forecaster from a built binary, on systems that do not use .deb packages: with man pages, completions, unit and user.
#
#   deploy/install.sh install   [--prefix /usr/local] [--binary FILE] [--library FILE] [--destdir DIR]
#   deploy/install.sh uninstall [--prefix /usr/local] [--purge] [--destdir DIR]
#
# install also upgrades: it keeps configuration and state, and restarts a running daemon. uninstall keeps configuration and state;
# with --purge it removes them.
# --binary: the program to install, instead of target/release/forecaster.
# --library: a libonnxruntime.so.VERSION to install, instead of the one from the build.
# --destdir: installs into a folder, for a package of another kind. It then starts nothing and creates no user.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
prefix=/usr/local
binary=$here/target/release/forecaster
library=
destdir=
purge=no

say() { printf '%s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }
usage() { sed -n 's/^#   //p' "$0" >&2; exit 2; }

[ $# -gt 0 ] || usage
action=$1
shift
while [ $# -gt 0 ]; do
    case $1 in
        --prefix | --binary | --library | --destdir)
            [ $# -gt 1 ] || usage
            case $1 in
                --prefix) prefix=$2 ;;
                --binary) binary=$2 ;;
                --library) library=$2 ;;
                --destdir) destdir=$2 ;;
            esac
            shift
            ;;
        --purge) purge=yes ;;
        *) usage ;;
    esac
    shift
done
case $prefix in /*) ;; *) fail "--prefix $prefix: expected an absolute path" ;; esac
[ "$action $purge" != "install yes" ] || usage

# Packages put units into /usr/lib, an administrator puts them into /etc.
case $prefix in
    /usr) units=/usr/lib/systemd/system ;;
    *) units=/etc/systemd/system ;;
esac
dropins=$units/forecaster.service.d
sysusers=$prefix/lib/sysusers.d/forecaster.conf
configuration=/etc/forecaster/forecasters.toml

# live: this machine itself is changed. systemd_runs: in addition, systemd runs on it.
live() { [ -z "$destdir" ]; }
systemd_runs() { live && [ -d /run/systemd/system ]; }

put() { # MODE FROM TO
    mkdir -p "$(dirname "$destdir$3")"
    # Copied beside the old file, then renamed, because the binary may be running.
    cp "$2" "$destdir$3.new"
    chmod "$1" "$destdir$3.new"
    mv -f "$destdir$3.new" "$destdir$3"
}

make_user() {
    if command -v systemd-sysusers >/dev/null 2>&1; then
        systemd-sysusers "$sysusers"
    elif ! id forecaster >/dev/null 2>&1; then
        useradd --system --user-group --home-dir /var/lib/forecaster --shell /usr/sbin/nologin forecaster
    fi
}

# N.conf is for systemd N and later; an older systemd would warn about unknown keys.
put_dropins() {
    version=$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
    for file in "$here"/systemd/*.conf; do
        name=$(basename "$file")
        if [ "${version:-0}" -ge "${name%.conf}" ]; then
            sed "s|/usr/bin/forecaster|$prefix/bin/forecaster|" "$file" >"$work/$name"
            put 644 "$work/$name" "$dropins/$name"
        else
            rm -f "$destdir$dropins/$name"
        fi
    done
}

# Installs ONNX Runtime and its notices. Without it, Chronos looks for a library in the system, or is left out.
put_library() {
    if [ -z "$library" ]; then
        for library in "$work"/made/lib/libonnxruntime.so*; do :; done
    elif [ ! -f "$library" ]; then
        fail "there is no $library"
    fi
    [ -f "$library" ] || { say "no ONNX Runtime: Chronos needs one in the system, or --library FILE"; return 0; }
    rm -f "$destdir$prefix"/lib/forecaster/libonnxruntime.so*
    put 644 "$library" "$prefix/lib/forecaster/$(basename "$library")"
    for notice in LICENSE ThirdPartyNotices.txt; do
        from=$(dirname "$library")/$notice
        [ ! -f "$from" ] || put 644 "$from" "$prefix/share/doc/forecaster/onnxruntime/$notice"
    done
}

install_all() {
    [ -x "$binary" ] || fail "there is no $binary: cargo build --release, or name one with --binary"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    upgrade=no
    [ ! -e "$destdir$units/forecaster.service" ] || upgrade=yes
    "$binary" generate "$work/made" >/dev/null

    put 755 "$binary" "$prefix/bin/forecaster"
    put_library
    for page in "$work"/made/man/*.1; do
        put 644 "$page" "$prefix/share/man/man1/$(basename "$page")"
    done
    put 644 "$work/made/completions/forecaster.bash" "$prefix/share/bash-completion/completions/forecaster"
    put 644 "$work/made/completions/_forecaster" "$prefix/share/zsh/site-functions/_forecaster"
    put 644 "$work/made/completions/forecaster.fish" "$prefix/share/fish/vendor_completions.d/forecaster.fish"
    for text in "$here"/README.md "$here"/docs/*.md "$here"/docs/*.png "$here"/docs/architecture/*.md "$here"/docs/reference/*.md \
        "$here"/docs/schema/*.json "$here"/LICENSE-*; do
        put 644 "$text" "$prefix/share/doc/forecaster/${text#"$here"/}"
    done

    put 644 "$here/systemd/forecaster.sysusers" "$sysusers"
    sed "s|/usr/bin/forecaster|$prefix/bin/forecaster|" "$here/systemd/forecaster.service" >"$work/unit"
    put 644 "$work/unit" "$units/forecaster.service"
    put_dropins

    if [ ! -e "$destdir$configuration" ]; then
        put 644 "$work/made/forecasters.toml" "$configuration"
    elif ! cmp -s "$work/made/forecasters.toml" "$destdir$configuration"; then
        put 644 "$work/made/forecasters.toml" "$configuration.new"
        say "$configuration kept; this version's is beside it as forecasters.toml.new"
    fi

    live || return 0
    make_user
    for directory in /var/lib/forecaster /var/log/forecaster; do
        [ -d "$directory" ] || install -d -o forecaster -g forecaster -m 0750 "$directory"
    done
    if ! systemd_runs; then
        say "installed; systemd does not run here, so start it yourself: $prefix/bin/forecaster --config $configuration serve"
        return 0
    fi
    systemctl daemon-reload
    if [ "$upgrade" = yes ]; then
        # A service that was stopped or disabled on purpose stays so.
        systemctl try-restart forecaster || fail "upgraded, but it does not start: journalctl -u forecaster"
    else
        systemctl enable --quiet --now forecaster || fail "installed, but it does not start: journalctl -u forecaster"
    fi
    say "installed, and $(systemctl is-active forecaster): systemctl status forecaster"
}

uninstall_all() {
    if systemd_runs; then
        systemctl disable --quiet --now forecaster 2>/dev/null || true
    fi
    rm -f "$destdir$prefix/bin/forecaster" "$destdir$prefix"/share/man/man1/forecaster.1 \
        "$destdir$prefix"/share/man/man1/forecaster-*.1 "$destdir$prefix/share/bash-completion/completions/forecaster" \
        "$destdir$prefix/share/zsh/site-functions/_forecaster" \
        "$destdir$prefix/share/fish/vendor_completions.d/forecaster.fish" "$destdir$sysusers" "$destdir$units/forecaster.service"
    rm -rf "$destdir$prefix/lib/forecaster" "$destdir$prefix/share/doc/forecaster" "$destdir$dropins"
    if systemd_runs; then
        systemctl daemon-reload
        systemctl reset-failed forecaster 2>/dev/null || true
    fi
    if [ "$purge" = yes ]; then
        # The user stays, because files elsewhere may still belong to its number, which must not be given to another user.
        rm -rf "$destdir/etc/forecaster" "$destdir/var/lib/forecaster" "$destdir/var/log/forecaster"
        say "uninstalled, with configuration and state"
    else
        say "uninstalled; /etc/forecaster, /var/lib/forecaster and /var/log/forecaster are left (--purge removes them)"
    fi
}

if live && [ "$(id -u)" != 0 ]; then
    fail "run it as root, or with --destdir"
fi
case $action in
    install) install_all ;;
    uninstall) uninstall_all ;;
    *) usage ;;
esac
