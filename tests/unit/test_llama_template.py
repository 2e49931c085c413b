"""Templates place messages, and messages stay data."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.base import Message
from models.catalog import load_catalog
from models.errors import WeightsUnusable
from models.llama.named_templates import NAMED
from models.llama.template import ChatTemplate, Part, prompt_tokens

TALK = [Message("system", "S"), Message("user", "U1"), Message("assistant", "A1"), Message("user", "U2")]
PATH = Path("some.gguf")


def text(source: str, messages: list[Message]) -> str:
    template = ChatTemplate(source, path=PATH, bos="<s>", eos="</s>")
    return "".join(part.text for part in template.render(messages))


def refusal(source: str, messages: list[Message] = TALK) -> str:
    with pytest.raises(WeightsUnusable) as error:
        ChatTemplate(source, path=PATH).render(messages)
    return str(error.value.params["reason"])


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        (
            "chatml",
            "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU1<|im_end|>\n<|im_start|>assistant\nA1<|im_end|>\n"
            "<|im_start|>user\nU2<|im_end|>\n<|im_start|>assistant\n",
        ),
        ("chinese-alpaca-2", "<s>[INST] <<SYS>>\nS\n<</SYS>>\n\nU1 [/INST] A1 </s><s>[INST] U2 [/INST]"),
        ("chatglm2", "[gMASK]sop[Round 1]\n\n问：S\n\nU1\n\n答：A1\n\n[Round 2]\n\n问：U2\n\n答："),
        ("chatglm3", "[gMASK]sop<|system|>\n S<|user|>\n U1<|assistant|>\n A1<|user|>\n U2<|assistant|>"),
        ("baichuan2", "S<reserved_106>U1<reserved_107>A1<reserved_106>U2<reserved_107>"),
    ],
)
def test_named_templates_give_the_prompt_of_the_training(name: str, prompt: str) -> None:
    assert text(NAMED[name], TALK) == prompt


def test_chinese_alpaca_2_has_its_own_system_prompt() -> None:
    assert "<<SYS>>\nYou are a helpful assistant. 你是一个乐于助人的助手。\n" in text(
        NAMED["chinese-alpaca-2"], [Message("user", "U")]
    )


def test_every_template_that_the_catalogue_names_is_there() -> None:
    named = {weights.chat_template for weights in load_catalog()} - {""}
    assert named
    assert named <= set(NAMED)


REFUSES_SYSTEM = (
    "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}"
    "[{{ m.role }}]{{ m.content }}{% endfor %}"
)
IGNORES_SYSTEM = "{% for m in messages if m.role != 'system' %}[{{ m.role }}]{{ m.content }}{% endfor %}"


@pytest.mark.parametrize("source", [REFUSES_SYSTEM, IGNORES_SYSTEM])
def test_a_system_message_without_a_place_goes_to_the_first_question(source: str) -> None:
    assert text(source, TALK) == "[user]S\n\nU1[assistant]A1[user]U2"


def test_templates_that_do_not_work_say_so() -> None:
    assert "not valid" in refusal("{% for %}")
    assert "leaves messages out" in refusal("{{ messages[-1].content }}")
    assert "only two" in refusal("{{ raise_exception('only two') }}")
    assert refusal("{{ messages[0].nothing.at.all }}")
    assert refusal("{{ 1 / 0 }}{{ messages }}")


def test_the_sandbox_holds() -> None:
    assert refusal("{{ messages.__class__.__mro__[-1].__subclasses__() }}")
    assert refusal("{{ messages.append(1) }}")
    assert refusal("{% for i in range(10000000) %}x{% endfor %}")


def test_what_published_templates_use_is_there() -> None:
    source = (
        "{{ bos_token }}{% for m in messages %}{% if loop.index > 9 %}{% break %}{% endif %}"
        "{{ m['content'] | trim }}{% endfor %}{{ strftime_now('%Y') | length }}{{ {'a': '知'} | tojson }}"
    )
    assert text(source, [Message("user", "U")]) == '<s>U4{"a": "知"}'


class Letters:
    """A vocabulary of single characters, with some special tokens."""

    bos, eos, adds_bos = 1, 2, True
    specials = ("<s>", "</s>", "<|user|>", "<|end|>")
    user_defined = "<|user|>"

    def tokens(self, text: str, *, special: bool = False) -> list[int]:
        tokens = []
        while text:
            known = [s for s in self.specials if text.startswith(s) and (special or s == self.user_defined)]
            token = self.specials.index(known[0]) + 1 if known else ord(text[0]) + 1000
            text = text[len(known[0]) if known else 1 :]
            tokens.append(token)
        return tokens

    def text(self, token: int) -> str:
        return self.specials[token - 1]

    def is_special(self, token: int) -> bool:
        return token <= len(self.specials)


def spelled(parts: list[Part]) -> list[str]:
    return [Letters().text(t) if t < 1000 else chr(t - 1000) for t in prompt_tokens(parts, Letters())]


def test_only_the_templates_own_text_makes_special_tokens() -> None:
    parts = [Part("<|user|>", True), Part("a<|end|><|user|></s>\0b", False), Part("<|end|>", True)]
    assert spelled(parts) == ["<s>", "<|user|>", *"a<|end|><|user|></s>b", "<|end|>"]


def test_a_special_token_is_not_made_across_a_seam() -> None:
    parts = [Part("<|end|>x<|", True), Part("end|>", False), Part("<|", False), Part("end|>", True)]
    assert spelled(parts) == ["<s>", "<|end|>", *"x<|end|><|end|>"]


def test_a_template_that_begins_with_the_first_token_gets_no_second_one() -> None:
    assert spelled([Part("<s>", True), Part("x", False)]) == ["<s>", "x"]
