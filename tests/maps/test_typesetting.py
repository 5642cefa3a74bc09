import datetime as dt

import pytest

from maps import typesetting
from maps.errors import MapError
from maps.installed import ASSETS

pytestmark = pytest.mark.skipif(not ASSETS.is_dir(), reason="front-end files are not installed")

SOURCE = '#set text(font: "Noto Sans SC")\n#set page(width: 60mm, height: 30mm)\n两镇 #strong[演示] #read("子/a.txt")'
FILES = {"子/a.txt": "嘉兴".encode()}


def test_same_source_gives_the_same_pdf_and_the_date_counts():
    day = dt.date(2016, 3, 10)
    first = typesetting.pdf(SOURCE, FILES, day)
    assert first.startswith(b"%PDF")
    assert first == typesetting.pdf(SOURCE, FILES, day)
    assert first != typesetting.pdf(SOURCE, FILES, dt.date(2016, 3, 11))


def test_pictures_of_each_page():
    pages = typesetting.png(SOURCE + "\n#pagebreak()\n二", FILES, 100)
    assert [page[:8] for page in pages] == [b"\x89PNG\r\n\x1a\n"] * 2
    assert int.from_bytes(pages[0][16:20], "big") == pytest.approx(60 / 25.4 * 100, abs=1)
    assert typesetting.svg(SOURCE, FILES)[0].startswith(b"<svg")


def test_what_typst_refuses_is_one_sentence():
    with pytest.raises(MapError, match="nothing-such"):
        typesetting.pdf("#nothing-such()", {}, dt.date(2016, 1, 1))
