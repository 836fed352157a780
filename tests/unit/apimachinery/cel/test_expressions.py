# ruff: noqa: E501 - one case, one line
"""What expressions give: the language, its extensions, and what Kubernetes adds."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from wherry.apimachinery.cel.program import CompileError, Environment
from wherry.apimachinery.cel.types import BOOL, DOUBLE, DYN, INT, STRING, TIMESTAMP, Type, list_of, map_of
from wherry.apimachinery.cel.values import CelError, CostExceeded, Optional

SPEC = Type(
    "object.spec",
    fields={
        "replicas": INT,
        "max": INT,
        "ratio": DOUBLE,
        "names": list_of(STRING, 10),
        "labels": map_of(STRING, STRING, 10),
        "since": Type(TIMESTAMP.name, is_converted=True),
        "a__dash__b": STRING,
        "tags": Type("list", (STRING,), list_type="set", max_size=10),
        "ports": Type("list", (map_of(STRING, DYN),), list_type="map", list_keys=("name",), max_size=10),
    },
    spelled={"a__dash__b": "a-b"},
)
SELF = Type("object", fields={"spec": SPEC})
VALUES: dict[str, object] = {
    "self": {
        "spec": {
            "replicas": 3,
            "max": 5,
            "ratio": 1,
            "names": ["a", "b"],
            "labels": {"app": "web"},
            "since": "2027-01-15T08:30:15.250Z",
            "a-b": "dashed",
            "tags": ["x", "y"],
            "ports": [{"name": "http", "port": 80}],
        }
    },
    "x": {"a": [1, 2.5, "three", None], "b": {"c": True}, "n": None},
}
ENVIRONMENT = Environment({"self": SELF, "x": DYN})


def value_of(text: str) -> object:
    return ENVIRONMENT.compile(text, DYN).evaluate(VALUES, 1_000_000)[0]


@pytest.mark.parametrize(
    "text",
    [
        "self.spec.replicas <= self.spec.max",
        "self.spec.ratio == 1.0 && type(self.spec.ratio) == double",
        "self.spec.a__dash__b == 'dashed' && has(self.spec.a__dash__b)",
        "has(self.spec.replicas) && !has(x.z)",
        "x.a[0] == 1 && x.a[1] == 2.5 && x.a[2] == 'three' && x.a[3] == null && x.n == null",
        "x['b']['c']",
        # Numbers compare across types; nothing else does.
        "dyn(1) == 1.0 && dyn(1u) == 1 && 1 < 1.5 && 2u > 1 && dyn(2) > 1.5 && dyn('a') != dyn(1)",
        "dyn(true) != dyn(1)",
        "1 + 2 * 3 == 7 && 7 / 2 == 3 && -7 / 2 == -3 && -7 % 2 == -1 && 7.0 / 2.0 == 3.5",
        "1.0 / 0.0 > 1e300",
        "'a' + 'b' == 'ab' && [1] + [2] == [1, 2] && b'a' + b'b' == b'ab'",
        "'a' < 'b' && true > false && b'a' < b'b'",
        "1 in [1, 2] && 'app' in self.spec.labels && !('z' in self.spec.labels)",
        "self.spec.replicas > 1 ? true : false",
        "!false && (true || x.z) && (x.z || true) && !(false && x.z) && !(x.z && false)",
        "self.spec.names.all(n, n.size() == 1) && self.spec.names.exists(n, n == 'b')",
        "self.spec.names.exists_one(n, n == 'b') && !self.spec.names.exists_one(n, n.size() == 1)",
        "self.spec.names.map(n, n + '!') == ['a!', 'b!'] && self.spec.names.filter(n, n != 'a') == ['b']",
        "self.spec.names.map(n, n == 'a', n + n) == ['aa']",
        "self.spec.labels.all(k, self.spec.labels[k] == 'web') && self.spec.labels.exists(k, k == 'app')",
        "[[1, 2], [3]].all(l, l.all(e, e > 0)) && [1, 2].map(e, [3].map(f, e + f)) == [[4], [5]]",
        # An error counts only if nothing decides without it.
        "[0, 1].exists(e, 1 / e == 1) && !([0, 1].all(e, 1 / e == 2))",
        "cel.bind(r, self.spec.replicas, r * r == 9)",
        "size('äöü') == 3 && size([1]) == 1 && {'a': 1}.size() == 1 && b'ab'.size() == 2",
        "int('42') == 42 && int(3.9) == 3 && int(-3.9) == -3 && uint(3) == 3u && double('1.5') == 1.5 && string(1.0) == '1'",
        "string(true) == 'true' && bool('true') && string(b'a') == 'a' && bytes('ä').size() == 2 && string(7u) == '7'",
        "type(1) == int && type('a') == string && type([]) == list && type({}) == map && type(null) == null_type && type(type(1)) == type",
        "type(timestamp('2027-01-01T00:00:00Z')) == google.protobuf.Timestamp",
        "'abc'.contains('b') && 'abc'.startsWith('a') && 'abc'.endsWith('c') && 'abc'.matches('^a.c$') && matches('b', 'b')",
        # Optionals.
        "x.?z.orValue(7) == 7 && x.?b.c.orValue(false) && !x.?z.hasValue() && x.a[?9].orValue('no') == 'no'",
        "optional.of(1).value() == 1 && !optional.none().hasValue() && !optional.ofNonZeroValue(0).hasValue()",
        "optional.of(1).optMap(y, y + 1).orValue(0) == 2 && optional.none().or(optional.of(3)).value() == 3",
        "optional.of(2).optFlatMap(y, optional.of(y * 2)).orValue(0) == 4",
        "[?optional.none(), ?optional.of(1)] == [1] && {?'a': optional.none(), 'b': 2} == {'b': 2}",
        "x[?'b'].hasValue() && x.?b.?c.orValue(false)",
        # Times.
        "self.spec.since > timestamp('2027-01-01T00:00:00Z') && self.spec.since.getFullYear() == 2027",
        "self.spec.since.getMonth() == 0 && self.spec.since.getDate() == 15 && self.spec.since.getDayOfMonth() == 14",
        "self.spec.since.getDayOfWeek() == 5 && self.spec.since.getDayOfYear() == 14 && self.spec.since.getHours() == 8",
        "self.spec.since.getHours('+02:00') == 10 && self.spec.since.getMinutes() == 30 && self.spec.since.getSeconds() == 15",
        "self.spec.since.getMilliseconds() == 250 && self.spec.since.getHours('-01:30') == 7 && self.spec.since.getHours('UTC') == 8",
        "duration('1h30m') == duration('90m') && duration('1h') > duration('59m') && string(duration('90s')) == '90s'",
        "timestamp('2027-01-01T00:00:00Z') + duration('24h') == timestamp('2027-01-02T00:00:00Z')",
        "timestamp('2027-01-02T00:00:00Z') - timestamp('2027-01-01T00:00:00Z') == duration('24h')",
        "duration('90m').getHours() == 1 && duration('-90m').getMinutes() == -90 && duration('1.5s').getMilliseconds() == 500",
        "string(timestamp('2027-01-15T10:00:00.5+02:00')) == '2027-01-15T08:00:00.500Z' || string(timestamp('2027-01-15T10:00:00.5+02:00')) == '2027-01-15T08:00:00.5Z'",
        "int(timestamp('1970-01-01T00:01:00Z')) == 60 && timestamp(60) == timestamp('1970-01-01T00:01:00Z')",
        # Text.
        "'tacocat'.charAt(3) == 'o' && 'hello'.indexOf('l') == 2 && 'hello'.lastIndexOf('l') == 3 && 'hello'.indexOf('l', 3) == 3",
        "'a,b,c'.split(',') == ['a', 'b', 'c'] && 'a,b,c'.split(',', 2) == ['a', 'b,c'] && ['a', 'b'].join('-') == 'a-b' && ['a', 'b'].join() == 'ab'",
        "'abc'.substring(1) == 'bc' && 'abc'.substring(1, 2) == 'b' && '  a '.trim() == 'a' && 'aBC'.lowerAscii() == 'abc' && 'ä b'.upperAscii() == 'ä B'",
        "'aaa'.replace('a', 'b') == 'bbb' && 'aaa'.replace('a', 'b', 2) == 'bba' && 'abc'.reverse() == 'cba' && strings.quote('a\"b') == '\"a\\\\\"b\"'",
        "'%s has %d of %.2f'.format(['x', 3, 1.5]) == 'x has 3 of 1.50' && '%x %b %o %%'.format([255, 5, 8]) == 'ff 101 10 %'",
        "'%s'.format([[1, 'a', null]]) == '[1, a, null]' && '%s'.format([{'b': 1.5}]) == '{b: 1.5}'",
        "base64.encode(b'hello') == 'aGVsbG8=' && base64.decode('aGVsbG8') == b'hello'",
        "'abc 123'.find('[0-9]+') == '123' && 'abc'.find('z') == '' && '1a2b3'.findAll('[0-9]') == ['1', '2', '3'] && '1a2b3'.findAll('[0-9]', 2) == ['1', '2']",
        # Lists, sets, numbers.
        "[1, 2, 3].sum() == 6 && [1.5, 1.5].sum() == 3.0 && [1, 3, 2].min() == 1 && ['a', 'c'].max() == 'c' && [1, 2].isSorted() && ![2, 1].isSorted()",
        "[1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2 && [1].indexOf(5) == -1 && [duration('1s'), duration('2s')].sum() == duration('3s')",
        "[1, 2, 3].slice(1, 3) == [2, 3] && [[1], [2]].flatten() == [1, 2] && [1, 1, 2].distinct() == [1, 2] && [2, 1].sort() == [1, 2] && [1, 2].reverse() == [2, 1] && lists.range(3) == [0, 1, 2]",
        "sets.contains([1, 2], [2]) && sets.equivalent([1, 2], [2, 1, 1]) && sets.intersects([1], [1, 2]) && !sets.intersects([1], [2])",
        "math.greatest(1, 2, 3) == 3 && math.least([2, 1]) == 1 && math.abs(-1) == 1 && math.ceil(1.2) == 2.0 && math.floor(-1.2) == -2.0 && math.round(2.5) == 3.0 && math.trunc(-1.9) == -1.0 && math.sign(-3) == -1",
        "math.sqrt(9.0) == 3.0 && math.isNaN(0.0 / 0.0) && math.bitAnd(6, 3) == 2 && math.bitOr(6, 3) == 7 && math.bitXor(6, 3) == 5",
        # Two variables.
        "[1, 2].all(i, v, v == i + 1) && {'a': 1}.all(k, v, k == 'a' && v == 1) && ['x'].exists(i, v, i == 0) && [1, 2].existsOne(i, v, v == 2)",
        "[1, 2].transformList(i, v, i + v) == [1, 3] && [1, 2].transformList(i, v, v > 1, v) == [2] && {'a': 1}.transformMap(k, v, v + 1) == {'a': 2}",
        "{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v) == {'b': 2} && {'a': 'x'}.transformMapEntry(k, v, {v: k}) == {'x': 'a'}",
        # Lists that are sets or maps.
        "self.spec.tags == ['y', 'x'] && self.spec.tags + ['x', 'z'] == ['x', 'y', 'z']",
        "(self.spec.ports + [{'name': 'http', 'port': dyn(81)}]).size() == 1",
        # Kubernetes.
        "quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('500m').compareTo(quantity('0.5')) == 0 && quantity('1.5').isInteger() == false",
        "quantity('1k').asInteger() == 1000 && quantity('50m').asApproximateFloat() == 0.05 && quantity('1').add(quantity('2')).sub(1).compareTo(quantity('2')) == 0",
        "quantity('-1').sign() == -1 && isQuantity('1Ki') && !isQuantity('1 Ki') && quantity('1').isLessThan(quantity('2'))",
        "isURL('https://example.com/a') && !isURL('a b') && url('https://[::1]:8080/p%20q?a=1&a=2&b').getHost() == '[::1]:8080'",
        "url('https://[::1]:8080/p').getHostname() == '::1' && url('https://h:8080/p').getPort() == '8080' && url('https://h/p').getPort() == '' && url('/p').getScheme() == ''",
        "url('https://h/a b').getEscapedPath() == '/a%20b' && url('https://h/?a=1&a=2').getQuery() == {'a': ['1', '2']}",
        "ip('127.0.0.1').isLoopback() && ip('::1').family() == 6 && ip('10.0.0.1').isGlobalUnicast() && ip('0.0.0.0').isUnspecified() && ip('fe80::1').isLinkLocalUnicast() && ip('224.0.0.1').isLinkLocalMulticast()",
        "isIP('10.0.0.1') && !isIP('10.0.0') && !isIP('::ffff:1.2.3.4') && ip.isCanonical('::1') && !ip.isCanonical('::0001') && string(ip('::0001')) == '::1'",
        "cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsIP(ip('10.1.2.3')) && !cidr('10.0.0.0/8').containsIP('11.0.0.1') && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')",
        "!cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8')) && cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && cidr('10.1.2.3/8').prefixLength() == 8 && cidr('10.1.2.3/8').ip() == ip('10.1.2.3') && isCIDR('::/0') && !isCIDR('10.0.0.1')",
        "!format.dns1123Label().validate('web').hasValue() && format.dns1123Label().validate('Web').hasValue() && !format.named('nothing').hasValue() && format.named('uuid').value().validate('x').value() == ['invalid uuid']",
        "!format.qualifiedName().validate('example.com/x').hasValue() && format.labelValue().validate('-').hasValue()",
        "semver('1.2.3').major() == 1 && semver('1.10.0').isGreaterThan(semver('1.9.0')) && semver('1.0.0-rc.1').isLessThan(semver('1.0.0')) && isSemver('1.2.3+b') && !isSemver('1.2')",
    ],
)  # fmt: skip
def test_this_is_true(text: str) -> None:
    assert value_of(text) is True


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x.z", "no such key: z"),
        ("x.a[9]", "index out of bounds: 9"),
        ("x.a[-1]", "index out of bounds: -1"),
        ("1 / 0", "division by zero"),
        ("1 % 0", "modulus by zero"),
        ("9223372036854775807 + 1", "integer overflow"),
        ("-9223372036854775808 - 1", "integer overflow"),
        ("9223372036854775807 * 2", "integer overflow"),
        ("0u - 1u", "unsigned integer overflow"),
        ("int(1e300)", "integer overflow"),
        ("int('x')", 'type conversion error from "string" to "int"'),
        ("dyn('a') + dyn(1)", "no such overload: _+_(string, int)"),
        ("dyn(1).b", "no such overload"),
        ("dyn(1) ? 1 : 2", "no such overload"),
        ("x.b.all(k, 7)", "found no matching overload"),
        ("timestamp(dyn('yesterday'))", "parsing time"),
        ("duration(dyn('long'))", "invalid duration"),
        ("'a'.substring(2)", "invalid substring range"),
        ("'a'.matches(dyn('('))", "error parsing regexp: missing closing )"),
        ("quantity('x')", "quantities must match the regular expression"),
        ("ip('x')", "unable to parse IP"),
        ("url('a b')", "URL parse error"),
        ("[].min()", "min called on empty list"),
        ("[dyn(1), dyn('a')].max()", "no such overload"),
        ("optional.none().value()", "optional.none() dereference"),
        ("{'a': 1, 'a': 2}", "insert failed"),
        ("self.spec.since.getHours('Nowhere/At all')", "unknown time zone"),
        ("self.spec.since.getHours('../../etc/passwd')", "unknown time zone"),
        ("'%d'.format(['x'])", "cannot be formatted by %d"),
    ],
)
def test_this_cannot_be_evaluated(text: str, why: str) -> None:
    with pytest.raises((CelError, CompileError)) as caught:
        value_of(text)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("self.nope", "ERROR: <input>:1:5: undefined field 'nope'\n | self.nope\n | ....^"),
        ("nope", "ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')\n | nope\n | ^"),
        ("nope(1)", "ERROR: <input>:1:5: undeclared reference to 'nope' (in container '')"),
        ("self.spec.replicas == 'a'", "found no matching overload for '_==_' applied to '(int, string)'"),
        ("self.spec.replicas + 'a'", "found no matching overload for '_+_' applied to '(int, string)'"),
        ("'a'.startsWith(1)", "found no matching overload for 'startsWith' applied to 'string.(int)'"),
        ("self.spec.replicas.all(x, true)", "expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"),
        ("true &&\n nope", "ERROR: <input>:2:2: undeclared reference to 'nope' (in container '')\n |  nope\n | .^"),
        ("self.spec.replicas.x", "type 'int' does not support field selection"),
        ("self.spec.", "Syntax error"),
        ("size().exists(i, v, v)", "found no matching overload for 'size' applied to '()'"),
        ("'a'.matches('(')", "ERROR: <input>:1:13: invalid matches argument"),
        ("duration('long') == duration('1h')", "invalid duration argument"),
        ("timestamp('soon') == timestamp('2027-01-01T00:00:00Z')", "invalid timestamp argument"),
        ("1 in [1, 'a']", "expected type 'int' but found 'string'"),
        ("{'a': 1, 'b': 'x'}.size() == 2", "expected type 'int' but found 'string'"),
        ("has(self)", "has() argument must be a field selection"),
        ("self.spec.names.all(a.b, true)", "all() variable name must be a simple identifier"),
        ("Pod{name: 'x'}", "undeclared reference to 'Pod'"),
        ("'a' || true", "found no matching overload for '_||_' applied to '(string, bool)'"),
        ("true ? 1 : 'a'", "found no matching overload for '_?_:_' applied to '(bool, int, string)'"),
        ("(" * 200 + "1" + ")" * 200, "ERROR: <input>:-1:0: expression recursion limit exceeded: 32"),
        ("1", "must evaluate to a bool"),
        ("a" * 200_000, "more than 100000 characters"),
    ],
)  # fmt: skip
def test_this_does_not_compile(text: str, why: str) -> None:
    with pytest.raises(CompileError) as caught:
        ENVIRONMENT.compile(text, BOOL)
    assert why in str(caught.value)


def test_every_error_of_an_expression_is_told_once() -> None:
    with pytest.raises(CompileError) as caught:
        ENVIRONMENT.compile("self.spec.names.map(n, nope) == other", BOOL)
    assert str(caught.value).count("undeclared reference to 'nope'") == 1
    assert "undeclared reference to 'other'" in str(caught.value)


HOSTILE = [
    "x.all(a, x.all(b, x.all(c, a == a)))",
    "x.map(a, x.map(b, a + b)).size() > 0",
    "x.all(a, !x.exists(b, a != a))",
    "x.all(a, a in x.map(b, -b - 1) || true)",
    "[x, x, x].all(a, [a, a, a].all(b, b.distinct().size() > 0))",
    "x.all(i, v, x.all(j, w, true))",
    "cel.bind(a, 'aaaaaaaaaa', " + "".join(f"cel.bind(s{n}, {'a' if not n else f's{n - 1}'} + {'a' if not n else f's{n - 1}'}, " for n in range(25)) + "s24.size() > 0" + ")" * 26,
    "x.all(a, ('a'.matches('(a*)*b') || true) && x.all(b, true))",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_an_expression_that_never_ends_ends_soon(text: str) -> None:
    program = ENVIRONMENT.compile(text, BOOL)
    started_s = time.monotonic()
    with pytest.raises((CostExceeded, CelError)):
        program.evaluate({"x": list(range(5_000))}, 1_000_000)
    assert time.monotonic() - started_s < 3


def test_what_it_costs_is_told_and_the_estimate_is_never_below() -> None:
    program = ENVIRONMENT.compile("self.spec.names.all(n, n.startsWith('a') || self.spec.replicas > 0)", BOOL)
    value, cost = program.evaluate(VALUES, 1_000)
    assert value is True
    assert 5 <= cost <= program.cost
    with pytest.raises(CostExceeded):
        program.evaluate(VALUES, 5)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("self.spec.replicas == 1", 3, 4),
        ("self.spec.names.all(n, n == 'a')", 30, 100),
        ("x.all(a, x.all(b, a == b))", 10**12, 2**64),
        ("self.spec.names.map(n, n).size() == 0", 100, 300),
        ("self.spec.a__dash__b.matches('^a$')", 300_000, 700_000),
    ],
)
def test_the_estimate_follows_from_the_sizes(text: str, least: int, most: int) -> None:
    assert least <= ENVIRONMENT.compile(text, BOOL).cost <= most


def test_it_is_known_which_variables_an_expression_uses() -> None:
    program = ENVIRONMENT.compile("[1].all(x, x == 1) && self.spec.replicas > 0", BOOL)
    assert program.uses("self")
    assert not program.uses("oldSelf")


def test_an_optional_variable_may_be_absent() -> None:
    environment = Environment({"self": INT, "oldSelf": Type("optional_type", (INT,))})
    program = environment.compile("oldSelf.optMap(o, self >= o).orValue(true)", BOOL)
    assert program.evaluate({"self": 1, "oldSelf": Optional()}, 100)[0] is True
    assert program.evaluate({"self": 1, "oldSelf": Optional(2)}, 100)[0] is False


def test_the_library_is_not_imported_before_the_first_expression() -> None:
    code = (
        "import sys, wherry.apimachinery.cel.program, wherry.apiserver.app; "
        "sys.exit(any('cel_expr' in name for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
