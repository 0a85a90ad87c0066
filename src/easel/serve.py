"""The life of a request, from its head to the end of its answer.

In: the head of a request, the deployment, the time, and a random word. Out: one generator of
effects (`easel.effects`), which returns the reply. Whatever fails becomes an error that the client
can show.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import Final
from urllib.parse import SplitResult, urlsplit

from easel import headers, routing
from easel.answering import answer
from easel.context import Context, Telling
from easel.deployment import STORE_BINDING, Deployment, Store, describe
from easel.dialects.dialect import (
    JSON_TYPE,
    AnswerOperation,
    Arrival,
    Auth,
    DirectReply,
    DocumentOperation,
    MessageOperation,
    Operation,
    PaintOperation,
    PictureOperation,
    Question,
    TaskOperation,
)
from easel.dialects.encoder import Stamp
from easel.errors import (
    EaselError,
    InternalError,
    InvalidRequest,
    Misconfigured,
    TokenUnusable,
)
from easel.jobs import Jobs
from easel.life import Asset, Head, Life, Reply
from easel.linking import link_base, link_bases
from easel.passing import delete, pass_on
from easel.receiving import Plan, check_rate, receive, receive_message, receive_task
from easel.request_log import RequestLog
from easel.services.table import TOKEN_HEADERS
from easel.settings import Settings, misconfigured
from easel.token import Token, authenticate, find_tokens, query_key

# What would end the host in an address, or hide another one in it.
_NO_HOST: Final = re.compile(r"[/?#\\@\s]")


def serve(head: Head, deployment: Deployment | Misconfigured, now: float, nonce: str) -> Life:
    """Serves one request at `now`, in Unix seconds. It raises nothing.

    A misconfigured deployment is reported when its settings are first needed.
    """
    logs = isinstance(deployment, Misconfigured) or deployment.settings.log_requests
    log, jobs = RequestLog(nonce, logs), Jobs(now)
    end = yield from _told(head, deployment, jobs, log)
    gives_back = jobs.gives_back
    return replace(end, gives_back=gives_back) if gives_back else end


def _told(head: Head, deployment: Deployment | Misconfigured, jobs: Jobs, log: RequestLog) -> Life:
    """The same; whatever is raised before the headers leave becomes a whole answer."""
    url, telling = _split(head), Telling()
    try:
        return (yield from _live(head, url, deployment, jobs, log, telling))
    except EaselError as error:
        return _error(error, head, url, log, telling)
    except Exception as error:  # noqa: BLE001 - a client must get an answer all the same
        return replace(_error(InternalError(), head, url, log, telling), exception=error)


def _split(head: Head) -> SplitResult | None:
    """The URL of a request; None where its Host header is invalid."""
    with suppress(ValueError):
        if not _NO_HOST.search(head.headers.get("host", "")):
            return urlsplit(head.url)
    return None


def _error(
    error: EaselError, head: Head, url: SplitResult | None, log: RequestLog, telling: Telling
) -> Reply:
    """An error as a reply, in the caller's dialect."""
    if telling.tell is not None:
        told = telling.tell(error)
        fields = headers.error_headers(error, log.request_id, JSON_TYPE)
        return Reply(told.status, fields, told.body, log.line(told.status, error.code))
    given = [name for name in TOKEN_HEADERS if head.headers.get(name)]
    dialect = routing.TABLE.dialect_at(url.path if url else "", given)
    fields = headers.error_headers(error, log.request_id, dialect.content_type)
    status = dialect.status(error)
    return Reply(status, fields, dialect.error(error), log.line(status, error.code))


def _whole(body: bytes | Asset, log: RequestLog) -> Reply:
    fields = headers.answer_headers(log.request_id, JSON_TYPE)
    return Reply(200, fields, body, log.line(200))


def _direct(told: DirectReply, log: RequestLog) -> Reply:
    fields = headers.answer_headers(log.request_id, JSON_TYPE)
    if not told.body:
        del fields["content-type"]
    return Reply(told.status, fields, told.body, log.line(told.status, told.code))


