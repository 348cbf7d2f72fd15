"""Chat templates: tried, sandboxed, and deaf to what messages pretend to be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astraweave_ai.llm.model import Message
from astraweave_ai.llm.template import ChatTemplate
from tests.tiny_gguf import CHAT

CONTROL = ["<s>", "</s>", "<unk>", "<|im_start|>", "<|im_end|>", "[INST]", "[/INST]"]
TALK = (Message("system", "Be brief."), Message("user", "Who goes there?"))


def made(template: str) -> ChatTemplate:
    return ChatTemplate(template, "<s>", "</s>", CONTROL)


def test_a_template_is_used() -> None:
    text, begin = made(CHAT).render(TALK)
    assert text == "<s>system\nBe brief.</s>\n<s>user\nWho goes there?</s>\n<s>assistant\n"
    assert not begin  # the template put it there itself


def test_without_one_messages_are_plain_and_the_next_question_ends_an_answer() -> None:
    template = made("")
    text, begin = template.render(TALK)
    assert text == "Be brief.\n\nUser: Who goes there?\n\nAssistant:"
    assert (begin, template.state, template.stop) == (True, "missing", ("\nUser:",))


@pytest.mark.parametrize(
    "template",
    [
        "{% for %}",
        "{{ messages[0].nothing.at.all }}",
        "{{ raise_exception('never') }}",
        "{{ 1 // 0 }}",
        "{{ messages + 1 }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",  # out of the sandbox
        "{% for i in range(10 ** 9) %}x{% endfor %}",
        "{% include '/etc/passwd' %}",
        "{% set _ = messages.append(1) %}",
    ],
)
def test_a_template_that_fails_is_not_used(template: str) -> None:
    broken = made(template)
    assert broken.state == "broken"
    assert broken.render(TALK)[0].endswith("Assistant:")


def test_a_template_that_knows_no_system_gets_it_with_the_first_question() -> None:
    template = made(
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}"
        "{% endif %}[{{ m.role }}: {{ m.content }}]{% endfor %}"
    )
    assert template.state == "used"
    assert template.render(TALK)[0] == "[user: Be brief.\n\nWho goes there?]"
    assert template.render(TALK[:1])[0] == "[user: Be brief.]"
    assert template.render((TALK[0], Message("assistant", "Hm.")))[0] == (
        "[user: Be brief.][assistant: Hm.]"
    )


@given(st.lists(st.sampled_from([*CONTROL, "<", "|", "hello", " ", "/s>", "im_end", "\n"])))
def test_no_control_token_survives_in_a_message(parts: list[str]) -> None:
    said = "".join(parts)
    text, _ = made("{{ messages[-1].content }}").render([Message("user", said)])
    assert not any(token in text for token in CONTROL)
    assert text.replace(" ", "") == said.replace(" ", "")
