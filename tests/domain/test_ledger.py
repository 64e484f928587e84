"""The slot ledger: which books a send is written in, what they ask for, and where the constraints meet."""

from uuid import UUID

import pytest

from domain.scheduling.capacity import NEVER, NotLoaded, Quota
from domain.scheduling.ledger import Enrollee, Ledger, Slot, Track, earliest
from domain.scheduling.zones import UTC, zone
from domain.sequences import Sequence
from domain.vocabulary import Blocker
from tests.domain.plan_samples import DAY, HOUR, MONDAY, box, course_of, ledger_of
from tests.domain.rules_checker import contents
from tests.domain.sequence_samples import MAILBOX, OTHER, email, make

ANN, BOB = (Enrollee(UUID(int=n), UUID(int=n), domain="example.com") for n in (11, 12))
OPEN = course_of(email()).hours(UTC, follow_up=False)
FULL = {"max_emails_per_day": 5, "throttle_delay_minutes": 1}


def slot(at: int, mailbox_id: UUID = MAILBOX) -> Slot:
    return Slot(UUID(int=5), 1, mailbox_id, at, at, False)


def names(track: Track) -> set[Blocker]:
    return {name for name, _ in track.checks(OPEN, ())}


def fitting(ledger: Ledger, sequence: Sequence, enrollee: Enrollee, t: int, mailbox_id: UUID = MAILBOX) -> int:
    track = ledger.track(sequence.rules, mailbox_id)
    return earliest(t, track.quick(OPEN, ledger.personal(enrollee)))[0]


# --- books -------------------------------------------------------------------------------------------------------


def test_a_track_holds_only_the_promises_that_were_made() -> None:
    assert names(ledger_of(box()).track(make().rules, MAILBOX)) == {Blocker.MAILBOX_LIMIT, Blocker.WINDOW}
    everything = ledger_of(box(gap=60)).track(make(**FULL).rules, MAILBOX)
    assert names(everything) == {
        Blocker.MAILBOX_LIMIT,
        Blocker.SEQUENCE_CAP,
        Blocker.MAILBOX_GAP,
        Blocker.THROTTLE,
        Blocker.WINDOW,
    }


def test_a_jitter_without_a_gap_is_a_promise_too() -> None:
    assert Blocker.MAILBOX_GAP in names(ledger_of(box(jitter=60)).track(make().rules, MAILBOX))


