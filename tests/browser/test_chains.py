"""The drawing of chains by itself: a hundred thousand links, keys, a press on a case. The server's part is in tests/doors."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
STATIC = Path(__file__).resolve().parents[2] / "sizao/doors/static/sizao"
PAGE = """<!doctype html><html><head><link rel="stylesheet" href="/tokens.css"><script type="module" src="/chain.mjs"></script></head><body>
<button data-chain="in">+</button><button data-chain="fit">All</button><div class="chainbox"><canvas id="chain" tabindex="0" style="width:1200px;display:block" data-src="/data.json"
data-case="/case/00000000-0000-0000-0000-000000000000" data-around="/chains?area=x" data-zh="0" data-generation="generation" data-infected="infected" data-rivals="rivals" data-elsewhere="elsewhere"
data-unknown="no day" data-circle="circle"></canvas><div id="chain-tip" class="hidden"></div><p id="chain-wait"></p></div>
<p id="chain-one"><span></span><a id="chain-case" class="hidden" href="#">open</a><a id="chain-around" class="hidden" href="#">around</a></p></body></html>"""


def graph(n, each):
    """A tree in which every case infects `each` others."""
    from sizao.epi import transmission

    links = [((x - 1) // each, x) for x in range(1, n)]
    day: list[int | None] = [0] * n
    for a, b in links:
        day[b] = day[a] + 3
    day[-1] = None
    found = transmission.chains(n, links, day)
    return {
        "first": "2020-03-01", "id": [f"{x:08d}-0000-0000-0000-000000000000" for x in range(n)], "number": [f"N{x}" for x in range(n)], "day": day, "class": [x % 2 for x in range(n)],
        "classes": [["confirmed", "confirmed"], ["suspected", "suspected"]], "generation": found.generation, "drawn": found.parent, "lane": found.lane, "lanes": found.lanes,
        "outside": [0] * n, "from": [a for a, _ in links], "to": [b for _, b in links], "sure": ["stated"] * len(links), "maybe_from": [], "maybe_to": [],
    }  # fmt: skip


@pytest.fixture
def drawn(chromium):
    """`drawn(data)`: a page with the drawing and nothing else; faults of its code are faults of the test."""
    context = chromium.new_context(viewport={"width": 1240, "height": 800})
    faults = []

    def show(data):
        def answer(route):
            name = route.request.url.rsplit("/", 1)[-1]
            if name == "data.json":
                return route.fulfill(body=json.dumps(data), content_type="application/json")
            if name in ("chain.mjs", "tokens.css"):
                return route.fulfill(body=(STATIC / name).read_text(encoding="utf-8"), content_type="text/javascript" if name.endswith("mjs") else "text/css")
            return route.fulfill(body=PAGE, content_type="text/html")

        page = context.new_page()
        page.on("pageerror", lambda e: faults.append(str(e)))
        page.route("http://chain.test/**", answer)
        page.goto("http://chain.test/page")
        page.wait_for_selector("#chain[data-ready]", timeout=60_000)
        return page

    yield show
    context.close()
    assert faults == []


def test_keys_go_along_a_chain_and_enter_opens_the_case(drawn):
    page = drawn(graph(13, 3))
    page.focus("#chain")
    for key, expected in (("ArrowRight", "N0"), ("ArrowRight", "N1"), ("ArrowRight", "N4"), ("ArrowDown", "N5"), ("ArrowLeft", "N1"), ("ArrowLeft", "N0")):
        page.keyboard.press(key)
        assert page.get_attribute("#chain", "data-picked") == expected
    assert "generation 0" in page.inner_text("#chain-one span") and "infected 3" in page.inner_text("#chain-one span")
    assert page.get_attribute("#chain-around", "href") == "/chains?area=x&around=00000000-0000-0000-0000-000000000000"
    page.keyboard.press("Enter")
    page.wait_for_url("**/case/00000000-0000-0000-0000-000000000000")


def test_a_press_picks_the_case_under_it(drawn):
    page = drawn(graph(4, 3))
    box = page.locator("#chain").bounding_box()
    page.mouse.click(box["x"] + 24, box["y"] + box["height"] / 2)
    assert page.get_attribute("#chain", "data-picked") == "N0"


def test_a_hundred_thousand_links_are_drawn_while_the_page_still_answers(drawn):
    """Between two slices of the picture the page does what it is asked; that is what freezing would forbid."""
    page = drawn(graph(100_001, 4))
    assert page.get_attribute("#chain", "data-links") == "100000"
    turns, longest = page.evaluate("""async () => {
        const canvas = document.getElementById('chain'), before = canvas.dataset.ready, tasks = [0];
        const seen = new PerformanceObserver(list => list.getEntries().forEach(e => tasks.push(e.duration)));
        seen.observe({type: 'longtask', buffered: true});
        document.querySelector('[data-chain=in]').click();
        let turns = 0;
        while (canvas.dataset.ready === before) { await new Promise(r => setTimeout(r)); turns++; }
        await new Promise(r => setTimeout(r, 100));
        return [turns, Math.max(...tasks)];
    }""")
    assert turns > 3
    assert longest < 1000  # ms; what a loaded machine may take for one slice
