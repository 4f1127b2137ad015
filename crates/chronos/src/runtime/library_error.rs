//! Reasons why a library cannot be used as ONNX Runtime, found in its file before it is loaded, or by the attempt to
//! load it.

use std::path::PathBuf;

/// Reason why one library cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// Nothing at that path.
    #[error("there is no such file")]
    Missing,
    /// No library of that name in the system's library directories.
    #[error("it is not in LD_LIBRARY_PATH, the directories of /etc/ld.so.conf or /usr/lib")]
    NotInstalled,
    /// The operating system refused access.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// Another kind of file, or an incomplete one.
    #[error("it is not a whole 64-bit ELF shared library")]
    NotALibrary,
    /// A library for another kind of processor.
    #[error("it is a library for {found}, this program runs on {}", std::env::consts::ARCH)]
    OtherMachine {
        /// The processor it was built for.
        found: String,
    },
    /// Another library.
    #[error("it is not ONNX Runtime: it does not export OrtGetApiBase")]
    NoEntryPoint,
    /// A library that has the function, but was not linked as every ONNX Runtime for Linux is.
    #[error("it is not ONNX Runtime: its OrtGetApiBase has no symbol version (VERS_1.x)")]
    NoVersion,
    /// An ONNX Runtime without functions that are needed.
    #[error("it is ONNX Runtime {version}, version 1.{} or later is needed", ort::MINOR_VERSION)]
    TooOld {
        /// The version found.
        version: String,
    },
    /// Another library was accepted before, and did not work; ort cannot release it.
    #[error("this process has already loaded {} and cannot replace it; restart the process", .0.display())]
    Held(PathBuf),
    /// The system's loader or ONNX Runtime itself refused; holds their own message.
    #[error("{0}")]
    Refused(String),
}
