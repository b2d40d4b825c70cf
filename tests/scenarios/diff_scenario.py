"""Locks, environments and what git remembers of them, held against each other."""
import json
import shutil
import subprocess
import unittest

from support import Scenario, shared_folder

BEFORE = """\
channels: [conda-forge, nodefaults]
platforms: [linux-64, osx-arm64]
dependencies:
  - python 3.11.*
  - numpy 1.26.*
  - datasets
"""
AFTER = BEFORE.replace("3.11", "3.12").replace("numpy 1.26.*", "numpy")


def record(name, version, build, channel="https://conda.anaconda.org/conda-forge", depends=(), requested=()):
    """A conda-meta document as conda writes it, as far as it matters here."""
    file_name = f"{name}-{version}-{build}.conda"
    return {"name": name, "version": version, "build": build, "build_number": 0, "channel": f"{channel}/linux-64", "subdir": "linux-64",
            "fn": file_name, "url": f"{channel}/linux-64/{file_name}", "sha256": f"{len(name):02d}" * 32, "depends": list(depends), "files": [],
            "paths_data": {"paths": [], "paths_version": 1}, "requested_spec": ", ".join(requested), "requested_specs": list(requested)}


class Diff(Scenario):
    def diff(self, *arguments, expect, **more):
        result = self.run_envlock("diff", *arguments, **more)
        self.assertEqual(result.code, expect, f"{arguments}\n{result.out}\n{result.err}")
        return result

    def document(self, *arguments, expect=1, **more):
        return json.loads(self.diff(*arguments, "--json", expect=expect, **more).out)

    def two_locks(self):
        self.write("environment.yml", BEFORE)
        self.lock()
        shutil.copy(self.work / "envlock.lock", self.work / "old.lock")
        self.write("environment.yml", AFTER)
        self.lock()

    def git(self, *arguments, cwd=None):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments], cwd=cwd or self.work, check=True, capture_output=True,
                       env=self.environment | {"GIT_CONFIG_NOSYSTEM": "1"})

    def make_prefix(self, name, records):
        for each in records:
            self.write(f"{name}/conda-meta/{each['name']}-{each['version']}-{each['build']}.json", json.dumps(each))
        self.write(f"{name}/conda-meta/history", "")

    def test_of_a_long_list_without_causes_the_gravest_are_shown(self):
        line = "https://conda.anaconda.org/conda-forge/linux-64/{}-{}-0.conda"
        names = [f"p{number}" for number in range(10, 60)]
        versions = {"p58": ("1.0", "0.9"), "p59": ("1.0", "2.0")}
        for side in (0, 1):
            self.write(f"{side}.txt", "@EXPLICIT\n" + "".join(line.format(name, versions.get(name, ("1.0", "1.1"))[side]) + "\n" for name in names))
        shown = self.run_envlock("diff", "0.txt", "1.txt").out
        self.assertRegex(shown, r"packages\n +↓ +p58 .*\n +↑ +p59 .*major\n +↑ +p10 ")
        self.assertIn("and 30 more; --all shows them", shown)

    def test_a_lock_equals_itself_and_every_form_of_it(self):
        self.write("environment.yml", BEFORE)
        self.lock()
        self.diff("envlock.lock", "envlock.lock", expect=0)
        for form, arguments in (("conda-lock", []), ("explicit", ["-p", "linux-64"])):
            self.assertEqual(self.run_envlock("export", form, *arguments, "-o", "out.lock", writes=("out.lock",)).code, 0)
            document = self.document("envlock.lock", "out.lock", expect=0)
            self.assertTrue(document["equal"])
            self.assertGreater(document["differences"][0]["unchanged"], 10)

    def test_requests_come_first_and_everything_else_has_its_cause(self):
        self.two_locks()
        difference = self.document("old.lock", "envlock.lock")["differences"][0]
        names = [change["name"] for change in difference["changes"]]
        requested = [change["name"] for change in difference["changes"] if change["requested"]]
        self.assertEqual(names[:len(requested)], requested)
        self.assertEqual([n for n in ("numpy", "python") if n in requested], ["numpy", "python"])
        python = next(c for c in difference["changes"] if c["name"] == "python")
        self.assertEqual((python["kind"], python["distance"]), ("upgraded", "minor"))
        self.assertIn("3.12", python["reason"])
        abi = next(c for c in difference["changes"] if c["name"] == "python_abi")
        self.assertEqual(abi["cause"][0], "python")
        for change in difference["changes"]:
            if change["cause"]:
                self.assertEqual(change["cause"][-1], change["name"])
        text = self.diff("old.lock", "envlock.lock", expect=1).out
        self.assertLess(text.index("asked for"), text.index("because of python"))
        mirrored = self.document("envlock.lock", "old.lock")["differences"][0]
        self.assertEqual(mirrored["counts"]["removed"], difference["counts"]["added"])
        self.assertEqual(mirrored["counts"]["downgraded"], difference["counts"]["upgraded"])

    def test_a_platform_can_be_chosen(self):
        self.two_locks()
        both = self.document("old.lock", "envlock.lock")["differences"][0]
        one = self.document("old.lock", "envlock.lock", "-p", "osx-arm64")["differences"][0]
        self.assertEqual([p["name"] for p in both["platforms"]], ["linux-64", "osx-arm64"])
        self.assertEqual([p["name"] for p in one["platforms"]], ["osx-arm64"])
        result = self.diff("old.lock", "envlock.lock", "-p", "osx-arm", expect=2)
        self.assertEqual(result.codes(), ["unknown-platform", "unknown-platform"])
        self.assertIn("osx-arm64", result.err)

    def test_rules_decide_the_exit_code(self):
        self.two_locks()
        self.diff("old.lock", "envlock.lock", "--fail-on", "removed,downgrade,channel,hash", expect=0)
        result = self.diff("old.lock", "envlock.lock", "--fail-on", "hash", "--fail-on", "minor,pyth*", expect=1)
        self.assertEqual(result.codes(), ["diff-forbidden", "diff-forbidden"])
        self.assertIn("`python`: 3.11", result.err)
        self.assertEqual(self.diff("old.lock", "envlock.lock", "--fail-on", "nunpy-not-there", expect=0).codes(), ["fail-on-idle"])
        for bad, word in (("mayor", "major"), ("Major", "major"), ("cpu-bild", "cpu-build")):
            result = self.diff("old.lock", "envlock.lock", "--fail-on", bad, expect=2)
            self.assertEqual(result.codes(), ["invalid-argument"])
            self.assertIn(word, result.err)
        document = self.document("old.lock", "envlock.lock", "--fail-on", "minor")
        self.assertEqual([each["code"] for each in document["forbidden"]], ["diff-forbidden"])

    @unittest.skipUnless(shutil.which("git"), "skipped: no git")
    def test_a_revision_of_git_is_compared_as_a_file(self):
        self.write("environment.yml", BEFORE)
        self.lock()
        self.git("init", "-q", "-b", "main")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "one")
        before = self.files()
        self.diff("HEAD:envlock.lock", "envlock.lock", expect=0)
        self.write("environment.yml", AFTER)
        self.lock()
        old = self.diff("HEAD:envlock.lock", "envlock.lock", expect=1).out
        self.assertIn("HEAD:envlock.lock", old)
        self.assertIn("python", old)
        self.diff(":envlock.lock", "HEAD:./envlock.lock", expect=0)
        self.git("add", ".")
        self.diff(":envlock.lock", "envlock.lock", expect=0)
        self.diff("HEAD^{/one}:envlock.lock", ":envlock.lock", expect=1)
        self.assertEqual({f for f in self.files() - before if ".git/" not in f}, set())

        for word, hint in (("HEAD~7:envlock.lock", "git log"), ("HEAD:no.lock", "git log --oneline -- no.lock"), ("nowhere:envlock.lock", "fetch"),
                           ("--output=x:envlock.lock", "no revision"), ("HEAD:../../../etc/passwd", "git says")):
            result = self.diff("--", word, "envlock.lock", expect=2)
            self.assertEqual(result.codes(), ["git-failed"], word)
            self.assertIn(hint, result.err, word)
        # Paths count from the current folder, and a file of that very name comes first.
        sub = self.work / "sub"
        sub.mkdir()
        shutil.copy(self.work / "envlock.lock", sub / "envlock.lock")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "two")
        self.write("sub/HEAD:envlock.lock", (self.work / "envlock.lock").read_bytes())
        self.work = sub
        self.diff("HEAD:envlock.lock", "envlock.lock", expect=0)
        (sub / "HEAD:envlock.lock").unlink()
        self.diff("HEAD:envlock.lock", "HEAD:../envlock.lock", expect=0)
        self.diff("HEAD~1:../envlock.lock", "envlock.lock", expect=1)
        self.assertEqual(self.diff("HEAD~1:envlock.lock", "envlock.lock", expect=2).codes(), ["git-failed"])

    def test_without_a_repository_or_git_the_message_says_so(self):
        self.write("a.txt", "@EXPLICIT\n")
        result = self.diff("main:a.txt", "a.txt", expect=2, env={"PATH": str(self.home)})
        self.assertEqual(result.codes(), ["git-missing"])
        if shutil.which("git"):
            result = self.diff("main:a.txt", "a.txt", expect=2, env={"GIT_CEILING_DIRECTORIES": str(self.folder)})
            self.assertEqual(result.codes(), ["git-failed"])

    def test_an_environment_is_held_against_a_lock(self):
        python = record("python", "3.12.3", "h1_0", requested=["python 3.12.*"])
        numpy = record("numpy", "1.26.4", "py312_0", depends=["python >=3.12,<3.13"])
        self.make_prefix("one", [python, numpy])
        self.make_prefix("two", [python, record("numpy", "1.26.3", "py312_0", channel="https://repo.anaconda.com/pkgs/main")])
        urls = "".join(f"{each['url']}#{each['sha256']}\n" for each in (python, numpy))
        self.write("explicit.txt", f"# platform: linux-64\n@EXPLICIT\n{urls}")
        self.diff("explicit.txt", "one", expect=0)
        difference = self.document("explicit.txt", "two")["differences"][0]
        self.assertEqual(difference["to"]["kind"], "prefix")
        (change,) = difference["changes"]
        self.assertEqual((change["name"], change["kind"], change["distance"], change["channel_moved"]), ("numpy", "downgraded", "patch", True))
        self.assertEqual(self.diff("explicit.txt", "two", "--fail-on", "channel", expect=1).codes(), ["diff-forbidden"])
        # Another folder is no environment, and is not read as one.
        (self.work / "empty").mkdir()
        self.assertEqual(self.diff("explicit.txt", "empty", expect=2).codes(), ["file-unreadable"])

    def test_three_and_more_are_sorted_into_groups(self):
        for name, version in (("a", "1.0"), ("b", "1.0"), ("c", "2.0"), ("d", "1.0")):
            self.write(f"{name}.txt", f"@EXPLICIT\nhttps://conda.anaconda.org/conda-forge/linux-64/x-{version}-0.conda\n")
        text = self.diff("a.txt", "b.txt", "c.txt", "d.txt", expect=1).out
        self.assertIn("4 documents in 2 groups", text)
        document = self.document("a.txt", "b.txt", "c.txt", "d.txt")
        self.assertEqual(document["groups"], [["a.txt", "b.txt", "d.txt"], ["c.txt"]])
        self.assertEqual([(d["from"]["label"], d["to"]["label"]) for d in document["differences"]], [("a.txt", "c.txt")])
        self.diff("a.txt", "b.txt", "d.txt", expect=0)

    def test_standard_input_is_read(self):
        text = b"@EXPLICIT\nhttps://conda.anaconda.org/conda-forge/linux-64/x-1.0-0.conda\n"
        self.write("a.txt", text)
        self.diff("-", "a.txt", expect=0, stdin=text)
        self.diff("-", "-", expect=0, stdin=text)

    def test_nothing_from_a_lock_takes_effect_in_a_comment(self):
        evil = "x`|@everyone</details>"
        self.write("a.yml", "version: 1\nmetadata: {}\npackage: []\n".replace("{}", "\n  platforms: [linux-64]"))
        self.write("b.yml", "version: 1\nmetadata:\n  platforms: [linux-64]\npackage:\n- name: \"%s\"\n  version: \"1`|<b>\\\\|\"\n  manager: conda\n"
                   "  platform: linux-64\n  dependencies: {}\n  url: https://user:hunter2@host/c/linux-64/x-1-0.conda\n  hash: {}\n" % evil)
        comment = self.diff("a.yml", "b.yml", "--format", "markdown", expect=1).out
        # Outside of code spans, nothing of it is left.
        outside = "".join(comment.split("`")[::2])
        for word in ("everyone", "<b>", "</details>", "hunter2"):
            self.assertNotIn(word, outside)
        self.assertNotIn("hunter2", comment)
        rows = [line for line in comment.splitlines() if "everyone" in line]
        self.assertTrue(rows)
        for row in rows:
            cells = row.replace("\\|", "").count("|")
            self.assertEqual(cells, 5 if "why" not in comment else 6, row)

    def test_what_cannot_be_compared_is_refused(self):
        self.write("a.txt", "@EXPLICIT\n")
        self.write("run.json", '{\n  "format": "envlock-probe-run",\n  "version": 1\n}\n')
        self.write("text.txt", "hello\n")
        self.write("binary", bytes(range(256)))
        self.write("broken.yml", "version: 6\nenvironments: [\n")
        self.write("bare.txt", "@EXPLICIT\nnonsense\n")
        self.write("secret.txt", "@EXPLICIT\nhttps://user:hunter2@host/x\n")
        for other, code in (("run.json", "diff-mixed"), ("text.txt", "diff-unknown-format"), ("binary", "diff-unknown-format"),
                            ("broken.yml", "lock-invalid"), ("bare.txt", "lock-invalid"), ("secret.txt", "lock-invalid"), ("none", "file-not-found")):
            result = self.diff("a.txt", other, expect=2)
            self.assertEqual(result.codes(), [code], other)
            self.assertNotIn("hunter2", result.err)
        # All mistakes of all sides at once.
        self.assertEqual(self.diff("text.txt", "none", "bare.txt", expect=2).codes(), ["diff-unknown-format", "file-not-found", "lock-invalid"])
        self.assertEqual(self.diff("a.txt", "a.txt", "--format", "xml", expect=2).codes(), ["invalid-argument"])
        self.assertEqual(self.diff("a.txt", "a.txt", "--html", "x.html", expect=2).codes(), ["invalid-argument"])

    def test_locking_like_an_environment_or_a_pixi_lock_keeps_their_picks(self):
        self.write("environment.yml", BEFORE)
        self.lock("-p", "linux-64")
        picks = self.picks()
        newest = BEFORE.replace("numpy 1.26.*", "numpy")
        records = [record(p["name"], p["version"], p["build"], channel=p["channel"], depends=p["depends"]) | {
            "fn": p["file"], "sha256": p["sha256"], "subdir": p["subdir"], "url": f"{p['channel']}/{p['subdir']}/{p['file']}"} for p in picks.values()]
        self.make_prefix("working", records)
        urls = sorted((f"{p['channel']}/{p['subdir']}/{p['file']}", p) for p in picks.values())
        self.write("pixi.lock", "version: 6\nenvironments:\n  default:\n    channels:\n    - url: https://conda.anaconda.org/conda-forge/\n"
                   "    packages:\n      linux-64:\n" + "".join(f"      - conda: {url}\n" for url, _ in urls) + "packages:\n"
                   + "".join(f"- conda: {url}\n  sha256: {p['sha256']}\n" for url, p in urls))
        self.diff("working", "pixi.lock", expect=0)
        self.write("environment.yml", newest)
        (self.work / "envlock.lock").unlink()
        self.lock("-p", "linux-64")
        self.assertNotEqual(self.picks()["numpy"]["version"], picks["numpy"]["version"])
        for source in ("working", "pixi.lock"):
            (self.work / "envlock.lock").unlink()
            result = self.lock("-p", "linux-64", "--like", source)
            self.assertEqual(self.picks()["numpy"]["version"], picks["numpy"]["version"], source)
            self.assertIn(f"{len(picks)} of {len(picks)} picks", result.err)
            self.diff("envlock.lock", source, expect=0)
        (self.work / "nothing").mkdir()
        self.assertEqual(self.run_envlock("lock", "--like", "nothing").codes(), ["no-environment"])

    def test_every_real_lock_equals_itself(self):
        shared = shared_folder()
        if shared is None:
            self.skipTest("skipped: no shared data")
        for file in sorted(shared.glob("data/locks/*/*")):
            if "invalid-lockfiles" not in file.name:
                self.diff(file, file, expect=0)


if __name__ == "__main__":
    unittest.main()
