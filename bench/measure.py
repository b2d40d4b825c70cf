"""Runs commands and measures them: wall time and peak memory, in pairs that alternate, told as medians and a ratio."""
import dataclasses
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent
VIRTUAL_PACKAGES = ["__archspec=1=x86_64_v3", "__cuda=12.9", "__glibc=2.36", "__linux=5.10", "__unix=0"]
TRAINING = ["python=3.10", "pytorch>=2.0", "torchvision", "transformers", "datasets", "sentencepiece", "tensorboard", "jupyter"]


@dataclasses.dataclass
class Run:
    seconds: float
    peak_mb: float


def run(command, cwd=None, env=None, expect=0):
    """One run of a command, with its own peak memory."""
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen([str(c) for c in command], cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != expect:
            errors.seek(0)
            sys.exit(f"exit {process.returncode}: {' '.join(map(str, command))}\n{errors.read().decode(errors='replace')[-3000:]}")
    return Run(seconds, usage.ru_maxrss / 1024)


def paired(ours, theirs, rounds):
    """Two zero-argument functions that give a Run, called in turns; two lists."""
    results = [], []
    for _ in range(rounds):
        results[0].append(ours())
        results[1].append(theirs())
    return results


def median(runs, field="seconds"):
    return statistics.median(getattr(r, field) for r in runs)


def find_envlock(given):
    for candidate in (given, os.environ.get("ENVLOCK"), SOURCE / "build/release/tools/envlock/envlock", shutil.which("envlock")):
        if candidate and os.access(candidate, os.X_OK):
            return str(pathlib.Path(candidate).resolve())
    sys.exit("no envlock found: build the release preset, or give --envlock")


def find_peer():
    """A python that has py-rattler: $ENVLOCK_PEER_PYTHON, or the one on PATH."""
    for candidate in (os.environ.get("ENVLOCK_PEER_PYTHON"), sys.executable, "python3"):
        if candidate and subprocess.run([candidate, "-c", "import rattler"], capture_output=True).returncode == 0:
            return candidate
    sys.exit("no python with py-rattler found: python3 -m venv V && V/bin/pip install py-rattler, then set ENVLOCK_PEER_PYTHON=V/bin/python")


def find_shared():
    for candidate in (os.environ.get("ENVLOCK_SHARED"), SOURCE.parent / "shared"):
        if candidate and pathlib.Path(candidate, "data").is_dir():
            return pathlib.Path(candidate)
    return None


def decompressed_channel(source, out):
    """A copy of a channel with plain repodata.json files, for a run from JSON."""
    for file in sorted(pathlib.Path(source).glob("*/repodata.json.zst")):
        target = pathlib.Path(out) / file.parent.name / "repodata.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as output:
            subprocess.run(["zstd", "-dcq", file], stdout=output, check=True)
    return pathlib.Path(out)


class StaticServer:
    """Serves a folder on a loopback port: nginx where it is installed, else fixtures/serve.py."""

    def __init__(self, folder, scratch):
        nginx = shutil.which("nginx") or ("/usr/sbin/nginx" if os.path.exists("/usr/sbin/nginx") else None)
        if nginx:
            import socket
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            configuration = pathlib.Path(scratch) / "nginx.conf"
            paths = "".join(f"{kind}_temp_path {scratch}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
            user = "user root;" if os.geteuid() == 0 else ""
            configuration.write_text(
                f"{user} worker_processes 1; daemon off; pid {scratch}/nginx.pid; error_log stderr crit; events {{ worker_connections 512; }}\n"
                f"http {{ access_log off; {paths} sendfile on; keepalive_requests 100000; server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n")
            self.name = "nginx"
            self.process = subprocess.Popen([nginx, "-p", scratch, "-c", configuration])
            self.url = f"http://127.0.0.1:{port}"
            time.sleep(0.5)
        else:
            self.name = "serve.py"
            self.process = subprocess.Popen([sys.executable, SOURCE / "fixtures" / "serve.py", folder], stdout=subprocess.PIPE, text=True)
            self.url = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
