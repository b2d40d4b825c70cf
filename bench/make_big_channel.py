#!/usr/bin/env python3
"""Makes a channel of large packages to time installs and verification with.

    make_big_channel.py OUT [--files 10000] [--bytes 2GB] [--packages 40] [--seed 1]

OUT/linux-64 holds packages big-00, big-01, ... and `big`, which depends on all of them: `envlock lock` an environment of `big` with OUT as its channel.
Their files are like those of a training environment: many small sources, some headers and data, a few large libraries, links between libraries, and
prefixes in one text file of twenty and one library of four. Compressed by the zstd program (level 3, one frame a tar); without it stored. The same
arguments give the same files (their archives too, with the same zstd).
"""
import argparse
import pathlib
import random
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "fixtures"))
from channelkit import archive, channel  # noqa: E402  (the line above finds them)
from channelkit.package import BINARY_PLACEHOLDER, TEXT_PLACEHOLDER, File, Package  # noqa: E402

TIMESTAMP = 1700000000000
POOL = 16 << 20
PART = 32 << 10
UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}
WORDS = ("self return import from def class for in if not None True False range tensor shape dtype device weight bias forward backward size value index "
         "name key args kwargs result data model layer config loss step batch ( ) [ ] : , . = == + - * /").split()


def size_in_bytes(text):
    digits = text.rstrip("abBgGiIkKmM")
    return int(float(digits) * UNITS[text[len(digits):].upper() or "B"])


class Content:
    """Bytes that compress as sources and machine code do, cut from two pools so that making them costs next to nothing."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        lines = []
        for _ in range(40_000):
            words = self.random.choices(WORDS, k=self.random.randint(2, 12))
            words[self.random.randrange(len(words))] += f"_{self.random.getrandbits(20):x}"
            lines.append(" " * (4 * self.random.randint(0, 3)) + " ".join(words))
        text = "\n".join(lines).encode() + b"\n"
        self.text = (text * (POOL // len(text) + 1))[:POOL]
        # Few byte values are common in machine code and tables, zeros above all.
        common = bytes(min(255, int(self.random.expovariate(1 / 24))) for _ in range(256))
        self.binary = self.random.randbytes(POOL).translate(bytes(0 if i < 90 else common[i] for i in range(256)))

    def of(self, pool, size):
        parts = []
        while size > 0:
            part = min(size, PART)
            start = self.random.randrange(0, POOL - part, 64)
            parts.append(pool[start:start + part])
            size -= part
        return b"".join(parts)


def sizes(rng, count, total):
    """`count` sizes that add up to `total`: most small, few large."""
    weights = [rng.paretovariate(0.9) for _ in range(count)]
    scale = total / sum(weights)
    found = [int(w * scale) for w in weights]
    found[0] += total - sum(found)
    return found


def package_files(content, number, count, total):
    rng = content.random
    large_from = 64 << 10
    name = f"big{number:02}"
    for i, size in enumerate(sizes(rng, count, total)):
        if size >= large_from:
            data = b"\x7fELF" + content.of(content.binary, size)
            if i % 4 == 0:
                data += BINARY_PLACEHOLDER.encode() + b"/lib/" + name.encode() + bytes(64)
            yield File(f"lib/lib{name}_{i:05}.so.1.0", data, executable=True)
            yield File(f"lib/lib{name}_{i:05}.so", link=f"lib{name}_{i:05}.so.1.0")
        else:
            data = content.of(content.text, size)
            if i % 20 == 0:
                data = f"#!{TEXT_PLACEHOLDER}/bin/python\n".encode() + data
            yield File(f"share/{name}/part{i // 200:03}/file{i:05}.py", data)


def zstd_program():
    program = shutil.which("zstd")
    if not program:
        return archive.zstd_frame
    return lambda data: subprocess.run([program, "-3", "-q", "--no-check", "-c"], input=data, capture_output=True, check=True).stdout


def make(out, files, size, packages, seed):
    content, compress = Content(seed), zstd_program()
    folder = pathlib.Path(out) / "linux-64"
    folder.mkdir(parents=True, exist_ok=True)
    records = {}

    def write(package):
        for name, data in package.archives():
            (folder / name).write_bytes(data)
            records[name] = package.record(data)

    for number in range(packages):
        count = files // packages + (number < files % packages)
        share = size // packages + (number < size % packages)
        write(Package(f"big-{number:02}", "1.0", "0", "linux-64", files=list(package_files(content, number, count, share)), timestamp=TIMESTAMP,
                      compress=compress))
    write(Package("big", "1.0", "0", "linux-64", [f"big-{n:02} 1.0" for n in range(packages)], timestamp=TIMESTAMP))
    text = {"linux-64": channel.repodata_text("linux-64", {}, records), "noarch": channel.repodata_text("noarch", {}, {})}
    channel.write_files(out, {f"{subdir}/repodata.json": data for subdir, data in text.items()})
    return sum((folder / name).stat().st_size for name in records)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--bytes", type=size_in_bytes, default=size_in_bytes("2GB"))
    parser.add_argument("--packages", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    archived = make(options.out, options.files, options.bytes, options.packages, options.seed)
    print(f"{options.files:,} files, {options.bytes:,} bytes in {options.packages} packages; archives of {archived:,} bytes in {options.out}/linux-64")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
