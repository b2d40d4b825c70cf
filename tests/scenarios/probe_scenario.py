"""The reference probe on a machine in order, and on one that errs: one flipped bit, one bad core."""
import json
import os
import re
import shutil
import subprocess
import unittest

from probe_support import Probe
from support import ENVLOCK, SOURCE

# Of docs/probe-spec.md, "Expected digests".
QUICK_ROOT = re.search(r"quick document root +([0-9a-f]{64})", (SOURCE / "docs/probe-spec.md").read_text()).group(1)
PLACE = ("reference", 7, "fwd.1.mlp.up")


def place(mismatch):
    return mismatch["part"], mismatch["step"], mismatch["op"]


class InOrder(Probe):
    def test_a_run_is_as_specified(self):
        document = self.probe()
        self.assertEqual(document["root"], QUICK_ROOT)
        self.assertEqual((document["verdict"], document["steps"], document["golden"]), ("as-specified", 20, {"compared_ops": 3040}))
        self.assertEqual(document["repeat"], {"runs": 1, "wrong": "neither"})
        losses = [float.fromhex(step["loss"]["hex"]) for step in document["parts"][0]["steps"][1:]]
        self.assertGreater(losses[0], 5.5)
        self.assertLess(losses[-1], 3.6)

    def test_what_must_change_nothing(self):
        """Settings that change what other libraries compute, or how, and nothing of ours."""
        clean = self.probe("--steps", 3, "--repeat", 0)
        controls = {
            "hash seed": {"PYTHONHASHSEED": "7"},
            "the C library's choice of functions": {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX,-FMA,-FMA4,-ERMS,-SSE4_2"},
            "OpenBLAS": {"OPENBLAS_CORETYPE": "Nehalem", "OPENBLAS_NUM_THREADS": "3", "OPENBLAS_L2_SIZE": "65536"},
            "OpenMP": {"OMP_NUM_THREADS": "5", "OMP_DYNAMIC": "true", "GOMP_CPU_AFFINITY": "0"},
            "MKL": {"MKL_CBWR": "COMPATIBLE", "MKL_NUM_THREADS": "1", "MKL_DEBUG_CPU_TYPE": "5"},
            "PyTorch, oneDNN, NumPy": {"ATEN_CPU_CAPABILITY": "default", "DNNL_MAX_CPU_ISA": "SSE41", "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3"},
            "a language with commas in its numbers": {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "LC_NUMERIC": "de_DE.UTF-8"},
            "OpenSSL without SHA-NI": {"OPENSSL_ia32cap": ":~0x20000000"},
            "OpenSSL without any extension": {"OPENSSL_ia32cap": "0x0:0x0"},
            "memory that is not zero": {"MALLOC_PERTURB_": "165", "MALLOC_ARENA_MAX": "1"},
            "a time zone": {"TZ": "Asia/Kathmandu"},
        }
        for name, variables in controls.items():
            with self.subTest(name):
                document = self.probe("--steps", 3, "--repeat", 0, env=variables)
                self.assertEqual((document["verdict"], document["root"]), ("as-specified", clean["root"]))
                known = {k: v for k, v in variables.items() if re.match("OPENBLAS_|OMP_|GOMP_|MKL_|ATEN_|DNNL_|NPY_|GLIBC_TUNABLES", k)}
                self.assertEqual(document["facts"]["environment"], known, "what bears on numerics is written down, and nothing else")
                for key in ("ops", "parts", "fp_settings", "canaries"):
                    self.assertEqual(document[key], clean[key])

    def test_threads_and_kernels_change_nothing(self):
        clean = self.probe("--steps", 2, "--repeat", 0)
        for threads in (1, 2, 3, 7, 32):
            document = self.probe("--steps", 2, "--repeat", 0, "--threads", threads)
            self.assertEqual((document["root"], document["facts"]["threads"]), (clean["root"], threads))
            self.assertEqual(document["fp_settings"], [[]] * threads)
        for isa in clean["facts"]["details"]["isas of this machine"].split():
            document = self.probe("--steps", 2, "--repeat", 0, "--isa", isa)
            self.assertEqual((document["root"], document["facts"]["details"]["isa"]), (clean["root"], isa))

    def test_one_core_and_low_priority_and_fixed_addresses(self):
        clean = self.probe("--steps", 2, "--repeat", 0)
        core = min(os.sched_getaffinity(0))
        for command in (["taskset", "-c", str(core)], ["nice", "-n", "19"], ["setarch", "-R"]):
            with self.subTest(command[0]):
                if shutil.which(command[0]) is None:
                    self.skipTest(f"skipped: no {command[0]}")
                document = self.probe("--steps", "2", command=command)
                self.assertEqual((document["verdict"], document["root"]), ("as-specified", clean["root"]))
                if command[0] == "taskset":
                    self.assertEqual(document["facts"]["threads"], 1)
                    self.assertEqual(document["facts"]["details"]["processors allowed"], "1")

    def test_a_run_that_stops_early_proves_its_beginning(self):
        whole = self.saved("whole.json", "--steps", 6)
        short = self.saved("short.json", "--steps", 2)
        self.assertNotEqual(whole["root"], short["root"])
        for part, cut in zip(whole["parts"], short["parts"]):
            self.assertEqual(part["steps"][:3], cut["steps"])
        result = self.run_envlock("diff", "whole.json", "short.json")
        self.assertEqual(result.code, 0, result.out)

    def test_a_saved_run_is_shown_as_it_was(self):
        saved = self.saved("run.json", "--steps", 2, "--dump", "1:loss")
        self.assertEqual(json.loads(self.run_envlock("probe", "show", "run.json", "--json").out), saved)
        shown = self.run_envlock("probe", "show", "run.json")
        self.assertEqual(shown.code, 0)
        self.assertIn(saved["root"], shown.out)
        self.assertEqual(self.run_envlock("diff", "run.json", "run.json").code, 0)
        page = self.run_envlock("probe", "show", "run.json", "--html", "page.html", writes=["page.html"])
        self.assertEqual(page.code, 0)
        html = (self.work / "page.html").read_text()
        self.assertIn(saved["root"], html)
        self.assertNotRegex(html, r"<script|https?://(?!www\.w3\.org/)")


class OneBit(Probe):
    """A bit that flips at step 7 in the MLP of layer 1: where it is, what it did, who was wrong."""

    def test_it_is_found_with_its_step_its_op_and_its_element(self):
        for bit in (0, 12, 22):
            with self.subTest(bit):
                document = self.probe("--drill", f"7:fwd.1.mlp.up:4711:{bit}", code=1)
                mismatch = document["golden"]["mismatch"]
                self.assertEqual(place(mismatch), PLACE)
                elements = mismatch["elements"]
                self.assertEqual((elements["differing"], elements["compared"], elements["total"]), (1, 65536, 65536))
                self.assertEqual(elements["first_index"], [0, 18, 103])
                self.assertEqual(elements["max_ulp"], 2**bit)
                self.assertEqual(int(elements["want"]["bits"], 16) ^ int(elements["have"]["bits"], 16), 1 << bit)
                for side in ("want", "have"):
                    self.assertRegex(elements[side]["hex"], r"^-?0x1\.[0-9a-f]+p-?[0-9]+$")
                # The repeat in a fresh process has no drill: it is clean, and golden says that this run was wrong.
                self.assertEqual(document["verdict"], "unstable")
                self.assertEqual((document["repeat"]["runs"], document["repeat"]["wrong"]), (1, "this-run"))
                self.assertEqual(place(document["repeat"]["difference"]), PLACE)
                self.assertEqual(document["repeat"]["difference"]["elements"]["first_index"], [0, 18, 103])
                self.assertEqual(document["repeat"]["difference"]["have"], mismatch["want"])
                # The steps before it are as they must be, and the tensor is kept.
                self.assertEqual([leaves["op"] for leaves in document["leaves"]], ["fwd.1.mlp.up"])
                self.assertIn(elements["have"]["bits"], "".join(document["dumps"][0]["words"][4711 // 8]))

    def test_the_words_say_so(self):
        result = self.run_envlock("probe", "run", "--drill", "7:fwd.1.mlp.up:4711:12")
        self.assertEqual(result.code, 1)
        for word in ("error[unstable]", "step 7", "`fwd.1.mlp.up`", "element [0,18,103]", "0x1.", "4,096 ulp", "--soak"):
            self.assertIn(word, result.out)
        self.assertIn("note[drill]", result.err)

    def test_two_documents_tell_where_they_part(self):
        self.saved("good.json", "--dump", "7:fwd.1.mlp.up", "--steps", 8)
        self.saved("bad.json", "--drill", "7:fwd.1.mlp.up:4711:0", "--steps", 8, code=1)
        result = self.run_envlock("diff", "good.json", "bad.json")
        self.assertEqual(result.code, 1)
        for word in ("error[trajectories-differ]", "step 7", "`fwd.1.mlp.up`", "[0,18,103]", "1 ulp"):
            self.assertIn(word, result.out)
        difference = json.loads(self.run_envlock("diff", "good.json", "bad.json", "--json").out)
        text = json.dumps(difference)
        for word in ('"fwd.1.mlp.up"', "[0, 18, 103]"):
            self.assertIn(word, text)

    def test_the_odd_one_out_of_several_is_named(self):
        for name in ("a", "b", "c"):
            self.saved(f"{name}.json", "--steps", 3)
        self.saved("odd.json", "--drill", "2:bwd.0.attn.scores", "--steps", 3, code=1)
        result = self.run_envlock("diff", "a.json", "odd.json", "b.json", "c.json")
        self.assertEqual(result.code, 1)
        for word in ("odd.json", "step 2", "bwd.0.attn.scores"):
            self.assertIn(word, result.out)
        self.assertEqual(self.run_envlock("diff", "a.json", "b.json", "c.json").code, 0)

    def test_other_places(self):
        for drill, step, op in (("init:init.wpe:17:3", -1, "init.wpe"), ("0:data.tokens:5:0", 0, "data.tokens"), ("1:loss", 1, "loss"), ("2:param.lnf.bias:63:31", 2, "param.lnf.bias")):
            with self.subTest(drill):
                document = self.probe("--drill", drill, "--steps", 3, code=1)
                self.assertEqual((document["golden"]["mismatch"]["step"], document["golden"]["mismatch"]["op"]), (step, op))
                self.assertEqual(document["golden"]["mismatch"]["elements"]["differing"], 1)
                self.assertEqual(document["verdict"], "unstable")

    def test_without_a_repeat_it_is_unstable_too_for_the_part_as_found_is_right(self):
        document = self.probe("--drill", "1:fwd.0.mlp.gelu", "--steps", 2, "--repeat", 0, code=1)
        self.assertEqual(document["verdict"], "unstable")
        self.assertEqual(document["repeat"], {"runs": 0, "wrong": "neither"})


class Soak(Probe):
    def test_every_core_is_listed_and_right(self):
        result = self.run_envlock("probe", "run", "--soak", 1, "--json")
        self.assertEqual(result.code, 0, result.err)
        soak = json.loads(result.out)
        self.assertTrue(soak["clean"])
        self.assertEqual([unit["name"] for unit in soak["units"]], [f"cpu {core}" for core in sorted(os.sched_getaffinity(0))])
        for unit in soak["units"]:
            self.assertTrue(unit["pinned"])
            self.assertEqual((unit["wrong"], unit["mismatches"]), (0, []))
            self.assertGreaterEqual(unit["digests"], 151 * unit["steps"] + 20)
            self.assertGreaterEqual(unit["steps"], 1)

    def test_a_core_that_errs_is_named(self):
        first = min(os.sched_getaffinity(0))
        result = self.run_envlock("probe", "run", "--soak", 1, "--drill", "0:fwd.1.mlp.up")
        self.assertEqual(result.code, 1)
        for word in ("error[unstable]", f"cpu {first}", "step 0", "fwd.1.mlp.up"):
            self.assertIn(word, result.out)
        soak = json.loads(self.run_envlock("probe", "run", "--soak", 1, "--drill", "0:fwd.1.mlp.up", "--json").out)
        wrong = {unit["name"]: unit["wrong"] for unit in soak["units"]}
        self.assertGreater(wrong.pop(f"cpu {first}"), 0)
        self.assertEqual(set(wrong.values()) - {0}, set())
        self.assertEqual(soak["units"][0]["mismatches"][0], {"step": "0", "op": "fwd.1.mlp.up", "where": ""})

    def test_on_one_core(self):
        core = max(os.sched_getaffinity(0))
        done = subprocess.run([ENVLOCK, "probe", "run", "--soak", "0.2", "--json"], env=self.environment, capture_output=True, preexec_fn=lambda: os.sched_setaffinity(0, [core]), timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([unit["name"] for unit in json.loads(done.stdout)["units"]], [f"cpu {core}"])


if __name__ == "__main__":
    unittest.main()
