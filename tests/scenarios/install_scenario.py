"""From a lock to a prefix and on: installed, verified, changed, repaired, the same bytes each time."""
import hashlib
import json
import os
import pathlib
import shutil
import stat
import subprocess
import unittest

from install_support import NATIVE, InstallScenario, toy_channel, tree
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
        result = self.install(lock, "--allow-scripts")
        self.assertIn("were run:\n  bin/.scripted-post-link.sh", result.err)
        self.assertNotIn("were not run", result.err)
        self.assertEqual(self.text("share/scripted/linked"), "scripted 1.0\n")

    def test_scripts_that_were_not_run_are_run_later(self):
        lock = self.lock_of("scripted", "hello")
        self.install(lock, "--allow-scripts")
        at_once = tree(self.prefix)
        shutil.rmtree(self.prefix)
        self.install(lock)
        self.assertEqual(self.text("conda-meta/envlock-scripts"), "scripted-1.0-0 bin/.scripted-post-link.sh\n")
        self.assertIn("were not run", self.install(lock).err)
        script = self.prefix / "bin/.scripted-post-link.sh"
        whole, status = script.read_bytes(), script.stat()
        script.unlink()
        script.write_bytes(b"echo evil > $PREFIX/share/scripted/linked\n")
        self.assertEqual(self.install(lock, "--allow-scripts").codes(), ["link-script-changed"])
        script.write_bytes(whole)
        script.chmod(status.st_mode)
        os.utime(script, ns=(status.st_atime_ns, status.st_mtime_ns))
        self.assertIn("were run:\n  bin/.scripted-post-link.sh", self.install(lock, "--allow-scripts").err)
        self.assert_same_tree(*({k: v[:3] if k == "share/scripted/linked" else v for k, v in each.items()} for each in (at_once, tree(self.prefix))))
        self.assertNotIn("scripts of packages", self.install(lock, "--allow-scripts").err)
        self.verify(lock)

    def test_run_activates(self):
        lock = self.lock_of("activated", "hello", more="variables:\n  MODE: quiet\n")
        self.install(lock)
        result = self.run_envlock("run", "-p", self.prefix, "--record", self.folder / "run.json", "--", "sh", "-c", 'echo "$ENVLOCK_ACTIVATED $MODE $(hello)"')
        self.assertEqual((result.code, result.out), (0, f"{self.prefix} quiet hello 2.0 from {self.prefix}\n"), result.err)

    def test_activation_scripts_do_not_see_the_command(self):
        lock = self.lock_of("activated")
        self.install(lock)
        folder = self.prefix / "etc/conda/activate.d"
        run = ("run", "-p", self.prefix, "--no-verify", "--no-record", "--")
        (folder / "a.sh").write_text('export SEEN="$#:$*"\nset -- x y\ndeclare -x DECLARED=1 2>/dev/null || export DECLARED=1\n')
        result = self.run_envlock(*run, "sh", "-c", 'echo "$SEEN $DECLARED $1 $ENVLOCK_ACTIVATED"', "-", "word")
        self.assertEqual((result.code, result.out), (0, f"0: 1 word {self.prefix}\n"), result.err)
        # Descriptors that were handed down are the command's own.
        reader, writer = os.pipe()
        result = self.run_envlock(*run, "sh", "-c", f"echo through >&{writer}", pass_fds=(writer,))
        os.close(writer)
        self.assertEqual((result.code, os.read(reader, 100)), (0, b"through\n"), result.err)
        os.close(reader)
        self.assertEqual(self.run_envlock(*run, "sh", "-c", "exit 9").code, 9)
        self.assertEqual(self.run_envlock(*run, "sh", "-c", "[ ! -e /proc/self/fd/3 ]").code, 0, "nor is one of ours handed down")
        for status in (0, 3):
            (folder / "b.sh").write_text(f"exit {status}\n")
            result = self.run_envlock(*run, "echo", "ran")
            self.assertEqual((result.code, result.out, result.codes()), (126, "", ["activation-ended"]), result.err)
            self.assertIn(f"b.sh` ended the shell with exit code {status}", result.err)

    def test_a_command_does_not_outlive_a_run_that_is_killed(self):
        lock = self.lock_of("hello")
        self.install(lock)
        command = self.command("run", "-p", self.prefix, "--no-verify", "--no-record", "--", "sh", "-c", "trap 'echo told; exit 0' TERM; echo begun; while :; do sleep 0.05; done")
        process = subprocess.Popen(command, cwd=self.work, env=self.environment, stdout=subprocess.PIPE, text=True)
        self.assertEqual(process.stdout.readline(), "begun\n")
        process.kill()
        self.assertEqual(process.communicate(timeout=60)[0], "told\n")

    def test_run_says_what_is_not_proved(self):
        channel = self.folder / "channel"
        shutil.copytree(toy_channel(), channel)
        lock = self.lock_of("hello", channels=[channel])
        self.install(lock)
        record = self.folder / "run.json"
        run = ("run", "-p", self.prefix, "--cache", self.cache, "--record", record, "--", "true")
        result = self.run_envlock(*run)
        self.assertEqual((result.code, result.codes(), json.loads(record.read_text())["verified"]), (0, [], "quick"), result.err)
        shutil.rmtree(channel)
        self.verify(lock, expect=2)
        result = self.run_envlock(*run)
        self.assertEqual((result.code, result.codes(), json.loads(record.read_text())["verified"]), (0, ["weak-proof"], "weak"), result.err)

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
        result = self.install(self.work / "gpu.lock", env={"CONDA_OVERRIDE_CUDA": "12.2"}, expect=1)
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


if __name__ == "__main__":
    unittest.main()
