"""environment.yml as it must not be: a clear message with the line, no crash, no hang, nothing written."""
import unittest

from support import TRAIN, Scenario

HEAD = "channels: [conda-forge]\nplatforms: [linux-64]\n"

# name -> (content, exit codes that are right, words that the message must hold)
BAD = {
    "not YAML": ("dependencies: [python\n", {2}, ["environment.yml"]),
    "a tab": ("dependencies:\n\t- python\n", {2}, ["environment.yml:2"]),
    "an unclosed quote": ('dependencies:\n  - "python\n', {2}, ["environment.yml"]),
    "bytes that are no text": (b"dependencies:\n  - py\xff\xfethon\n", {2}, ["environment.yml"]),
    "NUL bytes": (b"dependencies:\n  - py\0thon\n", {2}, ["environment.yml"]),
    "an empty file": ("", {2}, ["environment.yml", "dependencies"]),
    "only comments": ("# nothing\n", {2}, ["environment.yml"]),
    "a list at the top": ("- python\n", {2}, ["environment.yml"]),
    "a scalar at the top": ("python\n", {2}, ["environment.yml"]),
    "no dependencies": ("channels: [conda-forge]\n", {2}, ["dependencies"]),
    "dependencies as a map": (HEAD + "dependencies:\n  python: 3\n", {2}, ["environment.yml:"]),
    "dependencies as text": (HEAD + "dependencies: python\n", {2}, ["environment.yml:3"]),
    "a number as a dependency": (HEAD + "dependencies:\n  - 3.10\n", {2}, ["environment.yml:4"]),
    "an unknown installer": (HEAD + "dependencies:\n  - python\n  - npm:\n      - left-pad\n", {2}, ["npm", "environment.yml:5"]),
    "an unknown platform": ("channels: [conda-forge]\nplatforms: [linux-65]\ndependencies: [python]\n", {2}, ["linux-65", "linux-64"]),
    "noarch as a platform": ("channels: [conda-forge]\nplatforms: [noarch]\ndependencies: [python]\n", {2}, ["noarch"]),
    "duplicate keys": (HEAD + "dependencies: [python]\ndependencies: [numpy]\n", {2}, ["dependencies"]),
    "an anchor that grows": (
        "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9))
        + HEAD + "dependencies: *j\n", {0, 1, 2}, []),
    "an anchor within itself": (HEAD + "dependencies: &d [*d]\n", {2}, []),
    "deep nesting": (HEAD + "dependencies: " + "[" * 50000 + "]" * 50000 + "\n", {2}, []),
    "deep nesting of maps": (HEAD + "dependencies:\n" + "".join("  " * i + "- a:\n" for i in range(1, 3000)), {2}, []),
    "a spec without a name": (HEAD + "dependencies:\n  - '>=3.8'\n", {2}, ["environment.yml:4"]),
    "a spec with an impossible version": (HEAD + "dependencies:\n  - 'python >=3..8,<'\n", {2}, ["environment.yml:4"]),
    "unclosed brackets": (HEAD + "dependencies:\n  - 'python[version='\n", {2}, ["environment.yml:4"]),
    "a control character": (HEAD + 'dependencies:\n  - "pyt\\u001b[31mhon"\n', {2}, ["environment.yml:4"]),
    "a bell and a backspace": (HEAD + 'dependencies:\n  - "python\\a\\b >=3"\n', {2}, ["environment.yml:4"]),
    "a line end in a spec": (HEAD + 'dependencies:\n  - "python\\nnumpy"\n', {2}, ["environment.yml:4"]),
    "a name with a path": (HEAD + "dependencies:\n  - ../../etc/passwd\n", {2}, ["environment.yml:4"]),
    "an endless name": (HEAD + f"dependencies:\n  - {'x' * 100000}\n", {1, 2}, []),
    "a line of 10 MB": (HEAD + "dependencies:\n  - " + "y" * 10_000_000 + "\n", {1, 2}, []),
    "a comment of 10 MB": (HEAD + "#" + "y" * 10_000_000 + "\ndependencies: [no-such-package]\n", {1, 2}, []),
    "a spec of a million clauses": (HEAD + "dependencies:\n  - 'python " + ",".join([">=3"] * 200_000) + "'\n", {0, 1, 2}, []),
    "a million brackets in a version": (HEAD + "dependencies:\n  - 'python " + "(" * 100_000 + "'\n", {2}, []),
    "a regular expression that backtracks": (HEAD + "dependencies:\n  - 'python * ^(a+)+$'\n", {1, 2}, []),
    "contradicting lines": (HEAD + "dependencies:\n  - python >=3.12\n  - python <3.11\n", {1, 2}, ["environment.yml:4", "environment.yml:5"]),
    "a bad selector": (HEAD + "dependencies:\n  - python  # [linux and]\n", {2}, ["environment.yml:4"]),
    "a bad sel()": (HEAD + "dependencies:\n  - sel(linux and): python\n", {2}, ["environment.yml:4"]),
    "a channel nobody knows": ("channels: ['http://127.0.0.1:9/none']\nplatforms: [linux-64]\ndependencies: [python]\n", {2}, ["127.0.0.1"]),
    "a channel folder that is not there": ("channels: [./none]\nplatforms: [linux-64]\ndependencies: [python]\n", {2}, ["none"]),
    "a channel that is a file": ("channels: [./environment.yml]\nplatforms: [linux-64]\ndependencies: [python]\n", {2}, []),
    "a variable that is a list": (HEAD + "dependencies: [python]\nvariables:\n  A: [1]\n", {2}, ["environment.yml:5"]),
    "a name with a slash": (HEAD + "name: a/b\ndependencies: [python]\n", {2}, ["environment.yml:3"]),
    "a hash that is none": (HEAD + "dependencies:\n  - python[sha256=abc]\n", {2}, ["environment.yml:4"]),
}


