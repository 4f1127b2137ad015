"""Tests the whole program with a real SMTP server on 127.0.0.1. deploy/test-mail.sh installs what this needs, and starts it.

    python3 deploy/test_mail.py PROGRAM [ROW...]
"""

import logging
import sys
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from mail_test import daemon, failures, kills, letter, settings  # noqa: E402
from mail_test.desk import Bench  # noqa: E402
from mail_test.table import Table  # noqa: E402

# The server logs much about clients that hang up, which is expected here.
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")


def main(program, *words):
    begun = time.monotonic()
    table = Table(words)
    bench = Bench(program)
    try:
        print(f"{program}, caches warm after {bench.warm_up():.1f} s", flush=True)
        for part in (letter, settings, failures, daemon, kills):
            part.rows(bench, table)
        table.row("no secret anywhere", lambda: settings.no_secret_anywhere(bench))
    finally:
        bench.remove()
    print(f"after {time.monotonic() - begun:.0f} s")
    return table.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
