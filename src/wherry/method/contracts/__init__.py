"""Contracts between services: what one promises, what another needs, and whether the two fit."""
