"""Repodata as it must not be: an error or a note that names the place, a correct result or none."""
import copy
import json
import resource
import unittest

from support import SMALL, Scenario, archive, channel_kit

RECORD = {"name": "thing", "version": "1.0", "build": "0", "build_number": 0, "depends": [], "subdir": "noarch", "sha256": "a" * 64, "md5": "b" * 32, "size": 100}
FILE = "thing-1.0-0.conda"


def document(records, **more):
    return {"info": {"subdir": "noarch"}, "packages": {}, "packages.conda": records, "removed": [], "repodata_version": 1} | more


def changed(**fields):
    record = copy.deepcopy(RECORD)
    for key, value in fields.items():
        if value is None:
            record.pop(key)
        else:
            record[key] = value
    return document({FILE: record})


# Documents that are broken as a whole.
BROKEN = {
    "truncated": json.dumps(document({FILE: RECORD}))[:-60],
    "cut in a string": json.dumps(document({FILE: RECORD}))[:90],
    "not JSON": "<html><body>Sign in to the hotel's network</body></html>",
    "a list": "[]",
    "a number": "17",
    "packages is a list": json.dumps(document({}) | {"packages": []}),
    "packages.conda is a number": json.dumps(document({}) | {"packages.conda": 7}),
    "a record is text": json.dumps(document({FILE: "text"})),
    "a record is null": json.dumps(document({FILE: None})),
    "bytes that are no UTF-8": json.dumps(document({FILE: RECORD})).replace("thing", "th\xffng").encode("latin-1"),
    "deep nesting": json.dumps(document({FILE: RECORD}))[:-1] + ', "x": ' + "[" * 200000 + "]" * 200000 + "}",
    "deep nesting in a record": json.dumps(document({FILE: RECORD})).replace('"depends": []', '"depends": ' + "[" * 5000 + "]" * 5000),
}

# Documents of which one record is wrong: it may be left out with a note, or the whole refused, never believed.
WRONG = {
    "depends is text": changed(depends="python"),
    "depends holds numbers": changed(depends=[1, 2]),
    "version is a number": changed(version=1.0),
    "version is impossible": changed(version="1..0"),
    "version is endless": changed(version="1" * 5000),
    "name is a number": changed(name=5),
    "no name": changed(name=None),
    "no version": changed(version=None),
    "build_number is text": changed(build_number="many"),
    "build_number is negative": changed(build_number=-1),
    "build_number is huge": document({FILE: RECORD | {"build_number": 10**30}}),
    "sha256 is short": changed(sha256="abc"),
    "sha256 is not hexadecimal": changed(sha256="g" * 64),
    "md5 is long": changed(md5="b" * 64, sha256=None),
    "size is negative": changed(size=-5),
    "size is text": changed(size="big"),
    "the file name lies about its name": document({"other-1.0-0.conda": RECORD}),
    "the file name lies about its version": document({"thing-2.0-0.conda": RECORD}),
    "the file name lies about its build": document({"thing-1.0-1.conda": RECORD}),
    "the file name holds a path": document({"../../thing-1.0-0.conda": RECORD}),
    "the file name holds an absolute path": document({"/etc/thing-1.0-0.conda": RECORD}),
    "the file name holds a backslash": document({"..\\thing-1.0-0.conda": RECORD}),
    "the file name holds a control character": document({"thing-1.0-0\u001b[31m.conda": RECORD}),
    "the file name has another ending": document({"thing-1.0-0.exe": RECORD}),
    "the name holds a path": document({"../thing-1.0-0.conda": RECORD | {"name": "../thing"}}),
    "a depend with a control character": changed(depends=["tz\u0007data"]),
    "a depend that is no spec": changed(depends=["[[[", ">=1", ""]),
    "timestamp is text": changed(timestamp="soon"),
    "timestamp is huge": changed(timestamp=10**25),
    "subdir lies": changed(subdir="win-64"),
}


