"""Where the user gets distributions from: the environment, pip's and uv's files, netrc; never the change."""

from __future__ import annotations

from pathlib import Path

from guard.artifacts.index_settings import PYPI, index_settings


def test_without_settings_it_is_pypi_and_its_file_host(tmp_path: Path) -> None:
    found = index_settings({"HOME": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null"})
    assert found.indexes == (PYPI,)
    assert found.hosts == {"pypi.org", "files.pythonhosted.org"}


def test_the_environment_comes_first_and_credentials_leave_the_url(tmp_path: Path) -> None:
    found = index_settings(
        {
            "HOME": str(tmp_path),
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_INDEX_URL": "https://ignored.example/simple",
            "UV_DEFAULT_INDEX": "https://me:s%20cret@pkg.example/simple/",
            "UV_INDEX": "extra=https://two.example/simple three",
            "PIP_EXTRA_INDEX_URL": "https://four.example/simple",
        }
    )
    assert found.indexes == (
        "https://pkg.example/simple",
        "https://two.example/simple",
        "https://four.example/simple",
    )
    assert found.credentials["pkg.example"] == ("me", "s cret")


def test_pip_conf_uv_toml_and_netrc(tmp_path: Path) -> None:
    (tmp_path / ".config" / "pip").mkdir(parents=True)
    (tmp_path / ".config" / "uv").mkdir(parents=True)
    (tmp_path / ".config" / "pip" / "pip.conf").write_text(
        "[global]\nindex-url = https://pip.example/simple\nextra-index-url =\n  https://a.example/simple\n"
        "  file:///opt/mirror/simple\nfind-links = /opt/wheels\ncert = /etc/ca.pem\n"
    )
    (tmp_path / ".config" / "uv" / "uv.toml").write_text(
        '[[index]]\nname = "main"\nurl = "https://uv.example/simple"\ndefault = true\n'
        '[[index]]\nurl = "https://b.example/simple"\n'
    )
    (tmp_path / ".netrc").write_text("machine uv.example login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    found = index_settings({"HOME": str(tmp_path)})
    assert found.indexes[0] == "https://uv.example/simple"
    assert set(found.indexes) >= {"https://b.example/simple", "https://a.example/simple", "file:///opt/mirror/simple"}
    assert found.find_links == ("file:///opt/wheels",)
    assert found.credentials["uv.example"] == ("me", "secret")
    assert found.ca_file == "/etc/ca.pem"
    by_environment = index_settings({"HOME": str(tmp_path), "SSL_CERT_FILE": "/mine.pem"})
    assert by_environment.ca_file == "/mine.pem"


def test_broken_files_count_as_absent(tmp_path: Path) -> None:
    (tmp_path / ".config" / "pip").mkdir(parents=True)
    (tmp_path / ".config" / "pip" / "pip.conf").write_bytes(b"\xff\xfe[global")
    (tmp_path / ".config" / "uv").mkdir(parents=True)
    (tmp_path / ".config" / "uv" / "uv.toml").write_text("[[[")
    (tmp_path / ".netrc").write_text("machine\nlogin ::: password")
    assert index_settings({"HOME": str(tmp_path)}).indexes[0] == PYPI


def test_no_index_leaves_only_the_folders(tmp_path: Path) -> None:
    found = index_settings(
        {"HOME": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/opt/wheels"}
    )
    assert (found.indexes, found.find_links) == ((), ("file:///opt/wheels",))
