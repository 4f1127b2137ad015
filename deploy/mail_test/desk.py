"""A desk: a separate working directory with a configuration, in which the program is used. The bench makes the desks."""

import base64
import datetime
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

from .certificates import Authority
from .server import Server

# The embedded official rates end here, so a run as of this date is not stale.
AS_OF = "2025-01-03"
# The embedded quotes that stand in for them end here. A run of today starts from this day, and is stale.
LAST_EMBEDDED = "2026-10-26"
USER = "pronosticos@example.com"
DOMAIN = "example.com"
PASSWORD = "geh-ñandú:Pw+/=42"
WRONG = "equivocada-Wr0ng+/42"
IN_THE_URL = "Enla-url-Geheim42"
TREASURY, CFO, RISK = "tesoreria@example.com", "cfo@example.com", "riesgo@example.com"
READERS = [f"Tesorería Ñuble <{TREASURY}>", CFO]


class Skipped(Exception):
    """A row that cannot be tested on this machine."""


def expect(condition, told):
    """Fails a row, with what was seen instead."""
    if not condition:
        raise AssertionError(told)


class Answer:
    """How a command ended, and its output."""

    def __init__(self, command, code, out, err):
        self.command, self.code, self.out, self.err = " ".join(command), code, out, err

    def ended(self, code):
        expect(self.code == code, f"`{self.command}` ended with {self.code} instead of {code}: {self.sentence()}")
        return self

    def sentence(self):
        """Returns the error, or the last line of output."""
        lines = self.err.strip().splitlines() or self.out.strip().splitlines() or [""]
        return next((line for line in lines if line.startswith("error: ")), lines[-1])

    def says(self, *words):
        for word in words:
            expect(word in self.out + self.err, f"`{self.command}` does not say '{word}': {(self.out[-200:] + self.err)[-800:]}")
        return self


class Desk:
    """One working directory."""

    def __init__(self, bench, folder, settings):
        self.bench, self.folder, self.ledger = bench, folder, folder / "data/ledger.sqlite"
        (folder / "config").mkdir(parents=True)
        self.settings = settings
        self.configure()

    def configure(self, **changes):
        """Writes the configuration with these changes."""
        self.settings |= changes
        tables = {"service": {}, "service.log": {}, "service.http": {"listen": ""}, "rates": {"providers": []}}
        tables |= {"mail": {}, "horizons.7d": {}, "horizons.7d.chronos": {"enabled": False}}
        for key, value in self.settings.items():
            table, _, key = key.rpartition(".")
            tables[table][key] = value
        lines = []
        for table, keys in tables.items():
            lines += [f"[{table}]"] + [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items()]
        (self.folder / "config/forecasters.toml").write_text("\n".join(lines) + "\n")

    def begin(self, *command):
        """Starts the program."""
        kept = {key: os.environ[key] for key in ("PATH", "LANG", "TMPDIR") if key in os.environ}
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = kept | {"HOME": str(self.folder)}
        return subprocess.Popen([self.bench.program, *command], cwd=self.folder, env=environment, **pipes)

    def end(self, process, command, seconds=60):
        """Waits for its end."""
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            self.bench.said += [out, err]
            raise AssertionError(f"`{' '.join(command)}` had not ended after {seconds} s: {err.decode()[-300:]}") from None
        self.bench.said += [out, err]
        return Answer(command, process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))

    def use(self, *command, seconds=60):
        return self.end(self.begin(*command), command, seconds)

    def forecast(self, *options, code=0):
        """Makes a run as of the last embedded rate, and returns its document."""
        answer = self.use("run", "7d", "--offline", "--as-of", AS_OF, "--json", *options).ended(code)
        return json.loads(answer.out), answer

    def flush(self, code=0):
        return self.use("mail", "flush").ended(code)

    def queue(self):
        """Returns the outbox, newest mail last, and how the command ended."""
        answer = self.use("mail", "queue", "--json", "--last", "1000")
        return json.loads(answer.out), answer.code

    def only_mail(self):
        """Returns the one mail in the outbox, as address -> recipient."""
        mails, _ = self.queue()
        expect(len(mails) == 1, f"{len(mails)} mails in the outbox instead of 1: {[mail['topic'] for mail in mails]}")
        return {recipient["address"]: recipient for recipient in mails[0]["recipients"]}

    def waits(self, attempts, *words):
        """Checks that all recipients of the one mail wait after so many attempts, for a reason with these words. Returns the reason."""
        for address, recipient in self.only_mail().items():
            seen = (recipient["state"], recipient["attempts"])
            expect(seen == ("waiting", attempts), f"{address}: {seen}, expected ('waiting', {attempts}): {recipient['reply']}")
            for word in words:
                expect(word in (recipient["reply"] or ""), f"{address}: '{word}' is not in '{recipient['reply']}'")
        return recipient["reply"]

    def soonest(self):
        """Returns the minutes until the next attempt."""
        now = datetime.datetime.now(datetime.timezone.utc)
        times = [datetime.datetime.fromisoformat(it["next_attempt"]) for it in self.only_mail().values()]
        return (min(times) - now).total_seconds() / 60

    def delivered(self, server, message_id, sent=len(READERS)):
        """Checks that `mail flush` delivers the mail under its Message-ID, to all waiting recipients."""
        before = len(server.taken)
        self.flush().says(f"{sent} sent, 0 waiting, 0 refused or given up")
        ids = server.ids()[before:]
        expect(ids == [message_id], f"delivered {ids} instead of {message_id}")
        expect({it["state"] for it in self.only_mail().values()} == {"sent"}, f"after it was sent: {self.only_mail()}")
        expect(self.queue()[1] == 0, "`mail queue` does not end with 0 after all was sent")

    def read(self, sql, *values):
        """Reads rows of the ledger, read-only."""
        connection = sqlite3.connect(f"{self.ledger.as_uri()}?mode=ro", uri=True, timeout=20)
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def write(self, sql, *values):
        connection = sqlite3.connect(self.ledger, timeout=20)
        try:
            with connection:
                return connection.execute(sql, values).rowcount
        finally:
            connection.close()


