//! `forecaster rates import` and `remove`: what is refused, how to insist, and how a mistake is undone.

use crate::desk::{Desk, figures};
use std::fs;

const LAST_X100: &str = "date,value\n2024-12-24,108.26\n2024-12-26,108.13\n2024-12-27,108.00\n2024-12-30,10813\n";

#[test]
fn an_implausible_file_is_refused_with_the_way_to_insist_and_moves_no_forecast() {
    let desk = Desk::new();
    let file = desk.write("dxy.csv", LAST_X100);
    let import = ["rates", "import", file.to_str().unwrap(), "--series", "dxy"];
    let refused = desk.run(&import).expect(1);
    let said = refused.stderr();
    assert!(said.contains("error: nothing was taken for the series 'dxy'"), "{said}");
    assert!(said.contains("2024-12-30: 10813 after 108 on 2024-12-27, 100 times too large"), "{said}");
    assert!(said.contains("hint: ") && said.contains("--series dxy --accept-jumps"), "{said}");
    assert!(!desk.path("data/rates/dxy.parquet").exists());

    let taken = desk.run(&[&import[..], &["--accept-jumps"]].concat()).expect(0).stdout();
    assert!(taken.contains("accepted by hand from now on: 1 values from 2024-12-30 to 2024-12-30"), "{taken}");
    let accepted = fs::read_to_string(desk.path("data/rates/accepted.json")).unwrap();
    assert!(accepted.contains("\"2024-12-30\": 10813"), "{accepted}");
    let checked = desk.run(&["rates", "check", "--series", "dxy"]).expect(0).stdout();
    assert!(checked.contains("accepted by hand; kept"), "{checked}");
    // The word is part of the state.
    desk.run(&["backup", "safe.backup"]).expect(0);
    let other = Desk::new();
    other.run(&["restore", desk.path("safe.backup").to_str().unwrap()]).expect(0);
    assert_eq!(fs::read_to_string(other.path("data/rates/accepted.json")).unwrap(), accepted);
}

#[test]
fn a_corrected_import_forecasts_as_if_the_wrong_file_had_never_been() {
    let mut rows: Vec<(String, f64)> = Vec::new();
    let clean = Desk::new();
    let untouched = Desk::new();
    let shown = untouched.run(&["run", "7d", "--offline", "--as-of", "2024-12-26", "--json"]).expect(0).json();
    for back in 0..80 {
        let date = chrono::NaiveDate::from_ymd_opt(2024, 12, 26).unwrap() - chrono::Days::new(back);
        rows.push((date.to_string(), 985.0 + (back % 7) as f64));
    }
    let csv = |factor: f64| -> String {
        let rows = rows.iter().map(|(date, value)| format!("{date},{}\n", value * factor));
        std::iter::once("date,value\n".to_owned()).chain(rows).collect()
    };
    let import = |desk: &Desk, name: &str, text: &str, code: i32| {
        let file = desk.write(name, text);
        let accept = if code == 0 { &["--accept-jumps"][..] } else { &[] };
        let command = ["rates", "import", file.to_str().unwrap(), "--series", "usdclp"];
        desk.run(&[&command[..], accept].concat()).expect(code)
    };
    let mended = Desk::new();
    import(&mended, "wrong.csv", &csv(0.1), 1);
    import(&mended, "wrong.csv", &csv(0.1), 0);
    let corrected = import(&mended, "right.csv", &csv(1.0), 0).stdout();
    assert!(corrected.contains("earlier imports are corrected for good"), "{corrected}");
    import(&clean, "right.csv", &csv(1.0), 0);
    let run = |desk: &Desk| desk.run(&["run", "7d", "--offline", "--as-of", "2024-12-26", "--json"]).expect(0).json();
    let (after, expected) = (run(&mended), run(&clean));
    assert_ne!(shown["last_value"], expected["last_value"]);
    assert_eq!(figures(&after), figures(&expected));
    let revisions = mended.run(&["rates", "show", "--revisions"]).expect(0).stdout();
    assert_eq!(revisions, "no value of the store was ever replaced\n");
}

#[test]
fn removed_values_are_copied_first_and_can_be_brought_back() {
    let desk = Desk::new();
    let remove = ["rates", "remove", "--series", "copper"];
    let with = |more: &[&'static str]| [&remove[..], more].concat();
    let said = desk.run(&remove).expect(2).stderr();
    assert!(said.contains("copper has no stored values: nothing was removed"), "{said}");
    desk.write("copper.csv", "date,value\n2024-12-20,4.1\n2024-12-23,4.2\n2024-12-24,4.3\n");
    desk.run(&["rates", "import", "copper.csv", "--series", "copper"]).expect(0);
    let said = desk.run(&with(&["--source", "mindicador"])).expect(2).stderr();
    assert!(said.contains("no stored values from 'mindicador', only from import"), "{said}");
    desk.run(&with(&["--from", "2024-12-24", "--to", "2024-12-20"])).expect(2);

    let before = fs::read(desk.path("data/rates/copper.parquet")).unwrap();
    let planned = desk.run(&with(&["--from", "2024-12-23", "--dry-run"])).expect(0).stdout();
    assert!(planned.contains("2 values of 2 days would be removed, the first 4.2 on 2024-12-23"), "{planned}");
    assert_eq!(fs::read(desk.path("data/rates/copper.parquet")).unwrap(), before);
    assert!(!desk.path("data/removed").exists());

    let removed = desk.run(&with(&["--from", "2024-12-23"])).expect(0).stdout();
    assert!(removed.contains("2 values of 2 days removed") && removed.contains("to bring it back: "), "{removed}");
    let [copy] = &desk.files("data/removed")[..] else { panic!("{removed}") };
    let text = fs::read_to_string(copy).unwrap();
    assert!(text.starts_with("date,value,source,fetched_at\n2024-12-23,4.2,import,2"), "{text}");
    desk.run(&remove).expect(0);
    assert!(!desk.path("data/rates/copper.parquet").exists());

    // Where no copy can be written, nothing is removed.
    desk.run(&["rates", "import", "copper.csv", "--series", "copper"]).expect(0);
    fs::remove_dir_all(desk.path("data/removed")).unwrap();
    desk.write("data/removed", "a file in the place of the folder");
    desk.run(&remove).expect(1);
    assert!(desk.path("data/rates/copper.parquet").exists());
}

#[test]
fn embedded_values_cannot_be_removed() {
    let desk = Desk::new();
    let said = desk.run(&["rates", "remove", "--series", "usdclp", "--from", "2024-12-01"]).expect(2).stderr();
    assert!(said.contains("embedded in the program, which cannot be removed"), "{said}");
}
