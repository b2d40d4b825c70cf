"""What happens to every environment in time, and is no fault: verify stays at 0, and says at most a note."""
import importlib.util
import json
import os
import py_compile
import shutil
import unittest

from install_support import python_channel, toy_channel
from tamper_support import SITE, STEMS, SHORT, TAG, World, archives, conda_create, notes, proofs, world_channel

STDLIB = f"lib/python{SHORT}"
TABLE = []


def harmless(what, *noted):
    """`noted`: the notes that it brings, beside the one of variables that are not set here."""
    def add(act):
        TABLE.append((what, act, {"variables-inactive", *noted}))
        return act
    return add


def files(world):
    return [p for p in sorted(world.prefix.rglob("*")) if p.is_file() and not p.is_symlink()]


def compiled(world, source, name, mode=py_compile.PycInvalidationMode.TIMESTAMP):
    path = world.prefix / source
    py_compile.compile(str(path), str(path.parent / "__pycache__" / name), invalidation_mode=mode)


@harmless("python compiled a module when it was imported")
def _(world):
    compiled(world, f"{STDLIB}/os.py", f"os.{TAG}.pyc")
    compiled(world, f"{SITE}/toytool/cli.py", f"cli.{TAG}.pyc")
    compiled(world, f"{SITE}/toytool/cli.py", f"cli.{TAG}.opt-1.pyc")


@harmless("modules were compiled with hashes")
def _(world):
    compiled(world, f"{SITE}/toytool/cli.py", f"cli.{TAG}.pyc", py_compile.PycInvalidationMode.CHECKED_HASH)
    compiled(world, f"{SITE}/toytool/__init__.py", f"__init__.{TAG}.pyc", py_compile.PycInvalidationMode.UNCHECKED_HASH)


@harmless("other pythons and pytest compiled modules, and a compilation was broken off")
def _(world):
    cache = world.prefix / SITE / "toytool/__pycache__"
    cache.mkdir(exist_ok=True)
    for name in ("cli.cpython-27.pyc", "cli.pypy39.pyc", f"cli.{TAG}.pyc.140001234"):
        (cache / name).write_bytes(importlib.util.MAGIC_NUMBER + bytes(20))
    compiled(world, f"{SITE}/toytool/cli.py", f"cli.{TAG}-pytest-8.3.2.pyc")


@harmless("a compiled module is older than its source", "pyc-stale")
def _(world):
    compiled(world, f"{SITE}/toytool/cli.py", f"cli.{TAG}.pyc")
    os.utime(world.prefix / SITE / "toytool/cli.py")


@harmless("a module was compiled whose source is gone")
def _(world):
    cache = world.prefix / SITE / "__pycache__"
    cache.mkdir()
    (cache / f"gone.{TAG}.pyc").write_bytes(importlib.util.MAGIC_NUMBER + bytes(20))


@harmless("all times are touched")
def _(world):
    for path in world.prefix.rglob("*"):
        os.utime(path, follow_symlinks=False)


@harmless("files have more links")
def _(world):
    for number, path in enumerate(files(world)):
        os.link(path, world.home / str(number))


@harmless("files are copies: other inodes")
def _(world):
    for path in files(world):
        shutil.copy2(path, world.home / "copy")
        os.replace(world.home / "copy", path)


@harmless("an umask that lets the group write", "file-mode-loose")
def _(world):
    for path in [world.prefix, *world.prefix.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o020)


@harmless("an umask that leaves nothing to others")
def _(world):
    for path in [*world.prefix.rglob("*"), world.prefix]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o077)


@harmless("nobody may write")
def _(world):
    for path in [*world.prefix.rglob("*"), world.prefix]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)


@harmless("programs wrote below share, var and etc, and beside them", "strangers-elsewhere")
def _(world):
    for name in ("share/jupyter/kernels/python3/kernel.json", "var/cache/fontconfig/CACHEDIR.TAG", "etc/fonts/conf.d/10.conf", "ssl/cacert.pem", "notes.txt", ".cache/x"):
        (world.prefix / name).parent.mkdir(parents=True, exist_ok=True)
        (world.prefix / name).write_text("{}\n")


