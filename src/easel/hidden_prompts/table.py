"""The table of what chat clients send by themselves, and what to answer.

In: nothing. Out: `ROWS`, each with where to look, what must stand there, and the reply that its
client can read; `detection` applies them. A phrase is a client's own to the letter, and long
enough that nobody types it: what is taken by mistake is a picture that is not painted.
Sources: the clients' repositories, read 2026-11-20; docs/hidden-prompts.md names file and commit of
each. None was seen on the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Where(Enum):
    """Where a phrase stands."""

    # The last user text, its last part, or a system message that is the last of all.
    ASKED = "asked"
    # Any system message.
    SYSTEM = "system"


class Slot(Enum):
    """What is filled into a reply beside its fixed text."""

    TITLE = "title"
    # The person's own words as they are.
    ECHO = "echo"


# The form of a text reply: a text, or an object that is sent as JSON.
ReplyForm = str | Slot | Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Quote:
    """Where in a template the person's words stand: after `start`, up to the first of `ends`."""

    start: str
    ends: tuple[str, ...] = ()
    # The last `start` counts: the newest message of a history.
    newest: bool = False
    # What follows is a string of JSON.
    encoded: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Where a text starts with one of `starts` and has `holds` in it, `reply` suits.

    `user` is how the last user text must start besides. An empty phrase asks for nothing. Of
    `quotes` the first that is there holds the person's words.
    """

    where: Where
    starts: tuple[str, ...]
    reply: ReplyForm
    holds: str = ""
    user: str = ""
    quotes: tuple[Quote, ...] = ()


def _asked(reply: ReplyForm, *starts: str, holds: str = "", quote: Quote | None = None) -> Row:
    return Row(Where.ASKED, starts, reply, holds, quotes=(quote,) if quote else ())


def _system(reply: ReplyForm, *starts: str, user: str = "", quotes: tuple[Quote, ...] = ()) -> Row:
    return Row(Where.SYSTEM, starts, reply, user=user, quotes=quotes)


def _system_holds(reply: ReplyForm, holds: str) -> Row:
    return Row(Where.SYSTEM, ("",), reply, holds)


HELLO: Final = "Hello! Tell me what to paint."
SUMMARY: Final = "The user asked for pictures."

# Open WebUI's tasks, by the key of the JSON that each asks for.
OPEN_WEBUI: Final[Mapping[str, ReplyForm]] = {
    "title": {"title": Slot.TITLE},
    "tags": {"tags": ["Art"]},
    "follow_ups": {"follow_ups": []},
    "queries": {"queries": []},
    "prompt": {"prompt": Slot.ECHO},
    "text": {"text": ""},
    "questions": {"questions": []},
}

_MESSAGE_ENDS: Final = ("\nASSISTANT: ", "\nUSER: ", "\n</chat_history>")
FIRST_MESSAGE: Final = Quote("\nUSER: ", _MESSAGE_ENDS)
NEWEST_MESSAGE: Final = Quote("\nUSER: ", _MESSAGE_ENDS, newest=True)

_OPEN_WEBUI_ROWS: Final = (
    # With its Image button on, /images/generations has painted already, and the chat model is only
    # to say so. The text stands behind whatever system prompt there is.
    _system_holds("Here it is.", "<context>The requested image has been "),
    _system_holds("The picture could not be made.", "<context>Image generation was attempted but "),
    _asked(
        OPEN_WEBUI["title"],
        "### Task:\nGenerate a concise title summarizing the chat history.",
        "### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.",
        quote=FIRST_MESSAGE,
    ),
    _asked(OPEN_WEBUI["tags"], "### Task:\nGenerate 1-3 broad tags categorizing the main themes"),
    _asked(
        OPEN_WEBUI["follow_ups"],
        "### Task:\nSuggest 3-5 relevant follow-up questions or prompts that the user might",
    ),
    _asked(
        OPEN_WEBUI["queries"],
        "### Task:\nAnalyze the chat history to determine the necessity of generating search",
    ),
    _asked(
        OPEN_WEBUI["prompt"],
        "### Task:\nGenerate a detailed prompt for a",  # The source has "am".
        holds=" image generation task based on the given language and context.",
        quote=NEWEST_MESSAGE,
    ),
    _asked(OPEN_WEBUI["text"], "### Task:\nYou are an autocompletion system. Continue the text in"),
    _asked(
        OPEN_WEBUI["questions"],
        "### Task:\nGenerate 3-5 insightful questions a user would naturally want to ask about",
    ),
    _asked(
        SUMMARY,
        "### Task:\nSummarize the conversation ",
        holds=" that will be compacted out of the active chat context.",
    ),
    _asked(
        "🙂", "Your task is to reflect the speaker's likely facial expression through a fitting"
    ),
    _asked(SUMMARY, "You have been provided with a set of responses from various models to the"),
    _system({"tool_calls": []}, "Available Tools: [", user="Query: History:\n"),
    _system({"operations": []}, "You are Open WebUI's private memory reviewer."),
)

_NOT_NEEDED: Final = "<question>not_needed</question>"
_NO_SEARCH: Final = f"<websearch>{_NOT_NEEDED}</websearch><knowledge>{_NOT_NEEDED}</knowledge>"
_REPHRASER: Final = "You are an AI question rephraser. Your role is to rephrase follow-up queries"
_TRANSLATOR: Final = "You are a translation expert. Your only task is to translate text enclosed"
_TO_TRANSLATE: Final = Quote("<translate_input>\n", ("\n</translate_input>",))

_CHERRY_STUDIO_ROWS: Final = (
    # By structure: the prompt is in each UI's language, and people write their own.
    _asked(
        Slot.TITLE,
        '[{"role":"user","mainText":"',
        '[{"role":"assistant","mainText":"',
        quote=Quote('"role":"user","mainText":', encoded=True),
    ),
    # Some versions send the two as system messages, others as the user's.
    _system(_NO_SEARCH, _REPHRASER),
    _asked(_NO_SEARCH, _REPHRASER),
    _system(Slot.ECHO, _TRANSLATOR, quotes=(_TO_TRANSLATE,)),
    _asked(Slot.ECHO, _TRANSLATOR, quote=_TO_TRANSLATE),
    _system(
        "unknown",
        "Your task is to precisely identify the language used in the user's input text and output",
    ),
    _system(Slot.ECHO, "You are a Prompt Generator. You will integrate user input information"),
)

_FOLLOW_UP: Final = Quote("Follow Up Input: ", (", it's standalone query:",), newest=True)
_FIRST_PROMPT: Final = Quote("1. ", ("\n2. ",))

_LOBEHUB_ROWS: Final = (
    _system(
        Slot.TITLE,
        "You are a professional conversation summarizer. Generate a concise title that captures",
        "你是一名擅长会话的助理，你需要将用户的会话总结为 10 个字以内的标题",
        quotes=(Quote("<user>", ("</user>",)), Quote("user: ", ("\nassistant: ", "\nuser: "))),
    ),
    _system({"description": "", "summary": ""}, "Summarize the conversation for future reference."),
    _system(
        SUMMARY,
        "You're an assistant who's good at extracting key takeaways from conversations and",
        "You are a conversation context compressor. Your task is to create a structured summary",
    ),
    _system({"chips": []}, "You are a sidecar that extracts 0-4 quick-reply suggestions from"),
    _system({"completion": ""}, "You are an autocomplete engine for a chat input box."),
    _system({"suggestions": []}, "You generate the opening suggestion chips for an"),
    _system(
        Slot.ECHO,
        "Given the following conversation and a follow-up question, rephrase the follow up",
        quotes=(_FOLLOW_UP,),
    ),
    _system(Slot.ECHO, "You are a professional translator. Translate the input text to "),
    _system("🎨", "You are an emoji expert who selects the most appropriate emoji to represent"),
    # Agents of one's own begin like these, so the user's text must be LobeChat's too.
    _system(
        "绘画",
        "你是一名擅长起名的起名大师",
        "你是一名擅长会话标签总结的助理",
        "你是一名擅长技能总结的助理",
        user="输入: {",
    ),
    _system(
        Slot.TITLE,
        "You are a senior AI art creator and language master.",
        user="Prompts:\n",
        quotes=(_FIRST_PROMPT,),
    ),
    _system(
        Slot.TITLE,
        "你是一位资深的 AI 艺术创作者和语言大师。",
        user="提示词：\n",
        quotes=(_FIRST_PROMPT,),
    ),
    # What comes of it is painted next, so the prompt must come back whole.
    _system(
        Slot.ECHO,
        "You are an expert image prompt engineer.\n\nRewrite the user prompt into a",
        quotes=(Quote("<prompt_to_refine>\n", ("\n</prompt_to_refine>",)),),
    ),
)

_NEXTCHAT_LANGUAGE: Final = "Use the language used by the user (e.g. en"

_NEXTCHAT_ROWS: Final = (
    # After the history, as a user message: en, zh, de, fr, es, ru, ko, vi, pt, it, tr; ja and
    # zh-TW, of which the first is known by its end only.
    _asked(
        Slot.TITLE,
        "Please generate a four to five word title summarizing our conversation without any",
        "使用四到五个字直接返回这句话的简要主题，不要解释、不要标点",
        "Geben Sie ein kurzes Thema in vier bis fünf Wörtern zurück, ohne Erklärungen",
        "Utilisez quatre à cinq mots pour retourner le sujet succinct de cette phrase",
        "Devuelve un tema breve de esta frase en cuatro a cinco palabras",
        "Укажите краткую тему этого сообщения в четырех-пяти словах",
        "네 글자에서 다섯 글자로 이 문장의 간략한 주제를 반환하세요.",
        "Sử dụng bốn đến năm từ để trả lại chủ đề tóm tắt của câu này",
        "Por favor, gere um título de quatro a cinco palavras resumindo nossa conversa sem",
        "Riporta il tema di questa frase in modo conciso con quattro o cinque parole",
        "Bu cümlenin dört ila beş kelimelik kısa başlığını doğrudan verin",
    ),
    _asked(Slot.TITLE, "", holds="太字も不要です。テーマがない場合は「雑談」と返してください"),
    _asked(Slot.TITLE, _NEXTCHAT_LANGUAGE, holds="to generate a title (at most 6 words)"),
    # As a system message that is the last of all; Google's form has it as a user's.
    _asked(
        SUMMARY,
        "Summarize the discussion briefly in 200 words or less to use as a prompt for future",
        "简要总结一下对话内容，用作后续的上下文提示 prompt",
        "対話の内容を簡潔に要約し、後続のコンテキストプロンプトとして使用します。",
        "Fassen Sie den Gesprächsinhalt zusammen, um als Kontextaufforderung",
        "Faites un résumé succinct de la discussion, à utiliser comme prompt de contexte",
        "Resume brevemente el contenido de la conversación para usar como un prompt",
        "Кратко подведите итоги содержимого беседы для использования в качестве последующего",
        "대화 내용을 간략히 요약하여 후속 컨텍스트 프롬프트로 사용하세요.",
        "Tóm tắt nội dung cuộc trò chuyện một cách ngắn gọn, dùng làm gợi ý ngữ cảnh",
        "Resuma a discussão brevemente em 200 palavras ou menos para usar como um prompt",
        "Riassumi brevemente il contenuto della conversazione come prompt di contesto",
        "Sohbet içeriğini kısaca özetleyin, bu özet sonraki bağlam ipucu olarak kullanılacaktır",
    ),
    _asked(SUMMARY, "Summarize our discussion briefly in ", holds=" to use as a prompt for future"),
    _asked(
        SUMMARY, _NEXTCHAT_LANGUAGE, holds=" to summarise the conversation in at most 200 words"
    ),
)

_CHATBOX_ROWS: Final = (
    _asked(
        Slot.TITLE,
        "Based on the chat history, give this conversation a name.",
        "根据聊天记录，给这个对话起一个名字。",
        quote=Quote("```\n", ("\n\n---------\n\n", "\n```")),
    ),
    _asked(SUMMARY, "Provide a detailed summary for continuing this conversation.\nFocus on"),
    # The search is decided on; the real request follows.
    _system(
        {"action": "proceed"},
        "As a professional web researcher who can access latest data, your primary objective is",
    ),
)

_SILLYTAVERN_ROWS: Final = tuple(
    _asked(reply, start, "[" + start)  # Older versions have them in brackets.
    for reply, start in (
        (SUMMARY, "Ignore previous instructions. Summarize the most important facts and events in"),
        (
            SUMMARY,
            "Ignore previous instructions. Summarize the most important parts of the message",
        ),
        (
            SUMMARY,
            "In the next response I want you to provide only a detailed comma-delimited list",
        ),
        (SUMMARY, "Pause your roleplay and provide a detailed description "),
        (Slot.ECHO, "Ignore previous instructions and provide ONLY the last chat message string"),
    )
)

_USER_LINE: Final = Quote("\nUser: ", ("\nAI: ", "\nAssistant: ", "\nUser: "))

_OTHER_ROWS: Final = (
    # LibreChat.
    _asked(
        Slot.TITLE,
        "Provide a concise, 5-word-or-less title for the conversation",
        "Please generate a concise title (max 40 characters) for a conversation that starts with",
        quote=_USER_LINE,
    ),
    _asked(
        {"language": "English", "title": Slot.TITLE},
        "Analyze this conversation and provide:\n1. The detected language of the conversation",
        quote=_USER_LINE,
    ),
    # big-AGI.
    _asked(
        Slot.TITLE, "Analyze the given short conversation (every line is truncated) and extract a"
    ),
    # Jan.
    _asked(
        Slot.TITLE,
        "Summarize in a 10-word Title. Give the title only.",
        quote=Quote("Here is the message: "),
    ),
    # Goose.
    _system(
        Slot.TITLE, "Generate a short title (four words or less) that describes the topic of the"
    ),
)

# The first that fits counts.
ROWS: Final = (
    *_OPEN_WEBUI_ROWS,
    *_CHERRY_STUDIO_ROWS,
    *_LOBEHUB_ROWS,
    *_NEXTCHAT_ROWS,
    *_CHATBOX_ROWS,
    *_SILLYTAVERN_ROWS,
    *_OTHER_ROWS,
)
