"""Prefixes, records, journals and locks that are broken or edited, and disks that fill: nothing is lost, nothing outside is touched."""
import hashlib
import json
import os
import shutil
import subprocess
import unittest

from bad_input_support import BadInput
from hostile_packages import GOOD, STEM, conda, file, info_members, row, rows_of
from install_support import NATIVE, tree
from tamper_support import BINARY_PLACEHOLDER, plain_library


class Places(BadInput):
    def test_a_placeholder_longer_than_its_place(self):
        """The prefix is longer than the place in a binary, and than a text needs."""
        long = self.folder / ("y" * 130) / ("z" * 130)
        self.assertGreater(len(str(long)), len(BINARY_PLACEHOLDER))
        self.refuse("prefix-too-long", self.world_lock, prefix=long)
        self.assertFalse(long.parent.exists())
        short = file("lib/libshort.so", b"\x7fELF /short\0more\0")
        data = conda(info_members([row(short.path, short.data, prefix_placeholder="/short", file_mode="binary")]), [short])
        result = self.refuse("prefix-too-long", self.list_of((STEM + ".conda", data)))
        self.assertIn("lib/libshort.so", result.err)

    def test_a_space_a_quote_and_an_umlaut(self):
        prefix = self.folder / "with space/a'b\"c $HOME/größe"
        self.install(self.world_lock, "--no-compile", prefix=prefix)
        self.assertEqual(self.judge(prefix=prefix)[:2], (0, set()))

    def test_paths_that_cannot_be_a_prefix(self):
        for name in ("with\nline", "escape\x1b[2J"):
            self.refuse("prefix-invalid", self.world_lock, prefix=self.folder / name)
        blocked = self.canary / "secret"
        self.refuse("prefix-not-environment", self.world_lock, prefix=blocked)
        self.refuse("prefix-not-environment", self.world_lock, prefix=self.canary)

    def test_a_prefix_that_is_a_link_to_nothing(self):
        dangling = self.folder / "dangling"
        dangling.symlink_to(self.folder / "gone")
        self.refuse("prefix-invalid", self.world_lock, prefix=dangling)
        self.assertFalse((self.folder / "gone").exists())

    def test_a_prefix_that_vanished(self):
        shutil.rmtree(self.prefix)
        for command in ("verify", "snapshot"):
            told = self.run_envlock(command, *([self.world_lock] if command == "verify" else []), "-p", self.prefix)
            self.assertEqual(told.code, 2, told.err)
            self.assertIn("no-environment", told.codes())
        self.prefix.mkdir()
        self.assertIn("no-environment", self.run_envlock("verify", self.world_lock, "-p", self.prefix).codes())

    def as_nobody(self, *arguments):
        """The program without root's rights, which would let it read and write everything."""
        if os.geteuid() != 0:
            return self.run_envlock(*arguments)
        for path in [self.folder, *self.folder.rglob("*")]:
            os.chown(path, 65534, 65534, follow_symlinks=False)
        try:
            return self.run_envlock(*arguments, user=65534, group=65534, extra_groups=[])
        except PermissionError:
            self.skipTest("skipped: a user without rights cannot run the program where it lies")

    def test_a_prefix_that_may_not_be_written(self):
        for path in [*self.prefix.rglob("*"), self.prefix]:
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o555)
        self.addCleanup(lambda: [p.chmod(0o755) for p in [self.prefix, *self.prefix.rglob("*")] if p.is_dir() and not p.is_symlink()])
        before = tree(self.prefix)
        lock = self.list_of((STEM + ".conda", conda(info_members([row(GOOD)]), [file(GOOD)])))
        result = self.as_nobody("install", lock, "-p", self.prefix, "--no-compile")
        self.assertEqual(result.code, 2, result.err)
        self.assertIn("prefix-unwritable", result.codes())
        self.assert_same_tree(before, tree(self.prefix))
        result = self.as_nobody("verify", self.world_lock, "-p", self.prefix)
        self.assertEqual(result.code, 0, result.out + result.err)

    def test_a_file_that_may_not_be_read(self):
        (self.prefix / "share/plain/weights.bin").chmod(0)
        (self.prefix / "share/odd").chmod(0)
        self.addCleanup((self.prefix / "share/odd").chmod, 0o755)
        result = self.as_nobody("verify", self.world_lock, "-p", self.prefix, "--json")
        answer = json.loads(result.out)
        told = {(f["code"], f["path"]) for f in answer["findings"] if f["weight"] == "unknown"}
        self.assertIn(("file-not-read", "share/plain/weights.bin"), told)
        self.assertIn(("file-not-read", "share/odd"), told)


