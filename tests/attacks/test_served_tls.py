"""`zhiwen serve` for a local network, as its own process."""

from __future__ import annotations

import re
import ssl
from pathlib import Path

import httpx
import pytest

from tests.support.accounts import PASSWORD
from tests.support.processes import environment, served, zhiwen
from tests.support.served import problem


def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / "data" / "tls" / "certificate.pem"))


def test_a_server_for_a_network_speaks_https_to_people_who_log_in(tmp_path: Path) -> None:
    variables, said = environment(tmp_path, ZHIWEN_HOST="0.0.0.0", ZHIWEN_TLS="true", ZHIWEN_LLM="none"), list[str]()
    with served(variables, said=said) as url:
        token = re.search(r"token: (\S+)", said[-1])
        assert token is not None and url.startswith("https://")
        with httpx.Client(base_url=url, verify=trusting(tmp_path), trust_env=False) as browser:
            problem(browser.get("/api/v1/bases"), 401, "login-needed")
            fields = {"name": "wang", "password": PASSWORD, "token": token[1]}
            made = browser.post("/setup", data=fields)
            assert made.status_code == 303
            assert made.headers["set-cookie"].startswith("__Host-zhiwen=")
            assert browser.get("/api/v1/me").json()["owner"]
        with pytest.raises(httpx.HTTPError):
            httpx.get(url.replace("https", "http") + "/healthz", trust_env=False)
        with pytest.raises(httpx.ConnectError, match="certificate"):
            httpx.get(url + "/healthz", trust_env=False)
        # A command of this machine reads the data folder, so it needs no login, and knows the certificate.
        note = tmp_path / "笔记.md"
        note.write_text("# 假期\n\n员工每年有十五天假期。\n", encoding="utf-8")
        done = zhiwen(variables, "ingest", str(note))
        assert "笔记.md" in done.stderr
    assert (tmp_path / "data" / "tls" / "key.pem").stat().st_mode & 0o077 == 0
    listed = zhiwen(variables, "users", "list")
    assert listed.stdout == "wang (owner)\n"


def test_a_certificate_that_is_none_is_named(tmp_path: Path) -> None:
    done = zhiwen(environment(tmp_path), "serve", "--tls", "--cert", str(tmp_path / "none.pem"))
    assert done.returncode == 1
    assert "none.pem" in done.stderr and "Traceback" not in done.stderr
