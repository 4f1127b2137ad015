//! Writes sample reports from made-up data: `cargo run -p forecaster-report --example sample -- DIRECTORY`.

mod synthetic;

use forecaster_domain::Horizon;
use forecaster_report::{Language, html};
use std::{env, fs, io, path::PathBuf};

fn main() -> io::Result<()> {
    let directory = PathBuf::from(env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    fs::create_dir_all(&directory)?;
    for (name, language, horizon, stale) in [
        ("7d-es", Language::Spanish, Horizon::D7, false),
        ("7d-en-stale", Language::English, Horizon::D7, true),
        ("30d-es", Language::Spanish, Horizon::D30, false),
        ("90d-es", Language::Spanish, Horizon::D90, false),
        ("90d-en", Language::English, Horizon::D90, false),
    ] {
        let mut view = synthetic::view(language, horizon);
        if stale {
            synthetic::make_stale(&mut view);
        }
        let file = directory.join(format!("{name}.html"));
        fs::write(&file, html(&view))?;
        println!("{}", file.display());
    }
    Ok(())
}