class Folders(BadInput):
    """Where a folder of the prefix is a link, what is behind it is not the prefix's."""

    def move_out(self, folder):
        outside = self.canary / "moved"
        shutil.move(self.prefix / folder, outside)
        (self.prefix / folder).symlink_to(outside)
        return tree(outside)

    def check_untouched(self, before, result, *codes):
        self.assert_same_tree(before, tree(self.canary / "moved"))
        self.assertEqual((result.code, result.codes()), (2 if codes else 0, list(codes)), result.err)

    def test_a_package_that_leaves(self):
        before = self.move_out("share/plain")
        less = self.write("less.txt", "@EXPLICIT\n" + "\n".join(line for line in self.own if "/plain-" not in line) + "\n")
        self.check_untouched(before, self.run_envlock("install", less, "-p", self.prefix, "--no-compile"))

    def test_a_package_that_changes(self):
        before = self.move_out("share/plain")
        (name, data), = plain_library(b"newer").archives()
        lines = [line for line in self.own if "/plain-" not in line]
        path = self.folder / "hostile" / NATIVE / name
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
        newer = self.write("newer.txt", "@EXPLICIT\n" + "\n".join([*lines, f"file://{path}#{hashlib.sha256(data).hexdigest()}"]) + "\n")
        result = self.run_envlock("install", newer, "-p", self.prefix, "--no-compile")
        self.check_untouched(before, result, "clobber")

    def test_a_package_that_comes(self):
        before = self.move_out("share/plain")
        new = file("share/plain/new.txt")
        result = self.run_envlock("install", self.list_of((STEM + ".conda", conda(info_members(rows_of([new])), [new]))), "-p", self.prefix, "--no-compile")
        self.check_untouched(before, result, "clobber")

    def test_conda_meta_itself_is_a_link(self):
        before = self.move_out("conda-meta")
        less = self.write("less.txt", "@EXPLICIT\n" + "\n".join(line for line in self.own if "/plain-" not in line) + "\n")
        whole = tree(self.prefix)
        result = self.run_envlock("install", less, "-p", self.prefix, "--no-compile")
        self.assertEqual(result.code, 2, result.err)
        self.assert_same_tree(before, tree(self.canary / "moved"))
        self.assert_same_tree(whole, tree(self.prefix))


    def test_links_in_the_places_of_files_are_not_written_through(self):
        """A link of the user's where a package's file goes, and links instead of conda-meta's own files."""
        for number, name in enumerate((GOOD, "conda-meta/history", "conda-meta/state", "conda-meta/envlock.lock", f"conda-meta/{STEM}.json", "conda-meta/plain-1.0-0.json",
                                       "share/plain/readme.txt", "lib/libplain.so.1")):
            with self.subTest(name):
                self.restore()
                target = self.canary / f"target{number}"
                if (self.prefix / name).exists():
                    shutil.move(self.prefix / name, target)
                else:
                    target.write_text("{}")
                (self.prefix / name).parent.mkdir(parents=True, exist_ok=True)
                (self.prefix / name).symlink_to(target)
                before = tree(self.canary)
                less = [line for line in self.own if "/plain-" not in line]
                lock = self.list_of(*less, (STEM + ".conda", conda(info_members([row(GOOD)]), [file(GOOD)])), own=False)
                result = self.run_envlock("install", lock, "-p", self.prefix, "--no-compile")
                self.assertIn(result.code, (0, 2), result.err)
                self.assert_same_tree(before, tree(self.canary))
                if result.code == 0:
                    for kept in self.prefix.rglob("*.envlock-kept-1"):
                        kept.unlink()
                    self.assertEqual(self.judge(lock=lock)[0], 0, result.err)

    def test_the_journals_folder_is_a_link(self):
        for name in ("", "/trash", "/stage", "/lock", "/journal", "/journal.new"):
            with self.subTest(name):
                self.restore()
                outside = self.canary / "journals"
                for each in ("trash", "stage"):
                    (outside / each).mkdir(parents=True, exist_ok=True)
                    (outside / each / "0").write_text("mine\n")
                place = self.prefix / f"conda-meta/.envlock{name}"
                place.parent.mkdir(exist_ok=True)
                place.symlink_to(outside / name.lstrip("/"))
                before = tree(self.canary)
                result = self.run_envlock("install", self.list_of((STEM + ".conda", conda(info_members([row(GOOD)]), [file(GOOD)]))), "-p", self.prefix, "--no-compile")
                self.assertIn(result.code, (0, 2), result.err)
                self.assert_same_tree(before, tree(self.canary))


