"""An environment, what may not be touched beside it, and installs that have to fail."""
import hashlib

import hostile_packages
from install_support import tree
from tamper_support import STEMS, World, archives


class BadInput(World):
    """An environment that exists, a canary beside it, and lists that hold one more package."""

    def setUp(self):
        super().setUp()
        self.make_world()
        self.canary = self.folder / "canary"
        self.canary.mkdir()
        (self.canary / "secret").write_text("mine\n")
        hostile_packages.canary = str(self.canary)
        self.own = [f"file://{p}#{hashlib.sha256(p.read_bytes()).hexdigest()}" for p in archives(self.channel, *STEMS)]

    def list_of(self, *packages, own=True, name="all.txt"):
        """An @EXPLICIT list of what is installed and of packages: (file name, bytes), or a line."""
        lines = list(self.own) if own else []
        for package in packages:
            if isinstance(package, str):
                lines.append(package)
                continue
            file_name, data = package
            path = self.folder / "hostile/noarch" / file_name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            lines.append(f"file://{path}#{hashlib.sha256(data).hexdigest()}")
        return self.write(name, "@EXPLICIT\n" + "\n".join(lines) + "\n")

    def outside(self):
        """All but the cache and what the test itself writes."""
        apart = {"cache", "hostile", "work"}
        return {k: v for k, v in tree(self.folder).items() if k.partition("/")[0] not in apart}

    def refuse(self, code, lock, *arguments, prefix=None, expect=2, what=""):
        """An install that fails with this code, and leaves everything as it was."""
        before = self.outside()
        result = self.run_envlock("install", lock, "-p", prefix or self.prefix, "--no-compile", *arguments)
        self.assertEqual(result.code, expect, f"{what}\n{result.out}\n{result.err}")
        self.assertIn(code, result.codes(), f"{what}\n{result.err}")
        self.assert_same_tree(before, self.outside())
        return result
