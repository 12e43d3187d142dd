"""What may be on the stdin of a status line although it should not."""

from __future__ import annotations

import json

from samples import sample

GOOD = json.dumps(sample("after-response")).encode()
INPUTS = {
    "empty": b"",
    "half": GOOD[: len(GOOD) // 2],
    "array": b"[1,2,3]",
    "null": b"null",
    "string": b'"x"',
    "ten megabytes": b'{"cwd":"' + b"x" * 10_000_000 + b'"}',
    "invalid utf-8": b'{"model":{"display_name":"\xff\xfe"},"cwd":"/tmp/\x80"}',
    "nan": b'{"cost":{"total_cost_usd":NaN},"context_window":{"used_percentage":Infinity},"model":{"display_name":"M"}}',
    "huge": b'{"cost":{"total_cost_usd":1e999},"model":{"display_name":"M"}}',
    "strings": b'{"cost":{"total_cost_usd":"1.5"},"model":{"display_name":"M"},"context_window":{"used_percentage":"42"}}',
    "wrong types": b'{"model":[],"cost":7,"workspace":"x","context_window":null,"rate_limits":[],"prompt_cache":1,"cwd":{}}',
    "deep": b"[" * 100_000,
    "limits": b'{"rate_limits":{"five_hour":null,"seven_day":{"used_percentage":null},"x":{"used_percentage":1}}}',
    "nul": b'{"cwd":"/a\\u0000b","session_id":"../../x\\u0000"}',
}
