"""The text of a document: tables as tables, and what is pointed at outlined on the picture of its page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.scripted_base import TABLE
from tests.support.scripted_content import LEFT, PAGE_HEIGHT, PAGE_WIDTH, STEP, TOP
from tests.support.scripted_state import Site

pytestmark = pytest.mark.browser


def test_tables_are_tables_and_what_stands_around_them_is_text(page: Page) -> None:
    page.goto("/documents/d1")
    chunk = page.locator(".chunk").last
    expect(chunk.locator("p").first).to_have_text("表 1　年休假天数")
    expect(chunk.locator("p").last).to_have_text("以上天数不含法定节假日。")
    expect(chunk.locator("th")).to_have_text(["工龄", "天数", "备注"])
    expect(chunk.locator("tbody tr")).to_have_count(3)
    expect(chunk.locator("tbody tr").first.locator("td")).to_have_text(["满一年", "10", "全薪|带薪"])
    expect(chunk.locator("tbody tr").last.locator("td")).to_have_text(["满十年", "", "见第三章"])
    expect(page.locator(".chunk").first.locator("table")).to_have_count(0)


def test_a_table_without_names_of_columns_is_one_and_a_single_line_is_none(page: Page, site: Site) -> None:
    site.chunks["d2"][0]["text"] = "| a | b |\n| c | d |\n\n|x|"
    page.goto("/documents/d2")
    chunk = page.locator(".chunk").first
    expect(chunk.locator("th")).to_have_count(0)
    expect(chunk.locator("td")).to_have_text(["a", "b", "c", "d"])
    expect(chunk.locator("p")).to_have_text("|x|")


def test_what_a_document_holds_is_never_markup(page: Page, site: Site) -> None:
    site.chunks["d2"][0]["text"] = "| <img src=x onerror=alert(1)> | b |\n|---|---|\n| <b>c</b> | d |"
    page.goto("/documents/d2")
    chunk = page.locator(".chunk").first
    expect(chunk.locator("th").first).to_have_text("<img src=x onerror=alert(1)>")
    expect(chunk.locator("td").first).to_have_text("<b>c</b>")
    expect(chunk.locator("img, b")).to_have_count(0)


def test_slides_are_told_in_the_readers_language(page: Page, site: Site) -> None:
    site.chunks["d2"][0] |= {"page": None, "location": "slides 1-3"}
    page.goto("/documents/d2")
    expect(page.locator(".chunk-head").first).to_contain_text("Slide 1-3")


def test_words_and_quotes_are_found_in_cells(page: Page) -> None:
    page.goto("/documents/d1")
    page.locator("#find").fill("全薪|带")
    expect(page.locator("#find-count")).to_have_text("1 of 1")
    expect(page.locator("td mark")).to_have_text("全薪|带")
    page.locator("#find").fill("满一年 |")
    expect(page.locator("#find-count")).to_have_text("0 of 0")
    page.locator("#find").fill("")
    expect(page.locator("mark")).to_have_count(0)
    expect(page.locator("td").nth(2)).to_have_text("全薪|带薪")
    row = TABLE.split("\n")[3]
    page.goto("/documents/d2")
    page.goto(f"/documents/d1#chunk=k3&quote={row}")
    expect(page.locator(".chunk.open mark")).to_have_text(["满一年", "10", "全薪|带薪"])


def test_what_is_pointed_at_is_outlined_on_its_page(page: Page) -> None:
    page.goto("/documents/d1#page=12")
    image, outlined = page.locator("#page-image"), page.locator("#page-pointed span")
    expect(image).to_have_js_property("complete", True)
    expect(outlined).to_have_count(0)
    chunk = page.locator(".chunk").first
    expect(chunk.locator(".chunk-head")).to_contain_text("Tokens: 60")
    chunk.hover()
    expect(outlined).to_have_count(3)
    drawn, sheet = outlined.first.bounding_box(), image.bounding_box()
    assert drawn is not None and sheet is not None
    scale = sheet["width"] / PAGE_WIDTH
    assert abs(drawn["x"] - sheet["x"] - LEFT * scale) < 1
    assert abs(drawn["y"] - sheet["y"] - (TOP + 2 * STEP) * scale) < 1
    page.locator("h1").hover()
    expect(outlined).to_have_count(0)
    chunk.locator(".chunk-head").focus()
    expect(outlined).to_have_count(3)
    # What stands on another page is shown there by a click.
    page.locator(".chunk").last.hover()
    expect(outlined).to_have_count(0)
    page.locator(".chunk").last.click()
    expect(page.locator("#page-number")).to_have_value("14")


def test_boxes_of_turned_pages_stand_where_the_text_is_shown(page: Page) -> None:
    page.goto("/documents/d1")
    turned = page.evaluate("""async () => {
        const script = [...document.scripts].find((each) => each.src.includes("document"));
        const { shownBox } = await import(new URL("geometry.js", script.src));
        const box = {x0: 10, y0: 20, x1: 30, y1: 60};
        return [0, 90, 180, 270].map((rotation) => {
            const [width, height] = rotation % 180 ? [200, 100] : [100, 200];
            const { left, top, ...size } = shownBox(box, {rotation, width, height});
            return [left * width, top * height, size.width * width, size.height * height].map(Math.round);
        });
    }""")
    assert turned == [[10, 20, 20, 40], [140, 10, 40, 20], [70, 140, 20, 40], [20, 70, 40, 20]]


def test_a_table_scrolls_inside_itself_on_a_phone(page: Page, site: Site) -> None:
    site.chunks["d2"][0]["text"] = "\n".join(["| 天数不含 " * 12 + "|", "|---" * 12 + "|", "| 满一年的 " * 12 + "|"])
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/documents/d2")
    frame = page.locator(".chunk").first.locator(".table-frame")
    frame.scroll_into_view_if_needed()
    assert page.evaluate("document.documentElement.scrollWidth == document.documentElement.clientWidth")
    assert frame.evaluate("(node) => node.scrollWidth > node.clientWidth")


def test_room_is_kept_for_what_comes(page: Page) -> None:
    page.route("**/pages/*.png*", lambda route: None)
    page.goto("/documents/d1")
    image = page.locator("#page-image")
    expect(image).to_have_attribute("src", re.compile("pages/1.png"))
    box = image.bounding_box()
    assert box is not None and abs(box["height"] / box["width"] - PAGE_HEIGHT / PAGE_WIDTH) < 0.01
    page.route("**/chunks", lambda route: None)
    page.reload()
    expect(page.locator("#chunks .skeleton")).to_have_count(4)
    page.goto("/documents/d4")
    expect(page.locator("#chunks .skeleton")).to_have_count(0)
