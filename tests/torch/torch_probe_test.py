"""The program of lib/torch/program, as envlock runs it, against docs/probe-spec.md and the golden digests.

    torch_probe_test.py SOURCE_DIR PROGRAM

runs with any python; what needs numpy or torch is skipped where there is none.
"""
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.path.abspath(sys.argv.pop(1))
PROGRAM = os.path.abspath(sys.argv.pop(1))  # the parts, joined
CORPUS = os.path.join(SOURCE, "docs", "probe-corpus.txt")
GOLDEN = os.path.join(SOURCE, "fixtures", "golden", "probe", "quick.txt")


def loaded():
    spec = importlib.util.spec_from_file_location("torch_probe", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


probe = loaded()


def golden():
    """(step, op) -> op digest of probe-spec's own run."""
    with open(GOLDEN, encoding="ascii") as file:
        lines = [line.split() for line in file if not line.startswith("#")]
    return {(line[0], line[1]): line[2] for line in lines if len(line) == 3}


def op_digest(name, kind, shape, root):
    tag = b"envlock probe-spec/1 op".ljust(64, b"\0")
    text = "%s\n%s\n%s\n" % (name, kind, ",".join(str(size) for size in shape))
    return hashlib.sha256(tag + text.encode() + root).hexdigest()


def run(isolated=("-s", "-B"), environment=None, **options):
    """The stages and the results of the program, as envlock starts it."""
    read, write = os.pipe()
    options["fd"] = write
    with open(PROGRAM, encoding="utf-8") as file:
        command = [sys.executable, *isolated, "-c", file.read(), json.dumps(options)]
    variables = {**os.environ, "PYTHONHASHSEED": "0", **(environment or {})}
    with open(CORPUS, "rb") as corpus, open(read, encoding="ascii") as results:
        process = subprocess.Popen(command, stdin=corpus, stdout=subprocess.DEVNULL, pass_fds=[write], env=variables)
        os.close(write)
        lines = results.read().splitlines()
    if process.wait():
        raise AssertionError("the program ended with %d" % process.returncode)
    return [line[7:] for line in lines if line.startswith("@stage ")], [json.loads(line) for line in lines if line.startswith("{")]


def has(name):
    return importlib.util.find_spec(name) is not None


def components(one, other):
    """The components whose ops differ in two results."""
    sections = [result["sections"][0] for result in (one, other)]
    roots = [{op["name"]: root for op, root in zip(section["initial_ops"], section["initial"])} for section in sections]
    return {name.split(".")[0] for name in roots[0] if roots[0][name] != roots[1].get(name)}


def training_differs(one, other):
    return one["sections"][1]["steps"] != other["sections"][1]["steps"]


def without_times(result):
    """What two runs of the same have in common."""
    return {key: value for key, value in result.items() if key not in ("seconds", "import_seconds")}


class Digests(unittest.TestCase):
    def test_philox_gives_the_known_answer(self):
        key, probe.KEY = probe.KEY, (0, 0)
        try:
            self.assertEqual(list(probe.philox(1, 0, 0)), [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8])
        finally:
            probe.KEY = key

    def test_the_initial_parameters_are_golden(self):
        want = golden()
        for name, shape, values in probe.parameters():
            digest = probe.Digest("float32", shape, values.tobytes())
            self.assertEqual(op_digest("init." + name, digest.type, digest.shape, digest.root), want["init", "init." + name], name)

    def test_every_batch_is_golden(self):
        want, text = golden(), probe.read_corpus(CORPUS)
        for step in range(20):
            for name, rows in zip(("data.tokens", "data.targets"), probe.batch(text, step)):
                data = probe.array.array("I", [token for row in rows for token in row]).tobytes()
                digest = probe.Digest("int32", [probe.B, probe.T], data)
                self.assertEqual(op_digest(name, digest.type, digest.shape, digest.root), want[str(step), name])

    def test_a_tree_carries_an_odd_last_digest_up(self):
        a, b, c = [hashlib.sha256(bytes([i])).digest() for i in range(3)]
        pair = hashlib.sha256(probe.NODE_TAG + a + b).digest()
        self.assertEqual(probe.tree_root([a, b, c]), hashlib.sha256(probe.NODE_TAG + pair + c).digest())

    def test_chunks_have_4096_bytes_and_the_last_is_not_padded(self):
        data = bytes(range(256)) * 17
        leaves = [hashlib.sha256(probe.LEAF_TAG + data[i:i + 4096]).digest() for i in (0, 4096)]
        self.assertEqual(probe.tensor_root(data), hashlib.sha256(probe.NODE_TAG + leaves[0] + leaves[1]).digest())
        self.assertEqual(probe.tensor_root(b""), hashlib.sha256(probe.LEAF_TAG).digest())

    def test_all_nans_are_one_and_are_counted(self):
        words = lambda *values: probe.array.array("I", values).tobytes()
        quiet = probe.Digest("float32", [3], words(0x7FC00000, 0x7F800000, 0x80000000))
        noisy = probe.Digest("float32", [3], words(0xFFA00001, 0x7F800000, 0x80000000))
        self.assertEqual((quiet.root, quiet.nans), (noisy.root, noisy.nans))
        self.assertEqual(quiet.nans, 1)
        self.assertEqual(quiet.root, probe.tensor_root(words(0x7FC00000, 0x7F800000, 0x80000000)))

    def test_elements_of_other_sizes_become_words(self):
        halves = probe.Digest("bfloat16", [2], bytes([0x80, 0x3F, 0xFF, 0xFF]))
        self.assertEqual((halves.type, halves.shape, halves.nans), ("u32", [2], 1))
        self.assertEqual(halves.root, probe.tensor_root(bytes([0x80, 0x3F, 0, 0, 0xC0, 0x7F, 0, 0])))
        doubles = probe.Digest("float64", [1], bytes(8))
        self.assertEqual((doubles.type, doubles.shape, doubles.root), ("u32", [1, 2], probe.tensor_root(bytes(8))))

    def test_an_op_that_was_not_computed_keeps_its_place(self):
        result = probe.Run("torch", "as-found")
        table = [("math.exp", (), lambda: 1 // 0), ("sort.sort", ("values", "indices"), lambda: 1 // 0), ("math.log", (), lambda: "log")]
        probe.run_ops(result, probe.Output(os.open(os.devnull, os.O_WRONLY)), table, lambda value: probe.Digest("uint8", [3], value.encode()))
        section = result.sections[0]
        self.assertEqual([op["name"] for op in section["initial_ops"]], ["math.exp", "sort.sort.values", "sort.sort.indices", "math.log"])
        self.assertEqual(section["initial"][:3], [hashlib.sha256(probe.LEAF_TAG).hexdigest()] * 3)
        self.assertEqual(section["initial"][3], probe.tensor_root(b"l\0\0\0o\0\0\0g\0\0\0").hex())
        self.assertEqual([failure["op"] for failure in result.failures], ["math.exp", "sort.sort.values", "sort.sort.indices"])
        self.assertIn("ZeroDivisionError", result.failures[0]["error"])

    def test_another_text_is_refused(self):
        with self.assertRaisesRegex(ValueError, "training text"):
            probe.read_corpus(PROGRAM)

    def test_integers_that_are_wrong_are_told_with_their_place(self):
        result = probe.Run("torch", "as-found")
        probe.check_integers(result, "exact.mm", [2, 2], [1.0, 2.0, 3.0, 5.0], [1, 2, 3, 4])
        self.assertEqual(result.wrong, [{"section": "ops", "op": "exact.mm", "index": [1, 1], "want": "40800000", "have": "40a00000", "wrong": 1, "total": 4}])


class Settings(unittest.TestCase):
    def test_this_thread_rounds_as_ieee_754_says(self):
        self.assertEqual(probe.thread_states(), [([], []), ([], [])])


class WithoutLibraries(unittest.TestCase):
    def test_a_python_without_the_library_is_unusable_and_says_so(self):
        stages, results = run(isolated=("-I", "-S", "-B"), tier="torch")
        self.assertEqual(stages[-1], "import torch")
        self.assertEqual([(r["tier"], r["outcome"]) for r in results], [("torch", "unusable")])
        self.assertRegex(results[0]["trouble"], "^ModuleNotFoundError: .*torch")
        self.assertEqual(results[0]["sections"], [])

    def test_auto_takes_numpy_where_there_is_no_torch(self):
        _, results = run(isolated=("-I", "-S", "-B"))
        self.assertEqual([(r["tier"], r["outcome"]) for r in results], [("numpy", "unusable")])

    def test_a_traceback_names_the_part_and_the_line_in_it(self):
        with open(PROGRAM, encoding="utf-8") as file:
            told = subprocess.run([sys.executable, "-s", "-B", "-c", file.read(), '{"speed": 1}'], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(told.returncode, 1)
        places = re.findall(r'File "(.*)", line (\d+), in (\w+)', told.stderr.decode())
        self.assertEqual([(name, function) for name, _, function in places], [("main.py", "run_and_leave"), ("main.py", "main"), ("main.py", "read_options")])
        for name, line, function in places:
            with open(os.path.join(SOURCE, "lib", "torch", "program", name), encoding="utf-8") as file:
                before = file.read().splitlines()[:int(line)]
            self.assertEqual([words for words in before if words.startswith("def ")][-1].split("(")[0], "def " + function)

    def test_an_option_that_does_not_exist_ends_the_program(self):
        with self.assertRaisesRegex(ValueError, "no option speed"):
            probe.read_options('{"speed": 1}')
        with self.assertRaisesRegex(ValueError, "in this order"):
            probe.read_options('{"variants": ["deterministic", "as-found"]}')


class BadModules(unittest.TestCase):
    """Folders with a `torch` of our own, which python finds first."""

    def run_with(self, text, **options):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "torch.py"), "w", encoding="utf-8") as file:
                file.write(text)
            return run(environment={"PYTHONPATH": folder}, **dict({"tier": "torch"}, **options))

    def test_one_that_prints_and_fails_is_unusable_with_its_words(self):
        _, results = self.run_with("print('hello')\nraise ImportError('libgomp.so.1: cannot open\\n shared object file')")
        self.assertEqual(results[0]["trouble"], "ImportError: libgomp.so.1: cannot open shared object file")

    def test_one_that_leaves_is_unusable(self):
        _, results = self.run_with("import sys\nsys.exit(3)")
        self.assertEqual((results[0]["outcome"], results[0]["trouble"]), ("unusable", "SystemExit: 3"))

    def test_one_that_lacks_what_torch_has_is_unusable_and_the_other_variant_is_not_tried(self):
        stages, results = self.run_with("", variants=["as-found", "deterministic"])
        self.assertEqual([r["outcome"] for r in results], ["unusable"])
        self.assertRegex(results[0]["trouble"], "^AttributeError: ")
        self.assertEqual(stages[-1], "settings")

    def test_a_broken_one_does_not_keep_numpy_from_being_asked(self):
        _, results = self.run_with("raise RuntimeError('not for this machine')", tier="auto")
        self.assertEqual([r["tier"] for r in results], ["torch", "numpy"])

    def test_one_that_ends_the_process_leaves_the_stage(self):
        with self.assertRaisesRegex(AssertionError, "ended with 7"):
            self.run_with("import os\nos._exit(7)")

    @unittest.skipUnless(probe.platform.machine() == "x86_64", "the number of a rounding mode is another here")
    def test_one_that_changes_the_rounding_is_seen_after_its_import(self):
        _, results = self.run_with("import ctypes\nctypes.CDLL('libm.so.6').fesetround(0x800)")
        result = results[0]
        self.assertEqual([c["name"] for c in result["canaries_before"] if c["threads"]], [])
        self.assertIn("rounding to nearest", [c["name"] for c in result["canaries_after"] if c["threads"]])
        self.assertEqual(result["fp_settings"], [["rounding upward"], ["rounding upward"]])


@unittest.skipUnless(has("numpy"), "this python has no numpy")
class Numpy(unittest.TestCase):
    def test_two_runs_agree_and_nothing_is_wrong(self):
        stages, first = run(tier="numpy")
        _, second = run(tier="numpy", environment={"PYTHONHASHSEED": "7"})
        self.assertEqual(without_times(first[0]), without_times(second[0]))
        self.assertEqual(first[0]["outcome"], "ran")
        self.assertEqual((first[0]["wrong"], first[0]["failures"]), ([], []))
        self.assertEqual(stages[:3], ["start", "import numpy", "ops exact.mm"])
        section = first[0]["sections"][0]
        self.assertEqual(len(section["initial_ops"]), len(section["initial"]))
        self.assertEqual(len({op["name"] for op in section["initial_ops"]}), len(section["initial"]))


@unittest.skipUnless(has("numpy") and probe.platform.machine() == "x86_64", "this python has no numpy, or the variables mean other things here")
class NumpyDrifts(unittest.TestCase):
    """Real changes of the environment, and what each of them shows in."""

    @classmethod
    def setUpClass(cls):
        cls.found = cls.run_with()
        cls.openblas = any("openblas" in file for file in cls.found["mapped"])

    @staticmethod
    def run_with(**environment):
        return run(tier="numpy", environment=environment)[1][0]

    def test_instruction_sets_that_numpy_shall_not_use(self):
        used = dict(self.found["details"])["kernel"].split()
        wanted = [name for name in used if name.startswith("AVX512") or name in ("AVX2", "FMA3", "X86_V3", "X86_V4")]
        if not wanted:
            self.skipTest("this numpy uses neither AVX2 nor AVX-512 here")
        changed = components(self.found, self.run_with(NPY_DISABLE_CPU_FEATURES=" ".join(wanted)))
        self.assertIn("math", changed)
        self.assertLessEqual(changed, {"math", "sort", "reduce"})

    def test_another_kernel_of_openblas(self):
        if not self.openblas:
            self.skipTest("this numpy does not use OpenBLAS")
        changed = components(self.found, self.run_with(OPENBLAS_CORETYPE="Nehalem"))
        self.assertIn("gemm", changed)
        self.assertLessEqual(changed, {"gemm", "linalg", "einsum"})

    def test_another_blas(self):
        folder = "/usr/lib/x86_64-linux-gnu/blas"
        if not any(file.endswith("/libblas.so.3") for file in self.found["mapped"]) or not os.path.exists(folder):
            self.skipTest("this numpy does not use libblas.so.3, or there is no other one")
        changed = components(self.found, self.run_with(LD_LIBRARY_PATH=folder))
        self.assertIn("gemm", changed)
        self.assertLessEqual(changed, {"gemm", "linalg", "einsum"})

    def test_a_library_that_flushes_subnormal_numbers_to_zero(self):
        compiler = shutil.which("cc") or shutil.which("gcc")
        if not compiler:
            self.skipTest("there is no C compiler")
        with tempfile.TemporaryDirectory() as folder:
            source, library = [os.path.join(folder, name) for name in ("fast.c", "libfast.so")]
            with open(source, "w", encoding="ascii") as file:
                file.write("__attribute__((constructor)) static void set(void) { __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040); }")
            subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
            changed = self.run_with(LD_PRELOAD=library)
        self.assertEqual(components(self.found, changed), {"exact"})
        self.assertEqual(changed["fp_settings"], [["flush-to-zero", "denormals-are-zero"]] * 2)
        self.assertEqual([c["name"] for c in changed["canaries_before"] if c["threads"]], ["subnormal results", "subnormal inputs"])
        self.assertIn(library, changed["mapped"])

    def test_glibc_without_newer_instructions_changes_at_most_functions(self):
        changed = components(self.found, self.run_with(GLIBC_TUNABLES="glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4"))
        self.assertLessEqual(changed, {"math"})


@unittest.skipUnless(has("torch") and probe.platform.machine() == "x86_64", "this python has no torch, or the variables mean other things here")
class TorchDrifts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.found = cls.run_with()

    @staticmethod
    def run_with(threads=1, **environment):
        return run(tier="torch", steps=2, threads=threads, environment={"OMP_WAIT_POLICY": "passive", **environment})[1][0]

    def test_another_number_of_threads(self):
        other = self.run_with(threads=2)
        self.assertEqual(components(self.found, other), {"reduce", "norm"})
        self.assertTrue(training_differs(self.found, other))
        self.assertEqual(other["fp_settings"], [[], []])

    def test_another_capability_of_aten(self):
        if dict(self.found["details"])["kernel"].upper() == "DEFAULT":
            self.skipTest("this processor has no other")
        other = self.run_with(ATEN_CPU_CAPABILITY="default")
        changed = components(self.found, other)
        self.assertLessEqual({"math", "softmax", "norm", "activation", "random"}, changed)
        self.assertEqual(changed & {"exact", "gemm", "conv", "linalg", "sort", "index"}, set())
        self.assertTrue(training_differs(self.found, other))

    def test_another_instruction_set_of_onednn(self):
        other = self.run_with(ONEDNN_MAX_CPU_ISA="SSE41", DNNL_MAX_CPU_ISA="SSE41")
        changed = components(self.found, other)
        self.assertIn("conv", changed)
        self.assertLessEqual(changed, {"conv", "activation", "half"})
        self.assertFalse(training_differs(self.found, other))

    def test_another_kernel_of_the_blas(self):
        mkl = dict(self.found["details"])["mkl"] == "True"  # then a file of OpenBLAS that is mapped is numpy's
        other = self.run_with(**({"MKL_CBWR": "COMPATIBLE"} if mkl else {"OPENBLAS_CORETYPE": "Nehalem"}))
        changed = components(self.found, other)
        self.assertIn("gemm", changed)
        self.assertLessEqual(changed, {"gemm", "linalg", "attention", "math", "half"})
        self.assertTrue(training_differs(self.found, other))

    def test_the_seed_of_hashes_changes_nothing(self):
        self.assertEqual(without_times(self.run_with(PYTHONHASHSEED="7")), without_times(self.found))


@unittest.skipUnless(has("torch"), "this python has no torch")
class Torch(unittest.TestCase):
    def test_initial_state_and_data_are_golden_and_two_runs_agree(self):
        _, first = run(tier="torch", variants=["as-found", "deterministic"], steps=2)
        _, second = run(tier="torch", variants=["deterministic"], steps=2)
        self.assertEqual([r["subject"] for r in first], ["as-found", "deterministic"])
        self.assertEqual(first[1]["sections"], second[0]["sections"])
        want = golden()
        for result in first:
            self.assertEqual((result["outcome"], result["wrong"], result["nans"]), ("ran", [], []))
            training = result["sections"][1]
            for op, root in zip(training["initial_ops"], training["initial"]):
                self.assertEqual(op_digest(op["name"], op["type"], op["shape"], bytes.fromhex(root)), want["init", op["name"]], op["name"])
            for step, record in enumerate(training["steps"]):
                for op, root in list(zip(training["step_ops"], record["roots"]))[:2 if step else 3]:  # data, and once the sum of two embeddings
                    self.assertEqual(op_digest(op["name"], op["type"], op["shape"], bytes.fromhex(root)), want[str(step), op["name"]], op["name"])

    @unittest.skipUnless(probe.platform.machine() in ("x86_64", "aarch64"), "torch has no such mode here")
    def test_settings_of_threads_of_the_pool_are_seen(self):
        """A thread of the pool inherits what the main thread has when the pool is started, and keeps it."""
        text = """
import importlib.util, sys, torch
spec = importlib.util.spec_from_file_location("torch_probe", sys.argv[1])
probe = importlib.util.module_from_spec(spec)
spec.loader.exec_module(probe)
torch.set_num_threads(2)
torch.set_flush_denormal(True)
torch.ones(1 << 18) + 1
torch.set_flush_denormal(False)
print([settings for settings, _ in probe.torch_thread_states(torch)])
"""
        variables = dict(os.environ, OMP_WAIT_POLICY="passive")
        told = subprocess.run([sys.executable, "-B", "-c", text, PROGRAM], env=variables, stdout=subprocess.PIPE, check=True).stdout.decode()
        self.assertEqual(told.strip(), "[[], ['flush-to-zero', 'denormals-are-zero']]")


@unittest.skipUnless(has("torch"), "this python has no torch")
class Cuda(unittest.TestCase):
    """On a GPU that fake_cuda.py makes of the processor."""

    @staticmethod
    def run_on_gpu(wrong="", variants=("as-found", "deterministic"), steps=0, **environment):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(os.path.join(SOURCE, "tests", "torch", "fake_cuda.py"), folder)
            with open(os.path.join(folder, "torch.py"), "w", encoding="ascii") as file:  # stands before torch, and gives way to it
                file.write("import sys, fake_cuda\nsys.path.remove(%r)\ndel sys.modules['torch']\nimport torch\nfake_cuda.pretend(torch)\n" % folder)
            environment = {"PYTHONPATH": folder, "FAKE_CUDA": wrong, "OMP_WAIT_POLICY": "passive", **environment}
            return run(environment=environment, tier="torch", variants=list(variants), steps=steps, threads=1, device="cuda:0")

    @classmethod
    def plain(cls):
        """Both variants, with nothing wrong; run once."""
        if not hasattr(cls, "found"):
            cls.found = cls.run_on_gpu(steps=1, CUBLAS_WORKSPACE_CONFIG=":4096:8")[1]
        return cls.found

    def test_everything_is_computed_there_in_both_variants(self):
        found = self.plain()
        _, processor = run(tier="torch", variants=["as-found", "deterministic"], steps=1, threads=1, environment={"OMP_WAIT_POLICY": "passive"})
        self.assertEqual([(r["subject"], r["outcome"], r["wrong"]) for r in found], [("as-found", "ran", []), ("deterministic", "ran", [])])
        for there, here in zip(found, processor):
            self.assertEqual(there["sections"], here["sections"], "the fake computes on the processor")
            self.assertEqual([step["name"] for step in there["sections"][1]["step_ops"]][-2:], ["rng.draw", "rng.state"])
            details = dict(there["details"])
            told = {"device": "cuda:0", "cuda.name": "NVIDIA A100-SXM4-40GB", "cuda.capability": "8.0", "cuda.processors": "108", "cuda.driver": "12040", "cublas.workspace": ":4096:8"}
            self.assertEqual({name: details[name] for name in told}, told)
            self.assertIn(details["backends.cuda.matmul.allow_tf32"], ("True", "False"))
            if not any("libcublas.so" in file for file in there["mapped"]):
                self.assertEqual(details["cublas"], "absent (IndexError)", "what no library said is not told")
            self.assertNotIn("device", dict(here["details"]))

    def test_tf32_shows_in_products_and_a_setting_that_is_not_taken_is_told(self):
        allowed = {"TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "1"}
        plain, rounded = self.plain(), self.run_on_gpu(**allowed)[1]
        forbidden = self.run_on_gpu(variants=["as-found"], NVIDIA_TF32_OVERRIDE="0", **allowed)[1]
        if dict(rounded[0]["details"])["backends.cuda.matmul.allow_tf32"] != "True":
            self.skipTest("this torch does not know the variable")
        self.assertEqual(components(plain[0], rounded[0]), {"gemm"})
        self.assertEqual(components(plain[0], forbidden[0]), set())
        # The variable wins over what a program sets; then the deterministic mode rounds as well, and says so.
        setting = [dict(results[1]["details"])["set backends.cuda.matmul.allow_tf32"] for results in (plain, rounded)]
        self.assertEqual(setting[0], "yes")
        self.assertEqual(components(plain[1], rounded[1]), set() if setting[1] == "yes" else {"gemm"})
        if setting[1] != "yes":
            self.assertEqual(setting[1], "refused (ValueError: it stays True)")

    def test_what_ends_the_run_is_named(self):
        stages, results = self.run_on_gpu("old-driver")
        self.assertEqual([(r["outcome"], r["trouble"][:51]) for r in results], [("unusable", "RuntimeError: The NVIDIA driver on your system is t")])
        self.assertEqual(stages[-1], "device")
        stages, results = self.run_on_gpu("out-of-memory")
        self.assertEqual([(r["subject"], r["outcome"], r["trouble"][:39]) for r in results], [("as-found", "unusable", "OutOfMemoryError: CUDA out of memory. T")])
        self.assertEqual(stages[-1], "ops scan.cumsum")
        _, results = run(tier="torch", device="cuda:0", environment={"CUDA_VISIBLE_DEVICES": ""})
        self.assertEqual([(r["outcome"], r["details"][-1][0] != "cuda.name") for r in results], [("unusable", True)])

    def test_an_op_that_the_deterministic_mode_refuses_does_not_keep_the_others(self):
        _, results = self.run_on_gpu("refuses")
        self.assertEqual(([f["op"] for f in results[0]["failures"]].count("scan.cumsum"), [f["op"] for f in results[1]["failures"]].count("scan.cumsum")), (0, 1))
        self.assertEqual(components(*results), {"scan"})

    def test_a_device_is_named_as_torch_does(self):
        with self.assertRaisesRegex(ValueError, "cpu or cuda:0"):
            probe.read_options('{"device": "gpu"}')


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
