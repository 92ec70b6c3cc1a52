"""Spoken lines with placeholders: parsed once when a scenario is loaded, rendered each turn.

    {partner}                     a role's name
    {partner.they} ... .themself  a form of a role's pronouns: they them their theirs themself
    {partner:is|are}              a verb that agrees with the name or pronoun: singular | plural
    {trust}                       a variable: digits, yes or no, a label, a length of time, a name
    {sessions:session|sessions}   a number's noun: one | any other; a truth's words: true | false
    {break.left} .due .length     a timer: time left, the day it runs out, how long it is
    {today} {support}             the date; where to find help in the chosen country
    {{ }}                         braces that are meant as braces

The last word of a placeholder in a capital gives the words a capital: {partner.They}, {Mood}.
A verb agrees with what last spoke of its role in the text: "{partner} {partner:is|are}" is
singular for every partner, "{partner.they} {partner:is|are}" is plural for a partner who is they.

What a person typed is put in as it is and never looked into again, so a name that holds braces
stays a name. A text without placeholders is a stored string.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from heartline.diagnostics import did_you_mean
from heartline.expressions import BoolType, EnumType, IntType, Parsed, Problem
from heartline.placeholders import (
    TIMER_PARTS,
    Part,
    Symbol,
    Text,
    TextView,
    capitalised_part,
    choosing_part,
    timer_part,
    variable_part,
)
from heartline.typed import clean_text
from heartline.words import FORMS, PRONOUNS, humanise_date, language

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from heartline.expressions import Declaration

__all__ = [
    "RESERVED",
    "RoleText",
    "Text",
    "TextScope",
    "TextView",
    "clean_text",
    "parse_name",
    "parse_text",
]

RESERVED = ("support", "today")  # what placeholders mean without a declaration
MOST_HINTS = 10  # per file: finding the nearest of thousands of names takes a while
MOST_PROBLEMS = 20  # per text

_BRACE = re.compile(r"\{\{|\}\}|\{|\}")
_WORD = r"[A-Za-z][A-Za-z0-9_]*"
_PLACEHOLDER = re.compile(rf"({_WORD}(?:\.{_WORD})*)(?::(.*))?\Z", re.DOTALL)
_OTHER_FORMS = {
    "she": "they", "he": "they", "it": "they", "her": "them", "him": "them", "his": "their",
    "its": "their", "hers": "theirs", "herself": "themself", "himself": "themself",
    "itself": "themself", "themselves": "themself", "name": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RoleText:
    """A role as texts see it: its name, which may hold {variables}, and its pronouns.

    `pronouns` is one of PRONOUNS, or the name of an enum variable that holds one of them.
    """

    name: str
    pronouns: str = "they"


@dataclass
class TextScope:
    """What names mean in the texts of one file. An included file has a `prefix` such as `care.`:
    its names are looked for with the prefix first, then without."""

    roles: Mapping[str, RoleText] = field(default_factory=dict)
    variables: Mapping[str, Declaration] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # before declared ones
    timers: Collection[str] = ()
    has_support: bool = False
    prefix: str = ""
    language: str = "en"
    _names: dict[str, Text] = field(default_factory=dict, init=False, repr=False)
    _hints: dict[str, str | None] = field(default_factory=dict, init=False, repr=False)

    def role_name(self, role: str) -> Text:
        """The parsed name of a role; where it has faults, the name as it is written.

        The cast is the outermost file's, so its names are looked for without the prefix.
        """
        if role not in self._names:
            source = self.roles[role].name
            parsed = parse_name(source, replace(self, prefix=""))
            self._names[role] = parsed.tree or Text(source, (source,))
        return self._names[role]

    def variable(self, name: str) -> Declaration | None:
        """The variable that a name means here."""
        return self.variables.get(self.prefix + name) or self.variables.get(name)

    def timer(self, name: str) -> str | None:
        """The whole name of the timer that a name means here."""
        whole = self.prefix + name
        return whole if whole in self.timers else name if name in self.timers else None

    def nearest(self, name: str) -> str | None:
        """The hint that names the nearest name that a placeholder may begin with."""
        if name not in self._hints and len(self._hints) < MOST_HINTS:
            declared = {*self.roles, *self.variables, *self.timers, "today"}
            known = declared | {each.removeprefix(self.prefix) for each in declared}
            if self.has_support:
                known.add("support")
            self._hints[name] = did_you_mean(name, known)
        return self._hints.get(name)


def parse_text(source: str, scope: TextScope) -> Parsed[Text]:
    """Read a spoken text; all its faults are found in one pass."""
    return _Parser(source, scope).parse()


def parse_name(source: str, scope: TextScope) -> Parsed[Text]:
    """Read a role's name, in which only variables may stand: a name made of names has no end."""
    inner = TextScope(
        variables=scope.variables,
        labels=scope.labels,
        prefix=scope.prefix,
        language=scope.language,
    )
    return _Parser(source, inner, only_variables=True).parse()


