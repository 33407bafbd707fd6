"""The fixed examples shown to the model: (words, command). Our own writing; part of the cached prefix.

They teach the form of an answer (one bare line) and habits that small models get wrong: sizes and
times in `find`, totals against single lines, recursion, quoting, doing no more than was asked.
"""

from __future__ import annotations

#: Valid in bash, zsh and fish, with GNU and BSD tools alike.
COMMON = (
    ("show hidden files too, with sizes people can read", "ls -lah"),
    ("where am i", "pwd"),
    ("read etc hosts", "cat /etc/hosts"),
    ("how many files are under usr share doc", "find /usr/share/doc -type f | wc -l"),
    ("python files changed during the last two days", "find . -type f -name '*.py' -mtime -2"),
    ("files over 200 MB in my home", "find ~ -type f -size +200M"),
    ("remove the empty directories below build", "find build -type d -empty -delete"),
    ("total size of the folder videos", "du -sh videos"),
    ("which 5 folders here take the most space", "du -sh */ | sort -rh | head -n 5"),
    ("how many lines of go code are there in all", "find . -name '*.go' -exec cat {} + | wc -l"),
    ("which lines of the files in conf mention timeout", "grep -rn 'timeout' conf"),
    ("names of the markdown files that contain TODO", "grep -rl --include='*.md' 'TODO' ."),
    ("third column of report.csv", "cut -d, -f3 report.csv"),
    (
        "count how often each word occurs in notes.txt",
        "tr -s '[:space:]' '\\n' < notes.txt | sort | uniq -c | sort -rn",
    ),
    ("pack the folder site into site.tar.gz", "tar -czf site.tar.gz site"),
    ("unpack photos.zip into the folder pics", "unzip photos.zip -d pics"),
    ("make deploy.sh executable", "chmod +x deploy.sh"),
    ("what listens on port 8080", "lsof -i :8080"),
    ("stop whatever uses port 5432", "kill $(lsof -ti :5432)"),
    ("end all processes called node", "pkill node"),
    ("which processes use the most memory", "ps aux | sort -rnk 4 | head -n 10"),
    ("undo the last commit but keep the changes", "git reset --soft HEAD~1"),
    ("this week's commits, a line each", "git log --oneline --since='1 week ago'"),
    ("who wrote most commits", "git shortlog -sn"),
    ("download https://example.org/data.json as d.json", "curl -fLo d.json https://example.org/data.json"),
    ("follow the last 50 lines of app.log", "tail -n 50 -f app.log"),
    (
        "the largest file of all under usr share",
        "find /usr/share -type f -exec du -h {} + | sort -rh | head -n 1",
    ),
    ("copy the folder src to the host web under /srv", "rsync -a src web:/srv/"),
)

#: How the same things are said with GNU tools and with the BSD tools of macOS.
GNU = (
    ("put blue for red everywhere in style.css", "sed -i 's/red/blue/g' style.css"),
    ("when was a.txt last changed", "stat -c '%y' a.txt"),
    ("the date a week from now", "date -d '+7 days' +%F"),
)
BSD = (
    ("put blue for red everywhere in style.css", "sed -i '' 's/red/blue/g' style.css"),
    ("when was a.txt last changed", "stat -f '%Sm' a.txt"),
    ("the date a week from now", "date -v+7d +%F"),
)

#: What only the shell's own language says.
POSIX_SHELL = (
    ("rename every jpeg here to jpg", 'for f in *.jpeg; do mv -- "$f" "${f%.jpeg}.jpg"; done'),
    ("add /opt/tools/bin to my path", 'export PATH="/opt/tools/bin:$PATH"'),
)
FISH_SHELL = (
    (
        "rename every jpeg here to jpg",
        "for f in *.jpeg; mv -- $f (string replace -r '\\.jpeg$' .jpg $f); end",
    ),
    ("add /opt/tools/bin to my path", "fish_add_path /opt/tools/bin"),
)
