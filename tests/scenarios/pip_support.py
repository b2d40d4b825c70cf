"""What the scenarios of `pip:` sections share: an index of small wheels, and how to ask for them."""
import json
import pathlib
import shutil
import tempfile

from support import Scenario
import make_pypi_index

HEAD = "channels: [conda-forge]\nplatforms: [linux-64]\ndependencies:\n  - python 3.12.*\n"


class PipScenario(Scenario):
    @classmethod
    def setUpClass(cls):
        cls.written = pathlib.Path(tempfile.mkdtemp(prefix="envlock-index-"))
        cls.addClassCleanup(shutil.rmtree, cls.written, ignore_errors=True)
        make_pypi_index.write_index(cls.written)

    def setUp(self):
        super().setUp()
        self.index = self.folder / "index"
        shutil.copytree(self.written, self.index)
        self.url = self.serve(self.index)

    def ask(self, *lines, conda=(), head=HEAD, index="simple"):
        """Writes environment.yml with these lines of `pip:`."""
        options = [f"--index-url {self.url}/{index}"] if index else []
        text = head + "".join(f"  - {spec}\n" for spec in conda) + "  - pip:\n" + "".join(f"    - {line}\n" for line in [*options, *lines])
        self.write("environment.yml", text)

    def chosen(self, platform="linux-64"):
        """name -> version of the distributions of a platform."""
        lock = json.loads((self.work / "envlock.lock").read_bytes())
        return {d["name"]: d["version"] for d in lock["distributions"] if platform in d["platforms"]}

    def locked(self, *lines, **more):
        self.ask(*lines, **more)
        self.lock()
        return self.chosen()

    def refused(self, *lines, code, expect=1, arguments=(), **more):
        """The first refusal; nothing may be written."""
        self.ask(*lines, **more)
        result = self.lock(*arguments, expect=expect)
        self.assertIn(code, result.codes())
        self.assertFalse((self.work / "envlock.lock").exists())
        return result.err
