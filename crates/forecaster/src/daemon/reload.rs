//! Adopting another configuration without a restart: checked completely first, then applied, or
//! refused with the reason.

use super::directories::check_directories;
use super::message::Message;
use super::server::Server;
use super::systemd::Systemd;
use crate::config::changes::changes;
use crate::config::load::LoadedConfig;
use crate::config::load::{self};
use crate::config::settings::Config;
use crate::config::snapshots;
use crate::failure::Failure;
use crate::host::logging;
use chrono::Utc;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Largest configuration file that is read, bytes.
const LONGEST: u64 = 1 << 20;

/// Reloader of the configuration.
pub(crate) struct Reloader {
    /// File in force, which no other file replaces. `None` for the built-in defaults, until there is a file.
    pub file: Option<PathBuf>,
    /// Set when the command line's log level overrides the configuration's.
    pub level_is_fixed: bool,
    /// Configuration in force.
    pub in_force: Config,
    /// HTTP server.
    pub server: Server,
    /// Channel to the supervisor.
    pub supervisor: mpsc::Sender<Message>,
    /// Notifications to systemd.
    pub systemd: Arc<Systemd>,
}

impl Reloader {
    /// Reads the configuration again and adopts it. A bad one is refused, in journal and status line,
    /// and the one in force stays.
    pub(crate) async fn reload(&mut self) {
        self.systemd.reloading();
        match self.attempt().await {
            Ok(changed) if changed.is_empty() => tracing::info!("configuration read again: nothing has changed"),
            Ok(changed) => tracing::info!("configuration taken over: {}", changed.join("; ")),
            Err(refusal) => {
                let hint = refusal.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
                tracing::error!("configuration refused, the earlier one serves: {refusal}{hint}");
                let (answer, told) = oneshot::channel();
                // A supervisor that has ended needs no message.
                let _ = self.supervisor.send(Message::Refused(refusal.to_string(), answer)).await;
                let _ = told.await;
            }
        }
        self.systemd.ready();
    }

    async fn attempt(&mut self) -> Result<Vec<String>, Failure> {
        let file = self.file.clone().or_else(|| load::find_file(None));
        if let Some(file) = &file {
            check_file(file)?;
        }
        let LoadedConfig { config, text, .. } = load::load(file.as_deref())?;
        self.refuse_what_needs_a_restart(&config)?;
        let changed = changes(&self.in_force, &config);
        check_directories(&config)?;
        self.server.follow(&config.service.http).await?;
        let adopted = self.apply_configuration(&config, file.clone()).await;
        if adopted.is_err() {
            self.server.follow(&self.in_force.service.http).await?;
        }
        adopted?;
        if let Err(error) = save_configuration(&config, text.as_deref()) {
            tracing::warn!("the configuration serves, but this version of it could not be kept: {error}");
        }
        if !self.level_is_fixed {
            logging::set_level(&config.service.log.level)?;
        }
        self.in_force = config;
        self.file = file;
        Ok(changed)
    }

    async fn apply_configuration(&mut self, config: &Config, file: Option<PathBuf>) -> Result<(), Failure> {
        let gone = || Failure::SupervisorEnded;
        let (answer, adopted) = oneshot::channel();
        let message = Message::Adopt(Box::new(config.clone()), file, answer);
        self.supervisor.send(message).await.map_err(|_| gone())?;
        adopted.await.map_err(|_| gone())?
    }

    fn refuse_what_needs_a_restart(&self, config: &Config) -> Result<(), Failure> {
        let (old, new) = (&self.in_force.service, &config.service);
        let key = match () {
            () if old.data_dir != new.data_dir => "service.data_dir",
            () if old.log.format != new.log.format => "service.log.format",
            () => return Ok(()),
        };
        Err(Failure::NeedsRestart { key })
    }
}

/// Stores a snapshot of an adopted configuration. The built-in defaults have no text and need no snapshot.
pub(crate) fn save_configuration(config: &Config, text: Option<&str>) -> Result<(), Failure> {
    text.map_or(Ok(()), |text| snapshots::save_snapshot(&config.service.data_dir, text, Utc::now()))
}

/// Refuses a file that an accident has left (an editor on a full disk, a pipe, a directory) before it is read: an
/// empty one would mean all defaults.
fn check_file(file: &Path) -> Result<(), Failure> {
    let found =
        std::fs::metadata(file).map_err(|source| Failure::NoConfiguration { path: file.to_owned(), source })?;
    let wrong = match found.len() {
        _ if !found.is_file() => "is not a regular file",
        0 => "is empty; to use all defaults, put a comment in it",
        LONGEST.. => "is larger than a megabyte",
        _ => return Ok(()),
    };
    Err(Failure::StrangeConfiguration { path: file.to_owned(), wrong })
}
