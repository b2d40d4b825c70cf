"""`envlock install` and `verify` with what a `pip:` section may name: folders, repositories, source distributions, files of an index."""
import json
import shutil
import subprocess
import sys
import unittest

from install_support import NATIVE, InstallScenario, python_channel, tree
from support import channel_kit
from channelkit import index, package

PROJECT = """\
[project]
name = "Our.Tool"
version = "1.2"
dependencies = ["certs"]
[project.scripts]
ours = "our_tool:main"
"""
CODE = "def main():\n    print('ours', __file__)\n"
#: A build backend that packs a module, and leaves a mark where it ran.
BACKEND = """\
import base64, hashlib, os, pathlib, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    pathlib.Path(os.environ["RAN"]).write_text("it ran")
    files = {"built_tool.py": b"MADE = '%s'\\n" % os.environ.get("FLAVOUR", "plain").encode(),
             "built_tool-2.0.dist-info/METADATA": b"Metadata-Version: 2.1\\nName: built-tool\\nVersion: 2.0\\nRequires-Dist: certs\\n",
             "built_tool-2.0.dist-info/WHEEL": b"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
    record = "".join("%s,sha256=%s,%d\\n" % (n, base64.urlsafe_b64encode(hashlib.sha256(d).digest()).rstrip(b"=").decode(), len(d)) for n, d in files.items())
    files["built_tool-2.0.dist-info/RECORD"] = (record + "built_tool-2.0.dist-info/RECORD,,\\n").encode()
    with zipfile.ZipFile(os.path.join(folder, "built_tool-2.0-py3-none-any.whl"), "w") as wheel:
        for name, data in files.items():
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            if int(os.environ["SOURCE_DATE_EPOCH"]) != 315532800:
                member.date_time = (2020, 1, 1, 0, 0, 0)
            wheel.writestr(member, data)
    return "built_tool-2.0-py3-none-any.whl"
"""
DYNAMIC = '[project]\nname = "built-tool"\ndynamic = ["version", "dependencies"]\n[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n'


