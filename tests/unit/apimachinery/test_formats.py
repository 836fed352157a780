from __future__ import annotations

import pytest

from wherry.apimachinery.formats import FORMATS, has_format, normal_format

RIGHT = {
    "bsonobjectid": ["507f1f77bcf86cd799439011"],
    "byte": ["", "MQ==", "aGVs\nbG8="],
    "cidr": ["10.0.0.0/8", "fd00::/64", "10.1.2.3/24"],
    "creditcard": ["4111 1111 1111 1111"],
    "date": ["2027-01-15", "2028-02-29"],
    "date-time": ["2027-01-15T08:00:00Z", "2027-01-15t08:00:00.123+01:00", "2027-01-15 08:00:00Z"],
    "duration": ["1h30m", "1.5s", "100ms", "3 days", "0", "2w", "-5m"],
    "email": ["ana@example.com", "a.b+c@x.org"],
    "hexcolor": ["#fff", "#a1b2c3", "fff"],
    "hostname": ["example.com", "a", "A-1.b."],
    "ipv4": ["10.0.0.1"],
    "ipv6": ["::1", "fd00::1"],
    "isbn": ["0321751043", "978-0321751041"],
    "isbn10": ["0-321-75104-3"],
    "isbn13": ["978 0321751041"],
    "k8s-long-name": ["a.b"],
    "k8s-short-name": ["a-b"],
    "mac": ["01:02:03:04:ab:cd", "01-02-03-04-05-06", "0102.0304.0506"],
    "password": ["anything"],
    "rgbcolor": ["rgb(0, 128,255)"],
    "ssn": ["111-11-1111"],
    "uri": ["https://example.com/a?b", "/a/b", "x:/y"],
    "uuid": ["A987FBC9-4BED-3078-CF07-9141BA07C9F3", "a987fbc94bed3078cf079141ba07c9f3"],
    "uuid3": ["bcd02ab7-6beb-3467-84c0-3bdbea962817"],
    "uuid4": ["025b0d74-00a2-4885-af46-084e7fbd0701"],
    "uuid5": ["ad1b9c2d-4f54-5e4b-9b0c-0e2ab8c4f3d1"],
}
WRONG = {
    "bsonobjectid": ["507f"],
    "byte": ["a", "!!!!"],
    "cidr": ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/255.0.0.0", "x/8"],
    "creditcard": ["1"],
    "date": ["2027-02-29", "2027-1-1", "2027-01-15T00:00:00Z"],
    "date-time": ["2027-01-15", "2027-01-15T25:00:00Z", "2027-01-15T08:00:00", "2027-02-30T08:00:00Z", "x"],
    "duration": ["1x", "", "h", "1h-30m"],
    "email": ["ana", "@x", "a b@x.org"],
    "hexcolor": ["#ff", "red"],
    "hostname": ["", "-a", "a..b", "a" * 64, "a_!"],
    "ipv4": ["10.0.0", "256.0.0.1", "::1"],
    "ipv6": ["10.0.0.1", "fe80::1%eth0", "::g"],
    "isbn": ["1"],
    "isbn10": ["0321751044"],
    "isbn13": ["9780321751042"],
    "k8s-long-name": ["A", "a..b"],
    "k8s-short-name": ["a.b"],
    "mac": ["01:02:03:04:05", "01:02-03:04:05:06"],
    "rgbcolor": ["rgb(256,0,0)", "rgb(1,2)"],
    "ssn": ["1-1-1"],
    "uri": ["", "example.com", "a b", "http://x:y/"],
    "uuid": ["a987fbc9", "g987fbc9-4bed-3078-cf07-9141ba07c9f3"],
    "uuid3": ["bcd02ab7-6beb-4467-84c0-3bdbea962817"],
    "uuid4": ["025b0d74-00a2-4885-7f46-084e7fbd0701"],
    "uuid5": ["ad1b9c2d-4f54-4e4b-9b0c-0e2ab8c4f3d1"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in RIGHT.items() for text in texts])
def test_a_text_has_its_format(name: str, text: str) -> None:
    assert has_format(name, text)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in WRONG.items() for text in texts])
def test_a_text_lacks_the_format(name: str, text: str) -> None:
    assert not has_format(name, text)


def test_every_format_is_tried_and_an_unknown_one_asks_for_nothing() -> None:
    assert {normal_format(name) for name in RIGHT} == set(FORMATS)
    assert {normal_format(name) for name in WRONG} == set(FORMATS) - {"password"}
    assert has_format("of-my-own", "anything")
