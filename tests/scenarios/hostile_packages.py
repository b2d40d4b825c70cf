"""Packages that mean harm or are broken, each with the answer that `install` owes: the table of bad_package_scenario.py."""
import bz2
import dataclasses
import hashlib
import io
import json
import struct
import tarfile
import zipfile

from support import archive

STEM = "hostile-1.0-0"
INDEX = {"name": "hostile", "version": "1.0", "build": "0", "build_number": 0, "depends": [], "subdir": "noarch", "arch": None, "platform": None, "noarch": "generic"}
GOOD = "share/hostile/good.txt"
canary = "/nowhere"  # set by whoever makes the archives
TABLE = []


@dataclasses.dataclass
class Member:
    """An entry of a tar as it stands there, whatever its name."""

    path: str
    data: bytes = b""
    kind: bytes = tarfile.REGTYPE
    link: str = ""
    mode: int = 0o644
    size: int | None = None  # what the header claims, when not the truth


def file(path, data=b"data\n", **more):
    return Member(path, data, **more)


def link(path, target):
    return Member(path, kind=tarfile.SYMTYPE, link=target, mode=0o777)


def hard_link(path, target):
    return Member(path, kind=tarfile.LNKTYPE, link=target)


def tar(members):
    out = io.BytesIO()
    for member in members:
        info = tarfile.TarInfo(member.path.replace("CANARY", canary))
        info.type, info.linkname, info.mode, info.mtime = member.kind, member.link.replace("CANARY", canary), member.mode, 1700000000
        info.size = len(member.data) if member.size is None else member.size
        info.devmajor = info.devminor = 1 if member.kind in (tarfile.CHRTYPE, tarfile.BLKTYPE) else 0
        out.write(info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape"))
        out.write(member.data + bytes(-len(member.data) % 512))
    return out.getvalue() + bytes(1024)


def row(path, data=b"data\n", **more):
    return {"_path": path, "path_type": "hardlink", "sha256": hashlib.sha256(data).hexdigest(), "size_in_bytes": len(data), **more}


def rows_of(members):
    return [row(m.path, m.data) if m.kind == tarfile.REGTYPE else {"_path": m.path, "path_type": "softlink"} for m in members]


def info_members(rows=(), index=None, link_json=None, paths=None, more=()):
    index = INDEX | (index or {})
    out = [file("info/index.json", json.dumps(index).encode())]
    out.append(file("info/paths.json", json.dumps({"paths": list(rows), "paths_version": 1}).replace("CANARY", canary).encode() if paths is None else paths))
    if link_json is not None:
        out.append(file("info/link.json", link_json if isinstance(link_json, bytes) else json.dumps(link_json).encode()))
    return out + list(more)


def conda(info, payload, compress=archive.zstd_frame, extra=(), payload_bytes=None, info_bytes=None):
    """A .conda of two tars."""
    buffer = io.BytesIO()
    parts = [("metadata.json", b'{"conda_pkg_format_version": 2}'), (f"pkg-{STEM}.tar.zst", payload_bytes or compress(tar(payload))),
             (f"info-{STEM}.tar.zst", info_bytes or archive.zstd_frame(tar(info))), *extra]
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as made:
        for name, data in parts:
            made.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return buffer.getvalue()


def hostile(what, code, extension=".conda"):
    """A row: a function that gives the archive's bytes."""
    def add(make):
        TABLE.append((what, code, extension, make))
        return make
    return add


def hostile_tar(what, code, *members, rows=None):
    """The same entries in both formats; they follow a harmless file."""
    members = [file(GOOD), *members]
    info = info_members(rows_of(members) if rows is None else rows)
    TABLE.append((what, code, ".conda", lambda: conda(info, members)))
    TABLE.append((what, code, ".tar.bz2", lambda: bz2.compress(tar([*info, *members]), 1)))


def manifest(what, code, rows=None, payload=(file(GOOD),), **info):
    """A good archive with a manifest that is not."""
    TABLE.append((what, code, ".conda", lambda: conda(info_members(rows_of(payload) if rows is None else rows, **info), list(payload))))


# Names that lead outside. CANARY is an absolute path to the folder of what may not be touched: the tables are made before it is known.

hostile_tar("an absolute path", "archive-unsafe", file("CANARY/new"))
hostile_tar("a path of ..", "archive-unsafe", file("../canary/new"))
hostile_tar("a path with .. in it", "archive-unsafe", file("share/../../canary/new"))
hostile_tar("a path with backslashes", "archive-unsafe", file("..\\canary\\new"))
hostile_tar("a file without a name", "archive-unreadable", file("./"))
hostile_tar("a path with a line feed", "archive-unsafe", file("share/a\nb"))
hostile_tar("a path with an escape", "archive-unsafe", file("share/\x1b[2J"))
hostile_tar("a path that is no UTF-8", "archive-unsafe", file("share/\udcff"), rows=[row(GOOD)])
hostile_tar("a part of 300 bytes", "archive-unsafe", file("share/" + "x" * 300))
hostile_tar("a symlink to an absolute path", "archive-unsafe", link("share/out", "CANARY"))
hostile_tar("a symlink that leaves", "archive-unsafe", link("share/out", "../../canary"))
hostile_tar("a symlink that leaves by way of another", "archive-unsafe", link("share/a/b", "."), link("share/a/c", "b/../../../canary"))
hostile_tar("a file through a symlink", "archive-unsafe", link("share/door", "hostile"), file("share/door/new"))
hostile_tar("a file through a file", "archive-unsafe", file("share/door"), file("share/door/new"))
hostile_tar("a hard link to an absolute path", "archive-unsafe", hard_link("share/stolen", "CANARY/secret"), rows=[row(GOOD)])
hostile_tar("a hard link that leaves", "archive-unsafe", hard_link("share/stolen", "../canary/secret"), rows=[row(GOOD)])
hostile_tar("a hard link to a symlink", "archive-unsafe", link("share/a", "hostile/good.txt"), hard_link("share/b", "share/a"))
hostile_tar("a character device", "archive-unsafe", Member("share/null", kind=tarfile.CHRTYPE), rows=[row(GOOD)])
hostile_tar("a block device", "archive-unsafe", Member("share/disk", kind=tarfile.BLKTYPE), rows=[row(GOOD)])
hostile_tar("a pipe", "archive-unsafe", Member("share/pipe", kind=tarfile.FIFOTYPE), rows=[row(GOOD)])
hostile_tar("a path twice", "archive-unsafe", file("share/twice", b"one\n"), file("share/twice", b"two\n"))
hostile_tar("a symlink and then a file of its name", "archive-unsafe", link("share/twice", "hostile/good.txt"), file("share/twice"))
hostile_tar("a file in conda-meta", "package-invalid", file("conda-meta/history"))
hostile_tar("a record in conda-meta", "package-invalid", file("conda-meta/plain-1.0-0.json", b"{}"))


# Sizes that lie.

@hostile("4 GB of zeros in 130 kB of zstd", "archive-too-large")
def _():
    head = tarfile.TarInfo("share/zeros")
    head.size = 4 << 30
    frame = archive.zstd_frame(head.tobuf(tarfile.GNU_FORMAT)) + archive.zstd_bomb(4 << 30)
    return conda(info_members([row(GOOD)]), [], payload_bytes=frame)


@hostile("a manifest of 900 MB in 30 kB", "archive-too-large")
def _():
    head = tarfile.TarInfo("info/paths.json")
    head.size = 900 << 20
    frame = archive.zstd_frame(tar(info_members([row(GOOD)])[:1])[:-1024] + head.tobuf(tarfile.GNU_FORMAT)) + archive.zstd_bomb(900 << 20)
    return conda([], [file(GOOD)], info_bytes=frame)


@hostile("4 GB of zeros in bzip2", "archive-too-large", ".tar.bz2")
def _():
    head = tarfile.TarInfo("share/zeros")
    head.size = 4 << 30
    info = tar(info_members([row(GOOD)]))[:-1024]
    return bz2.compress(info + head.tobuf(tarfile.GNU_FORMAT)) + bz2.compress(bytes(64 << 20)) * 64


@hostile("a tar header that claims 4 GB, of a file of four bytes", "archive-unreadable")
def _():
    return conda(info_members([row(GOOD)]), [file("share/big", b"tiny", size=4 << 30)])


@hostile("a zstd frame that claims 4 GB", "archive-unreadable")
def _():
    return conda(info_members([row(GOOD)]), [], payload_bytes=b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", 4 << 30) + archive.zstd_frame(tar([file(GOOD)]))[9:])


@hostile("a file whose header claims a negative size", "archive-unreadable", ".tar.bz2")
def _():
    data = bytearray(tar([*info_members([row(GOOD)]), file(GOOD)]))
    at = data.index(GOOD.encode()) if data.count(GOOD.encode()) == 1 else data.rindex(GOOD.encode())
    data[at + 124:at + 136] = b"\xff" * 12
    data[at + 148:at + 156] = b" " * 8
    data[at + 148:at + 156] = b"%06o\0 " % sum(data[at:at + 512])
    return bz2.compress(bytes(data))


# Archives that are broken.

def good():
    return conda(info_members([row(GOOD)]), [file(GOOD)])


@hostile("nothing", "archive-unreadable")
def _():
    return b""


@hostile("a page that says 404", "archive-unreadable")
def _():
    return b"<!DOCTYPE html><html><body>404 Not Found</body></html>"


@hostile("a .conda that was cut", "archive-unreadable")
def _():
    return good()[:-100]


@hostile("a .tar.bz2 that was cut", "archive-unreadable", ".tar.bz2")
def _():
    return bz2.compress(tar([*info_members([row(GOOD)]), file(GOOD)]))[:-20]


@hostile("a zstd frame that was cut, in a whole zip", "archive-unreadable")
def _():
    return conda(info_members([row(GOOD)]), [], payload_bytes=archive.zstd_frame(tar([file(GOOD, bytes(range(256)) * 8)]))[:-10])


@hostile("a zstd frame that is none, in a whole zip", "archive-unreadable")
def _():
    return conda(info_members([row(GOOD)]), [], payload_bytes=b"\x28\xb5\x2f\xfd" + b"\xff" * 500)


@hostile("a .conda with the files of two packages", "archive-unsafe")
def _():
    return conda(info_members([row(GOOD)]), [file(GOOD)], extra=[("pkg-other-1.0-0.tar.zst", archive.zstd_frame(tar([file("share/other")])))])


@hostile("a member of the zip that leads outside", "archive-unsafe")
def _():
    return conda(info_members([row(GOOD)]), [file(GOOD)], extra=[("../../canary/new", b"evil")])


@hostile("a .conda without info", "archive-unreadable")
def _():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("metadata.json", b'{"conda_pkg_format_version": 2}')
        made.writestr(f"pkg-{STEM}.tar.zst", archive.zstd_frame(tar([file(GOOD)])))
    return buffer.getvalue()


# What a package says of itself.

manifest("paths.json has another hash", "package-invalid", [row(GOOD, b"other\n") | {"size_in_bytes": 5}])
manifest("paths.json names a file that is not there", "package-invalid", [row(GOOD), row("share/hostile/none.txt")])
manifest("paths.json takes a file for a symlink", "package-invalid", [{"_path": GOOD, "path_type": "softlink"}])
manifest("paths.json takes a symlink for a file", "package-invalid", [row(GOOD), row("share/hostile/link")], payload=(file(GOOD), link("share/hostile/link", "good.txt")))
manifest("paths.json leads outside", "package-invalid", [row(GOOD), row("../canary/new")])
manifest("paths.json has an absolute path", "package-invalid", [row(GOOD), row("CANARY/new")])
manifest("paths.json leads into conda-meta", "package-invalid", [row(GOOD), row("conda-meta/x.json")])
manifest("paths.json has a path twice", "package-invalid", [row(GOOD), row(GOOD)])
manifest("paths.json is no JSON", "package-invalid", paths=b"{")
manifest("paths.json is a list", "package-invalid", paths=b"[]")
manifest("paths.json is 100,000 brackets", "package-invalid", paths=b"[" * 100_000)
manifest("paths.json is far longer than what it lists", "package-invalid", paths=json.dumps({"paths": [row(GOOD)], "paths_version": 1}).encode() + b" " * (1 << 20))
manifest("paths.json has a number for a path", "package-invalid", paths=b'{"paths_version": 1, "paths": [{"_path": 7, "path_type": "hardlink"}]}')
manifest("paths.json has a hash that is none", "package-invalid", [row(GOOD) | {"sha256": "xyz"}])
manifest("a placeholder in a file of unknown mode", "package-invalid", [row(GOOD, prefix_placeholder="/opt/x", file_mode="both")])
manifest("index.json is of another package", "package-invalid", index={"name": "harmless"})
manifest("index.json is of another version", "package-invalid", index={"version": "2.0"})
manifest("index.json is of another build", "package-invalid", index={"build": "1"})
manifest("link.json is no JSON", "package-invalid", link_json=b"no")


# Entry points.

for points in ("../../canary/new = m:f", "a/b = m:f", ".. = m:f", "/bin/sh = m:f", "a\nb = m:f", "a\0b = m:f"):
    manifest(f"an entry point {points!r}", "entry-point-invalid", link_json={"noarch": {"type": "python", "entry_points": [points]}, "package_metadata_version": 1},
             index={"noarch": "python"})
for points in ("tool = os;import evil:f", "tool = m:f()", "tool = m:f\nimport os", "tool = :f", "tool m f"):
    manifest(f"an entry point {points!r}", "entry-point-invalid", link_json={"noarch": {"type": "python", "entry_points": [points]}, "package_metadata_version": 1},
             index={"noarch": "python"})
