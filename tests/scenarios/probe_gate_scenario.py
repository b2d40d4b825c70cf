"""`envlock verify --probe`: an environment computes what was accepted, or it is said where and why it does not."""
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from install_support import InstallScenario, NATIVE, shared_folder_for_channels

from support import ENVLOCK
import make_blas_channel as blas  # support.py made fixtures/ importable
from channelkit.package import File, Package

_made = {}

# In front of the distribution's OpenBLAS, in which it chooses kernel and threads where the environment does not: as another version of a library may.
CHOOSING = """
#include <dlfcn.h>
#include <cstdlib>
using Gemm = void(int, int, int, int, int, int, float, const float*, int, const float*, int, float, float*, int);
static Gemm* real;
static void choose() __attribute__((constructor));
static void choose() {
  CHOICE
  Dl_info own;
  dladdr(reinterpret_cast<void*>(&choose), &own);
  char path[4096];
  char* end = realpath(own.dli_fname, path);
  for (char* c = path; *c; ++c) if (*c == '/') end = c;
  __builtin_strcpy(end, "/libreal.so");
  real = reinterpret_cast<Gemm*>(dlsym(dlopen(path, RTLD_NOW), "cblas_sgemm"));
}
extern "C" void cblas_sgemm(int o, int ta, int tb, int m, int n, int k, float alpha, const float* a, int lda, const float* b, int ldb, float beta, float* c, int ldc) {
  real(o, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
"""
CHOICES = {"7.0": 'setenv("OPENBLAS_CORETYPE", "Haswell", 0); setenv("OPENBLAS_NUM_THREADS", "2", 1);', "7.1": 'setenv("OPENBLAS_CORETYPE", "Prescott", 0);'}

# Each takes the place of a BLAS and misbehaves in its own way. What is right in them is a plain product, k ascending, 16 columns side by side.
PLAIN = """
#include <vector>
extern "C" void cblas_sgemm(int, int ta, int tb, int m, int n, int k, float alpha, const float* a, int lda, const float* b, int ldb, float beta, float* c, int ldc) {
  const int wide = (n + 15) / 16 * 16;
  std::vector<float> y(k * wide);
  for (int l = 0; l < k; ++l) for (int j = 0; j < n; ++j) y[l * wide + j] = tb == 111 ? b[l * ldb + j] : b[j * ldb + l];
  for (int i = 0; i < m; ++i) for (int from = 0; from < n; from += 16) {
    float sum[16] = {};
    for (int l = 0; l < k; ++l) for (int s = 0; s < 16; ++s) sum[s] += (ta == 111 ? a[i * lda + l] : a[l * lda + i]) * y[l * wide + from + s];
    for (int j = from; j < n && j < from + 16; ++j) { c[i * ldc + j] = alpha * sum[j - from]; ERR }
  }
}
"""
MISBEHAVING = {
    "crash": "struct S { S() { *(volatile int*)8 = 1; } } s;",
    "exit": "#include <cstdlib>\nstruct S { S() { std::_Exit(0); } } s;",
    "hang": "struct S { S() { for (volatile int i = 0;; i = 1) {} } } s;",
    "illegal": 'struct S { S() { __asm__ volatile("ud2"); } } s;',
    "talkative": '#include <cstdio>\n#include <clocale>\nstruct S { S() { std::setlocale(LC_ALL, "de_DE.UTF-8"); std::printf("hello\\n"); std::fflush(stdout); } } s;',
    "flushing": "#include <xmmintrin.h>\nstruct S { S() { _mm_setcsr(_mm_getcsr() | 0x8040); } } s;",
    "wrong": "",
}


