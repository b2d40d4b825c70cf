"""Places that cannot be installed to, damage, full disks and many at once: refused or undone, and nothing lost."""
import hashlib
import os
import resource
import shutil
import signal
import subprocess
import unittest

from install_support import NATIVE, InstallScenario, toy_channel, tree


class Trouble(InstallScenario):
    def test_prefixes_with_spaces_and_of_any_length(self):
        lock = self.lock_of("hello")
        for name in ("with space", "x" * 100, "größe", "a'b\"c"):
            with self.subTest(name):
                prefix = self.folder / name
                self.install(lock, prefix=prefix)
                self.verify(lock, prefix=prefix)
                self.assertIn(f"root = {prefix}\n", (prefix / "share/hello/settings.ini").read_text())
        too_long = self.folder / ("y" * 120) / ("z" * 120)
        result = self.install(lock, prefix=too_long, expect=2)
        self.assertFalse(too_long.exists() and any(too_long.rglob("bin/*")), result.err)
        # Where no binary file knows its prefix, any length will do.
        data = self.lock_of("greet-data", name="data.lock")
        self.install(data, prefix=too_long)
        self.verify(data, prefix=too_long)

    def test_folders_that_are_no_environment_are_left_alone(self):
        lock = self.lock_of("hello")
        self.prefix.mkdir()
        (self.prefix / "thesis.tex").write_text("years of work\n")
        self.install(lock, expect=2)
        self.assertEqual([p.name for p in self.prefix.iterdir()], ["thesis.tex"])
        # An empty folder will do.
        (self.prefix / "thesis.tex").unlink()
        self.install(lock)

    def test_a_frozen_environment_is_left_alone(self):
        lock = self.lock_of("hello 1.0")
        self.install(lock)
        (self.prefix / "conda-meta/frozen").write_text("{}")
        before = tree(self.prefix)
        new = self.lock_of("hello 2.0", name="new.lock")
        self.assertIn("prefix-frozen", self.install(new, expect=2).codes())
        self.assert_same_tree(before, tree(self.prefix))
        self.install(new, "--force")
        self.assertEqual(self.text("share/hello/version.txt"), "2.0\n")

    def test_a_place_that_cannot_be_written(self):
        lock = self.lock_of("hello")
        blocked = self.folder / "file"
        blocked.write_text("a file\n")
        self.install(lock, prefix=blocked / "env", expect=2)
        self.install(lock, prefix=blocked, expect=2)
        self.assertEqual(blocked.read_text(), "a file\n")
        self.install(lock, prefix="/proc/envlock", expect=2)

    def test_a_full_disk_leaves_the_old_environment(self):
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], capture_output=True).returncode == 0
        if not mounted:
            self.skipTest("skipped: cannot mount a small disk here; the limit on file sizes stands in for it")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], capture_output=True)
        prefix = disk / "env"
        old, new = self.lock_of("hello 1.0", name="old.lock"), self.lock_of("hello 2.0", "odd-names", "clobber-a", name="new.lock")
        self.install(old, prefix=prefix)
        before = tree(prefix)
        failed = 0
        for room in range(0, 160_000, 20_000):
            free = shutil.disk_usage(disk).free
            (disk / "ballast").write_bytes(bytes(max(0, free - room)))
            result = self.run_envlock("install", new, "-p", prefix)
            (disk / "ballast").unlink()
            if result.code == 0:
                break
            failed += 1
            self.assertEqual((result.code, result.codes()), (2, ["disk-full"]), result.err)
            self.assert_same_tree(before, tree(prefix))
        self.assertGreater(failed, 0)
        self.install(new, prefix=prefix)
        self.verify(new, prefix=prefix)

    def test_files_that_may_not_grow(self):
        old, new = self.lock_of("hello 1.0", name="old.lock"), self.lock_of("hello 2.0", "odd-names", name="new.lock")
        self.install(old)
        self.install(new, prefix=self.folder / "other")
        before = tree(self.prefix)
        for limit in (0, 100, 1500):
            with self.subTest(limit):
                process = subprocess.run(self.command("install", new, "-p", self.prefix), cwd=self.work, env=self.environment, capture_output=True, text=True,
                                         restore_signals=False, preexec_fn=lambda value=limit: limit_file_size(value))
                self.assertEqual(process.returncode, 2, process.stderr)
                self.assertIn("error[", process.stderr)
                self.install(old)
                self.assert_same_tree(before, tree(self.prefix), left_out=["conda-meta/history"])

    def test_a_cache_that_cannot_be_written(self):
        lock = self.lock_of("hello")
        blocked, scratch = self.folder / "file", self.folder / "scratch"
        blocked.write_text("a file\n")
        scratch.mkdir()
        result = self.install(lock, "--cache", blocked / "cache", env={"TMPDIR": str(scratch)})
        self.assertEqual(result.codes(), ["cache-unwritable"], result.err)
        self.assertEqual(list(scratch.iterdir()), [], "the private folder is gone")
        self.verify(lock)

    def test_a_filled_cache_that_cannot_be_written_is_used(self):
        lock = self.lock_of("hello", "odd-names")
        self.install(lock)
        want = tree(self.prefix)
        packages = self.cache / "packages-1"
        shutil.rmtree(self.prefix)
        # One package is not unpacked, and a file of another is not what it was.
        names = {p.parent.name: p for p in packages.glob("*/*/listing")}
        changed = next(p for p in packages.rglob("files/share/hello/version.txt"))
        changed.chmod(0o644)
        changed.write_text("9.9\n")
        shutil.rmtree(next(p for p in names.values() if not changed.is_relative_to(p.parent)).parent)
        shutil.rmtree(packages / "tmp")
        (packages / "tmp").write_text("a file\n")
        result = self.install(lock)
        self.assertEqual(result.codes(), ["cache-unwritable"], result.err)
        self.assert_same_tree(want, tree(self.prefix))
        self.assertEqual(changed.read_text(), "9.9\n")
        self.verify(lock)

    def test_the_old_environment_stays_when_an_archive_is_damaged(self):
        channel = self.folder / "damaged"
        shutil.copytree(toy_channel(), channel)
        old = self.lock_of("hello 1.0", channels=[channel], name="old.lock")
        new = self.lock_of("hello 2.0", channels=[channel], name="new.lock")
        self.install(old)
        before = tree(self.prefix)
        archive = channel / NATIVE / "hello-2.0-0.conda"
        whole = archive.read_bytes()
        middle = len(whole) // 2
        for damaged in (whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1:], whole[:middle], b""):
            archive.write_bytes(damaged)
            result = self.install(new, expect=2)
            self.assertIn("hello-2.0-0.conda", result.err)
            self.assert_same_tree(before, tree(self.prefix))
        archive.unlink()
        self.install(new, expect=2)
        self.assert_same_tree(before, tree(self.prefix))
        archive.write_bytes(whole)
        self.install(new)
        self.verify(new)

    def test_a_lock_whose_hash_is_another(self):
        lock = self.lock_of("hello")
        text = lock.read_text()
        digest = hashlib.sha256((toy_channel() / NATIVE / "hello-2.0-0.conda").read_bytes()).hexdigest()
        self.assertIn(digest, text)
        lock.write_text(text.replace(digest, "0" * 64))
        self.assertIn("hash-mismatch", self.install(lock, expect=2).codes())
        self.assertFalse((self.prefix / "bin").exists())

    def test_a_poisoned_cache_never_reaches_a_prefix(self):
        lock = self.lock_of("hello", "odd-names")
        self.install(lock)
        want = tree(self.prefix)
        shutil.rmtree(self.prefix)
        changed = 0
        for path in self.cache.rglob("version.txt"):
            path.write_text("evil\n")
            changed += 1
        self.assertGreater(changed, 0)
        self.install(lock)
        self.assert_same_tree(want, tree(self.prefix))
        self.verify(lock)

    def test_a_conda_meta_that_is_no_json(self):
        lock = self.lock_of("hello", "greet-data", more="variables: {A: b}\n")
        self.install(lock)
        for name in ("state", "hello-2.0-0.json"):
            with self.subTest(name):
                path = self.prefix / "conda-meta" / name
                whole = path.read_bytes()
                for broken in (b"", whole[:len(whole) // 2], b"\xff\xfe\0", b"[" * 100_000):
                    path.write_bytes(broken)
                    self.assertIn(name, self.verify(lock, expect=1).out)
                path.write_bytes(whole)
                self.verify(lock)

    def test_records_of_the_environment_are_mended(self):
        lock = self.lock_of("hello", "greet-data", more="variables: {A: b}\n")
        self.install(lock)
        want = tree(self.prefix)
        meta = self.prefix / "conda-meta"
        for name, text in (("state", b"{"), ("state", b"\xff\xfe\0"), ("history", b"+a\n"), ("history", b"\0"), ("envlock.lock", None), ("state", None), ("history", None)):
            with self.subTest(name=name, text=text):
                (meta / name).unlink()
                (meta / name).mkdir() if text is None else (meta / name).write_bytes(text)
                result = self.install(lock)
                self.assertEqual(result.codes(), ["conda-meta-mended"], result.err)
                self.assertIn(f"conda-meta/{name} -> conda-meta/{name}.envlock-kept-1", result.err)
                self.assertIn("no package had to change", result.err)
                kept = meta / f"{name}.envlock-kept-1"
                self.assertTrue(kept.is_dir() if text is None else kept.read_bytes() == text)
                kept.rmdir() if text is None else kept.unlink()
                self.install(lock)
                self.assert_same_tree(want, tree(self.prefix))
        (meta / "history").unlink()
        self.assertIn("`conda-meta/history` was not there", self.install(lock).err)
        self.assert_same_tree(want, tree(self.prefix))
        # What the broken record of a package says is to be done puts it right.
        (meta / "greet-data-2.0-0.json").write_text("{")
        self.assertIn("remove that file", self.install(lock, expect=2).err)
        (meta / "greet-data-2.0-0.json").unlink()
        self.install(lock)
        self.assert_same_tree(want, tree(self.prefix), left_out=("conda-meta/history",))  # which tells of it

    def test_a_request_to_stop_puts_the_prefix_back_and_a_second_one_leaves_that_to_the_next(self):
        old, new = self.lock_of("scripted", "hello 1.0", name="old.lock"), self.lock_of("hello 2.0", name="new.lock")
        self.install(old)
        script = self.prefix / "bin/.scripted-pre-unlink.sh"
        for name, number in (("INT", 130), ("TERM", 143), ("HUP", 129)):
            with self.subTest(name):
                script.write_text(f"kill -{name} $PPID\n")
                before = tree(self.prefix)
                process = subprocess.run(self.command("install", new, "-p", self.prefix, "--allow-scripts"), cwd=self.work, env=self.environment, capture_output=True, text=True)
                self.assertEqual(process.returncode, number, process.stderr)
                self.assertIn("error[interrupted]", process.stderr)
                self.assertFalse((self.prefix / "conda-meta/.envlock").exists())
                self.assert_same_tree(before, tree(self.prefix))
        script.write_text("for i in 1 2 3 4 5 6; do kill -TERM $PPID; sleep 0.05; done\n")
        before = tree(self.prefix)
        process = subprocess.run(self.command("install", new, "-p", self.prefix, "--allow-scripts"), cwd=self.work, env=self.environment, capture_output=True, text=True)
        self.assertEqual(process.returncode, 143, process.stderr)
        self.assertTrue((self.prefix / "conda-meta/.envlock/journal").exists())
        self.install(old)
        self.assert_same_tree(before, tree(self.prefix))

    def test_words_that_lead_on(self):
        lock = self.lock_of("hello")
        (self.work / "nowhere").symlink_to(self.folder / "gone/away")
        for prefix in ("nowhere", "nowhere/env"):
            result = self.install(lock, prefix=self.work / prefix, expect=2)
            self.assertEqual((result.codes(), "gone/away" in result.err), (["prefix-invalid"], True), result.err)
        result = self.install(lock, prefix="/proc/envlock", expect=2)
        self.assertNotIn("run the same command again", result.err)
        for command in ("install", "verify"):
            self.assertEqual(self.run_envlock(command, "").codes(), ["invalid-argument"])
        self.assertEqual(self.run_envlock("install", lock, "-n", "base").codes(), ["invalid-argument"])
        self.assertFalse((self.home / ".conda").exists())
        self.assertEqual(self.run_envlock("verify", lock, "-p", self.prefix, "--json", "--format", "junit").code, 2)
        explicit = self.run_envlock("export", "explicit", lock).out
        wrong = self.write("wrong.txt", "".join(line.split("#")[0] + "#sha256:" + "0" * 64 + "\n" if "#" in line else line + "\n" for line in explicit.splitlines()))
        self.assertNotIn("index", self.install(wrong, expect=2).err)
        other = self.write("other.txt", explicit.replace(NATIVE, "osx-arm64"))
        self.assertNotIn("envlock lock", self.install(other, expect=1).err)
        text = lock.read_text()
        self.write("merge.lock", "<<<<<<< ours\n" + text)
        self.assertEqual(self.install(self.work / "merge.lock", expect=2).codes(), ["lock-conflict-markers"])
        for name in ("A=B", "A\\u0007", "", "1A"):
            self.write("odd.lock", text.replace('"variables": {}', '"variables": {"%s": "x"}' % name))
            self.assertEqual(self.install(self.work / "odd.lock", expect=2).codes(), ["lock-invalid"])

    def test_a_file_of_a_prefix_that_is_written_to_leaves_others_alone(self):
        lock = self.lock_of("hello")
        other = self.folder / "other"
        self.install(lock)
        self.install(lock, prefix=other)
        with open(self.prefix / "share/hello/version.txt", "a") as file:
            file.write("more\n")
        third = self.folder / "third"
        self.install(lock, prefix=third)
        self.assertEqual((third / "share/hello/version.txt").read_text(), "2.0\n")
        self.verify(lock, expect=1)

    def test_many_at_once_into_one_cache(self):
        lock = self.lock_of("hello", "odd-names", "clobber-a", "activated")
        prefixes = [self.folder / f"p{n}" for n in range(6)]
        processes = [subprocess.Popen(self.command("install", lock, "-p", p), cwd=self.work, env=self.environment, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE) for p in prefixes]
        for process in processes:
            _, err = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, err.decode())
        for prefix in prefixes:
            self.verify(lock, prefix=prefix)

    def test_many_at_once_into_one_prefix(self):
        lock = self.lock_of("hello", "odd-names")
        processes = [subprocess.Popen(self.command("install", lock, "-p", self.prefix), cwd=self.work, env=self.environment, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE) for _ in range(5)]
        for process in processes:
            _, err = process.communicate(timeout=120)
            # One works, the others wait or say that it does.
            self.assertIn(process.returncode, (0, 2), err.decode())
            if process.returncode == 2:
                self.assertIn("prefix-busy", err.decode())
        self.install(lock)
        self.verify(lock)


def limit_file_size(limit):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


if __name__ == "__main__":
    unittest.main()
