"""The criteria of services: contracts explicit, exposed, agreed and verified; an API, and a database of its own."""

from __future__ import annotations

from wherry.method.evidence.criterion import Factor
from wherry.method.services.contract_agreed import CONTRACT_AGREED
from wherry.method.services.contract_explicit import CONTRACT_EXPLICIT
from wherry.method.services.contract_exposed import CONTRACT_EXPOSED
from wherry.method.services.contract_verified import CONTRACT_VERIFIED
from wherry.method.services.own_database import OWN_DATABASE
from wherry.method.services.rest_api import REST_API

SERVICES: tuple[Factor, ...] = (
    CONTRACT_EXPLICIT,
    CONTRACT_EXPOSED,
    CONTRACT_AGREED,
    CONTRACT_VERIFIED,
    REST_API,
    OWN_DATABASE,
)
