"""A fingerprint of the calls by which each workflow commands Temporal.

Running workflows replay their histories against today's code. When a call of `COMMANDS` changes, moves or
appears, the fingerprint differs and the tests fail, until whoever changed it has gated the change by
``workflow.patched()``, recorded new histories, and renewed the fingerprints on purpose:

    python -m tests.workflows.fingerprints --renew
"""

import ast
import hashlib
import json
import sys
from pathlib import Path

COMMANDS = frozenset(
    [
        "execute_activity",
        "execute_activity_method",
        "execute_local_activity",
        "execute_local_activity_method",
        "execute_child_workflow",
        "start_activity",
        "start_activity_method",
        "start_child_workflow",
        "wait_condition",
        "sleep",
        "continue_as_new",
        "upsert_search_attributes",
        "patched",
        "deprecate_patch",
        "signal_external_workflow",
    ]
)
WORKFLOWS = Path(__file__).resolve().parents[2] / "workflows"
STORED = Path(__file__).with_name("fingerprints.json")
MODULES = ("enrichment", "enrollment", "mailbox", "job", "list_refresh", "housekeeping")


def commands(source: str) -> list[str]:
    """The commanding calls of a module, in the order of its text, as Python writes them."""
    calls = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in COMMANDS
    ]
    return [ast.unparse(call) for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset))]


def fingerprint(module: str) -> str:
    source = (WORKFLOWS / f"{module}.py").read_text(encoding="utf-8")
    return hashlib.sha256("\n".join(commands(source)).encode()).hexdigest()[:16]


def main() -> None:
    present = {module: fingerprint(module) for module in MODULES}
    if "--renew" in sys.argv:
        STORED.write_text(json.dumps(present, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(present, indent=2) + "\n")


if __name__ == "__main__":
    main()
