"""From a lock to a prefix and on: installed, verified, changed, undone, and refused where it must be."""
import base64
import hashlib
import json
import os
import pathlib
import resource
import shutil
import signal
import stat
import subprocess
import unittest

from install_support import NATIVE, InstallScenario, installing, python_channel, toy_channel, tree
from support import shared_folder


class Install(InstallScenario):
    def test_lock_install_verify(self):
        lock = self.lock_of("hello 2.0", "odd-names", more="variables:\n  HELLO_MODE: loud\n")
        result = self.install(lock)
        self.assertIn("3 packages", result.err)
        self.verify(lock)
        self.assertEqual(self.run_in(self.prefix / "bin/hello"), f"hello 2.0 from {self.prefix}")
        self.assertEqual(self.text("share/hello/settings.ini"), f"[paths]\nroot = {self.prefix}\ndata = {self.prefix}/share\n")
        library = (self.prefix / "lib/libhello.so.2.0").read_bytes()
        self.assertEqual(library.count(str(self.prefix).encode()), 4)
        self.assertNotIn(b"_placehold", library)
        self.assertEqual(os.readlink(self.prefix / "lib/libhello.so"), "libhello.so.2.0")
        self.assertEqual(stat.S_IMODE((self.prefix / "bin/hello").stat().st_mode) & 0o111, 0o111)
        self.assertEqual(stat.S_IMODE((self.prefix / "share/hello/version.txt").stat().st_mode), 0o644)
        self.assertEqual(self.text("share/odd/größe/naïve.txt"), "unicode\n")
        self.assertEqual(self.text("share/odd/link"), "space\n")
        names = {p.name for p in (self.prefix / "conda-meta").glob("*.json")}
        self.assertEqual(names, {"greet-data-2.0-0.json", "hello-2.0-0.json", "odd-names-1.0-0.json"})
        meta = json.loads(self.text("conda-meta/hello-2.0-0.json"))
        self.assertEqual((meta["name"], meta["version"], meta["build"], meta["subdir"]), ("hello", "2.0", "0", NATIVE))
        self.assertIn("bin/hello", meta["files"])
        self.assertTrue(self.text("conda-meta/history"))
        self.assertEqual(json.loads(self.text("conda-meta/state"))["env_vars"], {"HELLO_MODE": "loud"})
        self.assertTrue(any(p.read_bytes() == lock.read_bytes() for p in (self.prefix / "conda-meta").iterdir() if p.is_file()), "a copy of the lock")

    def test_nothing_to_do_changes_nothing(self):
        lock = self.lock_of("hello", "odd-names")
        self.install(lock)
        before = tree(self.prefix)
        self.install(lock, "--offline")
        self.assert_same_tree(before, tree(self.prefix))

    def test_the_same_lock_in_the_same_place_gives_the_same_bytes(self):
        lock = self.lock_of("hello", "odd-names", "clobber-a", "clobber-b", "activated", more="variables: {A: b}\n")
        trees, tars = [], []
        for number, arguments in enumerate(((), ("--copy",), ("--threads", "1"))):
            shutil.rmtree(self.prefix, ignore_errors=True)
            self.install(lock, *arguments, "--cache", self.folder / f"cache{number}")
            trees.append(tree(self.prefix))
            tars.append(self.tar())
        self.assert_same_tree(trees[0], trees[1])
        self.assert_same_tree(trees[0], trees[2])
        self.assertEqual(len(set(tars)), 1, "a tar of the prefix differs")

    def tar(self):
        made = subprocess.run(["tar", "--sort=name", "--numeric-owner", "-C", self.prefix, "-cf", "-", "."], capture_output=True, check=True)
        return hashlib.sha256(made.stdout).hexdigest()

    def test_upgrade_and_removal_touch_what_differs(self):
        old, new = self.lock_of("hello 1.0", "odd-names", name="old.lock"), self.lock_of("hello 2.0", name="new.lock")
        self.install(old)
        (self.prefix / "share/greet/de.txt").write_text("servus\n")
        (self.prefix / "share/mine").mkdir()
        (self.prefix / "share/mine/notes.txt").write_text("mine\n")
        (self.prefix / "share/hello/extra.txt").write_text("mine too\n")
        self.verify(old, expect=1)
        result = self.install(new)
        self.assertEqual(self.text("share/hello/version.txt"), "2.0\n")
        self.assertFalse((self.prefix / "share/hello/only-in-1.0.txt").exists())
        self.assertFalse((self.prefix / "share/greet/hu.txt").exists())
        self.assertFalse((self.prefix / "share/odd").exists())
        self.assertEqual(self.text("share/greet/de.txt"), "hallo 2.0\n")
        kept = [p for p in (self.prefix / "share/greet").iterdir() if p.read_text() == "servus\n"]
        self.assertEqual(len(kept), 1, "what the user changed is kept aside")
        self.assertIn(kept[0].name, result.err)
        self.assertEqual(self.text("share/mine/notes.txt"), "mine\n")
        self.assertEqual(self.text("share/hello/extra.txt"), "mine too\n")
        self.verify(new)
        self.install(self.lock_of("greet-data 2.0", name="less.lock"))
        self.assertFalse((self.prefix / "bin/hello").exists())
        self.assertEqual(self.text("share/hello/extra.txt"), "mine too\n")

    def test_an_upgrade_gives_what_a_fresh_install_gives(self):
        old, new = self.lock_of("hello 1.0", "clobber-a", name="old.lock"), self.lock_of("hello 2.0", "odd-names", name="new.lock")
        self.install(new)
        fresh = tree(self.prefix)
        shutil.rmtree(self.prefix)
        self.install(old)
        self.install(new)
        self.assert_same_tree(fresh, tree(self.prefix), left_out=["conda-meta/history"])

    def test_dry_run_says_and_does_nothing(self):
        lock = self.lock_of("hello 1.0")
        result = self.install(lock, "--dry-run")
        self.assertIn("hello", result.err)
        self.assertFalse(self.prefix.exists())
        self.install(lock)
        before = tree(self.prefix)
        result = self.install(self.lock_of("hello 2.0", name="new.lock"), "--dry-run")
        self.assertIn("2.0", result.err)
        self.assert_same_tree(before, tree(self.prefix))
        told = json.loads(self.install(self.work / "new.lock", "--dry-run", "--json").out)
        self.assertIn("hello", json.dumps(told))

    def test_categories(self):
        self.environment_yml("hello")
        self.environment_yml("clobber-a", name="dev.yml", more="category: dev\n")
        self.lock("environment.yml", "dev.yml", channel=None)
        lock = self.work / "envlock.lock"
        self.install(lock, "--category", "main")
        self.assertFalse((self.prefix / "share/clobber").exists())
        self.verify(lock, "--category", "main")
        self.verify(lock, expect=1)
        self.install(lock)
        self.assertTrue((self.prefix / "share/clobber/clobber-a.txt").exists())
        self.verify(lock)
        self.assertIn("unknown-category", self.install(lock, "--category", "docs", expect=2).codes())

    def test_exports_install_the_same_files(self):
        lock = self.lock_of("hello", "odd-names")
        self.install(lock)
        want = {k: v for k, v in tree(self.prefix).items() if not k.startswith("conda-meta")}
        kept = ("name", "version", "build", "build_number", "depends", "constrains", "license", "timestamp", "sha256", "subdir", "channel", "url")
        want_meta = {p.name: {k: v for k, v in json.loads(p.read_text()).items() if k in kept} for p in (self.prefix / "conda-meta").glob("*.json")}
        for kind, name, arguments in (("explicit", "list.lock", ()), ("explicit", "md5.lock", ("--md5",)), ("conda-lock", "conda-lock.yml", ())):
            with self.subTest(name):
                exported = self.run_envlock("export", kind, lock, *arguments, "-o", name, writes=(name,))
                self.assertEqual(exported.code, 0, exported.err)
                shutil.rmtree(self.prefix)
                self.install(self.work / name)
                self.assert_same_tree(want, {k: v for k, v in tree(self.prefix).items() if not k.startswith("conda-meta")})
                self.verify(self.work / name)
                self.verify(lock)
                # conda-meta says as much as if the lock had said it.
                for file, told in want_meta.items():
                    have = json.loads(self.text(f"conda-meta/{file}"))
                    self.assertEqual({k: have.get(k) for k in told}, told, file)
                before = tree(self.prefix)
                self.assertIn("nothing had to change", self.install(self.work / name).err)
                self.assert_same_tree(before, tree(self.prefix))

    def test_clobbering_is_reported_and_always_ends_alike(self):
        lock = self.lock_of("clobber-a", "clobber-b")
        result = self.install(lock)
        self.assertIn("share/clobber/common.txt", result.err)
        self.assertNotIn("share/clobber/equal.txt", result.err)
        self.verify(lock)
        self.assertIn(self.text("share/clobber/common.txt"), ("clobber-a's\n", "clobber-b's\n"))

    def test_scripts_run_only_when_they_may(self):
        lock = self.lock_of("scripted")
        result = self.install(lock)
        self.assertIn(".scripted-post-link.sh", result.err)
        self.assertFalse((self.prefix / "share/scripted/linked").exists())
        self.verify(lock)
        shutil.rmtree(self.prefix)
        self.install(lock, "--allow-scripts")
        self.assertEqual(self.text("share/scripted/linked"), "scripted 1.0\n")

    def test_run_activates(self):
        lock = self.lock_of("activated", "hello", more="variables:\n  MODE: quiet\n")
        self.install(lock)
        result = self.run_envlock("run", "-p", self.prefix, "--record", self.folder / "run.json", "--", "sh", "-c", 'echo "$ENVLOCK_ACTIVATED $MODE $(hello)"')
        self.assertEqual((result.code, result.out), (0, f"{self.prefix} quiet hello 2.0 from {self.prefix}\n"), result.err)

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

    def test_repair(self):
        lock = self.lock_of("hello", "odd-names")
        self.install(lock)
        want = tree(self.prefix)
        library = self.prefix / "lib/libhello.so.2.0"
        data = bytearray(library.read_bytes())
        data[5] ^= 1
        library.unlink()
        library.write_bytes(data)
        (self.prefix / "share/odd/empty.txt").unlink()
        self.verify(lock, expect=1)
        result = self.install(lock, "--repair")
        # What was changed may be somebody's work: it is kept and named, and nothing but it is left to say.
        kept = library.with_name(library.name + ".envlock-kept-1")
        self.assertEqual(kept.read_bytes(), bytes(data))
        self.assertIn(kept.name, result.err)
        if self.run_envlock("verify", lock, "-p", self.prefix).code == 1:
            self.assertIn(kept.name, self.verify(lock, expect=1).out)
        kept.unlink()
        self.verify(lock)
        after = tree(self.prefix)
        for path in ("lib/libhello.so.2.0", "share/odd/empty.txt"):
            self.assertEqual(after[path][2], want[path][2])

    def test_the_platform_that_fits_the_machine(self):
        self.environment_yml("hello")
        self.lock("environment.yml", "-p", f"gpu={NATIVE}", "-p", NATIVE, "--virtual-package", "gpu:__cuda=12.4", channel=None)
        lock = self.work / "envlock.lock"
        for cuda, want in (("", NATIVE), ("12.2", NATIVE), ("12.4", "gpu"), ("13.0", "gpu")):
            told = json.loads(self.install(lock, "--dry-run", "--json", env={"CONDA_OVERRIDE_CUDA": cuda}).out)
            self.assertIn(f'"{want}"', json.dumps(told), f"__cuda {cuda}")
        self.lock("environment.yml", "-o", "gpu.lock", "-p", f"gpu={NATIVE}", "--virtual-package", "gpu:__cuda=12.4", channel=None)
        result = self.install(self.work / "gpu.lock", env={"CONDA_OVERRIDE_CUDA": "12.2"}, expect=2)
        self.assertEqual(result.codes(), ["override-used", "no-platform-fits"])
        self.assertIn("`__cuda 12.4`, the machine has `__cuda 12.2`", result.err)
        self.install(self.work / "gpu.lock", "--platform", "gpu", env={"CONDA_OVERRIDE_CUDA": "12.2"})

    def test_a_prefix_behind_a_link_and_a_relative_one(self):
        lock = self.lock_of("hello")
        real, link = self.folder / "real", self.folder / "link"
        real.mkdir()
        link.symlink_to(real)
        self.install(lock, prefix=link / "env")
        self.verify(lock, prefix=link / "env")
        self.assertTrue((real / "env/bin/hello").exists())
        self.install(lock, prefix="../relative/env/")
        self.verify(lock, prefix=self.folder / "relative/env")
        self.assertEqual(self.run_in(self.folder / "relative/env/bin/hello"), f"hello 2.0 from {self.folder}/relative/env")

    def test_a_cache_that_cannot_be_written(self):
        lock = self.lock_of("hello")
        blocked = self.folder / "file"
        blocked.write_text("a file\n")
        result = self.run_envlock("install", lock, "-p", self.prefix, "--cache", blocked / "cache")
        if result.code == 0:
            self.verify(lock)
        else:
            self.assertEqual((result.code, set(result.codes())), (2, {"cache-unwritable"}), result.err)
            self.assertFalse((self.prefix / "bin").exists())

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

    def test_offline(self):
        channel = self.folder / "leaving"
        shutil.copytree(toy_channel(), channel)
        lock = self.lock_of("hello", channels=[channel])
        url = self.serve(channel)
        served = self.served_lock(lock, url)
        self.assertIn("cache-miss", self.install(served, "--offline", expect=2).codes())
        self.install(served)
        want = tree(self.prefix)
        self.faults([{"path": "/", "fault": "status", "status": 500}])
        shutil.rmtree(self.prefix)
        self.install(served, "--offline")
        self.assert_same_tree(want, tree(self.prefix))
        self.verify(served, "--offline")

    def served_lock(self, lock, url, name="served.txt"):
        """An @EXPLICIT list of the lock's files as a server has them."""
        lines = [f"{url}/{p['subdir']}/{p['file']}#{p['sha256']}" for p in json.loads(lock.read_bytes())["packages"]]
        return self.write(name, "@EXPLICIT\n" + "\n".join(lines) + "\n")


