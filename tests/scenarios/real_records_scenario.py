"""The training environment of real life on 32,113 real conda-forge records. Needs the shared data; else skipped aloud."""
import json
import random
import shutil
import subprocess
import unittest

from support import Scenario, shared_folder

ENVIRONMENT = """\
name: train
channels:
  - conda-forge
dependencies:
  - python=3.10
  - pytorch>=2.0
  - torchvision
  - transformers
  - datasets
  - sentencepiece
  - tensorboard
  - jupyter
  - pip:
      - wandb
      - nltk
      - scikit-learn
"""
ASSUMED = ["-p", "linux-64", "--virtual-package", "__cuda=12.9", "--virtual-package", "__glibc=2.36"]


class RealRecords(Scenario):
    def setUp(self):
        super().setUp()
        shared = shared_folder()
        if shared is None or not (shared / "data" / "conda-forge-union").is_dir():
            self.skipTest("no shared data here (set ENVLOCK_SHARED)")
        self.union = shared / "data" / "conda-forge-union"
        self.write("environment.yml", ENVIRONMENT)

    def test_the_owners_environment_always_gives_the_same_bytes(self):
        reference = self.lock_bytes(*ASSUMED, channel=self.union)
        picked = self.picks()
        self.assertGreater(len(picked), 250)
        self.assertTrue(picked["python"]["version"].startswith("3.10."))
        self.assertIn("cuda", picked["pytorch"]["build"])
        self.assertTrue(all(len(r["sha256"]) == 64 for r in picked.values()))

        self.assertEqual(self.lock_bytes(*ASSUMED, channel=self.union), reference, "twice")
        self.assertEqual(self.lock_bytes(*ASSUMED, "--threads", 1, channel=self.union), reference, "one thread")
        self.assertEqual(self.lock_bytes(*ASSUMED, "--threads", 2, channel=self.union), reference, "two threads")
        head, _, rest = ENVIRONMENT.partition("dependencies:\n")
        requests, _, pip = rest.partition("  - pip:\n")
        lines = requests.splitlines(keepends=True)
        random.Random(7).shuffle(lines)
        self.write("environment.yml", head + "dependencies:\n" + "".join(lines) + "  - pip:\n" + pip)
        self.assertEqual(self.lock_bytes(*ASSUMED, channel=self.union), reference, "shuffled lines")
        shutil.rmtree(self.cache)
        self.assertEqual(self.lock_bytes(*ASSUMED, channel=self.union), reference, "without a cache")
        saved = self.work / "saved.index.json"
        self.assertEqual(self.lock_bytes(*ASSUMED, "--save-index", saved, channel=self.union), reference)
        self.assertEqual(self.lock_bytes(*ASSUMED, "--index", saved, "--offline", channel="/nowhere"), reference, "replay")

        url = self.serve(self.union)
        self.assertEqual(self.lock_bytes(*ASSUMED, channel=url), reference, "HTTP")
        self.assertEqual(self.lock_bytes(*ASSUMED, channel=url), reference, "HTTP, warm")
        condarc = self.folder / "condarc"
        condarc.write_text(f"mirrored_channels:\n  conda-forge: ['{url}']\n")
        self.assertEqual(self.lock_bytes(*ASSUMED, channel=None, env={"CONDARC": str(condarc)}), reference, "a mirror")

        plain = self.shuffled_json()
        self.assertEqual(self.lock_bytes(*ASSUMED, channel=plain), reference, "shuffled records")
        self.assertEqual(self.lock_bytes(*ASSUMED, channel=self.serve(self.sharded_channel(plain))), reference, "shards")

    def shuffled_json(self):
        generator = random.Random(20260301)
        for subdir in ("linux-64", "noarch"):
            (self.folder / "plain" / subdir).mkdir(parents=True)
            text = subprocess.run(["zstd", "-dcq", self.union / subdir / "repodata.json.zst"], check=True, capture_output=True).stdout
            document = json.loads(text)
            for key in ("packages", "packages.conda"):
                items = list(document[key].items())
                generator.shuffle(items)
                document[key] = dict(items)
            (self.folder / "plain" / subdir / "repodata.json").write_text(json.dumps(document))
        return self.folder / "plain"

    def test_a_check_follows_the_lock(self):
        self.lock(*ASSUMED, channel=self.union)
        mapping = ["--channel-map", f"conda-forge={self.union}"]
        self.assertEqual(self.run_envlock("lock", "--check", *ASSUMED, *mapping).code, 0)
        self.write("environment.yml", ENVIRONMENT.replace("pytorch>=2.0", "pytorch>=99"))
        result = self.run_envlock("lock", "--check", *ASSUMED, *mapping)
        self.assertEqual(result.code, 1)
        self.assertIn("environment.yml:6", result.err)
        self.lock(*ASSUMED, channel=self.union, expect=1)

    def test_one_added_request_changes_nothing_else(self):
        self.lock(*ASSUMED, channel=self.union)
        before = self.picks()
        self.write("environment.yml", ENVIRONMENT.replace("  - jupyter\n", "  - jupyter\n  - accelerate\n"))
        self.lock(*ASSUMED, channel=self.union)
        after = self.picks()
        self.assertIn("accelerate", after)
        self.assertEqual({n: r for n, r in after.items() if n in before}, before)


if __name__ == "__main__":
    unittest.main()
