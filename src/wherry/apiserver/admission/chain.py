"""Runs the admission plugins that care about a request, in their order: first the mutating, then the validating."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.apimachinery.document import Document
from wherry.apiserver.admission.interface import (
    AdmissionPlugin,
    Attributes,
    MutatingPlugin,
    Operation,
    ValidatingPlugin,
)
from wherry.apiserver.options import DeleteOptions, WriteOptions
from wherry.apiserver.request import ApiRequest

# What a request is about: its operation, group, plural and subresource.
Place = tuple[Operation, str, str, str]


class AdmissionChain:
    """All plugins, and for each kind of request those that are concerned."""

    def __init__(self, plugins: Sequence[AdmissionPlugin]) -> None:
        """`plugins` in the order in which they run."""
        self._plugins = plugins
        self._mutating: dict[Place, tuple[MutatingPlugin, ...]] = {}
        self._validating: dict[Place, tuple[ValidatingPlugin, ...]] = {}

    async def admit(self, attributes: Attributes) -> None:
        """Let every mutating plugin that is concerned complete or refuse the object."""
        place = _place_of(attributes)
        plugins = self._mutating.get(place)
        if plugins is None:
            concerned = [plugin for plugin in self._plugins if _cares(plugin, place)]
            plugins = tuple(plugin for plugin in concerned if isinstance(plugin, MutatingPlugin))
            self._mutating[place] = plugins
        for plugin in plugins:
            await plugin.admit(attributes)

    async def validate(self, attributes: Attributes) -> None:
        """Let every validating plugin that is concerned refuse the object."""
        place = _place_of(attributes)
        plugins = self._validating.get(place)
        if plugins is None:
            concerned = [plugin for plugin in self._plugins if _cares(plugin, place)]
            plugins = tuple(plugin for plugin in concerned if isinstance(plugin, ValidatingPlugin))
            self._validating[place] = plugins
        for plugin in plugins:
            await plugin.validate(attributes)

    async def admit_order(
        self,
        request: ApiRequest,
        operation: Operation,
        sent: Document,
        options: WriteOptions | DeleteOptions | None = None,
    ) -> None:
        """Let the plugins refuse an order to a subresource, or a stream, about which nothing is stored by itself.

        Args:
            sent: the body of the order (a Binding, an Eviction), or the options of the stream.
        """
        attributes = Attributes(
            operation=operation,
            resource=request.target,
            namespace=request.namespace,
            name=request.name,
            user=request.user,
            object=sent,
            subresource=request.subresource.partition("/")[0],
            options=options,
            dry_run=options is not None and options.dry_run,
            warnings=request.warnings,
        )
        try:
            await self.admit(attributes)
            await self.validate(attributes)
        finally:
            for call in attributes.afterwards:
                call()


def _place_of(attributes: Attributes) -> Place:
    return attributes.operation, attributes.resource.group, attributes.resource.plural, attributes.subresource


def _cares(plugin: AdmissionPlugin, place: Place) -> bool:
    operation, group, plural, subresource = place
    return (
        operation in plugin.operations
        and (not plugin.resources or (group, plural) in plugin.resources)
        and (not plugin.subresources or subresource in plugin.subresources)
    )
