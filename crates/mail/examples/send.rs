//! Sends the sample letters, tests a server, or writes the letters to files:
//!
//! ```text
//! send write FOLDER
//! send mail URL SENDER PASSWORD_FILE CA_FILE RECIPIENT...
//! send look URL SENDER PASSWORD_FILE CA_FILE
//! ```
//!
//! Prints one line per recipient: the letter, the address, the outcome. tests/real_server.py reads them.

mod sample;

use forecaster_mail::{Address, RecipientOutcome, Server, deliver, probe};
use std::{error::Error, fs, path::Path};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["write", folder] => write(Path::new(folder)),
        ["mail", url, sender, password, ca, ref recipients @ ..] => {
            mail(&server(url, password, ca)?, &sender.parse()?, recipients).await
        }
        ["look", url, sender, password, ca] => {
            println!("{}", probe(&server(url, password, ca)?, &sender.parse()?).await);
            Ok(())
        }
        _ => {
            Err("send write FOLDER | mail URL SENDER PASSWORD_FILE CA_FILE RECIPIENT... | look URL SENDER ...".into())
        }
    }
}

fn write(folder: &Path) -> Result<(), Box<dyn Error>> {
    for (name, letter) in sample::letters() {
        fs::write(folder.join(format!("{name}.eml")), letter.to_bytes()?)?;
    }
    Ok(())
}

fn server(url: &str, password: &str, ca: &str) -> Result<Server, Box<dyn Error>> {
    let server = Server::parse(url)?;
    let server = if server.user().is_some() { server.with_password(&fs::read_to_string(password)?)? } else { server };
    Ok(server.with_ca_file(Path::new(ca))?)
}

async fn mail(server: &Server, sender: &Address, recipients: &[&str]) -> Result<(), Box<dyn Error>> {
    let recipients = recipients.iter().map(|text| text.parse()).collect::<Result<Vec<Address>, _>>()?;
    for (name, letter) in sample::letters() {
        let delivery = deliver(server, sender, &recipients, &letter.to_bytes()?).await;
        for (recipient, outcome) in &delivery.recipients {
            let (fate, words) = match outcome {
                RecipientOutcome::Accepted { reply } => ("accepted", reply),
                RecipientOutcome::Refused { reply } => ("refused", reply),
                RecipientOutcome::Deferred { reason } => ("deferred", reason),
            };
            println!("{name}\t{}\t{fate}\t{words}", recipient.address());
        }
    }
    Ok(())
}
