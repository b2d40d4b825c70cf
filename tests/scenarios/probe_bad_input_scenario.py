"""The reference probe asked for what it does not have, and documents that are not what a run wrote."""
import json
import unittest

from probe_support import Probe


class WrongWords(Probe):
    CASES = [
        (["--size", "huge"], "unknown-size", ["huge", "quick", "standard", "gpu"]),
        (["--device", "tpu"], "unknown-device", ["tpu", "cuda:0"]),
        (["--device", "cuda:x"], "unknown-device", ["cuda:x"]),
        (["--device", "cuda:-1"], "unknown-device", ["cuda:-1"]),
        (["--isa", "avx1024"], "unknown-isa", ["avx1024", "scalar"]),
        (["--isa", "AVX2"], "unknown-isa", ["AVX2", "scalar"]),
        (["--steps", "0"], "invalid-argument", ["0"]),
        (["--steps", "-1"], "invalid-argument", ["-1"]),
        (["--steps", "21"], "too-many-steps", ["21", "20"]),
        (["--steps", "2.5"], "invalid-argument", ["2.5"]),
        (["--steps", "99999999999999999999"], "invalid-argument", ["99999999999999999999"]),
        (["--threads", "0"], "invalid-argument", ["0"]),
        (["--threads", "-2"], "invalid-argument", ["-2"]),
        (["--threads", "1000000"], "invalid-argument", ["1000000"]),
        (["--repeat", "-1"], "invalid-argument", ["--repeat"]),
        (["--soak", "-1"], "invalid-argument", ["--soak"]),
        (["--soak", "soon"], "invalid-argument", ["soon"]),
        (["--dump", "nothing"], "invalid-argument", ["nothing", "7:fwd.1.mlp.up"]),
        (["--dump", "3:fwd.1.mlp.upp"], "unknown-op", ["fwd.1.mlp.upp", "did you mean `fwd.1.mlp.up`?"]),
        (["--dump", "20:loss"], "unknown-op", ["20", "19"]),
        (["--dump", "init:loss"], "unknown-op", ["loss"]),
        (["--dump", "-1:loss"], "invalid-argument", ["-1:loss"]),
        (["--dump", "1:2:3"], "invalid-argument", ["1:2:3"]),
        (["--drill", "7"], "invalid-argument", ["7"]),
        (["--drill", "7:fwd.1.mlp.upp"], "unknown-op", ["did you mean `fwd.1.mlp.up`?"]),
        (["--drill", "7:fwd.1.mlp.up:65536"], "invalid-argument", ["65536"]),
        (["--drill", "7:fwd.1.mlp.up:0:32"], "invalid-argument", ["0:32"]),
        (["--drill", "20:loss"], "unknown-op", ["20", "19"]),
        (["--steps", "5", "--drill", "5:loss"], "unknown-op", ["5", "0 to 4"]),
        (["extra.json"], "invalid-argument", ["extra.json", "envlock diff"]),
    ]

    def test_what_is_not_there_is_refused_by_name(self):
        for arguments, code, words in self.CASES:
            with self.subTest(arguments):
                self.refused("probe", "run", *arguments, code=code, words=words)

    def test_control_characters_are_not_passed_on(self):
        for option in ("--size", "--device", "--isa", "--dump", "--drill"):
            with self.subTest(option):
                result = self.run_envlock("probe", "run", option, "1:\x1b[31m\x07x")
                self.assertEqual(result.code, 2)

    def test_other_words(self):
        self.refused("probe", "walk", code="invalid-argument", words=["walk", "run"])
        self.refused("probe", "show", code="invalid-argument", words=["document"])
        self.refused("diff", "one.json", code="missing-argument", words=["two"])
        self.refused("diff", code="missing-argument", words=["two"])

    def test_no_gpu(self):
        """Without a driver every way to ask for a GPU says so."""
        try:
            import ctypes
            ctypes.CDLL("libcuda.so.1")
            self.skipTest("skipped: this machine has a driver")
        except OSError:
            pass
        for device in ("cuda", "cuda:0", "cuda:3", "all"):
            with self.subTest(device):
                self.refused("probe", "run", "--device", device, code="no-cuda-driver", words=["libcuda.so.1", "NVIDIA", "--device cpu"])
        devices = self.run_envlock("probe", "devices", "--json")
        self.assertEqual(devices.code, 0)
        self.assertEqual([device["device"] for device in json.loads(devices.out)["devices"]], ["cpu"])


