"""The development mail server."""

from __future__ import annotations

import email
import email.policy
import os
import signal
import smtplib
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

from click.testing import CliRunner

from tandem.cli import main
from tandem.local import mailbox, processes


def test_message_is_kept_whole_with_its_envelope(tmp_path):
    message = EmailMessage()
    message["Subject"] = "Vos réunions"
    message["From"] = "program@example.org"
    message["To"] = "someone@example.org"
    message.set_content("Bonjour é\n")
    controller = mailbox.serve("127.0.0.1", processes.free_port(), tmp_path)
    try:
        with smtplib.SMTP("127.0.0.1", controller.port, timeout=10) as client:
            client.send_message(message, "bounce@example.org", ["someone@example.org", "hidden@example.org"])
    finally:
        controller.stop()

    [kept] = tmp_path.iterdir()
    read = email.message_from_bytes(kept.read_bytes(), policy=email.policy.default)
    assert kept.suffix == ".eml"
    assert read["X-Envelope-From"] == "bounce@example.org"
    assert read.get_all("X-Envelope-To") == ["someone@example.org", "hidden@example.org"]
    assert read["Subject"] == "Vos réunions"
    assert read.get_content().splitlines() == ["Bonjour é"]


def test_command_takes_mail_until_told_to_end(tmp_path):
    port = processes.free_port()
    command = [Path(sys.executable).with_name("tandem"), "mailbox", "--port", str(port), "--folder", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        first = process.stdout.readline()
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            client.sendmail("a@example.org", ["b@example.org"], "Subject: One\n\nText")
        process.send_signal(signal.SIGTERM)

    assert first == f"Taking mail on 127.0.0.1:{port}, kept in {tmp_path}\n"
    assert process.returncode == 0
    assert [path.suffix for path in tmp_path.iterdir()] == [".eml"]


def test_mailbox_refuses_other_machines():
    result = CliRunner().invoke(main, ["mailbox", "--host", "0.0.0.0"])

    assert result.exit_code == 2
    assert "takes mail from this machine alone" in result.output


def test_mailbox_says_when_its_port_is_taken(tmp_path):
    with processes.socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(main, ["mailbox", "--port", str(port), "--folder", str(tmp_path)])

    assert result.exit_code == 1
    assert f"Cannot take mail on 127.0.0.1:{port}" in result.output
