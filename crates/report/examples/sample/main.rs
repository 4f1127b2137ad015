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
    let mut variants = Vec::new();
    for (name, size) in [("7d-es-small-change", 0.01), ("30d-en-large-change", 4.0)] {
        let english = name.contains("-en-");
        let language = if english { Language::English } else { Language::Spanish };
        let mut view = synthetic::view(language, if english { Horizon::D30 } else { Horizon::D7 });
        view.since_last = Some(synthetic::more::since_last(&view.observations, &view.ensemble, size));
        variants.push((name, view));
    }
    let mut bare = synthetic::view(Language::Spanish, Horizon::D15);
    synthetic::more::strip(&mut bare);
    variants.push(("15d-es-first", bare));
    for (name, view) in variants {
        let file = directory.join(format!("{name}.html"));
        fs::write(&file, html(&view))?;
        println!("{}", file.display());
    }
    Ok(())
}
