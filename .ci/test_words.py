#!/usr/bin/env python3
"""Tests of words.py, each on a small checkout of one file.

    python3 .ci/test_words.py
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).with_name("words.py")


class Words(unittest.TestCase):
    def run_on(self, text):
        with tempfile.TemporaryDirectory() as root:
            (pathlib.Path(root) / "lib.rs").write_text(text)
            for command in (["init", "--quiet"], ["add", "lib.rs"]):
                subprocess.run(["git", *command], cwd=root, check=True)
            done = subprocess.run([sys.executable, SCRIPT, root], capture_output=True, text=True)
            return done.returncode, done.stdout

    def test_an_opening_question_word_is_found_with_its_place(self):
        for line in ("/// What is told of a horizon.", "//! Whether it holds.", "    /// Its name."):
            code, printed = self.run_on(f"/// Published state.\n{line}\n")
            self.assertEqual(code, 1, line)
            self.assertEqual(printed.strip(), f"lib.rs:2: {line.strip()}")

    def test_other_words_and_other_comments_pass(self):
        text = "/// Whatsoever.\n/// Returns what is needed.\n// What follows is no documentation.\nconst A: &str = \"/// What\";\n"
        self.assertEqual(self.run_on(text)[0], 0)


if __name__ == "__main__":
    unittest.main()
