//! Advice for an error of the file system, by its cause: a file that is not there wants another path, not more space.

use std::io::{Error, ErrorKind};

/// Returns the step that helps with the error of a file or folder; `None` when the system's own text says all there is
/// to say.
pub fn file_advice(error: &Error) -> Option<&'static str> {
    let advice = match error.kind() {
        ErrorKind::NotFound => "check the path: the file or its folder does not exist",
        ErrorKind::PermissionDenied => "check the owner and the permissions: this user may not do that",
        ErrorKind::IsADirectory => "it is a folder, where a file is expected",
        ErrorKind::NotADirectory => "check the path: a part of it is a file and not a folder",
        ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists => "move away what is there, or name another place",
        ErrorKind::StorageFull => "free disk space there",
        ErrorKind::QuotaExceeded => "free disk space there, or have this user's quota raised",
        ErrorKind::FileTooLarge => "the file system takes no file of that size: name another place",
        ErrorKind::ReadOnlyFilesystem => {
            "that file system cannot be written to: name another place, or mount it writable"
        }
        ErrorKind::InvalidFilename => "the name is too long or not valid there: choose another",
        ErrorKind::ResourceBusy | ErrorKind::ExecutableFileBusy => {
            "another process uses it: try again when that has ended"
        }
        ErrorKind::StaleNetworkFileHandle | ErrorKind::HostUnreachable | ErrorKind::TimedOut => {
            "the network drive does not answer: check that it is mounted"
        }
        ErrorKind::InvalidData if error.to_string().contains("UTF-8") => "save it as UTF-8 text",
        _ => match error.raw_os_error() {
            Some(INPUT_OUTPUT) => "the disk reports an error: see the kernel's log (dmesg)",
            Some(TOO_MANY_OPEN | TOO_MANY_OPEN_OF_ALL) => "too many files are open: raise the limit (ulimit -n)",
            _ => return None,
        },
    };
    Some(advice)
}

/// Linux' EIO.
const INPUT_OUTPUT: i32 = 5;
/// Linux' ENFILE, for all processes together.
const TOO_MANY_OPEN_OF_ALL: i32 = 23;
/// Linux' EMFILE, for one process.
const TOO_MANY_OPEN: i32 = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_own_advice_and_only_a_full_disk_is_about_space() {
        let advice = |kind: ErrorKind| file_advice(&kind.into()).unwrap_or_default();
        for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded] {
            assert!(advice(kind).contains("disk space"), "{kind}");
        }
        for kind in
            [ErrorKind::NotFound, ErrorKind::PermissionDenied, ErrorKind::IsADirectory, ErrorKind::NotADirectory]
        {
            assert!(!advice(kind).is_empty() && !advice(kind).contains("space"), "{kind}");
        }
        assert!(advice(ErrorKind::PermissionDenied).contains("permissions"));
        assert!(!advice(ErrorKind::NotFound).contains("permissions"));
        assert_eq!(file_advice(&Error::other("something else")), None);
        assert_eq!(
            file_advice(&Error::from_raw_os_error(24)),
            Some("too many files are open: raise the limit (ulimit -n)")
        );
    }

    #[test]
    fn text_in_another_encoding_is_to_be_saved_as_utf_8_and_other_wrong_content_is_not() {
        let wrong = |text: &str| file_advice(&Error::new(ErrorKind::InvalidData, text.to_owned()));
        assert_eq!(wrong("stream did not contain valid UTF-8"), Some("save it as UTF-8 text"));
        assert_eq!(wrong("corrupt deflate stream"), None);
    }
}
