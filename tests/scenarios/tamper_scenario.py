"""An environment that was tampered with is told from one that was not: what verify finds and names, with archives and without."""
import hashlib
import json
import os
import re
import shutil
import struct
import unittest
import urllib.parse

import verify_documents
import tamperings_beside  # noqa: F401  (adds to the table)
from tamper_support import SHORT, SITE, World, archives, flip_bit, other_channel, proofs, world_channel
from tamperings import GIANT, TABLE

WITH, WITHOUT, ALLOWED = "with all archives", "without archives", "without archives, --allow-weak"


class Tampering(World):
    def setUp(self):
        super().setUp()
        self.make_world()
        self.away = self.folder / "away"

    def test_each_is_found_and_named(self):
        """Every row of the table: three answers, each with its exit code, and all faults by code and path."""
        self.assertEqual(self.judge()[:2], (0, set()))
        wrong = []
        for what, act, strong, weak in TABLE:
            self.restore()
            env = act(self) or {}
            got = {WITH: self.judge(env=env)[:2]}
            self.channel.rename(self.away)
            code, found, answer = self.judge(*self.without_archives(), env=env)
            got[WITHOUT] = code, found
            got[ALLOWED] = self.judge(*self.without_archives(), "--allow-weak", env=env)[:2]
            self.away.rename(self.channel)
            want = {WITH: (1, strong), WITHOUT: (1 if weak else 2, weak), ALLOWED: (1 if weak else 0, weak)}
            wrong += [f"{what}\n    {how}\n    want {want[how]}\n    have {got[how]}" for how in want if want[how] != got[how]]
            self.assertNotIn("archive", proofs(answer).values(), what)
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))
        print(f"{len(TABLE)} tamperings, three answers each")

    def test_a_quick_verification_finds_what_came_after_a_full_one(self):
        for what, act, strong, _ in TABLE[:8] + TABLE[14:24]:
            self.restore()
            self.judge()
            env = act(self) or {}
            code, found, answer = self.judge("--quick", env=env)
            self.assertEqual((code, found), (1, strong), what)
            self.assertTrue(answer["quick"], what)
            self.assertGreater(answer["tally"]["unread_files"], 5, "nothing was passed over")

    def test_a_repair_puts_the_files_of_packages_back(self):
        for what, act, strong, _ in TABLE:
            if not strong or any(code not in ("file-differs", "file-missing", "link-differs", "file-mode-differs") for code, _ in strong):
                continue
            self.restore()
            act(self)
            if any((self.prefix / path).parent.is_symlink() for _, path in strong):
                continue  # refused: what is behind the link is not the prefix's
            if any((self.prefix / path).exists() and (self.prefix / path).stat().st_size > 1 << 30 for _, path in strong):
                continue  # an install hashes what leaves, to keep aside what was changed
            self.install(self.world_lock, "--no-compile", "--repair")
            # What was changed is kept beside its place, and belongs to nobody.
            for kept in self.prefix.rglob("*.envlock-kept-1"):
                kept.unlink()
            self.assertEqual(self.judge()[:2], (0, set()), what)

    def test_a_giant_whose_record_has_grown_too_is_told_by_its_archive(self):
        """Hashing what conda-meta makes look right would take minutes."""
        os.truncate(self.prefix / "share/plain/weights.bin", GIANT)

        def edit(data):
            for row in data["paths_data"]["paths"]:
                row["size_in_bytes"] = GIANT
        self.edit_meta("plain", edit)
        self.assertEqual(self.judge()[:2], (1, {("file-differs", "share/plain/weights.bin")}))

    def test_capabilities_are_found(self):
        try:
            os.setxattr(self.prefix / "bin/plain", "security.capability", struct.pack("<5I", 0x02000001, 1 << 7, 0, 0, 0))
        except OSError as error:
            self.skipTest(f"skipped: capabilities cannot be given here: {error}")
        self.assertEqual(self.judge()[:2], (1, {("file-privileged", "bin/plain")}))

    def test_the_text_names_what_was_found(self):
        flip_bit(self.prefix / "lib/libplain.so.1", 700)
        (self.prefix / SITE / "zz.pth").write_text("import os\n")
        shown = self.verify(self.world_lock, expect=1).out
        for word in ("error[file-differs]", "lib/libplain.so.1", "byte 700", "error[stranger-startup]", f"{SITE}/zz.pth"):
            self.assertIn(word, shown)

    def test_documents_for_other_tools_hold_whatever_names_files_have(self):
        names = ["x\n\x1b]0;a\x07\u202e<&\"'>.py", "a:b%20 c#d?.py", "\u00e9 cafe\u0301 \U0001f600.py", "\ufffe\uffff\x7f\x85.py", "]]><!--.py"]
        for name in names:
            (self.prefix / SITE / name).write_text("")
        open(os.fsencode(self.prefix / SITE) + b"/evil\xff\xc3.py", "wb").close()
        shutil.copy(self.meta("plain"), self.prefix / "conda-meta/evil-1.0-0.json")
        (self.prefix / "conda-meta/state").write_text(json.dumps({"env_vars": {"A\n\x1b[2J<": "\x1b]0;x\x07\u202e"}}))
        code, found, answer = self.judge()
        self.assertEqual(code, 1)
        strange = {path for code, path in found if code == "stranger-module"}
        self.assertEqual(len(strange), len(names) + 1)
        results = verify_documents.sarif(self.verify(self.world_lock, "--format", "sarif", expect=1).out)
        self.assertEqual(len(results), len(answer["findings"]))
        uris = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results}
        for name in names:
            self.assertIn(urllib.parse.quote(f"{SITE}/{name}", safe="/~"), uris)
        self.assertIn(f"{SITE}/evil%FF%C3.py", uris)
        cases = verify_documents.junit(self.verify(self.world_lock, "--format", "junit", expect=1).out)
        self.assertEqual(cases["strangers"], "failure")
        self.assertEqual(cases["plain 1.0 0"], "")
        shown = self.verify(self.world_lock, expect=1).out
        self.assertIsNone(re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown))

    def test_what_cannot_be_looked_at_is_told(self):
        """A path longer than the system takes in one piece hides nothing."""
        here = os.getcwd()
        try:
            os.chdir(self.prefix / SITE)
            for _ in range(30):
                os.mkdir("d" * 200)
                os.chdir("d" * 200)
            open("x.py", "w").close()
        finally:
            os.chdir(here)
        code, found, answer = self.judge()
        self.assertEqual((code, found), (2, set()))
        self.assertEqual({f["code"] for f in answer["findings"] if f["weight"] == "unknown"}, {"file-not-read"})

    def test_what_may_not_be_read_is_not_called_missing(self):
        """Nor is it called another's or a stranger: it may be right, and the answer is 2."""
        info, record = f"{SITE}/toytool-1.1.dist-info", "conda-meta/plain-1.0-0.json"
        hidden = [("share/plain", 0o000, "share/plain"), ("share/plain", 0o444, "share/plain"), ("share/plain", 0o111, "share/plain"), ("lib", 0, "lib"),
                  (SITE, 0, SITE), (info, 0, info), (f"{SITE}/toytool/cli.py", 0, f"{SITE}/toytool/cli.py"), ("bin/toytool", 0o311, "bin/toytool"),
                  ("lib/libhello.so.2.0", 0o311, "lib/libhello.so.2.0"), (record, 0, record), ("conda-meta", 0o444, record), ("conda-meta/state", 0, "conda-meta/state")]
        for path, mode, told in hidden:
            self.restore()
            (self.prefix / path).chmod(mode)
            for archives_at_hand in (True, False):
                with self.subTest(f"{path} {mode:o}", archives_at_hand=archives_at_hand):
                    code, found, answer = self.judge_as_nobody(*([] if archives_at_hand else self.without_archives()), archives=archives_at_hand)
                    self.assertEqual((code, found), (2, set()))
                    self.assertIn(told, {f["path"] for f in answer["findings"] if f["weight"] == "unknown" and f["code"] == "file-not-read"})
            # What is clear stays clear.
            flip_bit(self.prefix / "bin/plain")
            self.assertEqual(self.judge_as_nobody()[0], 1, path)
            (self.prefix / path).chmod(0o755)

    def judge_as_nobody(self, *arguments, archives=True):
        """Root reads everything."""
        nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        if nobody:
            for path in [self.folder, *self.folder.rglob("*")]:
                os.chown(path, 65534, 65534, follow_symlinks=False)
        if not archives:
            self.channel.rename(self.away)
        try:
            return self.judge(*arguments, **nobody)
        except PermissionError:
            self.skipTest("skipped: a user without rights cannot run the program where it lies")
        finally:
            if not archives:
                self.away.rename(self.channel)

    def test_without_a_lock_the_own_records_and_archives_decide(self):
        self.assertEqual(self.judge(lock=None)[:2], (0, set()))
        flip_bit(self.prefix / "lib/libplain.so.1")
        self.assertEqual(self.judge(lock=None)[:2], (1, {("file-differs", "lib/libplain.so.1")}))
        self.confess("plain", "lib/libplain.so.1")
        self.assertEqual(self.judge(lock=None)[:2], (1, {("file-differs", "lib/libplain.so.1")}), "the archive speaks against it")
        self.channel.rename(self.away)
        self.assertEqual(self.judge(*self.without_archives(), lock=None)[:2], (0, set()), "nothing is left that speaks against it")

    def test_snapshots_that_were_accepted_stand_for_archives(self):
        self.run_envlock("snapshot", "-p", self.prefix, "--no-machine", "-o", "accepted.json", writes=("accepted.json",))
        self.channel.rename(self.away)
        accepted = [*self.without_archives(), "--accepted", "accepted.json"]
        code, found, answer = self.judge(*accepted)
        self.assertEqual((code, found), (0, set()))
        self.assertEqual(set(proofs(answer).values()), {"accepted"})
        # Who edits a file and its record alike is found by the root.
        flip_bit(self.prefix / "lib/libplain.so.1")
        self.confess("plain", "lib/libplain.so.1")
        code, found, answer = self.judge(*accepted)
        self.assertEqual((code, found), (2, set()))
        self.assertIn("root-not-accepted", {f["code"] for f in answer["findings"] if f["weight"] == "unknown"})
        self.assertEqual(proofs(answer)["plain"], "record")
        # A giant is not read: its size tells.
        for path in ("lib/libplain.so.1", "share/hello/settings.ini", "lib/libhello.so.2.0", "bin/toytool"):
            self.restore()
            os.truncate(self.prefix / path, GIANT)
            code, found, answer = self.judge(*accepted)
            self.assertEqual((code, found), (1, {("file-differs", path)}))
            told = self.run_envlock("snapshot", "-p", self.prefix, "--no-machine", "-o", "giant.json", writes=("giant.json",))
            self.assertIn("package-files-too-large", told.codes())
            self.assertNotEqual(self.roots("giant.json"), self.roots("accepted.json"))
        # A link is part of the root, and so is a mode.
        self.restore()
        (self.prefix / "lib/libplain.so").unlink()
        (self.prefix / "lib/libplain.so").symlink_to("plain/plugin.so")
        (self.prefix / "bin/hello").chmod(0o644)
        _, _, answer = self.judge(*accepted)
        self.assertEqual((proofs(answer)["plain"], proofs(answer)["hello"], proofs(answer)["pip"]), ("record", "record", "accepted"))


    def roots(self, name):
        return {p["name"]: p["root"] for p in json.loads((self.work / name).read_bytes())["environment"]["packages"]}


