"""Serving the API with uvicorn."""

import sys

import structlog
import uvicorn

import logs
from api.app import create_app
from settings import Settings

log = structlog.get_logger(__name__)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests that are under way.

    Exits with 1 and a sentence when a setting that the API cannot do without is missing.
    """
    logs.configure(settings)
    try:
        settings.require_secret_key()
    except ValueError as error:
        log.error("api.cannot_start", error=str(error))
        sys.exit(1)
    uvicorn.run(
        create_app(settings),
        host=settings.api_host,
        port=settings.api_port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=20,
    )
