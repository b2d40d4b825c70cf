"""The catalogue of drifts, row by row: which part of the probe finds each, what is named as its cause, and what must change nothing.

The rows are those of docs/probe-tiers.md, "Catalogue"; those of torch are in probe_torch_scenario.py.
"""
import dataclasses
import json
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from install_support import FIXTURES, NATIVE, shared_folder_for_channels
from probe_rows import Rows, features_of_processor, without_variables

import make_blas_channel as blas  # support.py made fixtures/ importable
import probe_libraries as libraries
from channelkit.package import File, Package

UPWARD, LATE = "rounding_upward", "late_flush"
OWN = "`lib/libblas.so.3` was changed; the lock's own `lib/libblas.so.3` computes what was accepted"


@dataclasses.dataclass(frozen=True)
class Row:
    number: str  # of the catalogue
    name: str
    build: str = "openblas"  # of libblas; the one that was accepted
    under: dict = dataclasses.field(default_factory=dict)  # the variables under which it was accepted
    drift: dict = dataclasses.field(default_factory=dict)  # and those under which it runs now
    swapped: str = ""  # the build whose library lies in the accepted one's place now
    another: str = ""  # the build that another lock has now
    small: str = ""  # what lies in the place of the small library now
    tier: str = "blas"
    code: str = "tier-differs"  # "": a control that must stay silent
    found: tuple = ()  # sections, or components of numpy, that must differ
    silent: tuple = ()  # and those that must not
    varies: tuple = ()  # functions whose results depend on addresses, or on the number of rows
    cause: str = ""  # what a replay proves; "": nothing, and the evidence stands alone
    told: tuple = ()  # what is said besides
    needs: str = ""  # of the processor
    repeat: int = 0
    explain: int = 20
    processor: bool = False  # the variables of `under` are another processor's choice: the baseline does not tell them


def control(number, name, drift=None, **more):
    return Row(number, name, drift=drift or {}, code="", **more)


