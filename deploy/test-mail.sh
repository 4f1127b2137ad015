#!/usr/bin/env bash
# Tests the whole program with a real SMTP server on this machine: what arrives, what the program says if a mail does not arrive, and
# that no kill loses or doubles a mail. Prints a table, and exits non-zero if a row failed. All connections stay on 127.0.0.1, except
# those of pip, which fetches aiosmtpd and cryptography into a folder of its own.
#
#   deploy/test-mail.sh [PROGRAM] [ROW...]
#
# PROGRAM: the program to test; target/release/forecaster by default. ROW: tests only rows whose name contains one of these words.
# FORECASTER_MAIL_KILLS: number of kills, 100 by default.
set -euo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)
program=${1:-$repository/target/release/forecaster}
[ $# = 0 ] || shift
[ -x "$program" ] || { echo "test-mail.sh: $program is no program: cargo build --release" >&2; exit 2; }

folder=$(mktemp -d "${TMPDIR:-/tmp}/forecaster-mail.XXXXXX")
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'aiosmtpd>=1.4.6,<2' cryptography
PYTHONDONTWRITEBYTECODE=1 timeout --signal=INT 900 "$folder/venv/bin/python" "$repository/deploy/test_mail.py" "$program" "$@"
