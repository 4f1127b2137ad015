//! Health, readiness, the index, the token, and the probe.

use super::client::ask;
use super::desk::{Desk, Setting, TOKEN, instant};
use crate::config::settings::Config;
use crate::daemon::http::probe::healthcheck;
use crate::daemon::state::{ChronosState, LastRun};
use crate::failure::CommandOutcome;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[test]
fn the_daemon_is_healthy_when_its_supervisor_says_so() {
    let desk = Desk::open();
    let answer = desk.get("/healthz");
    assert_eq!((answer.status, answer.text()), (200, "ok\n"));
    let ill = Desk::with(Setting { pulse: Some(Err("the schedule stands still".into())), ..Setting::default() });
    let answer = ill.get("/healthz");
    assert_eq!((answer.status, answer.text()), (503, "the schedule stands still\n"));
}

#[test]
fn a_supervisor_that_hangs_is_found_out_within_seconds() {
    let desk = Desk::with(Setting { pulse: None, ..Setting::default() });
    let started = Instant::now();
    let answer = desk.get("/healthz");
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("gave no answer in 5 s"), "{}", answer.text());
    assert!(started.elapsed() < Duration::from_secs(9));
}

#[test]
fn the_probe_finds_a_healthy_daemon_on_any_address_and_tells_the_reason_of_an_ill_one() {
    let probe = |listen: String| {
        let mut config = Config::default();
        config.service.http.listen = listen;
        healthcheck(&config).map_err(|failure| failure.to_string())
    };
    let desk = Desk::with(Setting { token: true, listen: "0.0.0.0:0".into(), ..Setting::default() });
    assert_eq!(probe(desk.address.to_string()), Ok(CommandOutcome::Done));
    let ill = Desk::with(Setting { pulse: Some(Err("the schedule stands still".into())), ..Setting::default() });
    assert!(probe(ill.address.to_string()).unwrap_err().ends_with("is not healthy: the schedule stands still"));
}

#[test]
fn the_daemon_is_ready_while_it_is_up_and_not_stopping() {
    let desk = Desk::open();
    assert_eq!(desk.get("/readyz").status, 200);
    desk.becomes(|state| state.stopping = true);
    assert_eq!(desk.get("/readyz").status, 503);
    desk.becomes(|state| (state.ready, state.stopping) = (false, false));
    let answer = desk.get("/readyz");
    assert_eq!((answer.status, answer.header("content-type")), (503, "application/json; charset=utf-8"));
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(body["ready"], false);
}

#[test]
fn readiness_tells_configuration_and_horizons_in_the_configured_zone() {
    let desk = Desk::open();
    desk.becomes(|state| {
        state.configuration.refused = Some("horizons.7d.schedule: \"x\"".into());
        state.horizons[0].chronos = suspended();
        state.horizons[1].running_since = Some(instant("2025-07-01T12:00:00Z"));
        state.horizons[2].last = Some(LastRun {
            finished_at: instant("2025-01-01T12:30:09Z"),
            status: "failed".into(),
            as_of: None,
            figures: None,
            error: Some("no rates".into()),
        });
    });
    let body: Value = serde_json::from_slice(&desk.get("/readyz").body).unwrap();
    assert_eq!((&body["ready"], &body["stopping"]), (&json!(true), &json!(false)));
    let configuration = json!({
        "file": "/etc/forecaster/forecasters.toml",
        "accepted_at": "2025-01-05T00:00:00-03:00",
        "refused": "horizons.7d.schedule: \"x\"",
    });
    assert_eq!(body["configuration"], configuration);
    let first = json!({
        "horizon": "7d",
        "enabled": true,
        "next": "2025-01-13T08:00:00-03:00",
        "running_since": null,
        "last": {
            "finished_at": "2025-01-06T08:00:04-03:00",
            "status": "ok",
            "as_of": "2025-01-03",
            "last_value": 1011.83,
            "median": 1009.24,
            "error": null,
        },
        "chronos": {
            "enabled": true,
            "failures": 3,
            "suspended": { "since": "2025-01-06T08:00:04-03:00", "reason": "3 failures in a row" },
        },
    });
    assert_eq!(body["horizons"][0], first);
    assert_eq!(body["horizons"][1]["running_since"], "2025-07-01T08:00:00-04:00");
    assert_eq!(
        (&body["horizons"][1]["last"], &body["horizons"][2]["last"]["error"]),
        (&Value::Null, &json!("no rates"))
    );
    assert_eq!((&body["horizons"][3]["enabled"], &body["horizons"][3]["next"]), (&json!(false), &Value::Null));
}

fn suspended() -> ChronosState {
    let suspended = Some((instant("2025-01-06T11:00:04Z"), "3 failures in a row".to_owned()));
    ChronosState { enabled: true, failures: 3, suspended }
}