def conda_package(name, version, brings):
    """A conda package with the metadata of a distribution."""
    info = f"site-packages/{brings}-{version}.dist-info"
    files = [package.File(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {brings}\nVersion: {version}\n".encode()), package.File(f"{info}/INSTALLER", b"conda\n")]
    return package.Package(name, version, "0", "noarch", ["python"], files=files, noarch="python", timestamp=1_700_000_000_000)


class InstallPip(InstallScenario):
    def setUp(self):
        super().setUp()
        self.channel, version = python_channel()
        self.python = f"python {version}"
        self.short = ".".join(version.split(".")[:2])
        self.site = self.prefix / f"lib/python{self.short}/site-packages"
        self.index = self.folder / "index"
        channel_kit.write_files(self.index, index.index_files([index.Release("certs", "2024.2.2"), index.Release("platdirs", "4.1")]))
        self.url = self.serve(self.index)
        self.small = self.folder / "small"
        packages = [conda_package("pip", "24.0", "pip"), conda_package("renamed", "1.0", "platdirs"), conda_package("honest", "1.0", "honest")]
        channel_kit.write_files(self.small, channel_kit.channel_files(packages, [NATIVE, "noarch"]))

    def lock_pip(self, *lines, expect=0, arguments=(), index_url=None, more=(), **environment):
        listed = "".join(f"    - {line}\n" for line in [f"--index-url {index_url or self.url + '/simple'}", *lines])
        self.environment_yml(self.python, *more, channels=[self.channel, self.small], more="  - pip:\n" + listed)
        (self.work / "envlock.lock").unlink(missing_ok=True)
        self.lock("environment.yml", *arguments, channel=None, expect=expect, env=environment)
        return self.work / "envlock.lock"

    def repository(self, files, name="repository"):
        """A git repository with these files; its path and the commit."""
        place = self.folder / name
        for path, text in files.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text(text)
        git = ["git", "-C", str(place), "-c", "user.name=T", "-c", "user.email=t@example.org"]
        for words in (["init", "-q", "-b", "main"], ["-c", "core.safecrlf=false", "add", "."], ["commit", "-q", "-m", "one"]):
            subprocess.run([*git, *words], check=True)
        commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
        return place, commit

    def imported(self, code):
        return self.run_in(self.prefix / "bin/python", "-c", code)

    def direct_url(self, stem):
        return json.loads((self.site / f"{stem}.dist-info/direct_url.json").read_text())

    def builder(self):
        """What a build needs: a python of the environment's version that has pip."""
        python = shutil.which(f"python{self.short}") or sys.executable
        made = subprocess.run([python, "-I", "-c", "import pip, sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True)
        if made.stdout.strip() != self.short:
            self.skipTest(f"skipped: no python {self.short} with pip")
        return {"ENVLOCK_BUILD_PYTHON": python, "RAN": str(self.folder / "ran")}


class Folders(InstallPip):
    def test_a_folder_is_linked_and_its_scripts_run(self):
        self.write("ours/pyproject.toml", PROJECT)
        self.write("ours/src/our_tool/__init__.py", CODE)
        lock = self.lock_pip("-e ./ours")
        self.install(lock)
        code = self.work / "ours/src/our_tool/__init__.py"
        self.assertEqual(self.run_in(self.prefix / "bin/ours"), f"ours {code}")
        self.assertEqual(self.imported("import certs, importlib.metadata as m; print(m.version('our-tool'), m.requires('our-tool'))"), "1.2 ['certs']")
        self.assertEqual(self.direct_url("our_tool-1.2"), {"dir_info": {"editable": True}, "url": f"file://{self.work}/ours"})
        self.assertEqual([p.name for p in self.site.glob("*.pth")], ["__editable__.our_tool-1.2.pth"])
        told = self.verify(lock)
        self.assertIn("note[distribution-not-hashed]", told.out)
        verdicts = json.loads(self.verify(lock, "--json").out)
        self.assertEqual({p["name"]: p["proof"] for p in verdicts["packages"] if p["kind"] == "pypi"}, {"certs": "archive", "our-tool": "local"})
        # The same lock in the same place gives the same bytes, and changes of the code change nothing that is installed.
        first = tree(self.prefix)
        self.write("ours/src/our_tool/__init__.py", CODE + "# more\n")
        self.install(lock)
        self.assert_same_tree(first, tree(self.prefix))
        self.verify(lock, "--quick")
        # Someone lets it lead elsewhere, or runs something at every start.
        pth = self.site / "__editable__.our_tool-1.2.pth"
        good = pth.read_bytes()
        for bad in (str(self.work).encode(), good + b"import os\n"):
            pth.write_bytes(bad)
            told = self.verify(lock, expect=1).out
            self.assertIn("distribution-file-differs", told)
            self.assertIn("--repair` puts it back", told)
            self.assertNotIn("pip install", told)
            self.verify(lock, "--quick", expect=1)
        self.install(lock, "--repair")
        self.assertEqual(pth.read_bytes(), good)
        self.verify(lock)
        # Gone from the lock, gone from the prefix.
        self.install(self.lock_pip("certs"))
        self.assertFalse(pth.exists() or (self.prefix / "bin/ours").exists())
        self.verify(lock)
        self.assertTrue(code.exists())

    def test_other_layouts(self):
        self.write("flat/pyproject.toml", PROJECT)
        self.write("flat/our_tool/__init__.py", CODE)
        self.write("one/pyproject.toml", '[project]\nname = "one-file"\nversion = "0.1"\n[build-system]\nrequires = []\nbuild-backend = "flit_core.buildapi"\n')
        self.write("one/one_file.py", "")
        lock = self.lock_pip("./flat", "-e ./one")
        self.install(lock, "--dry-run")
        self.assertFalse(self.prefix.exists())
        self.install(lock)
        self.assertEqual(self.imported("import one_file; print(one_file.__file__)"), str(self.work / "one/one_file.py"))
        self.assertEqual(self.run_in(self.prefix / "bin/ours"), f"ours {self.work}/flat/our_tool/__init__.py")
        self.verify(lock)

    def test_folders_that_are_not_what_was_locked(self):
        self.write("ours/pyproject.toml", PROJECT)
        self.write("ours/our_tool/__init__.py", CODE)
        lock = self.lock_pip("-e ./ours")
        self.install(lock)
        for changed, told in ((PROJECT.replace("1.2", "1.3"), "version 1.3"), (PROJECT.replace("certs", "platdirs"), "platdirs"), (PROJECT.replace("Our.Tool", "other"), "the name other")):
            self.write("ours/pyproject.toml", changed)
            result = self.install(lock, expect=2)
            self.assertEqual(result.codes(), ["project-stale"])
            self.assertIn(told, result.err)
            self.assertIn("project-stale", self.verify(lock, expect=1).out)
        self.write("ours/pyproject.toml", PROJECT)
        self.verify(lock)
        # A new script is no matter of the lock, but of the next install.
        self.write("ours/pyproject.toml", PROJECT + 'ours2 = "our_tool:main"\n')
        self.verify(lock, expect=1)
        self.install(lock)
        self.verify(lock)
        self.assertTrue((self.prefix / "bin/ours2").exists())
        self.write("ours/pyproject.toml", PROJECT + '[build-system]\nrequires = []\nbuild-backend = "maturin"\n')
        result = self.install(lock, "--dry-run", expect=2)
        self.assertEqual(result.codes(), ["project-layout-unknown"])
        self.assertIn("`maturin`", result.err)
        shutil.move(self.work / "ours", self.work / "moved")
        result = self.install(lock, expect=2)
        self.assertEqual(result.codes(), ["project-folder-missing"])
        self.assertIn(str(self.work / "ours"), result.err)
        self.assertIn("project-folder-missing", self.verify(lock, expect=1).out)


class Repositories(InstallPip):
    def test_a_plain_repository_is_installed_without_running_it(self):
        files = {"lib/pyproject.toml": PROJECT, "lib/our_tool/__init__.py": CODE, "lib/our_tool/data.txt": "a\nb\n", "README": "x",
                 ".gitattributes": "*.txt text eol=crlf\n", "lib/setup.py": "import setuptools\nsetuptools.setup()\n"}
        place, commit = self.repository(files)
        lock = self.lock_pip(f"git+file://{place}@main#subdirectory=lib")
        self.install(lock)
        first = tree(self.prefix)
        self.assertEqual(self.run_in(self.prefix / "bin/ours"), f"ours {self.site}/our_tool/__init__.py")
        self.assertEqual((self.site / "our_tool/data.txt").read_bytes(), b"a\nb\n")
        self.assertEqual(self.direct_url("our_tool-1.2"), {"subdirectory": "lib", "url": f"file://{place}", "vcs_info": {"commit_id": commit, "vcs": "git"}})
        told = self.verify(lock).out
        self.assertIn("pinned by its commit", told)
        self.assertIn(commit, told)
        other = ["--cache", self.folder / "other-cache"]
        self.assertIn("its commit is not in the cache", self.verify(lock, *other, expect=2).out)
        self.verify(lock, *other, "--fetch")
        # Without the repository the cache has the commit.
        shutil.rmtree(place)
        shutil.rmtree(self.prefix)
        self.install(lock, "--offline")
        self.assert_same_tree(first, tree(self.prefix))
        # A checkout that somebody changed is none.
        changed, = self.cache.glob("git-2/*/lib/our_tool/__init__.py")
        changed.write_text(CODE + "evil = 1\n")
        (self.site / "our_tool/__init__.py").write_text(CODE + "evil = 1\n")
        self.assertNotEqual(self.verify(lock, expect=1).code, 0)
        shutil.rmtree(self.prefix)
        self.assertEqual(self.install(lock, expect=2).codes(), ["git-failed"])

    def test_a_repository_with_a_build_of_its_own(self):
        files = {"pyproject.toml": PROJECT.replace("certs", "platdirs") + '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n',
                 "own.py": BACKEND.replace("built_tool", "our_tool").replace("built-tool", "Our.Tool").replace("2.0", "1.2")}
        place, commit = self.repository(files)
        lock = self.lock_pip(f"git+file://{place}")
        result = self.install(lock, expect=2)
        self.assertEqual(result.codes(), ["build-not-allowed"])
        self.assertIn("--allow-build", result.err)
        environment = self.builder()
        result = self.install(lock, "--allow-build", env=environment)
        self.assertIn("built-not-hashed", result.codes())
        self.assertEqual(self.imported("import our_tool; print(our_tool.MADE)"), "plain")
        self.assertEqual(self.direct_url("our_tool-1.2")["vcs_info"]["commit_id"], commit)
        self.assertIn("it was built here", self.verify(lock, expect=2).out)
        self.verify(lock, "--allow-weak")
        (self.folder / "ran").unlink()
        shutil.rmtree(self.prefix)
        self.install(lock, "--allow-build", env=environment)
        self.assertFalse((self.folder / "ran").exists(), "what was built is kept")


class Builds(InstallPip):
    def sdist(self):
        name = "built_tool-2.0"
        files = {f"{name}/pyproject.toml": DYNAMIC, f"{name}/own.py": BACKEND, f"{name}/PKG-INFO": "Metadata-Version: 1.2\nName: built-tool\nVersion: 2.0\n"}
        return f"{name}.tar.gz", index.tar_gz({path: text.encode() for path, text in files.items()})

    def publish(self):
        name, data = self.sdist()
        (self.index / "files" / name).write_bytes(data)
        page = index.json_page("built-tool", [index.Listed(name, data, index.Release("built-tool", "2.0"))])
        (self.index / "simple/built-tool").mkdir()
        (self.index / "simple/built-tool/index.json").write_bytes(page)

    def test_a_wheel_that_was_built_where_it_was_locked(self):
        environment = self.builder()
        self.publish()
        lock = self.lock_pip("built-tool", arguments=["--allow-build"], **environment)
        entry = next(d for d in json.loads(lock.read_bytes())["distributions"] if d["name"] == "built-tool")
        self.assertEqual((entry["source"], entry["built_file"], entry["requires_dist"]), ("built", "built_tool-2.0-py3-none-any.whl", ["certs"]))
        told = self.lock("--check", channel=None, expect=1)
        self.assertIn("check it as it was made: `envlock lock --check --allow-build`", told.err)
        (self.folder / "ran").unlink()
        self.lock("--check", "--allow-build", channel=None, env=environment)
        before = lock.read_bytes()
        self.lock("environment.yml", "--allow-build", channel=None, env=environment)
        self.assertEqual(lock.read_bytes(), before)
        self.install(lock)  # the cache has it: nothing runs
        self.assertFalse((self.folder / "ran").exists())
        self.assertEqual(self.imported("import built_tool; print(built_tool.MADE)"), "plain")
        self.assertFalse((self.site / "built_tool-2.0.dist-info/direct_url.json").exists())
        self.verify(lock)
        # Another machine: it may not build, or it builds the same, or it builds another.
        shutil.rmtree(self.prefix)
        other = ["--cache", "../other-cache"]  # a relative one, since builds run elsewhere
        result = self.install(lock, *other, expect=2)
        self.assertEqual(result.codes(), ["build-not-allowed"])
        self.assertIn(entry["built_sha256"], result.err)
        result = self.install(lock, *other, "--allow-build", env=environment | {"FLAVOUR": "other"}, expect=2)
        self.assertEqual(result.codes(), ["built-wheel-differs"])
        self.assertIn(f"want sha256 {entry['built_sha256']}", result.err)
        self.assertIn("lock --allow-build --update built-tool", result.err)
        self.assertFalse(self.prefix.exists())
        self.install(lock, *other, "--allow-build", env=environment)
        self.verify(lock, *other)
        self.assertEqual(self.verify(lock, "--cache", self.folder / "third-cache", expect=2).code, 2)

    def test_a_source_distribution_that_is_named_by_its_place(self):
        environment = self.builder()
        name, data = self.sdist()
        (self.index / "files" / name).write_bytes(data)
        line = f"built-tool @ {self.url}/files/{name}"
        self.environment_yml(self.python, channels=[self.channel, self.small], more=f"  - pip:\n    - --index-url {self.url}/simple\n    - {line}\n")
        self.assertEqual(self.lock("environment.yml", channel=None, expect=2).codes(), ["place-needs-build"])
        lock = self.lock_pip(line, arguments=["--allow-build"], **environment)
        self.lock("--check", "--allow-build", channel=None)
        self.install(lock)
        self.assertEqual(self.imported("import built_tool; print(built_tool.MADE)"), "plain")
        self.assertEqual(self.direct_url("built_tool-2.0")["url"], f"{self.url}/files/{name}")
        self.verify(lock)

    def test_a_repository_that_only_a_build_describes(self):
        environment = self.builder()
        place, _ = self.repository({"pyproject.toml": DYNAMIC, "own.py": BACKEND})
        line = f"built-tool @ git+file://{place}"
        self.environment_yml(self.python, channels=[self.channel, self.small], more=f"  - pip:\n    - --index-url {self.url}/simple\n    - {line}\n")
        told = self.lock("environment.yml", channel=None, expect=2)
        self.assertEqual(told.codes(), ["place-needs-build"])
        self.assertIn("`--allow-build` builds a wheel here", told.err)
        lock = self.lock_pip(line, arguments=["--allow-build"], **environment)
        versions = {d["name"]: d["version"] for d in json.loads(lock.read_bytes())["distributions"]}
        self.assertEqual(versions, {"built-tool": "2.0", "certs": "2024.2.2"})
        self.install(lock, "--allow-build", env=environment)
        self.assertEqual(self.imported("import built_tool, certs; print(built_tool.MADE)"), "plain")


class Indexes(InstallPip):
    def test_a_file_that_moved_is_found_by_its_name(self):
        lock = self.lock_pip("certs")
        before = lock.read_bytes()
        shutil.rmtree(self.cache)
        name = "certs-2024.2.2-py3-none-any.whl"
        page = self.index / "simple/certs/index.json"
        good = page.read_text()
        moved = good.replace("../../files/", "../../moved/")
        (self.index / "moved").mkdir()
        shutil.move(self.index / "files" / name, self.index / "moved" / name)
        page.write_text(good.replace(name, "certs-2024.2.3-py3-none-any.whl"))
        result = self.install(lock, expect=2)
        self.assertIn("not-found", result.codes())
        self.assertIn("does not list it", result.err)
        page.write_text(moved)
        self.install(lock)
        self.assertEqual(self.imported("import certs; print(certs.__version__)"), "2024.2.2")
        self.assertEqual(lock.read_bytes(), before)
        self.verify(lock)
        # Another file under that name is no file of the lock.
        shutil.rmtree(self.cache)
        shutil.rmtree(self.prefix)
        (self.index / "moved" / name).write_bytes((self.index / "moved" / name).read_bytes()[::-1])
        self.assertIn("hash-mismatch", self.install(lock, expect=2).codes())
        self.assertFalse(self.prefix.exists())

    def test_a_mirror_that_pip_is_set_up_with(self):
        self.environment_yml(self.python, channels=[self.channel, self.small], more="  - pip:\n    - certs\n")
        mirror = {"PIP_INDEX_URL": f"{self.url}/simple"}
        self.lock("environment.yml", channel=None, env=mirror)
        lock = self.work / "envlock.lock"
        self.assertIn("https://pypi.org/simple", lock.read_text())
        shutil.rmtree(self.cache)
        self.install(lock, env=mirror)
        self.assertEqual(self.imported("import certs; print(certs.__version__)"), "2024.2.2")
        self.verify(lock)

    def test_credentials_reach_the_index_at_install(self):
        with_secret = self.serve(self.index, "--user", "ann:s3cret-s3cret").replace("//", "//ann:s3cret-s3cret@") + "/simple"
        lock = self.lock_pip("certs", index_url="${INDEX}", INDEX=with_secret)
        self.assertNotIn("s3cret", lock.read_text())
        ways = ({"ENVLOCK_INDEX_127_0_0_1_USERNAME": "ann", "ENVLOCK_INDEX_127_0_0_1_PASSWORD": "s3cret-s3cret"}, {"PIP_EXTRA_INDEX_URL": with_secret}, {"PIP_INDEX_URL": with_secret}, None)
        for way in ways:
            shutil.rmtree(self.cache)
            shutil.rmtree(self.prefix, ignore_errors=True)
            if way is None:
                (self.home / ".netrc").write_text("machine 127.0.0.1 login ann password s3cret-s3cret\n")
                (self.home / ".netrc").chmod(0o600)
            result = self.install(lock, env=way)
            self.assertNotIn("s3cret", result.out + result.err)
            for file in [*self.cache.rglob("*"), *(self.prefix / "conda-meta").rglob("*"), *self.site.rglob("*")]:
                if file.is_file():
                    self.assertNotIn(b"s3cret", file.read_bytes(), file)
        (self.home / ".netrc").unlink()
        shutil.rmtree(self.cache)
        shutil.rmtree(self.prefix)
        self.install(lock, expect=2)


class Provided(InstallPip):
    def test_what_conda_packages_bring_is_held_against_the_lock(self):
        """conda's `renamed` is platdirs, which nobody told the lock: it took the package for a distribution of its own name."""
        lock = self.lock_pip("renamed >=1", "honest", "platdirs", more=["renamed", "honest"])
        self.assertEqual([d["name"] for d in json.loads(lock.read_bytes())["distributions"]], ["platdirs"])
        result = self.install(lock)
        self.assertEqual(result.codes(), ["conda-distribution-differs"])
        self.assertIn("takes it for `renamed 1.0`", result.err)
        self.assertIn("it brings `platdirs 1.0`", result.err)
        self.write("envlock.toml", '[pypi.mapping]\nrenamed = ["platdirs"]\n')
        lock = self.lock_pip("honest", "platdirs", more=["renamed", "honest"])
        self.assertNotIn("distributions", {k: v for k, v in json.loads(lock.read_bytes()).items() if v})
        self.assertEqual(self.install(lock).codes(), [])


if __name__ == "__main__":
    unittest.main()
