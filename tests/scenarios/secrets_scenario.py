"""Tokens and passwords reach their server, and nothing else: no message, no lock, no saved index, no document."""
import http.server
import json
import threading
import unittest

from support import SMALL, Scenario

ENVIRONMENT = "channels: [conda-forge]\nplatforms: [linux-64]\ndependencies:\n  - python 3.11.*\n  - tqdm\n"
TOKEN, USER, PASSWORD = "tk-12345678-abcd-SECRET", "wanda", "pa55-W0RD-SECRET"


class Secrets(Scenario):
    def setUp(self):
        super().setUp()
        self.write("environment.yml", ENVIRONMENT)

    def assert_silent(self, result, secrets=(TOKEN, PASSWORD)):
        places = {"stdout": result.out, "stderr": result.err}
        for path in self.work.rglob("*"):
            if path.is_file() and path.name not in ("environment.yml",):
                places[path.name] = path.read_text(errors="replace")
        for path in self.cache.rglob("*"):
            places[f"the cache, {path.name}"] = path.name + (path.read_bytes().decode("latin-1") if path.is_file() else "")
        for place, text in places.items():
            for secret in secrets:
                self.assertNotIn(secret, text, f"in {place}")
                self.assertNotIn(secret.lower(), text.lower(), f"in {place}")

    def run_all_ways(self, expect, *arguments, **more):
        for way in ([], ["--json"], ["--save-index", "saved.index.json"]):
            (self.work / "envlock.lock").unlink(missing_ok=True)
            result = self.run_envlock("lock", *arguments, *way, **more)
            self.assertIn(result.code, expect if isinstance(expect, tuple) else (expect,), result.err)
            self.assert_silent(result)
        return result

    def with_token(self, url, token=TOKEN):
        return f"{url}/t/{token}"

    def with_password(self, url, password=PASSWORD):
        return url.replace("http://", f"http://{USER}:{password}@")

    def test_a_token_that_is_right(self):
        url = self.serve(SMALL, "--token", TOKEN)
        self.run_all_ways(0, "--channel-map", f"conda-forge={self.with_token(url)}")

    def test_a_token_that_is_wrong(self):
        url = self.serve(SMALL, "--token", "another")
        self.run_all_ways(2, "--channel-map", f"conda-forge={self.with_token(url)}")

    def test_a_password_that_is_right(self):
        url = self.serve(SMALL, "--user", f"{USER}:{PASSWORD}")
        self.run_all_ways(0, "--channel-map", f"conda-forge={self.with_password(url)}")

    def test_a_password_that_is_wrong(self):
        url = self.serve(SMALL, "--user", "wanda:other")
        self.run_all_ways(2, "--channel-map", f"conda-forge={self.with_password(url)}")

    def test_a_password_of_netrc(self):
        url = self.serve(SMALL, "--user", f"{USER}:{PASSWORD}")
        netrc = self.home / ".netrc"
        netrc.write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}\n")
        netrc.chmod(0o600)
        self.run_all_ways(0, "--channel-map", f"conda-forge={url}")

    def test_a_token_in_environment_yml_by_a_variable(self):
        url = self.serve(SMALL, "--token", TOKEN)
        self.write("environment.yml", ENVIRONMENT.replace("conda-forge", f"'{url}/t/${{CHANNEL_TOKEN}}/'"))
        self.run_all_ways(0, env={"CHANNEL_TOKEN": TOKEN})
        text = (self.work / "envlock.lock").read_text()
        self.assertIn(url, text)
        self.assertNotIn("/t/", text)

    def test_a_token_written_into_environment_yml(self):
        url = self.serve(SMALL, "--token", "another")
        self.write("environment.yml", ENVIRONMENT.replace("conda-forge", self.with_token(url)))
        self.run_all_ways(2)

    def test_secrets_in_condarc(self):
        url = self.serve(SMALL, "--token", TOKEN)
        condarc = self.folder / "condarc"
        for text in (f"mirrored_channels:\n  conda-forge: ['{self.with_token(url)}']\n", f"custom_channels:\n  conda-forge: {self.with_token(url)}\n"):
            condarc.write_text(text)
            for broken in (text, text + "channel_priority: highest\n", text + "ssl_verify: [\n"):
                condarc.write_text(broken)
                result = self.run_envlock("lock", env={"CONDARC": str(condarc)})
                self.assert_silent(result)

    def test_a_proxy_with_a_password(self):
        condarc = self.folder / "condarc"
        proxy = f"http://{USER}:{PASSWORD}@127.0.0.1:9"
        condarc.write_text(f"proxy_servers:\n  http: {proxy}\n  https: {proxy}\nremote_max_retries: 0\n")
        self.run_all_ways(2, env={"CONDARC": str(condarc)})
        condarc.write_text("remote_max_retries: 0\n")
        self.run_all_ways(2, env={"CONDARC": str(condarc), "https_proxy": proxy, "http_proxy": proxy})

    def test_a_truncated_answer_and_a_redirect_do_not_tell(self):
        url = self.serve(SMALL, "--token", TOKEN, faults=[{"path": "/noarch/", "fault": "truncate"}])
        self.run_all_ways(2, "--channel-map", f"conda-forge={self.with_token(url)}")
        self.faults([{"path": "/noarch/", "fault": "redirect", "location": f"/t/{TOKEN}/elsewhere?password={PASSWORD}"}])
        self.run_all_ways((1, 2), "--channel-map", f"conda-forge={self.with_token(url)}")

    def test_credentials_do_not_follow_a_redirect_to_another_host(self):
        other = self.serve(SMALL)
        log = self.folder / "other.log"
        class Recorder(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with log.open("a") as file:
                    file.write(f"{self.path} {dict(self.headers)}\n")
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        recorder = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
        threading.Thread(target=recorder.serve_forever, daemon=True).start()
        self.addCleanup(recorder.server_close)
        self.addCleanup(recorder.shutdown)
        elsewhere = f"http://localhost:{recorder.server_address[1]}/noarch/repodata.json.zst"
        self.faults([{"path": "/noarch/", "fault": "redirect", "location": elsewhere}])
        self.run_envlock("lock", "--channel-map", f"conda-forge={self.with_password(other)}")
        self.assertTrue(log.exists(), "the redirect was followed")
        self.assertNotIn("Authorization", log.read_text())
        self.assertNotIn(PASSWORD, log.read_text())

    def test_a_search_tells_nothing_either(self):
        url = self.serve(SMALL, "--token", TOKEN)
        result = self.run_envlock("search", "tqdm", "-c", "conda-forge", "--channel-map", f"conda-forge={self.with_token(url)}", "--cache", str(self.cache), "--json")
        self.assertEqual(result.code, 0, result.err)
        json.loads(result.out)
        self.assert_silent(result)


if __name__ == "__main__":
    unittest.main()
