"""Locking again changes least: what still fits stays, and only what was freed moves."""
import json
import unittest

from support import EXTRA, SMALL, Scenario

ENVIRONMENT = """\
channels: [conda-forge, nodefaults]
platforms: [linux-64, osx-arm64]
dependencies:
  - python 3.11.*
  - numpy
  - datasets
  - openssl
  - pip
"""


class Relock(Scenario):
    def setUp(self):
        super().setUp()
        self.write("environment.yml", ENVIRONMENT)

    def older_channel(self):
        """The channel before its newest numpy, openssl and fsspec came."""
        folder = self.copy_of_channel(name="older")
        for path in folder.glob("*/repodata.json"):
            document = json.loads(path.read_text())
            for key in ("packages", "packages.conda"):
                document[key] = {
                    name: record for name, record in document[key].items()
                    if (record["name"], record["version"]) not in {("numpy", "2.1.3"), ("openssl", "3.4.0"), ("libsqlite", "3.47.0")}}
            path.write_text(json.dumps(document))
        return folder

    def test_one_added_request_changes_nothing_else(self):
        self.lock(channel=self.older_channel())
        before = self.picks(), self.picks("osx-arm64")
        self.write("environment.yml", ENVIRONMENT + "  - tensorboard\n")
        self.lock()
        for old, platform in zip(before, ("linux-64", "osx-arm64")):
            new = self.picks(platform)
            self.assertIn("tensorboard", new)
            self.assertEqual({n: r for n, r in new.items() if n in old}, old)

    def test_locking_again_changes_no_byte_although_the_index_is_newer(self):
        self.lock(channel=self.older_channel())
        before = (self.work / "envlock.lock").read_bytes()
        stamp = (self.work / "envlock.lock").stat().st_mtime_ns
        self.lock()
        self.assertEqual((self.work / "envlock.lock").read_bytes(), before)
        self.assertEqual((self.work / "envlock.lock").stat().st_mtime_ns, stamp, "an unchanged lock is not written")

    def test_update_of_one_name_moves_that_name(self):
        self.lock(channel=self.older_channel())
        before = self.picks()
        self.lock("--update=numpy")
        after = self.picks()
        self.assertEqual(before["numpy"]["version"], "1.26.4")
        self.assertEqual(after["numpy"]["version"], "2.1.3")
        self.assertEqual({n for n in before if before[n] != after.get(n)}, {"numpy"})

    def test_update_of_all_gives_what_a_fresh_lock_gives(self):
        self.lock(channel=self.older_channel())
        self.lock("--update")
        updated = (self.work / "envlock.lock").read_bytes()
        self.assertEqual(self.lock_bytes(), updated)

    def test_a_request_that_no_longer_fits_moves_only_what_it_must(self):
        self.lock(channel=self.older_channel())
        before = self.picks()
        self.write("environment.yml", ENVIRONMENT.replace("  - numpy\n", "  - numpy >=2\n"))
        self.lock()
        after = self.picks()
        self.assertEqual({n for n in before if before[n] != after.get(n)}, {"numpy"})

    def test_a_new_profile_starts_from_its_sister_and_says_so(self):
        self.write("environment.yml", "channels: [conda-forge]\ndependencies: [python, pytorch]\n")
        self.lock("-p", "linux-64")
        before = self.picks()
        two = ["-p", "linux-64", "-p", "gpu=linux-64", "--virtual-package", "gpu:__cuda=12.9"]
        result = self.lock(*two)
        self.assertEqual(self.picks(), before)
        self.assertTrue(self.picks("gpu")["pytorch"]["build"].startswith("cuda126_") or "`--update=pytorch` frees it" in result.err, result.err)
        self.lock(*two, "--update=pytorch")
        self.assertEqual(self.picks(), before)
        self.assertTrue(self.picks("gpu")["pytorch"]["build"].startswith("cuda126_"))

    def test_a_removed_request_takes_what_only_it_needed(self):
        self.lock()
        self.write("environment.yml", ENVIRONMENT.replace("  - datasets\n", ""))
        self.lock()
        self.assertFalse({"datasets", "pyarrow", "dill", "huggingface_hub"} & set(self.picks()))
        relocked = (self.work / "envlock.lock").read_bytes()
        self.assertEqual(self.lock_bytes(), relocked)

    def test_a_record_that_the_index_lost_stays_with_a_note(self):
        self.lock()
        before = (self.work / "envlock.lock").read_bytes()
        result = self.lock(channel=self.older_channel())
        self.assertEqual((self.work / "envlock.lock").read_bytes(), before)
        self.assertIn("record-gone", result.err)

    def test_a_patched_record_follows_the_index_with_a_note(self):
        self.lock()
        patched = self.copy_of_channel(name="patched")
        path = patched / "noarch" / "repodata.json"
        text = path.read_text()
        self.assertIn('"dill >=0.3.0,<0.3.9"', text)
        path.write_text(text.replace('"dill >=0.3.0,<0.3.9"', '"dill >=0.3.0,<0.4"'))
        result = self.lock(channel=patched)
        self.assertIn("record-patched", result.err)
        self.assertIn("dill >=0.3.0,<0.4", json.dumps(self.picks()["datasets"]))
        self.assertEqual(self.picks()["dill"]["version"], "0.3.8", "what still fits stays")

    def test_one_unsatisfiable_platform_means_that_nothing_is_written(self):
        self.lock()
        before = (self.work / "envlock.lock").read_bytes()
        self.write("environment.yml", ENVIRONMENT + "  - mkl  # [osx]\n")
        result = self.lock(expect=1)
        self.assertIn("osx-arm64", result.err)
        self.assertRegex(result.err, r"environment\.yml:9\b")
        self.assertEqual((self.work / "envlock.lock").read_bytes(), before)

    def test_conflict_markers_are_merged(self):
        self.lock(channel=self.older_channel())
        ours = (self.work / "envlock.lock").read_text()
        (self.work / "envlock.lock").unlink()
        self.write("environment.yml", ENVIRONMENT + "  - tensorboard\n")
        self.lock()
        theirs = (self.work / "envlock.lock").read_text()
        self.write("envlock.lock", f"<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n")
        self.assertEqual(self.run_envlock("lock", "--check", "--channel-map", f"conda-forge={SMALL}").code, 1)
        self.lock()
        self.assertEqual(self.picks()["numpy"]["version"], "1.26.4", "ours comes first")
        self.assertIn("tensorboard", self.picks())

    def test_like_an_explicit_file(self):
        lines = ["# platform: linux-64", "@EXPLICIT"]
        for path in sorted((SMALL / "linux-64").glob("numpy-1.26.4-py311*")) + sorted((SMALL / "linux-64").glob("openssl-3.3.2*")):
            lines.append(f"https://conda.anaconda.org/conda-forge/linux-64/{path.name}")
        self.write("explicit.txt", "\n".join(lines) + "\n")
        self.lock("--like", "explicit.txt", "-p", "linux-64")
        self.assertEqual(self.picks()["numpy"]["version"], "1.26.4")
        self.assertEqual(self.picks()["openssl"]["version"], "3.3.2")

    def test_exclude_newer(self):
        self.write("environment.yml", "channels: [conda-forge]\nplatforms: [linux-64]\ndependencies: [dated]\n")
        for cut_off, version in (("2021-01-01", "1.0"), ("2024-01-01", "2.0"), ("2025-12-31", "2.5"), ("2030-01-01", "3.0")):
            self.lock_bytes("--exclude-newer", cut_off)
            self.assertEqual(self.picks()["dated"]["version"], version, cut_off)
        self.lock("--exclude-newer", "2019-01-01", "-o", "none.lock", expect=1)

    def test_records_without_a_time_are_kept_unless_strict(self):
        self.write("environment.yml", "channels: [conda-forge]\nplatforms: [linux-64]\ndependencies: [xz]\n")
        result = self.lock("--exclude-newer", "2030-01-01")
        self.assertIn("xz", result.err, "it is named")
        self.lock("--exclude-newer", "2030-01-01", "--exclude-newer-strict", "-o", "strict.lock", expect=1)

    def test_channel_priority(self):
        self.write("environment.yml", "channels: [conda-forge, extra]\nplatforms: [linux-64]\ndependencies: [python 3.11.*, numpy, middle]\n")
        extra = ["--channel-map", f"extra={EXTRA}"]
        self.lock(*extra)
        self.assertEqual(self.picks()["numpy"]["version"], "2.1.3", "strict: the first channel that has the name hides the others")
        self.write("environment.yml", "channels: [extra, conda-forge]\nplatforms: [linux-64]\ndependencies: [python 3.11.*, numpy, middle]\n")
        self.lock_bytes(*extra)
        self.assertEqual((self.picks()["numpy"]["version"], self.picks()["middle"]["version"]), ("9.0.0", "1.5"))
        self.lock_bytes("--channel-priority", "disabled", *extra)
        self.assertEqual((self.picks()["numpy"]["version"], self.picks()["middle"]["version"]), ("9.0.0", "2.0"))
        self.write("environment.yml", "channels: [extra, conda-forge]\nplatforms: [linux-64]\ndependencies: [python 3.12.*, numpy]\n")
        self.lock("-o", "strict.lock", *extra, expect=1)
        self.lock_bytes("--channel-priority", "flexible", *extra)
        self.assertEqual(self.picks()["numpy"]["version"], "2.1.3")
        self.write("environment.yml", "channels: [extra, conda-forge]\nplatforms: [linux-64]\ndependencies: [python 3.12.*, 'conda-forge::numpy']\n")
        self.lock_bytes("--channel-priority", "strict", *extra)
        self.assertEqual(self.picks()["numpy"]["version"], "2.1.3", "`channel::` overrides")


if __name__ == "__main__":
    unittest.main()
