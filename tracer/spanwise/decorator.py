"""`@spanwise.trace`: every call of a function is a span, also where the function is a generator or a coroutine."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, ParamSpec, TypeVar, cast, overload

from opentelemetry.context import attach, get_current

from spanwise.spans import span

P = ParamSpec("P")
R = TypeVar("R")


@overload
def trace(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def trace(name: str | None = None, /, **attributes: Any) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def trace(target: Any = None, /, **attributes: Any) -> Any:
    """Make every call of a function a span: plain, async, generator and async generator functions.

    Used bare, the span is named after the function; `@trace("name", key=value)` gives a name and attributes.
    Arguments are not captured.
    """
    if callable(target) or isinstance(target, classmethod):
        return _wrap(target, None, {})
    return lambda function: _wrap(function, target, attributes)


def _wrap(function: Callable[..., Any], name: str | None, attributes: dict[str, Any]) -> Callable[..., Any]:
    if isinstance(function, classmethod | staticmethod):
        return type(function)(_wrap(function.__func__, name, attributes))
    label = name or getattr(function, "__qualname__", None) or type(function).__name__
    label = label.replace("<locals>.", "")

    def new_span() -> span:
        made = span(label)
        made._attributes = attributes
        return made

    if inspect.isasyncgenfunction(function):
        wrapper: Callable[..., Any] = _wrap_async_generator(function, new_span)
    elif inspect.isgeneratorfunction(function):
        wrapper = _wrap_generator(function, new_span)
    elif inspect.iscoroutinefunction(function):
        wrapper = _wrap_coroutine(function, new_span)
    else:
        wrapper = _wrap_plain(function, new_span)
    return functools.wraps(function)(wrapper)


def _wrap_plain(function: Callable[..., Any], new_span: Callable[[], span]) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with new_span():
            return function(*args, **kwargs)

    return wrapper


def _wrap_coroutine(function: Callable[..., Any], new_span: Callable[[], span]) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        with new_span():
            return await function(*args, **kwargs)

    return wrapper


class _Resumed(span):
    """A span that is current only while its generator runs, so that the caller's context stays its own."""

    __slots__ = ("_outer",)

    def step_in(self) -> None:
        self._outer = get_current()
        if self._context is not None:
            attach(self._context)

    def step_out(self) -> None:
        if get_current() is self._context:
            attach(self._outer)

    def close(self, generator: Generator[Any, Any, Any]) -> None:
        self.step_in()
        try:
            generator.close()
        finally:
            self.step_out()

    async def aclose(self, generator: AsyncGenerator[Any, Any]) -> None:
        self.step_in()
        try:
            await generator.aclose()
        finally:
            self.step_out()


def _start(new_span: Callable[[], span]) -> _Resumed:
    made = new_span()
    resumed = _Resumed(made._name)
    resumed._attributes = made._attributes
    resumed.__enter__()
    if resumed._previous is not None:
        attach(resumed._previous)
    return resumed


def _wrap_generator(function: Callable[..., Any], new_span: Callable[[], span]) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator = cast(Generator[Any, Any, Any], function(*args, **kwargs))
        current = _start(new_span)
        failure: BaseException | None = None
        try:
            step: Callable[[], Any] = functools.partial(next, generator)
            while True:
                current.step_in()
                try:
                    value = step()
                except StopIteration as stop:
                    return stop.value
                finally:
                    current.step_out()
                try:
                    sent = yield value
                    step = functools.partial(generator.send, sent)
                except GeneratorExit:
                    current.close(generator)
                    raise
                except BaseException as thrown:
                    step = functools.partial(generator.throw, thrown)
        except BaseException as error:
            failure = error
            raise
        finally:
            current.__exit__(None, failure, None)

    return wrapper


def _wrap_async_generator(function: Callable[..., Any], new_span: Callable[[], span]) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        generator = cast(AsyncGenerator[Any, Any], function(*args, **kwargs))
        current = _start(new_span)
        failure: BaseException | None = None
        try:
            step: Callable[[], Any] = generator.__anext__
            while True:
                current.step_in()
                try:
                    value = await step()
                except StopAsyncIteration:
                    return
                finally:
                    current.step_out()
                try:
                    sent = yield value
                    step = functools.partial(generator.asend, sent)
                except GeneratorExit:
                    await current.aclose(generator)
                    raise
                except BaseException as thrown:
                    step = functools.partial(generator.athrow, thrown)
        except BaseException as error:
            failure = error
            raise
        finally:
            current.__exit__(None, failure, None)

    return wrapper