class _Parser:
    """One pass over one text."""

    def __init__(self, source: str, scope: TextScope, *, only_variables: bool = False) -> None:
        self.source = source
        self.scope = scope
        self.only_variables = only_variables
        self.words = language(scope.language)
        self.parts: list[Part] = []
        self.symbols: set[Symbol] = set()
        self.timely = False
        self.problems: list[Problem] = []
        self.named: set[str] = set()  # roles that were last spoken of by name, as the subject
        self.start = self.end = 0  # of the placeholder that is being read

    def parse(self) -> Parsed[Text]:
        source, position = self.source, 0
        while (brace := _BRACE.search(source, position)) and len(self.problems) < MOST_PROBLEMS:
            self._literal(source[position : brace.start()])
            position = brace.end()
            if len(brace.group()) == 2:
                self._literal(brace.group()[0])
                continue
            self.start, self.end = brace.span()
            other = _BRACE.search(source, position) if brace.group() == "{" else None
            if other is not None and other.group().startswith("}"):
                self.end = position = other.start() + 1
                self._placeholder(source[self.start + 1 : self.end - 1])
            elif brace.group() == "{":
                self._malformed("this brace is never closed", "write {{ for a brace that is text")
            else:
                self._malformed("this brace closes nothing", "write }} for a brace that is text")
        self._literal(source[position:])
        if self.problems:
            return Parsed(None, tuple(self.problems))
        return Parsed(Text(source, tuple(self.parts), frozenset(self.symbols), self.timely))

    def _literal(self, text: str) -> None:
        if self.parts and isinstance(self.parts[-1], str):
            self.parts[-1] += text
        elif text:
            self.parts.append(text)

    def _problem(self, code: str, message: str, hint: str | None) -> None:
        self.problems.append(Problem(code, message, self.start, self.end, hint))

    def _malformed(self, message: str, hint: str | None = None) -> None:
        self._problem("HL407", message, hint)

    def _unknown(self, message: str, hint: str | None = None) -> None:
        self._problem("HL307", message, hint)

    def _placeholder(self, body: str) -> None:
        match = _PLACEHOLDER.match(body)
        if match is None:
            what = f"{{{body[:40]}}} is not a placeholder" if body.strip() else "nothing is named"
            self._malformed(
                what, "a name stands between the braces, as in {partner}, or write {{ and }}"
            )
            return
        words = match[1].split(".")
        capital = words[-1][0].isupper()
        words[-1] = words[-1][0].lower() + words[-1][1:]
        name, last = ".".join(words), words[-1]
        forms = None if match[2] is None else tuple(match[2].split("|"))
        if forms is not None and len(forms) != 2:
            self._malformed(
                f"{{{body[:40]}}} has {len(forms)} form{'s' if len(forms) > 1 else ''}, "
                "and a choice of words needs two",
                "write the one and the other, as in {partner:is|are} or {days:day|days}",
            )
            return
        part: Part | None
        if (variable := self.scope.variable(name)) is not None:
            part = self._variable(variable, forms)
        elif forms is None and len(words) > 1 and words[0] in self.scope.roles:
            part = self._pronoun(words[0], ".".join(words[1:]))
        elif forms is None and len(words) > 1 and self.scope.timer(name.removesuffix(f".{last}")):
            part = self._timer(name.removesuffix(f".{last}"), last)
        else:
            part = self._plain(name, forms)
        if part is not None:
            part = capitalised_part(part) if capital else part
            if isinstance(part, str):
                self._literal(part)
            else:
                self.parts.append(part)

    def _plain(self, name: str, forms: tuple[str, ...] | None) -> Part | None:
        """A placeholder of one word that is no variable."""
        scope = self.scope
        if name in scope.roles:
            return self._role(name) if forms is None else self._verb(name, forms)
        if scope.timer(name) is not None:
            options = ", ".join(f"{{{name}.{part}}}" for part in TIMER_PARTS)
            self._malformed(f"{name} is a timer, and it is not said what of it", f"write {options}")
        elif name == "today" and forms is None and not self.only_variables:
            words = self.words
            self.timely = True
            return lambda view: humanise_date(view.now, words)
        elif name == "support" and forms is None and scope.has_support:
            return lambda view: view.support
        elif name == "support":
            self._unknown("the file has no 'support', so there is nothing to put in for {support}")
        else:
            self._unknown_name(name)
        return None

    def _unknown_name(self, name: str) -> None:
        head, _, rest = name.partition(".")
        if self.only_variables:
            self._unknown(
                f"no variable is called {name!r}, and a role's name holds nothing but variables",
                self.scope.nearest(name),
            )
        elif rest and self.scope.variable(head) is not None:
            self._unknown(f"{head} is a variable, and has no part {rest!r}", f"write {{{head}}}")
        else:
            near = self.scope.nearest(head) if rest else None
            self._unknown(
                f"no role, variable or timer is called {name!r}", near or self.scope.nearest(name)
            )

    def _role(self, role: str) -> Part:
        if not self.source.startswith(("'s", "\u2019s"), self.end):
            self.named.add(role)
        name = self.scope.role_name(role)
        self.symbols |= name.symbols
        if name.fixed is None and len(name.parts) == 1:
            return name.parts[0]
        return name.render if name.fixed is None else name.fixed

    def _pronoun(self, role: str, form: str) -> Part | None:
        if form not in FORMS:
            near = _OTHER_FORMS.get(form)
            hint = did_you_mean(form, FORMS)
            if near is not None:
                hint = f"write {{{role}.{near}}}" if near else f"write {{{role}}}"
                hint += ", which takes the form that goes with the role's pronouns" if near else ""
            self._unknown(f"a role has no form {form!r}: it has {', '.join(FORMS)}", hint)
            return None
        place = FORMS.index(form)
        if place == 0:
            self.named.discard(role)
        return self._by_pronouns(
            role, {name: each.forms[place] for name, each in self.words.pronouns.items()}
        )

    def _verb(self, role: str, forms: tuple[str, ...]) -> Part:
        if role in self.named:
            return forms[0]
        return self._by_pronouns(
            role, {name: forms[each.plural] for name, each in self.words.pronouns.items()}
        )

    def _by_pronouns(self, role: str, words: Mapping[str, str]) -> Part:
        pronouns = self.scope.roles[role].pronouns
        if pronouns in PRONOUNS:
            return words[pronouns]
        variable = self.scope.variables.get(pronouns)
        if variable is None or not isinstance(variable.type, EnumType):
            return words["they"]  # the compiler reports the role's pronouns, once
        return choosing_part(self._read(variable), dict(words), words["they"])

    def _timer(self, name: str, part: str) -> Part | None:
        timer = self.scope.timer(name)
        if timer is None or part not in TIMER_PARTS:
            self._unknown(
                f"a timer has no part {part!r}: it has {', '.join(TIMER_PARTS)}",
                did_you_mean(part, TIMER_PARTS),
            )
            return None
        self.symbols.add(("timer", timer))
        self.timely = True
        return timer_part(timer, part, self.words)

    def _variable(self, variable: Declaration, forms: tuple[str, ...] | None) -> Part | None:
        kind, symbol = variable.type, self._read(variable)
        if forms is not None:
            one, other = forms
            if isinstance(kind, (IntType, BoolType)):  # True == 1: the first form is for both
                return choosing_part(symbol, {1: one}, other)
            self._malformed(
                f"{variable.name} is not a number or a truth value, so it cannot choose between "
                f"{one!r} and {other!r}",
                f"write {{{variable.name}}}, or two lines with 'when'",
            )
            return None
        labels = self.scope.labels.get(variable.name) or dict(variable.labels)
        return variable_part(kind, symbol, labels, self.words)

    def _read(self, variable: Declaration) -> Symbol:
        symbol = ("var", variable.name)
        self.symbols.add(symbol)
        return symbol
