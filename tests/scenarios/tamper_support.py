"""A small world to tamper with: an environment, its lock and its archives, and what verify says of what was done to it."""
import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys

from install_support import NATIVE, InstallScenario, shared_folder_for_channels
from support import FIXTURES

from catalogue import installing
from channelkit import channel as channel_kit
from channelkit.package import BINARY_PLACEHOLDER, TEXT_PLACEHOLDER, File, Package

# The magic number of a .pyc depends on the minor version: the environment's python is called as the one that runs this.
SHORT = "{}.{}".format(*sys.version_info[:2])
SITE = f"lib/python{SHORT}/site-packages"
TAG = f"cpython-{SHORT.replace('.', '')}"
PYTHON_BUILD = f"0_cp{SHORT.replace('.', '')}"


def package(name, version, files, subdir=NATIVE, build="0", **more):
    return Package(name, version, build, subdir, files=files, timestamp=installing.TIMESTAMP, **more)


def toy_python():
    """Laid out as a python is, and of no use: nothing here may run it."""
    return package("python", f"{SHORT}.0", [
        File(f"bin/python{SHORT}", b"\x7fELF no program\n" + BINARY_PLACEHOLDER.encode() + b"/lib\0" + bytes(40), executable=True),
        File("bin/python3", link=f"python{SHORT}"),
        File("bin/python", link=f"python{SHORT}"),
        File(f"lib/python{SHORT}/os.py", b'name = "posix"\n'),
        File(f"lib/python{SHORT}/site.py", b"ENABLE_USER_SITE = None\n"),
        File(f"lib/python{SHORT}/encodings/__init__.py", b'"""Encodings."""\n'),
        File(f"lib/python{SHORT}/lib-dynload/_toy.so", b"\x7fELF _toy" + bytes(range(256)), executable=True),
        File(f"{SITE}/README.txt", b"Packages are installed here.\n")], build=PYTHON_BUILD, site_packages=SITE)


def plain_library(marker=b""):
    """Files without a placeholder."""
    return package("plain", "1.0", [
        File("bin/plain", b"#!/bin/sh\necho plain\n" + marker, executable=True),
        File("lib/libplain.so.1", b"\x7fELF plain " + marker + bytes(range(256)) * 20, executable=True),
        File("lib/libplain.so", link="libplain.so.1"),
        File("lib/plain/plugin.so", b"\x7fELF plugin " + marker + bytes(range(100)), executable=True),
        File("share/plain/weights.bin", bytes(range(256)) * 64),
        File("share/plain/readme.txt", b"Plain.\n")])


def world_channel():
    """Toys, a python that is none, and `plain`."""
    folder = shared_folder_for_channels() / "world"
    if not folder.exists():
        packages = [*installing.packages(), toy_python(), plain_library()]
        channel_kit.write_files(folder, channel_kit.channel_files(packages, installing.SUBDIRS))
    return folder


def other_channel():
    """The same file of `plain` with another content, and `greet-data` byte for byte."""
    folder = shared_folder_for_channels() / "other"
    if not folder.exists():
        packages = [plain_library(b"other"), *(p for p in installing.packages() if p.name == "greet-data")]
        channel_kit.write_files(folder, channel_kit.channel_files(packages, installing.SUBDIRS))
    return folder


def archives(folder, *stems):
    found = {re.sub(r"\.(conda|tar\.bz2)$", "", p.name): p for subdir in ("noarch", NATIVE) for p in (folder / subdir).iterdir()}
    return [found[stem] for stem in stems]


LOCKED = ["python", "plain", "hello 2.0 0", "odd-names", "activated", "toytool 1.1", "pip"]
STEMS = [f"python-{SHORT}.0-{PYTHON_BUILD}", "plain-1.0-0", "hello-2.0-0", "greet-data-2.0-0", "odd-names-1.0-0", "activated-1.0-0",
         "toytool-1.1-pyh0_0", "pip-24.0-pyh0_0"]


