"""The rest of the table of tamperings.py: what was put beside the files of packages, compiled, installed by others, recorded or set."""
import hashlib
import importlib.util
import json
import os
import py_compile
import shutil

from tamper_support import SHORT, SITE, STEMS, TAG, archives, other_channel, world_channel
from tamperings import BLIND, STDLIB, tampering


# Strangers.

def stranger(what, code, path, content="evil\n", named=None):
    @tampering(what, [(code, named or path)])
    def _(world):
        at = world.prefix / path
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_text(content)


stranger("a stray .pth", "stranger-startup", f"{SITE}/zz.pth", "import os; os.environ['X'] = '1'\n")
stranger("a stray sitecustomize.py", "stranger-startup", f"{SITE}/sitecustomize.py")
stranger("a stray usercustomize.py beside the standard library", "stranger-startup", f"{STDLIB}/usercustomize.py")
stranger("a stray pyvenv.cfg", "stranger-startup", "pyvenv.cfg", "home = /usr/bin\n")
stranger("a stray library", "stranger-library", "lib/libevil.so")
stranger("a stray library that the loader prefers", "stranger-library", "lib/glibc-hwcaps/x86-64-v3/libplain.so.1")
stranger("a zip that python imports from before its standard library", "stranger-library", f"lib/python{SHORT.replace('.', '')}.zip")
stranger("a stray program", "stranger-program", "bin/ls", "#!/bin/sh\n")
stranger("a stray activation script", "stranger-activation", "etc/conda/activate.d/zz.sh")
stranger("a stray deactivation script", "stranger-activation", "etc/conda/deactivate.d/zz.sh")
stranger("a stray file of variables", "stranger-activation", "etc/conda/env_vars.d/zz.json", "{}\n")
stranger("a stray program of conda itself", "stranger-program", "condabin/conda", "#!/bin/sh\n")
stranger("a stray profile of R", "stranger-startup", "lib/R/etc/Rprofile.site")
stranger("a stray configuration of IPython", "stranger-startup", "etc/ipython/profile_default/startup/00.py")
stranger("a file of variables under the name of one that was kept aside", "stranger-activation", "etc/conda/env_vars.d/x.json.envlock-kept-1", "{}\n")
stranger("a stray module", "stranger-module", f"{SITE}/numpy.py")
stranger("a stray module of PyPy", "stranger-module", "lib/pypy3.9/os.py")
stranger("a stray .pth of PyPy", "stranger-startup", "lib/pypy3.9/site-packages/zz.pth", "import os\n")
stranger("a stray package", "stranger-module", f"{SITE}/numpy/__init__.py", named=f"{SITE}/numpy")
stranger("a stray module within a package", "stranger-module", f"{SITE}/toytool/extra.py")
stranger("a stray compiled module beside a source, which python prefers", "stranger-library", f"{SITE}/toytool/cli.abi3.so")
stranger("a stray module of the standard library", "stranger-module", f"{STDLIB}/antigravity.py")
stranger("a library under the name of another in capitals", "stranger-library", "lib/LIBPLAIN.so.1")
stranger("a package under the name of another in capitals", "stranger-module", f"{SITE}/Toytool/__init__.py", named=f"{SITE}/Toytool")
stranger("a stray direct_url.json in the dist-info of conda", "stranger-module", f"{SITE}/toytool-1.1.dist-info/direct_url.json", "{}\n")


stranger("a stray module whose name is written over the screen", "stranger-module", f"{SITE}/a\n\x1b[2J.py")


@tampering("a stray .pth that conda-meta claims for a package", [("stranger-startup", f"{SITE}/zz.pth")], BLIND)
def _(world):
    (world.prefix / SITE / "zz.pth").write_text("import os\n")
    row = {"_path": f"{SITE}/zz.pth", "path_type": "hardlink", "sha256": hashlib.sha256(b"import os\n").hexdigest(), "size_in_bytes": 10}
    world.edit_meta("plain", lambda data: (data["files"].append(row["_path"]), data["paths_data"]["paths"].append(row)))


@tampering("a stray file whose name is no UTF-8", [("stranger-module", f"{SITE}/evil\ufffd.py")])
def _(world):
    open(os.fsencode(world.prefix / SITE) + b"/evil\xff.py", "wb").close()


@tampering("a hard link to a library of the prefix, by another name", [("stranger-library", "lib/libother.so")])
def _(world):
    os.link(world.prefix / "lib/libplain.so.1", world.prefix / "lib/libother.so")


@tampering("a stray module in a folder of compiled ones", [("stranger-module", f"{SITE}/toytool/__pycache__")])
def _(world):
    (world.prefix / SITE / "toytool/__pycache__").mkdir(exist_ok=True)
    (world.prefix / SITE / "toytool/__pycache__/evil.so").write_text("")


