"""Signing in to the data office at its district's provider in a real browser, which exchanges the code itself.

The provider is the demo's own; as a hostile one it changes what it says of itself, its answer, or its tokens.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from devtools.demo.issuer import AUTHORIZE_PATH
from devtools.demo.issuer import Issuer as Provider
from devtools.demo.sign_ins import CLIENT_ID, OFFICE, Twist
from devtools.services.chromium import running_browser
from tests.pages.axe import Axe
from tests.pages.browsing import HEIGHT, WIDTHS
from tests.pages.checks import overflows
from tests.processor.api.browsing import complaints_of
from tests.processor.api.world import Api

pytestmark = pytest.mark.browser
BEGIN = "Sign in with your district's account"
KEPT = "homeroom-sign-in"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as started:
        yield started


@pytest.fixture
def page(browser: Browser, client_office: Api) -> Iterator[Page]:
    """A person's first look at the office; its site is another than the provider's, as it is in a district."""
    with visitor(browser, client_office) as visiting:
        yield visiting


@contextmanager
def visitor(browser: Browser, office: Api, **more: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=office.url.replace("127.0.0.1", "localhost"), **more)
    try:
        yield context.new_page()
    finally:
        context.close()


@contextmanager
def twisted(provider: Provider, part: str, twist: Twist) -> Iterator[None]:
    provider.sign_ins.twists[part] = twist
    try:
        yield
    finally:
        del provider.sign_ins.twists[part]


def begin(page: Page, asked: str = "/files") -> None:
    """Ask for a page and go to the provider."""
    page.goto(asked)
    begin_again(page)


def begin_again(page: Page) -> None:
    """Go to the provider from where one stands."""
    page.get_by_role("button", name=BEGIN).click()


def pick(page: Page, person: str = OFFICE) -> None:
    """Be somebody at the provider."""
    expect(page.get_by_role("heading", name="Who signs in?")).to_be_visible()
    page.get_by_role("button", name=person).click()


def be_known(page: Page, provider: Provider) -> None:
    """Let the provider know already who signs in, so that it leads back at once and shows no page of its own."""

    def lead_back(route: Route) -> None:
        asked = dict(parse_qsl(urlsplit(route.request.url).query))
        back = provider.sign_ins.way_back({**asked, "person": OFFICE}, provider.name)
        assert back is not None
        route.fulfill(status=302, headers={"Location": back})

    page.route(lambda address: urlsplit(address).path == AUTHORIZE_PATH, lead_back)


def assert_nobody_is_in(page: Page, sentence: str) -> None:
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    expect(page.get_by_role("button", name=BEGIN)).to_be_enabled()
    assert "homeroom-session" not in {cookie.get("name") for cookie in page.context.cookies()}


def path_of(page: Page) -> str:
    """What stands in the address after the host."""
    return page.url.removeprefix(f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}")


def test_who_asks_for_a_page_signs_in_at_the_provider_comes_to_it_and_signs_out(page: Page, provider: Provider):
    complaints = complaints_of(page)
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    begin(page, "/results?by=grade")
    expect(page.get_by_role("heading", name="Who signs in?")).to_be_visible()
    parameters = {name: value for name, (value,) in parse_qs(urlsplit(page.url).query).items()}
    assert parameters["redirect_uri"] == f"{next(iter(urls)).partition('/results')[0]}/sign-in/callback"
    assert (parameters["response_type"], parameters["code_challenge_method"]) == ("code", "S256")
    assert parameters["scope"] == "openid aggregate student ingest audit"
    assert len({parameters["state"], parameters["nonce"], parameters["code_challenge"]}) == 3
    pick(page)
    expect(page.get_by_role("heading", name="Results")).to_be_visible()
    assert path_of(page) == "/results?by=grade"
    # The office never hears of the code, and neither a script nor the history keeps anything.
    assert not [address for address in urls if "code=" in address]
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0
    (session,) = [cookie for cookie in page.context.cookies() if cookie.get("name") == "homeroom-session"]
    assert (session.get("httpOnly"), session.get("sameSite")) == (True, "Lax")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name=BEGIN)).to_be_visible()
    page.goto("/files/7")
    assert path_of(page) == "/sign-in?then=%2Ffiles%2F7"
    assert complaints == [], "the browser complained"


def test_a_provider_that_answers_in_the_query_leaves_no_code_in_the_address(page: Page, provider: Provider):
    def by_query(told: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in told.items() if name != "response_modes_supported"}

    with twisted(provider, "configuration", by_query), twisted(provider, "tokens", lambda told: {}):
        begin(page)
        pick(page)
        assert_nobody_is_in(page, "holds no access token")
        assert path_of(page) == "/sign-in/callback"
    with twisted(provider, "configuration", by_query):
        begin_again(page)
        pick(page)
        expect(page.get_by_role("heading", name="Files")).to_be_visible()


def without(name: str) -> Twist:
    return lambda told: {key: value for key, value in told.items() if key != name}


def changed(**more: Any) -> Twist:
    return lambda told: {**told, **more}


EVIL = "https://evil.example"
ANSWERS: dict[str, tuple[Twist, str]] = {
    "to another sign-in": (changed(state="another"), "answer to another sign-in"),
    "without a state": (without("state"), "answer to another sign-in"),
    "of another issuer": (changed(iss=EVIL), "of another provider than this district's"),
    "of nobody where it names itself": (without("iss"), "does not say which provider"),
    "that is an error of its own words": (changed(error="<b>x</b>", error_description="Call 555"), "provider refused"),
    "that the scopes are unknown": (
        changed(error="invalid_scope"),
        "adds the scopes aggregate, student, ingest, audit",
    ),
    "without a code": (without("code"), "answer is empty"),
    "with another's code": (changed(code="anothers"), "used before, or is too old"),
}


def test_an_answer_that_is_not_to_this_sign_in_lets_nobody_in(page: Page, provider: Provider):
    be_known(page, provider)
    page.goto("/files")
    for twist, sentence in ANSWERS.values():
        with twisted(provider, "answer", twist):
            begin_again(page)
            assert_nobody_is_in(page, sentence)
        assert "555" not in page.content()
        assert path_of(page) == "/sign-in/callback"
        assert page.evaluate("sessionStorage.length") == 0


TOKENS: dict[str, tuple[Callable[[Provider], dict[str, Any]], str]] = {
    "an ID token of another sign-in": (lambda at: {"id_token": at.token(aud=CLIENT_ID, nonce="x")}, "ID"),
    "an ID token without a nonce": (lambda at: {"id_token": at.token(aud=CLIENT_ID)}, "ID token was made"),
    "an ID token that cannot be read": (lambda at: {"id_token": "a.b.c"}, "The ID token is of another provider"),
    "an opaque access token": (lambda at: {"access_token": "opaque"}, "tokens for maple-test JWTs"),
    "an encrypted access token": (lambda at: {"access_token": "e30.a.b.c.d"}, "tokens for maple-test JWTs"),
    "a token of another type": (lambda at: {"token_type": "mac"}, "holds no access token"),
    "an expired access token": (lambda at: {"access_token": at.token(seconds=-60)}, "has expired"),
    "a token for another district": (lambda at: {"access_token": at.token(aud="cedar")}, "for another district"),
}


def test_tokens_that_are_not_of_this_sign_in_or_not_for_this_office_let_nobody_in(page: Page, provider: Provider):
    be_known(page, provider)
    page.goto("/files/7")
    for make, sentence in TOKENS.values():
        with twisted(provider, "tokens", changed(**make(provider))):
            begin_again(page)
            assert_nobody_is_in(page, sentence)
    # Beginning again leads to the page that was asked for, after however many.
    begin_again(page)
    page.wait_for_url("**/files/7")


def test_an_id_token_of_another_client_or_past_its_time_lets_nobody_in(page: Page, provider: Provider):
    def with_identity(claims: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
        nonce = parse_qs(urlsplit(urls[-1]).query)["nonce"][0]
        return {**told, "id_token": provider.token("", **{"aud": CLIENT_ID, "nonce": nonce, **claims})}

    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url) if "/authorize?" in request.url else None)
    hostile: tuple[dict[str, Any], ...] = (
        {"aud": "another"}, {"aud": [CLIENT_ID, "another"]}, {"azp": "another"}, {"iss": EVIL},
        {"seconds": -120},
    )  # fmt: skip
    be_known(page, provider)
    page.goto("/files")
    for claims in hostile:
        with twisted(provider, "tokens", partial(with_identity, claims)):
            begin_again(page)
            assert_nobody_is_in(page, "for another application, or has expired")


CONFIGURATIONS: dict[str, tuple[Twist, str]] = {
    "another issuer": (changed(issuer=EVIL), "names another issuer"),
    "the issuer with a slash": (lambda told: {**told, "issuer": told["issuer"] + "/"}, "names another issuer"),
    "a page without TLS": (changed(authorization_endpoint="http://evil.example/a"), "no address over https"),
    "a script for a page": (changed(authorization_endpoint="javascript:alert(1)"), "no address over https"),
    "no way to tokens": (without("token_endpoint"), "no address over https"),
    "proofs that prove nothing": (changed(code_challenge_methods_supported=["plain"]), "checks proofs of a sign-in"),
}


def test_a_provider_that_says_the_wrong_thing_of_itself_is_led_to_by_nobody(page: Page, provider: Provider):
    page.goto("/files")
    for twist, sentence in CONFIGURATIONS.values():
        with twisted(provider, "configuration", twist):
            begin_again(page)
            assert_nobody_is_in(page, sentence)
        assert path_of(page) == "/sign-in"
        assert page.evaluate("sessionStorage.length") == 0


def test_a_code_goes_to_no_address_that_the_pages_policy_does_not_know(page: Page, provider: Provider):
    with twisted(provider, "configuration", changed(token_endpoint="https://evil.example/token")):
        page.route("https://evil.example/**", lambda route: route.fulfill(json={"access_token": "a.b.c"}))
        begin(page)
        pick(page)
        # The issuer has no TLS, so its own address is all that the page reaches.
        assert_nobody_is_in(page, "gives this page no token")


def test_a_provider_that_lets_no_page_in_is_told_from_one_that_refuses(page: Page, provider: Provider):
    with twisted(provider, "configuration", changed(token_endpoint=f"{provider.url}/keys")):
        begin(page)
        pick(page)
        assert_nobody_is_in(page, "allows this page's address as an origin (CORS)")
    page.route("**/.well-known/openid-configuration", lambda route: route.abort())
    begin(page)
    assert_nobody_is_in(page, "provider does not answer this page")


def moved(kept: str, milliseconds: int) -> str:
    """What a tab keeps, as if it had begun at another time."""
    attempt = json.loads(kept)
    return json.dumps({**attempt, "began": attempt["began"] + milliseconds})


def test_an_answer_is_good_once_and_in_the_tab_that_began(page: Page, browser: Browser, client_office: Api):
    led: list[str] = []
    page.on("request", lambda request: led.append(request.url) if request.is_navigation_request() else None)
    # What the tab keeps is copied before it goes to the provider, as somebody would who sat here.
    page.route("**/authorize?*", lambda route: route.fulfill(status=204))
    begin(page)
    page.wait_for_function(f"sessionStorage.getItem('{KEPT}')")
    kept = page.evaluate(f"sessionStorage.getItem('{KEPT}')")
    page.unroute("**/authorize?*")
    page.goto(next(address for address in led if "/authorize?" in address))
    with page.expect_response(lambda answer: "/pick?" in answer.url) as answered:
        pick(page)
    back = answered.value.headers["location"]
    expect(page.get_by_role("heading", name="Files")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name=BEGIN)).to_be_visible()

    page.goto(back)
    assert_nobody_is_in(page, "has not begun a sign-in, or has ended it already")
    with visitor(browser, client_office) as stranger:
        stranger.goto(back)
        assert_nobody_is_in(stranger, "has not begun a sign-in, or has ended it already")
        assert path_of(stranger) == "/sign-in/callback"
    for began, sentence in ((0, "used before, or is too old"), (-601_000, "longer than ten minutes")):
        page.goto("/sign-in")
        page.evaluate("([name, kept]) => sessionStorage.setItem(name, kept)", [KEPT, moved(kept, began)])
        page.goto(back)
        assert_nobody_is_in(page, sentence)
    page.goto("/sign-in")
    page.evaluate(f"kept => sessionStorage.setItem('{KEPT}', kept)", kept)
    page.goto(f"{back}&state=x")
    assert_nobody_is_in(page, "says something twice")


def test_who_is_not_let_in_by_the_provider_or_may_do_nothing_is_told_so(page: Page, provider: Provider):
    begin(page)
    pick(page, "Nobody")
    assert_nobody_is_in(page, "did not let you in, or you called it off")
    begin_again(page)
    pick(page, "visitor@lakeside.example")
    assert_nobody_is_in(page, "has none of the scopes")
    begin_again(page)
    pick(page, "principal@lakeside.example")
    expect(page.get_by_role("heading", name="Results")).to_be_visible()


def test_a_page_without_https_says_what_to_do(page: Page):
    page.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
    begin(page)
    assert_nobody_is_in(page, "Open this page by https")


def test_all_of_it_is_in_spanish_for_who_reads_spanish(browser: Browser, client_office: Api, provider: Provider):
    with visitor(browser, client_office, locale="es-MX") as page, twisted(provider, "answer", changed(state="x")):
        page.goto("/files")
        assert page.locator("html").get_attribute("lang") == "es"
        page.get_by_role("button", name="Iniciar sesión con la cuenta de su distrito").click()
        pick(page)
        expect(page.get_by_role("alert")).to_contain_text("Esta es la respuesta a otro inicio de sesión")


def test_without_scripts_a_token_is_pasted(browser: Browser, client_office: Api, provider: Provider):
    with visitor(browser, client_office, java_script_enabled=False) as page:
        page.goto("/files/7")
        expect(page.get_by_text("This needs JavaScript.")).to_be_visible()
        expect(page.get_by_role("button", name=BEGIN)).to_be_hidden()
        page.get_by_text("Paste a token instead").click()
        page.get_by_label("Token of").fill(provider.token())
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/files/7")


def test_the_two_pages_are_accessible_and_need_no_scrolling_to_the_side(request: pytest.FixtureRequest, page: Page):
    axe = Axe(whole=request.config.getoption("soak", default=False))
    page.set_viewport_size({"width": WIDTHS[-1], "height": HEIGHT})
    for address in ("/sign-in", "/sign-in/callback?error=access_denied"):
        page.goto(address)
        expect(page.get_by_role("button", name=BEGIN)).to_be_visible()
        page.get_by_text("Paste a token instead").click()
        problems = [*overflows(page), *axe.violations(page)]
        assert not problems, f"{address}: " + "\n".join(problems)
