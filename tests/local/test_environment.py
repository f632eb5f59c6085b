"""The local installation: what it remembers, what it refuses."""

from __future__ import annotations

import stat

import pytest

from tandem.local import processes
from tandem.local.environment import LocalInstallation
from tandem.local.place import ENVIRONMENT_FILE, noted_environment
from tandem.local.processes import LocalServerError
from tandem.settings import load_settings


@pytest.fixture
def folder(servers_dir, monkeypatch):
    monkeypatch.setenv("TANDEM_STATE_DIR", str(servers_dir / "state"))
    monkeypatch.delenv("TANDEM_PORT", raising=False)
    return servers_dir / "state"


def test_environment_is_the_same_after_a_restart_and_complete(folder, monkeypatch):
    first = LocalInstallation()
    with first.locked(), first.servers():
        before = first.environment()
        noted = noted_environment()
        mode = stat.S_IMODE((folder / ENVIRONMENT_FILE).stat().st_mode)
    second = LocalInstallation()
    with second.locked(), second.servers():
        after = second.environment()

    assert after == before
    assert noted == before | {"TANDEM_OWNER_DATABASE_URL": first.owner_url()}
    assert "TANDEM_OWNER_DATABASE_URL" not in before
    assert mode == 0o600
    assert noted_environment() == {}
    for name, value in before.items():
        monkeypatch.setenv(name, value)
    assert load_settings().database_url == first.postgres.url("tandem_app")


def test_second_process_is_refused_with_the_first_ones_number(folder):
    message = r"already runs from .* \(process \d+\)"
    with LocalInstallation().locked(), pytest.raises(LocalServerError, match=message), LocalInstallation().locked():
        pass


def test_wipe_removes_all_but_the_tests_and_the_lock(folder):
    installation = LocalInstallation()
    (folder / "test").mkdir()
    (folder / "files").mkdir()
    (folder / "secret-key").write_text("x")

    with installation.locked():
        installation.wipe()

    assert sorted(item.name for item in folder.iterdir()) == ["lock", "test"]


@pytest.mark.parametrize("value", ["web", "0", "65536", "-1", "8000.5"])
def test_malformed_port_is_refused(folder, monkeypatch, value):
    monkeypatch.setenv("TANDEM_PORT", value)

    with pytest.raises(LocalServerError, match="must be a number from 1 to 65535"):
        LocalInstallation().web_port()


def test_port_that_is_asked_for_but_taken_is_refused(folder, monkeypatch):
    with processes.socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("TANDEM_PORT", str(taken.getsockname()[1]))

        with pytest.raises(LocalServerError, match="is in use by another program"):
            LocalInstallation().web_port()


def test_port_of_the_last_start_is_kept_unless_taken(folder):
    installation = LocalInstallation()
    first, again = installation.smtp_port(), installation.smtp_port()
    with processes.socket.create_server(("127.0.0.1", first)):
        other = installation.smtp_port()

    assert again == first != other


def test_a_port_that_nobody_asked_for_is_said_with_the_reason_and_the_way_to_name_one(folder, monkeypatch):
    with processes.socket.create_server(("127.0.0.1", 0)) as other:
        usual = other.getsockname()[1]
        monkeypatch.setattr("tandem.local.environment._FIRST_WEB_PORT", usual)
        installation = LocalInstallation()
        port = installation.web_port()
        taken = installation.port_note(port)
    later = installation.port_note(installation.web_port())

    assert taken == (
        f"The pages will be on port {port}, because another program has {usual}. "
        "To choose one yourself: TANDEM_PORT=8080 make demo"
    )
    assert "the one of the last start" in later
    assert installation.port_note(usual) == ""
    monkeypatch.setenv("TANDEM_PORT", str(port))
    assert installation.port_note(port) == ""
