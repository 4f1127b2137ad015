//! Sets the cfg `onnxruntime` for the tests when the build has an ONNX Runtime; without it the tests that need one
//! are visibly ignored.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(onnxruntime)");
    // Set by the build script of forecaster-chronos.
    if std::env::var_os("DEP_FORECASTER_ONNXRUNTIME_LIBRARY").is_some_and(|library| !library.is_empty()) {
        println!("cargo::rustc-cfg=onnxruntime");
    }
}
