"""Programs in other languages, and commands in options."""

from __future__ import annotations

import pytest

from caro_shell.safety import Level, judge

LINES = [
    ("python3 -c \"from shutil import rmtree as r; r('/etc')\"", Level.DANGER),
    ("ruby -rfileutils -e 'FileUtils.rm_rf Dir.home'", Level.DANGER),
    ("echo 'file delete -force /home' | tclsh", Level.DANGER),
    ("perl -i -ne '' /etc/passwd", Level.DANGER),
    ("gawk -i inplace '{}' /etc/fstab", Level.DANGER),
    ("vim -es -c '%d' -c wq /etc/fstab", Level.DANGER),
    ("pwsh -enc ZQBjAGgAbwA=", Level.DANGER),
    ("gawk -i inplace '!seen[$0]++' list.txt", Level.SAFE),
    ("ex -sc '%s/a/b/g|x' notes.txt", Level.SAFE),
    ("python3 -c 'import shutil as s; s.rmtree(\"/var\")'", Level.DANGER),
    ("python3 -Ic \"import os; os.system('sudo rm -rf /usr')\"", Level.DANGER),
    ("python3 -c \"import subprocess as s; s.Popen(['rm', '-r', '-f', '/home'])\"", Level.DANGER),
    (
        "python3 -c \"import os; [os.unlink(os.path.join(d, f)) for d, _, fs in os.walk('/etc') for f in fs]\"",
        Level.DANGER,
    ),
    ("perl -we 'unlink(glob(\"/usr/bin/*\"))'", Level.DANGER),
    ("perl -MFile::Path=rmtree -e 'rmtree \"/home\"'", Level.DANGER),
    ('ruby -e \'system("rm", "-rf", Dir.home)\'', Level.DANGER),
    ("node --eval \"require('fs').rmdirSync('/usr', {recursive: true})\"", Level.DANGER),
    ("php -r '`rm -rf /etc`;'", Level.DANGER),
    ("awk 'BEGIN { system(\"mkfs.ext4 /dev/sda1\") }'", Level.DANGER),
    ("gawk '{ print > \"/etc/shadow\" }' a", Level.DANGER),
    ('lua -e \'os.execute("rm -rf " .. "/usr")\'', Level.DANGER),
    ("osascript -e 'do shell script \"rm -rf /Users\"'", Level.DANGER),
    ("python3 -c \"exec(bytes.fromhex('7072').decode())\"", Level.DANGER),
    ("python3 -c \"from urllib.request import urlopen as u; exec(u('http://h').read())\"", Level.DANGER),
    ("echo 'import shutil; shutil.rmtree(\"/opt\")' | python3 -", Level.DANGER),
    ("tar xf a.tar --to-command='rm -rf ~'", Level.DANGER),
    ("git -c alias.s='!rm -rf ~' s", Level.DANGER),
    ("GIT_SSH_COMMAND='rm -rf ~' git fetch", Level.DANGER),
    ("vim -es -c '!rm -rf /etc' -c q", Level.DANGER),
    ("printf '!rm -rf /etc\\nq\\n' | ed", Level.DANGER),
    ("perl -e 'fork while 1; fork while fork'", Level.DANGER),
    ('python3 -c "$1"', Level.UNKNOWN),
    ("python3 -c 'import os, sys; os.system(sys.argv[1])' x", Level.UNKNOWN),
    ('awk "$prog" a', Level.UNKNOWN),
    ("perl -e 'system(shift)' ls", Level.UNKNOWN),
    ("LD_PRELOAD=./hook.so ls", Level.CAUTION),
    ("python3 -c 'import shutil; shutil.rmtree(\"thesis\")'", Level.CAUTION),
    ("python3 -c 'import shutil; shutil.rmtree(\"build\")'", Level.SAFE),
    ("python3 -c \"print('rm -rf /')\"", Level.SAFE),
    ("python3 -c \"import ast; print(ast.literal_eval('[1]'))\"", Level.SAFE),
    ("python3 -c \"import base64; print(base64.b64decode('aGk='))\"", Level.SAFE),
    ("python3 -c \"open('notes.txt', 'w').write('x')\"", Level.SAFE),
    ("perl -pi.bak -e 's/system\\(x\\)/y/' a.c", Level.SAFE),
    ("perl -lane 'print $F[0]' a", Level.SAFE),
    ("node -e 'console.log(/b/.exec(\"abc\").index)'", Level.SAFE),
    ("awk '/system/ { print $2 }' a", Level.SAFE),
    ("awk '$3 > \"/tmp\" { n++ } END { print n }' a", Level.SAFE),
    ("awk '{ print $1 | \"sort\" }' a", Level.SAFE),
    ("git config --global alias.co checkout", Level.SAFE),
    ("tar czf a.tgz --exclude=.git .", Level.SAFE),
    ("EDITOR=vim git commit", Level.SAFE),
]


@pytest.mark.parametrize(("line", "level"), LINES)
def test_the_level_of_a_line(line: str, level: Level) -> None:
    assert judge(line, home="/home/ana").level is level, line
