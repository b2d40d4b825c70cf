"""What the stories of the reference probe share."""
import json
import pathlib
import shutil
import subprocess

from support import ENVLOCK, Scenario

SANITIZED = b"__asan_init" in pathlib.Path(shutil.which(ENVLOCK) or ENVLOCK).read_bytes()


class Probe(Scenario):
    def probe(self, *arguments, code=0, command=(), **more):
        """The document of a run. `command` stands before the program: ["taskset", "-c", "0"]."""
        if command:
            environment = self.environment | more.pop("env", {})
            done = subprocess.run([*command, ENVLOCK, "probe", "run", "--json", *map(str, arguments)], cwd=self.work, env=environment, capture_output=True, timeout=300, **more)
            self.assertEqual(done.returncode, code, done.stderr)
            return json.loads(done.stdout)
        result = self.run_envlock("probe", "run", "--json", *arguments, **more)
        self.assertEqual(result.code, code, f"{result.out[:1000]} {result.err}")
        return json.loads(result.out)

    def refused(self, *arguments, code, words=(), **more):
        """The error codes and words of a run that could not be."""
        result = self.run_envlock(*arguments, **more)
        self.assertEqual(result.code, 2, result.err)
        self.assertEqual(result.codes(), [code] if isinstance(code, str) else code, result.err)
        for word in words:
            self.assertIn(word, result.err)
        self.assertEqual(result.out, "")
        return result

    def saved(self, name, *arguments, code=0, **more):
        result = self.run_envlock("probe", "run", "--repeat", 0, "-o", name, *arguments, writes=[name], **more)
        self.assertEqual(result.code, code, result.err)
        return json.loads((self.work / name).read_bytes())
