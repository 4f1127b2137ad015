"""The table of results: prints one line per row at once."""

import time

from .desk import Skipped


class Table:
    """The rows so far."""

    def __init__(self, words):
        self.words = [word.lower() for word in words]
        self.count = self.failed = self.skipped = 0

    def wants(self, name):
        return not self.words or any(word in name.lower() for word in self.words)

    def row(self, name, action):
        """Runs a row, and returns whether it passed."""
        if not self.wants(name):
            return True
        begun = time.monotonic()
        word = "ok"
        try:
            seen = action()
        except Skipped as reason:
            word, seen = "SKIPPED", str(reason)
            self.skipped += 1
        except Exception as error:  # after any error, the other rows are still tested
            kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
            word, seen = "FAILED", f"{kind}{error}"
            self.failed += 1
        self.count += 1
        if word == "ok" and len(seen) > 300:
            seen = f"{seen[:297]}..."
        print(f"{word:<7} {name}: {seen} ({time.monotonic() - begun:.1f} s)", flush=True)
        return word == "ok"

    def end(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.count} rows, {self.failed} failed{skipped}")
        return 1 if self.failed else 0