class Execution(World):
    """Who verifies runs nothing of what is verified, and who runs verifies first."""

    def setUp(self):
        super().setUp()
        self.make_world()
        self.marker = self.folder / "was-run"

    def test_nothing_of_the_prefix_is_run(self):
        python = f"open({str(self.marker)!r}, 'w')\n"
        shell = f"#!/bin/sh\ntouch '{self.marker}'\n"
        for name, text in ((f"bin/python{SHORT}", shell), ("bin/conda", shell), ("bin/git", shell), ("bin/ldd", shell), ("bin/nvidia-smi", shell),
                           ("etc/conda/activate.d/run.sh", shell), (f"{SITE}/sitecustomize.py", python), (f"{SITE}/run.pth", "import os; " + python)):
            (self.prefix / name).write_text(text)
            (self.prefix / name).chmod(0o755)
        active = {"CONDA_PREFIX": str(self.prefix), "PATH": f"{self.prefix}/bin:/usr/bin:/bin"}
        self.assertEqual(self.judge(env=active)[0], 1)
        self.assertEqual(self.judge("--quick", env=active)[0], 1)
        self.run_envlock("snapshot", "-p", self.prefix, "-o", self.folder / "snapshot.json", env=active)
        self.run_envlock("diff", self.world_lock, self.prefix, env=active)
        self.assertFalse(self.marker.exists())

    def test_nothing_is_run_in_an_environment_that_is_not_the_lock(self):
        command = ["run", "-p", self.prefix, "--lock", self.world_lock, "--no-record", "--cache", self.cache, "--", "touch", self.marker]
        self.assertEqual(self.run_envlock(*command).code, 0)
        self.marker.unlink()
        for act in (lambda: flip_bit(self.prefix / "lib/libplain.so.1"), lambda: (self.prefix / SITE / "zz.pth").write_text("import os\n"),
                    lambda: (self.prefix / "etc/conda/activate.d/zz.sh").write_text("exit 0\n")):
            self.restore()
            act()
            told = self.run_envlock(*command)
            self.assertEqual(told.code, 1, told.err)
            self.assertIn("error[not-run]", told.err)
            self.assertFalse(self.marker.exists())


