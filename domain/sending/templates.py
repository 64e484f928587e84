"""Liquid templates of subjects and bodies: checked when they are written, filled when a send is claimed.

The language is ``template_language``: no includes, no ranges but short literal ones, bounded work. What a
template is filled with is data and never parsed.

A variable that has no value (undefined, null or blank) makes ``render`` fail where it is printed, unless a ``default``
filter stands in for it. It passes through other filters on its way there, so ``{{ x | upcase | default: "you" }}``
works, and it is plainly false in an ``{% if %}``.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from liquid import BoundTemplate, Environment, RenderContext, Token
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.expressions.primitive import IntegerLiteral, RangeLiteral
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.output import LimitedStringIO

from domain.sending.template_language import MAX_ITERATIONS, MAX_OUTPUT_BYTES, Context, Language, has_default

MAX_SOURCE_BYTES = 64 * 1024
MAX_PARTS = 2_000  # Expressions of one template.
MAX_TAG = 2_000  # Characters between the braces of one tag.

ROOTS = frozenset({"contact", "sender", "sequence", "unsubscribe_url"})


class TemplateProblem(ValueError):
    """A template that cannot be used; ``line`` counts from 1, ``column`` from 1, both None when unknown."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message if line is None else f"{message} (line {line}, column {column})")
        self.message = message
        self.line = line
        self.column = column


class MissingVariable(ValueError):
    """Variables that the template prints have no value; ``names`` in alphabetical order."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(f"No value and no default for {', '.join(names)}")
        self.names = names


def check(source: str) -> None:
    """Refuse a template that could not be rendered: raises ``TemplateProblem``."""
    _parse(source, html=False)


def variables(source: str) -> frozenset[str]:
    """The variables whose absence can stop a send, such as ``contact.first_name``; see ``variable_paths``."""
    return frozenset(map(".".join, variable_paths(source)))


@lru_cache(maxsize=512)
def variable_paths(source: str) -> frozenset[tuple[str, ...]]:
    """The variables whose absence can stop a send, each by its names: ``("contact", "custom_fields", "x")``.

    That is every global path that is printed, assigned or given to a filter. Left out are those that a ``default``
    filter guards, those that stand in conditions and loops only, those that a condition around them asks for
    (``{% if contact.x %}{{ contact.x }}{% endif %}``), and those whose name is looked up (``contact[sequence.name]``).
    Raises ``TemplateProblem``.
    """
    template = _parse(source, html=False)
    needed = {path.token.start_index for path in _needed(template)}
    found = [variable for uses in template.analyze().globals.values() for variable in uses]
    return frozenset(
        tuple(map(str, variable.segments))
        for variable in found
        if variable.span.index in needed and not any(isinstance(segment, list) for segment in variable.segments)
    )


def render(source: str, values: Mapping[str, object], *, html: bool = False) -> str:
    """The template filled with ``values`` (``contact``, ``sender``, ``sequence``, ``unsubscribe_url``).

    With ``html`` what is filled in is escaped for HTML. Raises ``MissingVariable`` when anything printed has no value
    and no ``default``, ``TemplateProblem`` when the template is wrong or asks for too much work.
    """
    template = _parse(source, html=html)
    context = Context(template, globals=values)
    buffer = LimitedStringIO(limit=MAX_OUTPUT_BYTES)
    try:
        template.render_with_context(context, buffer)
    except LiquidError as error:
        raise _problem(error) from None
    except Exception as error:
        # A filter met a value it was not written for; the value stays out of the sentence, it is personal data.
        raise TemplateProblem(f"A filter cannot use the value it was given ({type(error).__name__}).") from error
    if context.missing:
        raise MissingVariable(tuple(sorted(context.missing)))
    return buffer.getvalue()


_PLAIN = Language()
_HTML = Language(autoescape=True)


@lru_cache(maxsize=512)
def _parse(source: str, html: bool) -> BoundTemplate:
    """The template, parsed and checked. Raises ``TemplateProblem``."""
    if len(source.encode("utf-8", "surrogatepass")) > MAX_SOURCE_BYTES:
        raise TemplateProblem(f"The template is larger than {MAX_SOURCE_BYTES // 1024} KiB.")
    _refuse_open_tags(source)
    try:
        template = (_HTML if html else _PLAIN).from_string(source)
    except LiquidError as error:
        problem = _problem(error)
        # What has no place of its own was missed at the end: a block that is not closed.
        raise problem if problem.line else TemplateProblem(problem.message, *_place(source, len(source))) from None
    for parts, expression in enumerate(_expressions(template)):
        if parts >= MAX_PARTS:
            raise TemplateProblem(f"The template has more than {MAX_PARTS} parts.")
        _refuse(expression, template.env)
    _refuse_unknown_roots(source, template)
    return template


_LONG_SPACE = re.compile(r"\s{100}")
_TAG = re.compile(r"\{([{%])(?:-?\s{0,100}(raw|doc)\b)?")


def _refuse_open_tags(source: str) -> None:
    """Look for what makes python-liquid's lexer quadratic: tags that never end, and long runs of space in them."""
    position = 0
    while opening := _TAG.search(source, position):
        closing = "}}" if opening[1] == "{" else "%}"
        end = source.find(closing, opening.start() + 2, opening.start() + MAX_TAG)
        if end < 0 or _LONG_SPACE.search(source, opening.start(), end):
            message = f"A tag is not closed by {closing}, or it is too long"
            raise TemplateProblem(message, *_place(source, opening.start()))
        position = end + 2
        if opening[1] == "%" and opening[2]:
            ending = re.compile(rf"\{{%-?\s{{0,100}}end{opening[2]}\s{{0,100}}-?%\}}").search(source, position)
            if ending is None:
                message = f"There is no end{opening[2]} for this tag"
                raise TemplateProblem(message, *_place(source, opening.start()))
            position = ending.end()


