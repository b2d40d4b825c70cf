"""The index of Python packages that other scenarios lock from: its bytes, its pages, and the server that gives them."""
import base64
import csv
import hashlib
import io
import json
import re
import unittest
import urllib.error
import urllib.request
import zipfile

from support import Scenario
import make_pypi_index

JSON, HTML = "application/vnd.pypi.simple.v1+json", "application/vnd.pypi.simple.v1+html"


class PypiIndex(Scenario):
    def get(self, url, **headers):
        request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def test_the_bytes_are_the_same_each_time_and_every_wheel_is_whole(self):
        files = make_pypi_index.all_files()
        self.assertEqual(files, make_pypi_index.all_files())
        self.assertLess(sum(map(len, files.values())), 8_000_000)
        for path, data in files.items():
            if not path.endswith(".whl"):
                continue
            with zipfile.ZipFile(io.BytesIO(data)) as wheel:
                listed = {row[0]: row[1:] for row in csv.reader(wheel.read(next(n for n in wheel.namelist() if n.endswith("RECORD"))).decode().splitlines())}
                self.assertEqual(sorted(listed), sorted(wheel.namelist()), path)
                for name, (digest, _) in listed.items():
                    if digest:
                        have = base64.urlsafe_b64encode(hashlib.sha256(wheel.read(name)).digest()).rstrip(b"=").decode()
                        self.assertEqual(digest, "sha256=" + have, path)
                metadata = next(n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
                self.assertEqual(files.get(path + ".metadata", wheel.read(metadata)), wheel.read(metadata), path)

    def test_the_pages_list_what_is_there(self):
        files = make_pypi_index.all_files()
        for path, data in files.items():
            if not path.endswith("index.json"):
                continue
            root = path.split("simple/")[0]
            page = json.loads(data)
            for entry in page["files"]:
                body = files[root + entry["url"].removeprefix("../../")]
                self.assertEqual(entry["hashes"]["sha256"], hashlib.sha256(body).hexdigest())
                self.assertEqual(entry["size"], len(body))
            links = re.findall(r'href="[^"#]*/([^"#/]*)#sha256=([0-9a-f]{64})"', files[path.replace(".json", ".html")].decode())
            self.assertEqual([(e["filename"], e["hashes"]["sha256"]) for e in page["files"]],
                             [(name.replace("%2B", "+"), digest) for name, digest in links])

    def test_the_server_gives_what_is_asked_for(self):
        make_pypi_index.write_index(self.folder / "index")
        url = self.serve(self.folder / "index")
        page = f"{url}/simple/trackly/"
        self.assertEqual(self.get(page, Accept=f"{JSON}, {HTML};q=0.2")[1]["Content-Type"], JSON)
        self.assertEqual(self.get(page, Accept=HTML)[1]["Content-Type"], HTML)
        self.assertEqual(self.get(page)[1]["Content-Type"], "text/html")
        self.assertEqual(self.get(f"{url}/simple/nothing/")[0], 404)
        wheel = f"{url}/files/certs-2024.2.2-py3-none-any.whl"
        whole = self.get(wheel)[2]
        status, headers, part = self.get(wheel, Range="bytes=-30")
        self.assertEqual((status, part, headers["Content-Range"]), (206, whole[-30:], f"bytes {len(whole) - 30}-{len(whole) - 1}/{len(whole)}"))
        self.assertEqual(self.get(wheel, Range="bytes=10-19")[2], whole[10:20])
        self.assertEqual(self.get(wheel, Range=f"bytes={len(whole)}-")[0], 416)
        self.faults([{"path": "*.whl", "fault": "no-ranges"}, {"path": "/simple/", "fault": "html"}])
        self.assertEqual(self.get(wheel, Range="bytes=10-19")[2], whole)
        self.assertEqual(self.get(page, Accept=JSON)[1]["Content-Type"], "text/html")


if __name__ == "__main__":
    unittest.main()