class Records(BadInput):
    """conda-meta, journals and locks that were edited."""

    def less(self):
        return self.write("less.txt", "@EXPLICIT\n" + "\n".join(line for line in self.own if "/plain-" not in line) + "\n")

    def test_records_that_are_none(self):
        path = self.meta("plain")
        whole = json.loads(path.read_text())
        bad = ["", "{", "[]", "null", '"plain"', "\0\0\0", "[" * 200_000, json.dumps(whole | {"name": 7}), json.dumps(whole | {"version": None}),
               json.dumps(whole | {"name": "other"}), json.dumps(whole | {"sha256": "xyz"}), json.dumps(whole | {"files": "bin/plain"}),
               json.dumps(whole | {"files": ["../canary/secret"]}), json.dumps(whole | {"files": [str(self.canary / "secret")]}),
               json.dumps(whole | {"files": ["share/../../canary/secret"]}),
               json.dumps(whole | {"paths_data": {"paths_version": 1, "paths": [{"_path": "../canary/secret", "path_type": "hardlink"}]}})]
        for text in bad:
            with self.subTest(text[:60]):
                path.write_text(text)
                result = self.refuse("conda-meta-invalid", self.less())
                self.assertIn(path.name, result.err)
                code, found, _ = self.judge()
                self.assertEqual(code, 1)
                self.assertIn(("conda-meta-invalid", f"conda-meta/{path.name}"), found)

    def test_a_record_that_claims_what_is_not_its_own(self):
        """Nothing is removed that conda-meta does not describe as it is."""
        (self.prefix / "share/thesis.tex").write_text("years of work\n")

        def edit(data):
            data["files"].append("share/thesis.tex")
            data["paths_data"]["paths"].append({"_path": "share/thesis.tex", "path_type": "hardlink", "sha256": "0" * 64, "size_in_bytes": 14})
        self.edit_meta("plain", edit)
        result = self.install(self.less(), "--no-compile")
        left = [p for p in (self.prefix / "share").iterdir() if p.name.startswith("thesis.tex")]
        self.assertEqual([p.read_text() for p in left], ["years of work\n"], result.err)

    def test_journals_that_lead_outside(self):
        meta = self.prefix / "conda-meta/.envlock"
        for line in ("file ../canary/secret", f"file {self.canary}/secret", "move ../canary/secret", "mkdir ../canary", "rmdir 755 0 ../canary/new",
                     "file share/../../canary/secret", "file share%2F..%2F..%2F..%2Fcanary%2Fsecret", "keep share/x\t../canary/new"):
            with self.subTest(line):
                meta.mkdir(exist_ok=True)
                body = f"envlock-journal 1\ntime 1700000000\n{line}\n"
                (meta / "journal").write_text(body + f"sha256 {hashlib.sha256(body.encode()).hexdigest()}\n")
                before = tree(self.canary)
                result = self.run_envlock("install", self.world_lock, "-p", self.prefix, "--no-compile")
                self.assertEqual(result.code, 2, result.err)
                self.assertIn("recovery-failed", result.codes())
                self.assert_same_tree(before, tree(self.canary))
                shutil.rmtree(meta)

    def test_journals_that_are_none(self):
        meta = self.prefix / "conda-meta/.envlock"
        for text in ("", "x", "envlock-journal 1\n", "envlock-journal 99\ntime 0\n", "\0" * 1000):
            with self.subTest(text[:20]):
                meta.mkdir(exist_ok=True)
                (meta / "journal").write_text(text)
                self.assertEqual(self.judge()[:2], (1, {("install-interrupted", "")}))
                result = self.run_envlock("install", self.world_lock, "-p", self.prefix, "--no-compile")
                self.assertEqual(result.code, 2, result.err)
                self.assertIn("recovery-failed", result.codes())
                shutil.rmtree(meta)

    def test_locks_that_cannot_be_read(self):
        lock = json.loads(self.world_lock.read_bytes())
        for code, name, text in (
                ("lock-version", "new.lock", json.dumps(lock | {"version": 2, "needs_envlock": "9.0"})),
                ("lock-invalid", "cut.lock", self.world_lock.read_text()[:900]),
                ("lock-invalid", "name.lock", self.world_lock.read_text().replace('"plain-1.0-0.conda"', '"../../plain-1.0-0.conda"')),
                ("lock-invalid", "hash.lock", self.world_lock.read_text().replace('"sha256": "', '"sha256": "zz', 1)),
                ("lock-unknown-format", "empty.lock", ""),
                ("lock-conflict-markers", "merge.lock", self.world_lock.read_text().replace("\n", "\n<<<<<<< ours\n=======\n>>>>>>> theirs\n", 1))):
            with self.subTest(name):
                self.refuse(code, self.write(name, text))
        self.refuse("file-not-found", self.work / "none.lock")


