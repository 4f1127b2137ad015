"""Compares the Python reference with `forecaster`: same weights, same context, same machine, two threads.

Not part of the build. Needs `pip install chronos-forecasting torch` and `cargo build --release`. From the repository's root:

    python3 crates/chronos/fixtures/reference.py --small /tmp/chronos-bolt-small-random
    python3 crates/chronos/benches/side_by_side.py /tmp/chronos-bolt-small-random

The two run in turn, so that other work on the machine affects both alike. Prints the median over the rounds.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile

BINARY = os.path.abspath("target/release/forecaster")
ROUNDS = 5
CONTEXT = 512

# One process per round: import, load, first forecast, then latencies. VmHWM is the peak of resident memory.
REFERENCE = """
import json, sys, time, warnings
start = time.perf_counter()
warnings.filterwarnings("ignore")
import torch
from chronos import BaseChronosPipeline
torch.set_num_threads(2)
pipeline = BaseChronosPipeline.from_pretrained(sys.argv[1])
price = lambda t: 900 + 0.05 * t + 25 * torch.sin(t / 40) + 6 * torch.cos(1.7 * t)
one = price(torch.arange(int(sys.argv[2]), dtype=torch.float32))[None]
pipeline.predict(one)
first = time.perf_counter() - start
peak = lambda: next(int(l.split()[1]) / 1024 for l in open("/proc/self/status") if l.startswith("VmHWM:"))
peak_one = peak()
def median(batch, count):
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        pipeline.predict(batch)
        times.append(time.perf_counter() - begin)
    return 1e3 * sorted(times)[count // 2]
print(json.dumps({"first_forecast_ms": 1e3 * first, "batch_1_ms": median(one, 40), "peak_rss_mb": peak_one,
                  "batch_60_ms": median(one.repeat(60, 1), 4), "peak_rss_60_mb": peak()}))
"""


def reference(directory):
    said = subprocess.run(
        [sys.executable, "-c", REFERENCE, directory, str(CONTEXT)], check=True, capture_output=True, text=True
    )
    return json.loads(said.stdout.splitlines()[-1])


def ours(directory, quantize):
    environment = {**os.environ, "FORECASTER__CHRONOS__THREADS": "2", "FORECASTER__CHRONOS__QUANTIZE": quantize}
    with tempfile.TemporaryDirectory() as desk:
        command = [BINARY, "--log", "error", "model", "bench", directory, "--context", str(CONTEXT), "--json"]
        said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=desk, env=environment)
    row = json.loads(said.stdout)["checkpoints"][0]
    return {
        "first_forecast_ms": row["first_forecast_ms"],
        "batch_1_ms": row["batch_1_ms"]["median"],
        "batch_60_ms": row["batch_60_ms"]["median"],
        "peak_rss_mb": row["rss_mb"]["peak_1"],
        "peak_rss_60_mb": row["rss_mb"]["peak"],
        "before_mb": row["rss_mb"]["before"],
        "after_mb": row["rss_mb"]["after"],
        "load_ms": row["load_ms"],
    }


def main():
    directory = os.path.abspath(sys.argv[1])
    rounds = {"reference": [], "forecaster": [], "forecaster int8": []}
    for _ in range(ROUNDS):
        rounds["reference"].append(reference(directory))
        rounds["forecaster"].append(ours(directory, "none"))
        rounds["forecaster int8"].append(ours(directory, "int8"))
    for name, figures in rounds.items():
        medians = {key: round(statistics.median(f[key] for f in figures), 1) for key in figures[0]}
        print(f"{name:<18}", json.dumps(medians))
    ratios = [r["batch_1_ms"] / o["batch_1_ms"] for r, o in zip(rounds["reference"], rounds["forecaster"])]
    print("reference / forecaster at batch 1, by round:", [round(r, 2) for r in ratios])


if __name__ == "__main__":
    main()
