"""What the scenarios of `install` share: channels made once, short ways to lock, install and verify, and a prefix as a value."""
import hashlib
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import unittest

from support import FIXTURES, Scenario

import make_install_channel as toys  # support.py made fixtures/ importable
from catalogue import installing  # noqa: F401  (for the scenarios)

NATIVE = {"x86_64": "linux-64", "aarch64": "linux-aarch64"}.get(platform.machine(), "linux-64")
_shared = {}


def shared_folder_for_channels():
    if "folder" not in _shared:
        _shared["folder"] = pathlib.Path(tempfile.mkdtemp(prefix="envlock-install-channels-"))
        unittest.addModuleCleanup(shutil.rmtree, _shared["folder"], ignore_errors=True)
    return _shared["folder"]


def toy_channel():
    """The channel of fixtures/make_install_channel.py."""
    if "toys" not in _shared:
        _shared["toys"] = shared_folder_for_channels() / "toys"
        toys.write_channel(_shared["toys"])
    return _shared["toys"]


def python_channel():
    """The channel with this machine's python, or $ENVLOCK_TEST_PYTHON; skips the test where it cannot be made."""
    if "python" not in _shared:
        out = shared_folder_for_channels() / "python"
        chosen = ["--python", os.environ["ENVLOCK_TEST_PYTHON"]] if "ENVLOCK_TEST_PYTHON" in os.environ else []
        made = subprocess.run([sys.executable, "-B", FIXTURES / "make_python_package.py", out, *chosen], capture_output=True, text=True)
        _shared["python"] = (out, json.loads(made.stdout)["python"]) if made.returncode == 0 else (None, made.stderr[-500:])
    out, told = _shared["python"]
    if out is None:
        raise unittest.SkipTest(f"skipped: no python package can be made of this machine's python: {told}")
    return out, told


def tree(prefix):
    """Every file, link and folder of a prefix: path -> kind, mode, content, and the time of all but folders."""
    found = {}
    for here, folders, files in os.walk(prefix):
        for name in sorted(folders) + sorted(files):
            path = pathlib.Path(here, name)
            stat = path.lstat()
            if path.is_symlink():
                what = ("link", os.readlink(path))
            elif path.is_dir():
                what = ("folder", oct(stat.st_mode & 0o7777))
            else:
                what = ("file", oct(stat.st_mode & 0o7777), hashlib.sha256(path.read_bytes()).hexdigest())
            found[str(path.relative_to(prefix))] = what if what[0] == "folder" else what + (stat.st_mtime_ns,)
    return found


class InstallScenario(Scenario):
    def setUp(self):
        super().setUp()
        self.prefix = self.folder / "prefix"

    def environment_yml(self, *dependencies, channels=None, name="environment.yml", more=""):
        lines = "".join(f"  - {each}\n" for each in dependencies)
        listed = "".join(f"  - {each}\n" for each in channels or [toy_channel()])
        self.write(name, f"channels:\n{listed}platforms: [{NATIVE}]\ndependencies:\n{lines}{more}")

    def lock_of(self, *dependencies, name="envlock.lock", **more):
        """Locks these lines; the path of the lock."""
        self.environment_yml(*dependencies, **more)
        (self.work / name).unlink(missing_ok=True)
        self.lock("environment.yml", "-o", name, channel=None)
        return self.work / name

    def install(self, lock, *arguments, prefix=None, expect=0, **more):
        result = self.run_envlock("install", lock, "-p", prefix or self.prefix, *arguments, **more)
        self.assertEqual(result.code, expect, f"install {lock} {arguments}\n{result.out}\n{result.err}")
        return result

    def verify(self, lock, *arguments, prefix=None, expect=0, **more):
        result = self.run_envlock("verify", lock, "-p", prefix or self.prefix, *arguments, **more)
        self.assertEqual(result.code, expect, f"verify {lock} {arguments}\n{result.out}\n{result.err}")
        return result

    def run_in(self, *command, expect=0):
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.home)}
        process = subprocess.run([str(c) for c in command], cwd=self.folder, env=environment, capture_output=True, text=True)
        self.assertEqual(process.returncode, expect, f"{command}\n{process.stdout}\n{process.stderr}")
        return process.stdout.strip()

    def text(self, path):
        return (self.prefix / path).read_text()

    def assert_same_tree(self, left, right, left_out=()):
        left, right = ({k: v for k, v in each.items() if k not in left_out} for each in (left, right))
        different = sorted(k for k in left.keys() | right.keys() if left.get(k) != right.get(k))
        self.assertEqual({k: (left.get(k), right.get(k)) for k in different[:8]}, {})
