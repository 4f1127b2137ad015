//! `forecaster mail`: sends a test mail, shows the queue, sends waiting mail.

use crate::cli::args::MailCommand;
use crate::cli::output::{print, print_json};
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};
use crate::host::clock::now;
use crate::notify::delivery::{self, DeliveryRound};
use crate::notify::letters;
use crate::run::ledger::open_ledger;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forecaster_ledger::{OutboxEntry, RecipientEntry};
use forecaster_mail::{Address, Delivery, RecipientOutcome as Fate, Server, deliver, probe};
use serde_json::{Value, json};
use std::fmt::Write;

/// Carries out a `mail` command.
pub(crate) fn mail(command: &MailCommand, config: &Config) -> Result<CommandOutcome, Failure> {
    match command {
        MailCommand::Test { to } => test(to, config),
        MailCommand::Queue { last, json } => queue(*last, *json, config),
        MailCommand::Flush => flush(config),
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::System { what: "no runtime to send with", source: error })?;
    let answer = runtime.block_on(future);
    runtime.shutdown_background();
    Ok(answer)
}

fn test(to: &[String], config: &Config) -> Result<CommandOutcome, Failure> {
    let server = delivery::server(config)?;
    let to = match to {
        [] => config.mail.recipients.clone(),
        to => to.to_vec(),
    };
    let to: Vec<Address> =
        to.iter().map(|to| Address::parse(to).map_err(Failure::MailAddress)).collect::<Result<_, _>>()?;
    if to.is_empty() {
        return Err(Failure::NoRecipient);
    }
    let letter = letters::test_letter(config, to, now(config).fixed_offset()).map_err(Failure::MailAddress)?;
    let message = letter.to_bytes().map_err(Failure::Mail)?;
    let delivery = block_on(probe_and_send(&server, &letter.from, &letter.to, &message))??;
    let mut lost = 0;
    for (address, fate) in &delivery.recipients {
        match fate {
            Fate::Accepted { reply } => print(&format!("sent to {}: {reply}\n", address.address()))?,
            Fate::Refused { reply: words } | Fate::Deferred { reason: words } => {
                lost += 1;
                print(&format!("not sent to {}: {words}\n", address.address()))?;
            }
        }
    }
    if lost == 0 {
        return Ok(CommandOutcome::Done);
    }
    Err(Failure::MailNotTaken { lost, of: delivery.recipients.len() })
}

/// Probes the server and prints the steps, then sends the mail.
async fn probe_and_send(
    server: &Server,
    from: &Address,
    to: &[Address],
    message: &[u8],
) -> Result<Delivery, Failure> {
    let probe = probe(server, from).await;
    print(&format!("{probe}\n"))?;
    match probe.error {
        Some(error) => Err(Failure::MailTrouble(error.to_string())),
        None => Ok(deliver(server, from, to, message).await),
    }
}

fn queue(last: usize, as_json: bool, config: &Config) -> Result<CommandOutcome, Failure> {
    let entries = open_ledger(config)?.outbox(last)?;
    if as_json {
        print_json(&entries.iter().map(document).collect::<Vec<_>>())?;
    } else if entries.is_empty() {
        print("the outbox is empty, and no mail has been sent\n")?;
    } else {
        print(&entries.iter().map(|entry| lines(entry, config.zone())).collect::<String>())?;
    }
    let lost = |recipient: &RecipientEntry| recipient.state != "sent";
    Ok(if entries.iter().flat_map(|entry| &entry.recipients).any(lost) {
        CommandOutcome::Degraded
    } else {
        CommandOutcome::Done
    })
}

fn lines(entry: &OutboxEntry, zone: Tz) -> String {
    let time = |instant: DateTime<Utc>| instant.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
    let mut text = format!("{}  {}\n", time(entry.created_at), entry.subject);
    for recipient in &entry.recipients {
        let RecipientEntry { address, state, attempts, next_attempt, changed_at, reply } = recipient;
        let _ = match (state.as_str(), attempts) {
            ("waiting", 0) => writeln!(text, "  {address}: waits, not tried yet"),
            ("waiting", attempts) => {
                let times = if *attempts == 1 { "once".to_owned() } else { format!("{attempts} times") };
                writeln!(text, "  {address}: waits, tried {times}, next {}", time(*next_attempt))
            }
            (state, _) => writeln!(text, "  {address}: {state} {}", time(*changed_at)),
        };
        if let Some(reply) = reply.as_ref().filter(|_| state != "sent") {
            let _ = writeln!(text, "    {reply}");
        }
    }
    text
}

fn document(entry: &OutboxEntry) -> Value {
    let recipient = |it: &RecipientEntry| {
        json!({
            "address": it.address,
            "state": it.state,
            "attempts": it.attempts,
            "next_attempt": (it.state == "waiting").then(|| it.next_attempt.to_rfc3339()),
            "changed_at": it.changed_at.to_rfc3339(),
            "reply": it.reply,
        })
    };
    json!({
        "message_id": entry.message_id,
        "run_id": entry.run_id,
        "topic": entry.topic,
        "subject": entry.subject,
        "created_at": entry.created_at.to_rfc3339(),
        "recipients": entry.recipients.iter().map(recipient).collect::<Vec<_>>(),
    })
}

fn flush(config: &Config) -> Result<CommandOutcome, Failure> {
    // Checked before anything is changed: without a password nothing can be sent.
    delivery::server(config)?;
    let ledger = open_ledger(config)?;
    ledger.make_mail_due(Utc::now())?;
    let round = block_on(delivery::deliver_due(&ledger, config))??;
    if round.busy {
        return Err(Failure::MailBusy);
    }
    let DeliveryRound { sent, waiting, lost, .. } = round;
    print(&format!("{sent} sent, {waiting} waiting, {lost} refused or given up\n"))?;
    Ok(if waiting + lost == 0 { CommandOutcome::Done } else { CommandOutcome::Degraded })
}
