"""Everything that can go wrong, split by who has to act, each with its HTTP status.

In: the few words that tell one error from another. Out: an `EaselError` that carries all that a
dialect needs to spell it, and nothing that a client must not see: no token, and of a service's body
only its own reason, as plain words (`easel.services.reason`).

    EaselError
    ├── CallerError            what was asked cannot be done; no service was called
    │   ├── InvalidRequest         400  a field, or the JSON itself
    │   ├── TokenUnusable          401  missing, expired, or unfit for the wire
    │   ├── OriginRefused          403  a web page that may not ask
    │   ├── NobodyMayDelete        403  the deployment has no keys to show
    │   ├── PathNotFound           404
    │   ├── ModelNotFound          404
    │   ├── TaskNotFound           404
    │   ├── PictureNotFound        404
    │   ├── MethodNotAllowed       405  with what is allowed
    │   ├── NotAcceptable          406  the client takes no form of the answer
    │   ├── RequestTooSlow         408  the rest of it did not come
    │   ├── BodyTooLarge           413
    │   ├── UnsupportedMediaType   415  the body is of another type
    │   ├── Overloaded             429  ours: worth asking again, and nothing was paid
    │   └── RateLimited            429  a key of the deployment's, where those have a limit
    ├── UpstreamError          an image service was called, and no picture came of it
    │   ├── RequestRefused         400  it will not paint this
    │   ├── TokenRejected          401
    │   ├── AccessDenied           403
    │   ├── UpstreamNotFound       404  it has no such model or task
    │   ├── UpstreamConflict       409  it is already working on this request
    │   ├── UpstreamTooLarge       413  prompt or picture
    │   ├── QuotaExhausted         429  paid or daily, so asking again is of no use
    │   ├── UpstreamBusy           429  the only one worth asking again
    │   ├── UpstreamBroken         502  its answer cannot be used, or it did not answer
    │   │   ├── OutOfCalls         502  the platform lets this request ask no more
    │   │   ├── SignInFailed       502  there is no session to paint with; nothing was paid
    │   │   └── PictureUnreachable 502  the picture is painted, and its host does not return it
    │   ├── SurplusPictures        502  it painted more than was asked for
    │   ├── PictureLinked          502  a picture is in the answer as a link alone
    │   └── UpstreamTooSlow        504
    └── InternalError          500  ours
        └── Misconfigured          500  the operator's: a variable that cannot be used
"""

from __future__ import annotations

from collections.abc import Sequence


class EaselError(Exception):
    """An error as a client may see it.

    `status` is an HTTP status. `kind` and `code` are words of OpenAI's error object (`type`,
    `code`), `param` the field that is wrong, as a path (`messages[1].content`).
    """

    status: int = 500
    kind: str = "server_error"
    code: str = "internal_error"
    # When to ask again, in seconds, where that is known.
    retry_after: int | None = None

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        if code is not None:
            self.code = code

    @property
    def should_retry(self) -> bool | None:
        """Whether a client should ask again by itself; None leaves it to the client."""
        return None


class CallerError(EaselError):
    """What was asked cannot be done. Nothing was sent to a service."""

    status = 400
    kind = "invalid_request_error"
    code = "invalid_request"


class InvalidRequest(CallerError):
    """A field is missing or illegal, or the body is not JSON."""


class TokenUnusable(CallerError):
    """The caller's token is missing, expired, or cannot be sent on."""

    status = 401
    kind = "authentication_error"
    code = "invalid_api_key"


class OriginRefused(CallerError):
    """A web page asks whose origin the deployment does not allow."""

    status = 403
    kind = "permission_error"
    code = "origin_not_allowed"


class NobodyMayDelete(CallerError):
    """A deployment without keys knows nobody who may delete its pictures."""

    status = 403
    kind = "permission_error"
    code = "deletion_not_allowed"


class PathNotFound(CallerError):
    """Easel serves nothing at this path."""

    status = 404
    code = "path_not_found"


class ModelNotFound(CallerError):
    """No service has this model."""

    status = 404
    code = "model_not_found"


class TaskNotFound(CallerError):
    """Easel gave out no such task id."""

    status = 404
    code = "task_not_found"


class PictureNotFound(CallerError):
    """No picture is behind this link, or none any more."""

    status = 404
    code = "picture_not_found"


class MethodNotAllowed(CallerError):
    """The path is served, but not with this method; `allow` lists the ones that are."""

    status = 405
    code = "method_not_allowed"

    def __init__(self, message: str, *, allow: Sequence[str]) -> None:
        super().__init__(message)
        self.allow = tuple(allow)


