//! Reports, and every attempt to read files outside them.

use super::client::{Answer, send};
use super::desk::Desk;
use std::os::unix::fs::symlink;
use std::process::Command;

const RUNS: [&str; 3] = [
    "01943a5c-7d00-7a3b-8c4d-1234567890ab",
    "01943a5c-7d01-7a3b-8c4d-1234567890ab",
    "01943a5c-7d02-7a3b-8c4d-1234567890ab",
];

fn name(date: &str, run: usize, kind: &str) -> String {
    format!("{date}-{}.{kind}", RUNS[run])
}

#[test]
fn a_report_is_sent_whole_in_each_form_with_its_type() {
    let desk = Desk::open();
    for (kind, content_type) in [
        ("html", "text/html; charset=utf-8"),
        ("pdf", "application/pdf"),
        ("json", "application/json; charset=utf-8"),
    ] {
        let name = name("2025-01-03", 0, kind);
        desk.file(&format!("30d/{name}"), "ñandú");
        let answer = desk.get(&format!("/reports/30d/{name}"));
        assert_eq!((answer.status, answer.text()), (200, "ñandú"));
        assert_eq!((answer.header("content-type"), answer.header("content-length")), (content_type, "7"));
    }
}

#[test]
fn reports_are_listed_newest_first_with_their_forms() {
    let desk = Desk::open();
    for (date, run, kind) in [
        ("2024-12-30", 2, "html"),
        ("2025-01-03", 0, "html"),
        ("2025-01-03", 1, "html"),
        ("2025-01-03", 1, "json"),
        ("2025-01-03", 1, "pdf"),
    ] {
        desk.file(&format!("7d/{}", name(date, run, kind)), "x");
    }
    for (path, prefix) in [("/reports/", "7d/"), ("/reports/7d/", "")] {
        let answer = desk.get(path);
        let expected = [("2025-01-03", 1, "html"), ("2025-01-03", 1, "pdf"), ("2025-01-03", 1, "json")]
            .into_iter()
            .chain([("2025-01-03", 0, "html"), ("2024-12-30", 2, "html")])
            .map(|(date, run, kind)| format!("href=\"{prefix}{}\"", name(date, run, kind)));
        let mut rest = answer.text();
        for link in expected {
            let (_, after) = rest.split_once(&link).unwrap_or_else(|| panic!("{path}: {link} not in {rest}"));
            rest = after;
        }
        assert!(answer.text().contains("2025-01-06 03:45"), "the run's time: {}", answer.text());
    }
    assert!(desk.get("/reports/90d/").text().contains("No report yet."));
}

#[test]
fn of_many_reports_the_last_hundred_are_listed() {
    let desk = Desk::open();
    for run in 0..130 {
        desk.file(&format!("7d/2025-01-03-01943a5c-7d00-7a3b-8c4d-123456789{run:03}.html"), "x");
    }
    let answer = desk.get("/reports/7d/");
    assert_eq!(answer.text().matches("HTML</a>").count(), 100);
    assert!(answer.text().contains("The last 100 of 130 reports"));
    assert!(answer.text().contains("123456789129.html") && !answer.text().contains("123456789029.html"));
    let together = desk.get("/reports/");
    assert_eq!(together.text().matches("HTML</a>").count(), 10);
    assert!(together.text().contains("The last 100 of 130 reports"));
}

#[test]
fn latest_leads_to_the_newest_report_for_the_browser() {
    let desk = Desk::open();
    assert_eq!(desk.get("/reports/7d/latest").status, 404);
    desk.file(&format!("7d/{}", name("2025-01-03", 0, "html")), "x");
    desk.file(&format!("7d/{}", name("2024-12-30", 1, "html")), "x");
    desk.file(&format!("7d/{}", name("2025-01-06", 2, "json")), "x");
    let answer = desk.get("/reports/7d/latest");
    assert_eq!((answer.status, answer.header("location")), (302, name("2025-01-03", 0, "html").as_str()));
    assert_eq!(desk.get("/reports/8d/latest").status, 404);
}

#[test]
fn folders_without_their_slash_lead_to_those_with() {
    let desk = Desk::open();
    for (path, location) in [("/reports", "reports/"), ("/reports/7d", "7d/")] {
        let answer = desk.get(path);
        assert_eq!((answer.status, answer.header("location")), (308, location));
    }
    assert_eq!(desk.get("/reports/7dx").status, 404);
}