#[test]
fn the_index_tells_where_chronos_is_suspended_and_how_it_comes_back() {
    let desk = Desk::open();
    let told = |desk: &Desk| String::from_utf8(desk.get("/").body).unwrap();
    assert!(!told(&desk).contains("suspended"));
    desk.becomes(|state| state.horizons[0].chronos = suspended());
    let page = told(&desk);
    for shown in
        ["Chronos is suspended in 7d", "3 failures in a row", "2025-01-06 08:00", "forecaster chronos resume 7d"]
    {
        assert!(page.contains(shown), "{shown}");
    }
}

#[test]
fn the_index_shows_state_results_next_runs_and_links() {
    let desk = Desk::open();
    desk.file("7d/2025-01-03-01943a5c-7d00-7a3b-8c4d-1234567890ab.html", "<p>report</p>");
    let answer = desk.get("/");
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
    for shown in [
        ">Ready<",
        "2025-01-06 08:00",
        "1011.8 → <b>1009.2</b>",
        "\u{2212}0.26 %",
        "2025-01-13 08:00",
        "switched off",
        "href=\"reports/7d/2025-01-03-01943a5c-7d00-7a3b-8c4d-1234567890ab.html\"",
        "href=\"reports/\"",
        "href=\"metrics\"",
        "href=\"readyz\"",
        "href=\"healthz\"",
        "prefers-color-scheme: dark",
    ] {
        assert!(answer.text().contains(shown), "{shown}\n{}", answer.text());
    }
    assert!(!answer.text().contains("The last configuration was refused"));
    desk.becomes(|state| {
        state.configuration.refused = Some("<b>no</b>".into());
        state.horizons[0].running_since = Some(state.started_at);
        state.horizons[1].last = state.horizons[0].last.clone().map(|last| LastRun {
            status: "failed".into(),
            error: Some("<script>".into()),
            ..last
        });
    });
    let answer = desk.get("/");
    desk.becomes(|state| state.run_blocker = Some("database is <locked>".into()));
    let troubled = desk.get("/");
    for shown in [">In trouble<", "No run can be begun", "database is &lt;locked&gt;"] {
        assert!(troubled.text().contains(shown), "{shown}\n{}", troubled.text());
    }
    assert_eq!(desk.get("/readyz").status, 503);
    for shown in [">Running 7d<", "&lt;b&gt;no&lt;/b&gt;", "&lt;script&gt;"] {
        assert!(answer.text().contains(shown), "{shown}\n{}", answer.text());
    }
    assert!(!answer.text().contains("<script"));
}

#[test]
fn with_a_token_only_those_who_bring_it_see_more_than_whether_the_daemon_is_up() {
    let desk = Desk::with(Setting { token: true, ..Setting::default() });
    desk.file("7d/2025-01-03-01943a5c-7d00-7a3b-8c4d-1234567890ab.html", "<p>report</p>");
    let basic = |password: &str| BASE64_STANDARD.encode(format!("any:{password}"));
    let report = "/reports/7d/2025-01-03-01943a5c-7d00-7a3b-8c4d-1234567890ab.html";
    for path in ["/", "/metrics", "/reports/", "/reports/7d/", "/reports/7d/latest", report, "/none"] {
        for authorization in
            [String::new(), "Bearer wrong".into(), format!("Basic {}", basic("wrong")), format!("Basic {TOKEN}")]
        {
            let answer = ask(desk.address, "GET", path, &format!("Authorization: {authorization}\r\n"));
            assert_eq!(answer.status, 401, "{path} {authorization}");
            assert_eq!(answer.header("www-authenticate"), "Basic realm=\"forecaster\", charset=\"UTF-8\"");
            assert!(!answer.text().contains("<p>report"));
        }
        for authorization in [format!("Bearer {TOKEN}"), format!("bearer {TOKEN}"), format!("Basic {}", basic(TOKEN))]
        {
            let answer = ask(desk.address, "GET", path, &format!("Authorization: {authorization}\r\n"));
            assert!(matches!(answer.status, 200 | 302 | 404), "{path} {authorization} {}", answer.status);
        }
    }
    assert_eq!(ask(desk.address, "POST", "/", "").status, 401);
    assert_eq!(desk.get("/healthz").text(), "ok\n");
    let known: Value = serde_json::from_slice(&desk.get("/readyz").body).unwrap();
    assert_eq!(known, json!({ "ready": true }));
    let with = ask(desk.address, "GET", "/readyz", &format!("Authorization: Bearer {TOKEN}\r\n"));
    assert_eq!(serde_json::from_slice::<Value>(&with.body).unwrap()["horizons"].as_array().unwrap().len(), 4);
}
