"""The Liquid of our templates: python-liquid's, cut down to what a mail needs, with a budget that nothing exceeds.

Templates come from outside, so there are no includes, only a choice of filters, no clock, and every filter call, loop
and look-up is charged to the rendering's budget.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Self, TextIO

from liquid import BoundTemplate, Environment, RenderContext, Token
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.echo_tag import EchoTag
from liquid.exceptions import FilterArgumentError, LiquidError, ResourceLimitError
from liquid.filter import with_context
from liquid.stringify import to_liquid_string
from liquid.undefined import UNDEFINED, Undefined, is_undefined

MAX_OUTPUT_BYTES = 200 * 1024
MAX_ITERATIONS = 500  # Of all loops that stand inside each other, multiplied.
MAX_WORK = 4_000_000  # About one unit per character that a filter reads or writes: some tenths of a second.

_TAGS = """if unless case for break continue assign capture comment # echo liquid raw content output illegal"""
_FILTERS = """
    abs append at_least at_most capitalize ceil compact date default divided_by downcase escape escape_once first floor
    join last lstrip map minus modulo newline_to_br plus prepend remove remove_first remove_last replace replace_first
    replace_last reverse round rstrip size slice sort sort_natural split squish strip strip_newlines times truncate
    truncatewords uniq upcase url_encode
"""


def has_default(expression: FilteredExpression) -> bool:
    return any(used.name == "default" for used in expression.filters or ())


class _Nothing(str):
    """What a missing variable compares as: nil, blank and the empty string alike."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return other is None or other is False or (isinstance(other, str) and not other.strip())

    __hash__ = str.__hash__


# Liquid's truth test knows nil, false and ``Undefined``, while its ``blank`` and ``empty`` know texts only.
Undefined.register(_Nothing)


class NoValue(str):
    """A variable without a value, by name."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, name: str) -> Self:
        self = super().__new__(cls)
        self.name = name
        return self

    def __liquid__(self) -> _Nothing:
        return _Nothing()


class Context(RenderContext):
    """One rendering: what was found missing, and the work done so far."""

    __slots__ = ("missing", "work")

    def __init__(self, template: BoundTemplate, **options: Any) -> None:
        super().__init__(template, **options)
        self.missing: set[str] = set()
        self.work = 0

    def spend(self, units: int) -> None:
        self.work += units
        if self.work > MAX_WORK:
            raise ResourceLimitError("the template asks for too much work", token=None)

    def get(self, path: list[object], *, token: Token | None, default: object = UNDEFINED) -> object:
        self.spend(20)
        value = super().get(path, token=token, default=default)
        if isinstance(value, NoValue):
            return value
        # What a template itself assigns may be empty: a separator, a captured nothing.
        if is_undefined(value) or (_is_blank(value) and path[0] not in self.locals):
            return NoValue(".".join(map(str, path)))
        return value

    @contextmanager
    def loop(self, namespace: Mapping[str, object], forloop: Any) -> Iterator[RenderContext]:
        self.spend(200)
        with super().loop(namespace, forloop) as inner:
            yield inner

    def assign(self, key: str, val: Any) -> None:
        self.spend(20 + _weight(val))
        super().assign(key, val)


class _OutputNode(OutputNode):
    """``{{ … }}``, which notes what is missing instead of printing nothing in its place."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = self.expression.evaluate(context)
        assert isinstance(context, Context)
        if isinstance(value, NoValue):
            context.missing.add(value.name)
            return 0
        text = to_liquid_string(value, context.autoescape)
        if _is_blank(text) and self._must_print(context):
            context.missing.add(str(self.filtered.left))
            return 0
        return buffer.write(text)

    @property
    def filtered(self) -> FilteredExpression:
        assert isinstance(self.expression, FilteredExpression)
        return self.expression

    def _must_print(self, context: RenderContext) -> bool:
        """Whether filters made nothing of a variable that had a value; a ``default: ""`` says that this is meant."""
        left = self.filtered.left
        return isinstance(left, Path) and left.head() not in context.locals and not has_default(self.filtered)


class _Output(Output):
    node_class = _OutputNode


class _Echo(EchoTag):
    node_class = _OutputNode  # type: ignore[assignment]


class Language(Environment):
    """The language of our templates."""

    loop_iteration_limit = MAX_ITERATIONS
    output_stream_limit = MAX_OUTPUT_BYTES

    def error(self, exc: type[LiquidError] | LiquidError, msg: str | None = None, token: Token | None = None) -> None:
        """Raise, with the place of the tag where python-liquid knows only that an expression came to its end."""
        if isinstance(exc, LiquidError) and token is not None and (exc.token is None or exc.token.start_index < 0):
            exc.token = token
        super().error(exc, msg, token)

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        self.add_tag(_Output)
        self.add_tag(_Echo)
        self.add_filter("date", _date)
        self.tags = {name: tag for name, tag in self.tags.items() if name.lower() in _TAGS.split()}
        self.filters = {name: _bounded(name, f) for name, f in self.filters.items() if name in _FILTERS.split()}


def _bounded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that hands on what has no value and stays within the budget."""
    takes_environment = getattr(function, "with_environment", False)

    @with_context
    def bounded(value: object, *arguments: object, context: Context, **options: object) -> object:
        if name != "default":
            for operand in (value, *arguments):
                if isinstance(operand, NoValue):
                    return operand
        context.spend(20 + _weight(value) + _predicted(name, value, arguments))
        if takes_environment:
            options["environment"] = context.env
        result = function(value, *arguments, **options)
        context.spend(_weight(result))
        if isinstance(result, int) and result.bit_length() > 64:
            raise FilterArgumentError(f"{name}: the number is too large", token=None)
        return result

    bounded.signature = _signature(function)  # type: ignore[attr-defined]
    return bounded


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    signature = inspect.signature(function)
    mine = [p for p in signature.parameters.values() if p.name != "environment"]
    return signature.replace(parameters=mine)


def _predicted(name: str, value: object, arguments: tuple[object, ...]) -> int:
    """The size that ``replace`` and ``join`` will write: they alone can write far more than they read."""
    if name == "replace" and len(arguments) == 2:
        return str(value).count(str(arguments[0])) * len(str(arguments[1]))
    if name == "join" and arguments and isinstance(value, list | tuple | range):
        return len(value) * len(str(arguments[0]))
    return 0


def _weight(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    return 10 * len(value) if isinstance(value, list | tuple | range | dict) else 1


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


_DATE_FORMAT = re.compile(r"(?:[^%]|%-?[A-Za-z%])*")


def _date(value: object, form: object) -> str:
    """A date, an instant or ISO 8601 text in a ``strftime`` form; other text stays as it is (as in Liquid).

    Neither ``now`` nor ``today`` is known: what a mail says must not depend on when it is retried.
    """
    pattern = str(form)
    if len(pattern) > 100 or not _DATE_FORMAT.fullmatch(pattern):
        raise FilterArgumentError(f"date: “{pattern[:100]}” is not a form of strftime", token=None)
    if not isinstance(value, date):
        try:
            value = datetime.fromisoformat(str(value))
        except ValueError:
            return str(value)
    return value.strftime(pattern)