def channel():
    """A channel of real libraries and misbehaving ones; skips the test where there are none."""
    if "channel" not in _made:
        out = shared_folder_for_channels() / "blas"
        more = []
        if shutil.which("g++"):
            for name, code in MISBEHAVING.items():
                if name == "flushing" and NATIVE != "linux-64":
                    continue
                # A mistake that rounding cannot explain, in one element of a large product.
                mistake = "if (k == 1024 && i == 3 && j == 5) c[i * ldc + j] *= 1.001f;" if name == "wrong" else ""
                library = blas.compiled(code + PLAIN.replace("ERR", mistake), "-O3")
                files = [File("lib/libblas.so.3", library, executable=True)]
                more.append(Package("libblas", "1.0", name, NATIVE, files=files, timestamp=blas.TIMESTAMP))
        # The bytes of the library are others, what it computes is not.
        original = blas.LIBRARIES / "openblas-serial/libopenblas.so.0"
        if original.exists():
            data = original.resolve().read_bytes()
            for version in ("5.0", "5.1"):
                files = [File("lib/libblas.so.3", data + version.encode(), executable=True)]
                more.append(Package("libblas", version, "bumped", NATIVE, files=files, timestamp=blas.TIMESTAMP))
        threaded = blas.LIBRARIES / "openblas-pthread/libopenblas.so.0"
        if threaded.exists() and shutil.which("g++"):
            for version, choice in CHOICES.items():
                library = blas.compiled(CHOOSING.replace("CHOICE", choice))
                files = [File("lib/libopenblas.so.0", library, executable=True), File("lib/libblas.so.3", link="libopenblas.so.0"), File("lib/libreal.so", threaded.resolve().read_bytes(), executable=True)]
                more.append(Package("libblas", version, "choosing", NATIVE, files=files, timestamp=blas.TIMESTAMP))
        made = blas.write_channel(out, ("openblas", "openblas_threads", "netlib"), more)
        _made["channel"] = (out, made)
    out, made = _made["channel"]
    if not made["numpy"] or "openblas" not in made["builds"]:
        raise unittest.SkipTest("skipped: no compiler, or no OpenBLAS of the distribution")
    return out


class Gate(InstallScenario):
    def make_environment(self, build, name="envlock.lock", prefix=None, version="3.9.0"):
        """Locks and installs numpy with that build of libblas."""
        lock = self.lock_of(f"libblas={version}={build}", "numpy", channels=[channel()], name=name)
        self.install(lock, "--no-compile", prefix=prefix)
        return lock

    def gate(self, lock, *arguments, expect=0, writes=(), repeat=0, **more):
        result = self.run_envlock("verify", lock, "-p", more.pop("prefix", self.prefix), "--probe", "--json", "--probe-repeat", repeat, *arguments, writes=writes, **more)
        self.document = document = json.loads(result.out)
        findings = {each["code"]: each for each in document.get("findings", []) if each["group"] == "probe"}
        self.assertEqual(result.code, expect, json.dumps(list(findings.values()) or document, indent=1)[:3000])
        return findings

    def accept(self, lock, repeat=0, **more):
        self.assertEqual(self.gate(lock, "--accept", writes=["envlock.baseline.json"], repeat=repeat, **more), {})
        return self.work / "envlock.baseline.json"


