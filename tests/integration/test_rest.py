"""The REST interface over the real library, with models that need no weights."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep
from typing import Any

import pymupdf
import pytest
from fastapi.testclient import TestClient

from app.bootstrap import Services
from models.base import Embedder
from models.errors import WeightsMissing
from tests.support.hostile import doubling
from tests.support.served import REPORT, client_in, problem, settled, upload


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with client_in(tmp_path) as client:
        yield client


def a_pdf(text: str = "Revenue was 300 dollars in 2025.") -> bytes:
    document = pymupdf.open()
    document.new_page().insert_text((72, 100), text)
    content: bytes = document.tobytes()
    document.close()
    return content


def test_bases_are_made_renamed_and_deleted(client: TestClient) -> None:
    made = client.post("/api/v1/bases", json={"name": "合同"})
    assert made.status_code == 201
    base = made.json()["id"]
    problem(client.post("/api/v1/bases", json={"name": "合同"}), 409, "name-taken")
    assert client.patch(f"/api/v1/bases/{base}", json={"name": "协议"}).json()["name"] == "协议"
    assert {"default", "协议"} == {found["name"] for found in client.get("/api/v1/bases").json()}
    assert client.delete(f"/api/v1/bases/{base}").status_code == 204
    problem(client.get(f"/api/v1/bases/{base}"), 404, "unknown-base")
    problem(client.delete("/api/v1/bases/default"), 409, "base-protected")


def test_documents_of_several_bases_are_found_by_name(client: TestClient) -> None:
    other = client.post("/api/v1/bases", json={"name": "合同"}).json()["id"]
    for name, base in (("我的租赁合同.md", "default"), ("租賃合同（2025）.md", other), ("Lease ＡＢＣ.md", other)):
        upload(client, name, f"# {name}\n\n租金每月一千元。".encode(), base)

    def found(text: str, **query: object) -> list[str]:
        shown = client.get("/api/v1/documents", params={"text": text} | query).json()
        assert shown["total"] >= len(shown["items"])
        return [each["name"] for each in shown["items"]]

    # What begins with it comes first, whatever its script.
    assert found("租赁合同") == found("租賃合同") == ["租賃合同（2025）.md", "我的租赁合同.md"]
    assert found("abc") == ["Lease ＡＢＣ.md"]
    assert found("租赁", bases="default") == ["我的租赁合同.md"]
    assert found("", bases=["default", "合同"], per_page=2, page=2) == ["租賃合同（2025）.md"]
    assert found("租赁", status="failed") == found("%") == []
    problem(client.get("/api/v1/documents", params={"bases": "nothing"}), 404, "unknown-base")


def test_an_upload_is_indexed_and_found(client: TestClient) -> None:
    document = upload(client, "年报.md", REPORT.encode())
    assert (document["status"], document["name"], document["error"]) == ("ready", "年报.md", None)
    hits = client.post("/api/v1/search", json={"question": "营业收入是多少？"}).json()["hits"]
    assert "三百元" in hits[0]["text"]
    assert hits[0]["document"] == document["id"]
    chunks = client.get(f"/api/v1/documents/{document['id']}/chunks").json()
    assert [chunk["ordinal"] for chunk in chunks] == list(range(len(chunks)))
    listed = client.get("/api/v1/bases/default/documents", params={"text": "年报", "status": "ready"}).json()
    assert (listed["total"], listed["items"][0]["id"]) == (1, document["id"])


def test_replacing_keeps_the_document_and_swaps_its_text(client: TestClient) -> None:
    first = upload(client, "年报.md", REPORT.encode())
    second = upload(client, "年报.md", REPORT.replace("三百元", "五百元").encode(), replace="true")
    assert second["id"] == first["id"]
    texts = [chunk["text"] for chunk in client.get(f"/api/v1/documents/{first['id']}/chunks").json()]
    assert "五百元" in "".join(texts)
    assert "三百元" not in "".join(texts)


def test_deleting_takes_it_out_of_every_answer(client: TestClient) -> None:
    document = upload(client, "年报.md", REPORT.encode())
    asked = client.post("/api/v1/ask", json={"question": "营业收入是多少？"}).json()
    assert asked["sources"]
    assert client.delete(f"/api/v1/documents/{document['id']}").status_code == 204
    problem(client.get(f"/api/v1/documents/{document['id']}"), 404, "unknown-document")
    assert client.post("/api/v1/search", json={"question": "营业收入"}).json()["hits"] == []
    (turn,) = client.get(f"/api/v1/conversations/{asked['conversation']}").json()["turns"]
    assert turn["sources"] == []
    assert all(sentence["citations"] == [] for sentence in turn["sentences"])


def test_failed_documents_are_tried_again_one_by_one_or_all(client: TestClient) -> None:
    failed = [upload(client, f"{n}.pdf", b"%%PDF-1.7 nothing %d" % n) for n in range(2)]
    assert {(found["status"], found["attempts"], found["next_try"]) for found in failed} == {("failed", 1, None)}
    again = client.post(f"/api/v1/documents/{failed[0]['id']}/retry")
    assert (again.status_code, again.json()["status"], again.json()["error"]) == (202, "queued", None)
    settled(client, str(failed[0]["id"]))
    all_of_them = client.post("/api/v1/bases/default/retry")
    assert (all_of_them.status_code, all_of_them.json()) == (202, {"queued": 2, "without_original": []})
    assert {settled(client, str(found["id"]))["status"] for found in failed} == {"failed"}
    assert "zhiwen_documents_failed 2\n" in client.get("/metrics").text
    problem(client.post("/api/v1/bases/nowhere/retry"), 404, "unknown-base")


def test_a_document_that_waits_says_until_when(tmp_path: Path) -> None:
    def missing() -> Embedder:
        raise WeightsMissing(name="e5", path="/nowhere")

    with client_in(tmp_path, embedder=missing) as client:
        document = client.post("/api/v1/bases/default/documents", files={"files": ("年报.md", REPORT)}).json()[0]["id"]
        version, services = 0, client.app.state.services  # type: ignore[attr-defined]
        while (found := client.get(f"/api/v1/documents/{document}").json())["next_try"] is None:
            version, _ = services.progress.wait(version, 5.0)
        assert (found["status"], found["error"]["type"]) == ("queued", "/problems/weights-missing")
        assert found["attempts"] >= 1
        assert found["next_try"] > found["created_at"]


def test_a_protected_pdf_asks_for_its_password(client: TestClient) -> None:
    document = pymupdf.open()
    document.new_page().insert_text((72, 100), "Revenue was 300 dollars.")
    content = document.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="geheim", owner_pw="owner")
    document.close()
    locked: Any = upload(client, "locked.pdf", content)
    assert (locked["status"], locked["error"]["type"]) == ("needs_password", "/problems/password-needed")
    path = f"/api/v1/documents/{locked['id']}"
    assert client.post(f"{path}/password", json={"password": "wrong"}).status_code == 202
    wrong: Any = settled(client, locked["id"])
    assert (wrong["status"], wrong["error"]["type"]) == ("needs_password", "/problems/password-wrong")
    client.post(f"{path}/password", json={"password": "geheim"})
    assert settled(client, locked["id"])["status"] == "ready"
    assert client.get(f"{path}/pages/1.png").content.startswith(b"\x89PNG")
    problem(client.post(f"{path}/password", json={"password": "wrong"}), 422, "password-wrong")
    assert client.get(f"{path}/pages/1.png").status_code == 200


def test_page_images_highlight_and_know_their_bounds(client: TestClient) -> None:
    document = upload(client, "report.pdf", a_pdf())
    path = f"/api/v1/documents/{document['id']}"
    (chunk,) = client.get(f"{path}/chunks").json()
    box = chunk["boxes"][0]
    plain = client.get(f"{path}/pages/1.png").content
    marked = client.get(
        f"{path}/pages/1.png", params={"boxes": f"{box['x0']},{box['y0']},{box['x1']},{box['y1']}"}
    ).content
    assert plain.startswith(b"\x89PNG")
    tag = client.get(f"{path}/pages/1.png").headers["etag"]
    assert client.get(f"{path}/pages/1.png", headers={"If-None-Match": tag}).status_code == 304
    assert marked != plain
    problem(client.get(f"{path}/pages/2.png"), 404, "page-missing")
    problem(client.get(f"{path}/pages/1.png", params={"boxes": "1,2,x"}), 422, "request-invalid")
    report = client.get(f"{path}/report").json()
    assert (report["pages"][0]["number"], report["pages"][0]["text_chars"] > 0) == (1, True)


def test_a_page_that_hangs_holds_nothing_else_up(tmp_path: Path) -> None:
    with client_in(tmp_path, draw_seconds=5) as client, ThreadPoolExecutor() as threads:
        good = upload(client, "report.pdf", a_pdf())
        services: Services = client.app.state.services  # type: ignore[attr-defined]
        services.worker.stop()
        files = {"files": ("hostile.pdf", doubling())}
        hostile = client.post("/api/v1/bases/default/documents", files=files).json()[0]
        hanging = threads.submit(client.get, f"/api/v1/documents/{hostile['id']}/pages/1.png")
        waiting = threads.submit(client.get, f"/api/v1/documents/{hostile['id']}/pages/1.png")
        while not services.drawer.waiting:
            sleep(0.05)
        assert client.get("/healthz").status_code == 200
        assert client.get(f"/api/v1/documents/{good['id']}/pages/1.png").status_code == 200
        assert not hanging.done()
        # Of the two one is at the page; the other may get its turn after it, or wait for too long.
        answers = sorted((hanging.result(60), waiting.result(60)), key=lambda answer: answer.status_code)
        assert "5 seconds" in problem(answers[0], 422, "page-not-drawn")["detail"]
        if answers[1].status_code == 503:
            problem(answers[1], 503, "drawing-busy")
        else:
            problem(answers[1], 422, "page-not-drawn")


def test_a_password_for_what_nothing_protects_is_refused(client: TestClient) -> None:
    for name, content in (("law.txt", REPORT.encode()), ("report.pdf", a_pdf())):
        document = upload(client, name, content)
        refused = client.post(f"/api/v1/documents/{document['id']}/password", json={"password": "geheim"})
        assert name in problem(refused, 409, "password-not-needed")["detail"]
        services: Services = client.app.state.services  # type: ignore[attr-defined]
        assert services.library.password(str(document["id"])) is None


def test_the_original_comes_back_as_a_download(client: TestClient) -> None:
    document = upload(client, "年报.md", REPORT.encode())
    response = client.get(f"/api/v1/documents/{document['id']}/original")
    assert response.content == REPORT.encode()
    assert response.headers["content-disposition"].startswith("attachment")


def test_errors_speak_the_readers_language(client: TestClient) -> None:
    chinese = client.get("/api/v1/bases/x", headers={"Accept-Language": "zh-CN"}).json()["detail"]
    english = client.get("/api/v1/bases/x", headers={"Accept-Language": "en"}).json()["detail"]
    assert "x" in chinese
    assert chinese != english


def test_models_are_listed_with_what_runs(client: TestClient) -> None:
    body = client.get("/api/v1/models").json()
    names = {model["name"] for model in body["models"]}
    assert {"qwen2.5-coder-1.5b-instruct", "multilingual-e5-small"} <= names
    assert body["runtime"]["remote"] is False
    problem(client.post("/api/v1/models/no-such/use"), 404, "unknown-weights")
    problem(client.post("/api/v1/models/qwen2.5-coder-0.5b-instruct/use"), 409, "model-not-installed")
    problem(client.delete("/api/v1/models/qwen2.5-coder-1.5b-instruct"), 409, "model-in-use")


def test_health_and_metrics(client: TestClient) -> None:
    health = client.get("/healthz").json()
    assert health["status"] == "ok"
    client.app.state.services.llm.get()  # type: ignore[attr-defined]
    client.app.state.services.embedder.get()  # type: ignore[attr-defined]
    assert client.get("/readyz").status_code == 200
    upload(client, "年报.md", REPORT.encode())
    assert "zhiwen_documents 1\n" in client.get("/metrics").text


def test_the_source_of_what_runs_can_be_had(client: TestClient) -> None:
    archive = zipfile.ZipFile(io.BytesIO(client.get("/source.zip").content))
    names = archive.namelist()
    assert "zhiwen/app/server.py" in names
    assert "zhiwen/LICENSE" in names
    assert not any("weights/" in name or "__pycache__" in name for name in names)


def test_the_api_page_asks_nobody_else(client: TestClient) -> None:
    answer = client.get("/docs")
    page = answer.text
    assert answer.status_code == 200
    assert "swagger-ui-bundle.js" in page
    assert "http://" not in page
    assert "https://" not in page
    assert client.get("/static/vendor/swagger-ui/swagger-ui-bundle.js").status_code == 200
    assert client.get("/openapi.json").json()["info"]["title"] == "Zhiwen 知文"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "[x"},
        {"Host": "127.0.0.1]:8000"},
        {"Origin": "http://a]b"},
    ],
)
def test_other_web_sites_change_nothing(client: TestClient, headers: dict[str, str]) -> None:
    problem(client.post("/api/v1/bases", json={"name": "x"}, headers=headers), 403, "foreign-request")
    assert [base["name"] for base in client.get("/api/v1/bases").json()] == ["default"]


def test_other_names_read_nothing_and_pages_carry_their_policy(client: TestClient) -> None:
    problem(client.get("/api/v1/bases", headers={"Host": "evil.example:8000"}), 403, "foreign-request")
    headers = client.get("/", headers={"Host": "localhost:8000"}).headers
    assert "script-src" not in headers["content-security-policy"]
    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "body",
    [
        {"question": "\ud800"},
        {"question": "问", "bases": ["\ud800"]},
        {"question": "问", "conversation": "\ud800"},
    ],
)
def test_half_a_character_is_a_bad_request(client: TestClient, body: dict[str, Any]) -> None:
    content = json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    problem(client.post("/api/v1/ask", content=content, headers=headers), 422, "request-invalid")


def test_numbers_beyond_all_measure_are_bad_requests(client: TestClient) -> None:
    document = upload(client, "report.pdf", a_pdf())
    huge = {"page": "9223372036854775807"}
    problem(client.get("/api/v1/bases/default/documents", params=huge), 422, "request-invalid")
    for boxes in ("1.2.3,1,1,1", ".,.,.,.", "1,2,3"):
        path = f"/api/v1/documents/{document['id']}/pages/1.png"
        problem(client.get(path, params={"boxes": boxes}), 422, "request-invalid")


def test_head_is_answered_where_get_is(client: TestClient) -> None:
    document = upload(client, "report.pdf", a_pdf())
    path = f"/api/v1/documents/{document['id']}"
    for address in (f"{path}/pages/1.png", f"{path}/original", "/", "/library", f"/documents/{document['id']}"):
        got, headed = client.get(address), client.head(address)
        assert (got.status_code, headed.status_code) == (200, 200), address
        assert headed.headers["content-type"] == got.headers["content-type"]


def test_an_address_that_leads_nowhere_has_a_page_in_the_readers_language(client: TestClient) -> None:
    response = client.get("/nowhere/<b>", headers={"Accept-Language": "zh-CN"})
    assert response.status_code == 404
    assert "没有对应的页面" in response.text
    assert "Not Found" not in response.text
    assert "<b>" not in response.text
    assert "library.css" in response.text


def test_a_page_with_a_bad_address_is_a_page(client: TestClient) -> None:
    response = client.get("/library?page=abc", headers={"Accept-Language": "zh-CN"})
    assert response.status_code == 422
    assert response.headers["content-type"].startswith("text/html")
    assert "page" in response.text
    assert "请求无效" in response.text


def test_the_report_tells_how_each_page_was_read(client: TestClient) -> None:
    report = client.get(f"/api/v1/documents/{upload(client, 'report.pdf', a_pdf())['id']}/report").json()
    assert report["totals"] | {"blocks": {}} == {
        "pages": 1, "text": 1, "ocr": 0, "empty": 0, "garbled": 0, "look": 0, "columns": 1, "tables": 0,
        "removed": 0, "confidence": None, "blocks": {},
    }  # fmt: skip
    (page,) = report["pages"]
    assert (page["read_as"], page["look"], page["garbled"], page["layout"]) == ("text", "", "", "rules")
    assert report["parser"]
    assert report["seconds"] > 0
    assert report["blocks"] == []


def test_the_report_of_a_format_without_pages_tells_its_blocks(client: TestClient) -> None:
    document = upload(client, "年报.md", REPORT.encode())
    report = client.get(f"/api/v1/documents/{document['id']}/report").json()
    kinds = [block["kind"] for block in report["blocks"]]
    assert report["pages"] == []
    assert report["totals"]["blocks"] == {"heading": kinds.count("heading"), "text": kinds.count("text")}
    last = report["blocks"][-1]
    assert last["heading_path"] == ["年报", "人员"]
    assert "人员" in last["location"]


def test_chunks_hits_and_blocks_say_where_all_of_them_stands(client: TestClient) -> None:
    rows = "".join(f"分店{i},{100 + i}\n" for i in range(1, 5))
    document = upload(client, "营业额.csv", f"店名,营业额\n{rows}".encode())
    path = f"/api/v1/documents/{document['id']}"
    chunks = client.get(f"{path}/chunks").json()
    hits = client.post("/api/v1/search", json={"question": "分店3 的营业额"}).json()["hits"]
    (block,) = client.get(f"{path}/report").json()["blocks"]
    places = {chunk["location"] for chunk in chunks} | {hit["location"] for hit in hits} | {block["location"]}
    assert places == {"A1:B5"}


def test_reasons_and_licences_are_in_the_readers_language(tmp_path: Path) -> None:
    with client_in(tmp_path) as client:
        chinese = {"Accept-Language": "zh-CN"}
        sent = client.post("/api/v1/bases/default/documents", files={"files": ("a.zip", b"Rar!0000")}, headers=chinese)
        assert "RAR 压缩文件" in sent.text
        assert "RAR archive" not in sent.text
        listed = client.get("/api/v1/models", headers=chinese).text
        assert "见模型说明页（供研究使用）" in listed
        page = client.get("/models", headers=chinese).text
        assert "见模型说明页（供研究使用）" in page
        assert "see the model card" not in page + listed
