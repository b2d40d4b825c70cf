"""Python packages and wheels, installed beside this machine's python and run."""
import base64
import hashlib
import json
import shutil
import unittest

from install_support import NATIVE, InstallScenario, installing, python_channel, toy_channel, tree
from support import shared_folder


class Python(InstallScenario):
    """With this machine's python as a package."""

    def python_lock(self, *dependencies, channels=(), **more):
        channel, version = python_channel()
        self.short = ".".join(version.split(".")[:2])
        return self.lock_of(f"python {version}", *dependencies, channels=[channel, toy_channel(), *channels], **more)

    def test_noarch_python_with_entry_points_and_pyc(self):
        lock = self.python_lock("toytool 1.1")
        self.install(lock)
        first = tree(self.prefix)
        site = f"lib/python{self.short}/site-packages"
        self.assertEqual(self.run_in(self.prefix / "bin/toytool", "a b", expect=3), "toytool 1.1 a b")
        self.assertEqual(self.run_in(self.prefix / "bin/toytool-script"), str(self.prefix / site / "toytool/__init__.py"))
        self.assertEqual(self.run_in(self.prefix / "bin/python", "-c", "import sys, ssl, ctypes, sqlite3, json, hashlib; print(sys.prefix)"), str(self.prefix))
        compiled = sorted(p.name for p in (self.prefix / site / "toytool/__pycache__").iterdir())
        tag = "cpython-" + self.short.replace(".", "")
        self.assertEqual(compiled, [f"__init__.{tag}.pyc", f"cli.{tag}.pyc"])
        flags = (self.prefix / site / f"toytool/__pycache__/cli.{tag}.pyc").read_bytes()[4:8]
        self.assertNotEqual(flags, bytes(4), "a pyc that holds a time")
        self.verify(lock)
        shutil.rmtree(self.prefix)
        self.install(lock, "--threads", "1", "--cache", self.folder / "other-cache")
        self.assert_same_tree(first, tree(self.prefix))
        self.install(self.python_lock("toytool 1.0", name="old.lock"))
        self.assertEqual(self.run_in(self.prefix / "bin/toytool", expect=3), "toytool 1.0")
        self.verify(self.work / "old.lock")

    def test_what_pip_put_there_is_named(self):
        lock = self.python_lock("toytool")
        self.assertEqual(self.install(lock).codes(), [])
        info = self.prefix / f"lib/python{self.short}/site-packages/stray-1.0.dist-info"
        info.mkdir()
        for name, text in (("METADATA", "Metadata-Version: 2.1\nName: stray\nVersion: 1.0\n"), ("INSTALLER", "pip\n"), ("RECORD", "stray-1.0.dist-info/RECORD,,\n")):
            (info / name).write_text(text)
        result = self.install(lock)
        self.assertEqual(result.codes(), ["distribution-extra"], result.err)
        self.assertIn("`stray 1.0`, installed by pip", result.err)
        told = self.verify(lock, expect=1).out
        self.assertIn("distribution-extra", told)
        self.assertNotIn("--fetch", told)

    def test_without_compiling(self):
        lock = self.python_lock("toytool")
        self.install(lock, "--no-compile")
        self.assertEqual(list((self.prefix / f"lib/python{self.short}/site-packages").rglob("*.pyc")), [])
        self.verify(lock)

    def test_wheels(self):
        lock = self.python_lock("toytool")
        explicit = self.run_envlock("export", "explicit", lock)
        name, data = installing.wheel()
        self.write(name, data)
        listed = self.write("all.txt", explicit.out + f"# pip toywheel @ file://{self.work / name}#sha256={hashlib.sha256(data).hexdigest()}\n")
        self.install(listed)
        site = self.prefix / f"lib/python{self.short}/site-packages"
        self.assertEqual(self.run_in(self.prefix / "bin/toywheel"), "toywheel 1.0")
        self.assertEqual(self.run_in(self.prefix / "bin/toywheel-script"), "script of toywheel")
        self.assertEqual(self.text("share/toywheel/data.txt"), "data\n")
        self.assertTrue((site / "toywheel-1.0.dist-info/RECORD").exists())
        for line in (site / "toywheel-1.0.dist-info/RECORD").read_text().splitlines():
            path, digest, _ = line.rsplit(",", 2)
            if digest:
                actual = base64.urlsafe_b64encode(hashlib.sha256((site / path).read_bytes()).digest()).decode().rstrip("=")
                self.assertEqual(digest, "sha256=" + actual, path)
        self.verify(listed)
        # Gone from the list, gone from the prefix.
        self.install(lock)
        self.verify(lock)
        self.assertFalse((site / "toywheel").exists())
        self.assertFalse((self.prefix / "bin/toywheel").exists())
        self.write(name, data[:100] + bytes([data[100] ^ 1]) + data[101:])
        self.assertIn("hash-mismatch", self.install(listed, "--cache", self.folder / "new-cache", expect=2).codes())
        self.assertFalse((site / "toywheel").exists())

    def test_wheels_of_conda_lock_and_pixi(self):
        lock = self.python_lock("toytool")
        name, data = installing.wheel()
        digest = hashlib.sha256(data).hexdigest()
        url = f"file://{self.write(name, data)}"
        exported = self.run_envlock("export", "conda-lock", lock).out
        entry = (f"- name: toywheel\n  version: '1.0'\n  manager: pip\n  platform: {NATIVE}\n  dependencies: {{python: '>=3'}}\n  url: {url}\n"
                 f"  hash: {{sha256: {digest}}}\n  category: dev\n  optional: true\n")
        self.write("conda-lock.yml", exported + entry)
        packages = [(self.located(p), p["sha256"]) for p in json.loads(lock.read_bytes())["packages"]]
        self.write("pixi.lock", "version: 6\nenvironments:\n  default:\n    channels: []\n    packages:\n"
                   f"      {NATIVE}:\n" + "".join(f"      - conda: {place}\n" for place, _ in packages) + f"      - pypi: {url}\npackages:\n"
                   + "".join(f"- conda: {place}\n  sha256: {sha256}\n" for place, sha256 in packages)
                   + f"- pypi: {url}\n  name: toywheel\n  version: '1.0'\n  sha256: {digest}\n")
        trees = []
        self.lock_with_wheel(lock, name, data, "find-links", f"./{name}")
        for file in ("conda-lock.yml", "pixi.lock", "with-wheel.lock"):
            with self.subTest(file):
                shutil.rmtree(self.prefix, ignore_errors=True)
                self.install(self.work / file)
                trees.append({k: v for k, v in tree(self.prefix).items() if not k.startswith("conda-meta")})
                self.assertEqual(self.run_in(self.prefix / "bin/toywheel"), "toywheel 1.0")
                self.assertEqual(self.run_in(self.prefix / "bin/toytool", expect=3), "toytool 1.1")
                self.verify(self.work / file)
        self.assert_same_tree(trees[0], trees[1])
        self.assert_same_tree(trees[0], trees[2])
        for file in ("conda-lock.yml", "with-wheel.lock"):
            self.install(self.work / file, "--category", "main")
            self.assertFalse((self.prefix / "bin/toywheel").exists())
            # What a category needs comes with it: the wheel's python, and what that needs.
            self.install(self.work / file, "--category", "dev")
            self.assertEqual(self.run_in(self.prefix / "bin/toywheel"), "toywheel 1.0")
            self.assertFalse((self.prefix / "bin/toytool").exists())
        # One that was asked for by its place says so.
        self.lock_with_wheel(lock, name, data, "archive", url)
        shutil.rmtree(self.prefix)
        self.install(self.work / "with-wheel.lock")
        info = self.prefix / f"lib/python{self.short}/site-packages/toywheel-1.0.dist-info"
        self.assertEqual(json.loads((info / "direct_url.json").read_text())["url"], url)
        self.assertTrue((info / "REQUESTED").exists())
        self.verify(self.work / "with-wheel.lock")

    def lock_with_wheel(self, lock, name, data, source, url):
        """Writes with-wheel.lock: the lock with the wheel as a distribution that a line of category dev asks for."""
        document = json.loads(lock.read_bytes())
        line = {"line": "toywheel", "category": "dev"} if source == "find-links" else {"line": f"toywheel @ {url}", "kind": "archive", "category": "dev"}
        document["pip"] = {"indexes": ["https://pypi.org/simple"], "find_links": ["."]}
        document["pip_requests"] = [line]
        document["distributions"] = [{"name": "toywheel", "version": "1.0", "source": source, "file": name, "url": url, "sha256": hashlib.sha256(data).hexdigest(),
                                      "size": len(data), "platforms": {NATIVE: {"categories": ["dev"]}}}]
        needed = {"python"}
        while True:
            more = {depend.split()[0] for package in document["packages"] if package["name"] in needed for depend in package["depends"]}
            if more <= needed:
                break
            needed |= more
        for package in document["packages"]:
            if package["name"] in needed:
                package["platforms"][NATIVE] = ["dev", *package["platforms"][NATIVE]]
        return self.write("with-wheel.lock", json.dumps(document))

    def located(self, package):
        """The URL of a package of a lock whose channels are folders."""
        return f"file://{(self.work / package['channel'] / package['subdir'] / package['file']).resolve()}"

    def test_real_packages(self):
        shared = shared_folder()
        if not shared or not (shared / "data/conda-forge-packages").is_dir():
            self.skipTest("skipped: no shared data")
        channel, version = python_channel()
        if tuple(map(int, version.split(".")[:2])) >= (3, 13):
            self.skipTest("skipped: the pip of the shared data needs an older python")
        lock = self.lock_of(f"python {version}", "tqdm", "wheel", "packaging", "setuptools", channels=[channel, shared / "data/conda-forge-packages"])
        self.install(lock)
        self.assertEqual(self.run_in(self.prefix / "bin/tqdm", "--version"), "4.67.1")
        self.assertIn("0.45.1", self.run_in(self.prefix / "bin/wheel", "version"))
        self.assertEqual(self.run_in(self.prefix / "bin/python", "-c", "import packaging, setuptools; print(packaging.__version__)"), "24.2")
        self.assertIn("tqdm", self.run_in(self.prefix / "bin/pip", "list", "--disable-pip-version-check"))
        self.verify(lock)


if __name__ == "__main__":
    unittest.main()