def test_a_send_is_written_in_every_book_that_it_concerns() -> None:
    ledger = ledger_of(box(gap=60), domain_cap=3, contact_cap=3)
    sequence = make(**FULL)
    ledger.add(sequence.rules, ANN, [slot(MONDAY)])
    today = {MONDAY // DAY: 1}
    assert contents(ledger) == {
        ("email_account_id", MAILBOX): today,
        ("sequence_id", sequence.id): today,
        ("recipient_domain", "example.com"): today,
        ("contact_id", ANN.contact_id): today,
        (MAILBOX, None): [MONDAY],
        (MAILBOX, sequence.id): [MONDAY],
    }
    ledger.remove(sequence.rules, ANN, [slot(MONDAY)])
    assert contents(ledger) == {}


def test_a_track_writes_what_the_ledger_writes() -> None:
    by_track, by_ledger = (ledger_of(box(gap=60), domain_cap=3, contact_cap=3, zone=zone("Asia/Tokyo")) for _ in "ab")
    rules = make(**FULL).rules
    by_track.track(rules, MAILBOX).add(MONDAY + 20 * HOUR, by_track.personal(ANN))
    by_ledger.add(rules, ANN, [slot(MONDAY + 20 * HOUR)])
    assert contents(by_track) == contents(by_ledger)


def test_sequences_share_the_books_of_a_mailbox_and_not_each_others() -> None:
    ledger = ledger_of(box(1))
    one, other = make(), make()
    ledger.add(one.rules, ANN, [slot(MONDAY)])
    assert fitting(ledger, other, BOB, MONDAY) == MONDAY + DAY
    ledger = ledger_of(box())
    one, other = make(max_emails_per_day=1), make(max_emails_per_day=1)
    ledger.add(one.rules, ANN, [slot(MONDAY)])
    assert fitting(ledger, one, BOB, MONDAY) == MONDAY + DAY
    assert fitting(ledger, other, BOB, MONDAY) == MONDAY


def test_the_cap_of_a_sequence_counts_all_mailboxes_and_its_throttle_each_by_itself() -> None:
    ledger = ledger_of(box(), box(id=OTHER))
    capped, throttled = make(max_emails_per_day=1), make(throttle_delay_minutes=10)
    for sequence in (capped, throttled):
        ledger.add(sequence.rules, ANN, [slot(MONDAY)])
    assert fitting(ledger, capped, BOB, MONDAY, OTHER) == MONDAY + DAY
    assert fitting(ledger, throttled, BOB, MONDAY, OTHER) == MONDAY
    assert fitting(ledger, throttled, BOB, MONDAY) == MONDAY + 600


def test_days_of_a_mailbox_are_the_workspaces_and_those_of_a_sequence_its_own() -> None:
    ledger = ledger_of(box(1), zone=zone("Asia/Tokyo"))
    capped = make(max_emails_per_day=1, sending_timezone="America/New_York")
    ledger.add(capped.rules, ANN, [slot(MONDAY)])
    # In Tokyo the day ends at 15:00 UTC, in New York at 05:00 UTC.
    assert fitting(ledger, make(), BOB, MONDAY) == MONDAY + 15 * HOUR
    only_cap = ledger_of(box(), zone=zone("Asia/Tokyo"))
    only_cap.add(capped.rules, ANN, [slot(MONDAY)])
    assert fitting(only_cap, capped, BOB, MONDAY) == MONDAY + 5 * HOUR


def test_caps_of_a_recipient_count_over_sequences_and_mailboxes() -> None:
    ledger = ledger_of(box(), box(id=OTHER), contact_cap=1, domain_cap=2)
    ledger.add(make().rules, ANN, [slot(MONDAY)])
    assert fitting(ledger, make(), ANN, MONDAY, OTHER) == MONDAY + DAY
    assert fitting(ledger, make(), BOB, MONDAY, OTHER) == MONDAY
    ledger.add(make().rules, BOB, [slot(MONDAY, OTHER)])
    carol = Enrollee(UUID(int=13), UUID(int=13), domain="example.com")
    assert fitting(ledger, make(), carol, MONDAY) == MONDAY + DAY
    assert fitting(ledger, make(), Enrollee(UUID(int=14), UUID(int=14)), MONDAY) == MONDAY


def test_who_has_no_domain_has_no_cap_of_it() -> None:
    ledger = ledger_of(box(), domain_cap=1)
    assert [name for name, _ in ledger.personal(ANN)] == [Blocker.DOMAIN_CAP]
    assert ledger.personal(Enrollee(UUID(int=14), UUID(int=14))) == ()
    assert ledger_of(box()).personal(ANN) == ()


def test_an_empty_ledger_keeps_the_rules() -> None:
    ledger = ledger_of(box(1), contact_cap=1, partial=True)
    empty = ledger.empty()
    assert (empty.workspace, empty.mailboxes) == (ledger.workspace, ledger.mailboxes)
    assert fitting(empty, make(), ANN, MONDAY) == MONDAY


def test_an_enrollee_gets_a_mailbox_and_stays_the_same_otherwise() -> None:
    assert ANN.with_mailbox(OTHER).mailbox_id == OTHER
    assert ANN.with_mailbox(OTHER).with_mailbox(None) == ANN


# --- partial ledgers ---------------------------------------------------------------------------------------------


def test_each_book_of_a_partial_ledger_asks_to_be_loaded() -> None:
    ledger = ledger_of(box(gap=60), domain_cap=1, contact_cap=1, partial=True)
    sequence = make(**FULL)
    asked = []
    for _ in range(10):
        try:
            ledger.require(sequence.rules, ANN, [slot(MONDAY)])
        except NotLoaded as missing:
            asked.append(missing.book.key)
            if isinstance(missing.book, Quota):
                missing.book.known = True
            else:
                missing.book.known = None
    assert sorted(map(str, asked)) == sorted(
        map(
            str,
            [
                ("email_account_id", MAILBOX),
                ("sequence_id", sequence.id),
                ("recipient_domain", "example.com"),
                ("contact_id", ANN.contact_id),
                (MAILBOX, None),
                (MAILBOX, sequence.id),
            ],
        )
    )


# --- where constraints meet --------------------------------------------------------------------------------------


def test_the_first_instant_that_every_constraint_keeps_is_found_whatever_their_order() -> None:
    even = (Blocker.WINDOW, lambda t: t + t % 2)
    third = (Blocker.THROTTLE, lambda t: t + -t % 3)
    fifth = (Blocker.MAILBOX_GAP, lambda t: t + -t % 5)
    for checks in ((even, third, fifth), (fifth, even, third), (third, fifth, even)):
        assert [earliest(t, checks)[0] for t in (0, 1, 29, 30, 31)] == [0, 30, 30, 30, 60]


def test_the_blocker_is_the_constraint_that_moved_it_last() -> None:
    window = (Blocker.WINDOW, lambda t: max(t, 10))
    gap = (Blocker.MAILBOX_GAP, lambda t: max(t, 7))
    assert earliest(0, (gap, window)) == (10, Blocker.WINDOW)
    assert earliest(0, (window, gap)) == (10, Blocker.WINDOW)
    assert earliest(10, (gap, window)) == (10, None)


@pytest.mark.parametrize("nothing", [None, NEVER, NEVER + 1])
def test_a_constraint_that_never_holds_ends_the_search(nothing: int | None) -> None:
    assert earliest(5, ((Blocker.WINDOW, lambda t: nothing),)) == (NEVER, Blocker.WINDOW)


def test_the_last_constraint_is_not_asked_where_it_is_known_to_hold() -> None:
    asked: list[int] = []

    def window(t: int) -> int:
        asked.append(t)
        return t

    gap = (Blocker.MAILBOX_GAP, lambda t: max(t, 7))
    assert earliest(7, (gap, (Blocker.WINDOW, window)), open=True) == (7, None)
    assert asked == []
    assert earliest(5, (gap, (Blocker.WINDOW, window)), open=True) == (7, Blocker.MAILBOX_GAP)
    assert asked == [7]


@pytest.mark.parametrize("sequence_zone", ["UTC", "Africa/Abidjan"])
def test_days_that_are_full_by_turns_for_years_are_passed_over(sequence_zone: str) -> None:
    sequence = make(max_emails_per_day=1, sending_timezone=sequence_zone)
    busy = ledger_of(box(1))
    for number in range(1_400):
        t = MONDAY + number * DAY + 9 * HOUR
        # Every other day the mailbox is full by another sequence, else the sequence by another mailbox.
        if number % 2:
            busy.add(make().rules, ANN, [slot(t)])
        else:
            busy.track(sequence.rules, MAILBOX)
            busy._quotas["sequence_id", sequence.id].add(t)
    assert fitting(busy, sequence, BOB, MONDAY + 9 * HOUR) // DAY in {MONDAY // DAY + 1_399, MONDAY // DAY + 1_400}
