"""The door: who gets in, how often one may try, what is said and what is recorded."""

from __future__ import annotations

import time

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from outreach import clock
from outreach.models import AuditEntry, User
from outreach.services import accounts, logins
from tests.factories import PASSWORD, make_officer, make_staff

pytestmark = pytest.mark.django_db


def log_in(
    client: Client, email: str, password: str = PASSWORD, address: str = "192.0.2.1", **data: str
) -> str:
    """Return where a login leads to, or else the page that it ends on."""
    response = client.post(
        reverse("account_login"), {"login": email, "password": password} | data, REMOTE_ADDR=address
    )
    return response["Location"] if response.status_code == 302 else response.content.decode()


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))


def test_an_officer_is_led_home(client: Client) -> None:
    assert log_in(client, make_officer().email) == "/"


def test_the_case_of_the_mail_address_does_not_matter(client: Client) -> None:
    assert log_in(client, make_officer(email="Hanako@Ministry.Example").email.upper()) == "/"


def test_login_logout_and_failure_are_on_the_trail(client: Client) -> None:
    officer = make_officer()

    log_in(client, officer.email, "wrong")
    log_in(client, officer.email)
    client.post(reverse("account_logout"))

    assert actions() == [logins.LOGIN_FAILED, logins.LOGGED_IN, logins.LOGGED_OUT]


def test_what_was_typed_at_a_failed_login_is_not_kept(client: Client) -> None:
    log_in(client, "secret-typed-into-the-wrong-field", "wrong")
    log_in(client, "unknown@ministry.example", "wrong password typed")

    kept = str(list(AuditEntry.objects.values()))
    assert "secret-typed" not in kept
    assert "wrong password" not in kept
    assert "unknown@ministry" not in kept


def test_known_and_unknown_addresses_get_the_same_answer(client: Client) -> None:
    officer = make_officer()

    known = log_in(client, officer.email, "wrong")
    unknown = log_in(client, "nobody@ministry.example", "wrong")

    assert known.replace(officer.email, "nobody@ministry.example") == unknown or _without_tokens(
        known, officer.email
    ) == _without_tokens(unknown, "nobody@ministry.example")


def _without_tokens(page: str, email: str) -> list[str]:
    return [line for line in page.replace(email, "").splitlines() if "csrfmiddlewaretoken" not in line]


def test_ten_failures_make_the_address_wait_even_with_the_right_password(client: Client) -> None:
    officer = make_officer()
    for _ in range(10):
        log_in(client, officer.email, "wrong")

    page = log_in(client, officer.email)

    assert "一時的に止めています" in page
    assert actions()[-1] == logins.LOGIN_LIMITED


def test_an_unknown_account_waits_with_the_same_words(client: Client) -> None:
    officer = make_officer()
    for email in (officer.email, "nobody@ministry.example"):
        for _ in range(10):
            log_in(client, email, "wrong")

    pages = [log_in(client, email) for email in (officer.email, "nobody@ministry.example")]

    assert _without_tokens(pages[0], officer.email) == _without_tokens(pages[1], "nobody@ministry.example")


def test_a_stranger_elsewhere_cannot_lock_an_officer_out(client: Client) -> None:
    officer = make_officer()
    for _ in range(11):
        log_in(Client(), officer.email, "wrong", address="198.51.100.9")

    assert log_in(client, officer.email, address="192.0.2.1") == "/"


def test_the_wait_ends_after_fifteen_minutes(client: Client) -> None:
    officer = make_officer()
    with time_machine.travel(clock.now(), tick=True) as traveller:
        for _ in range(10):
            log_in(client, officer.email, "wrong")
        traveller.shift(15 * 60 + 1)

        assert log_in(client, officer.email) == "/"


def fail_often(email: str, times: int) -> None:
    """Fail from ever new addresses, as a botnet does."""
    officer = make_officer(email=email)
    for _ in range(times):
        logins.record_access(action=logins.LOGIN_FAILED, user=officer, now=clock.now())


def test_a_hundred_failures_in_a_row_lock_the_account_from_everywhere(client: Client) -> None:
    fail_often("hanako@ministry.example", logins.LOCK_AFTER)

    page = log_in(client, "hanako@ministry.example")

    assert "正しくありません" in page


def test_ninety_nine_failures_do_not(client: Client) -> None:
    fail_often("hanako@ministry.example", logins.LOCK_AFTER - 1)

    assert log_in(client, "hanako@ministry.example") == "/"


