//! Official rates without an account: each of the keyless providers alone has the newest dólar observado, and FRED gives
//! the same values with a key as without.

use super::{
    Desk, Server, World, configuration, expect_said,
    server::Reply,
    services, stored,
    world::{self, FRED_KEY},
};

/// The default order of providers.
const ORDER: &str =
    r#"["bcch", "mindicador", "ecb", "fred", "sii", "frankfurter", "bis", "nbp", "yahoo", "currency-api"]"#;
/// No regressors, and the one model that needs none.
const ALONE: &str = "[rates.series]\n[horizons.7d]\nmodels = [\"random_walk\"]\n";

#[test]
fn each_keyless_provider_alone_gives_the_newest_official_rate() {
    let world = World::today();
    for provider in ["mindicador", "sii", "frankfurter", "bis"] {
        let folder = format!("/{provider}/");
        let server = Server::answering(move |request| {
            let is_alive = request.path.starts_with(&folder);
            if is_alive { world.answer(request) } else { Reply::status(403, "<h1>Forbidden</h1>") }
        });
        let desk = Desk::with_configuration(&configuration(&server.url(), ORDER, ALONE));
        let finished = desk.run(&["run", "7d", "--json"]).expect(0);
        let run = finished.json();
        let newest = world.newest("usdclp");
        let value = world.value("usdclp", newest).unwrap();
        assert_eq!(
            (&run["as_of"], &run["last_value"]),
            (&newest.to_string().into(), &value.into()),
            "{provider}: {}",
            finished.stderr()
        );
        assert_eq!(run["data"]["cautions"], serde_json::json!([]), "{provider}");
        let kept = stored(&desk, "usdclp");
        let expected = world.values("usdclp", kept[0].date, newest);
        let values: Vec<_> = kept.iter().map(|o| (o.date, o.value)).collect();
        assert_eq!(values, expected, "{provider}");
        assert!(kept.iter().all(|o| o.source == provider), "{provider}");
    }
}

#[test]
fn an_official_rate_is_confirmed_by_another_and_the_first_in_the_list_counts() {
    let (world, server) = (World::today(), services());
    let desk = Desk::with_configuration(&configuration(&server.url(), r#"["sii", "frankfurter", "bis"]"#, ALONE));
    let synchronised = desk.run(&["rates", "sync", "--json"]).expect(0).json();
    let clp = super::row(&synchronised, "series", "usdclp");
    let asked: Vec<&str> =
        clp["providers"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(asked, ["sii", "frankfurter"], "{clp:#}");
    assert_eq!(clp["provider"], "sii");
    assert_eq!(stored(&desk, "usdclp").last().unwrap().date, world.newest("usdclp"));
}

/// A desk with FRED alone, with a key or without.
fn desk_with_fred(server: &Server, key: Option<&str>) -> Desk {
    let series = "[rates.series.dxy]\nproviders = [\"fred\"]\n[rates.series.usdmxn]\nproviders = [\"fred\"]\n";
    let mut desk = Desk::with_configuration(&configuration(&server.url(), r#"["mindicador"]"#, series));
    if let Some(key) = key {
        let file = desk.write("secrets/fred", &format!("{key}\n"));
        desk.set("FORECASTER__RATES__PROVIDER__FRED__KEY", file.to_str().unwrap());
    }
    desk
}

#[test]
fn fred_gives_the_same_values_with_a_key_as_without() {
    let server = services();
    let (without, with) = (desk_with_fred(&server, None), desk_with_fred(&server, Some(FRED_KEY)));
    without.run(&["rates", "sync"]).expect(0);
    let asked = server.paths().len();
    let finished = with.run(&["--log", "trace", "rates", "sync"]).expect(0);
    for series in ["dxy", "usdmxn"] {
        let values = |desk: &Desk| -> Vec<_> { stored(desk, series).iter().map(|o| (o.date, o.value)).collect() };
        assert_eq!(values(&with), values(&without), "{series}");
        assert!(values(&with).len() > 15, "{series}");
    }
    let paths = server.paths().split_off(asked);
    let of_fred: Vec<&String> = paths.iter().filter(|path| path.starts_with("/fred")).collect();
    assert_eq!(of_fred.len(), 7, "six currencies of the index, and one pair: {of_fred:?}");
    assert!(of_fred.iter().all(|path| path.contains(&format!("api_key={FRED_KEY}"))), "{of_fred:?}");
    nothing_reveals_the_key(&with, &(finished.stdout() + &finished.stderr()), FRED_KEY);
}

#[test]
fn a_key_that_fred_refuses_is_told_with_advice_and_without_the_key() {
    let (server, wrong) = (services(), "ffffffffffffffffffffffffffffffff");
    let desk = desk_with_fred(&server, Some(wrong));
    let finished = desk.run(&["--log", "trace", "rates", "sync"]);
    expect_said(&finished, &["fred, ", "api_key is not registered; check rates.provider.fred.key"]);
    nothing_reveals_the_key(&desk, &(finished.stdout() + &finished.stderr()), wrong);
    assert_eq!(stored(&desk, "usdclp").last().unwrap().date, world::World::today().newest("usdclp"));
}

fn nothing_reveals_the_key(desk: &Desk, said: &str, key: &str) {
    assert!(!said.contains(key), "{said}");
    for file in desk.files("data") {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        assert!(!text.contains(key), "{}", file.display());
    }
}