class PoisonedCache(World):
    """Who can write to the prefix can write to the caches: they are no evidence."""

    def setUp(self):
        super().setUp()
        self.make_world()
        self.cache = self.folder / "new-cache"

    def link_prefix(self):
        shutil.rmtree(self.prefix)
        self.install(self.world_lock, "--no-compile")
        library = self.prefix / "lib/libplain.so.1"
        if library.stat().st_nlink < 2:
            self.skipTest("skipped: files are not linked to the cache here")
        return library

    def test_a_file_that_was_changed_through_its_link_to_the_cache(self):
        library = self.link_prefix()
        with open(library, "r+b") as file:
            file.write(b"evil")
        self.assertEqual(self.judge()[:2], (1, {("file-differs", "lib/libplain.so.1")}))
        # The record, and the listing of the cache with its checksum, are made to agree.
        self.confess("plain", "lib/libplain.so.1")
        cached = next(p for p in self.cache.rglob("libplain.so.1") if p.samefile(library))
        package = next(p for p in cached.parents if (p / "listing").exists())
        honest = hashlib.sha256(archives_bytes(world_channel(), "plain-1.0-0", "lib/libplain.so.1")).digest()
        listing = (package / "listing").read_bytes()[:-32]
        self.assertIn(honest, listing)
        listing = listing.replace(honest, hashlib.sha256(library.read_bytes()).digest())
        (package / "listing").write_bytes(listing + hashlib.sha256(listing).digest())
        (package / "stamps").unlink(missing_ok=True)
        self.assertEqual(self.judge()[:2], (1, {("file-differs", "lib/libplain.so.1")}))
        self.channel.rename(self.folder / "away")
        code, found, answer = self.judge()
        self.assertEqual((code, found, proofs(answer)["plain"]), (2, set(), "record"), "the cache is not asked")

    def test_a_poisoned_archive_is_passed_over(self):
        """Served packages leave their archives in the cache."""
        shutil.rmtree(self.prefix)
        url = self.serve(self.channel)
        lines = [f"{url}/{p['subdir']}/{p['file']}#{p['sha256']}" for p in json.loads(self.world_lock.read_bytes())["packages"]]
        served = self.write("served.txt", "@EXPLICIT\n" + "\n".join(lines) + "\n")
        self.install(served, "--no-compile")
        self.faults([{"path": "/", "fault": "status", "status": 500}])
        code, found, answer = self.judge(lock=served)
        self.assertEqual((code, found, proofs(answer)["plain"]), (0, set(), "archive"))
        (honest,), (evil,) = archives(world_channel(), "plain-1.0-0"), archives(other_channel(), "plain-1.0-0")
        digest = hashlib.sha256(honest.read_bytes()).hexdigest()
        kept = [p for p in self.cache.rglob("*") if p.is_file() and p.stat().st_size == honest.stat().st_size and hashlib.sha256(p.read_bytes()).hexdigest() == digest]
        self.assertTrue(kept, "no archive in the cache")
        for path in kept:
            path.chmod(0o644)
            path.write_bytes(evil.read_bytes())
        flip_bit(self.prefix / "lib/libplain.so.1")
        self.confess("plain", "lib/libplain.so.1")
        code, found, answer = self.judge(lock=served)
        self.assertEqual((code, found, proofs(answer)["plain"]), (2, set(), "record"))
        self.assertEqual(self.judge("--allow-weak", lock=served)[:2], (0, set()))
        # Whoever fetches it anew is told.
        self.faults([])
        self.assertEqual(self.judge("--fetch", lock=served)[:2], (1, {("file-differs", "lib/libplain.so.1")}))

    def test_a_foreign_cache_that_lies_is_passed_over(self):
        (evil,) = archives(other_channel(), "plain-1.0-0")
        folder = self.folder / "pkgs"
        folder.mkdir()
        shutil.copy(evil, folder)
        (folder / "urls.txt").write_text("")
        unpacked = folder / "plain-1.0-0/lib"
        unpacked.mkdir(parents=True)
        shutil.copy(self.prefix / "lib/libplain.so.1", unpacked)
        self.channel.rename(self.folder / "away")
        code, found, answer = self.judge(*self.without_archives(), env={"CONDA_PKGS_DIRS": str(folder)})
        self.assertEqual((code, found, proofs(answer)["plain"]), (2, set(), "record"))
        (honest,) = archives(world_channel(), "plain-1.0-0")
        shutil.copy(honest, folder)
        self.assertEqual(proofs(self.judge(*self.without_archives(), env={"CONDA_PKGS_DIRS": str(folder)})[2])["plain"], "archive")


def archives_bytes(channel, stem, path):
    """A file's bytes out of the package that the second installer would make of it."""
    import conda_install
    (file,) = archives(channel, stem)
    return conda_install.members(file)[path][1]


if __name__ == "__main__":
    unittest.main()
