"""Which part of the system a path is: what would be lost with it."""

from __future__ import annotations

import enum
import fnmatch
import posixpath
import re

from caro_shell.safety.call import SOMETHING, UNKNOWN, Word


class Place(enum.Enum):
    """Kinds of places, as far as losing them differs."""

    ROOT = "the whole system"
    SYSTEM = "a directory of the system"
    VITAL = "a file the system needs"
    DEVICE = "a raw device"
    HOME = "a whole home directory"
    PRECIOUS = "something of the home that everything depends on"
    ABOVE = "the directory above"
    HERE = "everything in this directory"
    CORE = "a part of what the system runs on"
    DRIVE = "everything on a drive"
    EMPTY = "the whole system, if a variable is empty"
    INSIDE = "a part of the system"
    PLAIN = "a file or directory of one's own"
    BUILT = "what can be made again"
    TEMPORARY = "a temporary file"
    SINK = "nothing that is kept"
    OPEN = "not known"


_TOP = (
    "bin boot dev etc home lib lib32 lib64 libx32 media mnt opt proc root run sbin srv sys usr var"
    " Applications Library System Users Volumes private cores nix snap efi"
)
#: Directories right below the root.
TOP = frozenset(_TOP.split())
_FURTHER = (
    "/usr/bin /usr/lib /usr/lib64 /usr/sbin /usr/share /usr/local /usr/local/bin /usr/local/lib"
    " /usr/include /usr/lib/modules /usr/lib/systemd /lib/modules /lib/systemd /var/lib /var/log /var/www"
    " /var/mail /var/spool /var/db /var/backups /var/cache /var/run /var/lib/mysql /var/lib/postgresql"
    " /var/lib/docker /var/lib/dpkg /var/lib/rpm /var/lib/etcd /etc/ssh /etc/ssl /etc/systemd /etc/apt"
    " /etc/pam.d /etc/sudoers.d /etc/init.d /etc/nginx /etc/letsencrypt /etc/letsencrypt/live /etc/letsencrypt/archive /etc/ssl/private /etc/kubernetes /etc/kubernetes/pki /boot/efi /boot/grub"
    " /System/Library /private/etc /private/var /opt/homebrew"
)
#: Directories further down that are worth as much.
_SYSTEM = frozenset(_FURTHER.split())
#: Files without which the system does not start, or is open to others.
_VITAL = re.compile(
    r"""/etc/(?:doas\.conf|polkit-1/rules\.d/.*|passwd|shadow|group|gshadow|sudoers(?:\.d/.*)?|fstab|hosts|crypttab|ld\.so\.(?:preload|conf)
      |resolv\.conf|profile|ssh/(?:sshd?_config|ssh_host_[\w.*?-]+)|pam\.d/.*|inittab|default/grub|crontab|environment|nsswitch\.conf
      |machine-id|bash\.bashrc)
    |/boot/(?:vmlinu[xz]|initr|grub|efi|config|System\.map).*|/proc/(?:sysrq-trigger|sys/.*)
    |(?:/usr)?/lib(?:64)?/(?:.*/)?(?:ld-linux.*
      |lib(?:c|m|pthread|dl|rt|util|pam|crypt|crypto|ssl|selinux|systemd|stdc\+\+|gcc_s|tinfo|resolv|nss_\w+|z)[.-].*)
    |/(?:usr/)?s?bin/(?:bash|sh|sudo|init|login|su|mount|systemctl|passwd|env|ls|cp|mv|rm|cat|dd|chmod|chown
      |kill|dash|zsh|fish|sshd?|getty|agetty|apt|apt-get|dpkg|rpm|dnf|yum|pacman|perl|python3?)
    |(?:/usr)?/lib/systemd/systemd
    |/sys/(?:block|class|bus|devices)/.*/(?:delete|remove|unbind|online)|/var/lib/(?:mysql/ibdata\d|dpkg/status|rpm/(?:Packages|rpmdb\.sqlite))|/vmlinuz|/initrd\.img|/swapfile""",
    re.VERBOSE,
)
#: Below these everything belongs to the system; below /etc and /var/lib the first level does.
_CORE = re.compile(
    r"/(?:usr/)?(?:s?bin|lib(?:32|64|x32)?)/|/boot/|/System/|/dev/|/proc/|/sys/|/(?:etc|var/lib)/[^/]+/?$"
    r"|/var/lib/(?:mysql|mariadb|postgres\w*|pgsql|mongo\w*|redis|etcd|docker|containerd|rancher|kubelet|dpkg|rpm)/"
)
_DEVICE = re.compile(
    r"/dev/(?:r?disk\d+(?:s\d+)?|(?:sd|hd|vd|xvd|dasd)[\w*?\[\1\0][^/]*|(?:nbd|zd|drbd|bcache|ada|da|nvd|nda|wd)\d[^/]*|root|nvme[^/]*|mmcblk[^/]*|mapper/.+|dm-\d+|md\d+|md/.+"
    r"|disk/by-[^/]+/.+|mem|kmem|port|mtd.*|[\1\0]+|vg[^/]*/.+|ubuntu-vg/.+|sr\d|fd\d+|zvol/.+|pmem\d+)"
)
#: Where a drive is mounted: by hand, by a desktop for its person, on a Mac.
_DRIVE = re.compile(r"/(?:mnt|Volumes|media(?:/[^/]+)?)/[^/]+")
_SINK = re.compile(
    r"/dev/(?:null|zero|full|tty.*|std(?:in|out|err)|fd/.*|pts/.*|u?random|shm/.+|(?:tcp|udp)/.*|loop.*|video.*)|-"
)
_HOMES = re.compile(r"(?:/home|/Users)/[^/]+|/root|/var/root")
_PRECIOUS = re.compile(
    r"(?:\.ssh|\.gnupg(?:/(?:private-keys-v1\.d|(?:pub|sec)ring\.\w+|trustdb\.gpg))?|\.local/share/keyrings|\.mozilla/firefox|\.config/(?:google-chrome|chromium)|\.config|\.local(?:/share)?|\.aws|\.kube|\.mozilla|\.password-store|\.bashrc|\.zshrc|\.profile"
    r"|\.bash_profile|\.config/fish|\.git|Documents|Desktop|Pictures|Music|Videos|Movies|Library|Photos|Dropbox"
    r"|\.ssh/(?:id_\w+|authorized_keys|config)|\.config/fish/config\.fish|\.bash_history|\.zsh_history|\.zprofile|\.zshenv"
    r"|\.thunderbird|\.gitconfig|\.vault-token|\.netrc|\.docker/config\.json|\.kube/config|\.aws/credentials|Library/.*|\.vimrc)(?:/\*)?"
)
#: What a repository is made of.
_HISTORY = re.compile(
    r"(?:^|/)\.git/(?:objects(?:/pack)?|refs(?:/heads|/stash)?|logs|HEAD|index|packed-refs)(?:/\*)?$"
)
_TEMPORARY = re.compile(r"(?:/private)?(?:/var)?/tmp(?:/.*)?|/dev/shm(?:/.*)?|/var/folders/.*|/run/user/.*")
#: What a build, a package manager or an editor makes again.
_BUILT = re.compile(
    r"""(?:.*/)?(?:builds?|dist|target|out|output|bin|obj|node_modules|__pycache__|\.?venv|env|\.?caches?|Caches
      |coverage|htmlcov|\.(?:pytest|mypy|ruff|parcel|sass)[_-]cache|\.tox|\.nox|\.next|\.nuxt|\.turbo|\.gradle
      |\.eggs|\.ipynb_checkpoints|\.svelte-kit|\.angular|\.terraform|\.nyc_output|bower_components|vendor/bundle
      |DerivedData|Pods|_build|_?site|public|\.hypothesis|te?mp|tmp[-._].*|.*\.egg-info
      |.*[-_.](?:build|tmp|temp|cache)|(?:build|cmake-build|dist|test|bazel)[-_].*|\.DS_Store|logs?|test-results
      |_cacache|registry/cache|\.m2/repository|reports?|generated|gen|artifacts|\.?Trash|scratch|junk|old_?builds?|__MACOSX|storybook-static)
    (?:/\*{0,2}|/.*)?""",
    re.VERBOSE,
)


