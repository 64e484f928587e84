"""The virtual clock over all processes: where a day passes in twelve seconds, windows open when the calendar says."""

from datetime import datetime, time, timedelta
from pathlib import Path

import httpx2

from embedded.dev import services
from tests.e2e.conftest import Product

STEPS = [
    {"step_order": 1, "step_type": "email", "subject_template": "Hello", "body_template": "One"},
    {"step_order": 2, "step_type": "email", "body_template": "Two", "delay_days": 1},
]


async def test_in_scaled_time_emails_wait_for_their_windows_on_the_calendar(tmp_path: Path) -> None:
    environment = {"OPENDOORS_TIME_SCALE": "7200"}
    async with services(tmp_path, api_port=0, durable=False, environment=environment) as running:
        headers = {"Authorization": f"Bearer {running.api_key}"}
        async with httpx2.AsyncClient(base_url=running.api_url, headers=headers, timeout=30) as http:
            product = Product(running, tmp_path, http)
            sequence = await product.make_sequence(await product.make_mailbox(), STEPS)
            hours = {"sending_window_start": "09:00", "sending_window_end": "09:30"}
            answer = await http.patch(f"/api/sequences/{sequence}", json=hours)
            assert answer.is_success, answer.text
            (contact,) = await product.make_contacts(1)
            body = {"contact_ids": [contact["id"]]}
            answer = await product.post(f"/api/sequences/{sequence}/bulk-enroll", body)
            enrollment = f"/api/enrollments/{answer['results'][0]['enrollment_id']}"
            first = await product.get(enrollment)
            second = await product.until(enrollment, lambda one: one["current_step"]["step_order"] == 2)
            await product.until(enrollment, lambda one: one["status"] == "completed")
            messages = (await product.get("/api/messages", sequence_id=sequence))["data"]
    plans = [datetime.fromisoformat(one["next_step_scheduled_at"]) for one in (first, second)]
    claims = sorted(datetime.fromisoformat(message["claimed_at"]) for message in messages)
    for plan, claim in zip(plans, claims, strict=True):
        assert time(9) <= plan.time() < time(9, 30)
        assert timedelta(0) <= claim - plan < timedelta(days=1)
    assert plans[1].date() > plans[0].date()