class NotAcceptable(CallerError):
    """The client does not take what this answers with."""

    status = 406
    code = "not_acceptable"


class BodyTooLarge(CallerError):
    """The request is larger than the deployment takes."""

    status = 413
    code = "request_too_large"


class UnsupportedMediaType(CallerError):
    """The body has a type that is not read here."""

    status = 415
    code = "unsupported_media_type"


class RequestTooSlow(CallerError):
    """The client began a request and stopped sending it."""

    status = 408
    code = "request_timeout"


class Overloaded(CallerError):
    """The isolate has no memory for this request now; other requests will release theirs."""

    status = 429
    kind = "rate_limit_error"
    code = "overloaded"
    # A large upload takes some seconds.
    retry_after = 5


class RateLimited(CallerError):
    """A key of this deployment has made too many requests. `retry_after` is in seconds."""

    status = 429
    kind = "rate_limit_error"
    code = "rate_limit_exceeded"
    # The platform does not tell when the period ends; it is 10 or 60 seconds long.
    retry_after = 60


class UpstreamError(EaselError):
    """An image service was called. A retry would be paid for again.

    `task_id` is the service's own id of a task that goes on in spite of the error, `task_issuer`
    the fingerprint of the deployment's token that issued it.
    """

    status = 502
    kind = "upstream_error"
    code = "upstream_broken"
    task_id: str | None = None
    task_issuer: str = ""

    @property
    def should_retry(self) -> bool | None:
        return False


class RequestRefused(UpstreamError):
    """The service will not paint this, however often it is asked."""

    status = 400
    kind = "invalid_request_error"
    code = "upstream_refused"


class TokenRejected(UpstreamError):
    """The service does not know the token, or does not accept it any more."""

    status = 401
    kind = "authentication_error"
    code = "invalid_api_key"


class AccessDenied(UpstreamError):
    """The service knows the token and denies it this."""

    status = 403
    kind = "permission_error"
    code = "access_denied"


class UpstreamNotFound(UpstreamError):
    """The service has no such model, method or task."""

    status = 404
    kind = "invalid_request_error"
    code = "model_not_found"


class UpstreamConflict(UpstreamError):
    """The service is already working on this request."""

    status = 409
    kind = "invalid_request_error"
    code = "conflict"


class UpstreamTooLarge(UpstreamError):
    """The prompt or a picture is larger than the service takes."""

    status = 413
    kind = "invalid_request_error"
    code = "request_too_large"


class QuotaExhausted(UpstreamError):
    """The account has no money or no pictures left."""

    status = 429
    kind = "insufficient_quota"
    code = "insufficient_quota"


class UpstreamBusy(UpstreamError):
    """The service accepts no more for now. `retry_after` is in seconds, where it gave one."""

    status = 429
    kind = "rate_limit_error"
    code = "rate_limit_exceeded"

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    @property
    def should_retry(self) -> bool | None:
        return None


class UpstreamBroken(UpstreamError):
    """The service, or the host of its picture, answered what cannot be used, or not at all."""


class OutOfCalls(UpstreamBroken):
    """The service was not asked: the request has made as many calls as the platform allows."""


class SignInFailed(UpstreamBroken):
    """A session could not be renewed, though the account's token was not rejected."""

    code = "sign_in_failed"


class PictureUnreachable(UpstreamBroken):
    """A picture was painted, and its host does not return it."""


class SurplusPictures(UpstreamError):
    """The service sent more pictures than it was asked for. Nothing is missing: this is only
    reported beside the pictures, and never the answer itself.
    """

    code = "surplus_pictures"


class PictureLinked(UpstreamError):
    """A picture was painted, and is too large for the answer, which has its link. This is only
    reported beside the pictures, and never the answer itself.
    """

    code = "picture_linked"


class UpstreamTooSlow(UpstreamError):
    """The service did not answer within the limit."""

    status = 504
    code = "upstream_too_slow"


class InternalError(EaselError):
    """Easel itself failed; the log has the details."""

    def __init__(self, message: str = "Easel failed. Its log has the details.") -> None:
        super().__init__(message)

    @property
    def should_retry(self) -> bool | None:
        # It may have come after an upstream was asked, and what is wrong stays wrong.
        return False


class Misconfigured(InternalError):
    """A variable of the deployment cannot be used; the message names it, never its value."""

    code = "misconfigured"
