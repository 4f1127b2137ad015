//! Locks in the state directory: one daemon, and one run per horizon at a time. The kernel releases them when the
//! process that holds them ends, however it ends.

use crate::failure::Failure;
use forecaster_domain::Horizon;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

/// A lock that is held until this is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Locks the state directory for one daemon.
///
/// # Errors
/// When another daemon holds it, or the lock file cannot be created.
pub(crate) fn daemon(directory: &Path) -> Result<Lock, Failure> {
    let path = directory.join("daemon.lock");
    let mut file = open(directory, &path)?;
    match try_lock_repeatedly(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // The holder is reported as far as it can be read.
            let _ = file.read_to_string(&mut holder);
            return Err(Failure::StateInUse { directory: directory.to_owned(), process: holder.trim().to_owned() });
        }
        Err(TryLockError::Error(error)) => return Err(Failure::file("lock", &path, error)),
    }
    let told = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| write!(file, "{}", std::process::id()));
    told.map_err(|error| Failure::file("write", &path, error))?;
    Ok(Lock { _file: file })
}

/// Tries several times: the doctor holds the lock for an instant when it checks it, a daemon for good.
fn try_lock_repeatedly(file: &File) -> Result<(), TryLockError> {
    for _ in 0..4 {
        if file.try_lock().is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    file.try_lock()
}

/// Locks the outbox for one sender; `None` while another one holds it.
///
/// # Errors
/// When the lock file cannot be created.
pub(crate) fn mail(directory: &Path) -> Result<Option<Lock>, Failure> {
    let path = directory.join("mail.lock");
    let file = open(directory, &path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock { _file: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(Failure::file("lock", &path, error)),
    }
}

/// Waits until no other process runs `horizon`.
///
/// # Errors
/// When the lock file cannot be created.
pub(crate) fn horizon(directory: &Path, horizon: Horizon) -> Result<Lock, Failure> {
    let path = directory.join(format!("{horizon}.lock"));
    let file = open(directory, &path)?;
    let lock = || -> std::io::Result<()> {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                tracing::info!(%horizon, "another run of {horizon} is in progress: waiting for its end");
                file.lock()
            }
            Err(TryLockError::Error(error)) => Err(error),
            Ok(()) => Ok(()),
        }
    };
    lock().map_err(|error| Failure::file("lock", &path, error))?;
    Ok(Lock { _file: file })
}

fn open(directory: &Path, path: &Path) -> Result<File, Failure> {
    std::fs::create_dir_all(directory).map_err(|error| Failure::file("create", directory, error))?;
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
        .map_err(|error| Failure::file("write", path, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    fn a_state_directory_takes_one_daemon_and_names_it_to_the_second() {
        let directory = tempfile::tempdir().unwrap();
        let held = daemon(directory.path()).unwrap();
        let refused = daemon(directory.path()).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        drop(held);
        daemon(directory.path()).unwrap();
    }

    #[test]
    fn a_second_run_of_a_horizon_waits_for_the_first_and_another_horizon_does_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_owned();
        let held = horizon(&path, Horizon::D7).unwrap();
        let (sender, receiver) = channel();
        let waiting = std::thread::spawn(move || {
            let _other = horizon(&path, Horizon::D15).unwrap();
            sender.send("15d").unwrap();
            let _same = horizon(&path, Horizon::D7).unwrap();
            sender.send("7d").unwrap();
        });
        assert_eq!(receiver.recv_timeout(Duration::from_secs(20)).unwrap(), "15d");
        assert!(receiver.recv_timeout(Duration::from_millis(200)).is_err(), "7d is held");
        drop(held);
        assert_eq!(receiver.recv_timeout(Duration::from_secs(20)).unwrap(), "7d");
        waiting.join().unwrap();
    }
}
