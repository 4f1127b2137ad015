#!/usr/bin/env python3
"""Reports documentation lines in the Rust sources that open with a question word instead of the name of the thing.

    .ci/words.py [ROOT]

In: the tracked Rust files of a checkout. Out: the lines found, and exit code 1 when there are any. See docs/CONTRIBUTING.md, Style.
"""

import re
import subprocess
import sys
from pathlib import Path

OPENING = re.compile(r"\s*//[/!] (What|Whether|How|With|Its|Who|Why|That)\b")


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    files = subprocess.run(["git", "ls-files", "*.rs"], cwd=root, capture_output=True, text=True, check=True).stdout.split()
    found = [
        f"{file}:{number}: {line.strip()}"
        for file in files
        for number, line in enumerate((root / file).read_text().splitlines(), 1)
        if OPENING.match(line)
    ]
    print("\n".join(found) or f"words: {len(files)} files, no documentation line opens with a question word")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
