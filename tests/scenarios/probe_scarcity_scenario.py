"""The reference probe where memory, threads, disk, processor time or patience run out."""
import json
import os
import pathlib
import resource
import signal
import subprocess
import time
import unittest

from probe_support import SANITIZED, Probe
from support import ENVLOCK


class Scarcity(Probe):
    @unittest.skipIf(SANITIZED, "skipped: AddressSanitizer reserves terabytes of addresses")
    def test_little_memory(self):
        """It runs, or says that memory or threads are short: it never crashes."""
        codes = {}
        for megabytes in (40, 45, 50, 60, 80, 120, 200):
            for threads in (1, 4):
                limit = lambda value=megabytes << 20: resource.setrlimit(resource.RLIMIT_AS, (value, value))  # noqa: E731
                done = subprocess.run([ENVLOCK, "probe", "run", "--json", "--steps", "2", "--threads", str(threads)], env=self.environment, capture_output=True, preexec_fn=limit, timeout=120)
                if done.returncode == 127:
                    continue  # not even the program's libraries fitted in
                shown = f"{megabytes} MB, {threads} threads: {done.returncode} {done.stderr}"
                self.assertIn(done.returncode, (0, 2), shown)
                if done.returncode == 2:
                    errors = {error["code"] for error in json.loads(done.stdout)["errors"]}
                    self.assertLessEqual(errors, {"out-of-memory", "thread-refused", "repeat-failed", "child-failed"}, shown)
                codes[megabytes, threads] = done.returncode
        self.assertEqual(codes[200, 1], 0)

    @unittest.skipIf(SANITIZED, "skipped: AddressSanitizer reserves terabytes of addresses")
    def test_too_many_threads(self):
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))  # noqa: E731
        result = self.run_envlock("probe", "run", "--threads", 1000, "--steps", 1, preexec_fn=limit)
        self.assertEqual((result.code, result.codes()), (2, ["thread-refused"]))
        self.assertIn("--threads", result.err)

    def test_a_full_disk(self):
        for option in ("-o", "--html"):
            with self.subTest(option):
                self.refused("probe", "run", "--steps", 1, "--repeat", 0, option, "/dev/full", code="file-unwritable", words=["/dev/full", "No space left"])
        self.assertTrue(pathlib.Path("/dev/full").is_char_device())
        self.refused("probe", "run", "--steps", 1, "--repeat", 0, "-o", "nowhere/run.json", code="file-unwritable", words=["nowhere/run.json"])
        (self.work / "folder").mkdir()
        self.refused("probe", "run", "--steps", 1, "--repeat", 0, "-o", "folder", code="file-unwritable", words=["folder"])

    def test_a_file_that_may_not_grow_stays_as_it_was(self):
        self.write("run.json", "the old one\n")

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))

        result = self.run_envlock("probe", "run", "--steps", 1, "--repeat", 0, "-o", "run.json", preexec_fn=limit, restore_signals=False)
        self.assertEqual((result.code, result.codes()), (2, ["file-unwritable"]))
        self.assertEqual((self.work / "run.json").read_text(), "the old one\n")

    def test_stdout_that_is_full_or_closed(self):
        for arguments in (["--json"], []):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([ENVLOCK, "probe", "run", "--steps", "1", *arguments], env=self.environment, stdout=full, stderr=subprocess.PIPE, timeout=60)
            self.assertEqual(done.returncode, 2, done.stderr)
            done = subprocess.run(["sh", "-c", '"$0" probe run --steps 1 "$@" >&-', ENVLOCK, *arguments], env=self.environment, capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 2, done.stderr)
            done = subprocess.run(["sh", "-c", '"$0" probe run --steps 1 "$@" | head -c 10', ENVLOCK, *arguments], env=self.environment, capture_output=True, timeout=60)
            self.assertEqual(done.stderr.count(b"terminate"), 0, done.stderr)

    def test_stdin_and_stderr_closed(self):
        done = subprocess.run(["sh", "-c", '"$0" probe run --json --steps 2 <&- 2>&-', ENVLOCK], env=self.environment, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout[:300])
        self.assertEqual(json.loads(done.stdout)["repeat"], {"runs": 1, "wrong": "neither"})

    def test_ctrl_c(self):
        """The terminal sends it to all of us: it ends at once, with 130, and leaves nothing, neither file nor process."""
        for moment in (0.05, 0.4, 0.9):
            for arguments in (["--repeat", "20"], ["--soak", "600"]):
                with self.subTest((moment, arguments)):
                    process = subprocess.Popen(
                        [ENVLOCK, "probe", "run", *arguments, "-o", "run.json"], cwd=self.work, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
                    time.sleep(moment)
                    os.killpg(process.pid, signal.SIGINT)
                    out, err = process.communicate(timeout=30)
                    self.assertIn(process.returncode, (130, -signal.SIGINT), err)  # the latter before main had begun
                    self.assertEqual(out, b"")
                    self.assertEqual(self.files(), set())
                    with self.assertRaises(ProcessLookupError):
                        for _ in range(100):
                            os.killpg(process.pid, 0)
                            time.sleep(0.05)

    def test_a_quota_of_processor_time(self):
        """A control group that may use half a processor, as containers have it."""
        for mount, version in (("/sys/fs/cgroup", 2), ("/sys/fs/cgroup/cpu", 1)):
            group = pathlib.Path(mount, f"envlock-test-{os.getpid()}")
            files = {2: {"cpu.max": "50000 100000"}, 1: {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "50000"}}[version]
            try:
                group.mkdir()
                self.addCleanup(remove_group, group)
                for name, value in files.items():
                    if not (group / name).exists():
                        raise OSError(f"{group} has no {name}")
                    (group / name).write_text(value)
            except OSError as error:
                remove_group(group)
                reason = str(error)
                continue
            enter = lambda: (group / "cgroup.procs").write_text(str(os.getpid()))  # noqa: E731
            document = self.probe("--steps", 3, preexec_fn=enter)
            self.assertEqual((document["verdict"], document["facts"]["threads"]), ("as-specified", 1))
            return
        self.skipTest(f"skipped: no control group can be made here: {reason}")


def remove_group(group):
    for _ in range(50):
        try:
            group.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    unittest.main()
