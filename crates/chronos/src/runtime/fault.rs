//! Why a library that was looked at cannot be taken for ONNX Runtime: told by its file before it is loaded, or by the
//! attempt to load it.

use std::path::PathBuf;

/// Why one library cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Nothing at that path.
    #[error("there is no such file")]
    Missing,
    /// No library of that name where the system keeps its libraries.
    #[error("it is not in LD_LIBRARY_PATH, the directories of /etc/ld.so.conf or /usr/lib")]
    NotInstalled,
    /// The operating system refused.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// Some other kind of file, or half of one.
    #[error("it is not a whole 64-bit ELF shared library")]
    NotALibrary,
    /// A library for another kind of processor.
    #[error("it is a library for {found}, this program runs on {}", std::env::consts::ARCH)]
    OtherMachine {
        /// The processor it was built for.
        found: String,
    },
    /// Some other library.
    #[error("it is not ONNX Runtime: it does not export OrtGetApiBase")]
    NoEntryPoint,
    /// A library that has the function, but was not linked the way every ONNX Runtime for Linux is.
    #[error("it is not ONNX Runtime: its OrtGetApiBase bears no version (VERS_1.x)")]
    NoVersion,
    /// An ONNX Runtime that lacks functions that are needed.
    #[error("it is ONNX Runtime {version}, version 1.{} or later is needed", ort::MINOR_VERSION)]
    TooOld {
        /// The version found.
        version: String,
    },
    /// Another library was taken before, and did not work; ort cannot let it go.
    #[error("this process holds {} already, and cannot exchange it; restart it", .0.display())]
    Held(PathBuf),
    /// The system's loader or ONNX Runtime itself refused, in their own words.
    #[error("{0}")]
    Refused(String),
}