@tampering("a stray symlink to a program outside", [("stranger-program", "bin/cc")])
def _(world):
    (world.prefix / "bin/cc").symlink_to("/usr/bin/env")


@tampering("a stray symlink to a package outside", [("stranger-module", f"{SITE}/torch")])
def _(world):
    (world.prefix / SITE / "torch").symlink_to(world.home)


@tampering("a stray pipe where modules lie", [("stranger-module", f"{SITE}/queue.py")])
def _(world):
    os.mkfifo(world.prefix / SITE / "queue.py")


# Bytecode.

@tampering("a pyc with an unchecked hash that is not its source's", [("pyc-unchecked", f"{SITE}/toytool/__pycache__/cli.{TAG}.pyc")])
def _(world):
    evil = world.folder / "evil.py"
    evil.write_text("print('evil')\n")
    cached = world.prefix / SITE / f"toytool/__pycache__/cli.{TAG}.pyc"
    py_compile.compile(str(evil), str(cached), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)


@tampering("an optimized pyc of that kind", [("pyc-unchecked", f"{STDLIB}/__pycache__/os.{TAG}.opt-2.pyc")])
def _(world):
    evil = world.folder / "evil.py"
    evil.write_text("print('evil')\n")
    cached = world.prefix / STDLIB / f"__pycache__/os.{TAG}.opt-2.pyc"
    py_compile.compile(str(evil), str(cached), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)


@tampering("a module without source", [("pyc-without-source", f"{SITE}/json5.pyc")])
def _(world):
    (world.prefix / SITE / "json5.pyc").write_bytes(importlib.util.MAGIC_NUMBER + bytes(12) + b"N")


@tampering("the folder of compiled files is a link to one outside", [("stranger-module", f"{SITE}/toytool/__pycache__")])
def _(world):
    (world.prefix / SITE / "toytool/__pycache__").symlink_to(world.home)


# Pip.

@tampering("pip upgraded a package of conda", [("distribution-replaces-conda", f"{SITE}/toytool-1.2.dist-info")])
def _(world):
    site = world.prefix / SITE
    shutil.rmtree(site / "toytool")
    shutil.rmtree(site / "toytool-1.1.dist-info")
    (world.prefix / "bin/toytool").unlink()
    world.pip_files("toytool", "1.2", {"toytool/__init__.py": '__version__ = "1.2"\n', "toytool/cli.py": "def main():\n    return 4\n",
                                       "toytool/new.py": "", "../../../bin/toytool": "#!/bin/sh\necho 1.2\n"})
    (world.prefix / "bin/toytool").chmod(0o755)


@tampering("a second dist-info for a package of conda", [("distribution-replaces-conda", f"{SITE}/toytool-1.2.dist-info")])
def _(world):
    world.pip_files("toytool", "1.2", {})


@tampering("pip installed another distribution", [("distribution-extra", f"{SITE}/wandb-0.1.dist-info")])
def _(world):
    world.pip_files("wandb", "0.1", {"wandb/__init__.py": "", "../../../bin/wandb": "#!/bin/sh\n"})


@tampering("pip installed a distribution and it was edited later", [("distribution-extra", f"{SITE}/wandb-0.1.dist-info"), ("distribution-file-differs", f"{SITE}/wandb/__init__.py")])
def _(world):
    world.pip_files("wandb", "0.1", {"wandb/__init__.py": ""})
    (world.prefix / SITE / "wandb/__init__.py").write_text("import os\n")


@tampering("an editable install", [("distribution-extra", f"{SITE}/mine-0.1.dist-info"), ("distribution-editable", f"{SITE}/mine-0.1.dist-info")])
def _(world):
    world.pip_files("mine", "0.1", {"__editable__.mine-0.1.pth": f"{world.home}\n"},
                    {"mine-0.1.dist-info/direct_url.json": json.dumps({"url": f"file://{world.home}", "dir_info": {"editable": True}})})


# Packages.

@tampering("the record of a package is removed", [("package-not-installed", "plain")],
           [("package-not-installed", "plain"), ("stranger-program", "bin/plain"), ("stranger-library", "lib/libplain.so"), ("stranger-library", "lib/libplain.so.1"),
            ("stranger-library", "lib/plain/plugin.so")])
def _(world):
    world.meta("plain").unlink()


@tampering("another package is installed", [("package-extra", "scripted")])
def _(world):
    world.recreate(archives(world_channel(), *STEMS, "scripted-1.0-0"))


@tampering("another version is installed", [("package-differs", "greet-data"), ("package-differs", "hello")])
def _(world):
    world.recreate(archives(world_channel(), *(s.replace("hello-2.0", "hello-1.0").replace("greet-data-2.0", "greet-data-1.0") for s in STEMS)))


