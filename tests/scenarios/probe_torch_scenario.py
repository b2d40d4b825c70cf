"""The distribution's torch in an environment: what it computes is accepted, and each change of it is found and explained.

The rows of the catalogue of drifts that are torch's; docs/probe-tiers.md, "Catalogue", names them. Everything is copied from what the distribution installed.
"""
import json
import shutil
import subprocess
import sys
import unittest

from install_support import FIXTURES, NATIVE, shared_folder_for_channels
from probe_cublas_scenario import A100, FAKES, gpus
from probe_rows import Rows, features_of_processor
from support import SOURCE

from channelkit import channel
from channelkit.package import File, Package

_shared = {}
# Once torch was imported, it is told to take itself for another.
AFTER_TORCH = b"""
import importlib.util, sys
class After:
    asks = False
    def find_spec(self, name, path, target=None):
        if name != "torch" or self.asks:
            return None
        self.asks = True
        spec = importlib.util.find_spec(name)
        self.asks = False
        load = spec.loader.exec_module
        def then_pretend(module):
            load(module)
            import fake_cuda
            fake_cuda.pretend(module)
        spec.loader.exec_module = then_pretend
        return spec
sys.meta_path.insert(0, After())
"""
VARIANTS = ("as-found", "deterministic")


class Torch(Rows):
    def setUp(self):
        super().setUp()
        if "why" not in _shared:
            _shared["why"] = self.why_not()
        if _shared["why"]:
            self.skipTest(f"skipped: {_shared['why']}")
        self.lab = _shared["folder"]
        self.cache = self.lab / "cache"
        if "lock" not in _shared:
            _shared["lock"] = self.made(self.lab / "lock", "libblas=3.9.0=openblas", "numpy", "pytorch", channel=self.lab / "channel", prefix=self.lab / "prefix")
        self.locked, self.prefix, self.baseline = _shared["lock"], self.lab / "prefix", self.lab / "baseline.json"

    @staticmethod
    def why_not():
        if NATIVE != "linux-64":
            return "the settings mean other things on this processor"
        folder = _shared["folder"] = shared_folder_for_channels() / "torch"
        folder.mkdir()
        made = subprocess.run([sys.executable, "-B", FIXTURES / "make_torch_channel.py", folder / "channel"], capture_output=True, text=True)
        if made.returncode != 0:
            return made.stderr[-300:]
        told = json.loads(made.stdout)
        _shared["builds"] = told["builds"]
        return "" if told["torch"] and "openblas" in told["builds"] else "; ".join(told["missing"]) or "no libopenblas0-serial"

    def another_prefix(self, name):
        """One more prefix of the same lock, to be changed."""
        return self.made(self.lab / "lock", channel=None, prefix=self.lab / name) and self.lab / name

    def accepted(self):
        """The baseline of the environment as it is."""
        if not self.baseline.exists():
            findings, tiers = self.gate(self.locked, self.prefix, self.baseline, "--accept", repeat=1)
            self.assertEqual(findings, {})
            _shared["tiers"] = tiers
        return _shared["tiers"]

    def changed(self, differing, silent=(), cause="", variant="as-found", **more):
        """What is found of a variant after a change: these components differ, these do not, and this is the cause."""
        self.accepted()
        findings, tiers = self.gate(self.locked, more.pop("prefix", self.prefix), more.pop("baseline", self.baseline), *more.pop("arguments", ()), **more)
        tier = tiers[f"torch {variant}"]
        shown = json.dumps({"findings": findings, "tier": tier}, indent=1)
        self.assertEqual((tier["verdict"], tier["standing"]), ("consistent", "differs"), shown)
        self.assertLessEqual(set(differing), set(tier["differing_components"]), shown)
        self.assertEqual(set(silent) & set(tier["differing_components"] + tier["differing_sections"]), set(), shown)
        if cause:
            self.assertRegex((tier["causes"] or [{"cause": "none"}])[0]["cause"], cause, shown)
        return findings, tiers

    def test_accepted_twice_alike_in_both_variants_and_from_the_environment(self):
        tiers = self.accepted()
        for name in VARIANTS:
            tier = tiers[f"torch {name}"]
            self.assertEqual((tier["verdict"], tier["standing"]), ("consistent", "accepted"))
            self.assertNotIn("nans", "".join(tier["details"]))
            self.assertNotIn("not computed: ops scan.cumsum", tier["details"])
        self.assertEqual(tiers["blas"]["subject"], "numpy+torch")
        self.assertEqual(tiers["blas"]["details"]["library"], "lib/libopenblas.so.0")
        files = self.baseline.read_text()
        for name in ("libtorch_cpu.so.1", "libdnnl.so.2", "libsleef.so.3", "libgomp.so.1", "libopenblas.so.0"):
            self.assertIn(f'"path": "lib/{name}', files)
        self.assertNotIn("/usr", files)

    def test_rows_30_and_39_settings_that_change_nothing(self):
        kernel = self.accepted()["torch as-found"]["details"]["kernel"]
        strange = self.folder / "strange"
        strange.mkdir()
        (strange / "torch.py").write_text("raise SystemExit('a stranger')\n")
        control = {"PYTHONHASHSEED": "7", "PYTHONPATH": str(strange), "OMP_NUM_THREADS": "3", "NVIDIA_TF32_OVERRIDE": "1", "MKL_CBWR": "COMPATIBLE"}
        if kernel in ("AVX2", "AVX512"):
            control["ATEN_CPU_CAPABILITY"] = kernel.lower()
        if {"avx512bw", "avx512vl"} <= features_of_processor():
            control["GLIBC_TUNABLES"] = "glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4"
        findings, tiers = self.gate(self.locked, self.prefix, self.baseline, env=control)
        self.assertEqual(findings, {})
        self.assertEqual({tier["standing"] for tier in tiers.values()}, {"accepted"})

    def test_row_16_vectors_of_aten(self):
        if self.accepted()["torch as-found"]["details"]["kernel"] not in ("AVX2", "AVX512"):
            self.skipTest("skipped: this processor has no other vectors")
        findings, tiers = self.changed(("math", "softmax", "norm", "random"), ("exact", "gemm", "conv", "sort"), "`ATEN_CPU_CAPABILITY=default` is set", env={"ATEN_CPU_CAPABILITY": "default"})
        self.assertIn("training", tiers["torch as-found"]["differing_sections"])
        self.assertRegex("\n".join(findings["tier-differs"]["why"]), "the training run parts at step 0")
        self.assertEqual(tiers["torch deterministic"]["causes"], tiers["torch as-found"]["causes"])
        self.assertEqual(tiers["blas"]["standing"], "accepted")

    def test_row_18_instruction_set_of_onednn(self):
        self.changed(("conv",), ("exact", "gemm", "math", "training"), "`DNNL_MAX_CPU_ISA=SSE41` is set", env={"DNNL_MAX_CPU_ISA": "SSE41"})

    def test_row_17_number_of_threads(self):
        self.accepted()
        # Two were accepted; now the same is asked for, and one is given.
        two = self.lab / "two.json"
        self.gate(self.locked, self.prefix, two, "--probe-threads", 2, "--accept")
        self.changed(("reduce", "norm"), ("exact", "gemm", "math", "softmax"), "`OMP_THREAD_LIMIT=1` is set", baseline=two, arguments=("--probe-threads", 2), env={"OMP_THREAD_LIMIT": "1"})

    def test_row_4_another_blas(self):
        if "netlib" not in _shared["builds"]:
            self.skipTest("skipped: no libblas3")
        prefix = self.another_prefix("swapped")
        for link in ("libblas.so.3", "libcblas.so.3"):
            (prefix / "lib" / link).unlink()
            (prefix / "lib" / link).symlink_to("libnetlib.so.3")
        (prefix / "lib/libopenblas.so.0").unlink()
        shutil.copy("/usr/lib/x86_64-linux-gnu/blas/libblas.so.3", prefix / "lib/libnetlib.so.3")
        _, tiers = self.changed(("gemm",), ("exact", "math", "conv", "softmax"), "`lib/libopenblas.so.0` is not the lock's; the lock's own computes what was accepted", prefix=prefix)
        self.assertIn("in the place of the lock's own", tiers["blas"]["causes"][0]["cause"])

    def test_an_operation_that_the_deterministic_mode_refuses_keeps_its_place(self):
        self.accepted()
        prefix = self.another_prefix("refusing")
        module = next(prefix.glob("lib/python3.*/site-packages/torch/__init__.py"))
        text = module.read_text() + """
_cumsum = Tensor.cumsum
def _refused(self, *words):
    if are_deterministic_algorithms_enabled():
        raise RuntimeError("cumsum does not have a deterministic implementation")
    return _cumsum(self, *words)
Tensor.cumsum = _refused
"""
        module.unlink()
        module.write_text(text)
        findings, tiers = self.changed(("scan",), ("exact", "gemm", "training"), variant="deterministic", prefix=prefix, arguments=("--explain", 0))
        self.assertEqual(tiers["torch as-found"]["standing"], "accepted")
        self.assertEqual(tiers["torch deterministic"]["differing_components"], ["scan"])
        self.assertNotIn("half.mm-f16", "\n".join(findings["tier-differs"]["why"]), "this torch never had it")
        self.assertRegex("\n".join(findings["tier-differs"]["why"]), "`scan.cumsum` cannot be computed now: .*does not have a deterministic implementation")

    def test_a_torch_that_cannot_be_imported_is_named_and_the_rest_still_runs(self):
        prefix = self.another_prefix("broken")
        next(prefix.glob("lib/python3.*/site-packages/torch/bin/torch_shm_manager")).unlink()
        findings, tiers = self.gate(self.locked, prefix, self.folder / "none.json")
        self.assertRegex(findings["tier-unusable"]["why"][0], "Unable to find torch_shm_manager")
        self.assertEqual({name: tier["verdict"] for name, tier in tiers.items() if " " not in name}, {"blas": "consistent", "torch": "failed", "numpy": "consistent"})


    def test_a_gpu_is_a_class_of_its_own(self):
        """Torch takes itself for one that was built for CUDA, and the processor for a GPU: tests/torch/fake_cuda.py, and a driver of our own."""
        if not (FAKES / "libcuda/libcuda.so.1").exists():
            self.skipTest("skipped: no fake driver beside the program")
        site = next(self.prefix.glob("lib/python3.*/site-packages")).relative_to(self.prefix)
        files = [File(f"{site}/fake_cuda.py", (SOURCE / "tests/torch/fake_cuda.py").read_bytes()), File(f"{site}/after_torch.py", AFTER_TORCH), File(f"{site}/after_torch.pth", b"import after_torch\n")]
        channel.write_files(self.folder / "channel", channel.channel_files([Package("fake-cuda", "1.0", "0", NATIVE, ["pytorch"], files=files, timestamp=1700000000000)], [NATIVE, "noarch"]))
        prefix, baseline, machine = self.folder / "prefix", self.folder / "gpu.json", gpus(A100)
        lock = self.made(self.folder / "lock", "libblas=3.9.0=openblas", "fake-cuda", channel=self.lab / "channel", prefix=prefix, more_channels=[self.folder / "channel"])
        findings, tiers = self.gate(lock, prefix, baseline, "--accept", env=machine)
        self.assertEqual((findings, "cuda:0" in baseline.read_text()), ({}, False), "the number of a device is no part of what is accepted")
        self.assertIn(f'"name": "{A100}"', baseline.read_text())
        self.assertEqual(tiers["torch as-found cuda:0"]["details"]["cuda.capability"], "8.0")

        findings, tiers = self.gate(lock, prefix, baseline, env=machine | {"TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "1"})
        self.assertEqual(set(findings), {"tier-differs"})
        for variant in VARIANTS:
            self.assertEqual([tiers[f"torch {variant} {device}"]["standing"] for device in ("cpu", "cuda:0")], ["accepted", "differs"])
            there = tiers[f"torch {variant} cuda:0"]
            self.assertEqual((there["differing_components"], there["differing_sections"]), (["gemm"], ["ops"]))
            self.assertRegex(there["causes"][0]["cause"], "`TORCH_ALLOW_TF32_CUBLAS_OVERRIDE=1` is set")
        self.assertIn(f"on cuda:0, {A100} (compute capability 8.0", "\n".join(findings["tier-differs"]["why"]))

        findings, tiers = self.gate(lock, prefix, baseline, "--explain", 0, env=machine | {"FAKE_CUDA": "old-driver"})
        self.assertEqual(set(findings), {"tier-unusable"})
        self.assertIn("on cuda:0", findings["tier-unusable"]["why"])
        self.assertRegex("\n".join(findings["tier-unusable"]["why"]), "The NVIDIA driver on your system is too old")
        self.assertEqual([tiers[f"torch {variant} cpu"]["standing"] for variant in VARIANTS], ["accepted", "accepted"])


if __name__ == "__main__":
    unittest.main()
