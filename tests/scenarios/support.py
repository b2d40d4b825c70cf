"""What every scenario stands on: an empty folder, the program, a server, and what must hold after every run."""
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = SOURCE / "fixtures"
SMALL, EXTRA = FIXTURES / "channels" / "small", FIXTURES / "channels" / "extra"
ENVLOCK = os.environ.get("ENVLOCK", "envlock")
PLATFORMS = ["linux-64", "linux-aarch64", "osx-arm64", "win-64"]

# What is written is synced; what a kill leaves behind is the same in memory, and comes sooner.
MEMORY = "/dev/shm"
if "TMPDIR" not in os.environ and os.path.isdir(MEMORY) and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 1 << 30:
    tempfile.tempdir = MEMORY

sys.path.insert(0, str(FIXTURES))
import shard_channel as sharding  # noqa: E402  (the line above finds them)
from channelkit import archive, channel as channel_kit  # noqa: E402, F401  (for the scenarios)

TRAIN = """\
name: train
channels:
  - conda-forge
  - nodefaults
platforms: [linux-64, linux-aarch64, osx-arm64, win-64]
dependencies:
  - python >=3.10
  - pytorch >=2.0
  - torchvision
  - transformers
  - datasets
  - sentencepiece
  - tensorboard
  - jupyter
  - pip
variables:
  TOKENIZERS_PARALLELISM: "false"
"""


def shared_folder():
    """The folder of large real data, where there is one."""
    for candidate in (os.environ.get("ENVLOCK_SHARED"), SOURCE.parent / "shared"):
        if candidate and pathlib.Path(candidate, "data").is_dir():
            return pathlib.Path(candidate)
    return None


@dataclasses.dataclass
class Result:
    code: int
    out: str
    err: str

    def codes(self):
        """The codes of all diagnostics shown, in order: "no-solution", "cpu-build"."""
        return re.findall(r"^(?:error|warning|note)\[([a-z0-9-]+)\]", self.err, re.M)


class Scenario(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="envlock-scenario-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.work, self.cache, self.home = (self.folder / n for n in ("work", "cache", "home"))
        self.work.mkdir()
        self.home.mkdir()
        # What fails is tried again as often as always, but not waited for as long.
        (self.home / ".condarc").write_text("remote_backoff_factor: 0.02\n")
        self.environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(self.home), "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]

    def write(self, name, content):
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def command(self, *arguments):
        command = [ENVLOCK, *map(str, arguments)]
        if arguments and arguments[0] in ("lock", "install", "verify") and "--cache" not in arguments:
            command += ["--cache", str(self.cache)]
        return command

    def run_envlock(self, *arguments, env=None, stdin=None, timeout=120, writes=(), **more):
        """Runs the program; whatever it was given, it must not crash, hang, or leave anything behind but the lock and what `writes` names."""
        before = self.files()
        process = subprocess.run(
            self.command(*arguments), cwd=self.work, env=self.environment | (env or {}), input=stdin, capture_output=True, timeout=timeout, **more)
        result = Result(process.returncode, process.stdout.decode("utf-8", "replace"), process.stderr.decode("utf-8", "replace"))
        shown = f"$ envlock {' '.join(map(str, arguments))[:400]}\nexit {result.code}\n{result.out[:2000]}\n{result.err[:4000]}"
        if arguments[0] != "run":
            self.assertIn(result.code, (0, 1, 2), shown)
        for bad in ("Sanitizer", "terminate called", "Assertion", "runtime error:"):
            self.assertNotIn(bad, result.err, shown)
        self.assertLess(len(result.err), 100_000, "too long an answer")
        self.assertIsNone(re.search(r"[\x00-\x08\x0b-\x1f\x7f]", result.err), f"control characters in {shown!r}")
        if result.code != 0 and "--json" in arguments and result.out:
            json.loads(result.out)
        elif result.code != 0 and arguments[0] == "verify" and result.out:
            pass  # what was found is the answer: data
        elif arguments[0] == "run":
            pass  # the code is the command's
        elif result.code == 1 and arguments[0] in ("probe", "diff"):
            self.assertRegex(result.out, r"error\[[a-z0-9-]+\]: |the odd one out is |in \d+ groups| → ", shown)  # a finding is the answer: data
        elif result.code != 0:
            self.assertRegex(result.err, r"error\[[a-z0-9-]+\]: ", shown)
        new = self.files() - before
        self.assertEqual({f for f in new if not f.endswith((".lock", ".index.json")) and f not in writes}, set(), f"left behind by {shown}")
        return result

    def files(self):
        return {str(p.relative_to(self.work)) for p in self.work.rglob("*") if not p.is_dir()}

    def lock(self, *arguments, expect=0, channel=SMALL, **more):
        """`envlock lock` with conda-forge meaning `channel`; the lock's bytes, or the Result when it is not 0."""
        mapping = [] if channel is None else ["--channel-map", f"conda-forge={channel}"]
        result = self.run_envlock("lock", *arguments, *mapping, **more)
        self.assertEqual(result.code, expect, f"{' '.join(map(str, arguments))}\n{result.out}\n{result.err}")
        return result

    def lock_bytes(self, *arguments, name="envlock.lock", **more):
        (self.work / name).unlink(missing_ok=True)
        self.lock(*arguments, **more)
        data = (self.work / name).read_bytes()
        json.loads(data)
        self.assertTrue(data.endswith(b"\n") and b"\r" not in data)
        return data

    def picks(self, platform="linux-64", name="envlock.lock"):
        """name -> record of one platform of the lock."""
        return picks(json.loads((self.work / name).read_bytes()), platform)

    def serve(self, folder, *arguments, faults=None):
        """Starts fixtures/serve.py; returns its URL. `faults` are the rules; change them with self.faults(rules)."""
        self.rules, self.access_log = self.folder / "faults.json", self.folder / "access.log"
        self.faults(faults or [])
        process = subprocess.Popen(
            [sys.executable, "-B", FIXTURES / "serve.py", folder, "--faults", self.rules, "--log", self.access_log, *arguments],
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(stop, process)
        return process.stdout.readline().strip()

    def faults(self, rules):
        beside = self.rules.with_suffix(".new")
        beside.write_text(json.dumps(rules))
        beside.replace(self.rules)

    def requests_served(self):
        """The lines of the server's log since the last call: ["GET /noarch/repodata.json.zst 200", ...]"""
        lines = self.access_log.read_text().splitlines() if self.access_log.exists() else []
        if self.access_log.exists():
            os.truncate(self.access_log, 0)
        return lines

    def copy_of_channel(self, source=SMALL, name="channel", packages=False):
        """A writable copy of a channel's repodata.json files alone, or with its packages."""
        out = self.folder / name
        for subdir in sorted(p.name for p in source.iterdir()):
            (out / subdir).mkdir(parents=True)
            for file in (source / subdir).iterdir():
                if file.name == "repodata.json" or (packages and not file.name.startswith("repodata")):
                    shutil.copy(file, out / subdir / file.name)
        return out

    def sharded_channel(self, source=SMALL):
        out = self.folder / "sharded"
        sharding.shard_channel(source, out)
        return out


def stop(process):
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def picks(lock, platform):
    return {p["name"]: {k: v for k, v in p.items() if k != "platforms"} for p in lock["packages"] if platform in p["platforms"]}
