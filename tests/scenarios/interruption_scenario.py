"""Killed at any moment, two at once, a full disk: the lock is the old one, the new one or none, and never half of one."""
import os
import random
import resource
import shutil
import signal
import subprocess
import time
import unittest

from support import SMALL, TRAIN, Scenario

SEED = int(os.environ.get("ENVLOCK_TEST_SEED", "20260301"))


class Interruption(Scenario):
    def setUp(self):
        super().setUp()
        self.write("environment.yml", TRAIN)
        self.reference = self.lock_bytes("--cache", self.folder / "reference-cache")
        self.url = self.serve(SMALL)

    def start(self, *arguments, **more):
        command = self.command("lock", *arguments, "--channel-map", f"conda-forge={self.url}")
        return subprocess.Popen(command, cwd=self.work, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **more)

    def wait(self, process, timeout=120):
        _, err = process.communicate(timeout=timeout)
        return process.returncode, err.decode("utf-8", "replace")

    def test_kill_9_at_random_moments(self):
        print(f"seed {SEED}")
        generator = random.Random(SEED)
        shutil.rmtree(self.cache, ignore_errors=True)
        start = time.monotonic()
        code, err = self.wait(self.start("--cache", str(self.folder / "timed-cache")))
        self.assertEqual(code, 0, err)
        usual = time.monotonic() - start
        killed = 0
        for round_number in range(40):
            lock = self.work / "envlock.lock"
            if round_number % 2:
                lock.unlink(missing_ok=True)
            else:
                lock.write_bytes(self.reference)
            if round_number % 5 == 0:
                shutil.rmtree(self.cache, ignore_errors=True)
            # A lock with another variable has to be written anew, so that the kill can meet the writing.
            self.write("environment.yml", TRAIN.replace('"false"', f'"{round_number}"'))
            process = self.start()
            time.sleep(generator.uniform(0, usual * 1.1))
            process.send_signal(signal.SIGKILL)
            code, _ = self.wait(process)
            killed += code == -signal.SIGKILL
            if lock.exists():
                data = lock.read_bytes()
                self.assertIn(data, (self.reference, self.reference.replace(b'"false"', f'"{round_number}"'.encode())), f"round {round_number}: half a lock")
        self.assertGreater(killed, 5, "too few were met in the middle")
        self.write("environment.yml", TRAIN)
        self.assertEqual(self.lock_bytes(channel=self.url), self.reference, "the cache that was killed is whole")
        self.assertEqual(self.lock_bytes("--offline", channel=self.url), self.reference)

    def test_an_interrupt_leaves_the_old_lock(self):
        self.faults([{"path": "/noarch/", "fault": "stall", "seconds": 20}])
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                process = self.start("--cache", str(self.folder / f"cache-{number}"))
                time.sleep(0.7)
                process.send_signal(number)
                code, err = self.wait(process, timeout=15)
                self.assertIn(code, (130, 143, 2, -number), err)
                self.assertEqual((self.work / "envlock.lock").read_bytes(), self.reference)
        self.assertEqual(self.files(), {"environment.yml", "envlock.lock"})

    def test_many_at_once_share_one_cache_and_one_lock(self):
        for _ in range(3):
            shutil.rmtree(self.cache, ignore_errors=True)
            (self.work / "envlock.lock").unlink(missing_ok=True)
            for process in [self.start() for _ in range(6)]:
                code, err = self.wait(process)
                self.assertEqual(code, 0, err)
            self.assertEqual((self.work / "envlock.lock").read_bytes(), self.reference)
            self.assertEqual(self.files(), {"environment.yml", "envlock.lock"})

    def test_a_file_that_may_not_grow(self):
        """As on a full disk: every write beyond a few kilobytes fails."""
        for limit in (0, 1000, 20_000, 60_000):
            with self.subTest(limit):
                shutil.rmtree(self.cache, ignore_errors=True)
                lock = self.work / "envlock.lock"
                lock.write_bytes(b"the old one\n" if limit == 1000 else self.reference)
                before = lock.read_bytes()
                self.write("environment.yml", TRAIN + f'  LIMIT: "{limit}"\n')
                process = self.start(restore_signals=False, preexec_fn=lambda value=limit: limit_file_size(value))
                code, err = self.wait(process)
                self.assertEqual(code, 2, err)
                self.assertIn("error[", err)
                self.assertEqual(lock.read_bytes(), before)
                self.assertEqual(self.files(), {"environment.yml", "envlock.lock"})

    def test_a_full_disk(self):
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48k", "tmpfs", disk], capture_output=True).returncode == 0
        if not mounted:
            self.skipTest("cannot mount a small disk here; the limit on file sizes stands in for it")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], capture_output=True)
        (disk / "environment.yml").write_text(TRAIN)
        self.lock(disk / "environment.yml", channel=self.url, expect=2)
        self.assertEqual([p.name for p in disk.iterdir()], ["environment.yml"], "nothing half-written")
        # The cache may be on the full disk too: then locking still works.
        self.lock("--cache", disk / "cache", channel=self.url)
        self.assertEqual((self.work / "envlock.lock").read_bytes(), self.reference)

    def test_a_lock_that_is_a_link_or_a_folder(self):
        target = self.folder / "target.lock"
        target.write_bytes(b"")
        lock = self.work / "envlock.lock"
        lock.unlink()
        lock.mkdir()
        self.lock(channel=self.url, expect=2)
        lock.rmdir()
        self.lock(channel=self.url)
        self.assertEqual(lock.read_bytes(), self.reference)

    def test_stdout_that_is_closed_or_full(self):
        for target in ("/dev/full",):
            with open(target, "wb") as full:
                process = subprocess.run(self.command("lock", "--json", "--channel-map", f"conda-forge={self.url}"), cwd=self.work, env=self.environment, stdout=full,
                                         stderr=subprocess.PIPE, timeout=60)
            self.assertEqual(process.returncode, 2, process.stderr)


def limit_file_size(limit):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


if __name__ == "__main__":
    unittest.main()
