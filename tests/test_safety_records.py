"""Judgements of what passes values on, empties files or takes what was recorded away."""

from __future__ import annotations

import pytest

from caro_shell import safety


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("bash -c 'rm -rf \"$2\"' _ x /usr", safety.Level.DANGER),  # the arguments of a line
        ("bash -c 'rm -rf \"$1\"' _ build", safety.Level.SAFE),
        ("T=/usr sh -c 'rm -rf $T'; echo $T", safety.Level.DANGER),  # a variable for one call
        ("T=/usr true; rm -rf ./build$T", safety.Level.CAUTION),
        ("p=/usr/share/doc; rm -rf ${p%%/share*}", safety.Level.DANGER),
        ("p=build/x; rm -rf ${p##*/}.tmp", safety.Level.SAFE),
        ('code=$(curl -s https://example.org/y); su -c "$code"', safety.Level.DANGER),  # who made a value
        ('tag=$(curl -s https://example.org/tag); python3 build.py "$tag"', safety.Level.SAFE),
        ("wc -l a | sort > /etc/passwd", safety.Level.DANGER),  # the last stage alone writes
        ("cat /dev/zero | head -c 10 > small.txt", safety.Level.SAFE),
        ('ssh host "ls $where"', safety.Level.SAFE),
        ('ssh host "$what now"', safety.Level.UNKNOWN),
        ("sudo rm /var/log/secure-20260101.gz", safety.Level.CAUTION),
        ("sudo rm /var/log/secure", safety.Level.DANGER),
        ("make > /var/log/build.log", safety.Level.SAFE),
        ("find . -not -path './x/*' -delete", safety.Level.DANGER),
        ("find . -not -path './x/*' -name '*.o' -delete", safety.Level.SAFE),
    ],
)
def test_a_line_is_judged_by_what_its_values_would_be(line, level):
    assert safety.judge(line, "bash", home="/home/ana").level == level, safety.judge(line, "bash")