@tampering("another build of the version is installed", [("package-differs", "hello")])
def _(world):
    world.recreate(archives(world_channel(), *(s.replace("hello-2.0-0", "hello-2.0-old_0") for s in STEMS)))


PLAIN_FILES = [("file-differs", "bin/plain"), ("file-differs", "lib/libplain.so.1"), ("file-differs", "lib/plain/plugin.so")]


@tampering("a package is installed from another file of the same name, of another channel", [("package-hash-differs", "plain"), *PLAIN_FILES],
           [("package-hash-differs", "plain")])
def _(world):
    install_other_plain(world)


@tampering("the same, and conda-meta says that it is the locked one", PLAIN_FILES, BLIND)
def _(world):
    honest = json.loads(world.meta("plain").read_text())
    install_other_plain(world)
    world.edit_meta("plain", lambda data: data.update({key: honest[key] for key in ("sha256", "md5", "size", "channel", "url")}))


def install_other_plain(world):
    world.recreate([*archives(world_channel(), *(s for s in STEMS if s != "plain-1.0-0")), *archives(other_channel(), "plain-1.0-0")])


@tampering("two records of one package", [("package-differs", "plain"), ("package-twice", "plain")])
def _(world):
    path = world.meta("plain")
    data = json.loads(path.read_text())
    data["build"], data["build_number"] = "1", 1
    (path.parent / "plain-1.0-1.json").write_text(json.dumps(data))


@tampering("a record is no JSON any more", [("conda-meta-invalid", "conda-meta/plain-1.0-0.json"), ("package-not-installed", "plain")],
           [("conda-meta-invalid", "conda-meta/plain-1.0-0.json"), ("package-not-installed", "plain"), ("stranger-program", "bin/plain"), ("stranger-library", "lib/libplain.so"),
            ("stranger-library", "lib/libplain.so.1"), ("stranger-library", "lib/plain/plugin.so")])
def _(world):
    os.truncate(world.meta("plain"), 100)


@tampering("conda-meta is a link", [("conda-meta-invalid", "conda-meta")])
def _(world):
    shutil.move(world.prefix / "conda-meta", world.home / "conda-meta")
    (world.prefix / "conda-meta").symlink_to(world.home / "conda-meta")


@tampering("a record and the state are links", [("conda-meta-invalid", "conda-meta/plain-1.0-0.json"), ("conda-meta-invalid", "conda-meta/state")])
def _(world):
    for name in ("plain-1.0-0.json", "state"):
        shutil.move(world.prefix / "conda-meta" / name, world.home / name)
        (world.prefix / "conda-meta" / name).symlink_to(world.home / name)


@tampering("a pipe among the records", [("conda-meta-invalid", "conda-meta/pipe-1.0-0.json")])
def _(world):
    os.mkfifo(world.prefix / "conda-meta/pipe-1.0-0.json")


@tampering("a record of 3 GB", [("conda-meta-invalid", "conda-meta/big-1.0-0.json")])
def _(world):
    (world.prefix / "conda-meta/big-1.0-0.json").touch()
    os.truncate(world.prefix / "conda-meta/big-1.0-0.json", 3 << 30)


@tampering("the record of variables is no JSON", [("conda-meta-invalid", "conda-meta/state"), ("state-differs", "conda-meta/state")])
def _(world):
    os.truncate(world.prefix / "conda-meta/state", 4)


@tampering("an install left its journal", [("install-interrupted", "")])
def _(world):
    (world.prefix / "conda-meta/.envlock").mkdir()
    (world.prefix / "conda-meta/.envlock/journal").write_text("begun\n")


@tampering("activation sets a variable to another value", [("state-differs", "conda-meta/state")])
def _(world):
    (world.prefix / "conda-meta/state").write_text(json.dumps({"env_vars": {"MODE": "quiet"}}))


@tampering("activation sets one more variable", [("state-differs", "conda-meta/state")])
def _(world):
    (world.prefix / "conda-meta/state").write_text(json.dumps({"env_vars": {"MODE": "loud", "LD_PRELOAD": "/tmp/evil.so"}}))


@tampering("the record of variables is gone", [("state-differs", "conda-meta/state")])
def _(world):
    (world.prefix / "conda-meta/state").unlink()


# Surroundings: what is returned are variables of the process that verifies.

@tampering("LD_PRELOAD is set", [("preload-set", "")])
def _(world):
    return {"LD_PRELOAD": "libc.so.6"}


@tampering("LD_AUDIT is set", [("preload-set", "")])
def _(world):
    return {"LD_AUDIT": str(world.home / "no-such-audit.so")}


@tampering("PYTHONPATH is set", [("python-path-set", "")])
def _(world):
    return {"PYTHONPATH": str(world.home)}


