"""Rows about servers that are down, busy, full, wrong or cut off: what the program says, which mails wait, and that they arrive later."""

from .desk import AS_OF, CFO, DOMAIN, READERS, RISK, TREASURY, expect

ALL = (TREASURY, CFO)


def run_and_wait(desk, *words):
    """Makes a run whose mail is tried once and then waits. Returns its Message-ID and the reason."""
    document, answer = desk.forecast()
    answer.says("waits until", *words)
    return f"{document['run_id']}@{DOMAIN}", desk.waits(1, *words)


def down_then_up(bench):
    server = bench.server()
    desk = bench.desk(server)
    message_id, reason = run_and_wait(desk, "cannot connect to 127.0.0.1")
    expect(0 < desk.soonest() <= 1.2, f"next attempt in {desk.soonest():.1f} min")
    expect(desk.queue()[1] == 3, "`mail queue` does not end with 3")
    desk.flush(3).says("0 sent, 2 waiting")
    desk.waits(2)
    with server:
        desk.delivered(server, message_id)
    return reason


def greylisting(bench):
    with bench.server() as server:
        desk = bench.desk(server)
        server.once = {address: "450 4.7.1 greylisted, come back" for address in ALL}
        message_id, reason = run_and_wait(desk, "450 4.7.1")
        expect("DATA" not in server.steps, f"{server.steps}")
        desk.delivered(server, message_id)
        return f"{reason}; accepted at the second try"


def wrong_password(bench):
    with bench.server() as server:
        desk = bench.desk(server, **{"mail.password": str(bench.wrong)})
        message_id, reason = run_and_wait(desk, "535 5.7.8", "***")
        waits = [desk.soonest()]
        desk.flush(3)
        desk.waits(2, "535")
        waits.append(desk.soonest())
        expect(min(waits) >= 10, f"next attempts after {waits} min")
        expect(server.steps.count("AUTH") == 2 and "MAIL" not in server.steps, f"{server.steps}")
        kept = desk.read("SELECT length(message) FROM outbox")[0][0]
        expect(kept, "the message was not kept")
        desk.configure(**{"mail.password": str(bench.password)})
        desk.delivered(server, message_id)
        return f"{reason}; next after {waits[0]:.0f}, then {waits[1]:.0f} min"


def two_mails_wrong_password(bench):
    """Checks that a wrong account causes one attempt per round, not one per mail."""
    with bench.server() as server:
        desk = bench.desk(server, **{"mail.password": str(bench.wrong)})
        for _ in range(2):
            desk.forecast()
        server.steps.clear()
        desk.flush(3).says("0 sent, 4 waiting")
        expect(server.steps.count("AUTH") == 1, f"{server.steps}")
        return "1 attempt to log in for 2 mails"


def unknown_authority(bench):
    with bench.server() as server:
        desk = bench.desk(server, **{"mail.ca_file": ""})
        message_id, reason = run_and_wait(desk, "not signed by an authority that this machine trusts", "mail.ca_file")
        expect(server.steps == ["EHLO", "STARTTLS"], f"{server.steps}")
        desk.configure(**{"mail.ca_file": str(bench.authority.ca_file)})
        desk.delivered(server, message_id)
        return f"{reason}; the server saw no AUTH"


def other_name(bench):
    with bench.server() as server:
        server.context = bench.authority.other
        desk = bench.desk(server)
        message_id, reason = run_and_wait(desk, "it is for mail.example.org, not for 127.0.0.1")
        expect(server.steps == ["EHLO", "STARTTLS"], f"{server.steps}")
        server.context = bench.authority.own
        desk.delivered(server, message_id)
        return reason


def no_starttls(bench):
    with bench.server(tls=False) as server:
        desk = bench.desk(server)
        message_id, reason = run_and_wait(desk, "does not offer STARTTLS")
        expect(set(server.steps) <= {"EHLO", "QUIT"}, f"{server.steps}")
        server.context = bench.authority.own
        desk.delivered(server, message_id)
        return reason


def cut_in_the_message(bench):
    with bench.server() as server:
        desk = bench.desk(server)
        server.cut = "in the message"
        message_id, reason = run_and_wait(desk, "is tried again")
        # It is chance whether the system has taken all data from the program by then, and so which of the two the program says.
        expect("was lost (message)" in reason or "may or may not have been accepted" in reason, reason)
        expect(not server.taken, f"{len(server.taken)} taken")
        server.behave()
        desk.delivered(server, message_id)
        return reason


def cut_before_the_answer(bench):
    with bench.server() as server:
        desk = bench.desk(server)
        server.cut = "before the answer"
        message_id, reason = run_and_wait(desk, "may or may not have been accepted", "same Message-ID")
        server.behave()
        desk.delivered(server, message_id)
        first, second = server.taken
        expect(first.message_id == second.message_id and first.raw == second.raw, "the second is another mail")
        return f"{reason}; came twice, the same {len(first.raw)} bytes"


def cut_at_data(bench):
    with bench.server() as server:
        desk = bench.desk(server)
        server.cut = "at DATA"
        message_id, reason = run_and_wait(desk, "was lost (DATA)", "the message was not taken")
        server.behave()
        desk.delivered(server, message_id)
        return reason


