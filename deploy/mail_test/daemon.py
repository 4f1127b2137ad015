"""Rows about the daemon: it sends the mail that a run by hand could not send."""

import re
import signal
import socket
import time
import urllib.request

from .desk import DOMAIN, expect


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def page(port, path):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return answer.read().decode()


def wait_until_ready(process, port):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        expect(process.poll() is None, f"the daemon ended with {process.returncode}")
        try:
            return page(port, "/readyz")
        except OSError:
            time.sleep(0.1)
    raise AssertionError("not ready after 20 s")


def recipients(port):
    """Returns state -> count from /metrics."""
    found = re.findall(r'^forecaster_mail_recipients\{state="(\w+)"\} (\S+)$', page(port, "/metrics"), re.MULTILINE)
    return {state: int(float(count)) for state, count in found}


class Daemon:
    """A daemon that has the mail of a run by hand to send, but no server to send it with."""

    COMMAND = ("serve",)

    def __init__(self, bench):
        self.server, self.port = bench.server(), free_port()
        self.desk = bench.desk(self.server, **{"service.http.listen": f"127.0.0.1:{self.port}"})

    def __enter__(self):
        self.process = self.desk.begin(*self.COMMAND)
        wait_until_ready(self.process, self.port)
        document, _ = self.desk.forecast()
        self.message_id = f"{document['run_id']}@{DOMAIN}"
        self.desk.waits(1, "cannot connect")
        return self

    def __exit__(self, *_):
        if self.process.returncode is None:
            self.process.kill()
            self.desk.end(self.process, self.COMMAND)

    def stop(self, within):
        """Stops the daemon, and returns the seconds that this takes."""
        asked = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.desk.end(self.process, self.COMMAND, within).ended(0)
        return time.monotonic() - asked


def reload_delivers(bench):
    with Daemon(bench) as daemon, daemon.server as server:
        before = recipients(daemon.port)
        expect(before.get("waiting") == 2, f"/metrics: {before}")
        asked = time.monotonic()
        daemon.process.send_signal(signal.SIGHUP)
        expect(server.wait_for("taken", 15), "not delivered 15 s after SIGHUP")
        took = time.monotonic() - asked
        expect(server.ids() == [daemon.message_id], f"{server.ids()}")
        time.sleep(0.5)
        after = recipients(daemon.port)
        expect(after.get("sent") == 2 and after.get("waiting") == 0, f"/metrics: {after}")
        stopped = daemon.stop(10)
        return f"{took:.1f} s after SIGHUP; /metrics {before} -> {after}; stopped after {stopped:.1f} s, exit 0"


def stopped_while_sending(bench):
    """Stops the daemon while it sends, with a server so slow that the mail cannot arrive in time."""
    with Daemon(bench) as daemon, daemon.server as server:
        server.delay = lambda: 4
        daemon.process.send_signal(signal.SIGHUP)
        expect(server.wait_for("EHLO", 15), "nothing is sent 15 s after SIGHUP")
        stopped = daemon.stop(20)
        expect(not server.taken, "the server was not slow enough")
        server.behave()
        daemon.desk.delivered(server, daemon.message_id)
        return f"stopped after {stopped:.1f} s, exit 0; the mail is kept and delivered by the next flush"


def rows(bench, table):
    table.row("daemon: delivers after SIGHUP", lambda: reload_delivers(bench))
    table.row("daemon: stopped while it sends", lambda: stopped_while_sending(bench))
