"""Chat templates, by name, for GGUF files that carry none.

Each follows the prompt its model was trained with, as published with the model's own code.
"""

from __future__ import annotations

_CHATML = """\
{%- for message in messages -%}
<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor -%}
{{ '<|im_start|>assistant\\n' }}
"""

# Llama 2's format with the system prompt that Chinese-Alpaca-2 was tuned with.
_CHINESE_ALPACA_2 = """\
{%- if messages[0].role == 'system' -%}
{%- set system = messages[0].content -%}{%- set turns = messages[1:] -%}
{%- else -%}
{%- set system = 'You are a helpful assistant. 你是一个乐于助人的助手。' -%}{%- set turns = messages -%}
{%- endif -%}
{%- for message in turns -%}
{%- if message.role == 'user' -%}
{{ bos_token }}[INST] {% if loop.first %}{{ '<<SYS>>\\n' + system + '\\n<</SYS>>\\n\\n' }}{% endif -%}
{{ message.content }} [/INST]
{%- elif message.role == 'assistant' -%}
{{ ' ' + message.content + ' ' + eos_token }}
{%- else -%}
{{ raise_exception('a system message is only allowed at the start') }}
{%- endif -%}
{%- endfor -%}
"""

# Rounds counted from 1. The model knows no system role.
_CHATGLM2 = """\
{%- set state = namespace(round=0) -%}
[gMASK]sop
{%- for message in messages -%}
{%- if message.role == 'user' -%}
{%- set state.round = state.round + 1 -%}
{{ '[Round ' + state.round|string + ']\\n\\n问：' + message.content + '\\n\\n答：' }}
{%- elif message.role == 'assistant' -%}
{{ message.content + '\\n\\n' }}
{%- else -%}
{{ raise_exception('no system role') }}
{%- endif -%}
{%- endfor -%}
"""

_CHATGLM3 = """\
[gMASK]sop
{%- for message in messages -%}
{{ '<|' + message.role + '|>\\n ' + message.content }}
{%- endfor -%}
<|assistant|>
"""

# The roles are two reserved tokens; a system prompt stands before the first of them.
_BAICHUAN2 = """\
{%- for message in messages -%}
{%- if message.role == 'user' -%}
{{ '<reserved_106>' + message.content }}
{%- elif message.role == 'assistant' -%}
{{ '<reserved_107>' + message.content }}
{%- elif loop.first -%}
{{ message.content }}
{%- else -%}
{{ raise_exception('a system message is only allowed at the start') }}
{%- endif -%}
{%- endfor -%}
<reserved_107>
"""

NAMED = {
    "baichuan2": _BAICHUAN2.rstrip("\n"),
    "chatglm2": _CHATGLM2,
    "chatglm3": _CHATGLM3.rstrip("\n"),
    "chatml": _CHATML,
    "chinese-alpaca-2": _CHINESE_ALPACA_2,
}
