//! Directories that the daemon writes to.

use crate::config::settings::Config;
use crate::failure::Failure;
use std::io::Write;
use std::path::Path;

/// Checks that state, reports and metrics can be written: each directory exists or is created,
/// and accepts some kilobytes.
///
/// # Errors
/// The first directory that fails, and the reason.
pub(crate) fn check_directories(config: &Config) -> Result<(), Failure> {
    let service = &config.service;
    let logs = service.metrics_log.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for directory in [service.data_dir.as_path(), service.reports_dir.as_path(), logs] {
        std::fs::create_dir_all(directory).map_err(|error| Failure::file("create", directory, error))?;
        let probe = || -> std::io::Result<()> {
            let mut file = tempfile::Builder::new().prefix(".probe-").tempfile_in(directory)?;
            file.write_all(&[0; 16_384])?;
            file.as_file().sync_data()
        };
        probe().map_err(|error| Failure::file("write to", directory, error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_made_and_left_empty_and_one_that_cannot_be_written_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.service.data_dir = directory.path().join("data");
        config.service.reports_dir = directory.path().join("reports");
        config.service.metrics_log = directory.path().join("logs/metrics.jsonl");
        check_directories(&config).unwrap();
        for name in ["data", "reports", "logs"] {
            assert_eq!(std::fs::read_dir(directory.path().join(name)).unwrap().count(), 0, "{name}");
        }
        config.service.reports_dir = "/dev/full/reports".into();
        let refused = check_directories(&config).unwrap_err().to_string();
        assert!(refused.contains("cannot create /dev/full/reports"), "{refused}");
    }
}
