//! The password of the Banco Central's service, which is part of the requested URL, appears nowhere else: not in
//! output or logs, not in the store, and not in requests to other servers.

use super::{
    Desk, Server, World, configuration, expect_said,
    server::{Reply, closed},
    world::{PASSWORD, TOKEN, USER},
};

/// The password as a person, a URL and a web page write it.
const FORMS: [&str; 4] = [PASSWORD, "Zorzal%267%2BMait%C3%A9n%2F9", "Zorzal&amp;7+Maitén/9", "Zorzal"];

/// A desk with bcch alone, at an address.
fn desk_with_password(address: &str, password: &str) -> Desk {
    let desk = Desk::with_configuration("");
    let file = desk.write("secrets/bcch", password);
    let account = format!("user = \"{USER}\"\npassword = \"{}\"\n", file.display());
    let text = configuration(address, r#"["bcch"]"#, "[rates.series]\n");
    let place = format!("[rates.provider.bcch]\nurl = \"{address}/bcch\"\n");
    desk.write("config/forecasters.toml", &text.replace(&place, &format!("{place}{account}")));
    desk
}

/// Syncs and forecasts with the most detailed logging, and searches all output for the password.
fn gives_nothing_away(what: &str, desk: &Desk, code: i32) -> String {
    let model = "\n[horizons.7d]\nmodels = [\"random_walk\"]\n";
    let config = std::fs::read_to_string(desk.path("config/forecasters.toml")).unwrap();
    desk.write("config/forecasters.toml", &format!("{config}{model}"));
    let mut said = String::new();
    let mut say = |arguments: &[&str]| {
        let finished = desk.run(arguments);
        said += &format!("{}{}", finished.stdout(), finished.stderr());
        finished.code()
    };
    assert_eq!(say(&["--log", "trace", "rates", "sync"]), code, "{what}");
    say(&["--log", "debug", "--log-format", "json", "run", "7d", "--json"]);
    say(&["config", "show"]);
    if code == 0 {
        say(&["rates", "sync", "--json"]);
        say(&["rates", "show"]);
        say(&["rates", "show", "--revisions"]);
    }
    for form in FORMS {
        assert!(!said.contains(form), "{what}: {form} was printed or logged: {}", around(&said, form));
    }
    let files = ["data", "logs", "reports"].iter().flat_map(|folder| desk.files(folder));
    for file in files.collect::<Vec<_>>() {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        for form in FORMS {
            assert!(!text.contains(form), "{what}: {form} stands in {}: {}", file.display(), around(&text, form));
        }
    }
    assert!(desk.path("data/rates/providers.json").exists(), "what was learnt of the provider was looked at");
    said
}

/// Returns the first place of `form` in `text`, with some context.
fn around(text: &str, form: &str) -> String {
    let at = text.find(form).unwrap();
    let before: String = text[..at].chars().rev().take(120).collect::<Vec<_>>().into_iter().rev().collect();
    before + &text[at..].chars().take(60).collect::<String>()
}

#[test]
fn the_password_is_sent_to_the_service_and_nowhere_else_when_all_goes_well() {
    let world = World::today();
    let server = Server::answering(move |request| world.answer(request).with("ETag", "\"7\""));
    let desk = desk_with_password(&server.url(), PASSWORD);
    let said = gives_nothing_away("a good answer", &desk, 0);
    assert!(said.contains("(bcch)"), "{said}");
    assert!(server.paths()[0].contains("&pass=Zorzal%267%2BMait%C3%A9n%2F9&"), "{:?}", server.paths());
}

/// A desk with an account's user, password and token.
fn desk_with_token(address: &str) -> Desk {
    let desk = desk_with_password(address, PASSWORD);
    let file = desk.write("secrets/token", &format!("{TOKEN}\n"));
    let text = std::fs::read_to_string(desk.path("config/forecasters.toml")).unwrap();
    let section = "[rates.provider.bcch]\n";
    let with_token = format!("{section}token = \"{}\"\n", file.display());
    desk.write("config/forecasters.toml", &text.replace(section, &with_token));
    desk
}

#[test]
fn a_token_takes_the_place_of_user_and_password_and_is_shown_nowhere() {
    let world = World::today();
    let server = Server::answering(move |request| world.answer(request));
    let said = gives_nothing_away("a token", &desk_with_token(&server.url()), 0);
    assert!(said.contains("(bcch)"), "{said}");
    let paths = server.paths();
    let has_only_token = |path: &String| path.contains("?token=%242a%2410%24Zorzal") && !path.contains("pass=");
    assert!(paths.iter().all(has_only_token), "{paths:?}");
}

#[test]
fn a_token_that_is_no_longer_valid_is_told_with_the_way_to_a_new_one() {
    let world = World::today();
    let server = Server::answering(move |request| {
        world.answer(&crate::server::Request { path: request.path.replace("Zorzal", "Zarzal"), ..request.clone() })
    });
    let said = gives_nothing_away("a token that has expired", &desk_with_token(&server.url()), 1);
    assert!(said.contains("-5 Invalid username or password; a token is valid for a year: make a new one"), "{said}");
}

#[test]
fn a_wrong_password_is_told_without_it() {
    let world = World::today();
    let server = Server::answering(move |request| {
        world.answer(&crate::server::Request { path: request.path.replace("Zorzal", "Zarzal"), ..request.clone() })
    });
    let desk = desk_with_password(&server.url(), PASSWORD);
    let said = gives_nothing_away("a wrong password", &desk, 1);
    assert!(said.contains("bcch, usdclp: ") && said.contains("-5 Invalid username or password"), "{said}");
    assert!(said.contains("check rates.provider.bcch.user and rates.provider.bcch.password"), "{said}");
}

#[test]
fn a_service_that_fails_and_shows_the_address_it_was_asked_does_not_spread_it() {
    let page = |request: &crate::server::Request| format!("<h1>Error</h1> in {} at once", request.path);
    let plain = |_: &crate::server::Request| format!("Error: {PASSWORD} of {USER} is not welcome");
    // The address comes late enough that an excerpt would end within the password.
    let cut = |request: &crate::server::Request| format!("{:>22}{}", "", request.path);
    let in_json = |request: &crate::server::Request| format!(r#"{{"Codigo":7,"Descripcion":"{}"}}"#, request.path);
    type Page = fn(&crate::server::Request) -> String;
    let pages: [(&str, u16, Page); 7] = [
        ("500 that shows the address", 500, page),
        ("403 that shows the password", 403, plain),
        ("404 that shows the address", 404, page),
        ("500 whose excerpt ends in the password", 500, cut),
        ("200 with a page that shows the address", 200, page),
        ("200 with a page that shows the password", 200, plain),
        ("200 with an error that shows the address", 200, in_json),
    ];
    for (what, status, page) in pages {
        let server = Server::answering(move |request| Reply::status(status, page(request)));
        gives_nothing_away(what, &desk_with_password(&server.url(), PASSWORD), 1);
    }
}

#[test]
fn a_service_that_cannot_be_reached_or_breaks_off_is_told_without_the_address() {
    let said = gives_nothing_away("a closed port", &desk_with_password(&closed(), PASSWORD), 1);
    assert!(said.contains("cannot be reached"), "{said}");
    let server = Server::answering(|_| Reply::Cut(b"{\"Codigo\":".to_vec()));
    gives_nothing_away("an answer that breaks off", &desk_with_password(&server.url(), PASSWORD), 1);
    let server = Server::answering(|_| Reply::Raw(b"220 mail.example ESMTP\r\n".to_vec()));
    gives_nothing_away("no HTTP at all", &desk_with_password(&server.url(), PASSWORD), 1);
}

#[test]
fn where_the_service_redirects_to_hears_nothing_of_the_password() {
    let elsewhere = Server::answering(|_| Reply::ok("<h1>Mantención</h1>"));
    let address = elsewhere.url();
    let server = Server::answering(move |_| Reply::status(302, "").with("Location", format!("{address}/aviso")));
    gives_nothing_away("a redirect", &desk_with_password(&server.url(), PASSWORD), 1);
    for request in elsewhere.requests() {
        assert_eq!((request.path.as_str(), request.header("referer")), ("/aviso", None));
    }
    assert!(!elsewhere.requests().is_empty());
    let loops = Server::answering(|request| Reply::status(302, "").with("Location", request.path.clone()));
    gives_nothing_away("a redirect loop", &desk_with_password(&loops.url(), PASSWORD), 1);
}

#[test]
fn a_password_that_is_missing_or_empty_leaves_the_provider_unasked_and_says_why() {
    let server = super::services();
    let desk = desk_with_password(&server.url(), " \n");
    let finished = desk.run(&["rates", "sync"]).expect(1);
    expect_said(&finished, &["rates.provider.bcch.password: the secret ", "secrets/bcch is empty"]);
    assert!(
        finished.stdout().contains("bcch: the token or password of its account cannot be read"),
        "{}",
        finished.stdout()
    );
    std::fs::remove_file(desk.path("secrets/bcch")).unwrap();
    expect_said(&desk.run(&["rates", "sync"]).expect(1), &["cannot be read", "make the file"]);
    assert_eq!(server.paths(), [""; 0]);
}

#[test]
fn the_password_of_a_proxy_is_not_logged_either() {
    let world = World::today();
    let proxy = Server::answering(move |request| {
        let path = request.path.replace("http://rates.invalid", "");
        world.answer(&crate::server::Request { path, ..request.clone() })
    });
    for (address, code) in [(proxy.url(), 0), (closed(), 1)] {
        let mut desk = desk_with_password("http://rates.invalid", PASSWORD);
        let with_account = address.replace("http://", "http://someone:Zorzal@");
        desk.set("HTTP_PROXY", &with_account);
        desk.set("http_proxy", &with_account);
        gives_nothing_away("a proxy with a password", &desk, code);
    }
    let authorization = proxy.requests()[0].header("proxy-authorization").map(str::to_owned);
    assert_eq!(authorization.as_deref(), Some("Basic c29tZW9uZTpab3J6YWw="));
}
