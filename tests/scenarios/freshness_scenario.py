"""`lock --check`: comments, order and line endings do not matter; every real edit does, and its line is named."""
import json
import unittest

from support import EXTRA, SMALL, Scenario

ENVIRONMENT = """\
name: train
channels:
  - conda-forge
  - nodefaults
platforms:
  - linux-64
  - win-64
dependencies:
  - python 3.11.*
  - pytorch >=2.0
  - transformers
  - datasets >=3
  - jupyter
  - tqdm
  - pip
variables:
  SEED: "17"
  MODE: strict
"""

FRESH = {
    "a comment line": lambda t: "# by hand\n" + t,
    "a comment behind a request": lambda t: t.replace("  - tqdm\n", "  - tqdm  # bars\n"),
    "blank lines": lambda t: t.replace("dependencies:\n", "\n\ndependencies:\n\n"),
    "CR LF line endings": lambda t: t.replace("\n", "\r\n"),
    "no final line end": lambda t: t.rstrip("\n"),
    "a byte order mark": lambda t: "\ufeff" + t,
    "other order of requests": lambda t: t.replace("  - tqdm\n", "").replace("  - python 3.11.*\n", "  - tqdm\n  - python 3.11.*\n"),
    "other order of platforms": lambda t: t.replace("  - linux-64\n  - win-64\n", "  - win-64\n  - linux-64\n"),
    "other order of variables": lambda t: t.replace('  SEED: "17"\n  MODE: strict\n', '  MODE: strict\n  SEED: "17"\n'),
    "other order of keys": lambda t: t[t.index("variables:"):] + t[: t.index("variables:")],
    "quotes": lambda t: t.replace("  - tqdm\n", '  - "tqdm"\n').replace("MODE: strict", "MODE: 'strict'"),
    "indentation": lambda t: t.replace("  - ", "- "),
    "a flow list": lambda t: t.replace("platforms:\n  - linux-64\n  - win-64\n", "platforms: [linux-64, win-64]\n"),
    "another name of the environment": lambda t: t.replace("name: train", "name: other"),
}

# edit -> ((old, new), the line that must be named; None: no line of the file is at fault, something is missing from it)
STALE = {
    "a request for something not locked": (("  - tqdm\n", "  - tqdm\n  - accelerate\n"), "  - accelerate"),
    "a higher lower bound": (("  - datasets >=3\n", "  - datasets >=4\n"), "  - datasets >=4"),
    "an upper bound below what is locked": (("  - pytorch >=2.0\n", "  - pytorch >=2.0,<2.5\n"), "  - pytorch >=2.0,<2.5"),
    "another exact series": (("  - python 3.11.*\n", "  - python 3.12.*\n"), "  - python 3.12.*"),
    "an exact version": (("  - transformers\n", "  - transformers 4.47.1\n"), "  - transformers 4.47.1"),
    "an exclusion": (("  - transformers\n", "  - transformers !=4.46.3\n"), "  - transformers !=4.46.3"),
    "a build string": (("  - pytorch >=2.0\n", "  - pytorch >=2.0 cuda*\n"), "  - pytorch >=2.0 cuda*"),
    "a build number": (("  - tqdm\n", "  - tqdm[build_number='>7']\n"), "  - tqdm[build_number='>7']"),
    "a hash": (("  - tqdm\n", f"  - tqdm[sha256={'0' * 64}]\n"), f"  - tqdm[sha256={'0' * 64}]"),
    "a licence": (("  - tqdm\n", "  - tqdm[license=GPL*]\n"), "  - tqdm[license=GPL*]"),
    "a channel prefix": (("  - tqdm\n", "  - extra::tqdm\n"), "  - extra::tqdm"),
    "another package under a like name": (("  - jupyter\n", "  - jupyterlab\n"), "  - jupyterlab"),
    "a removed request": (("  - jupyter\n", ""), None),
    "a selector": (("  - jupyter\n", "  - jupyter  # [linux]\n"), None),
    "a channel more": (("  - nodefaults\n", "  - extra\n  - nodefaults\n"), "  - extra"),
    "another channel": (("  - conda-forge\n", "  - extra\n"), "  - extra"),
    "a platform more": (("  - win-64\n", "  - win-64\n  - osx-arm64\n"), "  - osx-arm64"),
    "a platform less": (("  - win-64\n", ""), None),
    "a variable more": (("variables:\n", "variables:\n  EXTRA: 1\n"), "  EXTRA: 1"),
    "a variable changed": (("  MODE: strict\n", "  MODE: loose\n"), "  MODE: loose"),
    "a variable less": (("  MODE: strict\n", ""), None),
    "an impossible bound on something locked for another": (("  - tqdm\n", "  - tqdm\n  - numpy <1\n"), "  - numpy <1"),
}


