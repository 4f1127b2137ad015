#!/usr/bin/env bash
# The whole program against a real SMTP server on this machine: what arrives, what is said when it does not, and that no kill loses or
# doubles a mail. Prints a table; exits non-zero when a row failed. Nothing leaves 127.0.0.1 but pip, which fetches aiosmtpd and
# cryptography into a folder of its own.
#
#   deploy/test-mail.sh [PROGRAM] [ROW...]
#
# PROGRAM: target/release/forecaster. ROW: only rows whose name has one of these words. FORECASTER_MAIL_KILLS: how many kills, 100.
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