def _expressions(template: BoundTemplate) -> Iterator[Expression]:
    """Every expression of a template, the nested ones and the arguments of filters included."""
    for node, _ in _nodes(template):
        yield from _parts(node)


def _needed(template: BoundTemplate) -> Iterator[Path]:
    """Paths that must have a value where they stand: no ``default`` and no condition around them takes care of it."""
    for node, around in _nodes(template):
        asked = {str(part) for outer in around for part in _parts(outer) if isinstance(part, Path)}
        for expression in _parts(node):
            if isinstance(expression, FilteredExpression) and not has_default(expression):
                paths = (path for path in (expression.left, *expression.children()) if isinstance(path, Path))
                yield from (path for path in paths if str(path) not in asked)


def _nodes(template: BoundTemplate) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    """Every node of a template with those around it."""
    context = RenderContext(template)
    nodes: list[tuple[Node, tuple[Node, ...]]] = [(node, ()) for node in template.nodes]
    while nodes:
        node, around = nodes.pop()
        yield node, around
        nodes.extend((child, (*around, node)) for child in node.children(context))


def _parts(node: Node) -> Iterator[Expression]:
    """The expressions of a node itself, the nested ones included."""
    expressions = list(node.expressions())
    while expressions:
        expression = expressions.pop()
        yield expression
        expressions.extend(expression.children())


def _refuse(expression: Expression, env: Environment) -> None:
    if isinstance(expression, RangeLiteral):
        start, stop = expression.start, expression.stop
        literal = isinstance(start, IntegerLiteral) and isinstance(stop, IntegerLiteral)
        if not literal or stop.value - start.value >= MAX_ITERATIONS:  # type: ignore[attr-defined]
            raise _at(expression.token, f"A range must be two plain numbers, {MAX_ITERATIONS} apart at most")
    if isinstance(expression, FilteredExpression):
        for used in expression.filters or ():
            known = env.filters.get(used.name)
            if known is None:
                raise _at(used.token, f"There is no filter “{used.name}”")
            _refuse_arguments(used, known.signature)  # type: ignore[attr-defined]


def _refuse_arguments(used: Any, signature: inspect.Signature) -> None:
    named = {a.name: a for a in used.args if hasattr(a, "name")}
    try:
        signature.bind(None, *(a for a in used.args if not hasattr(a, "name")), **named)
    except TypeError as error:
        raise _at(used.token, f"Filter “{used.name}”: {error}") from None


def _refuse_unknown_roots(source: str, template: BoundTemplate) -> None:
    for root, uses in template.analyze().globals.items():
        if root not in ROOTS:
            message = f"There is no variable “{root}”; known are {', '.join(sorted(ROOTS))}"
            raise TemplateProblem(message, *_place(source, uses[0].span.index))


def _problem(error: LiquidError) -> TemplateProblem:
    message = str(error.args[0]) if error.args else type(error).__name__
    message = message[:1].upper() + message[1:]
    return _at(error.token, message) if error.token is not None else TemplateProblem(message)


def _at(token: Token, message: str) -> TemplateProblem:
    if token.start_index < 0:
        return TemplateProblem(message)
    return TemplateProblem(message, *_place(token.source, token.start_index))


def _place(source: str, index: int) -> tuple[int, int]:
    """Line and column, both from 1, of a character."""
    before = source[:index]
    return before.count("\n") + 1, index - before.rfind("\n")
