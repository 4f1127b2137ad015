#!/usr/bin/env python3
"""Tests of rooms.py. Each test is a small checkout with one error, which rooms.py must find.

    python3 .ci/test_rooms.py
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).with_name("rooms.py")
SOUND = {
    "lib.rs": "//! ```text\n//! a -> {b, c} -> d\n//! ```\nmod a;\nmod b;\nmod c;\nmod d;\npub use d::D;\n",
    "a.rs": "mod inner;\nuse crate::b::B;\nuse crate::d::{self, D};\nfn f() { inner::g(); d::h(); }\n",
    "a/inner.rs": "use crate::c::C;\npub(super) fn g() {}\n",
    "b.rs": "use crate::d::D;\npub struct B;\n",
    "c.rs": "// use crate::b::B;\nconst TEXT: &str = \"use crate::a::A;\";\npub struct C;\n#[cfg(test)]\nmod tests { use crate::a::A; }\n",
    "d.rs": "pub struct D;\npub fn h() {}\n",
}


class Rooms(unittest.TestCase):
    def said(self, files, manifest="", name="rates"):
        with tempfile.TemporaryDirectory() as root:
            crate = pathlib.Path(root) / "crates" / name
            for path, text in {**{f"src/{p}": t for p, t in (SOUND | files).items()}, "Cargo.toml": manifest}.items():
                (crate / path).parent.mkdir(parents=True, exist_ok=True)
                (crate / path).write_text(text)
            done = subprocess.run([sys.executable, SCRIPT, root], capture_output=True, text=True)
            self.assertEqual(done.returncode, 1 if "WRONG" in done.stdout else 0, done.stderr)
            return done.stdout

    def test_a_sound_crate_passes(self):
        said = self.said({})
        self.assertNotIn("WRONG", said)
        self.assertIn("rates: 6 files, 5 imports, 4 rooms, 4 arrows between rooms, 0 circles, in the documented order", said)

    def test_a_circle_of_files_is_found_with_its_arrows(self):
        said = self.said({"d.rs": "use crate::b::B;\npub struct D;\npub fn h() {}\n"})
        self.assertIn("a circle of 2 files", said)
        self.assertIn("d -> b (use b::B)", said)

    def test_a_child_that_imports_from_its_parent_which_calls_it_is_a_circle(self):
        said = self.said({"a/inner.rs": "use super::f;\npub(super) fn g() {}\n"})
        self.assertIn("a circle of 2 files", said)

    def test_a_circle_behind_a_name_that_is_handed_on_is_found_where_it_is_defined(self):
        said = self.said({"d.rs": "mod deep;\npub use deep::D;\npub fn h() {}\n", "d/deep.rs": "use crate::b::B;\npub struct D;\n"})
        self.assertIn("d::deep -> b", said)

    def test_imports_against_the_order_and_within_a_pair_of_braces_are_found(self):
        self.assertIn("d -> c is against the order", self.said({"d.rs": "use crate::c::C;\npub struct D;\npub fn h() {}\n"}))
        self.assertIn("c -> b is against the order", self.said({"c.rs": "use crate::b::B;\npub struct C;\n"}))
        self.assertIn("c -> b is against the order", self.said({"c.rs": "pub struct C(crate::b::B);\n"}))

    def test_a_room_that_the_order_does_not_name_is_found(self):
        self.assertIn("e: not in the order", self.said({"lib.rs": SOUND["lib.rs"] + "mod e;\n", "e.rs": ""}))

    def test_a_name_from_the_crates_face_is_found(self):
        self.assertIn("b imports D from the crate's face", self.said({"b.rs": "use crate::D;\npub struct B;\n"}))

    def test_siblings_that_know_each_other_are_found(self):
        manifest = "[dependencies]\nforecaster-ledger.workspace = true\n[dev-dependencies]\nforecaster-report.workspace = true\n"
        said = self.said({}, manifest)
        self.assertIn("rates -> ledger is against the order of the crates", said)
        self.assertNotIn("report", said)


if __name__ == "__main__":
    unittest.main()
