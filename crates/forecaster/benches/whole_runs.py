"""Measures time and peak memory of whole runs of the release binary.

The runs are a cold run, a warm run, and a two-year backtest with every business day as an origin.

Run it from the repository's root after `cargo build --release`:

    python3 crates/forecaster/benches/whole_runs.py
"""

import os
import subprocess
import sys
import tempfile
import time

BINARY = os.path.abspath("target/release/forecaster")
CASES = [
    ("run all, cold", ["run", "all", "--offline", "--as-of", "2024-12-30"], True),
    ("run all, warm", ["run", "all", "--offline", "--as-of", "2024-12-30"], False),
    (
        "backtest all, 2023-2024, every day, cold",
        ["backtest", "all", "--from", "2023-01-02", "--to", "2024-12-30", "--every", "1", "--json"],
        True,
    ),
]


def once(arguments, directory):
    """Returns the wall-clock seconds, CPU seconds and peak resident MiB of one command."""
    start = time.monotonic()
    process = subprocess.Popen(
        [BINARY, "--log", "error", *arguments], cwd=directory, stdout=subprocess.DEVNULL, stderr=sys.stderr
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if os.waitstatus_to_exitcode(status) not in (0, 3):
        sys.exit(f"{arguments} failed")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as root:
        directory = None
        for number, (name, arguments, cold) in enumerate(CASES):
            results = []
            for repeat in range(3):
                if cold or directory is None:
                    directory = os.path.join(root, f"{number}-{repeat}")
                    os.mkdir(directory)
                results.append(once(arguments, directory))
            wall, cpu, rss = (sorted(column)[1] for column in zip(*results))
            print(f"{name:<40} {wall:7.2f} s wall {cpu:7.2f} s CPU {rss:6.0f} MiB peak (median of 3)")
