"""What changes the floating-point environment of the process is found: the setting, the threads, the first tensor that differs."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scenarios"))
from support import Scenario  # noqa: E402

PRELOAD, FAST_MATH, FP_STATE = (os.environ.get(name, "") for name in ("DRIFT_PRELOAD", "DRIFT_FAST_MATH", "DRIFT_FP_STATE"))
X86 = os.uname().machine in ("x86_64", "amd64")


class Drift(Scenario):
    def run_probe(self, *arguments, drift=None, library=PRELOAD, code=0, threads=3, steps=2, env=None):
        """The document of a short run."""
        environment = dict(env or {})
        if drift:
            environment |= {"LD_PRELOAD": library, "ENVLOCK_DRIFT": drift}
        result = self.run_envlock("probe", "run", "--json", "--steps", steps, "--threads", threads, *arguments, env=environment)
        self.assertEqual(result.code, code, f"{drift}: {result.out[:1000]} {result.err}")
        return json.loads(result.out)

    def state(self, drift, library=PRELOAD):
        """What the library does, as a program sees it that has nothing to do with envlock: "ftz | ftz"."""
        environment = self.environment | {"LD_PRELOAD": library, "ENVLOCK_DRIFT": drift}
        return subprocess.run([FP_STATE], env=environment, capture_output=True, text=True, check=True).stdout.strip()

    def check_reference_is_golden(self, document):
        self.assertGreater(document["golden"]["compared_ops"], 300)
        self.assertNotIn("mismatch", document["golden"])
        self.assertEqual(document["parts"][0]["root"], self.clean["parts"][0]["root"])
        self.assertEqual(document["nans"], [])
        self.assertEqual(document["repeat"], {"runs": 1, "wrong": "neither"})

    def check_found(self, document, settings, canaries, place):
        self.assertEqual(document["verdict"], "fp-environment")
        self.check_reference_is_golden(document)
        self.assertEqual(document["fp_settings"], settings)
        failed = {c["name"]: c["threads"] for c in document["canaries"] if not c["ok"]}
        threads = [i for i, words in enumerate(settings) if words]
        for name in canaries:
            self.assertEqual(failed.get(name), threads, failed)
        difference = document["as_found_difference"]
        self.assertEqual((difference["part"], difference["step"], difference["op"]), ("as-found", *place))
        self.assertNotEqual(document["parts"][1]["root"], self.clean["parts"][1]["root"])

    def setUp(self):
        super().setUp()
        self.clean = self.run_probe()
        self.assertEqual(self.clean["verdict"], "as-specified")
        self.assertEqual(self.clean["parts"][0]["root"], self.clean["parts"][1]["root"])

    @unittest.skipUnless(X86, "skipped: this processor has one bit for both")
    def test_flushing_of_results_or_inputs_or_both(self):
        cases = {
            "ftz": (["flush-to-zero"], ["subnormal results"], "lane.ftz"),
            "daz": (["denormals-are-zero"], ["subnormal inputs"], "lane.daz"),
            "ftz+daz": (["flush-to-zero", "denormals-are-zero"], ["subnormal results", "subnormal inputs"], "lane.ftz"),
        }
        for drift, (words, canaries, op) in cases.items():
            with self.subTest(drift):
                self.assertEqual(self.state(drift), f"{drift.replace('+', ' ')} | {drift.replace('+', ' ')}")
                document = self.run_probe(drift=drift, code=1)
                self.check_found(document, [words] * 3, canaries, (0, op))
                # Nothing else in the model is small enough to show it: the losses are the same.
                self.assertEqual([s.get("loss") for s in document["parts"][1]["steps"]], [s.get("loss") for s in self.clean["parts"][1]["steps"]])
                self.assertEqual(document["facts"]["environment"]["LD_PRELOAD"], PRELOAD)

    def test_the_words_name_the_setting_the_threads_the_tensor_and_the_library(self):
        result = self.run_envlock("probe", "run", "--steps", 1, "--threads", 2, env={"LD_PRELOAD": PRELOAD, "ENVLOCK_DRIFT": "ftz"})
        self.assertEqual(result.code, 1)
        self.assertIn("error[fp-environment]", result.out + result.err)
        for word in ("flush-to-zero", "threads 0–1", "lane.ftz", "step 0", "LD_PRELOAD"):
            self.assertIn(word, result.out)

    def test_a_rounding_mode(self):
        for drift, words in (("up", "rounding upward"), ("down", "rounding downward"), ("zero", "rounding toward zero")):
            with self.subTest(drift):
                self.assertEqual(self.state(drift), f"{drift} | {drift}")
                document = self.run_probe(drift=drift, code=1)
                self.check_found(document, [[words]] * 3, ["rounding to nearest"], (0, "lane.ftz"))
                # The embeddings of step 0 are sums that are exact; from the first mean on, everything is rounded otherwise.
                names = [op["name"] for op in document["ops"]["step"]]
                reference, found = (part["steps"][1]["ops"] for part in document["parts"])
                self.assertEqual([name for name, a, b in zip(names, reference, found) if a != b][2], "fwd.0.ln1.mean")

    def test_only_the_threads_that_the_process_starts(self):
        self.assertEqual(self.state("ftz-workers"), "| ftz")
        document = self.run_probe(drift="ftz-workers", code=1)
        self.check_found(document, [[], ["flush-to-zero"], ["flush-to-zero"]], ["subnormal results"], (0, "lane.ftz"))
        document = self.run_probe(drift="up-workers", code=1)
        self.check_found(document, [[], ["rounding upward"], ["rounding upward"]], ["rounding to nearest"], (0, "lane.ftz"))
        # With one thread there is none to start, and nothing to find.
        self.assertEqual(self.run_probe(drift="ftz-workers", threads=1)["verdict"], "as-specified")

    def test_only_the_first_thread(self):
        self.assertEqual(self.state("ftz-main"), "ftz |")
        document = self.run_probe(drift="ftz-main", code=1)
        self.check_found(document, [["flush-to-zero"], [], []], ["subnormal results"], (0, "lane.ftz"))

    def test_a_thread_of_the_librarys_own_changes_nothing_of_ours(self):
        self.assertEqual(self.state("ftz+daz-own"), "|")
        self.assertEqual(self.run_probe(drift="ftz+daz-own")["verdict"], "as-specified")

    def test_a_library_that_was_linked_with_fast_math(self):
        state = self.state("none", FAST_MATH)
        if state == "|":
            self.skipTest("skipped: this compiler links no start-up code that flushes subnormals into shared libraries")
        self.assertIn("ftz", state)
        document = self.run_probe(drift="none", library=FAST_MATH, code=1)
        self.assertEqual(document["verdict"], "fp-environment")
        self.check_reference_is_golden(document)
        for settings in document["fp_settings"]:
            self.assertIn("flush-to-zero", settings)
        self.assertEqual(document["as_found_difference"]["op"], "lane.ftz")

    def test_another_number_of_threads_or_kernels_finds_the_same(self):
        for arguments in ((1, ()), (2, ("--isa", "scalar")), (7, ())):
            with self.subTest(arguments):
                threads, more = arguments
                document = self.run_probe(*more, drift="ftz", code=1, threads=threads, steps=1)
                self.assertEqual(document["fp_settings"], [["flush-to-zero"]] * threads)
                self.assertEqual((document["as_found_difference"]["step"], document["as_found_difference"]["op"]), (0, "lane.ftz"))
                self.assertNotIn("mismatch", document["golden"])

    def test_two_runs_under_the_same_drift_agree_and_differ_from_a_clean_one(self):
        for name, drift, code in (("a.json", "ftz", 1), ("b.json", "ftz", 1), ("clean.json", None, 0)):
            environment = {"LD_PRELOAD": PRELOAD, "ENVLOCK_DRIFT": drift} if drift else {}
            result = self.run_envlock("probe", "run", "--steps", 1, "--repeat", 0, "-o", name, env=environment, writes=[name])
            self.assertEqual(result.code, code)
        self.assertEqual(self.run_envlock("diff", "a.json", "b.json").code, 0)
        result = self.run_envlock("diff", "a.json", "clean.json")
        self.assertEqual(result.code, 1)
        self.assertIn("lane.ftz", result.out)


if __name__ == "__main__":
    unittest.main()