def _live(  # noqa: PLR0913, PLR0917 - the parts of one request
    head: Head,
    url: SplitResult | None,
    deployment: Deployment | Misconfigured,
    jobs: Jobs,
    log: RequestLog,
    telling: Telling,
) -> Life:
    """Raises an EaselError from before the headers of an answer, or an exception of ours."""
    if url is None:
        raise InvalidRequest("The Host header is not a valid host name.")
    if head.method == "OPTIONS":
        requested = head.headers.get("access-control-request-headers")
        fields = headers.preflight_headers(log.request_id, routing.TABLE.methods, requested)
        return Reply(204, fields, b"", log.line(204))
    route = routing.TABLE.route(head.method, url.path)
    operation = route.operation
    log.operation = operation.name
    if isinstance(operation, DocumentOperation):
        return _whole(Asset.OPENAPI, log)
    if isinstance(deployment, Misconfigured):
        raise deployment
    read = _admitted(head, url, operation, deployment.settings)
    tokens = _authenticate(head, url.query, operation, deployment.settings.easel_keys, log)
    stamp = Stamp(log.nonce, int(jobs.now))
    base = _link_base(url, deployment)
    bases = link_bases(url, deployment.settings)
    context = Context(
        route.name, url.query, deployment, tokens, stamp, log, jobs, base, telling, read, bases
    )
    if isinstance(operation, AnswerOperation):
        return _whole(operation.answer(_question(context)), log)
    if isinstance(operation, TaskOperation):
        return (yield from answer(receive_task(context, operation), context))
    if isinstance(operation, PictureOperation):
        if operation.method == "DELETE":
            return (yield from delete(context))
        return (yield from pass_on(context, head.method, head.headers))
    return (yield from _painting(context, operation))


def _painting(context: Context, operation: Operation) -> Life:
    """What is painted, or a reply where nothing is. Raises what `_live` does."""
    log = context.log
    if isinstance(operation, MessageOperation):
        message = yield from receive_message(context, operation)
        if isinstance(message, DirectReply):
            return _direct(message, log)
        return (yield from answer(message, context))
    assert isinstance(operation, PaintOperation)
    yield from check_rate(context)
    plan = yield from receive(context, operation)
    if isinstance(plan, Plan):
        return (yield from answer(plan, context))
    text_reply, encoder = plan
    fields = headers.stream_headers(log.request_id, encoder.content_type)
    return Reply(200, fields, text_reply.body, log.line(200))


def _link_base(url: SplitResult, deployment: Deployment) -> str | None:
    """What the links of a request begin with. Raises Misconfigured."""
    base = link_base(url, deployment.settings)
    if base is not None and deployment.store is Store.NOT_A_STORE:
        raise misconfigured(
            [f"{STORE_BINDING}: must be a KV namespace or an R2 bucket, not a variable"]
        )
    return base


def _admitted(
    head: Head, url: SplitResult, operation: Operation, settings: Settings
) -> dict[str, str]:
    """The headers that an operation reads; none of them holds a token.

    Raises CallerError where it does not take the request.
    """
    if not isinstance(operation, MessageOperation):
        return {}
    read = {name: head.headers[name] for name in operation.reads if name in head.headers}
    operation.admit(Arrival(f"{url.scheme}://{url.netloc}", read, settings))
    return read


def _authenticate(
    head: Head, query: str, operation: Operation, keys: tuple[str, ...], log: RequestLog
) -> tuple[Token, ...]:
    """The caller's tokens. Raises TokenUnusable."""
    key = query_key(query) if operation.dialect.query_key else None
    given = {name: head.headers[name] for name in TOKEN_HEADERS if name in head.headers}
    tokens = find_tokens(given, key)
    # Clients ask for the model list first, so whoever may not paint is already told there.
    if operation.auth is Auth.TOKEN or (operation.auth is Auth.KEY and keys):
        log.key = authenticate(tokens, keys)
    return tokens


def _question(context: Context) -> Question:
    """What an operation that is answered at once may depend on."""
    deployment, settings = context.deployment, context.settings
    asked = routing.question(context.name, context.query, settings, context.named)
    for_all = {"sandbox": True} if settings.on_sandbox else {}
    with suppress(TokenUnusable):
        if settings.easel_keys and authenticate(context.tokens, settings.easel_keys):
            return replace(asked, about=lambda: {**for_all, **describe(deployment)})
    return replace(asked, about=lambda: for_all)
