"""Killed at any moment, an install leaves a prefix that is whole or known not to be, and the next one completes it.

ENVLOCK_TEST_KILLS says how many kills, ENVLOCK_TEST_SEED from which numbers their moments come.
"""
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

from install_support import InstallScenario, tree

SEED = int(os.environ.get("ENVLOCK_TEST_SEED", "20260501"))
KILLS = int(os.environ.get("ENVLOCK_TEST_KILLS", "100"))
HISTORY = ["conda-meta/history"]


class Kill(InstallScenario):
    def start(self, lock):
        return subprocess.Popen(self.command("install", lock, "-p", self.prefix, "--quiet"), cwd=self.work, env=self.environment, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE)

    def finish(self, lock, told=""):
        process = self.start(lock)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, f"{told}\n{err.decode()}")

    def kill_one(self, lock, delay):
        """Starts an install and kills it; true when it was met alive."""
        process = self.start(lock)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        _, err = process.communicate(timeout=60)
        self.assertIn(process.returncode, (0, -signal.SIGKILL), err.decode())
        return process.returncode != 0

    def reference(self, lock):
        shutil.rmtree(self.prefix, ignore_errors=True)
        start = time.monotonic()
        self.finish(lock)
        return tree(self.prefix), time.monotonic() - start

    def check_between(self, lock, whole, number):
        """After a kill: what verify says is so."""
        result = self.run_envlock("verify", lock, "-p", self.prefix)
        if result.code == 0:
            # All is in place; at most the leftovers of the change are not swept yet.
            found = {k: v for k, v in tree(self.prefix).items() if not k.startswith("conda-meta/.envlock")}
            self.assert_same_tree(found, whole, left_out=HISTORY)
        elif (self.prefix / "conda-meta").exists():
            self.assertEqual(result.code, 1, f"kill {number}\n{result.out}\n{result.err}")
        else:
            self.assertEqual(result.code, 2, f"kill {number}: no environment\n{result.out}\n{result.err}")

    def test_kill_9_at_random_moments(self):
        print(f"seed {SEED}, {KILLS} kills")
        locks = [self.lock_of("hello 1.0", "clobber-a", "odd-names", name="old.lock"),
                 self.lock_of("hello 2.0", "clobber-a", "clobber-b", "scripted", name="new.lock", more="variables: {A: b}\n")]
        references = [self.reference(lock) for lock in locks]
        whole, usual = [r[0] for r in references], max(r[1] for r in references)
        generator = random.Random(SEED)
        shutil.rmtree(self.prefix)
        (self.home / "untouched").write_text("mine\n")
        met, started, round_number = 0, 0, 0
        while met < KILLS and started < 3 * KILLS:
            which = round_number % 2
            if round_number % 7 == 0:
                shutil.rmtree(self.prefix, ignore_errors=True)
            if round_number % 10 == 5:
                shutil.rmtree(self.cache, ignore_errors=True)
            # Up to three in a row: the second and third meet the recovery of the first.
            for _ in range(1 + round_number % 3):
                met += self.kill_one(locks[which], generator.uniform(0, usual))
                started += 1
            self.check_between(locks[which], whole[which], met)
            self.finish(locks[which], f"round {round_number}")
            self.assert_same_tree(tree(self.prefix), whole[which], left_out=HISTORY)
            if round_number % 4 == 0:
                self.verify(locks[which])
            round_number += 1
        print(f"{met} of {started} installs were met alive, in {round_number} rounds")
        self.verify(locks[(round_number - 1) % 2])
        self.assertGreaterEqual(met, KILLS // 2, "too few were met in the middle")
        self.assertEqual((self.home / "untouched").read_text(), "mine\n")

    def test_an_interrupt_puts_the_prefix_back(self):
        old, new = self.lock_of("hello 1.0", name="old.lock"), self.lock_of("hello 2.0", "odd-names", name="new.lock")
        whole, usual = self.reference(old)
        self.reference(new)
        for number in range(6):
            shutil.rmtree(self.prefix)
            self.finish(old)
            process = self.start(new)
            time.sleep(usual * number / 6)
            process.send_signal((signal.SIGINT, signal.SIGTERM)[number % 2])
            _, err = process.communicate(timeout=30)
            self.assertIn(process.returncode, (0, 2, 130, 143, -signal.SIGINT, -signal.SIGTERM), err.decode())
            self.finish(old)
            self.assert_same_tree(tree(self.prefix), whole, left_out=HISTORY)


if __name__ == "__main__":
    unittest.main()
