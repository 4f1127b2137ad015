#!/bin/sh
# Builds the Debian package and prints its path. Options are passed to cargo-deb, for example --deb-version 0.1.1-1 or --output DIR.
# Needs Rust, a C compiler and dpkg-dev, and python3 with pip, or uv, for ONNX Runtime and the list of contents.
#
# --tools: only installs the tools that the script needs, into target/tools.
# FORECASTER_BUILT=debug: packages the existing target/debug/forecaster and builds nothing. This is for `.ci/run`, whose tests have
# built that program. It is slow, and has all the checks of a development build.
set -eu
cd "$(dirname "$0")/.."

cargo_deb=3.8.0

target=$(cargo metadata --no-deps --format-version 1 --locked | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
tools=$target/tools
built=${FORECASTER_BUILT:-release}
package=$target/$built/package
cyclonedx=11.12.0

if [ "$("$tools/bin/cargo-deb" --version 2>/dev/null)" != "cargo-deb $cargo_deb" ]; then
    # Without the wrapper, which is meant for our own crates.
    env -u RUSTC_WORKSPACE_WRAPPER cargo install --quiet --locked --root "$tools" --target-dir "$tools/build" --version "$cargo_deb" cargo-deb >&2
fi

if [ ! -d "$tools/sbom-$cyclonedx" ]; then
    rm -rf "$tools"/sbom-* "$tools/sbom.new"
    library="cyclonedx-python-lib[json-validation]==$cyclonedx"
    if python3 -m pip --version >/dev/null 2>&1; then
        python3 -m pip install --quiet --disable-pip-version-check --target "$tools/sbom.new" "$library" >&2
    else
        uv pip install --quiet --target "$tools/sbom.new" "$library" >&2
    fi
    mv "$tools/sbom.new" "$tools/sbom-$cyclonedx"
fi
[ "${1:-}" != --tools ] || exit 0

[ "$built" = debug ] || cargo build --release --locked >&2
rm -rf "$package"
"$target/$built/forecaster" generate "$package" >&2
if [ ! -d "$package/lib" ]; then
    echo "build-deb.sh: this build has no ONNX Runtime, and a package without it would lose Chronos" >&2
    exit 1
fi
deploy/notices.sh >"$package/rust-crates.txt"
cat "$package/lib/LICENSE" "$package/lib/ThirdPartyNotices.txt" >"$package/onnxruntime.txt"
gzip -9n "$package"/*.txt "$package"/man/*.1

# The time of the commit is used, so that the same sources give the same package.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
onnxruntime=$(basename "$package"/lib/libonnxruntime.so.*)
PYTHONPATH=$tools/sbom-$cyclonedx deploy/sbom.py --onnxruntime "${onnxruntime#libonnxruntime.so.}" >"$package/sbom.cdx.json"
# A development build is three times as large, and its package is thrown away: compress it fast.
[ "$built" = release ] || set -- --profile dev --fast "$@"
PATH=$tools/bin:$PATH cargo deb --quiet --package forecaster --no-build --locked "$@"
