//! Progress bars on a terminal, nothing in a pipe, and log lines that do not garble the bar.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;

static CURRENT: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// A bar of `length` steps with a label; hidden unless stderr is a terminal.
pub(crate) fn bar(label: &str, length: u64) -> ProgressBar {
    new_bar(label, length, "{msg} {wide_bar} {pos}/{len} {eta}")
}

/// A bar for received bytes whose total is not known yet; hidden unless stderr is a terminal.
pub(crate) fn bytes(label: &str) -> ProgressBar {
    new_bar(label, 0, "{msg} {wide_bar} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}")
}

fn new_bar(label: &str, length: u64, template: &str) -> ProgressBar {
    let target = if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(length), target).with_message(label.to_owned());
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    if let Ok(mut current) = CURRENT.lock() {
        *current = Some(bar.clone());
    }
    bar
}

/// Ends and removes a bar.
pub(crate) fn finish(bar: &ProgressBar) {
    bar.finish_and_clear();
    if let Ok(mut current) = CURRENT.lock() {
        *current = None;
    }
}

/// Returns the writer of log lines: stderr, above the bar when there is one.
pub(crate) fn log_writer() -> impl Write {
    LogWriter(Vec::new())
}

struct LogWriter(Vec<u8>);

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LogWriter {
    fn drop(&mut self) {
        let write = || io::stderr().lock().write_all(&self.0);
        // A log line that cannot be written cannot be reported either.
        let _ = match CURRENT.lock().ok().and_then(|current| current.clone()) {
            Some(bar) => bar.suspend(write),
            None => write(),
        };
    }
}
