//! `run` fetches rates before it forecasts, continues with the available ones when providers fail, and fetches
//! nothing when the options forbid it.

use super::{
    Desk, Server, World, configuration, expect_said, report, row,
    server::{Reply, closed},
    services, stored,
};
use crate::desk::assert_valid;

/// The dollar index alone, which needs six rates from fred.
const INDEX: &str = "[rates.series.dxy]\nproviders = [\"fred\"]\n";

/// A desk with mindicador at one address and all other services at the server's.
fn with_mindicador_at(address: &str, server: &Server, more: &str) -> Desk {
    let text = configuration(&server.url(), r#"["mindicador", "stooq"]"#, &format!("{INDEX}{more}"));
    Desk::with_configuration(&text.replace(&format!("{}/mindicador", server.url()), address))
}

/// A desk whose providers are all at an address where nothing answers.
fn with_nobody_at(address: &str, deadline_seconds: u32) -> Desk {
    let text = configuration(address, r#"["mindicador", "stooq"]"#, INDEX);
    let deadline = format!("[rates]\ndeadline_seconds = {deadline_seconds}\n");
    Desk::with_configuration(&text.replacen("[rates]\n", &deadline, 1))
}

#[test]
fn a_run_fetches_first_and_forecasts_from_today() {
    let (world, server) = (World::today(), services());
    let desk = with_mindicador_at(&format!("{}/mindicador", server.url()), &server, "");
    let finished = desk.run(&["run", "7d", "--json"]).expect(0);
    let run = finished.json();
    let newest = world.newest("usdclp");
    assert_eq!(run["as_of"], newest.to_string());
    assert_eq!(run["last_value"], world.value("usdclp", newest).unwrap());
    assert_eq!(run["data"]["provider_failures"], serde_json::json!([]));
    expect_said(&finished, &["rates fetched: ", "2 of 2 series answered", "from mindicador", "from stooq"]);
    assert_eq!(desk.metrics()[0]["data"]["provider"], "mindicador");
    assert_eq!(desk.metrics()[0]["status"], "ok");
    let html = report(&desk);
    assert!(!html.contains("Datos desactualizados") && !html.contains("Proveedores que fallaron"));
}

#[test]
fn when_the_first_provider_is_dead_the_second_serves_and_everybody_is_told() {
    let (world, server, nobody) = (World::today(), services(), closed());
    let desk = with_mindicador_at(&nobody, &server, "");
    let finished = desk.run(&["run", "7d", "--json"]).expect(0);
    let run = finished.json();
    assert_valid(&run, "run.schema.json");
    let newest = world.newest("usdclp").to_string();
    let host = nobody.trim_start_matches("http://");
    let year = world.last.format("%Y");
    let reason = format!("dolar/{year}: {host} cannot be reached: Connection refused (os error 111)");
    expect_said(
        &finished,
        &[&format!("WARN mindicador, usdclp: {reason}"), &format!("new values up to {newest} from stooq")],
    );
    let failures = serde_json::json!([{ "provider": "mindicador", "series": "usdclp", "reason": reason }]);
    assert_eq!(run["data"]["provider_failures"], failures);
    let clp = row(&run["data"]["series"], "name", "usdclp");
    assert_eq!((&clp["provider"], &clp["last_observation"]), (&"stooq".into(), &newest.clone().into()));
    let metrics = &desk.metrics()[0];
    assert_valid(metrics, "metrics.schema.json");
    assert_eq!((&metrics["data"]["provider"], &metrics["data"]["stale"]), (&"stooq".into(), &false.into()));
    assert_eq!((&metrics["data"]["provider_failures"], &metrics["status"]), (&failures, &"ok".into()));
    let html = report(&desk);
    assert!(html.contains("Proveedores que fallaron al actualizar los datos: mindicador.cl (usdclp)."), "{html}");
    assert!(!html.contains("Datos desactualizados"));
    assert!(stored(&desk, "usdclp").iter().all(|o| o.source == "stooq"));
}

/// Checks a run without any answer from providers: it uses the embedded rates, the newest of which is a market quote
/// that stands in for the official rate, calls them stale, and names the providers that failed.
fn forecasts_from_the_embedded_rates(desk: &Desk, reason: &str) {
    let finished = desk.run(&["run", "7d", "--json"]).expect(3);
    let run = finished.json();
    assert_valid(&run, "run.schema.json");
    assert_eq!(run["as_of"], "2026-10-26");
    let caution = "the last value is a market quote of nbp, standing in for the official rate";
    assert_eq!(run["data"]["cautions"], serde_json::json!([caution]));
    expect_said(&finished, &["business days old (limit 3)", "0 of 2 series answered", caution]);
    for (provider, series) in [("mindicador", "usdclp"), ("stooq", "usdclp"), ("fred", "dxy")] {
        let line = format!("WARN {provider}, {series}: ");
        let said = finished.stderr();
        assert!(said.lines().any(|l| l.contains(&line) && l.contains(reason)), "{line}{reason} is not in:\n{said}");
    }
    let failures = run["data"]["provider_failures"].as_array().unwrap();
    assert_eq!(failures.len(), 3, "{failures:?}");
    assert!(failures.iter().all(|one| one["reason"].as_str().unwrap().contains(reason)), "{failures:?}");
    let metrics = &desk.metrics()[0];
    assert_valid(metrics, "metrics.schema.json");
    assert_eq!((&metrics["status"], &metrics["data"]["stale"]), (&"degraded".into(), &true.into()));
    assert_eq!(metrics["data"]["provider"], "nbp");
    let html = report(desk);
    assert!(html.contains("Datos desactualizados"));
    let failed = ["mindicador.cl (usdclp)", "Stooq (usdclp)", "FRED (dxy)"];
    assert!(failed.iter().all(|one| html.contains(one)), "{failed:?} are not in the report");
    assert!(desk.files("data/rates").iter().all(|file| file.extension().is_none_or(|e| e != "parquet")));
}

#[test]
fn when_all_providers_are_dead_the_run_is_stale_and_says_so() {
    forecasts_from_the_embedded_rates(&with_nobody_at(&closed(), 8), "cannot be reached");
}

#[test]
fn when_all_providers_hang_the_deadline_ends_it_and_the_run_is_stale() {
    let server = Server::answering(|_| Reply::Silence);
    forecasts_from_the_embedded_rates(&with_nobody_at(&server.url(), 2), "has not answered");
}

#[test]
fn offline_asks_nobody() {
    let server = services();
    let desk = with_mindicador_at(&format!("{}/mindicador", server.url()), &server, "");
    desk.run(&["run", "7d", "--offline"]).expect(3);
    assert_eq!(server.paths(), [""; 0]);
    assert_eq!(desk.files("data/rates"), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_run_as_of_a_day_that_is_known_asks_nobody_and_one_of_a_later_day_does() {
    let (world, server) = (World::today(), services());
    let desk = with_mindicador_at(&format!("{}/mindicador", server.url()), &server, "");
    desk.run(&["run", "7d", "--as-of", "2024-12-19"]).expect(0);
    assert_eq!(server.paths(), [""; 0]);
    let later = world.values("usdclp", super::day("2025-01-06"), world.last)[20];
    let run = desk.run(&["run", "7d", "--as-of", &later.0.to_string(), "--json"]).expect(0).json();
    assert_eq!((&run["as_of"], &run["last_value"]), (&later.0.to_string().into(), &later.1.into()));
    assert_ne!(server.paths(), [""; 0]);
    // All days have been fetched by now.
    let asked = server.requests().len();
    let next = world.values("usdclp", super::day("2025-01-06"), world.last)[21];
    desk.run(&["run", "7d", "--as-of", &next.0.to_string()]).expect(0);
    assert_eq!(server.requests().len(), asked);
}

/// The host has no address, so only a proxy can have been asked.
#[test]
fn a_proxy_of_the_environment_is_asked_instead_of_the_services() {
    let world = World::today();
    let proxy = Server::answering(move |request| {
        let mut request = request.clone();
        request.path = request.path.replace("http://rates.invalid", "");
        world.answer(&request)
    });
    let text = configuration("http://rates.invalid", r#"["mindicador", "stooq"]"#, INDEX);
    let mut desk = Desk::with_configuration(&text);
    desk.set("HTTP_PROXY", &proxy.url());
    desk.set("http_proxy", &proxy.url());
    desk.run(&["rates", "sync"]).expect(0);
    let paths = proxy.paths();
    assert!(!paths.is_empty() && paths.iter().all(|path| path.starts_with("http://rates.invalid/")), "{paths:?}");
    assert_eq!(stored(&desk, "usdclp").last().unwrap().source, "mindicador");
    // A host in NO_PROXY is asked directly, and it does not exist.
    desk.set("NO_PROXY", "rates.invalid");
    desk.set("no_proxy", "rates.invalid");
    let asked = proxy.requests().len();
    expect_said(&desk.run(&["rates", "sync"]).expect(1), &["rates.invalid cannot be resolved"]);
    assert_eq!(proxy.requests().len(), asked);
}
