"""Every code of BigModel's page on errors, read 2026-11, and what it becomes."""

from __future__ import annotations

from easel import errors

# (error, status, whether to ask again)
MEANT = {
    **dict.fromkeys(("500", "1230", "1234"), (errors.UpstreamBroken, 502, False)),
    **dict.fromkeys(("1000", "1001", "1002", "1003", "1004"), (errors.TokenRejected, 401, False)),
    **dict.fromkeys(
        ("1100", "1110", "1111", "1112", "1120", "1121", "1220", "1221", "1311"),
        (errors.AccessDenied, 403, False),
    ),
    **dict.fromkeys(
        ("1113", "1304", "1308", "1309", "1310", "1313"), (errors.QuotaExhausted, 429, False)
    ),
    **dict.fromkeys(("1200", "1210", "1213", "1214", "1215"), (errors.RequestRefused, 400, False)),
    **dict.fromkeys(("1211", "1212", "1222"), (errors.UpstreamNotFound, 404, False)),
    "1231": (errors.UpstreamConflict, 409, False),
    "1261": (errors.UpstreamTooLarge, 413, False),
    **dict.fromkeys(("1300", "1301"), (errors.RequestRefused, 400, False)),
    **dict.fromkeys(("1302", "1303", "1305", "1312"), (errors.UpstreamBusy, 429, None)),
}

UNSAFE = ("1300", "1301")
