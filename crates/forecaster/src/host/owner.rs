//! Ownership of the state directory: root would leave files that the daemon cannot write to, so it is referred to the
//! daemon's user.

use crate::config::settings::Config;
use crate::failure::Failure;
use std::os::unix::fs::MetadataExt;

/// Refuses root when the state directory belongs to another user.
///
/// # Errors
/// When this process runs as root and the directory belongs to another user.
pub(crate) fn check(config: &Config) -> Result<(), Failure> {
    let directory = &config.service.data_dir;
    let owner = std::fs::metadata(directory).map_or(0, |directory| directory.uid());
    if !rustix::process::geteuid().is_root() || owner == 0 {
        return Ok(());
    }
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = name(&passwd, owner).unwrap_or_else(|| format!("#{owner}"));
    Err(Failure::OwnedByOther { directory: directory.clone(), user })
}

/// Finds the name of a user in the text of /etc/passwd (passwd(5)).
fn name(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid.to_string()).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_refused_where_another_user_owns_the_state() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.service.data_dir = directory.path().join("not there yet");
        assert!(check(&config).is_ok());
        config.service.data_dir = directory.path().to_owned();
        assert!(check(&config).is_ok(), "our own");
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(directory.path(), Some(54_321), None).unwrap();
            let refused = check(&config).unwrap_err();
            assert_eq!(refused.hint().as_deref(), Some("sudo -u '#54321' forecaster ..."));
        }
    }

    #[test]
    fn users_are_found_by_number() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\nforecaster:x:998:997::/var/lib/forecaster:/usr/sbin/nologin\n";
        assert_eq!(name(passwd, 998).as_deref(), Some("forecaster"));
        assert_eq!(name(passwd, 99), None);
    }
}
