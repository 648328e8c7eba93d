"""Settings: where each comes from, and what a person is told when one cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from spanwise_collector.errors import SettingError
from spanwise_collector.settings import Address, Settings


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder and no variable of ours."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SPANWISE_{name.upper()}", raising=False)
    return tmp_path


def refusal(*argv: str) -> str:
    with pytest.raises(SettingError) as raised:
        Settings.load(list(argv))
    return str(raised.value)


def test_a_flag_wins_over_a_variable_and_a_variable_over_the_file(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clean / "spanwise.toml").write_text('data = "file"\nhttp = "127.0.0.1:1"\ngrpc = "127.0.0.1:2"\n')
    monkeypatch.setenv("SPANWISE_HTTP", "127.0.0.1:3")
    monkeypatch.setenv("SPANWISE_GRPC", "127.0.0.1:4")
    found = Settings.load(["--grpc", "127.0.0.1:5"])
    assert (str(found.data), str(found.http), str(found.grpc)) == ("file", "127.0.0.1:3", "127.0.0.1:5")


def test_the_defaults_are_those_that_are_promised() -> None:
    found = Settings.load([])
    assert (found.data, found.http, found.grpc) == (
        Path("spanwise-data"),
        Address("127.0.0.1", 4318),
        Address("127.0.0.1", 4317),
    )
    assert (found.max_body_bytes, found.read_timeout) == (64 * 2**20, 30.0)
    assert (found.spool_segment_bytes, found.spool_segment_age, found.spool_max_bytes, found.resend_window) == (
        32 * 2**20,
        0.3,
        4 * 2**30,
        600.0,
    )


@pytest.mark.parametrize(
    ("text", "size"), [("1024", 1024), ("64MiB", 64 * 2**20), ("1.5 GiB", 3 * 2**29), ("2MB", 2_000_000)]
)
def test_sizes_have_units(text: str, size: int) -> None:
    assert Settings.load(["--max-body-bytes", text]).max_body_bytes == size


@pytest.mark.parametrize(("text", "seconds"), [("0.5", 0.5), ("300ms", 0.3), ("10m", 600.0), ("1h", 3600.0)])
def test_times_have_units(text: str, seconds: float) -> None:
    assert Settings.load(["--read-timeout", text]).read_timeout == seconds


@pytest.mark.parametrize(
    ("flag", "most", "more", "expected"),
    [
        ("--max-body-bytes", "2147483647", "2GiB", "less than 2147483648"),
        ("--retention", "36500d", "36501d", "less than or equal to 3153600000"),
    ],
)
def test_what_could_not_be_kept_to_is_refused_at_the_start(flag: str, most: str, more: str, expected: str) -> None:
    Settings.load([flag, most])
    assert refusal(flag, more).endswith(f"cannot be used; expected {expected}.")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:0", Address("127.0.0.1", 0)),
        ("[::1]:4318", Address("::1", 4318)),
        ("localhost:80", Address("localhost", 80)),
    ],
)
def test_addresses_read_back_as_they_were_written(text: str, address: Address) -> None:
    assert Address.parse(text) == address
    assert str(address) == text


@pytest.mark.parametrize("text", ["", "4318", ":4318", "host:", "host:x", "host:70000", "[::1]", "a:\u0661"])
def test_what_is_no_address_is_named_with_what_was_expected(text: str) -> None:
    assert refusal("--http", text) == (
        f"--http (SPANWISE_HTTP, http in spanwise.toml): '{text}' cannot be used; "
        "expected HOST:PORT, such as 127.0.0.1:4318 or [::1]:4318."
    )


def test_an_ipv6_host_without_brackets_is_told_of_them() -> None:
    assert refusal("--http", "::1:80").endswith("expected HOST:PORT with an IPv6 host in brackets, such as [::1]:4318.")


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPANWISE_READ_TIMEOUT", "soon")
    assert refusal() == (
        "--read-timeout (SPANWISE_READ_TIMEOUT, read_timeout in spanwise.toml): 'soon' cannot be used; "
        "expected a time, such as 0.3, 300ms, 30s, 10m or 1h."
    )


def test_a_wrong_key_of_the_file_is_named(clean: Path) -> None:
    (clean / "spanwise.toml").write_text("spool_bytes = 1\n")
    assert refusal() == "spanwise.toml has the key 'spool_bytes', which is no setting. See --help."


def test_a_file_that_is_no_toml_is_named(clean: Path) -> None:
    (clean / "spanwise.toml").write_text("data = [\n")
    assert refusal().startswith("spanwise.toml is not TOML: ")


def test_an_unknown_flag_is_named() -> None:
    assert refusal("--prot", "1") == "unrecognized arguments: --prot 1. See --help."


@pytest.mark.parametrize("flag", ["--http", "--grpc"])
def test_an_address_that_others_can_reach_is_known_as_such(flag: str) -> None:
    name = flag.removeprefix("--")
    for address in ("0.0.0.0:4318", "shop.example:4318"):
        assert Settings.load([flag, address]).reached_by_others == (
            f"{flag} (SPANWISE_{name.upper()}, {name} in spanwise.toml): {address}"
        )
    for address in ("127.0.0.1:1", "[::1]:4318", "localhost:1"):
        assert Settings.load([flag, address]).reached_by_others is None


@pytest.mark.parametrize("port", ["jaeger-compact-port", "jaeger-binary-port", "syslog-port", "fluent-port"])
def test_what_carries_no_key_is_not_taken_from_other_machines(port: str) -> None:
    name = port.replace("-", "_")
    assert refusal(f"--{port}", "6831", "--http", "0.0.0.0:4318") == (
        f"--{port} (SPANWISE_{name.upper()}, {name} in spanwise.toml): what comes in there can carry no key, and"
        " 0.0.0.0:4318 can be reached from other machines. Expected a loopback address for --http, or --insecure"
        " beside it."
    )
    assert Settings.load([f"--{port}", "6831", "--http", "0.0.0.0:4318", "--insecure"]).insecure
    assert not Settings.load([f"--{port}", "6831"]).insecure


def test_the_password_of_the_notebook_is_never_shown() -> None:
    found = Settings.load(["--notebook", "postgresql://spanwise:hush@db/spanwise"])
    assert "hush" not in f"{found!r} {found} {found.model_dump_json()}"


def test_help_names_every_flag_and_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        Settings.load(["--help"])
    shown = capsys.readouterr().out
    assert raised.value.code == 0
    assert [name for name in Settings.model_fields if f"--{name.replace('_', '-')}" not in shown] == []
    assert "[64MiB]" in shown
    assert "[0.3s]" in shown