@harmless("folders without files")
def _(world):
    for name in (f"{SITE}/numpy", f"{SITE}/toytool/data/empty", "lib/empty", "bin/empty", "etc/conda/activate.d/empty"):
        (world.prefix / name).mkdir(parents=True)


@harmless("the records of runs lie in the prefix", "strangers-elsewhere")
def _(world):
    (world.prefix / ".envlock/runs").mkdir(parents=True)
    (world.prefix / ".envlock/runs/20260501.json").write_text("{}\n")


@harmless("other tools left their files in conda-meta", "settings-found")
def _(world):
    meta = world.prefix / "conda-meta"
    with open(meta / "history", "a") as file:
        file.write("==> 2026-05-01 10:00:00 <==\n# cmd: conda config --env --set channel_priority strict\n# conda version: 24.11.3\n")
    (meta / "pinned").write_text("numpy <2\n")
    (meta / "pixi").write_text("{}\n")
    (meta / ".gitignore").write_text("*\n")
    (meta / "plain-1.0-0.json.c~").write_text("{")


@harmless("conda, mamba and pip were told what to do in this prefix", "settings-found", "strangers-elsewhere")
def _(world):
    for name in (".condarc", ".mambarc", "pip.conf", "condarc.d/more.yml", "conda-meta/frozen"):
        (world.prefix / name).parent.mkdir(exist_ok=True)
        (world.prefix / name).write_text("")


@harmless("conda cannot read its history", "history-broken")
def _(world):
    (world.prefix / "conda-meta/history").write_bytes(b"# cmd: conda create\n\xff\n")


@harmless("the history is gone", "history-broken")
def _(world):
    (world.prefix / "conda-meta/history").unlink()


@harmless("pixi wrote a history of its own")
def _(world):
    (world.prefix / "conda-meta/history").write_text("// not relevant for pixi but for `conda run -p`\n")


@harmless("a folder where everybody may put things, and remove only their own", "file-mode-loose", "strangers-elsewhere")
def _(world):
    (world.prefix / "share/scratch").mkdir()
    (world.prefix / "share/scratch").chmod(0o1777)
    (world.prefix / "share/scratch/x").write_text("")


@harmless("conda-meta was written anew by another tool")
def _(world):
    for path in (world.prefix / "conda-meta").glob("*.json"):
        data = json.loads(path.read_text())
        data["link"] = {"source": "/opt/conda/pkgs/x", "type": 1}
        data["extracted_package_dir"] = "/opt/conda/pkgs/x"
        path.write_text(json.dumps(dict(reversed(list(data.items())))))


@harmless("conda-meta has another placeholder, and the files are right")
def _(world):
    change_rows(world, "prefix_placeholder", "/opt/else")


@harmless("conda-meta has other hashes, and the files are right", "conda-meta-differs")
def _(world):
    change_rows(world, "sha256", "0" * 64)


def change_rows(world, key, value):
    def edit(data):
        for row in data["paths_data"]["paths"]:
            if key in row:
                row[key] = value
    world.edit_meta("hello", edit)


@harmless("a variable that other tools set in conda-meta/state, and unset")
def _(world):
    (world.prefix / "conda-meta/state").write_text(json.dumps({"env_vars": {"MODE": "loud", "GONE": "***unset***"}, "more": 1}))


@harmless("the second installer made it")
def _(world):
    world.recreate(archives(world_channel(), *STEMS))


@harmless("the second installer made it, and envlock installed over it")
def _(world):
    world.recreate(archives(world_channel(), *STEMS))
    world.install(world.world_lock, "--no-compile")


@harmless("it was installed twice")
def _(world):
    world.install(world.world_lock, "--no-compile")


@harmless("a snapshot was taken")
def _(world):
    world.run_envlock("snapshot", "-p", world.prefix, "--no-machine", "-o", world.folder / "snapshot.json")


@harmless("a command was run in it")
def _(world):
    told = world.run_envlock("run", "-p", world.prefix, "--lock", world.world_lock, "--record", world.folder / "run.json", "--", "plain")
    world.assertEqual((told.code, told.out), (0, "plain\n"), told.err)


@harmless("the user's own site-packages hold something else", "user-site-used")
def _(world):
    (world.home / ".local" / SITE / "black").mkdir(parents=True)


