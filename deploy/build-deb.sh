#!/bin/sh
# Builds the Debian package and prints its path. Options are handed on to cargo-deb, for instance --deb-version 0.1.1-1
# or --output DIR. Needs Rust, a C compiler, dpkg-dev, and pip or uv for ONNX Runtime.
set -eu
cd "$(dirname "$0")/.."

cargo_deb=3.8.0

target=$(cargo metadata --no-deps --format-version 1 --locked | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
tools=$target/tools
package=$target/release/package

if [ "$("$tools/bin/cargo-deb" --version 2>/dev/null)" != "cargo-deb $cargo_deb" ]; then
    cargo install --quiet --locked --root "$tools" --target-dir "$tools/build" --version "$cargo_deb" cargo-deb >&2
fi

cargo build --release --locked >&2
rm -rf "$package"
"$target/release/forecaster" generate "$package" >&2
if [ ! -d "$package/lib" ]; then
    echo "build-deb.sh: this build has no ONNX Runtime, and a package without it would lose Chronos" >&2
    exit 1
fi
deploy/notices.sh >"$package/rust-crates.txt"
cat "$package/lib/LICENSE" "$package/lib/ThirdPartyNotices.txt" >"$package/onnxruntime.txt"
gzip -9n "$package"/*.txt "$package"/man/*.1

# The time of the commit, so that the same sources give the same package.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
PATH=$tools/bin:$PATH cargo deb --quiet --package forecaster --no-build --locked "$@"