#[test]
fn only_names_of_reports_are_looked_up() {
    let desk = Desk::open();
    let good = name("2025-01-03", 0, "html");
    std::fs::write(desk.path(&good), "SECRET").unwrap();
    for place in [".report-abc", "notes.txt", "2025-01-03.html", &format!(".{good}"), &format!("{good}.bak")] {
        desk.file(&format!("7d/{place}"), "SECRET");
    }
    desk.file(&good, "SECRET");
    desk.file(&format!("secret/{good}"), "SECRET");
    let outside = desk.path("reports").join(&good).display().to_string();
    let paths = [
        ".report-abc".into(),
        "notes.txt".into(),
        "2025-01-03.html".into(),
        format!(".{good}"),
        format!("{good}.bak"),
        format!("{good}%00"),
        format!("{good}%00.html"),
        format!("{good}/"),
        format!("{good}/."),
        format!("../{good}"),
        format!("../../{good}"),
        format!("./{good}"),
        format!("..%2f{good}"),
        format!("%2e%2e%2f{good}"),
        format!("%2e%2e/{good}"),
        format!("%252e%252e%252f{good}"),
        format!("..%5c{good}"),
        format!("..\\{good}"),
        format!("..;/{good}"),
        format!("%c0%ae%c0%ae%2f{good}"),
        format!("/{outside}"),
        outside.replace('/', "%2f"),
        "/etc/passwd".into(),
        "%2fetc%2fpasswd".into(),
        "..".into(),
        "%2e%2e".into(),
        "%ff".into(),
    ];
    for path in &paths {
        let answer = desk.get(&format!("/reports/7d/{path}"));
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
        assert!(!answer.text().contains("SECRET") && !answer.text().contains("root:"), "{path}");
    }
    for folder in ["secret", "..", ".", "%2e%2e", "7d%2f..", "7D", "7d%00", "%2e%2e%2freports%2f7d", "*"] {
        for path in [format!("/reports/{folder}/{good}"), format!("/reports/{folder}/"), format!("/reports/{folder}")]
        {
            let answer = desk.get(&path);
            assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
            assert!(!answer.text().contains("SECRET"), "{path}");
        }
    }
    let raw = send(desk.address, format!("GET /reports/7d/{good}\0 HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes());
    assert_eq!(Answer::parse(&raw).status, 400);
    for path in ["/reports/", "/reports/7d/", "/"] {
        let answer = desk.get(path);
        assert!(
            !answer.text().contains(".report-")
                && !answer.text().contains(".bak")
                && !answer.text().contains(".html\"")
        );
    }
}

#[test]
fn links_lead_nowhere_be_they_files_or_folders() {
    let desk = Desk::open();
    let (passwd, loop_, inside) =
        (name("2025-01-03", 0, "html"), name("2025-01-03", 1, "html"), name("2025-01-03", 2, "html"));
    desk.file("7d/notes.txt", "SECRET");
    let folder = desk.path("reports/7d");
    symlink("/etc/passwd", folder.join(&passwd)).unwrap();
    symlink(&loop_, folder.join(&loop_)).unwrap();
    symlink("notes.txt", folder.join(&inside)).unwrap();
    let elsewhere = desk.path("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::write(elsewhere.join(&passwd), "SECRET").unwrap();
    symlink(&elsewhere, desk.path("reports/15d")).unwrap();
    for path in ["7d", "7d", "7d", "15d"].into_iter().zip([&passwd, &loop_, &inside, &passwd]) {
        let answer = desk.get(&format!("/reports/{}/{}", path.0, path.1));
        assert_eq!(answer.status, 404, "{path:?}");
        assert_eq!(answer.text(), "there is no such report; /reports/ lists all reports\n");
    }
    for path in ["/", "/reports/", "/reports/7d/", "/reports/15d/"] {
        let answer = desk.get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.text().contains(RUNS[0]) && !answer.text().contains(RUNS[2]), "{path}");
    }
}

#[test]
fn a_reports_directory_that_is_itself_a_link_is_the_operators_choice() {
    let desk = Desk::open();
    let name = name("2025-01-03", 0, "html");
    desk.file(&format!("7d/{name}"), "x");
    let link = desk.path("link");
    symlink(desk.path("reports"), &link).unwrap();
    desk.becomes(|state| state.reports_dir = link);
    assert_eq!(desk.get(&format!("/reports/7d/{name}")).status, 200);
}

#[test]
fn pipes_sockets_and_folders_named_like_reports_are_not_there_and_hold_nobody_up() {
    let desk = Desk::open();
    desk.file("7d/keep", "");
    let [pipe, folder, socket] = [0, 1, 2].map(|run| name("2025-01-03", run, "html"));
    let at = |name: &str| desk.path("reports/7d").join(name);
    assert!(Command::new("mkfifo").arg(at(&pipe)).status().unwrap().success());
    std::fs::create_dir(at(&folder)).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(at(&socket)).unwrap();
    for name in [&pipe, &folder, &socket] {
        assert_eq!(desk.get(&format!("/reports/7d/{name}")).status, 404, "{name}");
    }
    assert!(desk.get("/reports/7d/").text().contains("No report yet."));
}

#[test]
fn a_file_beyond_all_measure_is_not_sent() {
    let desk = Desk::open();
    let name = name("2025-01-03", 0, "pdf");
    desk.file(&format!("7d/{name}"), "");
    let file = std::fs::File::options().write(true).open(desk.path("reports/7d").join(&name)).unwrap();
    file.set_len(16 << 20).unwrap();
    assert_eq!(desk.get(&format!("/reports/7d/{name}")).body.len(), 16 << 20);
    file.set_len((16 << 20) + 1).unwrap();
    let answer = desk.get(&format!("/reports/7d/{name}"));
    assert_eq!(answer.status, 500);
    assert!(answer.text().contains("has 16777217 bytes; more than 16 MiB are not sent"), "{}", answer.text());
}

#[test]
fn a_place_for_reports_that_is_no_directory_holds_none() {
    let desk = Desk::open();
    std::fs::write(desk.path("file"), "").unwrap();
    for place in ["file", "none"] {
        let place = desk.path(place);
        desk.becomes(|state| state.reports_dir = place);
        assert_eq!(desk.get("/").status, 200);
        assert!(desk.get("/reports/").text().contains("No report yet."));
        assert_eq!(desk.get(&format!("/reports/7d/{}", name("2025-01-03", 0, "html"))).status, 404);
    }
}