def locate(word: Word, home: str, cwd: str) -> Place:
    """Return the place that `word` is the path of, for a person with that `home`, called in `cwd`."""
    text = word.text
    if re.match(r"[a-z][a-z0-9+.-]+://", text):
        return Place.OPEN
    if text.strip(UNKNOWN) == "" and text:
        return Place.OPEN
    if _may_vanish(text):
        return Place.EMPTY
    relative = not text.startswith(("/", UNKNOWN)) and cwd.startswith((UNKNOWN, SOMETHING))
    path = absolute(text, "." if relative else cwd)  # what a name says holds wherever it is
    if word.glob:
        path = _whole(path)
    if UNKNOWN in path or path.startswith(SOMETHING):
        return _partly_known(path, home)
    return _of(path, home)


def absolute(text: str, cwd: str) -> str:
    """Return the path `text`, normalised; one that begins at an unknown or the person's directory stays so."""
    path = text if text.startswith(("/", UNKNOWN)) else posixpath.join(cwd, text)
    return re.sub(r"^//+", "/", posixpath.normpath(path or "."))


def _may_vanish(text: str) -> bool:
    """Say whether the unknown beginning, if it is empty, leaves the root or a directory right below it."""
    if not text.startswith(UNKNOWN):
        return False
    rest = text.replace(UNKNOWN, "")
    return bool(re.fullmatch(r"/+(?:\.?\*+|\.|\{.*)?/?\**", rest)) or rest.strip("/") in TOP


