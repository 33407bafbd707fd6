"""How risky is a line? Judged by what it means, without running anything of it.

    from caro_shell import safety

    safety.judge("rm -rf /var/www", "bash").level   # Level.DANGER

`grammar` parses, `script` collects the calls (`words` what their words are, `wrappers` what runs what),
`rules` say what is wrong with them, `places` what a path is worth.
"""

from __future__ import annotations

from caro_shell.safety.judge import judge
from caro_shell.safety.verdict import Level, Reason, Verdict

__all__ = ["Level", "Reason", "Verdict", "judge"]
