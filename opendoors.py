"""The command `opendoors`: dev, demo, api, worker, migrate, forecast, import, recount, reclassify, keys.

Each imports what it needs when it runs.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from settings import Settings

app = typer.Typer(
    help="OpenDoors: a sales-outreach sequence engine of your own.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
keys = typer.Typer(help="API keys.", no_args_is_help=True)
app.add_typer(keys, name="keys")


@app.command()
def dev(
    home: Annotated[
        Path | None, typer.Option(help="State folder; default $OPENDOORS_HOME, else the user's data folder.")
    ] = None,
    ephemeral: Annotated[bool, typer.Option("--ephemeral", help="Keep nothing: a temporary state folder.")] = False,
    api_port: Annotated[int | None, typer.Option(help="Port of the API; default 8000, or a free one.")] = None,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Run a worker, or leave that to you.")] = True,
) -> None:
    """Run everything on this machine: Postgres, Temporal with its UI, a mail server, the API and a worker."""
    from embedded.dev import run

    raise typer.Exit(run(home=home, ephemeral=ephemeral, api_port=api_port, worker=worker))


@app.command()
def demo() -> None:
    """Run the whole product on 200 simulated prospects and check it against what the mail server received."""
    from demo.run import main as run_demo

    raise typer.Exit(run_demo())


@app.command()
def api() -> None:
    """Serve the HTTP API."""
    from api.server import serve

    serve(_settings())


@app.command()
def worker() -> None:
    """Run a worker: steps, mailboxes, outbox and reconciler."""
    _settings()
    from worker import main as run_worker

    run_worker()


@app.command()
def migrate() -> None:
    """Bring the database's schema up to date."""
    from db.migrations import upgrade

    upgrade(_settings().database_url.get_secret_value())


@app.command()
def forecast(
    sequence_id: Annotated[UUID, typer.Argument(help="The sequence.")],
    contacts: Annotated[int, typer.Option(help="How many more are enrolled.", min=0)] = 0,
    list_id: Annotated[UUID | None, typer.Option("--list", help="Everybody on this list is enrolled too.")] = None,
    what_if: Annotated[
        str | None, typer.Option(help="Other settings, as JSON: '{\"max_emails_per_day\": 50}'.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(help="Write every send to this file, by the other settings if there are any.")
    ] = None,
) -> None:
    """Show who gets which email from which mailbox when, before anything is sent; nothing is changed."""
    from forecast_command import run

    body = {"contacts": contacts, "list_id": list_id}
    raise typer.Exit(run(_settings(), sequence_id, body, what_if=what_if, csv=csv))


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV, Excel or JSON Lines.", exists=True, dir_okay=False)],
    on_conflict: Annotated[str, typer.Option(help="Known addresses: skip, update or fill_empty.")] = "skip",
    mapping: Annotated[
        str | None, typer.Option(help='Whose column is which, as JSON: \'{"Firma": "company_name"}\'; else guessed.')
    ] = None,
    list_id: Annotated[UUID | None, typer.Option("--list", help="Everybody in the file joins this list.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it would change; change nothing.")] = False,
    verdicts: Annotated[Path | None, typer.Option(help="Write what became of each row to this file.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of a CSV; else told by the file.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Of a CSV; else told by the file.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Of a workbook; else its first.")] = None,
    customer: Annotated[str | None, typer.Option(help="Name of the customer, where there are several.")] = None,
    workspace: Annotated[str | None, typer.Option(help="Name of the workspace, where there are several.")] = None,
    user: Annotated[str | None, typer.Option(help="Email address of the user, where there are several.")] = None,
) -> None:
    """Import a file of contacts by a worker, with its progress; Ctrl-C leaves the import running."""
    from import_command import Asked, run

    asked = Asked(
        customer=customer,
        workspace=workspace,
        user=user,
        mapping=mapping,
        on_conflict=on_conflict,
        list_id=list_id,
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        dry_run=dry_run,
    )
    raise typer.Exit(run(_settings(), file, asked, verdicts=verdicts))


@app.command()
def recount(
    customer: Annotated[UUID | None, typer.Option(help="Only what belongs to this customer.")] = None,
    mend: Annotated[bool, typer.Option("--mend", help="Put right what differs.")] = False,
) -> None:
    """Count every statistic again from the rows and show what differs; exit code 1 when something does."""
    from recount_command import run

    raise typer.Exit(run(_settings(), customer_id=customer, mend=mend))


@app.command()
def reclassify(
    since: Annotated[datetime | None, typer.Option(help="From this day (UTC) on; all when it is left out.")] = None,
) -> None:
    """Judge again who opened and clicked, human or machine, with the statistics that count them."""
    from reclassify_command import run

    raise typer.Exit(run(_settings(), since=(since or datetime(1970, 1, 1)).replace(tzinfo=UTC)))  # noqa: DTZ001


@keys.command("create")
def create_key(
    customer: Annotated[str, typer.Option(help="Name of the customer; made if there is none.")],
    workspace: Annotated[str, typer.Option(help="Name of the workspace; made if there is none.")],
    user: Annotated[str, typer.Option(help="Email address of the user; made if there is none.")],
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the key alone.")] = False,
) -> None:
    """Make an API key and print it; it is shown this once."""
    import asyncio

    key = asyncio.run(_create_key(_settings(), customer, workspace, user))
    if not quiet:
        typer.echo("Keep this key; it is stored as a hash alone and cannot be shown again:", err=True)
    typer.echo(key)


async def _create_key(settings: "Settings", customer: str, workspace: str, user: str) -> str:
    from clock import clock_of
    from db import api_keys
    from db.engine import create_engine, session_factory
    from domain.profiles.addresses import normalise

    engine = create_engine(settings)
    try:
        async with session_factory(engine).begin() as session:
            return await api_keys.create(session, customer, workspace, normalise(user), clock_of(settings)())
    except ValueError as error:
        typer.echo(f"opendoors keys create: --user: {error}", err=True)
        raise typer.Exit(2) from None
    finally:
        await engine.dispose()


def _settings() -> "Settings":
    """The settings, or a sentence for each variable that is wrong."""
    from pydantic import ValidationError

    from settings import get_settings

    try:
        return get_settings()
    except ValidationError as errors:
        for error in errors.errors():
            name = "_".join(str(part) for part in error["loc"]).upper()
            typer.echo(f"OPENDOORS_{name}: {error['msg']}" if name else str(error["msg"]), err=True)
        raise typer.Exit(2) from None


def main() -> None:
    app()


if __name__ == "__main__":
    main()
