"""Where the user gets distributions from: pip's and uv's own settings, never those of the change.

Read are the environment (``PIP_INDEX_URL``, ``UV_DEFAULT_INDEX``, ...), pip's configuration files and uv's
user and system ``uv.toml``, as documented by both; a project's own configuration is not looked at.
"""

from __future__ import annotations

import configparser
import netrc
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

PYPI = "https://pypi.org/simple"
_FILE_HOSTS = {"pypi.org": ("files.pythonhosted.org",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSettings:
    """Simple index URLs, best first, and folders or pages of files (``--find-links``); the CA file, if one is set."""

    indexes: tuple[str, ...]
    find_links: tuple[str, ...] = ()
    ca_file: str | None = None
    credentials: Mapping[str, tuple[str, str]]

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts the user named, and those that PyPI keeps its files on."""
        found = {urlsplit(url).hostname or "" for url in (*self.indexes, *self.find_links)}
        for host in tuple(found):
            found.update(_FILE_HOSTS.get(host, ()))
        return frozenset(found - {""})


def index_settings(environ: Mapping[str, str]) -> IndexSettings:
    """The user's settings from the environment and configuration files; broken files count as absent."""
    pip = _pip_files(environ)
    uv = _uv_files(environ)
    main = (
        environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL") or environ.get("PIP_INDEX_URL")
        or uv.get("main", "") or " ".join(pip.get("index-url", ""))
    ).strip()  # fmt: skip
    off = environ.get("PIP_NO_INDEX", "").lower() in {"1", "true", "yes", "on"} or pip.get("no-index") == ["true"]
    extra = [
        *environ.get("UV_INDEX", "").split(),
        *environ.get("UV_EXTRA_INDEX_URL", "").split(),
        *environ.get("PIP_EXTRA_INDEX_URL", "").split(),
        *uv.get("extra", "").split(),
        *pip.get("extra-index-url", []),
    ]
    links = [
        *environ.get("UV_FIND_LINKS", "").replace(",", " ").split(),
        *(environ.get("PIP_FIND_LINKS", "").split() or pip.get("find-links", [])),
    ]
    credentials = dict(_netrc(environ))
    urls = [] if off else [_unnamed(url) for url in (main.split()[0] if main else PYPI, *extra)]
    clean = [_without_user(url, credentials) for url in urls if "://" in url]
    ca = next((environ[key] for key in ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE") if environ.get(key)), None)
    return IndexSettings(
        indexes=tuple(dict.fromkeys(url.rstrip("/") for url in clean)),
        find_links=tuple(dict.fromkeys(_as_url(_without_user(link, credentials)) for link in links)),
        ca_file=ca or next(iter(pip.get("cert", [])), None),
        credentials=credentials,
    )


def _unnamed(url: str) -> str:
    """``name=https://…`` (uv's named indexes) without the name."""
    head, sign, rest = url.partition("=")
    return rest if sign and "://" in rest and "://" not in head and "/" not in head else url


def _as_url(link: str) -> str:
    return link if "://" in link else Path(link).expanduser().absolute().as_uri()


def _without_user(url: str, credentials: dict[str, tuple[str, str]]) -> str:
    """A URL without its user and password, which are kept for its host."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    user, _, host = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    credentials[parts.hostname or ""] = (unquote(name), unquote(password))
    return urlunsplit((parts.scheme, host, parts.path, parts.query, parts.fragment))


def _netrc(environ: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, str]]]:
    named = environ.get("NETRC")
    home = environ.get("HOME")
    place = Path(named) if named else (Path(home) / ".netrc" if home else None)
    if place is None or not place.is_file():
        return
    try:
        entries = netrc.netrc(str(place)).hosts
    except (netrc.NetrcParseError, OSError, UnicodeDecodeError):
        return
    for host, (login, _, password) in entries.items():
        yield host, (login or "", password or "")


def _pip_files(environ: Mapping[str, str]) -> dict[str, list[str]]:
    """``[global]`` and ``[install]`` of pip's configuration files, later files over earlier ones."""
    home = environ.get("HOME", "")
    config_home = environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    named = environ.get("PIP_CONFIG_FILE", "")
    if named == "/dev/null":
        return {}
    places = ["/etc/xdg/pip/pip.conf", "/etc/pip.conf"]
    if home:
        places += [f"{home}/.pip/pip.conf", f"{config_home}/pip/pip.conf"]
        places.append(f"{home}/Library/Application Support/pip/pip.conf")
    places += [f"{environ['VIRTUAL_ENV']}/pip.conf"] if environ.get("VIRTUAL_ENV") else []
    places += [named] if named else []
    found: dict[str, list[str]] = {}
    for place in places:
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read(place, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue
        for section in ("global", "install", "download"):
            if parser.has_section(section):
                found.update({key.replace("_", "-"): value.split() for key, value in parser.items(section)})
    return found


def _uv_files(environ: Mapping[str, str]) -> dict[str, str]:
    """The main index and the further ones of uv's user and system settings."""
    home = environ.get("HOME", "")
    config_home = environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    if environ.get("UV_NO_CONFIG"):
        return {}
    places = [environ["UV_CONFIG_FILE"]] if environ.get("UV_CONFIG_FILE") else ["/etc/uv/uv.toml"]
    places += [f"{config_home}/uv/uv.toml"] if home else []
    main, extra = "", []
    for place in places:
        try:
            settings = tomllib.loads(Path(place).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(settings.get("index-url"), str):
            main = settings["index-url"]
        if isinstance(settings.get("extra-index-url"), list):
            extra += [url for url in settings["extra-index-url"] if isinstance(url, str)]
        listed = settings.get("index")
        for index in listed if isinstance(listed, list) else []:
            if isinstance(index, dict) and isinstance(index.get("url"), str):
                if index.get("default") is True:
                    main = index["url"]
                else:
                    extra.append(index["url"])
    return {"main": main, "extra": " ".join(extra)}