def test_a_login_in_between_starts_the_count_again(client: Client) -> None:
    fail_often("hanako@ministry.example", logins.LOCK_AFTER - 1)
    log_in(client, "hanako@ministry.example")
    client.post(reverse("account_logout"))
    log_in(client, "hanako@ministry.example", "wrong")

    assert log_in(client, "hanako@ministry.example") == "/"


def test_staff_can_unlock_an_account(client: Client) -> None:
    fail_often("hanako@ministry.example", logins.LOCK_AFTER)
    user = User.objects.get(email="hanako@ministry.example")

    accounts.unlock_user(user=user, reason="本人から電話", actor=make_staff(), now=clock.now())

    assert log_in(client, "hanako@ministry.example") == "/"


def test_known_and_unknown_accounts_take_the_same_work(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in password hashes, which take all of the time: one for either."""
    officer = make_officer()
    hashes: list[str] = []
    original = User.check_password

    def check(user: User, raw: str) -> bool:
        hashes.append("known")
        return original(user, raw)

    monkeypatch.setattr(User, "check_password", check)
    monkeypatch.setattr(User, "set_password", lambda _user, _raw: hashes.append("unknown"))

    log_in(client, officer.email, "wrong")
    log_in(client, "nobody@ministry.example", "wrong")

    assert hashes == ["known", "unknown"]


def test_a_closed_account_does_not_get_in_and_learns_it_only_with_the_right_password(client: Client) -> None:
    officer = make_officer(is_active=False)

    assert log_in(client, officer.email) == reverse("account_inactive")
    assert "正しくありません" in log_in(client, officer.email, "wrong")
    assert logins.LOGIN_INACTIVE in actions()


def test_nobody_can_sign_up(client: Client) -> None:
    address = reverse("account_signup")
    data = {"email": "x@ministry.example", "password1": PASSWORD, "password2": PASSWORD}

    for response in (client.get(address), client.post(address, data)):
        assert "招待メールのリンクから" in response.content.decode()
    assert not User.objects.exists()


@pytest.mark.parametrize("address", ["/email/", "/confirm-email/", "/password/set/", "/login/code/"])
def test_the_mail_address_cannot_be_changed_and_other_doors_do_not_exist(
    client: Client, address: str
) -> None:
    client.force_login(make_officer())

    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/", "/\\evil.example", "https://evil.example/", "https:evil.example",
        "javascript:alert(1)", "http:///evil.example", "\thttps://evil.example", "///evil.example",
    ],
)  # fmt: skip
def test_login_and_logout_lead_nowhere_else(client: Client, target: str) -> None:
    officer = make_officer()

    assert log_in(client, officer.email, next=target) == "/"
    assert client.post(reverse("account_logout"), {"next": target})["Location"] == "/login/"


def test_login_leads_to_the_page_that_was_asked_for(client: Client) -> None:
    assert log_in(client, make_officer().email, next="/sessions/") == "/sessions/"


def test_logging_out_takes_a_post(client: Client) -> None:
    client.force_login(make_officer())

    client.get(reverse("account_logout"))
    assert "_auth_user_id" in client.session
    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session


def test_the_admin_has_no_door_of_its_own(client: Client) -> None:
    staff = make_staff()

    response = client.post("/admin/login/", {"username": staff.email, "password": PASSWORD})

    assert response["Location"].startswith("/login/")
    assert "_auth_user_id" not in client.session


def test_a_new_session_begins_at_login(client: Client) -> None:
    client.get(reverse("invitation_open", args=["x"]))
    before = client.session.session_key

    log_in(client, make_officer().email)

    assert before
    assert client.session.session_key != before


def test_a_login_form_of_another_site_is_refused() -> None:
    browser = Client(enforce_csrf_checks=True)

    response = browser.post(
        reverse("account_login"),
        {"login": "a@b.example", "password": "x"},
        headers={"origin": "https://evil.example"},
    )

    assert response.status_code == 403


def test_an_answer_for_an_unknown_reset_address_takes_no_longer(client: Client) -> None:
    known, unknown = make_officer().email, "nobody@ministry.example"
    durations: dict[str, list[float]] = {known: [], unknown: []}

    for email in (known, unknown) * 4:
        start = time.perf_counter()
        client.post(reverse("account_reset_password"), {"email": email})
        durations[email].append(time.perf_counter() - start)

    # The shortest of several: what a busy machine adds is not ours.
    assert abs(min(durations[known]) - min(durations[unknown])) < 0.05