class Network(InstallScenario):
    """A private channel that fails in many ways."""

    def private(self, *faults):
        self.environment_yml("hello", "odd-names", channels=["conda-forge"])
        self.lock("environment.yml", channel=toy_channel())
        url = self.serve(toy_channel(), "--token", "tk-secret", faults=list(faults))
        return ["--channel-map", f"conda-forge={url}/t/tk-secret"]

    def install_lock(self, *arguments, **more):
        return self.install(self.work / "envlock.lock", *arguments, **more)

    def test_a_private_channel_and_no_secret_anywhere(self):
        mapped = self.private()
        result = self.install_lock(*mapped, "--json")
        self.verify(self.work / "envlock.lock")
        self.assertNotIn("tk-secret", result.out + result.err)
        for path in self.prefix.rglob("*"):
            if path.is_file() and not path.is_symlink():
                self.assertNotIn(b"tk-secret", path.read_bytes(), path)

    def test_503_a_few_times_is_retried(self):
        mapped = self.private({"path": f"/{NATIVE}/hello", "fault": "status", "status": 503, "times": 2, "retry_after": 0})
        self.install_lock(*mapped)
        self.assertEqual(sum(" 503" in line for line in self.requests_served()), 2)
        self.verify(self.work / "envlock.lock")

    def test_a_broken_download_is_resumed(self):
        mapped = self.private({"path": f"/{NATIVE}/hello", "fault": "truncate", "times": 1})
        self.install_lock(*mapped)
        self.assertTrue(any(" 206" in line for line in self.requests_served()), "the rest was asked for")
        self.verify(self.work / "envlock.lock")

    def test_a_bit_that_flips_on_the_way_is_found(self):
        mapped = self.private({"path": f"/{NATIVE}/hello", "fault": "corrupt"})
        self.assertIn("hash-mismatch", self.install_lock(*mapped, expect=2).codes())
        self.assertFalse((self.prefix / "bin").exists())
        self.faults([])
        self.install_lock(*mapped)
        self.verify(self.work / "envlock.lock")

    def test_what_cannot_be_had_is_told_all_at_once(self):
        mapped = self.private({"path": "*.conda", "fault": "status", "status": 404}, {"path": "*.tar.bz2", "fault": "status", "status": 404})
        result = self.install_lock(*mapped, expect=2)
        self.assertIn("hello-2.0-0.conda", result.err)
        self.assertIn("odd-names-1.0-0.tar.bz2", result.err)
        self.assertNotIn("tk-secret", result.err)