@tampering("PYTHONHOME is set", [("python-home-set", "")])
def _(world):
    return {"PYTHONHOME": "/usr"}


@tampering("LD_LIBRARY_PATH leads to another library of the name", [("library-path-shadows", "")])
def _(world):
    shutil.copy(world.prefix / "lib/libplain.so.1", world.home)
    return {"LD_LIBRARY_PATH": str(world.home)}


@tampering("LD_LIBRARY_PATH leads to a folder with a library of the name for newer processors", [("library-path-shadows", "")])
def _(world):
    preferred = world.home / "libs/glibc-hwcaps/x86-64-v3"
    preferred.mkdir(parents=True)
    shutil.copy(world.prefix / "lib/libplain.so.1", preferred)
    return {"LD_LIBRARY_PATH": str(world.home / "libs")}


@tampering("the same, where older loaders look", [("library-path-shadows", "")])
def _(world):
    preferred = world.home / "libs/tls/haswell"
    preferred.mkdir(parents=True)
    shutil.copy(world.prefix / "lib/libplain.so.1", preferred)
    return {"LD_LIBRARY_PATH": str(world.home / "libs")}


def in_user_site(what, name):
    @tampering(what, [("user-site-startup", "")])
    def _(world):
        (world.home / ".local" / SITE).mkdir(parents=True)
        (world.home / ".local" / SITE / name).write_text("import os\n")


in_user_site("a .pth in the user's own site-packages", "zz.pth")
in_user_site("a usercustomize.py in the user's own site-packages", "usercustomize.py")
in_user_site("a sitecustomize in the user's own site-packages", "sitecustomize.abi3.so")


@tampering("the user's own site-packages shadow a package", [("user-site-shadows", "")])
def _(world):
    site = world.home / ".local" / SITE
    (site / "toytool").mkdir(parents=True)
    (site / "toytool/__init__.py").write_text("evil = True\n")


@tampering("user site-packages in another place shadow a package", [("user-site-shadows", "")])
def _(world):
    (world.home / "base" / SITE / "toytool-9.dist-info").mkdir(parents=True)
    return {"PYTHONUSERBASE": str(world.home / "base")}


@tampering("the environment is active, and a variable of the lock is another", [("variable-differs", "MODE")])
def _(world):
    return {"CONDA_PREFIX": str(world.prefix), "MODE": "quiet"}


# Folders that are links.

def moved_folder(what, folder, faults):
    """A folder of the prefix becomes a link to a copy of it within share/, and more is put there."""
    @tampering(what, faults)
    def _(world):
        new = world.prefix / "share/moved"
        (world.prefix / folder).parent.mkdir(parents=True, exist_ok=True)
        if (world.prefix / folder).exists():
            shutil.move(world.prefix / folder, new)
        else:
            new.mkdir()
        (new / "evil.sh").write_text("evil\n")
        (world.prefix / folder).symlink_to(os.path.relpath(new, (world.prefix / folder).parent))


moved_folder("the folder of python is a link to one elsewhere in the prefix, with more in it", STDLIB, [("stranger-library", STDLIB)])
moved_folder("site-packages is a link", SITE, [("stranger-module", SITE)])
moved_folder("a package of python is a link", f"{SITE}/toytool", [("stranger-module", f"{SITE}/toytool")])


moved_folder("bin is a link to a folder elsewhere in the prefix, with more in it", "bin", [("stranger-program", "bin")])
moved_folder("lib is a link to a folder elsewhere in the prefix, with more in it", "lib", [("stranger-library", "lib")])
moved_folder("activate.d is a link to a folder elsewhere in the prefix, with more in it", "etc/conda/activate.d", [("stranger-activation", "etc/conda/activate.d")])
moved_folder("env_vars.d is a link", "etc/conda/env_vars.d", [("stranger-activation", "etc/conda/env_vars.d")])
moved_folder("etc/conda is a link", "etc/conda", [("stranger-activation", "etc/conda")])
moved_folder("etc is a link", "etc", [("stranger-activation", "etc")])


@tampering("env_vars.d is a link to a folder outside", [("stranger-activation", "etc/conda/env_vars.d")])
def _(world):
    (world.home / "evil.json").write_text("{}")
    (world.prefix / "etc/conda/env_vars.d").symlink_to(world.home)


@tampering("a folder that the loader prefers is a link", [("stranger-library", "lib/glibc-hwcaps/x86-64-v3")])
def _(world):
    (world.prefix / "lib/glibc-hwcaps").mkdir()
    (world.prefix / "share/hw").mkdir()
    shutil.copy(world.prefix / "lib/libplain.so.1", world.prefix / "share/hw/libplain.so.1")
    (world.prefix / "lib/glibc-hwcaps/x86-64-v3").symlink_to("../../share/hw")