@harmless("the user's own site-packages shadow a package, and python does not heed them")
def _(world):
    (world.home / ".local" / SITE / "toytool").mkdir(parents=True)
    return {"PYTHONNOUSERSITE": "1"}


def pth_of_user(world):
    (world.home / ".local" / SITE).mkdir(parents=True)
    (world.home / ".local" / SITE / "zz.pth").write_text("import os\n")


@harmless("a .pth in the user's own site-packages, and python does not heed it")
def _(world):
    pth_of_user(world)
    return {"PYTHONNOUSERSITE": "1"}


@harmless("LD_LIBRARY_PATH leads to other libraries", "library-path-set")
def _(world):
    (world.home / "libcudart.so.12").write_text("")
    return {"LD_LIBRARY_PATH": f"{world.home}:{world.home}/none"}


@harmless("LD_LIBRARY_PATH leads to the environment's own libraries")
def _(world):
    return {"LD_LIBRARY_PATH": str(world.prefix / "lib")}


@harmless("python takes compiled files from elsewhere", "python-cache-set")
def _(world):
    return {"PYTHONPYCACHEPREFIX": str(world.home)}


class Harmless(World):
    def setUp(self):
        super().setUp()
        self.make_world()

    def tearDown(self):
        for path in [self.prefix, *self.prefix.rglob("*")]:
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)

    def test_none_is_a_fault(self):
        wrong = []
        for what, act, noted in TABLE:
            self.tearDown()
            self.restore()
            env = act(self) or {}
            code, found, answer = self.judge(env=env)
            if (code, found) != (0, set()) or notes(answer) != noted:
                wrong.append(f"{what}\n    have {code} {found} {notes(answer)}\n    want 0, and the notes {noted}")
            told = self.verify(self.world_lock, "--quick", env=env, expect=code).out
            if ("error[" in told) != (code != 0):
                wrong.append(f"{what}: {told}")
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))
        print(f"{len(TABLE)} harmless things")

    def test_variables_of_the_environment_turn_the_user_site_off(self):
        pth_of_user(self)
        self.assertEqual(self.judge()[0], 1)
        (self.prefix / "conda-meta/state").write_text(json.dumps({"env_vars": {"PYTHONNOUSERSITE": "1"}}))
        code, found, answer = self.judge(lock=None)
        self.assertEqual((code, found), (0, set()))
        self.assertIn("user-site-used", notes(answer))

    def test_compiled_files_are_counted(self):
        compiled(self, f"{STDLIB}/os.py", f"os.{TAG}.pyc")
        compiled(self, f"{SITE}/toytool/cli.py", f"cli.{TAG}.pyc", py_compile.PycInvalidationMode.CHECKED_HASH)
        tally = self.judge()[2]["tally"]
        self.assertEqual((tally["checked_pyc"], tally["unproved_pyc"]), (2, 2))

    def test_the_prefix_by_any_name(self):
        link = self.folder / "link"
        link.symlink_to("prefix")
        for name in (link, f"{self.prefix}/", f"{self.folder}/./link/../prefix", "../prefix", f"{link}/"):
            with self.subTest(str(name)):
                self.assertEqual(self.judge(prefix=name)[:2], (0, set()))
        # Installed by the name of the link, looked at by the other one.
        shutil.rmtree(self.prefix)
        self.prefix.mkdir()
        self.install(self.world_lock, "--no-compile", prefix=link)
        for name in (link, self.prefix):
            with self.subTest(f"installed through the link, verified as {name}"):
                self.assertEqual(self.judge(prefix=name)[:2], (0, set()))

    def test_a_copy_elsewhere(self):
        """It is what the lock gives there, unless files hold the path of the prefix."""
        copy = self.folder / "copy"
        shutil.copytree(self.prefix, copy, symlinks=True)
        code, found, _ = self.judge(prefix=copy)
        self.assertEqual(code, 1)
        self.assertEqual({c for c, _ in found}, {"prefix-moved"})
        meant = ["--installed-at", self.prefix]
        self.assertEqual(self.judge(*meant, prefix=copy)[:2], (0, set()))
        (copy / "share/hello/settings.ini").write_text(f"[paths]\nroot = {self.prefix}\n")
        code, found, _ = self.judge(*meant, prefix=copy)
        self.assertEqual((code, ("file-differs", "share/hello/settings.ini") in found), (1, True))
        free = self.lock_of("plain", "greet-data 2.0", "odd-names", channels=[self.channel], name="free.lock")
        shutil.rmtree(self.prefix)
        shutil.rmtree(copy)
        self.install(free)
        shutil.copytree(self.prefix, copy, symlinks=True)
        self.assertEqual(self.judge(lock=free, prefix=copy)[:2], (0, set()))
        moved = self.folder / "moved"
        self.prefix.rename(moved)
        self.assertEqual(self.judge(lock=free, prefix=moved)[:2], (0, set()))

    def test_a_cleaned_cache_with_an_accepted_snapshot(self):
        self.run_envlock("snapshot", "-p", self.prefix, "--no-machine", "-o", "accepted.json", writes=("accepted.json",))
        shutil.rmtree(self.cache)
        self.channel.rename(self.folder / "away")
        self.assertEqual(self.judge()[0], 2)
        code, found, answer = self.judge("--accepted", "accepted.json")
        self.assertEqual((code, found, set(proofs(answer).values())), (0, set(), {"accepted"}))
        # Of the same environment at another place, made by another tool.
        shutil.rmtree(self.prefix)
        other = self.folder / "another place/env"
        conda_create(other, archives(world_channel(), *STEMS))
        shutil.copy(self.master / "conda-meta/state", other / "conda-meta")
        code, found, answer = self.judge("--accepted", "accepted.json", prefix=other)
        self.assertEqual((code, found, set(proofs(answer).values())), (0, set(), {"accepted"}))

    def test_the_first_day(self):
        """An environment of another tool, without a lock, an archive or a cache: its own records decide."""
        self.recreate(archives(world_channel(), *STEMS))
        compiled(self, f"{SITE}/toytool/cli.py", f"cli.{TAG}.pyc")
        shutil.rmtree(self.cache)
        # What the second installer's records name lies in a folder that is away by now.
        for path in (self.prefix / "conda-meta").glob("*.json"):
            path.write_text(path.read_text().replace(str(world_channel()), "/gone"))
        code, found, answer = self.judge(lock=None)
        self.assertEqual((code, found, set(proofs(answer).values())), (0, set(), {"record"}))
        self.assertIn("own records", self.verify("--no-lock").out)

    def test_a_mirror(self):
        """The same files from another address: a note."""
        base = self.serve(self.channel)
        lines = lambda url: "@EXPLICIT\n" + "\n".join(f"{url}/{p['subdir']}/{p['file']}#{p['sha256']}" for p in self.packages()) + "\n"  # noqa: E731
        served = self.write("served.txt", lines(base))
        shutil.rmtree(self.prefix)
        self.cache = self.folder / "new-cache"  # one that the archives are fetched into
        self.install(served, "--no-compile")
        elsewhere = self.write("elsewhere.txt", lines("https://mirror.invalid/toys"))
        code, found, answer = self.judge(lock=elsewhere)
        self.assertEqual((code, found), (0, set()))
        self.assertIn("package-channel-differs", notes(answer))

    def packages(self):
        return json.loads(self.world_lock.read_bytes())["packages"]


class RealPython(World):
    """With this machine's python as a package: what it compiles by itself."""

    def test_python_compiles_what_it_imports(self):
        channel, version = python_channel()
        lock = self.lock_of(f"python {version}", "toytool 1.1", channels=[channel, toy_channel()])
        self.install(lock, "--no-compile")
        self.assertEqual(list(self.prefix.rglob("*.pyc")), [])
        self.verify(lock)
        self.run_in(self.prefix / "bin/toytool", expect=3)
        self.run_in(self.prefix / "bin/python", "-c", "import json, sqlite3, email.message, toytool.sub")
        self.run_in(self.prefix / "bin/python", "-O", "-m", "compileall", "-q", self.prefix / SITE.replace(SHORT, version.rpartition(".")[0]) / "toytool")
        made = len(list(self.prefix.rglob("*.pyc")))
        self.assertGreater(made, 20)
        code, found, answer = self.judge(lock=lock)
        self.assertEqual((code, found), (0, set()))
        self.assertEqual((answer["tally"]["checked_pyc"], answer["tally"]["unproved_pyc"]), (made, made))


if __name__ == "__main__":
    unittest.main()
