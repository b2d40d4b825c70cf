"""Wheels that mean harm or are broken, with the answer that `install` owes: a table of bad_package_scenario.py."""
import base64
import hashlib
import io
import zipfile

NAME = "evil-1.0-py3-none-any.whl"
INFO = "evil-1.0.dist-info"
TABLE = []


def digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def wheel(files=(), record=None, modes=(), **info):
    """A wheel of {path: bytes} beside a module and its own metadata; `record` changes the lines of RECORD."""
    own = {"METADATA": b"Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n",
           "WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"} | {k.replace("__", "."): v for k, v in info.items()}
    content = {"evil/__init__.py": b"", **{f"{INFO}/{k}": v for k, v in own.items() if v is not None}, **dict(files)}
    lines = [f"{path},sha256={digest(data)},{len(data)}" for path, data in content.items()] + [f"{INFO}/RECORD,,"]
    text = "\n".join(record(lines) if record else lines) + "\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for path, data in [*content.items(), (f"{INFO}/RECORD", text.encode())]:
            member = zipfile.ZipInfo(path, (2023, 11, 14, 0, 0, 0))
            member.create_system, member.external_attr = 3, dict(modes).get(path, 0o100644) << 16
            made.writestr(member, data)
    return buffer.getvalue()


def hostile(what, code, *arguments, **more):
    TABLE.append((what, code, wheel(*arguments, **more)))


hostile("a path of ..", "archive-unsafe", {"../../../../canary/new.py": b"x"})
hostile("an absolute path", "archive-unsafe", {"/tmp/envlock-canary.py": b"x"})
hostile("a symlink", "archive-unsafe", {"evil/link": b"/etc/passwd"}, modes={"evil/link": 0o120777})
hostile("a pipe", "archive-unsafe", {"evil/pipe": b""}, modes={"evil/pipe": 0o010644})
hostile("data that leads out of the prefix", "archive-unsafe", {"evil-1.0.data/data/../../../canary/new": b"x"})
hostile("data in conda-meta", "wheel-invalid", {"evil-1.0.data/data/conda-meta/plain-1.0-0.json": b"{}"})
hostile("data of a kind that does not exist", "wheel-invalid", {"evil-1.0.data/system/x": b"x"})
hostile("a script that leads out of bin", "entry-point-invalid", entry_points__txt=b"[console_scripts]\n../../canary/new = evil:main\n")
hostile("a script of an absolute path", "entry-point-invalid", entry_points__txt=b"[console_scripts]\n/bin/sh = evil:main\n")
hostile("a script that runs more than a function", "entry-point-invalid", entry_points__txt=b"[console_scripts]\ntool = os;import evil:f\n")
hostile("a file that RECORD does not list", "wheel-invalid", {"evil/more.py": b"x"}, record=lambda lines: [line for line in lines if "more" not in line])
hostile("a file that RECORD lists and that is not there", "wheel-invalid", record=lambda lines: [f"evil/none.py,sha256={digest(b'')},0", *lines])
hostile("a file with another hash than RECORD has", "wheel-invalid", record=lambda lines: [line.replace(digest(b""), digest(b"x")) for line in lines])
hostile("a file with another size than RECORD has", "wheel-invalid", record=lambda lines: [f"evil/__init__.py,sha256={digest(b'')},7", *lines[1:]])
hostile("a file of which RECORD has an MD5 only", "wheel-invalid", record=lambda lines: ["evil/__init__.py,md5=1B2M2Y8AsgTpgAmY7PhCfg,0", *lines[1:]])
hostile("a RECORD without hashes", "wheel-invalid", record=lambda lines: ["evil/__init__.py"])
hostile("a RECORD that is none", "wheel-record-invalid", record=lambda lines: ['"evil/__init__.py,sha256=zz,0'])
hostile("no WHEEL", "wheel-invalid", WHEEL=None)
hostile("a version of the format that is not known", "wheel-invalid", WHEEL=b"Wheel-Version: 2.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
hostile("no METADATA", "wheel-invalid", METADATA=None)
hostile("METADATA of another distribution", "wheel-invalid", METADATA=b"Metadata-Version: 2.1\nName: good\nVersion: 1.0\n")
hostile("METADATA of another version", "wheel-invalid", METADATA=b"Metadata-Version: 2.1\nName: evil\nVersion: 2.0\n")
hostile("a second dist-info", "wheel-invalid", {"good-1.0.dist-info/METADATA": b"Name: good\nVersion: 1.0\n"})
TABLE.append(("a wheel that was cut", "archive-unreadable", wheel()[:-30]))
TABLE.append(("a wheel that is none", "archive-unreadable", b"<html>404</html>"))