class Cache(BadInput):
    """A cache in disorder costs time, and nothing else."""

    def disorder(self, place, kind):
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink()
        if kind == "garbage":
            place.write_text("garbage")
        elif kind == "folder":
            place.mkdir()
        else:
            place.symlink_to(self.canary / ("secret" if kind == "link to a file" else "."))

    def test_a_cache_in_disorder(self):
        for pattern in ("listing", "stamps", "files/info/paths.json", "files/lib/libplain.so.1", "files/lib", "files"):
            for kind in ("garbage", "folder", "link to a file", "link to a folder"):
                with self.subTest(f"{pattern}: {kind}"):
                    shutil.rmtree(self.cache)
                    shutil.rmtree(self.prefix)
                    self.install(self.world_lock, "--no-compile")
                    places = list(self.cache.glob(f"packages-*/??/*/{pattern}"))
                    self.assertTrue(places, pattern)
                    for place in places:
                        self.disorder(place, kind)
                    before = tree(self.canary)
                    self.assertEqual(self.judge("--quick")[:2], (0, set()))
                    shutil.rmtree(self.prefix)
                    self.install(self.world_lock, "--no-compile")
                    self.assertEqual(self.judge()[:2], (0, set()))
                    self.assert_same_tree(before, tree(self.canary))

    def test_stamps_in_disorder(self):
        for kind in ("garbage", "folder"):
            with self.subTest(kind):
                self.assertEqual(self.judge()[:2], (0, set()))
                (stamps,) = self.cache.glob("prefixes-1/*.stamps")
                self.disorder(stamps, kind)
                code, found, answer = self.judge("--quick")
                self.assertEqual((code, found, answer["quick"]), (0, set(), False), "all was read")
                shutil.rmtree(self.cache / "prefixes-1")


class FullDisk(BadInput):
    def small_disk(self, name, size):
        folder = self.folder / name
        folder.mkdir()
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], capture_output=True, text=True) if os.geteuid() == 0 else None
        if made is None or made.returncode != 0:
            self.skipTest(f"skipped: no small disk can be mounted: {made.stderr.strip() if made else 'not root'}")
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)
        return folder

    def big(self, megabytes=3):
        data = b"".join(hashlib.sha256(str(n).encode()).digest() for n in range(megabytes * 32768))
        member = file("share/hostile/big.bin", data)
        return STEM + ".conda", conda(info_members(rows_of([member])), [member])

    def test_a_prefix_without_room(self):
        disk = self.small_disk("small", "2m")
        prefix = disk / "env"
        self.install(self.world_lock, "--no-compile", prefix=prefix)
        before = tree(prefix)
        lock = self.list_of(self.big())
        result = self.run_envlock("install", lock, "-p", prefix, "--no-compile")
        self.assertEqual(result.code, 2, result.err)
        self.assertIn("disk-full", result.codes())
        self.assert_same_tree(before, tree(prefix))
        self.assertEqual(self.judge(prefix=prefix)[:2], (0, set()))
        # With room for it, the same command goes through.
        subprocess.run(["mount", "-o", "remount,size=16m", disk], check=True)
        self.install(lock, "--no-compile", prefix=prefix)
        self.assertEqual(self.judge(prefix=prefix, lock=lock)[:2], (0, set()))

    def test_a_new_prefix_without_room(self):
        disk = self.small_disk("small", "2m")
        result = self.run_envlock("install", self.list_of(self.big()), "-p", disk / "deep/env", "--no-compile")
        self.assertEqual((result.code, "disk-full" in result.codes()), (2, True), result.err)
        self.assertEqual(list(disk.iterdir()), [])

    def test_a_cache_without_room(self):
        disk = self.small_disk("small", "1m")
        lock = self.list_of(self.big())
        before = tree(self.prefix)
        result = self.run_envlock("install", lock, "-p", self.prefix, "--no-compile", "--cache", disk / "cache")
        self.assertEqual((result.code, "disk-full" in result.codes()), (2, True), result.err)
        self.assert_same_tree(before, tree(self.prefix))
        self.assertEqual([p for p in disk.rglob("big.bin")], [])
        subprocess.run(["mount", "-o", "remount,size=16m", disk], check=True)
        self.install(lock, "--no-compile", "--cache", disk / "cache")
        self.assertEqual(self.judge("--cache", disk / "cache", lock=lock)[:2], (0, set()))


if __name__ == "__main__":
    unittest.main()