class WrongDocuments(Probe):
    def setUp(self):
        super().setUp()
        self.saved("good.json", "--steps", 1)
        self.good = (self.work / "good.json").read_text()
        self.document = json.loads(self.good)

    def check(self, name, content, code, words=()):
        with self.subTest(name):
            path = self.write("bad.json", content)
            for arguments in (["probe", "show", "bad.json"], ["diff", "good.json", "bad.json"], ["diff", "bad.json", "bad.json", "good.json"]):
                result = self.run_envlock(*arguments)
                self.assertEqual(result.code, 2, result.err)
                self.assertEqual(set(result.codes()), {code}, result.err)
                for word in ("bad.json", *words):
                    self.assertIn(word, result.err)
            path.unlink()

    def test_cut_off(self):
        size = len(self.good)
        for end in (0, 1, 2, 100, size // 3, size // 2, size - 3):
            self.check(f"the first {end} bytes", self.good[:end], "probe-run-malformed")

    def test_edited_digests_are_found_by_making_the_tree_again(self):
        step = self.document["parts"][0]["steps"][1]
        flip = lambda digest: ("0" if digest[0] != "0" else "1") + digest[1:]  # noqa: E731
        for name, digest in (("an op", step["ops"][40]), ("a step's root", step["root"]), ("a chain", step["chain"]), ("a part's root", self.document["parts"][0]["root"]), ("the root", self.document["root"])):
            self.check(name, self.good.replace(digest, flip(digest), 1), "probe-run-edited")
        both = self.good.replace(step["ops"][40], flip(step["ops"][40]))
        self.check("an op in both parts", both, "probe-run-edited")

    def test_edited_findings(self):
        self.saved("odd.json", "--steps", 1, "--drill", "0:fwd.embed", code=1)
        odd = (self.work / "odd.json").read_text()
        self.check("a verdict", odd.replace('"verdict": "unstable"', '"verdict": "as-specified"'), "probe-run-edited")
        document = json.loads(odd)
        del document["golden"]["mismatch"]
        self.check("a mismatch taken out", json.dumps(document), "probe-run-edited")
        loss = self.document["parts"][0]["steps"][1]["loss"]["bits"]
        self.check("a loss", self.good.replace(f'"bits": "{loss}"', f'"bits": "{int(loss, 16) - 1:08x}"'), "probe-run-malformed")

    def test_other_versions_and_kinds(self):
        self.check("a later format", self.good.replace('"version": 1', '"version": 2', 1), "probe-run-version", ["2"])
        self.check("another page", self.good.replace("probe-spec/1", "probe-spec/2"), "probe-run-spec", ["probe-spec/2"])
        self.check("another kind", self.good.replace("envlock-probe-run", "envlock-lock", 1), "probe-run-malformed")
        for name, content in {
            "a list": "[1, 2, 3]", "a text": "root 06a64bac\n", "an object": "{}", "a number": "7", "bytes": bytes(range(256)), "zeros": bytes(5000), "a lock": '{"format": "envlock-lock", "version": 1}',
            "deep": "[" * 100000, "a page": "<!doctype html><title>probe</title>",
        }.items():
            self.check(name, content, "probe-run-malformed")

    def test_a_key_that_stands_twice(self):
        root = f'"root": "{self.document["root"]}"'
        self.check("the root", self.good.replace(root, f"{root}, {root}", 1), "probe-run-malformed", ["root"])
        self.check("deep inside", self.good.replace('"step": 0,', '"step": 0, "step": 0,', 1), "probe-run-malformed", ["step"])

    def test_members_missing_or_of_another_kind(self):
        for key in ("spec", "size", "root", "verdict", "parts", "ops", "golden", "facts", "repeat"):
            document = dict(self.document)
            del document[key]
            self.check(f"no {key}", json.dumps(document), "probe-run-malformed", [key])
            self.check(f"{key} is 7", json.dumps(self.document | {key: 7}), "probe-run-malformed", [key])
        document = dict(self.document, parts=self.document["parts"][:1])
        result_codes = {"probe-run-malformed", "probe-run-edited"}
        self.write("bad.json", json.dumps(document))
        result = self.run_envlock("probe", "show", "bad.json")
        self.assertEqual(result.code, 2)
        self.assertIn(result.codes()[0], result_codes)

    def test_huge(self):
        self.check("more than it may be", self.good + " " * (65 << 20), "probe-run-malformed")

    def test_two_sizes(self):
        self.saved("standard.json", "--size", "standard", "--steps", 1)
        result = self.refused("diff", "good.json", "standard.json", code="probe-runs-incomparable", words=["quick", "standard"])
        self.assertEqual(result.out, "")
        # Among several, another size is a group of its own.
        several = self.run_envlock("diff", "good.json", "standard.json", "good.json")
        self.assertEqual(several.code, 1)
        self.assertIn("the odd one out is standard.json", several.out)

    def test_files_that_are_not_files(self):
        self.refused("probe", "show", "nowhere.json", code="file-not-found", words=["nowhere.json"])
        (self.work / "folder").mkdir()
        self.refused("diff", "good.json", "folder", code="file-unreadable", words=["folder"])
        self.refused("probe", "show", "/dev/null", code="probe-run-malformed", words=["/dev/null"])

    def test_all_bad_ones_are_told_at_once(self):
        self.write("bad.json", self.good[:50])
        result = self.run_envlock("diff", "nowhere.json", "good.json", "bad.json")
        self.assertEqual((result.code, sorted(result.codes())), (2, ["file-not-found", "probe-run-malformed"]))


if __name__ == "__main__":
    unittest.main()
