"""The folder of `opendoors dev`: one user at a time, the same ports again, secrets for its owner only."""

import socket
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from clock import utc_now
from domain.time_scale import TimeScale
from embedded.dev_home import DevHome
from embedded.processes import HOST, ServiceError


async def test_two_runs_on_one_home_are_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    refused = pytest.raises(ServiceError, match=r"already runs on .* \(pid \d+\)")
    with DevHome(tmp_path).locked(), refused, DevHome(tmp_path).locked():
        pass
    with DevHome(tmp_path).locked():
        pass


async def test_ports_are_distinct_and_chosen_again_while_they_are_free(tmp_path: Path) -> None:
    first = await DevHome(tmp_path).choose_ports(0)
    assert len(set(first.values())) == len(first)
    again = await DevHome(tmp_path).choose_ports(first["api"])
    assert again == first


async def test_a_taken_port_is_replaced_but_not_one_that_was_asked_for(tmp_path: Path) -> None:
    first = await DevHome(tmp_path, patience=0).choose_ports(0)
    with socket.create_server((HOST, first["smtp"])):
        again = await DevHome(tmp_path, patience=0).choose_ports(0)
        assert again["smtp"] != first["smtp"]
        with pytest.raises(ServiceError, match="taken"):
            await DevHome(tmp_path, patience=0).choose_ports(first["smtp"])


async def test_the_record_and_the_secret_are_for_the_owner_only_and_the_secret_stays(tmp_path: Path) -> None:
    home = DevHome(tmp_path)
    home.write_record({"api_key": "x"})
    assert home.read_record() == {"api_key": "x"}
    assert home.secret_key == DevHome(tmp_path).secret_key
    assert len(home.secret_key) >= 16
    for path in (home.record, tmp_path / "secret.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_scaled_time_begins_at_the_first_scaled_run_and_goes_on_in_the_next(tmp_path: Path) -> None:
    before = utc_now()
    epoch = DevHome(tmp_path).time_epoch(14_400)
    assert before <= epoch <= utc_now()
    assert DevHome(tmp_path).time_epoch(14_400) == epoch


def test_another_scale_goes_on_from_where_the_calendar_stands(tmp_path: Path) -> None:
    first = TimeScale(14_400, DevHome(tmp_path).time_epoch(14_400))
    before = utc_now()
    second = TimeScale(60, DevHome(tmp_path).time_epoch(60))
    after = utc_now()
    leeway = timedelta(milliseconds=1)
    assert first.calendar(before) - leeway <= second.calendar(after)
    assert second.calendar(before) - leeway <= first.calendar(after)
