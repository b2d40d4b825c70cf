#!/usr/bin/env python3
"""Holds the documentation against the code: error codes, links, and what must never stand in a tracked file.

usage: docs_test.py SOURCE_DIR
"""
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ".").resolve()
SOURCES = [p for d in ("lib", "tools") for p in sorted((ROOT / d).rglob("*")) if p.suffix in (".cpp", ".h")]


def tracked_files():
    """Every file of the project as git lists it, or, outside a repository, all but build output."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True)
    if listed.returncode == 0 and listed.stdout:
        return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]
    return [p for p in ROOT.rglob("*") if p.is_file() and "build" not in p.parts]


class Documentation(unittest.TestCase):
    def test_every_error_code_has_a_row_and_every_row_a_code(self):
        code = re.compile(r'\.code = "([a-z0-9-]+)"|kCode\w* = "([a-z0-9-]+)"')
        in_code = set()
        for path in SOURCES:
            for match in code.finditer(path.read_text()):
                in_code.add(match.group(1) or match.group(2))
        text = "\n".join(path.read_text() for path in SOURCES)
        rows = re.findall(r"^\| `([a-z0-9-]+)` \|", (ROOT / "docs/errors.md").read_text(), re.M)
        self.assertEqual(len(rows), len(set(rows)), "a code has two rows")
        self.assertEqual(sorted(in_code - set(rows)), [], "codes without a row in docs/errors.md")
        self.assertEqual([row for row in rows if f'"{row}"' not in text], [], "rows whose code no source holds")

    def test_links_between_documents_lead_somewhere(self):
        broken = []
        for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
                if "://" not in target and not (page.parent / target).exists():
                    broken.append(f"{page.relative_to(ROOT)}: {target}")
        self.assertEqual(broken, [])

    def test_the_session_in_the_readme_is_the_one_that_the_transcripts_replay(self):
        story = (ROOT / "tests/cli/readme.txt").read_text()
        readme = (ROOT / "README.md").read_text()
        told = [line[2:].strip() if line[0] in "|!" else line for line in story.splitlines() if line[:1] in "|!$" and line]
        self.assertGreater(len(told), 20)
        position = 0
        for line in told:
            found = readme.find(line, position)
            self.assertGreaterEqual(found, 0, f"README.md lacks this line of tests/cli/readme.txt, in order: {line}")
            position = found

    def test_what_the_readme_shows_of_the_probe_is_what_its_transcript_replays(self):
        story = (ROOT / "tests/cli/probe.txt").read_text()
        told = {line[2:] for line in story.splitlines() if line[:1] in "|!$"}
        readme = (ROOT / "README.md").read_text()
        block = readme[readme.index("$ envlock probe run -o here.json"):].split("```")[0]
        self.assertGreater(len(block.splitlines()), 30)
        for line in block.splitlines():
            masked = re.sub(r"[0-9a-f]{64}", "SHA256", line)
            masked = re.sub(r"on cpu: .*", "on cpu: MACHINE", masked)
            masked = re.sub(r"by the \w+ kernels", "by the ISA kernels", masked)
            masked = re.sub(r"(sha256 SHA256) .*", r"\1", masked)
            masked = masked.removeprefix("$ ")
            known = any(masked in each for each in told) or line.startswith("(exit code")
            self.assertTrue(known, f"README.md shows a line that tests/cli/probe.txt does not: {line}")

    def test_what_the_readme_shows_of_environments_is_what_its_transcript_replays(self):
        story = (ROOT / "tests/cli/readme_verify.txt").read_text().replace("$FOLDER/story", "FOLDER")
        told = {line[2:] for line in story.splitlines() if line[:1] in "|!$"} | {""}
        readme = (ROOT / "README.md").read_text()
        block = readme[readme.index("$ envlock verify -p train"):].split("```")[0]
        self.assertGreater(len(block.splitlines()), 40)
        for line in block.splitlines():
            masked = re.sub(r"\b[0-9a-f]{64}\b", "SHA256", line).replace("/home/ann/project", "FOLDER")
            masked = re.sub(r"in [0-9.]+ m?s(, [0-9.,]+ [kMG]?B/s)?", "in TIME", masked).removeprefix("$ ")
            masked = re.sub(r"((?:hashed|put) [0-9,]+ files?(?:, | \())[0-9.]+ [kMG]?B", r"\1SIZE", masked)
            self.assertTrue(masked in told or line.startswith("(exit code"),
                            f"README.md shows a line that tests/cli/readme_verify.txt does not: {line}")

    def test_no_tracked_file_names_a_place_outside_the_project(self):
        # Put together here, so that this file does not hold what it looks for.
        forbidden = re.compile("|".join("/" + name + "/" for name in ("work", "root", "farm")))
        found = []
        for path in tracked_files():
            try:
                text = path.read_text()
            except UnicodeDecodeError:
                continue
            found += [f"{path.relative_to(ROOT)}:{n}" for n, line in enumerate(text.splitlines(), 1)
                      if forbidden.search(re.sub(r"https?://\S+", "", line))]
        self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()
