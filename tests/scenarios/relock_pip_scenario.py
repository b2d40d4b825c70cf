"""A lock with distributions that is there already: what `lock` keeps of it, what `lock --check`, `why` and `diff` say of it."""
import hashlib
import json
import shutil
import subprocess
import unittest

from pip_support import HEAD, PipScenario
from support import channel_kit
from channelkit import index


class RelockPip(PipScenario):
    def test_a_lock_changes_least(self):
        self.locked("certs", "urllite")
        page = self.index / "simple" / "urllite" / "index.json"
        listing = json.loads(page.read_text())
        listing["files"] = [f for f in listing["files"] if "2.2.1" not in f["filename"]]
        self.assertEqual(self.chosen()["urllite"], "2.2.1")
        page.write_text(json.dumps(listing))
        shutil.rmtree(self.cache)
        self.assertEqual(self.locked("certs", "urllite", "platdirs")["urllite"], "2.2.1")  # what is locked stays
        self.lock("--update", "urllite")
        self.assertEqual(self.chosen()["urllite"], "1.26.18")

    def test_diff_tells_distributions_beside_packages_and_why_finds_their_lines(self):
        self.ask("sklite", "trackly ==0.17.0")
        self.lock()
        (self.work / "envlock.lock").rename(self.work / "before.lock")
        self.ask("sklite <1.5", "trackly[media]", conda=["numpy 1.26.*"])
        self.lock()
        run = self.run_envlock("diff", "before.lock", "envlock.lock", "--json")
        self.assertEqual(run.code, 1)
        changes = {(c["type"], c["name"]): c for c in json.loads(run.out)["differences"][0]["changes"]}
        self.assertEqual(changes["conda", "numpy"]["kind"], "added")
        self.assertEqual((changes["pypi", "numpy"]["kind"], changes["pypi", "numpy"]["cause"]), ("removed", ["numpy", "numpy"]))
        trackly = changes["pypi", "trackly"]
        self.assertEqual((trackly["kind"], trackly["requested"]), ("upgraded", True))
        self.assertIn("asked for as `trackly[media]`, before as `trackly==0.17.0`", trackly["reason"])
        sides = trackly["platforms"][0]
        self.assertIn("trackly-0.17.1-", sides["to"]["file_name"])
        self.assertEqual((sides["to"]["source"], sides["to"]["extras"]), (f"{self.url}/simple", ["media"]))
        text = self.run_envlock("diff", "before.lock", "envlock.lock").out
        self.assertIn("trackly (pypi)  0.17.0 → 0.17.1", text)
        self.assertEqual(self.run_envlock("diff", "envlock.lock", "envlock.lock").code, 0)

        told = self.run_envlock("why", "Sentinel_SDK")
        self.assertIn("linux-64: sentinel-sdk ", told.out)
        self.assertIn("  trackly[media] (requested under pip:), environment.yml:9:7\n  └─ trackly 0.17.1 needs sentinel-sdk", told.out)
        self.assertIn("  └─ trackly[media] 0.17.1 needs barlite>=4\n", self.run_envlock("why", "barlite").out)
        self.assertIn('  └─ trackly 0.17.1 needs protobuf>=3.19.0,<6,!=4.21.0,!=5.28.0 ; python_version > "3.9" and sys_platform == "linux"\n',
                      self.run_envlock("why", "protobuf").out)
        numpy = json.loads(self.run_envlock("why", "numpy", "--json").out)["platforms"]
        self.assertEqual(numpy[0]["where"], {"file": "environment.yml", "line": 5, "column": 5})
        self.assertEqual([list(each)[1] for each in numpy], ["package"])
        self.assertIn("sklite", numpy[0]["dependents"])
        self.assertIn("did you mean `sklite`?", self.run_envlock("why", "sklit").err)
        self.ask("torch", conda=["pytorch"])
        self.lock()
        self.assertIn("  brings torch, which pip would install otherwise\n  torch (requested under pip:), environment.yml:8:7\n", self.run_envlock("why", "torch").out)

    def test_like_prefers_distributions_of_locks_and_of_environments(self):
        self.locked("certs", "urllite ==1.26.18", "jobpool ==1.3.2")
        (self.work / "envlock.lock").rename(self.work / "works.lock")
        self.assertEqual(self.locked("urllite", "jobpool"), {"urllite": "2.2.1", "jobpool": "1.4.2"})
        (self.work / "envlock.lock").unlink()
        told = self.lock("--like", "works.lock", "--json")
        like = json.loads(told.out)["like"][0]
        self.assertEqual(self.chosen(), {"urllite": "1.26.18", "jobpool": "1.3.2"})
        self.assertEqual(like["kept"], like["wanted"] - 1)
        self.assertEqual(like["replaced"], ["certs 2024.2.2 -> nothing asks for it"])
        # An environment as conda and pip made it.
        site = "env/lib/python3.12/site-packages"
        python = {"name": "python", "version": "3.12.7", "build": "0", "build_number": 0, "channel": "conda-forge", "subdir": "linux-64",
                  "fn": "python-3.12.7-0.conda", "depends": [], "constrains": [], "files": [], "md5": "0" * 32, "sha256": "0" * 64}
        self.write("env/conda-meta/python-3.12.7-0.json", json.dumps(python))
        self.write("env/conda-meta/history", "")
        for name, version, installer, more in (("urllite", "1.26.18", "pip", {}), ("jobpool", "1.3.2", "conda", {}),
                                               ("certs", "2020.1", "pip", {"direct_url.json": '{"url": "file:///x", "dir_info": {}}'})):
            folder = f"{site}/{name}-{version}.dist-info"
            self.write(f"{folder}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            self.write(f"{folder}/RECORD", "")
            self.write(f"{folder}/INSTALLER", installer)
            for file, text in more.items():
                self.write(f"{folder}/{file}", text)
        (self.work / "envlock.lock").unlink()
        self.ask("urllite", "jobpool", "certs")
        self.lock("--like", "env")
        self.assertEqual(self.chosen(), {"urllite": "1.26.18", "jobpool": "1.4.2", "certs": "2024.2.2"})

    def test_changed_folders_and_wheels_make_a_lock_stale(self):
        project = "[project]\nname = 'ours'\nversion = '1.2'\ndependencies = ['certs']\n"
        self.write("ours/pyproject.toml", project)
        wheels = {path.name: path.read_bytes() for path in (self.index / "files").glob("smmaplite-*.whl")}
        (name, data), = wheels.items()
        self.write(f"here/{name}", data)
        shutil.copytree(self.index / "links", self.work / "wheels")
        self.ask("-e ./ours", f"./here/{name}", "--find-links ./wheels", "by-link")
        self.lock()
        self.lock("--check")

        def stale(*words):
            result = self.lock("--check", expect=1)
            self.assertEqual(result.codes(), ["stale-place"])
            for each in words:
                self.assertIn(each, result.err)
            before = (self.work / "envlock.lock").read_bytes()
            self.lock()
            self.assertNotEqual((self.work / "envlock.lock").read_bytes(), before)
            self.lock("--check")
        self.write("ours/code.py", "x = 1\n")
        self.lock("--check")
        self.write("ours/pyproject.toml", project.replace("'1.2'", "'1.3'").replace("'certs'", "'urllite<2'"))
        stale("environment.yml:7:", "its version is `1.3`, and the lock has `1.2`", "it needs now `urllite<2`", "it needs no longer `certs`")
        self.assertEqual(self.chosen()["urllite"], "1.26.18")
        other = index.Release("smmaplite", "5.0.1", ["platdirs"])
        changed = {file.name: file.data for file in index.files_of(other)}[name]
        self.write(f"here/{name}", changed)
        stale("environment.yml:8:", hashlib.sha256(changed).hexdigest())
        self.assertEqual(self.chosen()["platdirs"], "4.2.2")
        link, = (self.work / "wheels").glob("by_link-*.whl")
        other = index.Release("by-link", "1.0", ["jobpool"], metadata=False)
        link.write_bytes({file.name: file.data for file in index.files_of(other)}[link.name])
        stale("environment.yml:10:", "./wheels/by_link")
        self.assertIn("jobpool", self.chosen())

        for needs, words in (("['urllite>>3']", "`urllite>>3` is no requirement"), ("3", "must be a list")):
            self.write("ours/pyproject.toml", project.replace("['certs']", needs))
            result = self.lock(expect=2)
            self.assertEqual(result.codes(), ["project-folder-invalid"])
            for each in ("ours/pyproject.toml:4:", words):
                self.assertIn(each, result.err)
            result = self.lock("--check", expect=1)
            self.assertIn(words, result.err)
            self.assertNotIn("lock it as it is now", result.err)

    def test_a_wheel_that_is_replaced_on_an_index_without_hashes_is_read_anew(self):
        page = self.index / "simple" / "certs"
        (page / "index.json").unlink()
        (page / "index.html").write_text("<a href='../../files/certs-2024.2.2-py3-none-any.whl'>certs-2024.2.2-py3-none-any.whl</a>")
        wheel = self.index / "files" / "certs-2024.2.2-py3-none-any.whl"
        (wheel.parent / (wheel.name + ".metadata")).unlink()
        self.assertEqual(self.locked("certs"), {"certs": "2024.2.2"})
        shutil.copy(self.work / "envlock.lock", self.work / "before.lock")
        other = index.Release("certs", "2024.2.2", ["platdirs"])
        data = {file.name: file.data for file in index.files_of(other)}[wheel.name]
        wheel.write_bytes(data)
        self.lock("--update")
        self.assertEqual(self.chosen(), {"certs": "2024.2.2", "platdirs": "4.2.2"})
        self.assertIn(hashlib.sha256(data).hexdigest(), (self.work / "envlock.lock").read_text())
        told = self.run_envlock("diff", "before.lock", "envlock.lock", "--fail-on", "hash")
        self.assertIn("`certs`: 2024.2.2 rehashed", told.err)
        self.ask(f"certs @ {self.url}/files/{wheel.name}")
        shutil.copy(self.work / "envlock.lock", self.work / "before.lock")
        self.lock()
        self.assertIn("`certs`: 2024.2.2 moved", self.run_envlock("diff", "before.lock", "envlock.lock", "--fail-on", "channel").err)

    def test_flags_that_are_dropped_and_pins_that_go(self):
        self.ask("nlkit", "jobpool <1.4")
        self.lock("--pre")
        self.assertEqual(self.chosen()["nlkit"], "3.9b1")
        self.lock("--check", "--pre")
        result = self.lock("--check", expect=1)
        self.assertEqual(result.codes(), ["stale-option"])
        self.assertIn("`envlock lock --check --pre`", result.err)
        self.lock()
        self.assertEqual((self.chosen()["nlkit"], self.chosen()["jobpool"]), ("3.8.1", "1.3.2"))
        self.lock("--check")
        self.ask("trackly ==0.17.0", "jobpool <1.4")
        self.assertIn("pypi-yanked", self.lock().codes())
        self.assertEqual(self.chosen()["trackly"], "0.17.0")
        self.ask("trackly", "jobpool")
        self.assertIn("stale-request", self.lock("--check", expect=1).codes())
        self.lock()
        self.assertEqual((self.chosen()["trackly"], self.chosen()["jobpool"]), ("0.17.1", "1.3.2"))

    def test_what_goes_wrong_is_told_at_the_line_that_asks(self):
        def told(*lines, code, where, expect=2, arguments=(), env=None):
            shutil.rmtree(self.cache, ignore_errors=True)
            self.ask(*lines)
            result = self.lock(*arguments, expect=expect, env=env)
            self.assertEqual(result.codes(), [code])
            self.assertIn(f"environment.yml:{where}", result.err)
            self.assertNotIn("\\x0A", result.err)
            return result.err
        self.faults([{"path": "/simple/urllite/", "fault": "status", "status": 401}])
        text = told("certs", "sentinel-sdk", code="index-unreachable", where="8:")
        self.assertIn("the line asks for `sentinel-sdk`, which needs `urllite`", text)
        self.assertIn("`${USER}`, a colon, `${PASSWORD}`", text)
        self.faults([])
        told("certs", code="offline-miss", where="7:", arguments=["--offline"])
        told(f"--extra-index-url {self.url}/second/simple", "on-both", code="index-ambiguous", where="8:")
        self.assertIn("git says: ", told(f"x @ git+file://{self.folder}/nowhere", code="git-failed", where="7:"))
        told("-r .", code="pip-file-missing", where="7:")

    def test_the_user_of_an_ssh_address_stays(self):
        repository = self.folder / "repository"
        repository.mkdir()
        (repository / "pyproject.toml").write_text("[project]\nname = 'versioned'\nversion = '3'\n")
        git = ["git", "-C", str(repository), "-c", "user.name=T", "-c", "user.email=t@example.org"]
        for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "one"]):
            subprocess.run([*git, *words], check=True)
        ssh = self.folder / "ssh"
        ssh.write_text('#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
        ssh.chmod(0o755)
        self.ask(f"versioned @ git+ssh://git@127.0.0.1{repository}@main")
        self.lock(env={"GIT_SSH_COMMAND": str(ssh)})
        found, = json.loads((self.work / "envlock.lock").read_text())["distributions"]
        self.assertEqual(found["url"], f"ssh://git@127.0.0.1{repository}")
        self.assertIn(f"git+ssh://git@127.0.0.1{repository}@", self.run_envlock("export", "cyclonedx").out)
        self.lock("--check")
        self.ask(f"versioned @ git+file://{repository}@main")
        self.lock()
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "two"], check=True)
        commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
        self.lock()
        self.assertNotIn(commit, (self.work / "envlock.lock").read_text())
        self.lock("--update", "versioned")
        self.assertIn(commit, (self.work / "envlock.lock").read_text())
        self.ask(f"versioned @ git+file://{repository}@{commit[:9]}")
        self.assertIn("write all 40 digits", self.lock(expect=2).err)
        self.ask(f"versioned @ git+file://{repository}@nosuch")
        self.assertNotIn("reaches", self.lock(expect=2).err)
        self.ask(f"git+file://{repository}#subdirectory=sub")
        told = self.lock(expect=2).err
        self.assertIn(f"`file://{repository}/sub` is no Python project", told)
        self.assertNotIn(str(self.cache), told)

    def test_variables_and_absolute_paths_in_places_are_locked(self):
        self.write("ours/pyproject.toml", "[project]\nname = 'ours'\nversion = '1.2'\n[project.optional-dependencies]\nweb = ['certs']\n")
        wheel = "smmaplite-5.0.1-py3-none-any.whl"
        shutil.copy(self.index / "files" / wheel, self.work / "ours")
        (self.work / "more").mkdir()
        env = {"D": "ours", "HERE": str(self.work)}
        for line, name in (("-e ./${D}", "ours"), (f"-e {self.work}/ours", "ours"), (f"file://{self.work}/ours", "ours"), ("./${D}[web]", "ours"), ("-e ${HERE}/ours", "ours"), ("ours @ ./${D}", "ours"), ("ours @ file://${HERE}/ours", "ours"),
                           (f"./${{D}}/{wheel}", "smmaplite"), (f"{self.url}/${{D}}/{wheel}".replace("${D}", "${F}"), "smmaplite"), (f"smmaplite @ {self.url}/${{F}}/{wheel}", "smmaplite")):
            with self.subTest(line):
                (self.work / "envlock.lock").unlink(missing_ok=True)
                self.ask(line)
                self.lock(env={**env, "F": "files"})
                self.assertIn(name, self.chosen())
                self.assertNotIn(str(self.work), (self.work / "envlock.lock").read_text())
                self.lock("--check", env={**env, "F": "files"})

        for line in ("-e ./ours", "ours @ ./ours"):
            self.ask(line)
            self.lock("-o", "more/other.lock")
            self.assertIn('"url": "../ours"', (self.work / "more" / "other.lock").read_text())
            self.lock("--check", "-o", "more/other.lock")
            (self.work / "more" / "other.lock").unlink()

    def test_a_place_that_is_named_twice_is_refused_by_the_check_too(self):
        self.write("ours/pyproject.toml", "[project]\nname = 'ours'\nversion = '1.2'\n")
        self.locked("./ours")
        self.ask("./ours", "./ours")
        for words in ((), ("--check",)):
            self.assertEqual(self.lock(*words, expect=2).codes(), ["place-twice"])

    def test_what_several_platforms_say_is_said_once(self):
        self.ask("certs >9999")
        self.assertIn("for linux-64-cuda: `certs >9999` cannot be met\n", self.lock("-p", "linux-64-cuda=linux-64", expect=1).err)
        more = index.index_files([index.Release("picky", "1.0"), index.Release("picky", "2.0", ["numpy>=2"])])
        channel_kit.write_files(self.index, {path: data for path, data in more.items() if "picky" in path})
        self.ask("picky", conda=["numpy 1.26.*"], head=HEAD.replace("[linux-64]", "[linux-64, osx-arm64]"))
        result = self.lock()
        self.assertEqual(result.codes().count("pypi-held-back"), 1)
        self.assertIn("`picky 1.0` is chosen for linux-64, osx-arm64, not 2.0", result.err)


if __name__ == "__main__":
    unittest.main()
