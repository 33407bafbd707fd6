"""Pure: tell sentences from commands, by how sentences are built and not by a list of commands."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"""(?<![A-Za-z])'[^']*'|"[^"]*"|`[^`]*`""")
_SENTENCE_END = re.compile(r"""[^\W\d_][)\]'"*_`]{0,3}\s?[.!?:]["'*_)]{0,3}$""")
_NEXT_SENTENCE = re.compile(r"""[a-z)'"`][.!?] [A-Z][a-z]*['a-z]* """)
_CAPITALISED = re.compile(r"[A-Z][a-z]+$|[IA]$|(?:I|It|You|We|Here|That|There|Don)'")
_CJK_STOP = re.compile("[。，、：；！？]$")
#: An option, or a character that shells give a meaning and sentences do not.
_SHELL_MARK = re.compile(r"^--?\w|[$|<>=*;&~{}\[\]\\]|\w/\w|^/|^\.{1,2}/")
#: What holds sentences together.
_GLUE = re.compile(
    r"""
    a | an | and | are | as | available | be | can | cannot | could | do | does | for | from | has
    | have | here | how | i | if | in | is | it | its | me | my | no | not | of | on | or | should
    | so | that | the | their | them | then | there | these | this | to | use | using | want | was
    | we | what | which | will | with | would | you | your | all | any | each | every | only
    """,
    re.VERBOSE,
)
#: Words that begin a sentence and no command.
_OPENER = re.compile(
    r"""
    a | an | the | this | that | these | those | here | there | you | your | we | i | it | its | to
    | please | sorry | sure | okay | certainly | unfortunately | cannot | use | using | try |
    execute | enter | i'm | i'll | it's | here's | you'll | you're
    """,
    re.VERBOSE,
)


def is_prose(line: str) -> bool:
    """Tell whether `line` reads as a sentence: it then is no command, whatever words it has.

    What stands in quotes or backticks is not looked at, except that a sentence may end in it. In doubt the
    answer is no: a sentence on the line does no harm, a command withheld does.
    """
    # 512 characters tell enough, and bound the work.
    line = line[:512].strip().lstrip("*_#> ")
    words = _QUOTED.sub(" ", line).split()
    if not words:
        return False
    first = words[0].replace("’", "'")
    if _cannot_be_run(first) or _CJK_STOP.search(line) or any(word in "—–" for word in words):
        return True
    bare = [word.strip("*_,.;:!?()'\"").lower().replace("’", "'") for word in words]
    glue = sum(bool(_GLUE.fullmatch(word)) for word in bare[1:])
    marks = sum(bool(_SHELL_MARK.search(word)) for word in words)
    ends = bool(_SENTENCE_END.search(line))
    if _OPENER.fullmatch(bare[0]):
        return marks == 0 or glue > 1
    if _CAPITALISED.match(first):
        words_only = marks == 0 and all(word.isalpha() for word in bare) and len(first) > 2
        return words_only or glue > 0 or ends or bool(_NEXT_SENTENCE.search(line))
    return marks == 0 and glue > 0 and ends and len(words) > 2


def _cannot_be_run(word: str) -> bool:
    """Tell whether `word` names no command: other scripts, an option, data, letters with a full stop."""
    if any(char.isalpha() and not char.isascii() for char in word):
        return "=" not in word and "/" not in word
    return bool(re.match(r"""[A-Za-z']+[,:!?.][*_]{0,2}$|-|[{\[]["']|[Nn]/[Aa]$""", word))
