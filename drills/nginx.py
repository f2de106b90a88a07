"""nginx with the sample configuration, as operators copy it, in front of servers of a drill."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from time import monotonic, sleep

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from drills.browser import CUT, HOST, ask
from drills.servers import START_SECONDS, free_port
from portal.config import ROOT

SAMPLE = ROOT / "deploy" / "nginx.conf"
STOPPING_SECONDS = 30.0


@contextmanager
def running_proxy(folder: Path, port: int, *upstreams: int) -> Iterator[ssl.SSLContext]:
    """Run the sample on a port until the block ends, in front of two servers; yields what trusts its certificate.

    The certificate is ``certificate.pem`` of the folder, the logs are ``portal*.log`` there.

    Raises:
        RuntimeError: there is no nginx, and none may be installed; or it does not start.
    """
    certificate = _certificate(folder)
    (folder / "portal.conf").write_text(_adapted(folder, port, upstreams), encoding="utf-8")
    main = f"daemon off; pid {folder}/nginx.pid; events {{}} http {{ include {folder}/portal.conf; }}"
    (folder / "nginx.conf").write_text(main, encoding="utf-8")
    command = [_nginx(), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx-start.log")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, certificate, process, folder / "nginx-start.log")
        yield certificate
    finally:
        process.terminate()
        process.wait(STOPPING_SECONDS)


def _nginx() -> str:
    found = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if found is None:
        subprocess.run([ROOT / "scripts" / "apt-install", "nginx-light"], check=False)
        found = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if found is None:
        raise RuntimeError("no nginx; install it: sudo apt-get install nginx-light")
    return found


def _adapted(folder: Path, port: int, upstreams: tuple[int, ...]) -> str:
    """Return the sample with our ports, our certificate and logs in our folder; all else is what operators copy."""
    text = SAMPLE.read_text(encoding="utf-8")
    for number, upstream in zip((8001, 8002), upstreams, strict=True):
        text = text.replace(f"{HOST}:{number}", f"{HOST}:{upstream}")
    text = re.sub(r"(ssl_certificate +)\S+;", rf"\1{folder}/certificate.pem;", text)
    text = re.sub(r"(ssl_certificate_key +)\S+;", rf"\1{folder}/key.pem;", text)
    text = re.sub(r"listen \[::\]:\d+.*;", "", text)
    text = text.replace("$host;", f"$host:{port};")  # the address that users see has a port here
    text = text.replace("listen 80;", f"listen {HOST}:{free_port()};").replace("listen 443", f"listen {HOST}:{port}")
    return text.replace("/var/log/nginx/", f"{folder}/")


def _certificate(folder: Path) -> ssl.SSLContext:
    """Make a certificate for this machine, and return what trusts it alone."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)  # this machine's, whatever the portal's says
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    (folder / "certificate.pem").write_bytes(pem)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(secret)
    return ssl.create_default_context(cadata=pem.decode())


def _wait_for(port: int, tls: ssl.SSLContext, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = monotonic() + START_SECONDS
    while True:
        try:
            if ask(port, "GET", "/login", headers={}, timeout=5, tls=tls).status == 200:
                return
        except CUT:
            pass
        if process.poll() is not None or monotonic() > deadline:
            raise RuntimeError(f"nginx did not start: {log.read_text() if log.exists() else ''}")
        sleep(0.05)
