"""Rows with SIGKILL at every instant of a run and of the sending.

Every recorded run is mailed, no unrecorded run is mailed, and a mail that arrives twice is the same mail.
"""

import collections
import os
import random
import signal
import subprocess
import time

from .desk import AS_OF, DOMAIN, expect

RUN = ("run", "7d", "--offline", "--as-of", AS_OF)
FLUSH = ("mail", "flush")
# Steps of the conversation at which the process is killed before the server answers.
STEPS = ["EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "taken", "QUIT"]
# Longest wait before an answer, in seconds, used in turn.
DELAYS = [0, 0.05, 0.3]
# Number of answers in a conversation.
ANSWERS = 11


class Kills:
    """Rounds of starting and killing the program at one desk."""

    def __init__(self, desk, server, of):
        self.desk, self.server = desk, server
        self.random = random.Random(20250103)
        # Instants, as shares of the time that a run takes. They cover the whole time, and are not in order.
        self.instants = [(index + self.random.random()) / of for index in range(of)]
        self.random.shuffle(self.instants)
        self.seen = collections.Counter()
        self.before = self.recorded()

    def recorded(self):
        return {run_id for (run_id,) in self.desk.read("SELECT run_id FROM runs WHERE status = 'ok'")}

    def waiting(self):
        rows = self.desk.read("SELECT DISTINCT message_id FROM outbox_recipients WHERE state = 'waiting'")
        return {message_id for (message_id,) in rows}

    def measure(self):
        """Measures the seconds of a run with its mail, when the server answers at once."""
        begun = time.monotonic()
        self.desk.use(*RUN).ended(0)
        return time.monotonic() - begun

    def one(self, index, alone):
        """Starts and kills the program, and counts what is seen then."""
        command = FLUSH if index % 5 == 4 else RUN
        longest = DELAYS[index % len(DELAYS)]
        self.server.delay = lambda: self.random.uniform(0, longest)
        runs, waiting = self.recorded(), len(self.waiting())
        process = self.desk.begin(*command)
        if index % 4 == 3:
            step = STEPS[index // 4 % len(STEPS)]
            self.server.at = lambda seen: process.kill() if seen == step else None
            limit = 30
        else:
            each = ANSWERS * longest / 2 + 0.1
            span = waiting * each if command == FLUSH else alone + (waiting + 1) * each
            limit = span * 1.1 * self.instants[index]
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            process.kill()
        finally:
            self.server.at = lambda seen: None
        answer = self.desk.end(process, command)
        expect(answer.code in (0, 3, -signal.SIGKILL), f"`{answer.command}` ended with {answer.code}: {answer.err[-300:]}")
        self.count(command, answer.code, self.recorded() - runs)
        if command == FLUSH:
            self.drain()

    def count(self, command, code, new):
        now = self.waiting()
        mails = {f"{run_id}@{DOMAIN}" for run_id in new}
        if code != -signal.SIGKILL:
            self.seen["ended before the kill"] += 1
        elif command == FLUSH:
            self.seen["flush killed with mail waiting" if now else "flush killed with none waiting"] += 1
        elif not new:
            self.seen["run killed before it was recorded"] += 1
        elif mails & now:
            self.seen["run killed with its mail in the outbox"] += 1
        else:
            self.seen["run killed with its mail settled"] += 1

    def drain(self):
        self.server.behave()
        for _ in range(20):
            self.desk.use(*FLUSH)
            if not self.waiting():
                return
        raise AssertionError(f"{len(self.waiting())} mails still wait after 20 flushes")

    def judge(self):
        """Compares the ledger with the mails that the server received, at the end."""
        desk, runs = self.desk, self.recorded() - self.before
        ids = self.server.ids()
        wanted = {f"{run_id}@{DOMAIN}" for run_id in runs}
        expect(not wanted - set(ids), f"recorded and never delivered: {sorted(wanted - set(ids))}")
        expect(not set(ids) - wanted, f"delivered and not recorded: {sorted(set(ids) - wanted)}")
        mails = collections.Counter(run_id for (run_id,) in desk.read("SELECT run_id FROM outbox"))
        expect(set(mails) == runs and max(mails.values()) == 1, f"mails a run: {mails.most_common(3)}")
        versions = collections.defaultdict(set)
        for taken in self.server.taken:
            versions[taken.message_id].add(taken.raw)
        differing = [message_id for message_id, raws in versions.items() if len(raws) > 1]
        expect(not differing, f"came twice and not as the same: {differing}")
        integrity = desk.read("PRAGMA integrity_check")
        expect(integrity == [("ok",)], f"integrity_check: {integrity}")
        states = desk.read("SELECT DISTINCT state FROM outbox_recipients")
        expect(states == [("sent",)], f"states of recipients: {states}")
        for run_id, *paths in desk.read("SELECT run_id, report_html, report_pdf, report_json FROM runs"):
            missing = [path for path in paths if run_id in runs and not (desk.folder / path).is_file()]
            expect(not missing, f"recorded and not there: {missing}")
        twice = sum(count - 1 for count in collections.Counter(ids).values())
        return f"{len(runs)} runs recorded, {len(set(ids))} mails delivered, {twice} of them again"


def killed(bench, kills):
    with bench.server() as server:
        desk = bench.desk(server)
        rounds = Kills(desk, server, kills)
        desk.configure(**{"service.log.level": "warn"})
        alone = min(rounds.measure(), rounds.measure())
        for index in range(kills):
            rounds.one(index, alone)
        rounds.drain()
        told = ", ".join(f"{count} {name}" for name, count in sorted(rounds.seen.items()))
        return f"{rounds.judge()}; {kills} times: {told}; integrity_check ok"


def rows(bench, table):
    kills = int(os.environ.get("FORECASTER_MAIL_KILLS", "100"))
    table.row(f"kill -9, {kills} times", lambda: killed(bench, kills))
