"""Packages and wheels that are broken or mean harm: refused by name, and nothing is lost or touched that should not be."""
import hashlib
import shutil
import stat
import unittest

import hostile_wheels
from bad_input_support import BadInput
from hostile_packages import GOOD, STEM, TABLE, conda, file, info_members, link, row, rows_of
from tamper_support import SITE, record_line


class Packages(BadInput):
    def test_each_is_refused_by_name(self):
        wrong = []
        for what, code, extension, make in TABLE:
            data = make()
            lock = self.list_of((STEM + extension, data))
            try:
                result = self.refuse(code, lock, what=f"{what} in {extension}")
                if code != "entry-point-invalid":
                    self.assertIn("hostile", result.err, what)
                digest = hashlib.sha256(data).hexdigest()
                left = [str(p) for p in self.cache.rglob(digest) if code.startswith("archive")]
                left += [str(p) for p in self.cache.glob("packages-*/tmp/*")]
                self.assertEqual(left, [], f"{what}: left in the cache")
            except AssertionError as error:
                wrong.append(f"{what} in {extension}: {str(error)[:1500]}")
        self.assertEqual(wrong, [], "\n\n".join(wrong))
        print(f"{len(TABLE)} packages refused")

    def test_verify_takes_no_word_of_an_archive_that_cannot_be_read(self):
        """It is the locked one by its hash, and conda-meta says that it was installed."""
        self.install(self.list_of((STEM + ".conda", conda(info_members([row(GOOD)]), [file(GOOD)]))), "--no-compile")
        for what, code, extension, make in [each for each in TABLE if each[1].startswith("archive")][::3]:
            data = make()
            self.edit_meta("hostile", lambda record: record.update(sha256=hashlib.sha256(data).hexdigest(), md5=hashlib.md5(data).hexdigest(), size=len(data)))
            lock = self.list_of((STEM + extension, data))
            code, found, answer = self.judge(lock=lock)
            self.assertEqual((code, found), (2, set()), what)
            verdict = {p["name"]: p for p in answer["packages"]}["hostile"]
            self.assertEqual(verdict["proof"], "record", what)
            self.assertIn("hostile", verdict["weak_reason"], what)

    def test_what_is_odd_and_does_no_harm_is_installed(self):
        members = [file("share/odd/Case.txt", b"upper\n"), file("share/odd/case.txt", b"lower\n"), file("share/odd/rights.sh", mode=0o6755),
                   file("share/odd/all.txt", mode=0o666), link("share/odd/inside", "../odd/./Case.txt"), link("share/odd/nowhere", "none.txt")]
        unlisted = file("share/odd/unlisted.txt")
        self.install(self.list_of((STEM + ".conda", conda(info_members(rows_of(members)), [*members, unlisted]))), "--no-compile")
        self.assertEqual((self.text("share/odd/Case.txt"), self.text("share/odd/case.txt"), self.text("share/odd/inside")), ("upper\n", "lower\n", "upper\n"))
        mode = stat.S_IMODE((self.prefix / "share/odd/rights.sh").stat().st_mode)
        self.assertEqual(mode & 0o7000, 0, "set-user-id was kept")
        self.assertFalse((self.prefix / "share/odd/unlisted.txt").exists(), "what no manifest names is not installed")
        self.assertEqual(self.judge(lock=self.work / "all.txt")[:2], (0, set()))

    def test_another_hash(self):
        good = conda(info_members([row(GOOD)]), [file(GOOD)])
        path = self.folder / "hostile/noarch" / f"{STEM}.conda"
        lock = self.list_of((path.name, good))
        path.write_bytes(good[:-1] + b"\1")
        self.refuse("hash-mismatch", lock)
        self.refuse("hash-missing", self.list_of(f"file://{path}"))

    def test_modules_without_a_python(self):
        data = conda(info_members(rows_of([file("site-packages/m.py")]), index={"noarch": "python"}, link_json={"noarch": {"type": "python"}}), [file("site-packages/m.py")])
        self.refuse("no-python", self.list_of((STEM + ".conda", data), own=False), prefix=self.folder / "new")

    def test_what_lies_in_the_way(self):
        """Two packages, of which one needs a folder where the other has a file; and a folder of the user's."""
        inner = file("share/plain/readme.txt/inner")
        self.refuse("clobber", self.list_of((STEM + ".conda", conda(info_members(rows_of([inner])), [inner]))))
        (self.prefix / "share/hostile/good.txt").mkdir(parents=True)
        (self.prefix / "share/hostile/good.txt/thesis.tex").write_text("years of work\n")
        self.refuse("clobber", self.list_of((STEM + ".conda", conda(info_members([row(GOOD)]), [file(GOOD)]))))

    def test_a_file_of_the_users_is_kept_aside(self):
        (self.prefix / "share/hostile").mkdir()
        (self.prefix / GOOD).write_text("mine\n")
        told = self.install(self.list_of((STEM + ".conda", conda(info_members([row(GOOD)]), [file(GOOD)]))), "--no-compile")
        self.assertEqual((self.text(GOOD), self.text(GOOD + ".envlock-kept-1")), ("data\n", "mine\n"))
        self.assertIn("envlock-kept-1", told.err)


