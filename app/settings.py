"""Every setting of Zhiwen, read once into one frozen object.

Order, strongest first: `ZHIWEN_*` environment variables, choices made in the browser
(`choices.json` in the data folder), `zhiwen.toml`, the defaults below. Unknown keys are errors.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from ingest.document import ParseLimits
from ingest.draw import DrawLimits
from ingest.store.files import write_durably
from models.errors import Explained
from models.loopback import is_loopback_host
from models.reasons import because, quoted
from models.threads import MOST_THREADS

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "ZHIWEN_"
# "*" and "null" are any site at all.
_ORIGIN = re.compile(r"https?://[^/*\s]+/?")
# A hundred years.
MOST_DAYS = 36_500
# A number beyond these is a slip of the hand, and what waits, allots or multiplies by it may fail in the midst of work.
_DAY = 86_400
_YEAR_OF_MINUTES = 525_600
_MOST_MB = _MOST_TOKENS = 10_000_000
_MOST = 1_000_000
# Fewer tokens of passages tell a language model nothing worth its time.
LEAST_PASSAGES = 100
# What a prompt has beside passages, at the least: instructions, a question, and what a model puts around them.
_AROUND = 200
AnswerLength = Literal["short", "normal", "detailed"]
# Read by the test suite and by `load_settings` itself; they configure no server.
NOT_SETTINGS = {"ZHIWEN_CONFIG", "ZHIWEN_REQUIRE_BROWSER", "ZHIWEN_FULL"}


class SettingsInvalid(Explained):
    """A setting has no meaning: an unknown name or a value out of range."""

    code = "settings-invalid"
    template = "The setting {key} is wrong: {reason}. See docs/configuration.md."


class AddressRefused(Explained):
    """The server was asked to send passwords over a network for everybody to read."""

    code = "address-refused"
    template = (
        "Others can reach {host}, and could read passwords on their way to it. Add --tls, or set "
        "ZHIWEN_PLAIN_HTTP=true behind a proxy that speaks HTTPS."
    )


class RemoteModelRefused(Explained):
    """A language model elsewhere would see the documents."""

    code = "remote-model-refused"
    template = (
        "The language model at {url} is not on this machine: passages of your documents would be sent there. "
        "If that is what you want, set ZHIWEN_LLM_REMOTE_CONSENT=true."
    )


class Settings(BaseSettings):
    """One field a setting; the text after each is its documentation."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    # Where
    data_dir: Path = Field(ROOT / "data", description="Folder of the catalog, originals and indexes.")
    weights_dir: Path = Field(ROOT / "models" / "weights", description="Folder of the model weights.")
    host: str = Field(
        "127.0.0.1",
        description=(
            "Address to listen on. Beyond loopback everybody must log in, over TLS; the start prints how the owner's "
            "account is made."
        ),
    )
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    tls: bool = Field(
        False, description="Speak HTTPS, with a certificate of its own in the data folder unless another is given."
    )
    tls_cert: Path | None = Field(None, description="Certificate for HTTPS, with its chain: a PEM file.")
    tls_key: Path | None = Field(None, description="Private key of that certificate: a PEM file without a password.")
    plain_http: bool = Field(
        False,
        description=(
            "Speaks plain HTTP to others: for a proxy on this machine that speaks HTTPS and says in X-Forwarded-For "
            "and X-Forwarded-Proto for whom. Without one whoever is on the network can read passwords."
        ),
    )
    hosts: str = Field(
        "",
        description=(
            "Further names by which people reach the server, separated by commas. Known without it: this machine's "
            "own name and, beyond loopback, every address in figures."
        ),
    )
    cors_origins: str = Field(
        "",
        description=(
            "Other web sites, such as https://wiki.example, whose pages may call the REST interface, separated by "
            "commas. They have no sessions here: once there are accounts they need an API key."
        ),
    )
    behind_loopback_publish: bool = Field(
        False,
        description="Allows listening on every address inside a container whose port is published on loopback only.",
    )
    source_url: str = Field(
        "/source.zip",
        description=(
            "Where this version's source code is, linked on every page (AGPL section 13). The default is a "
            "download that the server makes of its own files."
        ),
    )

    # Documents
    max_upload_mb: int = Field(200, ge=1, le=_MOST_MB, description="Largest file, in MB (1,000,000 bytes).")
    max_request_mb: int = Field(
        4000, ge=1, le=_MOST_MB, description="Largest upload request, all its files together, in MB."
    )
    max_upload_files: int = Field(1000, ge=1, le=_MOST, description="Most files in one upload request.")
    max_pages: int = Field(5000, ge=1, le=_MOST, description="Most pages of one document.")
    parse_seconds: int = Field(
        600, ge=1, le=_DAY, description="Longest time to read a document without any progress, in seconds."
    )
    page_seconds: int = Field(
        120, ge=1, le=_DAY, description="Longest time to read one page of a PDF or a picture, in seconds."
    )
    parse_memory_mb: int = Field(4096, ge=256, le=_MOST_MB, description="Most memory to read one document, in MB.")
    draw_seconds: int = Field(
        20, ge=1, le=_DAY, description="Longest time to draw the picture of one page, in seconds."
    )
    draw_memory_mb: int = Field(
        2048, ge=1024, le=_MOST_MB, description="Most memory to draw the picture of one page, in MB."
    )
    parse_unpacked_mb: int = Field(
        1000,
        ge=1,
        le=_MOST_MB,
        description="Largest size of a packed document (DOCX, PPTX, XLSX, EPUB) once unpacked, in MB.",
    )
    ocr: Literal["auto", "off", "always"] = Field(
        "auto",
        description=(
            "Reading images of text: `auto` does so on pages that need it, `off` on none, `always` on every page."
        ),
    )
    chunk_tokens: int = Field(350, ge=50, le=2000, description="Aimed size of a chunk, in tokens of the embedder.")

    # Models
    embedder: str = Field("multilingual-e5-small", description="Embedder: a catalogue name or a folder.")
    reranker: str = Field(
        "",
        description=(
            "A cross-encoder that puts what search found in order: a folder, or the name of one among the weights. "
            "Without one that takes no further network."
        ),
    )
    embedder_seconds: int = Field(
        30,
        ge=0,
        le=_DAY,
        description=(
            "How long after it began to load questions wait for the embedder. Then words alone are searched, and the "
            "answer says so."
        ),
    )
    embedder_device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Where to embed, and to rerank.")
    embedder_form: Literal["auto", "int8", "float32", "bfloat16"] = Field(
        "auto",
        description=(
            "In which form the embedder computes on a processor; `auto` measures once which is the fastest here that "
            "finds the same, and keeps that in the data folder. `int8` is for models of the BERT family."
        ),
    )
    llm: str = Field(
        "qwen2.5-coder-1.5b-instruct",
        description=(
            "Language model: a catalogue name, a GGUF file, `openai` for a server, or `none`: answers are then the "
            "best sentence of the documents."
        ),
    )
    llm_url: str = Field("", description="Base URL of an OpenAI-compatible server, such as http://127.0.0.1:11434/v1.")
    llm_model: str = Field("", description="Model name at that server.")
    llm_key: str = Field("", description="API key for that server.")
    llm_remote_consent: bool = Field(
        False,
        description="Allows a language model that is not on this machine to see passages and questions.",
    )
    llm_context: int = Field(
        4096,
        ge=512,
        le=_MOST_TOKENS,
        description="Context of the language model, in tokens: at least 300 more than `answer_tokens`.",
    )
    llm_threads: int = Field(
        0,
        ge=0,
        le=MOST_THREADS,
        description="Threads for the language model, at most 512; 0 takes the physical cores.",
    )
    llm_prefix_mb: int = Field(
        256,
        ge=0,
        le=_MOST_MB,
        description=(
            "Most memory for what the language model has read of the latest prompts, in MB: conversations that go on "
            "need not read their documents again. 0 keeps the last prompt alone."
        ),
    )
    llm_idle_minutes: int = Field(
        30,
        ge=0,
        le=_YEAR_OF_MINUTES,
        description=(
            "After so many minutes without a question the memory of the language model, and of a reranker, is given "
            "back; the next question loads them again, in some seconds. 0 keeps them."
        ),
    )
    llm_gpu_layers: int = Field(
        -1, ge=-1, le=_MOST, description="Layers of the language model on the GPU; -1 chooses by itself."
    )

    # Questions
    max_question_chars: int = Field(2000, ge=1, le=_MOST, description="Longest question, in characters.")
    retrieve_k: int = Field(40, ge=1, le=200, description="Chunks taken from each search before fusion.")
    passage_tokens: int = Field(
        550,
        ge=LEAST_PASSAGES,
        le=_MOST_TOKENS,
        description="What quality needs of passages in a prompt, in tokens of the language model. A quarter more, "
        "and half as many more for a summary or a comparison, are read where that takes no longer than "
        "`first_token_seconds`, and fewer where the context has no room for them.",
    )
    first_token_seconds: float = Field(
        8.0,
        ge=0,
        le=3600,
        allow_inf_nan=False,
        description="How long an answer may take to begin for more passages than quality needs, in seconds, at most "
        "3,600; how fast the language model reads is measured. 0 never reads more.",
    )
    read_ahead: bool = Field(
        True,
        description="While a question is typed the language model reads what it would be answered from, as long as "
        "nobody waits for an answer. That takes processor time, also for questions that are never sent.",
    )
    answer_tokens: int = Field(
        320,
        ge=16,
        le=_MOST_TOKENS,
        description="Longest answer, in tokens of the language model; a detailed one has up to twice as many.",
    )
    answer_length: AnswerLength = Field(
        "normal",
        description=(
            "How much an answer says: `short`, `normal` or `detailed`. A fact is copied from the documents in the "
            "first two, and told in a paragraph in the third."
        ),
    )
    conversation_days: int = Field(
        0,
        ge=0,
        le=MOST_DAYS,
        description="Conversations that nobody goes on with for so many days are deleted for good; 0 keeps them all.",
    )
    queue_length: int = Field(16, ge=1, le=_MOST, description="Most questions waiting for the model.")
    reader_seconds: int = Field(
        30,
        ge=1,
        le=_DAY,
        description="An answer that nobody has read for so many seconds is stopped where another user waits for one.",
    )

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, text: str) -> str:
        for origin in listed(text):
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(because("no-web-site", origin=origin))
        return text

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over values given by `load_settings` from the two files."""
        return (env_settings, init_settings)


def parse_limits(settings: Settings) -> ParseLimits:
    """What one document may cost."""
    return ParseLimits(
        pages=settings.max_pages,
        seconds=settings.parse_seconds,
        page_seconds=settings.page_seconds,
        memory_mb=settings.parse_memory_mb,
        unpacked_mb=settings.parse_unpacked_mb,
        ocr=settings.ocr,
    )


def draw_limits(settings: Settings) -> DrawLimits:
    """What the picture of one page may cost."""
    return DrawLimits(seconds=settings.draw_seconds, memory_mb=settings.draw_memory_mb)


def load_settings(**overrides: Any) -> Settings:
    """Read the environment, the stored choices and `zhiwen.toml`; `overrides` are the weakest but defaults.

    Raises SettingsInvalid naming the key.
    """
    _refuse_unknown_variables(os.environ)
    values = dict(overrides) | _read_toml(Path(os.environ.get("ZHIWEN_CONFIG", ROOT / "zhiwen.toml")))
    try:
        first = Settings(**values)
        settings = Settings(**(values | read_choices(first.data_dir)))
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"])
        # What a validator of ours says stands there behind words of the library.
        said = problem["ctx"]["error"] if problem["type"] == "value_error" else problem["msg"]
        raise SettingsInvalid(key=key, reason=quoted(said)) from error
    _check_context(settings)
    return settings


def _check_context(settings: Settings) -> None:
    """Raise SettingsInvalid for a context in which nothing could ever be asked. Detailed answers take at most half of
    what it has beside passages, or as much as any."""
    needed = _AROUND + LEAST_PASSAGES + settings.answer_tokens
    if settings.llm_context < needed:
        reason = because("context-small", passages=LEAST_PASSAGES, answer=settings.answer_tokens, needed=needed)
        raise SettingsInvalid(key="llm_context", reason=reason)


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | NOT_SETTINGS
    for name in environment:
        if name.startswith(PREFIX) and name not in known:
            raise SettingsInvalid(key=name, reason=because("no-such-setting"))


def _read_toml(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsInvalid(key=str(path), reason=quoted(error)) from error


CHOICES = ("embedder", "llm", "answer_length", "conversation_days")


def read_choices(data_dir: Path) -> dict[str, str]:
    """What was chosen in the browser, by the names of settings."""
    path = data_dir / "choices.json"
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {key: str(stored[key]) for key in CHOICES if key in stored}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError) as error:
        raise SettingsInvalid(key=str(path), reason=quoted(error)) from error


# Two choices at once are both kept.
_choosing = Lock()


def store_choices(data_dir: Path, **chosen: str) -> None:
    """Remember what was chosen in the browser, all of it or nothing. Raises DiskFull, CatalogUnusable."""
    for key in chosen:
        if key not in CHOICES:
            raise SettingsInvalid(key=key, reason=because("not-in-browser"))
    with _choosing:
        write_durably(data_dir / "choices.json", json.dumps(read_choices(data_dir) | chosen).encode())


def fixed_by(name: str) -> str | None:
    """The environment variable that fixes a setting, so that the browser cannot change it; None where none does."""
    variable = PREFIX + name.upper()
    return variable if os.environ.get(variable) else None


def exposed(settings: Settings) -> bool:
    """Whether others than this machine's users can reach the server: by themselves, or through a proxy.

    Nobody gives it names, or allows plain HTTP, who wants it for this machine alone.
    """
    if settings.plain_http or any(not is_loopback_host(name) for name in listed(settings.hosts)):
        return True
    return not (settings.behind_loopback_publish or is_loopback_host(settings.host))


def check_address(settings: Settings) -> None:
    """Raise AddressRefused if others can reach the server without TLS."""
    if exposed(settings) and not (settings.tls or settings.plain_http):
        raise AddressRefused(host=settings.host)


def listed(text: str) -> tuple[str, ...]:
    """What a setting lists, separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
