"""The command line: what needs no weights in this process, servers and their refusals as real processes."""

from __future__ import annotations

import io
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import httpx
import pymupdf
import pytest

from app.cli import main
from app.commands import documents
from app.commands.engine import Server, ServerGone
from ingest import confine
from ingest.store.lock import OwnerInfo
from tests.support.processes import environment, free_port, served, zhiwen
from tests.support.served import services_in


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "笔记.md"
    path.write_text("# 假期\n\n员工每年有十五天假期。\n", encoding="utf-8")
    return path


def test_parse_prints_markdown_and_json(note: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parse", str(note)]) == 0
    assert capsys.readouterr().out.startswith("# 假期\n\n员工每年有十五天假期。")
    assert main(["parse", str(note), "--json"]) == 0
    parsed = json.loads(capsys.readouterr().out)
    assert [block["kind"] for block in parsed["blocks"]] == ["heading", "text"]


def test_a_text_that_nobody_sees_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "空.txt"
    path.write_text("\u200b\n\n\u200d", encoding="utf-8")
    assert main(["parse", str(path)]) == 1
    assert "空.txt holds no text" in capsys.readouterr().err


def test_errors_are_one_line_and_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parse", str(tmp_path / "没有.pdf")]) == 1
    assert "没有.pdf" in capsys.readouterr().err
    broken = tmp_path / "坏.pdf"
    broken.write_bytes(b"%PDF-1.7 and nothing else")
    assert main(["parse", str(broken)]) == 1
    error = capsys.readouterr().err
    assert "坏.pdf" in error
    assert "Traceback" not in error


def test_missing_weights_are_named_with_the_way_out(tmp_path: Path, note: Path) -> None:
    variables = environment(tmp_path)
    # Without an embedder words are searched.
    for arguments, code in ((["ingest", str(note)], 1), (["search", "假期"], 0), (["ask", "有几天假期？"], 1)):
        done = zhiwen(variables, *arguments)
        assert done.returncode == code
        wanted = "qwen2.5-coder-1.5b-instruct" if arguments[0] == "ask" else "multilingual-e5-small"
        assert f"zhiwen models pull {wanted}" in done.stderr


def test_doctor_says_what_to_do(tmp_path: Path) -> None:
    done = zhiwen(environment(tmp_path), "doctor")
    assert done.returncode == 1
    assert "zhiwen models pull" in done.stdout
    assert "no documents yet" in done.stdout
    assert ("files are read by processes without a network" in done.stdout) == (not confine.trial())


def test_doctor_says_that_a_device_which_is_set_is_not_there(tmp_path: Path) -> None:
    done = zhiwen(environment(tmp_path, ZHIWEN_EMBEDDER_DEVICE="cuda", CUDA_VISIBLE_DEVICES=""), "doctor")
    assert "problem  embedder (ZHIWEN_EMBEDDER_DEVICE=cuda) does not load: torch " in done.stdout


def test_doctor_says_that_a_model_file_is_not_there(tmp_path: Path) -> None:
    done = zhiwen(environment(tmp_path, ZHIWEN_LLM=str(tmp_path / "none.gguf")), "doctor")
    assert "none.gguf, which ZHIWEN_LLM names" in done.stdout


def test_an_unknown_setting_is_an_error(tmp_path: Path) -> None:
    done = zhiwen(environment(tmp_path, ZHIWEN_PROT="1"), "models", "list")
    assert done.returncode == 1
    assert "ZHIWEN_PROT" in done.stderr


@pytest.mark.parametrize("arguments", [["serve", "--port", "99999"], ["search", "x", "-k", "-3"]])
def test_numbers_out_of_range_are_wrong_usage(tmp_path: Path, arguments: list[str]) -> None:
    done = zhiwen(environment(tmp_path), *arguments)
    assert done.returncode == 2
    assert "is not between" in done.stderr


def test_an_unusable_data_folder_is_told_in_a_sentence(tmp_path: Path) -> None:
    done = zhiwen(environment(tmp_path, ZHIWEN_DATA_DIR="/dev/null"), "serve")
    assert done.returncode == 1
    assert "/dev/null" in done.stderr
    assert "Traceback" not in done.stderr


def test_models_are_listed(tmp_path: Path) -> None:
    done = zhiwen(environment(tmp_path), "models", "list")
    assert "qwen2.5-coder-1.5b-instruct" in done.stdout
    assert "default, not installed" in done.stdout


def test_a_server_lives_without_weights_and_owns_its_folder(tmp_path: Path, note: Path) -> None:
    variables = environment(tmp_path)
    with served(variables) as url:
        health = httpx.get(f"{url}/healthz", trust_env=False).json()
        assert health["status"] == "ok"
        # The command line hands over, and passes on what the server says.
        handed = zhiwen(variables, "search", "假期", "--json")
        assert (handed.returncode, json.loads(handed.stdout)["partial"]["title"]) == (0, "weights-missing")
        assert "multilingual-e5-small" in handed.stderr
        ingested = zhiwen(variables, "ingest", str(note))
        assert ingested.returncode == 1
        assert "笔记.md" in ingested.stderr
        listed = httpx.get(f"{url}/api/v1/bases/default/documents", trust_env=False).json()["items"]
        assert [(item["name"], item["status"]) for item in listed] == [("笔记.md", "queued")]
        second = zhiwen(variables | {"ZHIWEN_PORT": str(free_port())}, "serve")
        assert second.returncode == 1
        assert url in second.stderr
        taken = zhiwen(environment(tmp_path / "other") | {"ZHIWEN_PORT": url.rsplit(":", 1)[1]}, "serve")
        assert taken.returncode == 1
        assert "in use" in taken.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5"])
def test_other_addresses_are_refused(tmp_path: Path, host: str) -> None:
    done = zhiwen(environment(tmp_path, ZHIWEN_HOST=host), "serve")
    assert done.returncode == 1
    assert "--tls" in done.stderr


def test_a_model_elsewhere_needs_consent(tmp_path: Path) -> None:
    away = {"ZHIWEN_LLM": "openai", "ZHIWEN_LLM_URL": "http://models.invalid/v1", "ZHIWEN_LLM_MODEL": "m"}
    done = zhiwen(environment(tmp_path, **away), "serve")
    assert done.returncode == 1
    assert "ZHIWEN_LLM_REMOTE_CONSENT" in done.stderr


@pytest.mark.weights
def test_from_files_to_a_cited_answer_without_a_server(tmp_path: Path, note: Path, weights_dir: Path) -> None:
    variables = environment(tmp_path, ZHIWEN_WEIGHTS_DIR=str(weights_dir))
    folder = tmp_path / "文件"
    folder.mkdir()
    note.rename(folder / note.name)
    (folder / "空.pdf").touch()
    (folder / "程序.exe").write_bytes(b"MZ\x90\0")
    done = zhiwen(variables, "ingest", str(folder), "--base", "手册", "--json")
    assert done.returncode == 1
    assert "空.pdf is empty" in done.stderr
    assert "skipped" in done.stderr
    rows = {Path(row["path"]).name: row["status"] for row in json.loads(done.stdout)["documents"]}
    assert rows == {"空.pdf": "failed", "笔记.md": "ready"}
    hits = json.loads(zhiwen(variables, "search", "假期有几天", "--base", "手册", "-k", "1", "--json").stdout)["hits"]
    assert [hit["name"] for hit in hits] == ["笔记.md"]
    asked = zhiwen(variables, "ask", "员工每年有多少天假期？", "--base", "手册", "--json")
    assert asked.returncode == 0, asked.stderr
    answer = json.loads(asked.stdout)
    assert "十五" in answer["answer"]
    assert not answer["refused"]
    citation = answer["citations"][0]
    assert (citation["document"], citation["page"], citation["support"]) == ("笔记.md", None, "supported")
    assert citation["quote"] == "员工每年有十五天假期。"
    assert set(answer["timings"]) == {"load", "retrieve", "first_token", "total"}
    assert zhiwen(variables, "ask", "问", "--base", "没有").returncode == 1


@pytest.mark.weights
def test_a_running_server_does_what_the_command_line_asks(tmp_path: Path, note: Path, weights_dir: Path) -> None:
    variables = environment(tmp_path, ZHIWEN_WEIGHTS_DIR=str(weights_dir))
    with served(variables) as url:
        done = zhiwen(variables, "ingest", str(note), "--base", "手册")
        assert done.returncode == 0, done.stderr
        names = [base["name"] for base in httpx.get(f"{url}/api/v1/bases", trust_env=False).json()]
        assert "手册" in names
        asked = zhiwen(variables, "ask", "员工每年有多少天假期？", "--base", "手册", "--json")
        assert asked.returncode == 0, asked.stderr
        answer = json.loads(asked.stdout)
        assert "十五" in answer["answer"]
        assert answer["citations"][0]["document"] == "笔记.md"
        doctor = zhiwen(variables, "doctor")
        assert url in doctor.stdout


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 100), "Revenue was 300 dollars.")
    for x in (72, 200, 330):
        page.draw_line((x, 200), (x, 260))
    for y in (200, 230, 260):
        page.draw_line((72, y), (330, y))
    for place, text in zip([(80, 220), (210, 220), (80, 250), (210, 250)], ["Year", "Sum", "2025", "300"], strict=True):
        page.insert_text(place, text)
    path = tmp_path / "locked.pdf"
    document.save(path, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="geheim", owner_pw="owner")
    document.close()
    return path