def two_at_once(bench):
    with bench.server() as server:
        desk = bench.desk(server)
        server.delay = lambda: 0.2
        command = ("run", "7d", "--offline", "--as-of", AS_OF)
        run = desk.begin(*command)
        try:
            expect(server.wait_for("EHLO", 30), "the run sends nothing")
            said = desk.flush(1).says("another process is sending mail")
        finally:
            desk.end(run, command).ended(0)
        expect(len(server.taken) == 1 and desk.queue()[1] == 0, f"{len(server.taken)} mails")
        return said.sentence()


def one_refused(bench):
    server = bench.server()
    desk = bench.desk(server, **{"mail.recipients": [*READERS, RISK]})
    desk.forecast()
    server.replies = {RISK: "550 5.1.1 no such user"}
    with server:
        desk.flush(3).says("2 sent, 0 waiting, 1 refused", "550 5.1.1")
        expect(server.taken[0].recipients == sorted(ALL), f"{server.taken[0].recipients}")
        states = {address: it["state"] for address, it in desk.only_mail().items()}
        expect(states == {TREASURY: "sent", CFO: "sent", RISK: "refused"}, f"{states}")
        _, code = desk.queue()
        expect(code == 3, f"`mail queue` ended with {code}")
        desk.use("mail", "queue").ended(3).says(f"{RISK}: refused", "550 5.1.1 no such user")
        desk.flush().says("0 sent, 0 waiting")
        expect(len(server.taken) == 1, "it was sent again")
        return f"the other two have it, once; {RISK} {states[RISK]}; `mail flush` and `mail queue` end with 3"


def over_quota(bench):
    with bench.server() as server:
        desk = bench.desk(server, **{"mail.recipients": [*READERS, RISK]})
        server.replies = {TREASURY: "452 4.2.2 mailbox full", CFO: "552 5.2.2 over quota"}
        document, _ = desk.forecast()
        found = desk.only_mail()
        states = {address: (it["state"], it["reply"][:9]) for address, it in found.items()}
        wanted = {TREASURY: ("waiting", "452 4.2.2"), CFO: ("waiting", "552 5.2.2"), RISK: ("sent", "250 2.0.0")}
        expect(states == wanted, f"{states}")
        server.behave()
        desk.delivered(server, f"{document['run_id']}@{DOMAIN}")
        expect([taken.recipients for taken in server.taken] == [[RISK], sorted(ALL)], "to others than those who waited")
        return "452 and 552 5.2.2 wait, the third has it; later delivered to the two alone"


def too_large(bench):
    with bench.server(size_limit=1000) as server:
        desk = bench.desk(server)
        _, answer = desk.forecast()
        answer.says("too many for 127.0.0.1", "it takes 1000")
        expect({it["state"] for it in desk.only_mail().values()} == {"refused"}, f"{desk.only_mail()}")
        expect(desk.queue()[1] == 3 and not {"MAIL", "DATA"} & set(server.steps), f"{server.steps}")
        return desk.only_mail()[CFO]["reply"]


def busy(bench):
    with bench.server() as server:
        desk = bench.desk(server)
        server.greeting = "421 4.3.2 closing for maintenance"
        message_id, reason = run_and_wait(desk, "421 4.3.2")
        server.behave()
        desk.delivered(server, message_id)
        return reason


def expired(bench):
    server = bench.server()
    desk = bench.desk(server)
    message_id, _ = run_and_wait(desk)
    old = "strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-3 days', '-1 hours')"
    expect(desk.write(f"UPDATE outbox SET created_at = {old} WHERE message_id = ?", message_id) == 1, "no such mail")
    answer = desk.flush(3).says("given up after 3 days", "0 sent, 0 waiting, 2 refused or given up")
    expect({it["state"] for it in desk.only_mail().values()} == {"expired"}, f"{desk.only_mail()}")
    desk.use("mail", "queue").ended(3).says(f"{CFO}: expired", "cannot connect")
    with server:
        desk.flush()
        expect(not server.taken, "it was sent after all")
    return answer.err.strip().splitlines()[-1].split("mail to ")[-1].split(" message_id=")[0]


def no_password_file(bench):
    with bench.server() as server:
        missing = bench.folder / "secrets/missing"
        desk = bench.desk(server, **{"mail.password": str(missing)})
        document, answer = desk.forecast()
        answer.says("mail waits in the outbox", str(missing))
        desk.waits(0)
        said = desk.flush(1).says("mail.password", str(missing), "make the file")
        desk.waits(0)
        expect(not server.steps, f"{server.steps}")
        desk.configure(**{"mail.password": str(bench.password)})
        desk.delivered(server, f"{document['run_id']}@{DOMAIN}")
        return said.sentence()


def rows(bench, table):
    for name, action in {
        "server down, then up": down_then_up,
        "greylisting: 450, then accepted": greylisting,
        "wrong password: 535": wrong_password,
        "wrong password, two mails": two_mails_wrong_password,
        "certificate of an unknown authority": unknown_authority,
        "certificate for another name": other_name,
        "STARTTLS not offered": no_starttls,
        "cut at DATA": cut_at_data,
        "cut in the middle of the message": cut_in_the_message,
        "cut before the answer to the message": cut_before_the_answer,
        "one recipient of three refused: 550": one_refused,
        "mailboxes over quota: 452, 552 5.2.2": over_quota,
        "message too large: SIZE": too_large,
        "421 at the greeting": busy,
        "waited three days: given up": expired,
        "flush while a run sends": two_at_once,
        "password file missing": no_password_file,
    }.items():
        table.row(name, lambda: action(bench))
