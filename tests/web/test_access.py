"""Who may look at the board, and what its pages allow a browser to do."""

import pytest

from tests.cli.talk import person, pstatus, setup, write
from tests.web.conftest import Serve
from workers.web.access import Access, BadTokens

ONE, TWO = "1" * 40, "2" * 40
TOKENS = f"w1 {ONE}\nw2 {TWO}\n"
PAGES = ["/", "/?workspace=w1", "/study?workspace=w1&study=s1", "/person?workspace=w1&person=p1",
         "/live?workspace=w1&study=s1"]  # fmt: skip
ROWS = [("w1", "s1", "p1", "no_showed", "cancelled"), ("w2", "s1", "p9", "no_showed", "cancelled")]


@pytest.fixture
def written(fresh_database: str) -> None:
    """A study in each of two workspaces."""
    write(fresh_database, ROWS, setups=[setup("w1", "s1")], people=[person("w1", "p1")])


@pytest.mark.usefixtures("written")
async def test_without_a_token_nothing_is_shown(serve: Serve):
    """Every page leads to the form; a made-up cookie opens nothing."""
    board = await serve(TOKENS)
    for page in PAGES:
        for cookie in ("", f"pstatus_session={ONE}", "pstatus_session="):
            answer = await board.get(page, cookie=cookie)
            assert (answer.status, answer.headers.get("location")) == (303, "/enter"), page


@pytest.mark.usefixtures("written")
async def test_a_token_opens_its_own_workspace_and_no_other(serve: Serve):
    """It is posted, becomes a cookie that scripts can't read, and stands in no address."""
    board = await serve(TOKENS)

    entered = await board.post("/enter", {"token": ONE})
    cookie = entered.headers["set-cookie"]
    own = await board.get("/study?workspace=w1&study=s1", cookie=cookie.partition(";")[0])
    other = await board.get("/study?workspace=w2&study=s1", cookie=cookie.partition(";")[0])
    home = await board.get("/", cookie=cookie.partition(";")[0])

    assert (entered.status, entered.headers["location"]) == (303, "/")
    assert ONE not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert own.status == 200
    assert "p1" in own.text
    assert other.status == 403
    assert "p9" not in other.text
    assert "w2" not in home.text


@pytest.mark.usefixtures("written")
async def test_a_wrong_token_and_a_foreign_form_open_nothing(serve: Serve):
    """The form says so; what another site posts is not even looked at."""
    board = await serve(TOKENS)

    wrong = await board.post("/enter", {"token": "3" * 40})
    foreign = await board.post("/enter", {"token": ONE}, origin="http://example.org")
    large = await board.post("/enter", {"token": "x" * 10_000})

    assert (wrong.status, foreign.status, large.status) == (403, 403, 413)
    assert not any("set-cookie" in one.headers for one in (wrong, foreign, large))
    assert "That is no token of this board" in wrong.text


@pytest.mark.usefixtures("written")
async def test_signing_out_forgets_the_cookie(serve: Serve):
    """And leads to the form."""
    board = await serve(TOKENS)
    left = await board.post("/leave", {})
    assert left.headers["location"] == "/enter"
    assert "Max-Age=0" in left.headers["set-cookie"]


@pytest.mark.usefixtures("written")
async def test_only_its_own_names_are_answered(serve: Serve):
    """A name that a stranger's page has pointed at this machine is none of ours."""
    board = await serve(names=("board.example.com",))
    for host, status in [
        ("localhost", 200), ("127.0.0.1:1", 200), ("board.example.com", 200),
        ("example.org", 400), ("localhost.example.org", 400),
    ]:  # fmt: skip
        assert (await board.get("/?workspace=w1", host=host)).status == status, host


@pytest.mark.usefixtures("written")
async def test_every_answer_tells_the_browser_to_trust_nothing_else(serve: Serve):
    """Pages, files, failures and refusals alike: no other source, no frame, nothing kept."""
    board = await serve()
    for page in ["/?workspace=w1", "/static/live.js", "/nowhere", "/study?workspace=w1&study=no"]:
        headers = (await board.get(page)).headers
        assert "default-src 'none'" in headers["content-security-policy"], page
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
    assert (await board.get("/?workspace=w1")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no line"),
        ("# w1 token\n", "no line"),
        ("w1 short\n", "line 1"),
        (f"{ONE}\n", "line 1"),
        (f"w1 {ONE}\n\nw2 {ONE}\n", "line 3"),
    ],
)
def test_a_file_of_tokens_that_says_nothing_clear_is_refused(text: str, says: str):
    """With the line, and without any token."""
    with pytest.raises(BadTokens, match=says) as refused:
        Access.of(text)
    assert ONE not in str(refused.value)


def test_the_board_is_not_shown_to_others_without_tokens():
    """One line says what to do."""
    shown = pstatus("postgresql://127.0.0.1:9/none", "web", "--host", "0.0.0.0")
    assert shown.code == 2
    assert "PSTATUS_WEB_TOKENS" in shown.error