class Wheels(BadInput):
    def list_with(self, data, name=hostile_wheels.NAME):
        path = self.folder / "hostile" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return self.write("wheels.txt", "@EXPLICIT\n" + "\n".join(self.own) + f"\n# pip evil @ file://{path}#sha256={hashlib.sha256(data).hexdigest()}\n")

    def test_each_is_refused_by_name(self):
        wrong = []
        for what, code, data in hostile_wheels.TABLE:
            try:
                self.assertIn("evil", self.refuse(code, self.list_with(data), what=what).err)
            except AssertionError as error:
                wrong.append(f"{what}: {str(error)[:1500]}")
                self.restore()
        self.assertEqual(wrong, [], "\n\n".join(wrong))
        print(f"{len(hostile_wheels.TABLE)} wheels refused")

    def test_a_good_one_is_installed_and_proved_by_the_archive(self):
        lock = self.list_with(hostile_wheels.wheel({"evil/data.txt": b"data\n"}))
        self.install(lock, "--no-compile")
        code, found, answer = self.judge(lock=lock)
        self.assertEqual((code, found, {p["name"]: p["proof"] for p in answer["packages"]}["evil"]), (0, set(), "archive"))
        # Whoever edits a file and RECORD alike is found by the wheel.
        site, info = self.prefix / SITE, hostile_wheels.INFO
        (site / "evil/data.txt").write_text("evil\n")
        record = (site / info / "RECORD").read_text().splitlines()
        (site / info / "RECORD").write_text("\n".join(record_line(site, "evil/data.txt").strip() if line.startswith("evil/data.txt") else line for line in record) + "\n")
        self.assertEqual(self.judge(lock=lock)[:2], (1, {("distribution-file-differs", f"{SITE}/evil/data.txt")}))
        (site / "evil/data.txt").unlink()
        self.assertEqual(self.judge(lock=lock)[:2], (1, {("distribution-file-missing", f"{SITE}/evil/data.txt")}))
        shutil.rmtree(site / "evil")
        shutil.rmtree(site / info)
        self.assertEqual(self.judge(lock=lock)[:2], (1, {("distribution-missing", "evil")}))

    def test_without_the_wheel_its_record_is_weak(self):
        data = hostile_wheels.wheel({"evil/data.txt": b"data\n"})
        lock = self.list_with(data)
        self.install(lock, "--no-compile")
        (self.folder / "hostile" / hostile_wheels.NAME).unlink()
        shutil.rmtree(self.cache)
        code, found, answer = self.judge(lock=lock)
        self.assertEqual((code, found, {p["name"]: p["proof"] for p in answer["packages"]}["evil"]), (2, set(), "record"))
        self.assertEqual(self.judge("--allow-weak", lock=lock)[:2], (0, set()))
        (self.prefix / SITE / "evil/data.txt").write_text("evil\n")
        self.assertEqual(self.judge("--allow-weak", lock=lock)[:2], (1, {("distribution-file-differs", f"{SITE}/evil/data.txt")}))


if __name__ == "__main__":
    unittest.main()