class Story(Gate):
    def test_accepted_then_another_kernel_then_the_remedy(self):
        lock = self.make_environment("openblas")
        self.assertIn("baseline-absent", self.gate(lock))
        baseline = self.accept(lock, repeat=1).read_bytes()
        self.assertEqual(self.gate(lock), {})

        drift = {"OPENBLAS_CORETYPE": "Prescott"}
        finding = self.gate(lock, env=drift, expect=1)["tier-differs"]
        self.assertIn("the BLAS of `numpy` computes other bits than were accepted", finding["what"])
        told = "\n".join(finding["why"])
        self.assertIn("the training run parts at step 0", told)
        self.assertIn("proved by a replay that gives the accepted digests: `OPENBLAS_CORETYPE=Prescott` is set", told)
        self.assertIn("order of sums, accepted:", told)
        self.assertIn("unset OPENBLAS_CORETYPE", finding["hints"][0])
        self.assertEqual(self.gate(lock, env={"PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "7", "OPENBLAS_NUM_THREADS": "3"}), {})
        self.assertEqual((self.work / "envlock.baseline.json").read_bytes(), baseline)
        self.assert_private(baseline.decode())
        told = self.run_envlock("verify", lock, "-p", self.prefix, "--accept", "--probe-repeat", "0", env={"OPENBLAS_CORETYPE": "Haswell"})
        self.assertEqual((told.code, told.codes()), (0, ["accepted-under-variable"]), told.err)

    def assert_private(self, text):
        for secret in (str(self.folder), str(self.home), str(self.prefix), "/usr/", "/home"):
            self.assertNotIn(secret, text)

    def test_another_library_and_the_people_s_words(self):
        lock = self.make_environment("netlib")
        self.accept(lock)
        other = self.make_environment("openblas", name="other.lock", prefix=self.folder / "other")
        result = self.run_envlock("verify", other, "-p", self.folder / "other", "--probe", "--probe-repeat", "0", "--explain", "0")
        self.assertEqual(result.code, 1, result.out)
        for words in ("ok  reference", "no  numpy", "error[tier-differs]", "lib/libnetlib.so.3 (gone)", "library: accepted lib/libnetlib.so.3, now lib/libopenblas.so.0"):
            self.assertIn(words, result.out)
        # The environment is what is locked, so it is the lock that changed.
        for words in ("error[baseline-other-lock]", "is for another lock than", "`libblas 3.9.0` has `lib/libopenblas.so.0`, which was not there", "`lib/libnetlib.so.3` of `libblas` is not there any more"):
            self.assertIn(words, result.out)

    def test_another_machine_with_one_library_changed(self):
        lock = self.make_environment("openblas")
        self.accept(lock)
        other = self.folder / "other"
        self.install(lock, "--no-compile", prefix=other)
        shutil.copy(blas.LIBRARIES / "blas/libblas.so.3", other / "lib/libnetlib.so.3")
        (other / "lib/libblas.so.3").unlink()
        (other / "lib/libblas.so.3").symlink_to("libnetlib.so.3")
        findings = self.gate(lock, prefix=other, expect=1)
        self.assertNotIn("baseline-other-lock", findings, "the environment is not what is locked: nothing can be said of the lock")
        finding = findings["tier-differs"]
        told = "\n".join(finding["why"])
        self.assertIn("the training run parts at step 0, `fwd.0.attn.qkv`: forward pass, layer 0", told)
        self.assertIn("`lib/libnetlib.so.3` is loaded in the place of the lock's own `lib/libopenblas.so.0`, which computes what was accepted", told)
        self.assertIn("--repair` puts the lock's file back", finding["hints"][0])
        self.install(lock, "--repair", "--no-compile", prefix=other)
        (other / "lib/libnetlib.so.3").unlink()
        self.assertEqual(self.gate(lock, prefix=other), {})

    def test_a_bump_that_computes_the_same_keeps_the_baseline(self):
        self.accept(self.make_environment("bumped", version="5.0"))
        self.assertEqual(self.gate(self.make_environment("bumped", version="5.1")), {})


class Causes(Gate):
    def setUp(self):
        super().setUp()
        if NATIVE != "linux-64" or not (blas.LIBRARIES / "openblas-pthread/libopenblas.so.0").exists():
            self.skipTest("skipped: needs an x86-64 and libopenblas0-pthread")
        if "avx2" not in pathlib.Path("/proc/cpuinfo").read_text():
            self.skipTest("skipped: this processor lacks AVX2")

    def proved(self, finding):
        return [line for line in finding["why"] if line.startswith("cause, proved")]

    def test_two_variables_that_changed_since(self):
        # Threads count where the lock sets them, for the probe sets them itself where it does not.
        then = self.lock_with_variables({"OPENBLAS_NUM_THREADS": "2", "OPENBLAS_CORETYPE": "Haswell"})
        self.install(then, "--no-compile")
        self.gate(then, "--accept", writes=["envlock.baseline.json"])
        self.assertEqual(self.gate(then), {})
        now = self.lock_with_variables({"OPENBLAS_CORETYPE": "Nehalem", "MKL_CBWR": "AVX2"})
        self.install(now, "--no-compile")
        finding = self.gate(now, "--explain", 200, expect=1)["tier-differs"]
        told, = self.proved(finding)
        self.assertIn("`OPENBLAS_CORETYPE=Nehalem` is set, and was `OPENBLAS_CORETYPE=Haswell` when the baseline was accepted; and `OPENBLAS_NUM_THREADS=2` was set", told)
        self.assertNotIn("MKL_CBWR", told, "what it does not take is no part of the cause")
        self.assertIn("variables: {OPENBLAS_CORETYPE: Haswell}", finding["hints"][0])
        self.assertIn("OPENBLAS_NUM_THREADS: 2", finding["hints"][0])

    def lock_with_variables(self, variables):
        lines = "".join(f"  {name}: {value}\n" for name, value in variables.items())
        return self.lock_of("libblas=3.9.0=openblas_threads", "numpy", channels=[channel()], more=f"variables:\n{lines}")

    def test_two_things_that_no_record_tells(self):
        self.accept(self.make_environment("choosing", version="7.0"))
        lock = self.make_environment("choosing", version="7.1")
        finding = self.gate(lock, "--explain", 200, expect=1)["tier-differs"]
        proved = self.proved(finding)
        self.assertTrue(proved, finding)
        self.assertIn("took `Haswell` or one that adds up alike when the baseline was accepted; and it ran on 1 thread, and on 2 threads when", proved[0])
        self.assertIn("OPENBLAS_CORETYPE: Haswell", finding["hints"][0])
        self.assertIn("OPENBLAS_NUM_THREADS: 2", finding["hints"][0])


class Portable(Gate):
    @unittest.skipUnless(NATIVE == "linux-64", "skipped: pins are for x86-64")
    def test_pins_are_proposed_and_proved_and_then_one_class_serves_more_machines(self):
        if "avx2" not in pathlib.Path("/proc/cpuinfo").read_text():
            self.skipTest("skipped: this processor lacks AVX2")
        lock = self.make_environment("openblas")
        self.accept(lock)
        self.gate(lock, "--portable")
        portable = self.document["probe"]["portable"]
        pin = {"library": "OpenBLAS", "variable": "OPENBLAS_CORETYPE", "value": "Haswell", "proposed": True, "proof": "named", "kernel": "Haswell", "differing": 0}
        self.assertEqual((portable["pins"], portable["consistent"]), ([pin], True))
        self.assertEqual({check["same"] for check in portable["checks"]}, {True}, portable["checks"])
        self.assertEqual(portable["hardware"], "x86_64, avx2, 1 thread")

        lock = self.lock_of("libblas=3.9.0=openblas", "numpy", channels=[channel()], more="variables:\n  OPENBLAS_CORETYPE: Haswell\n")
        self.install(lock, "--no-compile")
        self.accept(lock)
        classes = [each for several in json.loads((self.work / "envlock.baseline.json").read_text())["classes"].values() for each in several if each]
        self.assertEqual(len(classes), 1, "the class of the lock without the pin is superseded")
        self.assertEqual((classes[0]["hardware"]["vendor"], classes[0]["hardware"]["l2_bytes"]), ("", 0))
        self.assertEqual([isa for isa in classes[0]["hardware"]["isa"] if "512" in isa], [])
        # What the cache is said to be does not matter any more, and a kernel that only this shell chooses does not come through.
        self.assertEqual(self.gate(lock, env={"OPENBLAS_L2_SIZE": "512"}), {})
        self.assertEqual(self.document["probe"]["hardware"], "x86_64, avx2, 1 thread")
        self.assertEqual(self.gate(lock, env={"OPENBLAS_CORETYPE": "Prescott"}), {})


class Snapshots(Gate):
    def snapshot(self, name, **more):
        result = self.run_envlock("snapshot", self.prefix, "--probe", "--probe-repeat", 0, "-o", name, writes=[name], **more)
        self.assertEqual(result.code, 0, result.err)
        return (self.work / name).read_text()

    def test_two_machines_compared_without_a_lock(self):
        self.make_environment("openblas")
        first = self.snapshot("a.json")
        self.assertEqual(self.snapshot("b.json"), first, "the same environment on the same machine gives the same bytes")
        equal = self.run_envlock("diff", "a.json", "b.json")
        self.assertEqual((equal.code, equal.out.splitlines()[-1]), (0, "2 parts of the probe compute the same"), equal.out)
        for secret in (str(self.folder), str(self.prefix), "/usr/"):
            self.assertNotIn(secret, json.dumps(json.loads(first)["probe"]))

        self.snapshot("c.json", env={"OPENBLAS_CORETYPE": "Prescott"})
        result = self.run_envlock("diff", "a.json", "c.json", "--json")
        difference, = json.loads(result.out)["differences"]
        self.assertEqual((result.code, difference["equal_tiers"]), (1, 1), "the reference run is equal")
        tier, = difference["computed"]
        self.assertEqual((tier["tier"], tier["subject"], tier["from"], tier["to"]), ("blas", "numpy", "ran", "ran"))
        self.assertEqual((tier["training"]["step"], tier["training"]["op"]), (0, "fwd.0.attn.qkv"))
        self.assertEqual(tier["causes"][0], "only the second sets `OPENBLAS_CORETYPE=Prescott`")
        self.assertTrue(tier["causes"][1].startswith("kernel: "), tier["causes"])
        words = self.run_envlock("diff", "a.json", "c.json").out
        self.assertIn("the BLAS of `numpy` parts at step 0, `fwd.0.attn.qkv` (forward pass, layer 0)", words)
        self.assertIn("differs too: only the second sets `OPENBLAS_CORETYPE=Prescott`", words)

        digest = json.loads(first)["probe"]["tiers"][0]["sections"][1]["root"]
        (self.work / "b.json").write_text(first.replace(digest, digest[::-1], 1))
        edited = self.run_envlock("diff", "a.json", "b.json")
        self.assertEqual((edited.code, edited.codes()), (2, ["probe-run-edited"]), edited.err)


class Baselines(Gate):
    def test_what_a_baseline_may_not_be(self):
        lock = self.make_environment("openblas")
        file = self.accept(lock)
        good = file.read_text()
        cases = {
            "baseline-edited": good.replace('"threads": 1', '"threads": 2', 1),
            "baseline-spec": good.replace("probe-tiers/1", "probe-tiers/7"),
            "baseline-version": good.replace('"version": 1', '"version": 9', 1),
            "baseline-invalid": good[:5000],
        }
        for code, text in cases.items():
            with self.subTest(code):
                file.write_text(text)
                self.assertEqual(self.gate(lock, expect=2).keys() - {"baseline-unknown-class"}, {code})
                probe = self.document["probe"]
                self.assertEqual([probe["reference"]["verdict"], *(tier["verdict"] for tier in probe["tiers"])], ["as-specified", "consistent"], "the other parts still run")
                told = self.run_envlock("verify", lock, "-p", self.prefix, "--accept", "--probe-repeat", 0)
                if code in ("baseline-edited", "baseline-spec"):
                    self.assertEqual((told.code, told.codes()), (0, ["baseline-replaced"]), told.err)
                    self.assertEqual(file.read_text(), good)
                else:
                    self.assertEqual((told.code, told.codes(), file.read_text()), (2, [code], text), "not ours to replace")
        file.write_text(good)
        # Two threads are another class of hardware.
        self.assertIn("baseline-unknown-class", self.gate(lock, "--probe-threads", 2))
        self.assertIn("baseline-unknown-class", self.gate(lock, "--probe-threads", 2, "--unknown-class", "fail", expect=2))
        policy = self.work / "envlock.toml"
        for text, flags, code in (("[probe]\nunknown-class = 'fail'\n", (), 2), ("unknown_class = 'fail'\n", ("--unknown-class", "notice"), 0)):
            policy.write_text(text)
            self.assertIn("baseline-unknown-class", self.gate(lock, "--probe-threads", 2, *flags, expect=code))
        policy.write_text("[probe]\nunknown-class = 'maybe'\n")
        result = self.run_envlock("verify", lock, "-p", self.prefix, "--probe", "--probe-repeat", 0)
        self.assertEqual((result.code, result.codes()), (2, ["invalid-policy"]), result.err)
        policy.unlink()
        self.gate(lock, "--probe-threads", 2, "--accept", writes=["envlock.baseline.json"])
        self.assertEqual(self.gate(lock), {})

    def test_git_merges_what_two_hosts_accept(self):
        if shutil.which("git") is None:
            self.skipTest("skipped: no git")
        lock = self.make_environment("openblas")
        git = lambda *words: subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=self.work, check=True, capture_output=True)
        git("init", "-q", "-b", "main")
        git("commit", "-q", "--allow-empty", "-m", "nothing")
        self.accept(lock)
        git("add", "envlock.baseline.json")
        git("commit", "-q", "-m", "one")
        for threads in (2, 3):
            git("checkout", "-q", "-b", f"host{threads}", "main")
            self.gate(lock, "--probe-threads", threads, "--accept")
            git("commit", "-q", "-a", "-m", f"{threads}")
        git("merge", "-q", "-m", "both", "host2")
        self.assertEqual(self.gate(lock, "--probe-threads", 2), {})
        classes = [each for several in json.loads((self.work / "envlock.baseline.json").read_text())["classes"].values() for each in several if each]
        self.assertEqual(sorted(each["hardware"]["threads"] for each in classes), [1, 2, 3])


class Misbehaving(Gate):
    def setUp(self):
        super().setUp()
        if shutil.which("g++") is None:
            self.skipTest("skipped: no compiler")

    def test_each_is_named_and_the_reference_still_runs(self):
        for name, (code, exit_code) in {"crash": ("tier-crashed", 2), "exit": ("tier-crashed", 2), "illegal": ("tier-crashed", 2), "hang": ("tier-hung", 2), "wrong": ("tier-wrong", 1)}.items():
            with self.subTest(name):
                seconds = 1 if name == "hang" else 100
                shutil.rmtree(self.prefix, ignore_errors=True)
                lock = self.make_environment(name, version="1.0")
                self.assertEqual(list(self.gate(lock, "--probe-timeout", seconds, expect=exit_code)), [code])
                self.assertEqual(self.document["probe"]["tiers"][0]["details"]["library"], "lib/libblas.so.3")
                if name in ("exit", "illegal"):
                    continue  # told apart from a crash by the signal alone
                refused = self.run_envlock("verify", lock, "-p", self.prefix, "--probe", "--probe-repeat", 0, "--probe-timeout", seconds, "--accept")
                self.assertEqual(refused.codes()[-1:], ["probe-not-accepted"], refused.err)

    def test_a_child_whose_asker_is_gone_does_nothing(self):
        for asker, told in ((os.getpid(), (0, "unloadable")), (1, (64, ""))):
            child = subprocess.run(["sh", "-c", f"exec '{ENVLOCK}' probe-child {asker} load /nonexistent 3>&1"], capture_output=True, text=True)
            self.assertEqual((child.returncode, child.stdout.partition("\n")[0]), told)

    def test_one_that_prints_and_changes_the_locale_does_no_harm(self):
        lock = self.make_environment("talkative", version="1.0")
        self.assertEqual(list(self.gate(lock)), ["baseline-absent"])

    @unittest.skipUnless(NATIVE == "linux-64", "skipped: only x86-64 has MXCSR")
    def test_one_that_flushes_subnormals_is_named(self):
        lock = self.make_environment("flushing", version="1.0")
        finding = self.gate(lock, expect=1)["tier-fp-environment"]
        self.assertIn("libblas.so.3` does it when it is loaded alone", "\n".join(finding["why"]))


if __name__ == "__main__":
    unittest.main()
