"""Whose tokens a request is painted with: the caller's own, or those of a personal proxy in turn.

In: a `Context`, the service, and what is asked of it. Out: a flow whose task has its public id; a
TokenUnusable where no token is any good.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from easel import routing
from easel.context import Context
from easel.images.request import ImageRequest
from easel.services.service import Access, Service
from easel.services.sessions import Account, with_session
from easel.services.token_pool import in_turn, with_issuer
from easel.services.unfinished_tasks import naming_its_task
from easel.services.wire import Flow, SessionFlow
from easel.token import Token, choose_token


def access_with(context: Context, service: Service, token: Token) -> Access:
    """The access to a service with this token, at the time it now is."""
    return service.access(token, context.settings, context.jobs.now, context.stamp.id)


def generating(context: Context, service: Service, request: ImageRequest) -> Flow:
    """Paints with the caller's token, or in turn with those of a personal proxy.

    Raises TokenUnusable.
    """
    if not context.settings.easel_keys:
        token = choose_token(context.tokens, service.own_header)
        flow = service.generate(request, access_with(context, service, token))
    else:
        pool = context.deployment.pools[service.name]
        flow = in_turn(pool, _asking(context, service, partial(service.generate, request)))
    return _handing_out(naming_its_task(flow, routing.task_prefix(service)), service)


def polling(context: Context, service: Service, task_id: str, issuer: str) -> Flow:
    """Polls a task, for which a personal proxy uses the token that began it.

    Raises TokenUnusable and TaskNotFound.
    """
    if not context.settings.easel_keys:
        token = choose_token(context.tokens, service.own_header)
        flow = service.poll(task_id, access_with(context, service, token))
    else:
        # Only its issuer may ask for it.
        flow = with_issuer(
            context.deployment.pools[service.name].issuer(issuer),
            _asking(context, service, partial(service.poll, task_id)),
        )
    return _handing_out(flow, service)


def _asking(
    context: Context, service: Service, ask: Callable[[Access], Flow]
) -> Callable[[Token], Flow]:
    """Asks with a token of the deployment's: with itself, or with a session of its account."""

    def with_itself(token: Token) -> Flow:
        return ask(access_with(context, service, token))

    def asking(token: Token) -> Flow:
        sign_in = service.signs_in_with(token, context.settings)
        if sign_in is None:
            return with_itself(token)

        def session() -> SessionFlow:
            now, nonce = context.jobs.now, context.stamp.id
            site = service.site_access(sign_in, token, context.settings, now, nonce)
            return sign_in.session(access_with(context, service, token), site)

        account = Account(
            token.text,
            service.display_name,
            sign_in.site,
            session,
            context.deployment.sessions,
            lambda: context.jobs.now,
            context.stores_as(access_with(context, service, token)),
        )
        return with_session(account, with_itself)

    return asking


def _handing_out(flow: Flow, service: Service) -> Flow:
    """The same flow, whose task has its public id."""
    return routing.with_public_id((yield from flow), service)