def conda_create(prefix, files):
    """The second installer makes `prefix` of these archives."""
    shutil.rmtree(prefix, ignore_errors=True)
    subprocess.run([sys.executable, "-B", FIXTURES / "conda_install.py", prefix, *files], check=True)


def flip_bit(path, at=5):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def record_line(folder, path):
    data = (folder / path).read_bytes()
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
    return f"{path},sha256={digest},{len(data)}\n"


class World(InstallScenario):
    """self.prefix is the environment of self.world_lock; self.restore() makes it new again."""

    def make_world(self):
        self.channel = self.folder / "channel"
        shutil.copytree(world_channel(), self.channel)
        self.world_lock = self.lock_of(*LOCKED, channels=[self.channel], more="variables:\n  MODE: loud\n")
        self.install(self.world_lock, "--copy", "--no-compile")
        self.master = self.folder / "master"
        shutil.copytree(self.prefix, self.master, symlinks=True)

    def restore(self):
        shutil.rmtree(self.prefix, ignore_errors=True)
        if self.prefix.is_symlink():
            self.prefix.unlink()
        shutil.copytree(self.master, self.prefix, symlinks=True)
        shutil.rmtree(self.home)
        self.home.mkdir()

    def recreate(self, files):
        """The second installer makes the prefix, and `conda env config vars set` its variables."""
        conda_create(self.prefix, files)
        shutil.copy(self.master / "conda-meta/state", self.prefix / "conda-meta/state")

    def judge(self, *arguments, env=None, lock=True, prefix=None, **more):
        """(exit code, the faults as {(code, path or package)}, the whole answer) of one verification."""
        chosen = [self.world_lock] if lock is True else [lock] if lock else ["--no-lock"]
        result = self.run_envlock("verify", *chosen, "-p", prefix or self.prefix, "--json", *arguments, env=env, **more)
        self.assertTrue(result.out, result.err)
        answer = json.loads(result.out)
        self.assertIn("findings", answer, result.out)
        return result.code, faults(answer), answer

    def without_archives(self):
        """Arguments for a verification that has no archive at hand; the channel has to be away, too."""
        return ["--cache", self.folder / "no-cache"]

    def meta(self, name):
        (path,) = (p for p in (self.prefix / "conda-meta").glob(f"{name}-*.json") if json.loads(p.read_text())["name"] == name)
        return path

    def edit_meta(self, name, edit):
        path = self.meta(name)
        data = json.loads(path.read_text())
        edit(data)
        path.write_text(json.dumps(data, indent=2, sort_keys=True) + "\n")

    def confess(self, name, *paths):
        """conda-meta gets the hashes that the files have now."""
        def edit(data):
            for row in data["paths_data"]["paths"]:
                if row["_path"] in paths:
                    digest = hashlib.sha256((self.prefix / row["_path"]).read_bytes()).hexdigest()
                    row["size_in_bytes"] = (self.prefix / row["_path"]).stat().st_size
                    if "prefix_placeholder" not in row:
                        row["sha256"] = digest
                    if "sha256_in_prefix" in row or "prefix_placeholder" in row:
                        row["sha256_in_prefix"] = digest
        self.edit_meta(name, edit)

    def pip_files(self, name, version, files, more=()):
        """What pip leaves of a wheel: its files, their dist-info, and RECORD."""
        site, info = self.prefix / SITE, f"{name}-{version}.dist-info"
        files = {**files, f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", f"{info}/INSTALLER": "pip\n", f"{info}/REQUESTED": "",
                 f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: bdist_wheel\nRoot-Is-Purelib: true\nTag: py3-none-any\n", **dict(more)}
        for path, text in files.items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_text(text)
        (site / info / "RECORD").write_text("".join(record_line(site, path) for path in files) + f"{info}/RECORD,,\n")


def faults(answer):
    return {(f["code"], f["path"] or f["package"]) for f in answer["findings"] if f["weight"] == "fault"}


def notes(answer):
    return {f["code"] for f in answer["findings"] if f["weight"] == "note"}


def proofs(answer):
    return {p["name"]: p["proof"] for p in answer["packages"]}