ROWS = [
    Row("1", "OpenBLAS's kernel by OPENBLAS_CORETYPE", drift={"OPENBLAS_CORETYPE": "Prescott"}, found=("battery", "training"),
        cause="`OPENBLAS_CORETYPE=Prescott` is set", told=("not fused", "parts at step 0, `fwd.0.attn.qkv`")),
    Row("1", "OpenBLAS's kernel by the processor", under={"OPENBLAS_CORETYPE": "Haswell"}, processor=True, found=("battery",), needs="avx512f",
        cause="took `Haswell` when the baseline was accepted", told=("variables: {OPENBLAS_CORETYPE: Haswell}",)),
    Row("2", "two steppings of AVX-512", under={"OPENBLAS_CORETYPE": "SkylakeX"}, processor=True, drift={"OPENBLAS_CORETYPE": "Cooperlake"}, needs="avx512_bf16",
        found=("battery",), silent=("training", "integers", "rows"), cause="took `SkylakeX`", told=("3 x 448, then 2 x 352",)),
    Row("4", "netlib in OpenBLAS's place", swapped="netlib", found=("battery", "training"), cause="`lib/libnetlib.so.3` is loaded in the place of the lock's own `lib/libopenblas.so.0`",
        told=("one block; one accumulator; not fused", "--repair")),
    Row("4", "BLIS in OpenBLAS's place", swapped="blis", found=("battery", "training"), cause="`lib/libblis.so.4` is loaded in the place of the lock's own"),
    Row("4", "ATLAS in OpenBLAS's place", swapped="atlas", found=("battery", "training"), cause="`lib/libatlas.so.3` is loaded in the place of the lock's own", told=("4 accumulators",)),
    Row("4", "OpenBLAS in BLIS's place", build="blis", swapped="openblas", found=("battery", "training"), cause="`lib/libopenblas.so.0` is loaded in the place of the lock's own `lib/libblis.so.4`"),
    Row("4", "OpenBLAS in netlib's place, of a kernel that adds up alike until K is 512", build="netlib", swapped="openblas", drift={"OPENBLAS_CORETYPE": "Nehalem"},
        found=("battery",), silent=("training",), cause="in the place of the lock's own `lib/libnetlib.so.3`"),
    Row("4", "another lock, with BLIS", another="blis", found=("battery", "training"), explain=0,
        told=("library: accepted lib/libopenblas.so.0, now lib/libblis.so.4", "lib/libopenblas.so.0 (gone)")),
    Row("5", "BLIS's kernel by BLIS_ARCH_TYPE", build="blis", drift={"BLIS_ARCH_TYPE": "25"}, found=("battery", "training"), cause="`BLIS_ARCH_TYPE=25` is set", told=("not fused",)),
    Row("5", "BLIS's kernel by the processor", build="blis", under={"BLIS_ARCH_TYPE": "25"}, processor=True, found=("battery", "training"), cause="took `25` when the baseline was accepted",
        told=("variables: {BLIS_ARCH_TYPE: 25}",)),
    Row("6", "a sum of integers that is wrong", "faithful", swapped="wrong_integer", code="tier-wrong", found=("integers", "battery"), told=("element [3,5]", "the exact sum"), cause=OWN),
    Row("6", "a product that leaves the bound", "faithful", swapped="wrong_bound", code="tier-wrong", found=("battery",), silent=("integers",), told=("element [0,5]", "farther than"), cause=OWN),
    Row("7", "a small library linked with -ffast-math", "small", small="flushing", code="tier-fp-environment", found=("training",), silent=("integers", "battery"),
        cause="`lib/libsmall.so` is not the lock's; the lock's own computes", told=("`lane.ftz`", "flush-to-zero, denormals-are-zero", "`subnormal results`", "libsmall.so` does it when it is loaded alone")),
    Row("7", "subnormal numbers switched off in the first call", "faithful", swapped=LATE, code="tier-fp-environment", silent=("battery",), cause=OWN, told=("flush-to-zero", "`subnormal inputs`")),
    control("8", "the same library as GCC 13 links it", build="small", small="not_flushing"),
    Row("9", "subnormal numbers switched off for every program", drift={"LD_PRELOAD": "$FLUSHING"}, code="fp-environment", silent=("battery",), cause="`LD_PRELOAD=.*` is set",
        told=("tier-fp-environment", "it was so before the library was loaded", "libflushing.so` does it when it is loaded alone")),
    Row("10", "rounding upward, left by a library", "small", small=UPWARD, code="tier-fp-environment", cause="`lib/libsmall.so` is not the lock's", told=("rounding upward", "libsmall.so` does it when it is loaded alone")),
    Row("11", "multiplication and addition fused by the compiler", "columns", swapped="columns_fused", found=("battery", "training"), needs="fma",
        cause="was changed|in the place of the lock's own", told=("order of sums, accepted: .*one accumulator; not fused", "order of sums, now: .*one accumulator; fused")),
    Row("12", "a library compiled with -ffast-math", "columns", swapped="rows_fast_math", found=("battery", "training"), needs="fma",
        cause="was changed|in the place of the lock's own", told=("order of sums, now: .*accumulators",)),
    Row("21, 37", "results that depend on where memory lies, and on the number of rows", under={"OPENBLAS_CORETYPE": "Haswell"}, drift={"OPENBLAS_CORETYPE": "Haswell"}, code="",
        varies=(("alignment", "sasum"), ("rows", "sgemm")), needs="avx2"),
    Row("22", "sums in an order that changes from run to run", "faithful", swapped="unordered", cause=OWN, code="tier-unstable", repeat=1, silent=("integers",), told=("first in section `battery`",)),
    Row("41", "one bit of one element", "faithful", swapped="bit_flip", cause=OWN, code="tier-unstable", repeat=1, silent=("integers",), told=("first in section `battery`, .*`gemm.nn.512x512x512`",)),
    Row("24", "operands rounded to TF32", "faithful", swapped="tf32", cause=OWN, code="tier-wrong", found=("battery", "training"), silent=("integers",), told=("farther than",)),
    Row("35", "sums kept in bf16 between two blocks", "faithful", swapped="bf16_sums", cause=OWN, code="tier-wrong", found=("integers", "battery"), told=("the exact sum",)),
    Row("42", "a library of the system, by LD_LIBRARY_PATH", drift={"LD_LIBRARY_PATH": str(blas.LIBRARIES / "blas")}, found=("battery", "training"),
        cause="`LD_LIBRARY_PATH=.*` is set", told=("tier-outside",)),
    Row("42", "a library of the system, by LD_PRELOAD", drift={"LD_PRELOAD": str(blas.LIBRARIES / "blas/libblas.so.3")}, found=("battery", "training"),
        cause="`LD_PRELOAD=.*` is set", told=("tier-outside",)),
    control("1", "the kernel that is the default, named", drift={"OPENBLAS_CORETYPE": "$KERNEL"}),
    # What stays silent together is silent alone.
    control("3, 20, 25, 39", "threads that the shell asks for, settings of MKL and CUDA where there is neither, the seed of hashes",
            {"OMP_NUM_THREADS": "7", "OPENBLAS_NUM_THREADS": "3", "GOTO_NUM_THREADS": "2", "MKL_NUM_THREADS": "2", "MKL_CBWR": "COMPATIBLE", "MKL_DYNAMIC": "true",
             "NVIDIA_TF32_OVERRIDE": "1", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "1", "CUBLAS_WORKSPACE_CONFIG": ":16:8", "PYTHONHASHSEED": "7"}),
    control("4", "OpenBLAS with threads in the serial one's place", swapped="openblas_threads"),
    control("4", "OpenBLAS with OpenMP in the serial one's place", swapped="openblas_openmp"),
    control("4", "another lock, with the OpenBLAS that has threads", another="openblas_threads"),
    Row("13", "another libm", build="python", tier="numpy", drift={"LD_PRELOAD": "$LIBM"}, found=("legacy",), silent=("exact", "gemm", "sort"), cause="`LD_PRELOAD=.*` is set"),
    Row("15", "numpy's instruction sets", build="python", tier="numpy", drift={"NPY_DISABLE_CPU_FEATURES": "$FEATURES"}, found=("math",), silent=("exact", "gemm"),
        cause="`NPY_DISABLE_CPU_FEATURES=.*` is set", needs="avx2"),
    Row("15", "numpy's instruction sets, by the processor", build="python", tier="numpy", under={"NPY_DISABLE_CPU_FEATURES": "$FEATURES"}, processor=True, found=("math",),
        cause="takes other code here; {NPY_DISABLE_CPU_FEATURES: ", needs="avx2"),
    Row("1", "OpenBLAS's kernel, in what numpy computes", build="python", tier="numpy", drift={"OPENBLAS_CORETYPE": "Prescott"}, found=("gemm", "linalg"), silent=("exact", "math", "sort"),
        cause="`OPENBLAS_CORETYPE=Prescott` is set"),
    Row("1, 15", "two variables at once", build="python", tier="numpy", drift={"OPENBLAS_CORETYPE": "Prescott", "NPY_DISABLE_CPU_FEATURES": "$FEATURES"}, found=("gemm", "math"),
        cause="`NPY_DISABLE_CPU_FEATURES=.*` is set, .*; and `OPENBLAS_CORETYPE=Prescott` is set", needs="avx2"),
    Row("1", "a variable that is not set any more", under={"OPENBLAS_CORETYPE": "Prescott"}, found=("battery", "training"),
        cause="`OPENBLAS_CORETYPE=Prescott` was set when the baseline was accepted, and is not now", told=("variables: {OPENBLAS_CORETYPE: Prescott}",)),
    control("14, 39", "glibc without newer instructions, the seed of hashes, and what a user has beside the environment",
            {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4", "PYTHONHASHSEED": "7", "PYTHONPATH": "$STRANGE", "PYTHONUSERBASE": "$STRANGE"}, build="python", tier="numpy", needs="avx512vl"),
]


class Laboratory:
    """Channels, environments and baselines that all rows share."""

    def __init__(self):
        self.folder = shared_folder_for_channels() / "catalogue"
        self.folder.mkdir()
        self.channels, self.environments, self.accepted, self.features = {}, {}, set(), ""
        self.missing = self._why_not()
        if not self.missing:
            self.channel = self._write_channel()

    @staticmethod
    def _why_not():
        if NATIVE != "linux-64":
            return "the rows' kernels are x86-64's"
        if shutil.which("g++") is None:
            return "no compiler"
        return "" if (blas.LIBRARIES / blas.BUILDS["openblas"][1]).exists() else "no libopenblas0-serial"

    def _write_channel(self):
        openblas = (blas.LIBRARIES / blas.BUILDS["openblas"][1]).resolve().read_bytes()
        common = {"subdir": NATIVE, "timestamp": blas.TIMESTAMP}
        beside = Package("openblas-beside", "1.0", "0", files=[File("lib/libopenblas.so.0", openblas, executable=True)], **common)
        small = libraries.not_flushing()
        files = [File("lib/libblas.so.3", libraries.needing(small), executable=True), File("lib/libsmall.so", small, executable=True)]
        packages = [beside, Package("libblas", "3.9.0", "small", depends=["openblas-beside"], files=files, **common)]
        packages += [Package("libblas", "3.9.0", build, depends=["openblas-beside"], files=[File("lib/libblas.so.3", libraries.changed(build), executable=True)], **common)
                     for build in libraries.CHANGED]
        packages += [Package("libblas", "3.9.0", build, files=[File("lib/libblas.so.3", libraries.built(code, flags), executable=True)], **common)
                     for build, (code, flags) in libraries.COMPILED.items()]
        self.builds = set(blas.write_channel(self.folder / "channel", tuple(blas.BUILDS), packages)["builds"]) | {p.build for p in packages}
        for name in ("flushing", "other_libm"):
            (self.folder / f"lib{name}.so").write_bytes(getattr(libraries, name)())
        strange = self.folder / "strange/lib/python{}.{}/site-packages".format(*sys.version_info[:2])
        strange.mkdir(parents=True)
        for place in (self.folder / "strange", strange):
            (place / "usercustomize.py").write_text("raise SystemExit('a stranger')\n")
            (place / "numpy.py").write_text("raise SystemExit('a stranger')\n")
        return self.folder / "channel"

    def python_channel(self):
        """With the distribution's own python and numpy, whose libraries come from the environment; a reason instead where that cannot be."""
        if "python" not in self.channels:
            out = self.folder / "python"
            made = subprocess.run([sys.executable, "-B", FIXTURES / "make_torch_channel.py", out, "--without-torch"], capture_output=True, text=True)
            told = json.loads(made.stdout) if made.returncode == 0 else {"numpy": None, "missing": [made.stderr[-300:]]}
            self.channels["python"] = (out, "" if told["numpy"] else "; ".join(told["missing"]))
        return self.channels["python"]

    def value(self, text):
        """What stands for a place, or for what this machine has."""
        known = {"$FLUSHING": "libflushing.so", "$LIBM": "libother_libm.so", "$STRANGE": "strange"}
        return str(self.folder / known[text]) if text in known else self.features if text == "$FEATURES" else text


_laboratory = []


class Catalogue(Rows):
    def setUp(self):
        super().setUp()
        if not _laboratory:
            _laboratory.append(Laboratory())
        self.lab = _laboratory[0]
        if self.lab.missing:
            self.skipTest(f"skipped: {self.lab.missing}")
        self.cache = self.lab.folder / "cache"

    def environment_of(self, build, changed=""):
        """Lock and prefix of a build; `changed`: one more prefix of the same lock, to be changed."""
        key = (build, changed)
        if key not in self.lab.environments:
            channel, wanted = self.lab.channel, [f"libblas=3.9.0={build}", "numpy"]
            if build == "python":
                channel, why = self.lab.python_channel()
                if why:
                    self.skipTest(f"skipped: {why}")
                wanted = ["libblas=3.9.0=openblas", "numpy"]
            prefix = self.lab.folder / f"prefix-{build}-{changed}"
            lock = self.made(self.lab.folder / f"lock-{build}", *([] if changed else wanted), channel=channel, prefix=prefix)
            self.lab.environments[key] = (lock, prefix)
        return self.lab.environments[key]

    def variables(self, named):
        values = {name: self.lab.value(value) for name, value in named.items()}
        return {name: self.kernel if value == "$KERNEL" else value for name, value in values.items()}

    def accepted(self, row):
        """The baseline of the row's build under its variables."""
        lock, prefix = self.environment_of(row.build)
        if row.build == "python" and "$FEATURES" in [*row.under.values(), *row.drift.values()] and not self.lab.features:
            used = self.accepted_kernel(Row("", "", build="python"), "numpy").split()
            self.lab.features = " ".join(name for name in used if name.startswith("AVX512") or name in ("AVX2", "FMA3", "X86_V3", "X86_V4"))
        under = self.variables(row.under)
        name = "-".join([row.build, *(f"{k}-{v}" for k, v in sorted(under.items()))])
        name += "-processor" if row.processor else ""
        baseline = self.lab.folder / (re.sub(r"[^\w-]+", "_", name) + ".json")
        if name not in self.lab.accepted:
            findings, _ = self.gate(lock, prefix, baseline, "--accept", env=under)
            self.assertEqual(findings, {})
            if row.processor:
                baseline.write_text(without_variables(baseline.read_text()))
            self.lab.accepted.add(name)
        return lock, baseline

    def accepted_kernel(self, row, tier):
        """The code that a library takes by itself, as the baseline has it."""
        classes = json.loads(self.accepted(row)[1].read_text())["classes"].values()
        found, = (each["details"]["kernel"] for several in classes for accepted in several if accepted for each in accepted["tiers"] if each["tier"] == tier)
        return found

    def swap(self, prefix, row):
        """Puts another library into the place of the environment's own."""
        if row.small:
            (prefix / "lib/libsmall.so").unlink()
            (prefix / "lib/libsmall.so").write_bytes(getattr(libraries, row.small)())
            return
        _, other = self.environment_of(row.swapped)
        source = (other / "lib/libblas.so.3").resolve()
        for link in ("libblas.so.3", "libcblas.so.3"):
            (prefix / "lib" / link).unlink(missing_ok=True)
        if source.name == "libblas.so.3":
            shutil.copy(source, prefix / "lib/libblas.so.3")
            return
        (prefix / "lib" / source.name).unlink(missing_ok=True)
        shutil.copy(source, prefix / "lib" / source.name)
        for link in ("libblas.so.3", "libcblas.so.3"):
            (prefix / "lib" / link).symlink_to(source.name)

    def now(self, row, lock):
        """Lock and prefix as they are after the drift."""
        if row.another:
            return self.environment_of(row.another)
        if not row.swapped and not row.small:
            return self.environment_of(row.build)
        key = (row.build, row.swapped or row.small)
        is_new = key not in self.lab.environments
        _, prefix = self.environment_of(*key)
        if is_new:
            self.swap(prefix, row)
        return lock, prefix

    def examine(self, row):
        for build in filter(None, (row.build, row.swapped, row.another)):
            if build != "python" and build not in self.lab.builds:
                self.skipTest(f"skipped: the distribution's `{build}` is not installed")
        if row.needs and row.needs not in features_of_processor():
            self.skipTest(f"skipped: this processor lacks {row.needs}")
        lock, baseline = self.accepted(row)
        self.kernel = ""
        if "$KERNEL" in row.drift.values():
            self.kernel = self.accepted_kernel(row, "blas")
        lock, prefix = self.now(row, lock)
        findings, tiers = self.gate(lock, prefix, baseline, "--explain", row.explain, env=self.variables(row.drift), repeat=row.repeat)
        tier = tiers[row.tier]
        shown = json.dumps({"findings": findings, "tier": tier}, indent=1)
        if not row.code:
            self.assertEqual((findings, tier["standing"]), ({}, "accepted"), shown)
        else:
            self.assertIn(row.code, findings, shown)
        differing = set(tier["differing_sections"] if row.tier == "blas" else tier["differing_components"])
        self.assertLessEqual(set(row.found), differing, shown)
        self.assertEqual(set(row.silent) & differing, set(), shown)
        for each in row.varies:
            self.assertIn(each, {(v["section"], v["op"]) for v in tier["variations"] if v["distinct"] > 1}, shown)
        causes = [cause["cause"] for cause in tier["causes"]]
        self.assertTrue(re.search(row.cause, causes[0]) if row.cause and causes else not row.cause and not causes, shown)
        for words in row.told:
            self.assertRegex(json.dumps(findings, ensure_ascii=False), ".*".join(map(re.escape, words.split(".*"))))


def title(row):
    return "test_row_" + re.sub(r"\W+", "_", f"{row.number} {row.name}{'' if row.code else ' (silent)'}").strip("_")


for each in ROWS:
    setattr(Catalogue, title(each), lambda self, row=each: self.examine(row))


if __name__ == "__main__":
    unittest.main()
