"""The environment: defaults, and a refusal that names the variable for everything that makes no sense."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal import variables
from portal.config import DEMO_RECEIVER, ROOT, Config, Pix, from_environ
from portal.domain.pix import Receiver
from portal.environ import ConfigError

SECRET = "s" * 32
KEYS = "1:" + "0f" * 32
NEEDED = {"PORTAL_SECRET_KEY": SECRET, "PORTAL_ENCRYPTION_KEYS": KEYS}
EVERY = variables.KNOWN


@pytest.fixture
def instance(tmp_path) -> Path:
    """Return the instance folder, which does not exist yet."""
    return tmp_path / "instance"


@pytest.fixture
def read(instance):
    """Return a reader of an otherwise sound environment outside demo mode; None takes a variable away."""

    def reader(**changes: str | None) -> Config:
        environ = NEEDED | {"PORTAL_INSTANCE": str(instance)} | changes
        return from_environ({name: value for name, value in environ.items() if value is not None})

    return reader


def test_a_secret_is_all_that_has_to_be_set(read, instance) -> None:
    assert read() == Config(
        database_url=f"sqlite:///{instance}/portal.db",
        secret_key=SECRET,
        instance=instance,
        is_demo=False,
        now=None,
        host="127.0.0.1",
        port=8000,
        threads=8,
        base_url=None,
        trusted_proxy=None,
        smtp_url=None,
        mail_from=None,
        is_scheduling=True,
        pix=None,
        trust_days=3,
        grace_days=0,
        lease_days=15,
        encryption_keys={"1": b"\x0f" * 32},
        is_testing=False,
    )


def test_an_empty_value_counts_as_not_set(read) -> None:
    blank = dict.fromkeys(EVERY - {*NEEDED, "PORTAL_INSTANCE"}, "")
    assert read(**blank) == read()


def test_the_instance_folder_stands_beside_the_entry_point_unless_told(tmp_path, monkeypatch) -> None:
    assert (ROOT / "app.py").is_file()
    monkeypatch.setattr("portal.config.ROOT", tmp_path)
    assert from_environ(NEEDED).instance == tmp_path / "instance"


def test_everything_can_be_set(read, instance) -> None:
    config = read(
        DATABASE_URL="postgresql://portal:p%40ss@db.example.com:5433/portal",
        PORT="8080",
        PORTAL_HOST="0.0.0.0",
        PORTAL_BASE_URL="https://parceiro.example.com/",
        PORTAL_TRUSTED_PROXY="10.0.0.5",
        PORTAL_THREADS="16",
        PORTAL_SMTP_URL="smtps://portal:secret@mail.example.com:465",
        PORTAL_MAIL_FROM="portal@example.com",
        PORTAL_SCHEDULER="0",
        PORTAL_PIX_KEY="11222333000181",
        PORTAL_PIX_NAME="Casa do Software",
        PORTAL_PIX_CITY="São Paulo",
        PORTAL_PIX_WEBHOOK_SECRET="w" * 32,
        PORTAL_TRUST_DAYS="31",
        PORTAL_GRACE_DAYS="31",
        PORTAL_LEASE_DAYS="60",
        PORTAL_ENCRYPTION_KEYS=f"2:{'AB' * 32}, {KEYS}",
        PORTAL_CHROMIUM="/usr/bin/chromium",
        OTHER_PROGRAMS_VARIABLE="anything",
    )
    assert config == Config(
        database_url="postgresql+psycopg://portal:p%40ss@db.example.com:5433/portal",
        secret_key=SECRET,
        instance=instance,
        host="0.0.0.0",
        port=8080,
        threads=16,
        base_url="https://parceiro.example.com",
        trusted_proxy="10.0.0.5",
        smtp_url="smtps://portal:secret@mail.example.com:465",
        mail_from="portal@example.com",
        is_scheduling=False,
        pix=Pix(Receiver("11222333000181", "Casa do Software", "São Paulo"), "w" * 32),
        trust_days=31,
        grace_days=31,
        lease_days=60,
        encryption_keys={"2": b"\xab" * 32, "1": b"\x0f" * 32},
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("postgres://u:p@host/db", "postgresql+psycopg://u:p@host/db"),
        ("postgresql://u:p@host/db", "postgresql+psycopg://u:p@host/db"),
        ("postgresql+psycopg://u:p@host/db", "postgresql+psycopg://u:p@host/db"),
        ("sqlite:////var/lib/portal/portal.db", "sqlite:////var/lib/portal/portal.db"),
    ],
)
def test_the_spellings_of_a_database_url(read, written, meant) -> None:
    assert read(DATABASE_URL=written).database_url == meant


@pytest.mark.parametrize(
    ("base_url", "is_https"),
    [("https://parceiro.example.com", True), ("http://10.0.0.5:8000", False), (None, False)],
)
def test_cookies_are_for_https_where_users_come_by_https(read, base_url, is_https) -> None:
    assert read(PORTAL_BASE_URL=base_url).is_https is is_https


REFUSED = [
    ("PORTAL_NO_SUCH_THING", "1", "no such setting"),
    ("PORTAL_DEM0", "1", "no such setting"),
    ("PORTAL_DEMO", "yes", "must be 0 or 1"),
    ("PORTAL_DEMO", "true", "must be 0 or 1"),
    ("PORTAL_SCHEDULER", "no", "must be 0 or 1"),
    ("PORTAL_ENCRYPTION_KEYS", None, "required outside demo mode"),
    ("PORTAL_ENCRYPTION_KEYS", "0f" * 32, "an id, a colon and 64 hexadecimal digits"),
    ("PORTAL_ENCRYPTION_KEYS", "9:" + "0f" * 31, "an id, a colon and 64 hexadecimal digits"),
    ("PORTAL_ENCRYPTION_KEYS", f"2:{KEYS[2:]},{KEYS},{KEYS}", "no id twice"),
    ("PORTAL_LEASE_DAYS", "0", "must be a number from 1 to 60"),
    ("PORTAL_SECRET_KEY", None, "required outside demo mode"),
    ("PORTAL_SECRET_KEY", "", "required outside demo mode"),
    ("PORTAL_SECRET_KEY", "s" * 31, "at least 32 characters"),
    ("PORTAL_NOW", "2025-07-10T12:00:00-03:00", "in demo mode only"),
    ("DATABASE_URL", "nonsense", "not a database URL"),
    ("DATABASE_URL", "postgresql://u:hunter2@host:port/db", "not a database URL"),
    ("DATABASE_URL", "mysql://u:hunter2@host/db", "mysql is not served"),
    ("DATABASE_URL", "postgresql+psycopg2://u:hunter2@host/db", "is not served"),
    ("DATABASE_URL", "postgresql+asyncpg://u:hunter2@host/db", "is not served"),
    ("DATABASE_URL", "sqlite://", "needs a file"),
    ("DATABASE_URL", "sqlite:///:memory:", "needs a file"),
    ("DATABASE_URL", "sqlite:///file::memory:?cache=shared&uri=true", "needs a file"),
    ("DATABASE_URL", "sqlite:///file:portal?mode=memory&uri=true", "needs a file"),
    ("PORT", "http", "from 1 to 65535"),
    ("PORT", "0", "from 1 to 65535"),
    ("PORT", "65536", "from 1 to 65535"),
    ("PORT", "-1", "from 1 to 65535"),
    ("PORT", "80 ", "from 1 to 65535"),
    ("PORT", "８０", "from 1 to 65535"),
    ("PORT", "9" * 5_000, "from 1 to 65535"),
    ("PORTAL_THREADS", "0", "from 1 to 64"),
    ("PORTAL_THREADS", "65", "from 1 to 64"),
    ("PORTAL_THREADS", "many", "from 1 to 64"),
    ("PORTAL_TRUST_DAYS", "0", "from 1 to 31"),
    ("PORTAL_TRUST_DAYS", "32", "from 1 to 31"),
    ("PORTAL_TRUST_DAYS", "three", "from 1 to 31"),
    ("PORTAL_GRACE_DAYS", "-1", "from 0 to 31"),
    ("PORTAL_GRACE_DAYS", "32", "from 0 to 31"),
    ("PORTAL_HOST", "here", "must be an IP address"),
    ("PORTAL_HOST", "127.0.0.1:8000", "must be an IP address"),
    ("PORTAL_TRUSTED_PROXY", "nginx", "must be an IP address"),
    ("PORTAL_BASE_URL", "parceiro.example.com", "begins with http:// or https://"),
    ("PORTAL_BASE_URL", "ftp://parceiro.example.com", "begins with http:// or https://"),
    ("PORTAL_BASE_URL", "https://", "begins with http:// or https://"),
    ("PORTAL_BASE_URL", "https://parceiro.example.com:port", "begins with http:// or https://"),
    ("PORTAL_BASE_URL", "https://[parceiro", "begins with http:// or https://"),
    ("PORTAL_SMTP_URL", "mail:hunter2@example.com", "begins with smtp:// or smtps://"),
    ("PORTAL_SMTP_URL", "http://u:hunter2@mail.example.com", "begins with smtp:// or smtps://"),
    ("PORTAL_MAIL_FROM", "portal", "must be an e-mail address"),
]


@pytest.mark.parametrize(
    ("name", "value", "reason"), REFUSED, ids=[f"{name}={value!s:.24}" for name, value, _ in REFUSED]
)
def test_nonsense_is_refused_with_the_variables_name_and_no_password(read, name, value, reason) -> None:
    with pytest.raises(ConfigError, match=re.escape(reason)) as refused:
        read(**{name: value})
    message = str(refused.value)
    assert message.startswith(name)
    assert "hunter2" not in message
    assert "s" * 31 not in message
    assert "\n" not in message


def test_an_unknown_setting_is_answered_with_those_that_exist(read) -> None:
    with pytest.raises(ConfigError) as refused:
        read(PORTAL_SECRET="x", PORTAL_PORT="1")
    assert str(refused.value).startswith("PORTAL_PORT, PORTAL_SECRET: ")
    assert all(name in str(refused.value) for name in EVERY)


@pytest.mark.parametrize("missing", ["PORTAL_MAIL_FROM", "PORTAL_BASE_URL"])
def test_mail_needs_its_sender_and_the_address_that_its_links_lead_to(read, missing) -> None:
    mail = {
        "PORTAL_SMTP_URL": "smtp://mail.example.com",
        "PORTAL_MAIL_FROM": "portal@example.com",
        "PORTAL_BASE_URL": "https://parceiro.example.com",
    }
    assert read(**mail).mail_from == "portal@example.com"
    with pytest.raises(ConfigError, match=rf"^{missing}: .*required where PORTAL_SMTP_URL is set"):
        read(**mail | {missing: None})


# Pix


PIX = {
    "PORTAL_PIX_KEY": "11222333000181",
    "PORTAL_PIX_NAME": "Casa do Software",
    "PORTAL_PIX_CITY": "São Paulo",
    "PORTAL_PIX_WEBHOOK_SECRET": "w" * 32,
}


@pytest.mark.parametrize("missing", PIX)
def test_everything_about_pix_is_set_together(read, missing) -> None:
    assert read(**PIX).pix
    with pytest.raises(ConfigError, match=rf"^{missing}: "):
        read(**PIX | {missing: None})
    with pytest.raises(ConfigError, match=r"^PORTAL_PIX_.*: "):
        read(**{missing: PIX[missing]})


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("PORTAL_PIX_KEY", "11.222.333/0001-81", "must be a CPF or CNPJ without mask"),
        ("PORTAL_PIX_KEY", "11222333000182", "must be a CPF or CNPJ without mask"),
        ("PORTAL_PIX_NAME", "Casa do Software Brasileiro", "must have 1 to 25 letters"),
        ("PORTAL_PIX_CITY", "São José dos Campos", "must have 1 to 15 letters"),
        ("PORTAL_PIX_WEBHOOK_SECRET", "w" * 31, "at least 32 characters"),
        ("PORTAL_PIX_WEBHOOK_SECRET", "w" * 31 + "/", "may hold letters, digits and -._~ only"),
        ("PORTAL_PIX_WEBHOOK_SECRET", "w" * 31 + "é", "may hold letters, digits and -._~ only"),
    ],
)
@pytest.mark.parametrize("is_demo", ["0", "1"])
def test_what_no_code_or_address_holds_is_refused(read, name, value, reason, is_demo) -> None:
    with pytest.raises(ConfigError, match=rf"^{name}: {re.escape(reason)}") as refused:
        read(PORTAL_DEMO=is_demo, **PIX | {name: value})
    assert "w" * 31 not in str(refused.value)


def test_the_demo_has_a_fictional_receiver_and_a_secret_of_its_own(read) -> None:
    pix = read(PORTAL_DEMO="1").pix
    assert pix.receiver is DEMO_RECEIVER
    assert "DEMO" in pix.receiver.name
    assert pix.receiver.key.endswith(".example")
    assert len(pix.webhook_secret) >= 32
    assert read(PORTAL_DEMO="1").pix == pix
    assert pix.webhook_secret != read(PORTAL_DEMO="1", PORTAL_SECRET_KEY=None).secret_key


def test_the_demos_receiver_and_secret_may_be_chosen(read) -> None:
    given, secret = read(PORTAL_DEMO="1", **PIX), PIX["PORTAL_PIX_WEBHOOK_SECRET"]
    assert given.pix == read(**PIX).pix
    assert read(PORTAL_DEMO="1", PORTAL_PIX_WEBHOOK_SECRET=secret).pix == Pix(DEMO_RECEIVER, secret)
    with pytest.raises(ConfigError, match=r"^PORTAL_PIX_NAME, PORTAL_PIX_CITY: "):
        read(PORTAL_DEMO="1", PORTAL_PIX_KEY=PIX["PORTAL_PIX_KEY"])


@pytest.mark.parametrize("folder", ["file", "file/below"])
def test_an_instance_folder_that_cannot_be_made_is_refused(read, tmp_path, folder) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"^PORTAL_INSTANCE="):
        read(PORTAL_INSTANCE=str(tmp_path / folder))


# demo mode


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7"])
def test_the_demo_serves_no_other_machine(read, host) -> None:
    assert read(PORTAL_HOST=host).host == host
    with pytest.raises(ConfigError, match=f"^PORTAL_HOST={host}: .*this machine only"):
        read(PORTAL_DEMO="1", PORTAL_HOST=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", None])
def test_the_demo_serves_this_machine(read, host) -> None:
    assert read(PORTAL_DEMO="1", PORTAL_HOST=host).host == (host or "127.0.0.1")


def test_the_demo_makes_its_own_secrets_once_for_its_owner_only(read, instance) -> None:
    first = read(PORTAL_DEMO="1", PORTAL_SECRET_KEY=None)
    assert len(first.secret_key) >= 32
    assert read(PORTAL_DEMO="1", PORTAL_SECRET_KEY=None) == first
    assert {kept.name for kept in instance.iterdir()} == {"demo-secret-key", "demo-pix-webhook-secret"}
    assert {stat.S_IMODE(kept.stat().st_mode) for kept in instance.iterdir()} == {0o600}


def test_processes_of_one_demo_that_start_at_once_share_one_key(read, monkeypatch) -> None:
    together = Barrier(8)
    exists = Path.exists

    def exists_to_nobody_yet(path: Path) -> bool:
        found = exists(path)
        if path.name == "demo-secret-key":
            together.wait(timeout=60)  # all look before anybody writes
        return found

    monkeypatch.setattr(Path, "exists", exists_to_nobody_yet)
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(read, PORTAL_DEMO="1", PORTAL_SECRET_KEY=None) for _ in range(8)]
        keys = {job.result().secret_key for job in jobs}
    assert len(keys) == 1
    assert len(keys.pop()) >= 32


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("nonsense", "nonsense"),
        ("2025-07-10T12:00:00", "a moment needs its offset"),
        ("2025-07-10", "a moment needs its offset"),
        ("9999-12-31T23:59:59-03:00", "no date in São Paulo"),
        ("@/no/such/file", "No such file"),
        ("@/", "Is a directory"),
    ],
)
def test_a_clock_that_cannot_be_read_is_refused(read, value, reason) -> None:
    with pytest.raises(ConfigError, match=f"^PORTAL_NOW={re.escape(value)}: .*{reason}"):
        read(PORTAL_DEMO="1", PORTAL_NOW=value)


def test_a_file_without_a_moment_is_refused(read, tmp_path) -> None:
    (tmp_path / "now").write_text("soon", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^PORTAL_NOW=@.*soon"):
        read(PORTAL_DEMO="1", PORTAL_NOW=f"@{tmp_path / 'now'}")


def test_the_demos_clock_may_be_set(read, tmp_path) -> None:
    (tmp_path / "now").write_text("2025-07-10T12:00:00-03:00\n", encoding="utf-8")
    for value in ("2025-07-10T12:00:00-03:00", f"@{tmp_path / 'now'}"):
        assert read(PORTAL_DEMO="1", PORTAL_NOW=value).now == value


# whatever it holds


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)
URLS = st.builds("{}://{}".format, st.sampled_from(["sqlite", "postgresql", "https", "smtp", "mysql+x"]), TEXT)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(EVERY - {"PORTAL_INSTANCE"})), st.one_of(TEXT, URLS, st.just("1")), max_size=4
    )
)
def test_any_environment_is_read_or_refused_by_name_and_never_a_fault(tmp_path_factory, environ) -> None:
    folder = str(tmp_path_factory.getbasetemp() / "any-environment")
    try:
        config = from_environ(NEEDED | {"PORTAL_INSTANCE": folder} | environ)
    except ConfigError as refusal:
        assert any(str(refusal).startswith(name) for name in EVERY)  # noqa: PT017 - either outcome is right
    else:
        assert isinstance(config, Config)


# the entry point


def start(instance: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run ``python app.py`` with nothing of the portal's in its environment but the changes."""
    inherited = {name: value for name, value in os.environ.items() if name not in EVERY and name != "CI"}
    environ = inherited | {"PORTAL_INSTANCE": str(instance)} | changes
    command = [sys.executable, "app.py"]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"PORTAL_DEMO": "1", "PORT": "http"}, "Cannot start: PORT=http: must be a number from 1 to 65535"),
        ({}, "Cannot start: PORTAL_SECRET_KEY: required outside demo mode (PORTAL_DEMO=1); try: openssl rand -hex 32"),
    ],
)
def test_the_entry_point_says_one_clear_line_and_exits_with_2(instance, changes, line) -> None:
    ended = start(instance, **changes)
    assert (ended.returncode, ended.stdout, ended.stderr.splitlines()) == (2, "", [line])


