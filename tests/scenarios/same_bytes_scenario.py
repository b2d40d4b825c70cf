"""The same requests and records give the same bytes: whatever the order, the transport, the threads or the cache."""
import json
import random
import shutil
import unittest

from support import PLATFORMS, SMALL, TRAIN, Scenario, archive


def shuffled(text, seed):
    """The environment with the lines of its lists in another order; channels keep theirs, since it means something."""
    generator = random.Random(seed)
    head, _, rest = text.partition("dependencies:\n")
    dependencies, _, variables = rest.partition("variables:\n")
    lines = dependencies.splitlines(keepends=True)
    generator.shuffle(lines)
    platforms = list(PLATFORMS)
    generator.shuffle(platforms)
    head = "\n".join(f"platforms: [{', '.join(platforms)}]" if line.startswith("platforms:") else line for line in head.split("\n"))
    parts = [head, "dependencies:\n" + "".join(lines), "variables:\n" + variables]
    return "".join(parts)


class SameBytes(Scenario):
    def setUp(self):
        super().setUp()
        self.write("environment.yml", TRAIN)
        self.reference = self.lock_bytes()

    def test_the_main_job_locks_for_four_platforms(self):
        for platform in PLATFORMS:
            picked = self.picks(platform)
            self.assertEqual(picked["python"]["version"], "3.12.7")
            self.assertEqual(picked["pytorch"]["version"], "2.5.1")
            self.assertTrue(picked["pytorch"]["build"].startswith("cpu_generic_"))
            self.assertEqual(picked["transformers"]["version"], "4.46.3")
            self.assertTrue(all(len(r["sha256"]) == 64 for r in picked.values()))

    def test_twice(self):
        self.assertEqual(self.lock_bytes(), self.reference)

    def test_shuffled_lines(self):
        for seed in range(6):
            self.write("environment.yml", shuffled(TRAIN, seed))
            self.assertEqual(self.lock_bytes(), self.reference, f"seed {seed}")

    def test_shuffled_records_and_another_layout_of_the_json(self):
        for seed in range(3):
            generator = random.Random(seed)
            folder = self.copy_of_channel(name=f"shuffled{seed}")
            for path in folder.glob("*/repodata.json"):
                document = json.loads(path.read_text())
                for key in ("packages", "packages.conda"):
                    items = [(name, dict(generator.sample(list(r.items()), len(r)))) for name, r in document[key].items()]
                    generator.shuffle(items)
                    document[key] = dict(items)
                document = dict(generator.sample(list(document.items()), len(document)))
                path.write_text(json.dumps(document, indent=seed or None))
            self.assertEqual(self.lock_bytes(channel=folder), self.reference, f"seed {seed}")

    def test_threads(self):
        for threads in (1, 2, 7):
            self.assertEqual(self.lock_bytes("--threads", threads), self.reference)

    def test_only_zst_and_only_json(self):
        only_json = self.copy_of_channel()
        only_zst = self.folder / "zst"
        for path in only_json.glob("*/repodata.json"):
            (only_zst / path.parent.name).mkdir(parents=True)
            (only_zst / path.parent.name / "repodata.json.zst").write_bytes(archive.zstd_frame(path.read_bytes()))
        self.assertEqual(self.lock_bytes(channel=only_json), self.reference)
        self.assertEqual(self.lock_bytes(channel=only_zst), self.reference)

    def test_http(self):
        url = self.serve(SMALL)
        self.assertEqual(self.lock_bytes(channel=url), self.reference)
        self.assertTrue(any("repodata.json.zst 200" in line for line in self.requests_served()))

    def test_http_with_json_only(self):
        url = self.serve(self.copy_of_channel())
        self.assertEqual(self.lock_bytes(channel=url), self.reference)

    def test_shards(self):
        folder = self.sharded_channel()
        url = self.serve(folder)
        self.assertEqual(self.lock_bytes(channel=url), self.reference)
        served = self.requests_served()
        self.assertTrue(any("/shards/" in line for line in served))
        self.assertFalse(any("mkl" in line for line in served))
        self.assertEqual(self.lock_bytes(channel=folder), self.reference, "shards in a folder")

    def test_mirror_of_condarc(self):
        url = self.serve(SMALL)
        condarc = self.folder / "condarc"
        condarc.write_text(f"mirrored_channels:\n  conda-forge:\n    - {url}\n")
        data = self.lock_bytes(channel=None, env={"CONDARC": str(condarc)})
        self.assertEqual(data, self.reference)
        self.assertTrue(self.requests_served())

    def test_a_dead_mirror_is_passed_over(self):
        url = self.serve(SMALL)
        condarc = self.folder / "condarc"
        condarc.write_text(f"mirrored_channels:\n  conda-forge:\n    - http://127.0.0.1:9/dead\n    - {url}\n")
        self.assertEqual(self.lock_bytes(channel=None, env={"CONDARC": str(condarc)}), self.reference)

    def test_after_the_cache_is_deleted_and_from_the_warm_cache(self):
        url = self.serve(SMALL)
        self.assertEqual(self.lock_bytes(channel=url), self.reference)
        self.requests_served()
        self.assertEqual(self.lock_bytes(channel=url), self.reference)
        again = [line for line in self.requests_served() if line.endswith(" 200")]
        self.assertEqual(again, [], "a warm cache asks, and transfers nothing")
        shutil.rmtree(self.cache)
        self.assertEqual(self.lock_bytes(channel=url), self.reference)

    def test_offline_from_the_cache(self):
        url = self.serve(SMALL)
        self.lock(channel=url)
        self.faults([{"path": "/", "fault": "status", "status": 503}])
        self.assertEqual(self.lock_bytes("--offline", channel=url), self.reference)

    def test_replay(self):
        saved = self.work / "saved.index.json"
        self.assertEqual(self.lock_bytes("--save-index", saved), self.reference)
        elsewhere = {"channel": "/nowhere/at/all"}
        self.assertEqual(self.lock_bytes("--index", saved, "--offline", **elsewhere), self.reference)
        first = saved.read_bytes()
        self.lock_bytes("--save-index", saved)
        self.assertEqual(saved.read_bytes(), first, "the saved index is canonical too")

    def test_from_another_folder_at_another_time_and_place(self):
        other = self.folder / "quite" / "another" / "place"
        other.mkdir(parents=True)
        (other / "environment.yml").write_text(TRAIN)
        self.lock(other / "environment.yml", env={"TZ": "Asia/Kathmandu", "LC_ALL": "C", "USER": "somebody", "HOSTNAME": "elsewhere"})
        self.assertEqual((other / "envlock.lock").read_bytes(), self.reference)

    def test_a_channel_given_by_a_path_is_named_relative_to_the_lock(self):
        shutil.copytree(SMALL, self.folder / "channels" / "small")
        text = TRAIN.replace("  - conda-forge\n", "  - ../channels/small\n")
        self.write("environment.yml", text)
        first = self.lock_bytes(channel=None)
        self.assertNotIn(str(self.folder).encode(), first)
        self.assertIn(b'"../channels/small"', first)

    def test_cuda_is_chosen_only_where_it_is_assumed(self):
        cuda = ["-p", "linux-64", "-p", "gpu=linux-64", "--virtual-package", "gpu:__cuda=12.9"]
        self.write("environment.yml", TRAIN.replace("platforms: [linux-64, linux-aarch64, osx-arm64, win-64]\n", ""))
        (self.work / "envlock.lock").unlink()
        result = self.lock(*cuda)
        self.assertTrue(self.picks("gpu")["pytorch"]["build"].startswith("cuda126_"))
        self.assertTrue(self.picks("linux-64")["pytorch"]["build"].startswith("cpu_"))
        self.assertIn("__cuda", result.err, "lock says that there is a CUDA build and how to ask for it")

    def test_standard_input_and_json_output(self):
        result = self.lock("-", "-o", "piped.lock", "--json", stdin=TRAIN.encode())
        json.loads(result.out)
        self.assertEqual((self.work / "piped.lock").read_bytes(), self.reference)


if __name__ == "__main__":
    unittest.main()
