//! The daemon's runs fetch rates, too.

use super::{Desk, World, configuration, server::closed, services};
use crate::daemon::{Daemon, minutes_ago, miss, only};
use forecaster_domain::Horizon;

#[test]
fn a_scheduled_run_fetches_and_falls_back_like_one_by_hand() {
    let (server, nobody) = (services(), closed());
    let desk = Desk::with_configuration("");
    let schedule = miss(&desk, Horizon::D7, minutes_ago(90));
    let index = "[rates.series.dxy]\nproviders = [\"fred\"]\n";
    let rates = configuration(&server.url(), r#"["mindicador", "stooq"]"#, index);
    let rates = rates.replace(&format!("{}/mindicador", server.url()), &nobody);
    desk.write("forecasters.toml", &format!("{rates}{}", only("7d", &schedule)));
    let mut daemon = Daemon::start(&desk);
    let status = daemon.hears("-> ");
    assert!(status.starts_with("STATUS=7d ok 20"), "{status}");
    daemon.stop();
    let metrics = &desk.metrics()[0];
    let newest = World::today().newest("usdclp").to_string();
    assert_eq!(
        (&metrics["data"]["provider"], &metrics["data"]["last_observation"]),
        (&"stooq".into(), &newest.into())
    );
    assert_eq!(metrics["data"]["provider_failures"][0]["provider"], "mindicador");
    assert!(desk.log().contains("WARN mindicador, usdclp: dolar/"), "{}", desk.log());
}
