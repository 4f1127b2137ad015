//! Writes sample reports from made-up data as HTML, PDF and mail, and prints the time and the size of each: `cargo
//! run --release -p forecaster-report --example sample -- DIRECTORY`. The folder `pairs` in it has pairs of every
//! magnitude, as HTML; `-- DIRECTORY pairs` writes only these.

mod synthetic;

use forecaster_domain::Horizon;
use forecaster_report::{Language, ReportView, email, html, pdf};
use std::{env, error::Error, fs, path::Path, path::PathBuf, time::Instant};

const LANGUAGES: [(&str, Language); 2] = [("es", Language::Spanish), ("en", Language::English)];

fn main() -> Result<(), Box<dyn Error>> {
    let directory = PathBuf::from(env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    fs::create_dir_all(&directory)?;
    let pairs = directory.join("pairs");
    fs::create_dir_all(&pairs)?;
    for (code, language) in LANGUAGES {
        for (pair, view) in synthetic::pairs::views(language, Horizon::D7) {
            let name = format!("{}-{code}", pair.replace('/', "-").to_lowercase());
            write(&pairs, &name, "html", || Ok(html(&view).into_bytes()))?;
        }
    }
    if env::args().nth(2).as_deref() == Some("pairs") {
        return Ok(());
    }
    for (name, view) in variants() {
        write(&directory, &name, "html", || Ok(html(&view).into_bytes()))?;
        write(&directory, &name, "pdf", || Ok(pdf(&view)?))?;
        write_mail(&directory, &name, &view)?;
    }
    Ok(())
}

/// Writes the parts of the mail; its HTML shows the pictures stored beside it.
fn write_mail(directory: &Path, name: &str, view: &ReportView) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let mail = email(view)?;
    println!("{:>5} ms {:>4} B  mail: {}", started.elapsed().as_millis(), mail.text.len(), mail.subject);
    let mut html = mail.html;
    for (i, image) in mail.images.into_iter().enumerate() {
        let file = format!("{name}-mail-{i}.png");
        html = html.replace(&format!("cid:{}", image.cid), &file);
        write(directory, &format!("{name}-mail-{i}"), "png", || Ok(image.png))?;
    }
    write(directory, &format!("{name}-mail"), "txt", || Ok(mail.text.into_bytes()))?;
    write(directory, &format!("{name}-mail"), "html", || Ok(html.into_bytes()))
}

/// Sample views: every horizon in both languages, then the special cases.
fn variants() -> Vec<(String, ReportView)> {
    let mut all = Vec::new();
    for horizon in Horizon::ALL {
        for (code, language) in LANGUAGES {
            all.push((format!("{horizon}-{code}"), synthetic::view(language, horizon)));
        }
    }
    let mut stale = synthetic::view(Language::English, Horizon::D7);
    synthetic::make_stale(&mut stale);
    all.push(("7d-en-stale".to_owned(), stale));
    for (name, language, horizon, size) in [
        ("7d-es-small-change", Language::Spanish, Horizon::D7, 0.01),
        ("30d-en-large-change", Language::English, Horizon::D30, 4.0),
    ] {
        let mut view = synthetic::view(language, horizon);
        view.since_last = Some(synthetic::more::since_last(&view.observations, &view.ensemble, size));
        all.push((name.to_owned(), view));
    }
    let mut bare = synthetic::view(Language::Spanish, Horizon::D15);
    synthetic::more::strip(&mut bare);
    all.push(("15d-es-first".to_owned(), bare));
    all
}

fn write(
    directory: &Path,
    name: &str,
    kind: &str,
    render: impl FnOnce() -> Result<Vec<u8>, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let bytes = render()?;
    let took = started.elapsed().as_millis();
    let file = directory.join(format!("{name}.{kind}"));
    fs::write(&file, &bytes)?;
    println!("{:>5} ms {:>4} KB {}", took, bytes.len() / 1024, file.display());
    Ok(())
}