# the documentation


def test_the_table_in_docs_is_the_one_that_the_configuration_reads() -> None:
    assert variables.FILE.read_text(encoding="utf-8") == variables.as_text(), "python -m portal.variables"


def documented() -> dict[str, list[str]]:
    """Return the rows of the table in docs/configuration.md by the variable's name."""
    lines = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    return {row[0].strip("`"): row[1:] for row in rows}


def test_every_variable_is_documented_and_nothing_else() -> None:
    assert set(documented()) == EVERY


def test_every_row_has_a_meaning_a_default_and_an_example() -> None:
    for name, cells in documented().items():
        assert len(cells) == 3, name
        assert all(cells), name


def test_the_documented_examples_are_taken(read) -> None:
    examples = {name: cells[2].strip("`") for name, cells in documented().items()}
    for only_demo in ("PORTAL_DEMO", "PORTAL_NOW"):
        assert examples.pop(only_demo)
    del examples["PORTAL_INSTANCE"]  # a folder of the system
    examples |= dict.fromkeys(("PORTAL_SECRET_KEY", "PORTAL_PIX_WEBHOOK_SECRET"), SECRET)  # commands
    examples["PORTAL_ENCRYPTION_KEYS"] = KEYS
    config = read(**examples)
    assert (config.port, config.threads, config.host) == (8080, 16, "0.0.0.0")
    assert config.pix
    assert read(PORTAL_DEMO="1", PORTAL_NOW=documented()["PORTAL_NOW"][2].strip("`")).is_demo


def test_the_documented_defaults_are_the_real_ones(read) -> None:
    defaults = {name: cells[1].strip("`") for name, cells in documented().items()}
    config = read()
    assert {
        name: defaults[name]
        for name in (
            "PORT",
            "PORTAL_THREADS",
            "PORTAL_HOST",
            "PORTAL_DEMO",
            "PORTAL_TRUST_DAYS",
            "PORTAL_GRACE_DAYS",
            "PORTAL_LEASE_DAYS",
        )
    } == {
        "PORT": str(config.port),
        "PORTAL_TRUST_DAYS": str(config.trust_days),
        "PORTAL_GRACE_DAYS": str(config.grace_days),
        "PORTAL_LEASE_DAYS": str(config.lease_days),
        "PORTAL_THREADS": str(config.threads),
        "PORTAL_HOST": config.host,
        "PORTAL_DEMO": str(int(config.is_demo)),
    }