class Python(InstallScenario):
    """With this machine's python as a package."""

    def python_lock(self, *dependencies, channels=(), **more):
        channel, version = python_channel()
        self.short = ".".join(version.split(".")[:2])
        return self.lock_of(f"python {version}", *dependencies, channels=[channel, toy_channel(), *channels], **more)

    def test_noarch_python_with_entry_points_and_pyc(self):
        lock = self.python_lock("toytool 1.1")
        self.install(lock)
        first = tree(self.prefix)
        site = f"lib/python{self.short}/site-packages"
        self.assertEqual(self.run_in(self.prefix / "bin/toytool", "a b", expect=3), "toytool 1.1 a b")
        self.assertEqual(self.run_in(self.prefix / "bin/toytool-script"), str(self.prefix / site / "toytool/__init__.py"))
        self.assertEqual(self.run_in(self.prefix / "bin/python", "-c", "import sys, ssl, ctypes, sqlite3, json, hashlib; print(sys.prefix)"), str(self.prefix))
        compiled = sorted(p.name for p in (self.prefix / site / "toytool/__pycache__").iterdir())
        tag = "cpython-" + self.short.replace(".", "")
        self.assertEqual(compiled, [f"__init__.{tag}.pyc", f"cli.{tag}.pyc"])
        flags = (self.prefix / site / f"toytool/__pycache__/cli.{tag}.pyc").read_bytes()[4:8]
        self.assertNotEqual(flags, bytes(4), "a pyc that holds a time")
        self.verify(lock)
        shutil.rmtree(self.prefix)
        self.install(lock, "--threads", "1", "--cache", self.folder / "other-cache")
        self.assert_same_tree(first, tree(self.prefix))
        self.install(self.python_lock("toytool 1.0", name="old.lock"))
        self.assertEqual(self.run_in(self.prefix / "bin/toytool", expect=3), "toytool 1.0")
        self.verify(self.work / "old.lock")

    def test_without_compiling(self):
        lock = self.python_lock("toytool")
        self.install(lock, "--no-compile")
        self.assertEqual(list((self.prefix / f"lib/python{self.short}/site-packages").rglob("*.pyc")), [])
        self.verify(lock)

    def test_wheels(self):
        lock = self.python_lock("toytool")
        explicit = self.run_envlock("export", "explicit", lock)
        name, data = installing.wheel()
        self.write(name, data)
        listed = self.write("all.txt", explicit.out + f"# pip toywheel @ file://{self.work / name}#sha256={hashlib.sha256(data).hexdigest()}\n")
        self.install(listed)
        site = self.prefix / f"lib/python{self.short}/site-packages"
        self.assertEqual(self.run_in(self.prefix / "bin/toywheel"), "toywheel 1.0")
        self.assertEqual(self.run_in(self.prefix / "bin/toywheel-script"), "script of toywheel")
        self.assertEqual(self.text("share/toywheel/data.txt"), "data\n")
        self.assertTrue((site / "toywheel-1.0.dist-info/RECORD").exists())
        for line in (site / "toywheel-1.0.dist-info/RECORD").read_text().splitlines():
            path, digest, _ = line.rsplit(",", 2)
            if digest:
                actual = base64.urlsafe_b64encode(hashlib.sha256((site / path).read_bytes()).digest()).decode().rstrip("=")
                self.assertEqual(digest, "sha256=" + actual, path)
        self.verify(listed)
        # Gone from the list, gone from the prefix.
        self.install(lock)
        self.verify(lock)
        self.assertFalse((site / "toywheel").exists())
        self.assertFalse((self.prefix / "bin/toywheel").exists())
        self.write(name, data[:100] + bytes([data[100] ^ 1]) + data[101:])
        self.assertIn("hash-mismatch", self.install(listed, "--cache", self.folder / "new-cache", expect=2).codes())
        self.assertFalse((site / "toywheel").exists())

    def test_real_packages(self):
        shared = shared_folder()
        if not shared or not (shared / "data/conda-forge-packages").is_dir():
            self.skipTest("skipped: no shared data")
        channel, version = python_channel()
        if tuple(map(int, version.split(".")[:2])) >= (3, 13):
            self.skipTest("skipped: the pip of the shared data needs an older python")
        lock = self.lock_of(f"python {version}", "tqdm", "wheel", "packaging", "setuptools", channels=[channel, shared / "data/conda-forge-packages"])
        self.install(lock)
        self.assertEqual(self.run_in(self.prefix / "bin/tqdm", "--version"), "4.67.1")
        self.assertIn("0.45.1", self.run_in(self.prefix / "bin/wheel", "version"))
        self.assertEqual(self.run_in(self.prefix / "bin/python", "-c", "import packaging, setuptools; print(packaging.__version__)"), "24.2")
        self.assertIn("tqdm", self.run_in(self.prefix / "bin/pip", "list", "--disable-pip-version-check"))
        self.verify(lock)


class RealLibraries(InstallScenario):
    def test_compiled_packages_run(self):
        shared = shared_folder()
        if not shared or NATIVE != "linux-64" or not (shared / "data/conda-forge-packages").is_dir():
            self.skipTest("skipped: no shared data")
        lock = self.lock_of("libarchive", "krb5", "libcurl", channels=[pathlib.Path(shared, "data/conda-forge-packages")])
        self.install(lock)
        self.verify(lock)
        self.assertIn("bsdtar", self.run_in(self.prefix / "bin/bsdtar", "--version"))
        self.assertIn("Kerberos", self.run_in(self.prefix / "bin/krb5-config", "--version"))


def limit_file_size(limit):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


if __name__ == "__main__":
    unittest.main()
