"""A small E5S1 file with random weights, for tests that need the format and not the model."""

from __future__ import annotations

import struct
import unicodedata
from pathlib import Path

import numpy as np

from models.convert_e5 import convert

HIDDEN, LAYERS, HEADS, FFN, POSITIONS = 64, 2, 4, 128, 48
WORDS = (
    *"的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万市眼体别处总才场师书比住员九笑性通目华报立马命张活难神数件安表原车白应路期叫死常提感金何更反合放做系计或司利受光王果亲界及今京务制解各任至清物台象记边共风战干接它许八特觉望直服毛林题建南度统色字请交爱让认算论百吃义科怎元社术结六功指思非流每青管夫连远资队跟带花快条院变联言权往展该领传近留红治决周保达办运武半候七必城父强步完革深区即求品士转量空甚众技轻程告江语英基派满式李息写呢识极令黄德收脸钱党倒未持取设始版双历越史商千片容研像找友孩站广改议形委早房音火际则首单据导影失拿网香似斯专石若兵弟谁校读志飞观争究包组造落视济喜离虽坏",
    *"abcdefghijklmnopqrstuvwxyz0123456789.,:;!?-~～，。！？、（）()%",
    *("que", "ry", "pass", "age", "the", "ing", "tion", "中国", "银行", "知识", "你好", "世界"),
)


def tiny_e5s1(seed: int = 7) -> bytes:
    """The bytes of a file whose vocabulary and code-point map are small but real in kind."""
    random = np.random.default_rng(seed)
    words = tuple(dict.fromkeys(WORDS))
    plain = ("\u2581", *words, *(f"\u2581{word}" for word in words[-80:]))
    pieces = ("<s>", "<pad>", "</s>", "<unk>", *plain, "<mask>")
    scores = np.concatenate([[0, 0, 0, 0], -random.uniform(3, 9, len(plain)), [0]]).astype("<f4")
    encoded = [piece.encode() for piece in pieces]
    offsets = np.concatenate([[0], np.cumsum([len(piece) for piece in encoded])]).astype("<u4")
    blob = b"".join(encoded)
    vocab = len(pieces) + 3
    head = struct.pack("<4sI7i", b"E5S1", 1, HIDDEN, LAYERS, HEADS, FFN, vocab, POSITIONS, 2)
    head += struct.pack("<fi5iQ", 1e-12, 32, len(pieces), 0, 2, 1, 3, len(blob))
    head += offsets.tobytes() + scores.tobytes() + blob + _code_point_map()
    return _with_tensors(head, _tensors(vocab, random))


def tiny_embedder(folder: Path) -> Path:
    """A folder inside of `folder` that sentence-transformers reads: that file, converted."""
    (folder / "tiny.bin").write_bytes(tiny_e5s1())
    convert(folder / "tiny.bin", folder / "tiny")
    return folder / "tiny"


def _code_point_map() -> bytes:
    """Controls go, spaces become spaces, everything else as NFKC has it, but for the wide tilde."""
    mapped = {chr(c): "" for c in (*range(1, 9), 11, *range(14, 32), 0x7F, 0x8F, 0x9F)}
    spaces = (9, 10, 12, 13, 0x1680, *range(0x200B, 0x2010), 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD)
    mapped |= {chr(c): " " for c in spaces}
    for point in (*range(0xA0, 0x400), *range(0x2000, 0x3400), *range(0xF900, 0x10000)):
        char = chr(point)
        normal = unicodedata.normalize("NFKC", char)
        if normal != char and char != "～":
            mapped.setdefault(char, normal)
    entries = [struct.pack(f"<IB{len(to)}I", ord(char), len(to), *map(ord, to)) for char, to in mapped.items()]
    return struct.pack("<iI", len(entries), sum(map(len, entries))) + b"".join(entries)


def _tensors(vocab: int, random: np.random.Generator) -> dict[str, np.ndarray]:
    shapes = {"emb.word": vocab * HIDDEN, "emb.pos": POSITIONS * HIDDEN, "emb.type": 2 * HIDDEN}
    shapes |= {"emb.ln.w": HIDDEN, "emb.ln.b": HIDDEN}
    for layer in range(LAYERS):
        for name, (outputs, inputs) in {
            **dict.fromkeys(("q", "k", "v", "ao"), (HIDDEN, HIDDEN)),
            "fi": (FFN, HIDDEN),
            "fo": (HIDDEN, FFN),
        }.items():
            shapes |= {f"l{layer}.{name}.w": outputs * inputs, f"l{layer}.{name}.b": outputs}
        for name in ("aln", "oln"):
            shapes |= {f"l{layer}.{name}.w": HIDDEN, f"l{layer}.{name}.b": HIDDEN}
    return {
        name: random.normal(1.0 if "ln.w" in name else 0.0, 0.2, size).astype("<f4") for name, size in shapes.items()
    }


def _with_tensors(head: bytes, tensors: dict[str, np.ndarray]) -> bytes:
    """The tensor directory and the tensors; matrices are quantised, vectors are not."""
    packed = {
        name: (1, len(values), _q4_0(values)) if _is_matrix(name) else (0, len(values), values.tobytes())
        for name, values in tensors.items()
    }
    offset = len(head) + 4 + sum(2 + len(name) + 21 for name in packed)
    directory = struct.pack("<i", len(packed))
    for name, (kind, elements, raw) in packed.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, elements, offset, len(raw))
        offset += len(raw)
    return head + directory + b"".join(raw for _, _, raw in packed.values())


def _is_matrix(name: str) -> bool:
    return (name.endswith(".w") and "ln" not in name) or name == "emb.word"


def _q4_0(values: np.ndarray) -> bytes:
    blocks = values.reshape(-1, 32)
    scale = (np.abs(blocks).max(axis=1, keepdims=True) / 7).astype("<f2")
    quants = np.clip(np.round(blocks / scale.astype("f4")) + 8, 0, 15).astype(np.uint8)
    packed = quants[:, :16] | (quants[:, 16:] << 4)
    return np.concatenate([scale.view(np.uint8), packed], axis=1).tobytes()
