"""Rows about recipients, configurations that are refused, alerts, a full disk, and `mail test`."""

import subprocess
from pathlib import Path

from .desk import AS_OF, CFO, DOMAIN, IN_THE_URL, LAST_EMBEDDED, PASSWORD, READERS, RISK, TREASURY, USER, WRONG, Skipped, expect


def own_readers(bench):
    with bench.server() as server:
        desk = bench.desk(server, **{"horizons.7d.email": [f"Riesgo <{RISK}>"]})
        desk.forecast()
        expect([taken.recipients for taken in server.taken] == [[RISK]], f"{[it.recipients for it in server.taken]}")
        expect(server.taken[0].parsed()["To"] == f"Riesgo <{RISK}>", server.taken[0].parsed()["To"])
        return f"horizons.7d.email: {RISK} alone"


def nobody(bench):
    with bench.server() as server:
        desk = bench.desk(server, **{"horizons.7d.email": False})
        desk.forecast()
        expect(desk.queue() == ([], 0) and not server.steps, f"{desk.queue()} {server.steps}")
        return "outbox empty, server not contacted"


def no_email(bench):
    with bench.server() as server:
        desk = bench.desk(server)
        desk.forecast("--no-email")
        expect(desk.queue() == ([], 0) and not server.steps, f"{desk.queue()} {server.steps}")
        return "outbox empty, server not contacted"


def refused_settings(bench):
    with bench.server() as server:
        for key, value, *words in [
            ("mail.recipients", ["Tesorería tesoreria@@"], "mail.recipients", "tesoreria@@"),
            ("mail.recipients", [CFO, "tesorería@example.com"], "mail.recipients", "tesorería@example.com"),
            ("mail.recipients", ["a@example.com\nBcc: b@example.com"], "mail.recipients", "line break"),
            ("mail.alerts", ["guardia"], "mail.alerts", "guardia", "the @ is missing"),
            ("mail.from", "", "mail.from"),
            ("horizons.7d.email", ["a@example.com, b@example.com"], "horizons.7d.email", "a@example.com, b@example.com"),
            ("mail.smtp", f"smtp://pronosticos:{IN_THE_URL}@127.0.0.1:{server.port}", "mail.smtp", "password"),
        ]:
            desk = bench.desk(server, **{key: value})
            said = desk.use("config", "check").ended(2).says("config/forecasters.toml", *words)
            desk.use("run", "7d", "--offline", "--as-of", AS_OF).ended(2)
        expect(not server.steps, f"{server.steps}")
        return f"7 refused with file, key and value; the last: {said.sentence()}"


def failing_run(bench):
    with bench.server() as server:
        desk = bench.desk(server, **{"service.reports_dir": "taken/reports"})
        (desk.folder / "taken").write_text("a file")
        said = ""
        for _ in range(2):
            answer = desk.use("run", "7d", "--offline", "--as-of", AS_OF).ended(1)
            said = answer.sentence()
        mails, _ = desk.queue()
        expect([mail["topic"] for mail in mails] == ["failed:7d"], f"{[mail['topic'] for mail in mails]}")
        expect(len(server.taken) == 1, f"{len(server.taken)} mails")
        mail = server.taken[0].parsed()
        text = mail.get_content()
        expect("taken/reports" in text and mails[0]["run_id"] in text and mail["Importance"] == "high", text)
        expect(mail["Message-ID"] == f"<{mails[0]['run_id']}.failed@{DOMAIN}>", mail["Message-ID"])
        desk.write("UPDATE outbox SET created_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-25 hours')")
        desk.use("run", "7d", "--offline", "--as-of", AS_OF).ended(1)
        expect(len(server.taken) == 2, f"{len(server.taken)} mails a day later")
        return f"'{mail['Subject']}', once for 2 runs, again after a day; {said}"


def stale_run(bench):
    with bench.server() as server:
        desk = bench.desk(server, **{"mail.alerts": [f"Guardia <{RISK}>"]})
        for _ in range(2):
            desk.use("run", "7d", "--offline").ended(3)
        mails, _ = desk.queue()
        expect([mail["topic"] for mail in mails] == ["stale"], f"{[mail['topic'] for mail in mails]}")
        expect([taken.recipients for taken in server.taken] == [[RISK]], f"{len(server.taken)} mails")
        text = server.taken[0].parsed().get_content()
        expect(LAST_EMBEDDED in text and "no se envió" in text, text)
        return f"'{server.taken[0].parsed()['Subject']}' once for 2 runs, to mail.alerts; no report"


