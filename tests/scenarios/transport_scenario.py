"""Servers that fail, lie, dawdle or send elsewhere: the right lock, or a clear error and no lock."""
import http.server
import socket
import threading
import time
import unittest

from support import SMALL, TRAIN, Scenario

ENVIRONMENT = "channels: [conda-forge]\nplatforms: [linux-64]\ndependencies:\n  - python 3.11.*\n  - datasets\n"


class Transport(Scenario):
    def setUp(self):
        super().setUp()
        self.write("environment.yml", ENVIRONMENT)
        self.reference = self.lock_bytes()
        (self.work / "envlock.lock").unlink()

    def condarc(self, text):
        path = self.folder / "condarc"
        path.write_text(text)
        return {"CONDARC": str(path)}

    def locks(self, url, *arguments, **more):
        self.assertEqual(self.lock_bytes(*arguments, channel=url, **more), self.reference)

    def fails(self, url, *arguments, **more):
        result = self.lock(*arguments, channel=url, expect=2, **more)
        self.assertFalse((self.work / "envlock.lock").exists())
        return result

    def test_a_missing_form_falls_back_to_the_next(self):
        url = self.serve(SMALL, faults=[{"path": "*repodata_shards*", "fault": "status", "status": 404}, {"path": "*.zst", "fault": "status", "status": 404}])
        self.locks(url)
        self.assertTrue(any("repodata.json 200" in line for line in self.requests_served()))

    def test_501_and_403_for_shards_fall_back_too(self):
        for status in (501, 403, 410):
            with self.subTest(status):
                self.locks(self.serve(SMALL, faults=[{"path": "*repodata_shards*", "fault": "status", "status": status}]))

    def test_a_channel_without_anything_is_told(self):
        url = self.serve(SMALL, faults=[{"path": "/", "fault": "status", "status": 404}])
        result = self.fails(url)
        self.assertIn("conda-forge", result.err)

    def test_503_a_few_times_is_retried(self):
        url = self.serve(SMALL, faults=[{"path": "/noarch/repodata.json.zst", "fault": "status", "status": 503, "times": 2}])
        self.locks(url)
        self.assertEqual(sum("503" in line for line in self.requests_served()), 2)

    def test_503_for_ever_is_told(self):
        url = self.serve(SMALL, faults=[{"path": "/noarch/", "fault": "status", "status": 503}])
        self.assertIn("503", self.fails(url).err)

    def test_retry_after_is_kept_to(self):
        url = self.serve(SMALL, faults=[{"path": "/noarch/repodata.json.zst", "fault": "status", "status": 429, "times": 1, "retry_after": 2}])
        start = time.monotonic()
        self.locks(url)
        self.assertGreaterEqual(time.monotonic() - start, 1.9)

    def test_a_retry_after_of_days_is_not_waited_for(self):
        url = self.serve(SMALL, faults=[{"path": "/noarch/", "fault": "status", "status": 503, "retry_after": 172800}])
        self.assertIn("172800", self.fails(url, timeout=60).err)

    def test_truncation_is_seen_and_retried(self):
        url = self.serve(SMALL, faults=[{"path": "/noarch/repodata.json.zst", "fault": "truncate", "times": 1}])
        self.locks(url)

    def test_truncation_for_ever_is_told(self):
        url = self.serve(SMALL, faults=[{"path": "/noarch/repodata", "fault": "truncate"}])
        self.fails(url)

    def test_a_closed_connection_is_retried_and_then_told(self):
        url = self.serve(SMALL, faults=[{"path": "/noarch/repodata.json.zst", "fault": "close", "times": 2}])
        self.locks(url)
        self.faults([{"path": "/noarch/", "fault": "close"}])
        self.lock("--cache", self.folder / "new-cache", "-o", "other.lock", channel=url, expect=2)

    def test_a_slow_server_is_waited_for(self):
        url = self.serve(SMALL, faults=[{"path": "/noarch/repodata.json.zst", "fault": "slow", "chunk": 8000, "seconds": 0.2}])
        self.locks(url)

    def test_a_server_that_stalls_is_given_up(self):
        url = self.serve(SMALL, faults=[{"path": "/noarch/repodata", "fault": "stall", "seconds": 60}])
        start = time.monotonic()
        self.fails(url, env=self.condarc("remote_read_timeout_secs: 1\nremote_max_retries: 1\n"))
        self.assertLess(time.monotonic() - start, 40)

    def test_nobody_listens(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        result = self.fails(f"http://127.0.0.1:{port}", env=self.condarc("remote_max_retries: 0\n"))
        self.assertIn("127.0.0.1", result.err)

    def test_a_name_that_does_not_resolve(self):
        self.fails("http://no-such-host.invalid/", env=self.condarc("remote_max_retries: 0\n"))

    def test_an_answer_that_is_not_http(self):
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)

        def answer():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                connection.sendall(b"\0\x1b[31mSSH-2.0-toy\r\n" * 10)
                connection.close()

        threading.Thread(target=answer, daemon=True).start()
        self.fails(f"http://127.0.0.1:{server.getsockname()[1]}", env=self.condarc("remote_max_retries: 0\n"))

    def test_redirects_within_http_are_followed(self):
        real = self.serve(SMALL)
        first = http.server.ThreadingHTTPServer(("127.0.0.1", 0), redirector(real))
        threading.Thread(target=first.serve_forever, daemon=True).start()
        self.addCleanup(first.server_close)
        self.addCleanup(first.shutdown)
        self.locks(f"http://127.0.0.1:{first.server_address[1]}")

    def test_redirects_to_files_are_refused(self):
        secret = self.folder / "secret.json"
        secret.write_text('{"packages": {}, "packages.conda": {}, "sesame": "open-sesame"}')
        for target in (f"file://{secret}", f"FILE:{secret}", "ftp://127.0.0.1/x", "dict://127.0.0.1:11/x", "gopher://127.0.0.1/x"):
            with self.subTest(target):
                url = self.serve(SMALL, faults=[{"path": "/noarch/", "fault": "redirect", "location": target}])
                self.assertNotIn("open-sesame", self.fails(url).err)

    def test_a_circle_of_redirects_ends(self):
        url = self.serve(SMALL, faults=[{"path": "/noarch/", "fault": "redirect", "location": "/noarch/again"}])
        self.fails(url)

    def test_a_page_instead_of_repodata(self):
        url = self.serve(SMALL, faults=[{"path": "/noarch/", "fault": "body", "text": "<html>Sign in</html>"}])
        self.fails(url)
        self.faults([])
        self.locks(url)

    def test_a_corrupt_shard_is_not_believed(self):
        folder = self.sharded_channel()
        url = self.serve(folder, faults=[{"path": "*/shards/*", "fault": "corrupt"}])
        result = self.fails(url)
        self.assertIn("hash-mismatch", result.err)
        self.faults([])
        self.locks(url)

    def test_a_missing_shard_is_told(self):
        folder = self.sharded_channel()
        self.fails(self.serve(folder, faults=[{"path": "*/shards/*", "fault": "status", "status": 404}]))

    def test_revalidation_without_etags_works(self):
        url = self.serve(SMALL, faults=[{"path": "/", "fault": "no-etag"}])
        self.locks(url)
        self.locks(url)

    def test_an_index_that_changed_is_seen(self):
        folder = self.copy_of_channel()
        url = self.serve(folder)
        self.locks(url)
        path = folder / "noarch" / "repodata.json"
        path.write_text(path.read_text().replace('"datasets-3.1.0', '"datasets-3.1.1').replace('"version": "3.1.0"', '"version": "3.1.1"'))
        self.lock_bytes(channel=url)
        self.assertEqual(self.picks()["datasets"]["version"], "3.1.1")

    def test_offline_without_a_cache_is_told(self):
        url = self.serve(SMALL)
        result = self.fails(url, "--offline")
        self.assertIn("cache-miss", result.codes())
        self.assertEqual(self.requests_served(), [])

    def test_a_spoilt_cache_is_noticed(self):
        url = self.serve(SMALL)
        self.locks(url)
        for path in sorted(p for p in self.cache.rglob("*") if p.is_file()):
            data = path.read_bytes()
            for spoilt in (data[: len(data) // 2], b"", b"\xff" * len(data)):
                with self.subTest(f"{path.relative_to(self.cache)} with {len(spoilt)} bytes"):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(spoilt)
                    self.locks(url)

    def test_a_cache_that_cannot_be_written_is_no_obstacle(self):
        url = self.serve(SMALL)
        for cache in ("/proc/nowhere", str(self.write("a-file", "x"))):
            with self.subTest(cache):
                self.locks(url, "--cache", cache)
        read_only = self.folder / "read-only"
        read_only.mkdir()
        read_only.chmod(0o555)
        self.locks(url, "--cache", read_only)

    def test_a_lock_that_cannot_be_written_is_told(self):
        for place in ("/proc/nowhere/envlock.lock", "/dev/full/envlock.lock", str(self.folder / "none" / "envlock.lock")):
            with self.subTest(place):
                result = self.run_envlock("lock", "-o", place, "--channel-map", f"conda-forge={SMALL}")
                self.assertIn(result.code, (0, 2) if place.startswith(str(self.folder)) else (2,))

    def test_many_platforms_over_a_lame_server(self):
        self.write("environment.yml", TRAIN)
        wanted = self.lock_bytes()
        url = self.serve(SMALL, faults=[{"path": "*/repodata.json.zst", "fault": "status", "status": 502, "times": 4}])
        self.assertEqual(self.lock_bytes(channel=url), wanted)


def redirector(target):
    class Redirect(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", target + self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    return Redirect


if __name__ == "__main__":
    unittest.main()