class BadEnvironment(Scenario):
    def test_bad_files(self):
        for name, (content, codes, words) in BAD.items():
            with self.subTest(name):
                self.write("environment.yml", content)
                result = self.run_envlock("lock", "--channel-map", "conda-forge=" + str(self.channel), timeout=30)
                self.assertIn(result.code, codes, result.err[:3000])
                self.assertEqual((self.work / "envlock.lock").exists(), result.code == 0)
                (self.work / "envlock.lock").unlink(missing_ok=True)
                for word in words:
                    self.assertIn(word, result.err)
                self.assertLess(len(result.err), 20_000)

    def setUp(self):
        super().setUp()
        self.channel = self.copy_of_channel()

    def test_unknown_keys_are_a_warning_with_the_nearest_name(self):
        self.write("environment.yml", TRAIN.replace("variables:", "varables:"))
        result = self.lock(channel=self.channel)
        self.assertIn("unknown-key", result.codes())
        self.assertIn("did you mean `variables`", result.err)
        self.assertIn(f"environment.yml:{TRAIN.count(chr(10), 0, TRAIN.index('variables')) + 1}", result.err)

    def test_a_misspelt_dependencies_key_is_an_error_that_says_so(self):
        self.write("environment.yml", TRAIN.replace("dependencies:", "dependancies:"))
        self.assertIn("did you mean `dependencies`", self.lock(channel=self.channel, expect=2).err)

    def test_all_bad_lines_are_told_at_once(self):
        self.write("environment.yml", HEAD + "dependencies:\n  - 'a >=,'\n  - python\n  - 'b[version='\n  - '>=1'\n")
        result = self.lock(channel=self.channel, expect=2)
        for line in (4, 6, 7):
            self.assertIn(f"environment.yml:{line}", result.err)

    def test_files_that_cannot_be_read(self):
        for name in ("no-such-file.yml", ".", "/proc/self/mem"):
            with self.subTest(name):
                self.lock(name, channel=self.channel, expect=2)
        self.lock(channel=self.channel, expect=2)

    def test_bad_flags(self):
        self.write("environment.yml", TRAIN)
        for arguments in (["--no-such-flag"], ["-p", "linux-65"], ["--virtual-package", "glibc"], ["--virtual-package", "__glibc=a b"], ["--threads", "many"],
                          ["--exclude-newer", "tomorrow"], ["--channel-map", "nonsense"], ["--like", "no-such-file"], ["--index", "no-such-file"],
                          ["--channel-priority", "highest"], ["--loosen", "version"], ["-p", "a b=linux-64"], ["--exclude-newer", "2026-13-45"]):
            with self.subTest(arguments):
                self.lock(*arguments, channel=self.channel, expect=2)
        self.assertEqual(self.run_envlock("no-such-command").code, 2)
        self.assertFalse((self.work / "envlock.lock").exists())

    def test_bad_preferences_and_saved_indexes(self):
        self.write("environment.yml", HEAD + "dependencies: [tzdata]\n")
        for content in (b"", b"{", b"[]", b"\0\0\0", b"@EXPLICIT\n:::\n", b"[" * 100000, b"version: 9\nmetadata: 3\n", b"{\"packages\": 3}"):
            with self.subTest(content[:20]):
                self.write("bad", content)
                self.assertIn(self.run_envlock("lock", "--like", "bad", "--channel-map", f"conda-forge={self.channel}").code, (0, 1, 2))
                self.lock("--index", "bad", "-o", "other.lock", channel=self.channel, expect=2)


if __name__ == "__main__":
    unittest.main()