class Freshness(Scenario):
    def setUp(self):
        super().setUp()
        self.write("environment.yml", ENVIRONMENT)
        self.lock()
        self.locked = (self.work / "envlock.lock").read_bytes()

    def check(self, *more, expect):
        maps = ["--channel-map", f"conda-forge={SMALL}", "--channel-map", f"extra={EXTRA}"]
        result = self.run_envlock("lock", "--check", *maps, *more)
        self.assertEqual(result.code, expect, result.err)
        self.assertEqual((self.work / "envlock.lock").read_bytes(), self.locked, "--check writes nothing")
        return result

    def test_what_was_just_locked_is_fresh(self):
        self.check(expect=0)

    def test_edits_that_mean_nothing_stay_fresh(self):
        for name, edit in FRESH.items():
            with self.subTest(name):
                text = edit(ENVIRONMENT)
                self.assertNotEqual(text, ENVIRONMENT)
                self.write("environment.yml", text)
                self.check(expect=0)

    def test_a_utf_16_file_is_the_same_file(self):
        self.write("environment.yml", ENVIRONMENT.encode("utf-16"))
        self.check(expect=0)

    def test_real_edits_are_stale_and_their_line_is_named(self):
        self.assertGreaterEqual(len(STALE), 20)
        for name, ((old, new), line) in STALE.items():
            with self.subTest(name):
                text = ENVIRONMENT.replace(old, new)
                self.assertNotEqual(text, ENVIRONMENT)
                self.write("environment.yml", text)
                result = self.check(expect=1)
                if line is not None:
                    number = text.split("\n").index(line) + 1
                    self.assertRegex(result.err, rf"environment\.yml:{number}\b")
                    self.assertIn(line.strip("- "), result.err)

    def test_what_is_gone_is_named_by_what_is_left(self):
        for old, new, word in (("  - jupyter\n", "", "jupyter"), ("  - win-64\n", "", "win-64"), ("  MODE: strict\n", "", "MODE")):
            with self.subTest(word):
                self.write("environment.yml", ENVIRONMENT.replace(old, new))
                self.assertIn(word, self.check(expect=1).err)

    def test_options_count(self):
        self.check("--exclude-newer", "2020-01-01", expect=1)
        self.check("--channel-priority", "disabled", expect=1)
        self.check("--virtual-package", "__glibc=2.50", expect=1)
        self.check("-p", "linux-64", expect=1)

    def test_several_edits_are_all_told(self):
        text = ENVIRONMENT.replace("  - tqdm\n", "  - accelerate\n  - no-such-thing\n").replace("datasets >=3", "datasets >=9")
        self.write("environment.yml", text)
        result = self.check(expect=1)
        for word in ("accelerate", "no-such-thing", "datasets >=9"):
            self.assertIn(word, result.err)

    def test_a_second_file_counts(self):
        self.write("dev.yml", "dependencies:\n  - accelerate\n")
        result = self.check("environment.yml", "dev.yml", expect=1)
        self.assertRegex(result.err, r"dev\.yml:2\b")

    def test_no_network_and_no_cache_are_needed(self):
        result = self.run_envlock("lock", "--check", "--cache", "/proc/nowhere", "--channel-map", "conda-forge=http://127.0.0.1:9/")
        self.assertEqual(result.code, 0, result.err)
        self.assertFalse((self.home / ".cache").exists())

    def test_a_missing_lock_is_no_and_a_broken_one_is_could_not_tell(self):
        (self.work / "envlock.lock").unlink()
        self.assertEqual(self.run_envlock("lock", "--check").code, 1)
        for broken in (b"", b"{", b"[]", b"{}", self.locked[:-200], self.locked.replace(b'"sha256"', b'"sha255"', 1), b"\xff\xfe" * 50, b"[" * 100000):
            self.write("envlock.lock", broken)
            result = self.run_envlock("lock", "--check")
            self.assertEqual(result.code, 2, result.err)
            self.assertIn("envlock.lock", result.err)

    def test_a_lock_of_a_later_version_is_refused(self):
        document = json.loads(self.locked)
        key = next(k for k, v in document.items() if v == 1)
        document[key] = 99
        self.write("envlock.lock", json.dumps(document))
        result = self.run_envlock("lock", "--check")
        self.assertEqual(result.code, 2, result.err)
        self.assertIn("99", result.err)

    def test_a_lock_changed_by_hand_is_stale(self):
        text = self.locked.decode()
        self.write("envlock.lock", text.replace('"version": "2.5.1"', '"version": "1.0.0"'))
        self.assertNotEqual(self.run_envlock("lock", "--check", "--channel-map", f"conda-forge={SMALL}").code, 0)


if __name__ == "__main__":
    unittest.main()
