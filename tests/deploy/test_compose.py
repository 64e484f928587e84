"""docker-compose.yml: a valid file that gives nothing away, waits where it must, and sets only what is read."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from settings import Settings
from tests.deploy.repository import ROOT

COMPOSE = ROOT / "docker-compose.yml"
COMPOSE_TEXT = COMPOSE.read_text()
SERVICES: dict[str, dict[str, Any]] = YAML(typ="safe").load(COMPOSE_TEXT)["services"]
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?P<rest>[^}]*)\}")
SECRET = re.compile(r"PASSWORD|PWD|SECRET|KEY|DATABASE_URL")

JOBS = {"temporal-schema", "temporal-namespace", "migrate"}
SERVERS = {"postgres", "temporal", "temporal-ui", "api", "worker", "mailpit"}
WAITS = {
    "temporal-schema": {"postgres": "service_healthy"},
    "temporal": {"temporal-schema": "service_completed_successfully"},
    "temporal-namespace": {"temporal": "service_healthy"},
    "temporal-ui": {"temporal": "service_healthy"},
    "migrate": {"postgres": "service_healthy"},
    "api": {"migrate": "service_completed_successfully", "temporal-namespace": "service_completed_successfully"},
    "worker": {"migrate": "service_completed_successfully", "temporal-namespace": "service_completed_successfully"},
}


def environment() -> list[tuple[str, str, str]]:
    """(service, variable, value) of everything that is set."""
    return [(name, key, value) for name, service in SERVICES.items() for key, value in _environment(service).items()]


def _environment(service: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = service.get("environment", {})
    return found


def test_the_file_is_a_valid_compose_file() -> None:
    command = ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_has_the_services_that_are_promised_and_no_others() -> None:
    assert set(SERVICES) == JOBS | SERVERS
    assert SERVICES["worker"]["deploy"]["replicas"] == 2


def test_each_image_is_pinned() -> None:
    tags = {name: service["image"].partition(":")[2] for name, service in SERVICES.items()}
    assert all(tag and tag != "latest" for tag in tags.values()), tags
    assert tags["temporal"] == tags["temporal-schema"] == tags["temporal-namespace"]


def test_ports_are_published_on_the_loopback_address_alone() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published
    assert all(str(port).startswith("127.0.0.1:") for port in published), published
    assert not any("network_mode" in service for service in SERVICES.values())


def test_each_secret_is_required_and_none_is_written_down() -> None:
    secrets = [(service, key, value) for service, key, value in environment() if SECRET.search(key)]
    assert {key for _, key, _ in secrets} >= {"POSTGRES_PASSWORD", "OPENDOORS_SECRET_KEY", "OPENDOORS_DATABASE_URL"}
    for service, key, value in secrets:
        assert re.search(r"\$\{\w+:\?[^}]+\}", value), f"{service}: {key} is not required"


def test_a_secret_that_is_used_is_nowhere_optional() -> None:
    used = list(VARIABLE.finditer(COMPOSE_TEXT))
    assert used
    for variable in used:
        if SECRET.search(variable["name"]):
            assert variable["rest"].startswith(":?"), variable.group()


@pytest.mark.parametrize("name", sorted(WAITS))
def test_a_service_waits_for_what_it_needs(name: str) -> None:
    waits = {other: how["condition"] for other, how in SERVICES[name]["depends_on"].items()}
    assert waits == WAITS[name]


def test_what_others_wait_for_to_be_healthy_says_when_it_is() -> None:
    awaited = {other for waits in WAITS.values() for other, how in waits.items() if how == "service_healthy"}
    with_check = {name for name, service in SERVICES.items() if "healthcheck" in service}
    assert awaited <= with_check
    assert with_check == SERVERS - {"worker"}


def test_jobs_end_and_servers_come_back() -> None:
    restarts = {name: service["restart"] for name, service in SERVICES.items()}
    assert {name for name, how in restarts.items() if how == "unless-stopped"} == SERVERS
    assert {name for name, how in restarts.items() if how.startswith("on-failure:")} == JOBS


def test_each_opendoors_variable_is_a_setting() -> None:
    example = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"OPENDOORS_[A-Z0-9_]+", COMPOSE_TEXT + example))
    assert named
    assert {name.removeprefix("OPENDOORS_").lower() for name in named} <= set(Settings.model_fields)


def test_the_example_environment_names_each_variable_that_is_required() -> None:
    required = {variable["name"] for variable in VARIABLE.finditer(COMPOSE_TEXT) if variable["rest"].startswith(":?")}
    filled_in = re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert set(filled_in) == required


def test_the_database_outlives_its_container_and_history_has_512_shards() -> None:
    assert "postgres:/var/lib/postgresql" in SERVICES["postgres"]["volumes"]
    assert SERVICES["temporal"]["environment"]["NUM_HISTORY_SHARDS"] == "512"


def test_each_mounted_file_is_there() -> None:
    volumes = [volume for service in SERVICES.values() for volume in service.get("volumes", [])]
    mounted = [Path(volume.split(":")[0]) for volume in volumes if volume.startswith("./")]
    assert mounted
    assert all((ROOT / path).exists() for path in mounted), mounted


def test_a_worker_has_time_to_finish_what_it_sends() -> None:
    from worker import GRACE

    assert SERVICES["worker"]["stop_grace_period"] == "45s"
    assert GRACE.total_seconds() < 45
