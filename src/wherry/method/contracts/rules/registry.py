"""All rules, a line for each family. The rule's name is also the folder of its before/after pair in the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from wherry.method.contracts.rules.answers import ANSWERS
from wherry.method.contracts.rules.bodies import BODIES
from wherry.method.contracts.rules.extra_fields import EXTRA_FIELDS
from wherry.method.contracts.rules.formats import FORMATS
from wherry.method.contracts.rules.forms import FORMS
from wherry.method.contracts.rules.headers import HEADERS
from wherry.method.contracts.rules.limits import LIMITS
from wherry.method.contracts.rules.media_types import MEDIA_TYPES
from wherry.method.contracts.rules.nulls import NULLS
from wherry.method.contracts.rules.operations import OPERATIONS
from wherry.method.contracts.rules.parameters import PARAMETERS
from wherry.method.contracts.rules.patterns import PATTERNS
from wherry.method.contracts.rules.request_fields import REQUEST_FIELDS
from wherry.method.contracts.rules.response_fields import RESPONSE_FIELDS
from wherry.method.contracts.rules.types import TYPES
from wherry.method.contracts.rules.values import VALUES

if TYPE_CHECKING:
    from wherry.method.contracts.rule import Rule, Subject

FAMILIES = (
    OPERATIONS,
    PARAMETERS,
    BODIES,
    MEDIA_TYPES,
    ANSWERS,
    HEADERS,
    REQUEST_FIELDS,
    RESPONSE_FIELDS,
    TYPES,
    NULLS,
    FORMS,
    VALUES,
    LIMITS,
    PATTERNS,
    FORMATS,
    EXTRA_FIELDS,
)
# Each rule looks at one kind of thing, and is asked about nothing else (changes.judge compares the types).
RULES: tuple[Rule[Subject], ...] = tuple(cast("Rule[Subject]", rule) for family in FAMILIES for rule in family)