class Bench:
    """Makes desks, each with warm caches."""

    def __init__(self, program):
        self.folder = Path(tempfile.mkdtemp(prefix="forecaster-mail-test."))
        self.program = shutil.copy2(program, self.folder / "forecaster")
        secrets = self.folder / "secrets"
        secrets.mkdir()
        self.password, self.wrong = secrets / "password", secrets / "wrong"
        self.password.write_text(PASSWORD + "\n")
        self.wrong.write_text(WRONG + "\n")
        self.authority = Authority(secrets)
        self.said, self.desks = [], 0
        self.warm = None

    def server(self, **options):
        return Server(self.authority, USER, PASSWORD, **options)

    def warm_up(self):
        """Makes a run without mail that fills the caches, and returns its seconds."""
        begun = time.monotonic()
        desk = Desk(self, self.folder / "warm", {})
        document, _ = desk.forecast()
        expect(not document["stale"], "the run is stale")
        self.warm = desk.folder / "data"
        return time.monotonic() - begun

    def desk(self, server, **changes):
        self.desks += 1
        folder = self.folder / f"desk-{self.desks}"
        shutil.copytree(self.warm, folder / "data")
        settings = {
            "mail.smtp": f"smtp://{urllib.parse.quote(USER, safe='')}@127.0.0.1:{server.port}",
            "mail.password": str(self.password),
            "mail.ca_file": str(self.authority.ca_file),
            "mail.from": f"Pronósticos <{USER}>",
            "mail.recipients": READERS,
        }
        return Desk(self, folder, settings | changes)

    def secrets(self):
        """Returns the secrets that must not appear anywhere: name -> bytes."""
        found = {}
        for name, secret in {"password": PASSWORD, "wrong password": WRONG, "password in the URL": IN_THE_URL}.items():
            plain = secret.encode()
            found |= {
                name: plain,
                f"{name}, percent-encoded": urllib.parse.quote(secret, safe="").encode(),
                f"{name}, base64": base64.b64encode(plain),
                f"{name}, AUTH PLAIN": base64.b64encode(b"\0" + USER.encode() + b"\0" + plain),
            }
        return found

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)
