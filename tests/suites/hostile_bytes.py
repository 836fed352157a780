"""What an attacker writes to a socket, and the statuses that it must be answered with."""

from __future__ import annotations

GET = b"GET /livez HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\n"
HIDDEN = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CREDENTIALS = b"Authorization: Bearer secret-token\r\n"
MIB = 1 << 20

# What is asked for, and the statuses of all answers: a request hidden in another one would add a 200.
HOSTILE: dict[str, tuple[bytes, list[int]]] = {
    "length and chunks": (POST + b"Content-Length: 6\r\n" + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN, [400]),
    "chunks and length": (POST + CHUNKED + b"Content-Length: 4\r\n\r\n5c\r\n" + HIDDEN, [400]),
    "two lengths": (POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef" + HIDDEN, [400]),
    "list of lengths": (POST + b"Content-Length: 5, 6\r\n\r\nabcdef" + HIDDEN, [400]),
    "signed length": (POST + b"Content-Length: +5\r\n\r\nabcde" + HIDDEN, [400]),
    "hexadecimal length": (POST + b"Content-Length: 0x5\r\n\r\nabcde" + HIDDEN, [400]),
    "length with underscore": (POST + b"Content-Length: 1_0\r\n\r\nabcde", [400]),
    "endless length": (POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", [400]),
    "no length": (POST + b"Content-Length: \r\n\r\nabcde", [400]),
    "too large length": (POST + b"Content-Length: 3145729\r\n\r\n", [413]),
    "unknown coding": (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN, [501]),
    "space before the colon": (POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + HIDDEN, [400]),
    "two codings": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + HIDDEN, [501]),
    "coding behind chunks": (POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n" + HIDDEN, [400]),
    "coding named twice": (POST + CHUNKED + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" + HIDDEN, [400]),
    "chunks in 1.0": (b"POST /api HTTP/1.0\r\n" + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN, [501]),
    "negative chunk": (POST + CHUNKED + b"\r\n-1\r\nx\r\n0\r\n\r\n" + HIDDEN, [400]),
    "chunk of 2^64": (POST + CHUNKED + b"\r\nfffffffffffffffff\r\n", [400]),
    "chunks without end": (POST + CHUNKED + b"\r\n" + (b"100000\r\n" + b"x" * MIB + b"\r\n") * 4, [413]),
    "extension without end": (POST + CHUNKED + b"\r\n1;" + b"a" * 4 * MIB, [413]),
    "trailer without end": (POST + CHUNKED + b"\r\n0\r\nA: " + b"b" * 4 * MIB, [413]),
    "10,000 trailers": (POST + CHUNKED + b"\r\n0\r\n" + b"A: b\r\n" * 10_000 + b"\r\n", [431]),
    "credentials in a trailer": (POST + CHUNKED + b"\r\n0\r\nAuthorization: Bearer secret-token\r\n\r\n", [401]),
    "lines without CR": (b"GET /livez HTTP/1.1\nHost: x\n\n", [400]),
    "CR within a header": (b"GET /livez HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", [400]),
    "NUL in a name": (GET + b"A\x00: b\r\n\r\n", [400]),
    "NUL in a value": (GET + b"A: b\x00c\r\n\r\n", [400]),
    "header without colon": (GET + b"Abcd\r\n\r\n", [400]),
    "header without name": (GET + b": b\r\n\r\n", [400]),
    "folded header": (GET + b"A: b\r\n c\r\n\r\n", [400]),
    "two hosts": (GET + b"Host: y\r\n\r\n", [400]),
    "no host": (b"GET /livez HTTP/1.1\r\n\r\n", [400]),
    "HTTP/0.9": (b"GET /livez\r\n\r\n", [400]),
    "HTTP/1.2": (b"GET /livez HTTP/1.2\r\nHost: x\r\n\r\n", [400]),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]),
    "TLS within": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(600), [400]),
    "absolute target": (b"GET http://evil.example/livez HTTP/1.1\r\nHost: x\r\n\r\n", [200]),
    "malformed target": (b"GET http://[::1/livez HTTP/1.1\r\nHost: x\r\n\r\n", [400]),
    "target of another scheme": (b"GET ftp://evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n", [400]),
    "target without slash": (b"GET livez HTTP/1.1\r\nHost: x\r\n\r\n", [400]),
    "tunnel": (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n" + HIDDEN, [400]),
    "NUL in the path": (b"GET /a\x00b HTTP/1.1\r\nHost: x\r\n\r\n", [400]),
    "space in the path": (b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", [400]),
    "bytes above 127 in the path": ("GET /ä HTTP/1.1\r\nHost: x\r\n\r\n".encode(), [400]),
    "unknown method": (b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", [400]),
    "small letters": (b"get / HTTP/1.1\r\nHost: x\r\n\r\n", [400]),
    "method without end": (b"A" * 2 * MIB, [400]),
    "target of 2 MiB": (b"GET /" + b"a" * 2 * MIB + b" HTTP/1.1\r\nHost: x\r\n\r\n", [431]),
    "header of 2 MiB": (GET + b"A: " + b"b" * 2 * MIB + b"\r\n\r\n", [431]),
    "name of 2 MiB": (GET + b"a" * 2 * MIB + b": b\r\n\r\n", [431]),
    "10,000 headers": (GET + b"A: b\r\n" * 10_000 + b"\r\n", [431]),
    "continue": (POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}", [100, 401]),
    "continue with too much": (POST + b"Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n", [413]),
    "1,000 requests at once": (HIDDEN * 1000, [200] * 1000),
    "nonsense behind requests": (HIDDEN * 10 + b"BAD\r\n\r\n", [200] * 10 + [400]),
    "a body, then a request": (POST + b"Content-Length: 3\r\n\r\nabc" + HIDDEN, [401, 200]),
    "upgrade to HTTP/2": (GET + b"Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n" + HIDDEN, [200]),
    "credentials twice": (b"GET /api HTTP/1.1\r\nHost: x\r\n" + CREDENTIALS * 2 + b"\r\n", [401]),
    "encoded slash": (b"GET /api/v1/namespaces/default%2f..%2fkube-system/secrets HTTP/1.1\r\nHost: x\r\n\r\n", [401]),
    "up and away": (b"GET /livez/../api/v1/secrets HTTP/1.1\r\nHost: x\r\n\r\n", [401]),
    "overlong dots": (b"GET /livez/%c0%ae%c0%ae/api HTTP/1.1\r\nHost: x\r\n\r\n", [401]),
    "dots encoded twice": (b"GET /livez/%252e%252e/api HTTP/1.1\r\nHost: x\r\n\r\n", [401]),
}  # fmt: skip

# Each is followed by a byte now and then.
SLOW = [
    b"GET /livez HTTP/1.1\r\nHost: x\r\nA: ", b"GET /", b"\r\n", POST + b"Content-Length: 100000\r\n\r\n",
    POST + CHUNKED + b"\r\n100000\r\n", POST + CHUNKED + b"\r\n0\r\nA: ", POST + CHUNKED + b"\r\n1;a=",
]  # fmt: skip
INSERTED = [b"\r\n", b"\r", b"\n", b" ", b":", b"\x00", b"0", b"chunked", b"Content-Length: 1\r\n", CHUNKED]
