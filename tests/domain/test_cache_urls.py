"""Where a cache may be said to be, and what is refused in a sentence that tells no password."""

import pytest
from pydantic import SecretStr, ValidationError

from domain import cache_urls
from settings import Settings


@pytest.mark.parametrize(("url", "size"), [("mem://", 200), ("mem://?size=1", 1), ("mem://?size=500", 500)])
def test_the_memory_of_a_process_keeps_as_many_values_as_said(url: str, size: int) -> None:
    assert cache_urls.memory_size(cache_urls.check(url)) == size


@pytest.mark.parametrize(
    "url", ["redis://cache.example", "redis://user:secret@cache.example:6380/2", "rediss://[2001:db8::1]:6379/0"]
)
def test_a_redis_is_named_by_host_port_and_number(url: str) -> None:
    assert cache_urls.check(url) == url
    assert cache_urls.memory_size(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "", "mem", "mem://?size=0", "mem://?size=many", "mem://?colour=red", "memcached://host", "disk://", "redis://",
        "redis://:secret@host:port", "redis://:secret@host:0", "redis://:secret@host/name", "redis://:secret@host?suppress=1",
    ],
)  # fmt: skip
def test_anything_else_is_refused_at_start_without_telling_a_password(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(cache_url=SecretStr(url))
    [error] = refused.value.errors()
    assert error["loc"] == ("cache_url",)
    assert "redis://[user:password@]host" in error["msg"]
    assert "secret" not in str(refused.value)