def test_parse_opens_a_protected_file_and_reports(
    locked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["parse", str(locked)]) == 1
    assert "Give its password" in capsys.readouterr().err
    assert main(["parse", str(locked), "--password", "falsch"]) == 1
    assert "does not open it" in capsys.readouterr().err
    assert main(["parse", str(locked), "--password", "geheim", "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert [page["look"] for page in whole["pages"]] == [""]
    (table,) = whole["tables"]
    assert (table["page"], table["rows"]) == (1, [["Year", "Sum"], ["2025", "300"]])
    assert whole["blocks"][table["block"]]["kind"] == "table"
    assert (whole["totals"]["tables"], whole["warnings"]) == (1, [])
    monkeypatch.setattr("sys.stdin", io.StringIO("geheim\nmore\n"))
    assert main(["parse", str(locked), "--password-file", "-", "--report"]) == 0
    report = capsys.readouterr().out
    assert "locked.pdf: 1 pages" in report
    assert "page 1: text layer" in report
    assert "tables 1" in report
    secret = tmp_path / "secret"
    secret.write_text("geheim\n")
    assert main(["parse", str(locked), "--password-file", str(secret)]) == 0
    assert "Revenue was 300 dollars." in capsys.readouterr().out
    assert main(["parse", str(locked), "--password-file", str(tmp_path / "none")]) == 1
    assert "none" in capsys.readouterr().err


def test_a_wrong_password_can_be_corrected(tmp_path: Path, locked: Path) -> None:
    with services_in(tmp_path) as services:
        desk = documents._OwnDesk(services, "default")
        outcomes = [
            documents._ingest(desk, [locked], False, password, quiet=True)[0] for password in (None, "falsch", "geheim")
        ]
        desk.close()
    assert [outcome.status for outcome in outcomes] == ["needs_password", "needs_password", "ready"]
    assert "Give its password" in str(outcomes[0].error)
    assert "does not open it" in str(outcomes[1].error)
    assert outcomes[2].error is None


class Hesitant(BaseHTTPRequestHandler):
    """Closes the first connection without a word, as a server does with an idle one."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.command)
        if len(self.asked) > 1:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            # Else the client may send its next request into a connection that is being closed.
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"[]")
        self.close_connection = True

    def do_POST(self) -> None:
        self.do_GET()


def test_a_connection_that_was_closed_is_opened_again_for_reading_only() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Hesitant) as served_here:
        thread = Thread(target=served_here.serve_forever, daemon=True)
        thread.start()
        server = Server(OwnerInfo(0, f"http://127.0.0.1:{served_here.server_port}", 0.0))
        try:
            assert server.request("GET", "/bases").json() == []
            Hesitant.asked.clear()
            with pytest.raises(ServerGone):
                server.request("POST", "/bases", json={})
            assert Hesitant.asked == ["POST"]
        finally:
            server.close()
            served_here.shutdown()
            thread.join()
