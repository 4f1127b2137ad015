"""Measures the daemon: time until it is ready, memory and wake-ups while it waits, memory after a run with Chronos.

    cargo build --release
    python3 crates/forecaster/benches/idle.py [--minutes 10] [--checkpoint DIR]

The script takes the place of systemd and listens on the notification socket. Processor time and wake-ups (context switches of all
threads) come from /proc. With a checkpoint, a 7-day run with Chronos follows, and the memory is read again half a minute after its end.
"""

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BINARY = ROOT / "target/release/forecaster"


def heard(channel, text, limit=120):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        channel.settimeout(max(0.01, end - time.monotonic()))
        try:
            told = channel.recv(4096).decode()
        except TimeoutError:
            break
        if text in told:
            return told
    sys.exit(f"{text!r} was not heard in {limit} s")


def rss_mib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def schedule_nanoseconds(pid):
    """Returns the processor time, more precise than clock ticks."""
    return sum(int(Path(f"{task}/schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir())


def switches(pid):
    found = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += int(re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)", (task / "status").read_text())[1])
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--checkpoint", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        here = Path(directory)
        config = (ROOT / "config/forecasters.toml").read_text()
        config = config.replace('"127.0.0.1:9187"', '"127.0.0.1:19187"')
        if options.checkpoint:
            config = config.replace('model = "embedded"', f'model = "{options.checkpoint.resolve()}"')
        (here / "forecasters.toml").write_text(config)
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        channel.bind(str(here / "notify"))
        environment = {**os.environ, "NOTIFY_SOCKET": str(here / "notify"), "WATCHDOG_USEC": "60000000"}
        begin = time.monotonic()
        log = (here / "log").open("w")
        daemon = subprocess.Popen(
            [BINARY, "--config", "forecasters.toml", "serve"], cwd=here, env=environment, stderr=log
        )
        try:
            heard(channel, "READY=1")
            print(f"ready after {1000 * (time.monotonic() - begin):.0f} ms")
            pid = daemon.pid
            time.sleep(2)
            print(f"RSS {rss_mib(pid):.1f} MiB, {len(list(Path(f'/proc/{pid}/task').iterdir()))} threads")
            before = time.monotonic(), schedule_nanoseconds(pid), switches(pid)
            time.sleep(60 * options.minutes)
            seconds = time.monotonic() - before[0]
            busy = (schedule_nanoseconds(pid) - before[1]) / 1e9
            woken = switches(pid) - before[2]
            print(f"idle for {seconds:.0f} s: CPU {busy:.3f} s, {100 * busy / seconds:.4f} %; "
                  f"{woken} wake-ups, {woken / seconds:.2f} a second; RSS {rss_mib(pid):.1f} MiB")
            if options.checkpoint:
                idle = rss_mib(pid)
                soon = time.localtime(time.time() + 65)
                text = config.replace('timezone = "America/Santiago"', f'timezone = "{zone()}"')
                text = text.replace('"30 8 * * Mon"', f'"{soon.tm_min} {soon.tm_hour} * * *"')
                (here / "forecasters.toml").write_text(text)
                daemon.send_signal(1)
                status = heard(channel, "-> ", 200)
                time.sleep(30)
                after = rss_mib(pid)
                print(f"after a run with Chronos ({status.strip()[:60]}...): RSS {after:.1f} MiB, {after - idle:+.1f}")
        finally:
            daemon.terminate()
            daemon.wait(60)
            log.close()
            if daemon.returncode:
                print((here / "log").read_text())


def zone():
    return "Etc/UTC" if time.localtime().tm_gmtoff == 0 else Path("/etc/timezone").read_text().strip()


main()
