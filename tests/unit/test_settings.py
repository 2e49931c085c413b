"""Where settings come from and what is refused."""

from pathlib import Path

import pytest
from annotated_types import Le

from app.settings import (
    AddressRefused,
    Settings,
    SettingsInvalid,
    check_address,
    load_settings,
    parse_limits,
    store_choices,
)
from app.shelf import build_embedder, build_llm
from ingest.document import ParseLimits
from models.errors import GivenWeightsMissing, WeightsMissing
from models.loopback import is_loopback_host


@pytest.fixture(autouse=True)
def _own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ZHIWEN_{name.upper()}", raising=False)
    monkeypatch.setenv("ZHIWEN_CONFIG", str(tmp_path / "zhiwen.toml"))


def write(tmp_path: Path, text: str) -> None:
    (tmp_path / "zhiwen.toml").write_text(text, encoding="utf-8")


def test_order_of_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    data.mkdir()
    write(tmp_path, f'llm = "from-file"\nembedder = "from-file"\nport = 9000\ndata_dir = "{data}"')
    assert load_settings().llm == "from-file"
    store_choices(data, llm="from-browser")
    store_choices(data, embedder="from-browser")
    monkeypatch.setenv("ZHIWEN_LLM", "from-environment")
    settings = load_settings()
    assert (settings.llm, settings.embedder, settings.port) == ("from-environment", "from-browser", 9000)


def test_an_unknown_variable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIWEN_PROT", "9000")
    with pytest.raises(SettingsInvalid, match="ZHIWEN_PROT"):
        load_settings()


@pytest.mark.parametrize("text", ["prot = 1", "port = 0", "port = [", 'port = "x"'])
def test_a_wrong_file_is_an_error(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    with pytest.raises(SettingsInvalid):
        load_settings()


@pytest.mark.parametrize(("context", "answer"), [(619, 320), (512, 213), (4096, 4000)])
def test_a_context_in_which_nothing_can_be_asked_is_an_error(context: int, answer: int) -> None:
    with pytest.raises(SettingsInvalid, match=rf"llm_context is wrong.*set it to {answer + 300} or more"):
        load_settings(llm_context=context, answer_tokens=answer)
    assert load_settings(llm_context=answer + 300, answer_tokens=answer).answer_tokens == answer


NUMBERS = [name for name, field in Settings.model_fields.items() if field.annotation in (int, float)]


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (most,) = [part.le for part in Settings.model_fields[name].metadata if isinstance(part, Le)]
    assert 0 < float(str(most)) <= 10_000_000
    assert getattr(Settings(**{name: most}), name) == most
    for wrong in ("inf", "nan", "1e308", "-2", str(int(str(most)) + 1)):
        monkeypatch.setenv(f"ZHIWEN_{name.upper()}", wrong)
        with pytest.raises(SettingsInvalid, match=name):
            load_settings()
    monkeypatch.delenv(f"ZHIWEN_{name.upper()}")
    for wrong in ("inf", "nan", "1e308"):
        write(tmp_path, f"{name} = {wrong}")
        with pytest.raises(SettingsInvalid, match=name):
            load_settings()


def test_only_models_can_be_chosen_in_the_browser(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid):
        store_choices(tmp_path, host="0.0.0.0")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback_host(host)
    check_address(Settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::", "example.org", "localhost.example.org"])
def test_other_addresses_are_refused(host: str) -> None:
    with pytest.raises(AddressRefused, match="--tls"):
        check_address(Settings(host=host))
    for allowing in ("behind_loopback_publish", "tls", "plain_http"):
        check_address(Settings(host=host, **{allowing: True}))


def test_what_a_document_may_cost_follows_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIWEN_OCR", "always")
    monkeypatch.setenv("ZHIWEN_PARSE_UNPACKED_MB", "7")
    limits = parse_limits(load_settings(max_pages=3, parse_seconds=4, page_seconds=9, parse_memory_mb=500))
    assert limits == ParseLimits(pages=3, seconds=4, page_seconds=9, memory_mb=500, unpacked_mb=7, ocr="always")
    monkeypatch.setenv("ZHIWEN_OCR", "sometimes")
    with pytest.raises(SettingsInvalid, match="ocr"):
        load_settings()


def test_a_model_file_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    missing = tmp_path / "none.gguf"
    settings = Settings(llm=str(missing), embedder=str(tmp_path / "none"), weights_dir=tmp_path)
    with pytest.raises(GivenWeightsMissing, match=r"none\.gguf, which ZHIWEN_LLM names"):
        build_llm(settings, settings.llm)
    with pytest.raises(GivenWeightsMissing, match="which ZHIWEN_EMBEDDER names"):
        build_embedder(settings, settings.embedder)
    with pytest.raises(WeightsMissing, match="zhiwen models pull"):
        build_llm(settings, "qwen2.5-coder-0.5b-instruct")
