"""Installs over a network that fails, from a private channel, and without any."""
import json
import shutil
import unittest

from install_support import NATIVE, InstallScenario, toy_channel, tree


class Network(InstallScenario):
    """A private channel that fails in many ways."""

    def private(self, *faults):
        self.environment_yml("hello", "odd-names", channels=["conda-forge"])
        self.lock("environment.yml", channel=toy_channel())
        url = self.serve(toy_channel(), "--token", "tk-secret", faults=list(faults))
        return ["--channel-map", f"conda-forge={url}/t/tk-secret"]

    def install_lock(self, *arguments, **more):
        return self.install(self.work / "envlock.lock", *arguments, **more)

    def test_a_private_channel_and_no_secret_anywhere(self):
        mapped = self.private()
        result = self.install_lock(*mapped, "--json")
        self.verify(self.work / "envlock.lock")
        self.assertNotIn("tk-secret", result.out + result.err)
        for path in self.prefix.rglob("*"):
            if path.is_file() and not path.is_symlink():
                self.assertNotIn(b"tk-secret", path.read_bytes(), path)

    def test_credentials_in_a_list_of_urls_reach_the_server_and_nothing_else(self):
        self.environment_yml("hello", channels=["conda-forge"])
        self.lock("environment.yml", channel=toy_channel())
        url = self.serve(toy_channel(), "--user", "somebody:hunter2").replace("http://", "http://somebody:hunter2@")
        packages = json.loads((self.work / "envlock.lock").read_bytes())["packages"]
        listed = self.write("list.txt", "@EXPLICIT\n" + "".join(f"{url}/{p['subdir']}/{p['file']}#{p['sha256']}\n" for p in packages))
        result = self.install(listed, "--json")
        self.verify(listed)
        self.assertNotIn("hunter2", result.out + result.err)
        for path in self.prefix.rglob("*"):
            if path.is_file() and not path.is_symlink():
                self.assertNotIn(b"hunter2", path.read_bytes(), path)

    def test_503_a_few_times_is_retried(self):
        mapped = self.private({"path": f"/{NATIVE}/hello", "fault": "status", "status": 503, "times": 2, "retry_after": 0})
        self.install_lock(*mapped)
        self.assertEqual(sum(" 503" in line for line in self.requests_served()), 2)
        self.verify(self.work / "envlock.lock")

    def test_a_broken_download_is_resumed(self):
        mapped = self.private({"path": f"/{NATIVE}/hello", "fault": "truncate", "times": 1})
        self.install_lock(*mapped)
        self.assertTrue(any(" 206" in line for line in self.requests_served()), "the rest was asked for")
        self.verify(self.work / "envlock.lock")

    def test_a_bit_that_flips_on_the_way_is_found(self):
        mapped = self.private({"path": f"/{NATIVE}/hello", "fault": "corrupt"})
        self.assertIn("hash-mismatch", self.install_lock(*mapped, expect=2).codes())
        self.assertFalse((self.prefix / "bin").exists())
        self.faults([])
        self.install_lock(*mapped)
        self.verify(self.work / "envlock.lock")

    def test_what_cannot_be_had_is_told_all_at_once(self):
        mapped = self.private({"path": "*.conda", "fault": "status", "status": 404}, {"path": "*.tar.bz2", "fault": "status", "status": 404})
        result = self.install_lock(*mapped, expect=2)
        self.assertIn("hello-2.0-0.conda", result.err)
        self.assertIn("odd-names-1.0-0.tar.bz2", result.err)
        self.assertNotIn("tk-secret", result.err)


class Offline(InstallScenario):
    def test_offline(self):
        channel = self.folder / "leaving"
        shutil.copytree(toy_channel(), channel)
        lock = self.lock_of("hello", channels=[channel])
        url = self.serve(channel)
        served = self.served_lock(lock, url)
        self.assertIn("cache-miss", self.install(served, "--offline", expect=2).codes())
        self.install(served)
        want = tree(self.prefix)
        self.faults([{"path": "/", "fault": "status", "status": 500}])
        shutil.rmtree(self.prefix)
        self.install(served, "--offline")
        self.assert_same_tree(want, tree(self.prefix))
        self.verify(served, "--offline")

    def served_lock(self, lock, url, name="served.txt"):
        """An @EXPLICIT list of the lock's files as a server has them."""
        lines = [f"{url}/{p['subdir']}/{p['file']}#{p['sha256']}" for p in json.loads(lock.read_bytes())["packages"]]
        return self.write(name, "@EXPLICIT\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    unittest.main()