#: The last part of a path that leaves (nearly) nothing out.
_ALL = re.compile(r"\.?(?:[*?]|\[[^]]*\])*\*(?:[*?]|\[[^]]*\])*(?:\.\*)?")


def _whole(path: str) -> str:
    """Return the directory of which the wildcards of `path` leave nothing out, else `path`."""
    head, _, tail = path.rpartition("/")
    while _ALL.fullmatch(tail):
        path = head or ("/" if path.startswith("/") else ".")
        if path in ("/", "."):
            break
        head, _, tail = path.rpartition("/")
    return path


def _partly_known(path: str, home: str) -> Place:
    known = path.split(UNKNOWN, maxsplit=1)[0].split(SOMETHING, maxsplit=1)[0]
    if not known.startswith("/"):
        return Place.OPEN if not known else Place.PLAIN
    if _TEMPORARY.fullmatch(known.rstrip("/")):
        return Place.TEMPORARY
    inside = _of(posixpath.normpath(known), home)
    if inside is Place.ROOT and known == "/":
        return Place.SYSTEM
    if inside is Place.DEVICE or path.startswith("/dev/"):
        return Place.DEVICE
    if _CORE.match(known):
        return Place.CORE
    return Place.INSIDE if inside in (Place.SYSTEM, Place.INSIDE, Place.VITAL) else Place.PLAIN


def _of(path: str, home: str) -> Place:  # noqa: C901
    if _SINK.fullmatch(path):
        return Place.SINK
    if path.rpartition("/")[2] in (".git", ".hg") or _HISTORY.search(path):
        return Place.PRECIOUS
    if path == "/":
        return Place.ROOT
    if _DEVICE.fullmatch(path):
        return Place.DEVICE
    home, temporary = home.rstrip("/"), bool(_TEMPORARY.fullmatch(path))
    # A home may be a temporary directory, as in a container: the home counts.
    around = posixpath.dirname(home) == path and not temporary
    if path in (home, "/home", "/Users", "~") or _HOMES.fullmatch(path) or around:
        return Place.HOME
    inside = re.sub(rf"^(?:{re.escape(home)}|/home/[^/]+|/Users/[^/]+|/root)/", "", path)
    if inside != path and _PRECIOUS.fullmatch(inside):
        return Place.PRECIOUS
    if temporary:
        return Place.TEMPORARY
    if inside != path:
        return Place.BUILT if _BUILT.fullmatch(inside) else Place.PLAIN
    if path.startswith("/"):
        return _of_system(path)
    if path == ".":
        return Place.HERE
    up = re.fullmatch(r"(?:\.\./){3,}((\w+).*)", path)
    if up and up[2] in TOP:  # that far up is the root
        return _of_system("/" + up[1])
    if re.fullmatch(r"\.\.(?:/\.\.)*", path):
        return Place.ABOVE
    return Place.BUILT if _BUILT.fullmatch(path) else Place.PLAIN


def _of_system(path: str) -> Place:
    first, _, rest = path[1:].partition("/")
    names = fnmatch.filter(TOP, first) if re.search(r"[*?\[]", first) else [first]
    if not rest and (any(name in TOP for name in names) or first.strip(SOMETHING) == ""):
        return Place.SYSTEM
    if _VITAL.fullmatch(path):
        return Place.VITAL
    if path in _SYSTEM:
        return Place.SYSTEM
    if _CORE.match(path):
        return Place.CORE
    if any(name in TOP for name in names):
        if first in ("mnt", "media", "Volumes"):
            return Place.DRIVE if _DRIVE.fullmatch(path) else Place.PLAIN
        return Place.BUILT if _BUILT.fullmatch(rest) and first in ("opt", "srv", "var") else Place.INSIDE
    return Place.PLAIN
