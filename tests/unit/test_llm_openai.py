"""An OpenAI-compatible server with its quirks, on a real socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from threading import Event, Thread
from time import monotonic

import pytest

from models.base import Finished, GenerationOptions, Message
from models.errors import ModelUnreachable
from models.llm_openai import OpenAIModel
from models.loopback import is_loopback_url
from tests.support.openai_server import Exchange, OpenAIServer, openai_server, says

KEY = "sk-secret-1234"


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with openai_server() as served:
        yield served


def ask(server: OpenAIServer, cancel: Event | None = None, **options: object) -> tuple[str, Finished]:
    model = OpenAIModel(server.url, "some-model", api_key=KEY, timeout=5)
    asked = GenerationOptions(**options)  # type: ignore[arg-type]
    *pieces, finished = model.generate([Message("user", "你好")], asked, cancel or Event())
    assert isinstance(finished, Finished)
    return "".join(map(str, pieces)), finished


def failure(server: OpenAIServer) -> str:
    with pytest.raises(ModelUnreachable) as error:
        ask(server)
    assert error.value.params["url"] == server.url + "/chat/completions"
    assert KEY not in str(error.value)
    return str(error.value.params["reason"])


def test_sends_what_was_asked(server: OpenAIServer) -> None:
    ask(server, max_tokens=9, temperature=0.5, top_p=0.9, seed=3, stop=("。",))
    [exchange] = server.exchanges
    assert exchange.path == "/v1/chat/completions"
    assert exchange.headers["Authorization"] == f"Bearer {KEY}"
    assert exchange.body == {
        "model": "some-model",
        "messages": [{"role": "user", "content": "你好"}],
        "max_tokens": 9,
        "temperature": 0.5,
        "top_p": 0.9,
        "seed": 3,
        "stop": ["。"],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_reads_counts_and_the_reason(server: OpenAIServer) -> None:
    server.behaviour = says(["北", "京"], finish="length")
    assert ask(server) == ("北京", Finished("length", 7, 0, 2))


def test_a_server_that_rejects_stream_options_is_asked_without(server: OpenAIServer) -> None:
    def strict(exchange: Exchange) -> None:
        if "stream_options" in exchange.body:
            exchange.respond(422, {"detail": "extra fields not permitted"})
        else:
            says(["好"])(exchange)

    server.behaviour = strict
    model = OpenAIModel(server.url, "m")
    for _ in range(2):
        events = list(model.generate([Message("user", "?")], GenerationOptions(), Event()))
        assert events == ["好", Finished("stop")]
    assert ["stream_options" in exchange.body for exchange in server.exchanges] == [True, False, False]


def test_reasoning_is_no_part_of_the_answer(server: OpenAIServer) -> None:
    def reasoning(exchange: Exchange) -> None:
        exchange.begin()
        exchange.delta(reasoning_content="let me think", content=None)
        exchange.delta(reasoning="hm")
        exchange.delta(content="\n\n42")
        exchange.delta(finish="stop")
        exchange.done()

    server.behaviour = reasoning
    assert ask(server)[0] == "42"


def test_bytes_may_be_cut_anywhere_and_lines_end_in_any_way(server: OpenAIServer) -> None:
    def dribble(exchange: Exchange) -> None:
        exchange.begin()
        event = json.dumps({"choices": [{"delta": {"content": "知文😀"}, "finish_reason": "stop"}]}, ensure_ascii=False)
        for byte in f": ping\r\n\r\nevent: x\r\ndata:{event}\r\n\r\n".encode():
            exchange.send(bytes([byte]))

    server.behaviour = dribble
    assert ask(server)[0] == "知文😀"


def test_a_server_that_does_not_stream(server: OpenAIServer) -> None:
    whole = {
        "choices": [{"message": {"role": "assistant", "content": "整句"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}},
    }
    server.behaviour = lambda exchange: exchange.respond(200, whole)
    assert ask(server) == ("整句", Finished("stop", 3, 1, 2))


def test_a_server_that_ignores_stop_strings(server: OpenAIServer) -> None:
    server.behaviour = says(["一。", "二", "。三"])
    assert ask(server, stop=("二。",)) == ("一。", Finished("stop"))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"error": {"message": f"key {KEY} is wrong", "type": "auth"}}, "key *** is wrong"),
        ({"error": "model not found"}, "model not found"),
        ({"detail": [{"msg": "bad"}]}, '[{"msg": "bad"}]'),
        (b"<html>busy</html>", "<html>busy</html>"),
    ],
)
def test_an_error_says_the_status_and_the_servers_words(
    server: OpenAIServer, body: bytes | dict[str, object], told: str
) -> None:
    server.behaviour = lambda exchange: exchange.respond(401, body)
    assert failure(server) == f"status 401, {told}"


def test_an_error_in_the_middle_of_the_answer(server: OpenAIServer) -> None:
    def failing(exchange: Exchange) -> None:
        exchange.begin()
        exchange.delta(content="一")
        exchange.event(error={"message": "out of memory"})

    server.behaviour = failing
    assert failure(server) == "out of memory"


def test_an_answer_that_breaks_off_is_not_an_answer(server: OpenAIServer) -> None:
    def breaking(exchange: Exchange) -> None:
        exchange.begin()
        exchange.delta(content="一")

    server.behaviour = breaking
    assert failure(server) == "the answer broke off before its end"


def test_what_is_not_a_chat_completion(server: OpenAIServer) -> None:
    server.behaviour = lambda exchange: exchange.respond(200, {"ok": True})
    assert "not a chat completion" in failure(server)
    server.behaviour = lambda exchange: exchange.respond(200, b"data: nonsense\n\n", "text/event-stream")
    assert failure(server)


def test_an_endless_line_is_not_read_to_its_end(server: OpenAIServer) -> None:
    def endless(exchange: Exchange) -> None:
        exchange.begin()
        for _ in range(100):
            exchange.send(b"x" * 100_000)

    server.behaviour = endless
    assert failure(server) == "EventTooLong"


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ModelUnreachable, match="refused"):
        list(OpenAIModel(url, "m").generate([Message("user", "?")], GenerationOptions(), Event()))


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://127.0.0.1", "http://[::1"])
def test_what_is_not_an_address(url: str) -> None:
    with pytest.raises(ModelUnreachable):
        list(OpenAIModel(url, "m").generate([Message("user", "?")], GenerationOptions(), Event()))


def test_a_silent_server_has_its_time(server: OpenAIServer) -> None:
    server.behaviour = lambda exchange: exchange.wait_for_hang_up(5) and None
    model = OpenAIModel(server.url, "m", timeout=0.2)
    with pytest.raises(ModelUnreachable, match=r"0\.2 seconds"):
        list(model.generate([Message("user", "?")], GenerationOptions(), Event()))


@pytest.mark.parametrize("headers_first", [True, False])
def test_a_silent_server_is_left_at_once_and_told(server: OpenAIServer, headers_first: bool) -> None:
    asked, hung_up = Event(), Event()

    def silent(exchange: Exchange) -> None:
        if headers_first:
            exchange.begin()
        asked.set()
        if exchange.wait_for_hang_up(10):
            hung_up.set()

    server.behaviour = silent
    cancel, cancelled = Event(), []

    def stop() -> None:
        asked.wait(10)
        cancelled.append(monotonic())
        cancel.set()

    Thread(target=stop).start()
    assert ask(server, cancel) == ("", Finished("cancelled"))
    assert monotonic() - cancelled[0] < 1
    assert hung_up.wait(10)


def test_closing_the_iterator_hangs_up(server: OpenAIServer) -> None:
    hung_up = Event()

    def talk(exchange: Exchange) -> None:
        exchange.begin()
        exchange.delta(content="一")
        if exchange.wait_for_hang_up(10):
            hung_up.set()

    server.behaviour = talk
    answer = OpenAIModel(server.url, "m").generate([Message("user", "?")], GenerationOptions(), Event())
    assert next(answer) == "一"
    answer.close()  # type: ignore[attr-defined]
    assert hung_up.wait(10)


def test_the_key_shows_nowhere() -> None:
    assert KEY not in repr(OpenAIModel("http://127.0.0.1", "m", api_key=KEY)._request([], GenerationOptions()))


def test_the_estimate_is_near_and_rather_above_for_both_languages() -> None:
    model = OpenAIModel("http://127.0.0.1", "m")
    # 10 and 13 tokens for the tokenizer of Qwen2.5.
    assert 10 <= model.count_tokens("中国的首都是哪里？请用一句话回答。") <= 15
    assert 13 <= model.count_tokens("The quick brown fox jumps over the lazy dog near the river.") <= 18


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:11434/v1", True),
        ("http://127.8.8.8", True),
        ("http://[::1]:8000", True),
        ("http://localhost:8000/v1", True),
        ("http://LOCALHOST", True),
        ("http://127.0.0.1@example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://localhost.example.com", False),
        ("http://192.168.1.5:8000", False),
        ("http://0.0.0.0:8000", False),
        ("http://2130706433", False),
        ("https://api.example.com/v1", False),
        ("127.0.0.1:8000", False),
        ("", False),
        ("http://[::1", False),
    ],
)
def test_loopback(url: str, loopback: bool) -> None:
    assert is_loopback_url(url) is loopback
