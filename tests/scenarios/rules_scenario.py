"""One rule of conda each: what is picked from the fixture channel, and why."""
import hashlib
import json
import unittest

from support import SMALL, Scenario


class Rules(Scenario):
    def pick(self, name, *requests, platform="linux-64", arguments=(), **more):
        lines = "".join(f"  - {json.dumps(r)}\n" for r in requests or [name])
        self.write("environment.yml", f"channels: [conda-forge]\ndependencies:\n{lines}")
        self.lock_bytes("-p", platform, *arguments, **more)
        return self.picks(platform)[name]

    def test_versions_are_ordered_as_cep_33_says(self):
        self.assertEqual(self.pick("version-zoo")["version"], "1!0.4.1")
        for request, version in {
            "version-zoo <1!0": "1996.07.12", "version-zoo <1996": "1.1", "version-zoo <1.1": "1.1.a1", "version-zoo 1.0.*": "1.0_1", "version-zoo <1.0_1": "1.0.post1",
            "version-zoo <1.0": "1.0+local.1", "version-zoo <1.0.a1": "1.0.dev1", "version-zoo <1.0.dev1": "1.0rc1", "version-zoo <1.0rc1": "0.960923", "version-zoo <0.9.7": "0.9.6",
            "version-zoo ==0.5": "0.5", "version-zoo =0.4": "0.4.1", "version-zoo ~=0.4.1": "0.4.1", "version-zoo >=0.4,<0.5a1|0.5b3": "0.5b3",
        }.items():
            with self.subTest(request):
                self.assertEqual(self.pick("version-zoo", request)["version"], version)

    def test_track_features_keep_a_build_back(self):
        self.assertEqual(self.pick("libblas")["build"], "25_openblas")
        self.assertEqual(self.pick("libblas", "libblas", "blas * mkl")["build"], "27_mkl")

    def test_free_threading_comes_only_when_asked_for(self):
        self.assertTrue(self.pick("python", "python 3.13.*", "numpy")["build"].endswith("_cpython"))
        self.assertTrue(self.picks()["numpy"]["build"].startswith("py313h"), "the tainted build has the greater build string")
        self.assertTrue(self.pick("python", "python 3.13.* *_cp313t", "numpy")["build"].endswith("_cp313t"))

    def test_build_numbers_win_over_strings_and_times(self):
        self.assertEqual(self.pick("numbered")["build"], "pyh0000000_2")

    def test_virtual_packages_decide(self):
        self.assertEqual(self.pick("libfast")["version"], "1.8")
        self.assertEqual(self.pick("libfast", arguments=["--virtual-package", "__glibc=2.36"])["version"], "1.9")
        self.assertEqual(self.pick("libfast", platform="osx-arm64", arguments=["--virtual-package", "__osx=14.5"])["version"], "1.9")
        self.assertIn("hbcca054", self.pick("ca-certificates")["build"])
        self.assertIn("h56e8100", self.pick("ca-certificates", platform="win-64")["build"])

    def test_the_processor_level_decides(self):
        def level(*arguments):
            return self.pick("fastmath", arguments=arguments)["build_number"]

        self.assertEqual(level("--virtual-package", "__archspec=1=x86_64"), 0)
        self.assertEqual(level("--virtual-package", "__archspec=1=x86_64_v3"), 30)
        self.assertEqual(level("--virtual-package", "__archspec=1=x86_64_v4"), 40)

    def test_variants(self):
        self.assertTrue(self.pick("h5lite")["build"].startswith("nompi_"))
        self.assertTrue(self.pick("h5lite", "h5lite * mpi_*")["build"].startswith("mpi_openmpi_"))

    def test_the_conda_file_of_a_twin_is_taken(self):
        self.assertTrue(self.pick("bzip2")["file"].endswith(".conda"))

    def test_constrains_hold(self):
        self.pick("shy", "shy", "loud")
        self.assertEqual(self.picks()["loud"]["version"], "0.9")

    def test_a_cycle_of_dependencies_is_legal(self):
        self.pick("egg")
        self.assertEqual(set(self.picks()), {"egg", "hen"})

    def test_odd_records_are_read(self):
        for name in ("boolish", "listish", "patched"):
            self.pick(name)
        self.assertIn("six <1.16.1", json.dumps(self.picks()["patched"]))

    def test_a_removed_file_is_not_chosen(self):
        self.assertEqual(self.pick("withdrawn")["version"], "1.0")

    def test_a_record_without_sha256_is_hashed_once(self):
        record = self.pick("oldie")
        file = next((SMALL / "noarch").glob("oldie-0.9-*"))
        self.assertEqual(record["sha256"], hashlib.sha256(file.read_bytes()).hexdigest())

    def test_a_record_without_sha256_cannot_be_locked_offline_over_http(self):
        url = self.serve(SMALL)
        self.write("environment.yml", "channels: [conda-forge]\ndependencies: [version-zoo]\n")
        self.lock("-p", "linux-64", channel=url)
        self.write("environment.yml", "channels: [conda-forge]\ndependencies: [oldie]\n")
        self.lock("-p", "linux-64", "--offline", "-o", "offline.lock", channel=url, expect=2)
        self.faults([{"path": "*.tar.bz2", "fault": "corrupt"}])
        self.lock("-p", "linux-64", "-o", "corrupt.lock", channel=url, expect=2)
        self.faults([])
        self.lock("-p", "linux-64", "-o", "good.lock", channel=url)

    def test_no_solution_is_told_in_the_users_lines(self):
        self.write("environment.yml", "channels: [conda-forge]\nplatforms: [linux-64]\ndependencies:\n  - torchfoo 2.5.*\n  - tqdm\n  - fastload 0.59\n")
        result = self.lock(expect=1)
        self.assertIn("error[no-solution]", result.err)
        for word in ("environment.yml:4", "environment.yml:6", "cuda-version", "help:"):
            self.assertIn(word, result.err)
        self.assertNotIn("tqdm", result.err, "what has no part in it is not named")

    def test_a_name_that_nobody_has_is_told_with_the_nearest(self):
        self.write("environment.yml", "channels: [conda-forge]\nplatforms: [linux-64]\ndependencies:\n  - transfomers\n")
        result = self.lock(expect=1)
        self.assertIn("environment.yml:4", result.err)
        self.assertIn("did you mean `transformers`", result.err)

    def test_a_missing_transitive_package_is_told(self):
        self.write("environment.yml", "channels: [conda-forge]\nplatforms: [linux-64]\ndependencies:\n  - broken\n")
        result = self.lock(expect=1)
        self.assertIn("no-such-package-anywhere", result.err)

    def test_a_package_of_another_system_is_refused(self):
        self.write("environment.yml", "channels: [conda-forge]\ndependencies:\n  - win-only\n")
        self.assertIn("__win", self.lock("-p", "linux-64", expect=1).err)
        self.lock("-p", "win-64")

    def test_the_host_is_never_looked_at(self):
        self.write("environment.yml", "channels: [conda-forge]\nplatforms: [linux-64]\ndependencies: [libfast, pytorch]\n")
        reference = self.lock_bytes()
        result = self.lock("-o", "overridden.lock", env={"CONDA_OVERRIDE_CUDA": "12.9"})
        self.assertIn("CONDA_OVERRIDE_CUDA", result.err, "used with a note")
        self.assertTrue(self.picks(name="overridden.lock")["pytorch"]["build"].startswith("cuda126_"))
        self.assertEqual(self.lock_bytes(), reference)

    def test_the_default_channels_can_be_mapped_with_and_without_condarc(self):
        self.write("environment.yml", "channels: [defaults]\nplatforms: [linux-64]\ndependencies: [tzdata]\n")
        for more in ([], ["--no-condarc"]):
            with self.subTest(more):
                (self.work / "envlock.lock").unlink(missing_ok=True)
                self.lock("--channel-map", f"defaults={SMALL}", *more)
                self.assertIn("tzdata", self.picks())

    def test_several_files_are_merged(self):
        self.write("environment.yml", "channels: [conda-forge]\nplatforms: [linux-64]\ndependencies: ['python >=3.10', 'numpy >=1.20']\n")
        self.write("dev.yml", "category: dev\ndependencies: ['python <3.12', 'numpy <2', accelerate]\n")
        self.lock("environment.yml", "dev.yml")
        self.assertEqual(self.picks()["python"]["version"], "3.11.9")
        self.assertEqual(self.picks()["numpy"]["version"], "1.26.4")
        self.write("dev.yml", "category: dev\ndependencies: ['python <3.10']\n")
        result = self.run_envlock("lock", "environment.yml", "dev.yml")
        self.assertIn(result.code, (1, 2))
        self.assertIn("environment.yml:3", result.err)
        self.assertIn("dev.yml:2", result.err)

    def test_the_conda_part_can_be_locked_alone(self):
        text = "channels: [conda-forge]\nplatforms: [linux-64]\ndependencies:\n  - python\n  - pip:\n      - wandb\n"
        self.write("environment.yml", text)
        self.lock("--conda-only")
        self.assertIn("pip", self.picks())
        result = self.run_envlock("lock", "--offline", "--channel-map", f"conda-forge={SMALL}", "--cache", self.folder / "empty")
        self.assertEqual(result.code, 2)
        self.assertIn("offline-miss", result.codes())


if __name__ == "__main__":
    unittest.main()
