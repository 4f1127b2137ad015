//! Tells the tests whether the build has an ONNX Runtime: those that need one are ignored, visibly, where it has none.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(onnxruntime)");
    // Set by the build script of forecaster-chronos.
    if std::env::var_os("DEP_FORECASTER_ONNXRUNTIME_LIBRARY").is_some_and(|library| !library.is_empty()) {
        println!("cargo::rustc-cfg=onnxruntime");
    }
}