class BadChannel(Scenario):
    def setUp(self):
        super().setUp()
        self.write("environment.yml", "channels: [conda-forge]\nplatforms: [linux-64]\ndependencies:\n  - thing\n")

    def channel_of(self, noarch, name="repodata.json"):
        folder = self.folder / "bad"
        for subdir, content in (("linux-64", json.dumps(document({}))), ("noarch", noarch)):
            (folder / subdir).mkdir(parents=True, exist_ok=True)
            for old in (folder / subdir).iterdir():
                old.unlink()
            data = content if isinstance(content, bytes) else content.encode()
            (folder / subdir / (name if subdir == "noarch" else "repodata.json")).write_bytes(data)
        return folder

    def try_lock(self, folder, codes, **more):
        (self.work / "envlock.lock").unlink(missing_ok=True)
        result = self.run_envlock("lock", "--channel-map", f"conda-forge={folder}", timeout=40, **more)
        self.assertIn(result.code, codes, result.err)
        self.assertEqual((self.work / "envlock.lock").exists(), result.code == 0)
        return result

    def test_a_good_one_is_locked(self):
        self.try_lock(self.channel_of(json.dumps(document({FILE: RECORD}))), {0})

    def test_broken_documents(self):
        for name, text in BROKEN.items():
            with self.subTest(name):
                # A part that nobody needs may be passed over unread.
                result = self.try_lock(self.channel_of(text), {0, 1, 2} if name == "deep nesting" else {1, 2})
                if result.code != 0:
                    self.assertIn("noarch", result.err)

    def test_broken_documents_over_http_leave_no_trace_in_the_cache(self):
        url = self.serve(self.folder / "bad")
        for name in ("truncated", "not JSON", "a list"):
            with self.subTest(name):
                self.channel_of(BROKEN[name])
                self.try_lock(url, {2})
                self.channel_of(json.dumps(document({FILE: RECORD})))
                self.try_lock(url, {0})

    def test_wrong_records(self):
        for name, content in WRONG.items():
            with self.subTest(name):
                result = self.try_lock(self.channel_of(json.dumps(content)), {0, 1, 2})
                if result.code == 0:  # then nothing of the lie may stand in the lock
                    text = (self.work / "envlock.lock").read_text()
                    for lie in ("../", "\\\\", "/etc", "\\u001b", "ggg", '"abc"', "other-1.0", "thing-2.0", "win-64", ".exe"):
                        self.assertNotIn(lie, text)

    def test_a_wrong_record_does_not_spoil_the_right_ones(self):
        for name, content in WRONG.items():
            with self.subTest(name):
                content = copy.deepcopy(content)
                content["packages.conda"]["thing-0.9-0.conda"] = RECORD | {"version": "0.9"}
                self.try_lock(self.channel_of(json.dumps(content)), {0, 2})

    def test_duplicate_names(self):
        one = json.dumps(RECORD)
        two = json.dumps(RECORD | {"sha256": "c" * 64})
        text = f'{{"info": {{"subdir": "noarch"}}, "packages": {{}}, "packages.conda": {{"{FILE}": {one}, "{FILE}": {two}}}}}'
        first = self.try_lock(self.channel_of(text), {0, 2})
        again = self.try_lock(self.channel_of(text), {first.code})
        self.assertEqual(first.err, again.err)

    def test_an_empty_file_is_an_empty_channel(self):
        self.try_lock(self.channel_of(b""), {1, 2})
        self.try_lock(self.channel_of(b"{}"), {1})

    def test_bad_zst(self):
        good = archive.zstd_frame(json.dumps(document({FILE: RECORD})).encode())
        self.try_lock(self.channel_of(good, "repodata.json.zst"), {0})
        for name, data in {
            "truncated": good[: len(good) // 2], "no frame": b"hello", "empty": b"", "a flipped magic": b"\x29" + good[1:],
            "a reserved block": good[:6] + b"\x07\xff\xff" + good[9:], "rubbish behind": good + b"\x00\x01\x02\x03\x04",
        }.items():
            with self.subTest(name):
                self.try_lock(self.channel_of(data, "repodata.json.zst"), {1, 2})

    def test_zip_bombs_are_stopped(self):
        def small_memory():
            resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))

        more = {} if "ASAN_OPTIONS" in self.environment else {"preexec_fn": small_memory}
        result = self.try_lock(self.channel_of(archive.zstd_bomb(64 << 30), "repodata.json.zst"), {2}, **more)
        self.assertIn("noarch", result.err)
        url = self.serve(self.folder / "bad", faults=[{"path": "/noarch/repodata_shards", "fault": "bomb", "bytes": 64 << 30}])
        self.try_lock(url, {2}, **more)

    def test_shards_that_lie(self):
        folder = self.sharded_channel(self.channel_of(json.dumps(document({FILE: RECORD}))))
        self.try_lock(folder, {0})
        shard = next((folder / "noarch" / "shards").iterdir())
        good = shard.read_bytes()
        for name, data in {"another content": archive.zstd_frame(b"\x80"), "truncated": good[:-5], "empty": b"", "a flipped bit": good[:20] + bytes([good[20] ^ 1]) + good[21:]}.items():
            with self.subTest(name):
                shard.write_bytes(data)
                self.try_lock(folder, {2})
                self.try_lock(self.serve(folder), {2})
        shard.write_bytes(good)
        self.try_lock(self.serve(folder), {0})

    def test_shard_indexes_that_lie(self):
        folder = self.sharded_channel(self.channel_of(json.dumps(document({FILE: RECORD}))))
        index = folder / "noarch" / "repodata_shards.msgpack.zst"
        good = index.read_bytes()
        for name, data in {
            "no msgpack": archive.zstd_frame(b"\xc1" * 100), "deep nesting": archive.zstd_frame(b"\x91" * 200000), "a huge map": archive.zstd_frame(b"\xdf\xff\xff\xff\xff"),
            "a huge text": archive.zstd_frame(b"\x81\xdb\xff\xff\xff\xffabc"), "truncated": good[:-9], "a list": archive.zstd_frame(b"\x90"),
            "a path for a base": archive.zstd_frame(channel_index("../../../../../etc/", "thing")), "a file for a base": archive.zstd_frame(channel_index("file:///etc/", "thing")),
        }.items():
            with self.subTest(name):
                index.write_bytes(data)
                result = self.try_lock(self.serve(folder), {1, 2})
                self.assertNotIn("root:", result.err)


def channel_index(base, name):
    info = {"subdir": "noarch", "base_url": "", "shards_base_url": base}
    return channel_kit.msgpack({"version": 1, "info": info, "shards": {name: bytes(32)}})


class ManyRecords(Scenario):
    def test_a_channel_with_one_subdir_missing(self):
        folder = self.copy_of_channel()
        (folder / "win-64" / "repodata.json").unlink()
        self.write("environment.yml", "channels: [conda-forge]\ndependencies: [python]\n")
        self.lock("-p", "linux-64", channel=folder)
        result = self.run_envlock("lock", "-p", "win-64", "-o", "win.lock", "--channel-map", f"conda-forge={folder}")
        self.assertIn(result.code, (1, 2), result.err)
        self.assertIn("win-64", result.err)
        self.assertNotIn(str(SMALL), result.err)


if __name__ == "__main__":
    unittest.main()
