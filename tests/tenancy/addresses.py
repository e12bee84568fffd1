"""Every address of the project, found by walking the URL resolver: nobody has to list a new one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize


@dataclass(frozen=True)
class Address:
    """One pattern: `template` has %(name)s where a value belongs; `name` is the full one, or the template."""

    template: str
    params: tuple[str, ...]
    name: str

    def path(self, values: Mapping[str, object] | None = None) -> str:
        """Return the path with these values, and 1 where none is given."""
        filled = {param: (values or {}).get(param, 1) for param in self.params}
        return "/" + self.template % filled

    @property
    def audience(self) -> str:
        """The part of the site: admin, portal, or the rest (the entrance)."""
        namespace = self.name.partition(":")[0] if ":" in self.name else ""
        return namespace or ("admin" if self.template.startswith("admin/") else "entrance")


def _walk(resolver: URLResolver, regex: str, namespaces: tuple[str, ...]) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        whole = regex + str(pattern.pattern.regex.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            inside = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from _walk(pattern, whole, inside)
        else:
            yield _address(pattern, whole, namespaces)


def _address(pattern: URLPattern, regex: str, namespaces: tuple[str, ...]) -> Address:
    template, params = normalize(regex)[0]
    return Address(
        template, tuple(params), ":".join((*namespaces, pattern.name)) if pattern.name else template
    )


def all_addresses() -> list[Address]:
    """Return every address, the first of two with the same template (the resolver takes that one)."""
    found: dict[str, Address] = {}
    for address in _walk(get_resolver(), "", ()):
        found.setdefault(address.template, address)
    return list(found.values())


def addresses(audience: str) -> list[Address]:
    return [address for address in all_addresses() if address.audience == audience]
