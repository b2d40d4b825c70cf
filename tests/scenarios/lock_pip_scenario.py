"""`envlock lock` with a `pip:` section: what is chosen from an index, on top of what conda brings, and what is refused."""
import json
import shutil
import subprocess
import unittest

from pip_support import HEAD, PipScenario
from support import channel_kit
from channelkit import index


class LockPip(PipScenario):
    def test_the_newest_that_fit_are_locked_whatever_the_order_and_the_form_of_the_pages(self):
        self.ask("trackly[media]", "nlkit", "sklite >=1.4")
        first = self.lock_bytes()
        self.assertEqual(self.chosen()["trackly"], "0.17.1")
        self.assertEqual(self.chosen()["protobuf"], "5.28.2")
        self.assertEqual(self.chosen()["numpy"], "2.1.0")
        self.assertNotIn("colorful", self.chosen())
        self.ask("sklite>= 1.4  # with a comment", "nlkit", "Trackly[Media]")
        self.assertEqual(self.lock_bytes(), first)
        shutil.rmtree(self.cache)
        self.faults([{"path": "/simple/", "fault": "html"}])  # which states no sizes and times
        self.assertEqual(self.hashes(self.lock_bytes()), self.hashes(first))
        self.lock("--check")
        self.assertTrue(self.run_envlock("why", "Trackly").out.startswith("linux-64: trackly[media] 0.17.1 (pypi)\n"))
        self.requests_served()
        self.lock()
        self.assertEqual(self.requests_served(), [], "a lock that fits asks no index")
        self.ask("nlkit", "sklite >=1.5.99", "trackly[media]")
        self.assertIn("stale", self.lock("--check", expect=1).err)

    @staticmethod
    def hashes(lock):
        return [(d["name"], d["version"], d["file"], d["url"], d["sha256"]) for d in json.loads(lock)["distributions"]]

    def test_each_platform_gets_its_own_wheels(self):
        self.ask("trackly", head=HEAD.replace("[linux-64]", "[linux-64, osx-arm64, win-64]"))
        self.lock()
        lock = json.loads((self.work / "envlock.lock").read_bytes())
        wheels = {tuple(d["platforms"]): d["file"] for d in lock["distributions"] if d["name"] == "trackly"}
        self.assertIn("manylinux", wheels[("linux-64",)])
        self.assertIn("macosx_11_0_arm64", wheels[("osx-arm64",)])
        self.assertIn("win_amd64", wheels[("win-64",)])
        self.assertIn("colorful", self.chosen("win-64"))
        self.assertNotIn("colorful", self.chosen("linux-64"))

    def test_what_conda_brings_is_a_fact(self):
        self.assertNotIn("numpy", self.locked("scilite", conda=["numpy 1.26.*"]))
        told = self.refused_again("numpy >=2", conda=["numpy 1.26.*"])
        self.assertIn("the conda part brings `numpy 1.26.4`", told)
        self.assertIn("with `numpy >=2` under `dependencies:`, in place of `numpy 1.26.*` (environment.yml:5), there is an answer: conda brings numpy 2.1.3", told)
        self.assertIn("conda cannot bring `numpy >=9`", self.refused_again("numpy >=9", conda=["numpy 1.26.*"]))
        self.assertNotIn("torch", self.locked("torch", conda=["pytorch"]))  # the table knows what conda calls it

    def test_what_an_extra_adds_to_what_conda_brings_is_asked_of_the_index(self):
        self.write("names.txt", "requests = asker\n")
        asker = index.index_files([index.Release("asker", "2.32.3", ["gone"], extras={"socks": ["certs>=2024"]})])  # the version that conda brings
        channel_kit.write_files(self.index, {path: data for path, data in asker.items() if "asker" in path})
        self.ask("asker[socks]", conda=["requests"])
        self.lock("--pypi-mapping", "names.txt", expect=0)
        text = (self.work / "envlock.lock").read_text()
        self.assertIn('"provided_extras"', text)
        self.assertEqual(self.chosen(), {"certs": "2024.2.2"})
        self.lock("--check", "--pypi-mapping", "names.txt")
        self.requests_served()
        self.lock("--pypi-mapping", "names.txt")
        self.assertEqual(self.requests_served(), [])
        self.assertEqual((self.work / "envlock.lock").read_text(), text)
        (self.work / "envlock.lock").write_text(text.replace('"version": "2.32.3",\n          "extra"', '"version": "2.0",\n          "extra"'))
        self.assertIn("extra-unknown", self.lock("--check", "--pypi-mapping", "names.txt", expect=1).codes())

    def refused_again(self, *lines, **more):
        (self.work / "envlock.lock").unlink(missing_ok=True)
        return self.refused(*lines, code="conda-conflict", **more)

    def test_the_table_of_names_can_be_extended(self):
        self.write("names.txt", "# ours\nrequests = certs, urllite\n")
        self.ask("certs", conda=["requests"])
        result = self.lock("--pypi-mapping", "names.txt")
        self.assertEqual(result.code, 0)
        self.assertNotIn("certs", self.chosen())
        self.write("names.txt", "requests certs\n")
        result = self.lock("--pypi-mapping", "names.txt", expect=2)
        self.assertEqual(result.codes(), ["pypi-mapping-invalid"])
        self.assertIn("names.txt:1", result.err)

    def test_a_refusal_is_told_in_the_lines_of_the_user(self):
        self.assertIn("`--allow-build` builds a wheel here", self.refused("only-dynamic", code="no-fitting-version"))
        self.assertIn("the newest 1.0", self.refused("elsewhere", code="no-fitting-version"))
        self.assertIn("Requires-Python >=3.99", self.refused("too-new >=1", code="no-fitting-version"))
        self.assertIn("`all-yanked==1.1`", self.refused("all-yanked", code="no-fitting-version"))
        self.assertIn("environment.yml:7", self.refused("no-such-thing", code="no-such-project"))
        told = self.refused("urllite <2", "sentinel-sdk", "urllite >=2", code="no-solution")
        self.assertIn("environment.yml:9", told)
        self.ask("no-such-thing", "urllite", "certs ==1", "only-dynamic")
        self.assertEqual(self.lock(expect=1).codes(), ["no-such-project", "no-fitting-version", "no-fitting-version"])

    def test_pre_releases_and_yanked_ones(self):
        self.assertEqual(self.locked("only-beta"), {"only-beta": "1.0b2"})
        self.assertEqual(self.locked("trackly >=0.18rc0")["trackly"], "0.18.0rc1")
        (self.work / "envlock.lock").unlink()
        self.ask("nlkit")
        self.lock("--pre")
        self.assertEqual(self.chosen()["nlkit"], "3.9b1")
        self.ask("trackly ==0.17.0")
        self.assertIn("pypi-yanked", self.lock().codes())

    def test_constraints_included_files_and_variables(self):
        self.write("more/requirements.txt", "-c ../bounds.txt\ncerts\nurllite\n")
        self.write("bounds.txt", "urllite <2\nnumpy ==1\n")
        self.assertEqual(self.locked("-r more/requirements.txt"), {"certs": "2024.2.2", "urllite": "1.26.18"})
        self.ask("${WANTED}")
        self.lock(env={"WANTED": "platdirs"})
        self.assertEqual(list(self.chosen()), ["platdirs"])
        self.assertEqual(self.lock(expect=2).codes(), ["pip-variable-unset"])

    def test_a_name_on_two_indexes_must_be_pinned(self):
        second = f"--extra-index-url {self.url}/second/simple"
        told = self.refused(second, "in-house", code="index-ambiguous", expect=2)
        self.assertIn("--pypi-index on-both=", told)
        self.lock("--pypi-index", f"on-both={self.url}/simple", "--pypi-index", f"certs={self.url}/simple")
        self.assertEqual(self.chosen()["on-both"], "1.0")
        # A pin counts at once, whatever is locked.
        pins = ("--pypi-index", f"on-both={self.url}/second/simple")
        self.assertEqual(self.lock("--check", *pins, expect=1).codes(), ["stale-option"])
        self.lock(*pins)
        self.assertEqual(self.chosen()["on-both"], "9.9")
        self.lock("--check", *pins)
        # What came from the second index while that was the only one is ambiguous once there are two.
        (self.work / "envlock.lock").unlink()
        self.ask(f"--index-url {self.url}/second/simple", "on-both", index=None)
        self.lock()
        self.ask(second, "on-both")
        self.assertIn("index-ambiguous", self.lock(expect=2).codes())
        self.ask(second, "in-house")
        (self.work / "envlock.lock").unlink()
        self.write("envlock.toml", f'[pypi.index]\non-both = "{self.url}/simple"\n')
        self.lock()
        self.assertEqual(self.chosen()["on-both"], "1.0")

    def test_the_other_wheels_stay_as_long_as_they_are_asked_for(self):
        self.ask("protobuf")
        plain = self.lock_bytes()
        others = self.lock_bytes("--all-artifacts")
        self.assertTrue(b'"others"' in others)
        self.assertEqual(self.lock_bytes("--all-artifacts"), others)
        self.lock("--check", "--all-artifacts")
        self.assertEqual(self.lock("--check", expect=1).codes(), ["stale-option"])
        self.assertEqual(self.lock_bytes(), plain)

    def test_flat_folders_and_no_index(self):
        shutil.copytree(self.index / "links", self.work / "wheels")
        self.assertEqual(self.locked("--no-index", "--find-links ./wheels", "by-link", index=None), {"by-link": "1.0", "certs": "2030.1.1"})
        lock = json.loads((self.work / "envlock.lock").read_bytes())
        self.assertEqual({d["url"] for d in lock["distributions"]}, {"./wheels/by_link-1.0-py3-none-any.whl", "./wheels/certs-2030.1.1-py3-none-any.whl"})
        self.assertNotIn(str(self.work), (self.work / "envlock.lock").read_text())

    def test_cuda_wheels_are_told(self):
        self.ask("torch")
        self.assertIn("cuda-wheel-without-cuda", self.lock().codes())
        (self.work / "envlock.lock").unlink()
        self.assertIn("cuda-wheel-too-new", self.lock("--virtual-package", "__cuda=11.8").codes())
        (self.work / "envlock.lock").unlink()
        self.assertEqual(self.lock("--virtual-package", "__cuda=12.4").codes(), [])

    def test_folders_repositories_and_archives(self):
        project = "[project]\nname = 'Ours'\nversion = '1.2'\ndependencies = ['certs']\n[project.optional-dependencies]\nweb = ['urllite<2']\n"
        self.write("ours/pyproject.toml", project)
        repository = self.folder / "repository"
        (repository / "sub").mkdir(parents=True)
        (repository / "sub" / "pyproject.toml").write_text("[project]\nname = 'versioned'\nversion = '3'\ndependencies = ['platdirs']\n")
        git = ["git", "-C", str(repository), "-c", "user.name=T", "-c", "user.email=t@example.org"]
        for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "one"], ["tag", "v3"]):
            subprocess.run([*git, *words], check=True)
        commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
        wheel = f"{self.url}/files/smmaplite-5.0.1-py3-none-any.whl"
        self.ask("-e ./ours[web]", f"versioned @ git+file://{repository}@v3#subdirectory=sub", f"smmaplite @ {wheel}")
        self.lock()
        lock = json.loads((self.work / "envlock.lock").read_bytes())
        found = {d["name"]: d for d in lock["distributions"]}
        self.assertEqual(sorted(found), ["certs", "ours", "platdirs", "smmaplite", "urllite", "versioned"])
        self.assertEqual((found["ours"]["url"], found["ours"]["editable"]), ("./ours", True))
        self.assertNotIn("sha256", found["ours"])
        self.assertEqual(found["versioned"]["commit"], commit)
        self.assertEqual(found["urllite"]["version"], "1.26.18")
        self.assertEqual(found["smmaplite"]["url"], wheel)
        self.assertEqual(self.lock("--check").code, 0)
        before = (self.work / "envlock.lock").read_bytes()
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "two"], check=True)
        self.lock()
        self.assertEqual((self.work / "envlock.lock").read_bytes(), before)
        self.write("ours/pyproject.toml", project.replace("version = '1.2'\ndependencies = ['certs']", "dynamic = ['version', 'dependencies']"))
        self.assertEqual(self.lock(expect=2).codes(), ["place-needs-build"])

    def test_bad_indexes(self):
        """What came is never believed, and what went wrong is named with what to do."""
        def fault(what, code, *lines, path="/simple/certs/", expect=2):
            shutil.rmtree(self.cache, ignore_errors=True)
            self.faults([{"path": path, **what}])
            self.refused(*(lines or ("certs",)), code=code, expect=expect)
            self.faults([])
        fault({"fault": "status", "status": 503, "retry_after": 0}, "index-unreachable")
        fault({"fault": "truncate"}, "index-unreachable")
        certs = self.index / "simple" / "certs" / "index.json"
        good = certs.read_text()
        for bad in ("<html><title>Sign in</title><form><input name=user></form></html>", '{"meta": {"api-version": "2.0"}, "name": "certs", "files": []}', good.replace('"certs"', '"other"', 1)):
            certs.write_text(bad)
            shutil.rmtree(self.cache, ignore_errors=True)
            self.refused("certs", code="index-page-invalid", expect=2)
        certs.write_text(good)
        shutil.rmtree(self.cache, ignore_errors=True)
        told = self.refused("two-faced", code="metadata-disagrees", expect=1)
        self.assertIn("another-name", told)
        self.refused("certs", code="offline-miss", expect=2, arguments=["--offline"])

    def test_credentials_reach_the_index_and_nothing_else(self):
        port = self.url.rsplit(":", 1)[1]
        self.write("environment.yml", HEAD + f"  - pip:\n    - --index-url http://${{USER_NAME}}:${{PASS_WORD}}@127.0.0.1:{port}/simple\n    - certs\n")
        result = self.lock(env={"USER_NAME": "ann", "PASS_WORD": "s3cret-s3cret"})
        text = (self.work / "envlock.lock").read_text() + result.out + result.err
        self.assertNotIn("s3cret", text)
        self.assertNotIn("ann:", text)
        self.assertIn(f"http://127.0.0.1:{port}/simple", (self.work / "envlock.lock").read_text())
        lines = f"    - --index-url ${{SIGNED}}\n    - certs\n    - smmaplite @ {self.url}/files/smmaplite-5.0.1-py3-none-any.whl?sig=s3cret-s3cret\n"
        before = (self.work / "environment.yml").read_text()
        self.write("environment.yml", HEAD + "  - pip:\n" + lines)
        for words in ([], ["--check"]):
            result = self.lock(*words, env={"SIGNED": f"{self.url}/simple?auth=s3cret-s3cret"})
            self.assertNotIn("s3cret", (self.work / "envlock.lock").read_text() + result.out + result.err)
        self.write("environment.yml", before)
        self.faults([{"path": "/simple/", "fault": "status", "status": 500, "retry_after": 0}])
        shutil.rmtree(self.cache)
        self.write("environment.yml", (self.work / "environment.yml").read_text() + "    - urllite\n")
        result = self.lock(expect=2, env={"USER_NAME": "ann", "PASS_WORD": "s3cret-s3cret"})
        self.assertNotIn("s3cret", result.err)
        for file in self.cache.rglob("*"):
            if file.is_file():
                self.assertNotIn(b"s3cret", file.read_bytes(), file)

    def test_pip_needs_python_and_its_own_configuration_is_transport(self):
        self.ask("certs", head="channels: [conda-forge]\nplatforms: [linux-64]\ndependencies:\n  - six\n")
        self.lock(expect=0)  # `pip` comes with a pip: list, and python with pip
        self.ask("certs", index=None)
        self.lock(env={"PIP_INDEX_URL": f"{self.url}/simple", "PIP_EXTRA_INDEX_URL": f"{self.url}/second/simple"})
        text = (self.work / "envlock.lock").read_text()
        self.assertNotIn("127.0.0.1", text)
        self.assertIn("https://pypi.org/simple", text)


if __name__ == "__main__":
    unittest.main()
