#!/usr/bin/env python3
"""A loopback mirror of a package index that remembers what it was asked: so two programs see the same bytes, with the headers that PyPI itself sends.

    pypi_mirror.py FOLDER UPSTREAM [PORT]

Serves /simple/NAME/ (PEP 691 JSON) and the metadata of its wheels (PEP 658); answers come from FOLDER, or from UPSTREAM and then FOLDER. Other files are
not mirrored. Prints its address.
"""
import hashlib
import http.server
import io
import json
import pathlib
import sys
import urllib.error
import urllib.request
import zipfile

JSON = "application/vnd.pypi.simple.v1+json"


class RemoteFile(io.RawIOBase):
    """A file on a server that knows ranges, as far as a zip reader needs one. The end is read at once: a wheel's metadata mostly lies there."""

    def __init__(self, url):
        self.url, self.place = url, 0
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Range": "bytes=-65536"}), timeout=60) as answer:
            self.tail = answer.read()
            self.size = int(answer.headers.get("Content-Range", f"/{len(self.tail)}").split("/")[1])

    def seekable(self):
        return True

    def readable(self):
        return True

    def tell(self):
        return self.place

    def seek(self, offset, whence=0):
        self.place = offset + (0, self.place, self.size)[whence]
        return self.place

    def readinto(self, buffer):
        begin, end = self.place, min(self.place + len(buffer), self.size)
        start = self.size - len(self.tail)
        if begin >= start:
            content = self.tail[begin - start:end - start]
        elif end > begin:
            with urllib.request.urlopen(urllib.request.Request(self.url, headers={"Range": f"bytes={begin}-{end - 1}"}), timeout=60) as answer:
                content = answer.read()
        else:
            content = b""
        buffer[:len(content)] = content
        self.place += len(content)
        return len(content)


def metadata_of(url):
    with zipfile.ZipFile(io.BufferedReader(RemoteFile(url), 65536)) as wheel:
        name = next(n for n in wheel.namelist() if n.endswith(".dist-info/METADATA") and n.count("/") == 1)
        return wheel.read(name)


class Mirror(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder, upstream = pathlib.Path("."), ""

    def log_message(self, *_):
        pass

    def recorded(self, key, url, accept):
        """The bytes of a URL, from the folder or from above; None when there is no such thing."""
        place = self.folder / hashlib.sha256(key.encode()).hexdigest()
        if place.exists():
            content = place.read_bytes()
            return None if content == b"" else content
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept, "User-Agent": "envlock-bench"}), timeout=60) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            if error.code not in (403, 404):
                raise
            content = metadata_of(url.removesuffix(".metadata")) if url.endswith(".whl.metadata") else b""
        half = place.with_suffix(".part")
        half.write_bytes(content)
        half.rename(place)
        return content or None

    def do_GET(self):
        if self.path.startswith("/simple/"):
            name = self.path.removeprefix("/simple/").strip("/")
            content = self.recorded("page " + name, f"{self.upstream}/{name}/", JSON)
            if content is not None:
                page = json.loads(content)
                for file in page["files"]:
                    file["url"] = "/files/" + file["url"].replace("://", "/", 1)
                    file["core-metadata"] = file["filename"].endswith(".whl")
                content = json.dumps(page).encode()
            return self.answer(content, JSON, "max-age=600, public")
        if self.path.startswith("/files/") and self.path.endswith(".metadata"):
            url = self.path.removeprefix("/files/").replace("/", "://", 1)
            return self.answer(self.recorded("file " + url, url, "*/*"), "application/octet-stream", "max-age=365000000, immutable, public")
        return self.answer(None, "text/plain", "max-age=600")

    def answer(self, content, kind, caching):
        if content is None:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        tag = '"' + hashlib.sha256(content).hexdigest()[:32] + '"'
        fresh = self.headers.get("If-None-Match") == tag
        self.send_response(304 if fresh else 200)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", caching)
        self.send_header("ETag", tag)
        if not fresh:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if not fresh:
            self.wfile.write(content)


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


def main():
    Mirror.folder, Mirror.upstream = pathlib.Path(sys.argv[1]), sys.argv[2].rstrip("/")
    Mirror.folder.mkdir(parents=True, exist_ok=True)
    server = Server(("127.0.0.1", int(sys.argv[3]) if len(sys.argv) > 3 else 0), Mirror)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