def stale_and_mailed(bench):
    with bench.server() as server:
        desk = bench.desk(server, **{"mail.when_stale": True})
        desk.use("run", "7d", "--offline").ended(3)
        found = {mail["topic"]: mail["subject"] for mail in desk.queue()[0]}
        expect(set(found) == {"stale", "report:7d"} and len(server.taken) == 2, f"{found}")
        desk.forecast()
        usual = [mail["subject"] for mail in desk.queue()[0]][-1]
        expect("atrasad" in found["report:7d"].lower() and "atrasad" not in usual, f"{found}; usual: {usual}")
        return f"'{found['report:7d']}' and the alert"


def full_disk(bench):
    with bench.server() as server:
        desk = bench.desk(server)
        reports = desk.folder / "reports"
        reports.mkdir()
        options = ["-t", "tmpfs", "-o", "size=16m", "tmpfs", str(reports)]
        mounted = subprocess.run(["mount", *options], capture_output=True, text=True, timeout=20)
        if mounted.returncode:
            raise Skipped(f"no small disk can be made here: {mounted.stderr.strip()}")
        try:
            return full_then_free(desk, server, reports)
        finally:
            subprocess.run(["umount", "--lazy", str(reports)], capture_output=True, timeout=20, check=False)


def full_then_free(desk, server, reports):
    filler = reports / "filler"
    try:
        with filler.open("wb") as file:
            while True:
                file.write(bytes(1 << 16))
                file.flush()
    except OSError:
        pass
    said = desk.use("run", "7d", "--offline", "--as-of", AS_OF).ended(1).says("No space left")
    expect([taken.parsed().get_content_type() for taken in server.taken] == ["text/plain"], "not the alert alone was sent")
    expect([mail["topic"] for mail in desk.queue()[0]] == ["failed:7d"], f"{desk.queue()}")
    left = [path.name for path in Path(reports).rglob("*") if path.is_file()]
    expect(left == ["filler"], f"left behind: {left}")
    filler.unlink()
    document, _ = desk.forecast()
    expect(server.ids()[1:] == [f"{document['run_id']}@{DOMAIN}"], f"{server.ids()}")
    return said.sentence()


def mail_test(bench):
    with bench.server() as server:
        desk = bench.desk(server)
        said = desk.use("mail", "test").ended(0)
        said.says("connect", "EHLO", "TLS 1.3", "AUTH", "MAIL FROM", "is ready for mail")
        said.says(f"sent to {TREASURY}: 250", f"sent to {CFO}: 250")
        expect(len(server.taken) == 1, f"{len(server.taken)} mails")
        mail = server.taken[0].parsed()
        expect(mail["Message-ID"].endswith(f".test@{DOMAIN}>") and mail["To"] == ", ".join(READERS), str(mail))
        desk.use("mail", "test", RISK).ended(0).says(f"sent to {RISK}: 250")
        expect(server.taken[1].recipients == [RISK] and desk.queue()[0] == [], "the outbox has it")
        return f"{' / '.join(line.split()[0] for line in said.out.splitlines() if ' ms ' in line)}; '{mail['Subject']}'"


def mail_test_wrong(bench):
    with bench.server() as server:
        desk = bench.desk(server, **{"mail.password": str(bench.wrong)})
        answer = desk.use("mail", "test").ended(1).says("535 5.7.8", f"the user '{USER}'")
        expect(not {WRONG, PASSWORD} & set((answer.out + answer.err).split()), "the password is shown")
        expect(not server.taken, "it was sent")
        return answer.sentence()


def no_secret_anywhere(bench):
    """Checks that no output and no file contains a secret, except the files that hold the secrets."""
    places = {f"output {index}": said for index, said in enumerate(bench.said)}
    for path in bench.folder.rglob("*"):
        inside = path.relative_to(bench.folder).parts
        if path.is_file() and inside[0].startswith("desk-") and inside[1] != "config":
            places[str(path)] = path.read_bytes()
    found = [
        f"{name} in {place}" for name, secret in bench.secrets().items() for place, content in places.items() if secret in content
    ]
    expect(not found, f"{len(found)} times: {found[:5]}")
    return f"{len(bench.said)} outputs and {len(places) - len(bench.said)} files, {sum(map(len, places.values())) >> 20} MiB"


def rows(bench, table):
    for name, action in {
        "recipients of a horizon": own_readers,
        "email = false": nobody,
        "--no-email": no_email,
        "settings that are refused": refused_settings,
        "disk full": full_disk,
        "alert: a run that fails, twice": failing_run,
        "alert: stale rates, twice": stale_run,
        "stale, and when_stale = true": stale_and_mailed,
        "mail test": mail_test,
        "mail test, wrong password": mail_test_wrong,
    }.items():
        table.row(name, lambda: action(bench))
