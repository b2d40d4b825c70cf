"""`envlock verify --probe` of an environment with cuBLAS, on GPUs that tests/ptx stands for."""
import os
import pathlib
import shutil
import unittest

from install_support import NATIVE, shared_folder_for_channels
from probe_gate_scenario import Gate, blas
from support import ENVLOCK

from channelkit import channel
from channelkit.package import File, Package

FAKES = pathlib.Path(shutil.which(ENVLOCK) or ENVLOCK).resolve().parents[2] / "tests/ptx"
MARK = b"ENVLOCK-FAKE-CUBLAS:"
A100 = "NVIDIA A100-SXM4-40GB"
_made = {}


def behaving(library, words):
    """The file of a library that behaves so without being told."""
    data = (FAKES / "libcublas" / library).read_bytes()
    at = data.index(MARK + b" ") + len(MARK)
    return data[:at] + words.encode() + data[at + len(words):]


def cublas_channel():
    if "channel" not in _made:
        if not (FAKES / "libcublas/libcublas.so.12").exists():
            raise unittest.SkipTest("skipped: no fake cuBLAS beside the program")
        files = [File(f"lib/{name}", behaving(name, ""), executable=True) for name in ("libcublas.so.12", "libcublasLt.so.12")]
        package = Package("libcublas", "12.9.99", "fake", NATIVE, files=files, timestamp=blas.TIMESTAMP)
        _made["channel"] = out = shared_folder_for_channels() / "cublas"
        channel.write_files(out, channel.channel_files([package], [NATIVE, "noarch"]))
    return _made["channel"]


def gpus(*names, **more):
    """The environment of a machine with these GPUs."""
    return {"ENVLOCK_LIBCUDA": str(FAKES / "libcuda/libcuda.so.1"), "ENVLOCK_FAKE_CUDA_DEVICES": str(len(names)), "ENVLOCK_FAKE_CUDA_NAMES": ";".join(names),
            "ENVLOCK_FAKE_CUDA_CAPABILITY": "8.0", "ENVLOCK_FAKE_CUDA_SMS": "108"} | more


class Cublas(Gate):
    def setUp(self):
        super().setUp()
        self.locked = self.lock_of("libcublas", channels=[cublas_channel()])
        self.install(self.locked, "--no-compile")

    def tiers(self):
        return {(tier["device"], tier["subject"]): tier for tier in self.document["probe"]["tiers"] if tier["tier"] == "cublas"}

    def test_accepted_on_one_gpu_then_others_then_another_library(self):
        self.assertEqual(self.gate(self.locked), {})
        self.assertIn("no NVIDIA driver that can compute was found", self.document["probe"]["gpu_skipped"])
        # A library that rounds to TF32 unless it is told not to, as the machine on which it was accepted did.
        careful = {"ENVLOCK_FAKE_CUBLAS": "tf32", "NVIDIA_TF32_OVERRIDE": "0"}
        self.assertEqual(self.gate(self.locked, "--accept", writes=["envlock.baseline.json"], env=gpus(A100, **careful)), {})
        baseline = (self.work / "envlock.baseline.json").read_text()
        self.assertIn(f'"name": "{A100}"', baseline)
        self.assertNotIn("cuda:", baseline, "the number of a device is no part of a class")

        told = self.run_envlock("verify", self.locked, "-p", self.prefix, "--probe", "--probe-repeat", 0)
        self.assertEqual(told.code, 0, told.out)
        self.assertIn("--  gpu         not run: no NVIDIA driver", told.out)
        self.assertIn(f"` on a machine with {A100} (compute capability 8.0, 108 multiprocessors) checks what was accepted there", told.out)

        finding = self.gate(self.locked, env=gpus(A100, A100 + " MIG 1g.5gb", **careful))["baseline-unknown-class"]
        self.assertIn(f"have {A100} MIG 1g.5gb (compute capability 8.0, 108 multiprocessors)", finding["why"][0])
        tiers = self.tiers()
        self.assertEqual({key: tier["standing"] for key, tier in tiers.items()},
                         {(device, subject): standing for device, standing in (("cuda:0", "accepted"), ("cuda:1", "unknown-class")) for subject in ("sgemm", "sgemm-pedantic", "lt")})
        self.assertEqual(tiers["cuda:1", "lt"]["details"]["mig"], "on")

        self.gate(self.locked, env=gpus(A100, ENVLOCK_FAKE_CUBLAS="tf32"), expect=1)
        tiers = self.tiers()
        self.assertEqual({subject: tier["standing"] for (_, subject), tier in tiers.items()}, {"sgemm": "differs", "sgemm-pedantic": "accepted", "lt": "differs"})
        self.assertEqual(tiers["cuda:0", "sgemm"]["details"]["operands"], "rounded to TF32")
        cause, = tiers["cuda:0", "lt"]["causes"]
        self.assertEqual(cause["cause"], "`NVIDIA_TF32_OVERRIDE=0` was set when the baseline was accepted, and is not now")
        self.assertEqual(cause["remedy"], "variables: {NVIDIA_TF32_OVERRIDE: 0}  in environment.yml, then lock")

        (self.prefix / "lib/libcublas.so.12").unlink()
        (self.prefix / "lib/libcublas.so.12").write_bytes(behaving("libcublas.so.12", "splitk"))
        self.gate(self.locked, env=gpus(A100, **careful), expect=1)
        tiers = self.tiers()
        self.assertEqual({subject: tier["standing"] for (_, subject), tier in tiers.items()}, {"sgemm": "differs", "sgemm-pedantic": "differs", "lt": "accepted"})
        cause, = tiers["cuda:0", "sgemm"]["causes"]
        self.assertEqual(cause["cause"], "`lib/libcublas.so.12` was changed; the lock's own computes what was accepted")
        self.assertIn("--repair", cause["remedy"])

    def test_a_library_that_fails_is_named_and_the_reference_still_runs(self):
        for behaviour, code in {"crash": "tier-crashed", "hang": "tier-hung", "alloc": "tier-unusable"}.items():
            with self.subTest(behaviour):
                findings = self.gate(self.locked, "--probe-timeout", 2 if behaviour == "hang" else 100, env=gpus(A100, ENVLOCK_FAKE_CUBLAS=behaviour), expect=2)
                self.assertEqual(set(findings), {code})
                self.assertEqual(self.document["probe"]["reference"]["verdict"], "as-specified")
        self.assertIn("cuBLAS (`lt`) cannot be run, in `creating`", findings["tier-unusable"]["what"])
        self.assertIn("`cublasLtCreate` answered CUBLAS_STATUS_ALLOC_FAILED", "\n".join(findings["tier-unusable"]["why"]))


if __name__ == "__main__":
    unittest.main()
