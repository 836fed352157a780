"""Amounts as Kubernetes writes them: 500m, 1Gi, 2."""

from __future__ import annotations

QuantityText = str | int | float
"""A quantity on the wire: text such as "500m" or "1Gi", or a bare number."""
