"""How the other modules change moto: by wrapping the methods that fall short."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


def wraps(owner: type, name: str) -> Callable[[Callable[..., Any]], None]:
    """Puts the decorated function around a method of `owner`; it gets the original as its first argument."""

    def decorate(replacement: Callable[..., Any]) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        def method(self: Any, *args: Any, **kwargs: Any) -> Any:
            return replacement(functools.partial(original, self), self, *args, **kwargs)

        setattr(owner, name, method)

    return decorate


def reads(owner: type, name: str) -> Callable[[Callable[..., Any]], None]:
    """Puts the decorated function around a property of `owner`; it gets what the original would answer."""

    def decorate(replacement: Callable[..., Any]) -> None:
        original = getattr(owner, name)
        setter = original.fset
        setattr(owner, name, property(lambda self: replacement(original.fget(self), self), setter))

    return decorate


def adds(owner: type, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Gives `owner` a method that moto does not have, or replaces one altogether."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        setattr(owner, name, method)
        return method

    return decorate
