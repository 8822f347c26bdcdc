"""Addresses of RT servers, as people type or paste them."""

import pytest

from custom_components.ha_rt.rt.url import normalise_url, possible_urls


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://rt.example.com", "https://rt.example.com"),
        ("https://rt.example.com/", "https://rt.example.com"),
        ("  https://rt.example.com//  ", "https://rt.example.com"),
        ("HTTPS://RT.Example.COM/", "https://rt.example.com"),
        ("https://rt.example.com:443", "https://rt.example.com"),
        ("http://rt.example.com:80/", "http://rt.example.com"),
        ("http://192.168.1.20:8080/", "http://192.168.1.20:8080"),
        ("http://[fd00::1]:8080/rt/", "http://[fd00::1]:8080/rt"),
        ("http://rt.local/rt", "http://rt.local/rt"),
        ("http://rt.local/it/support/", "http://rt.local/it/support"),
        ("http://rt.local//rt//", "http://rt.local/rt"),
        ("https://rt.example.com/REST/2.0", "https://rt.example.com"),
        ("https://rt.example.com/REST/2.0/", "https://rt.example.com"),
        ("https://rt.example.com/rt/REST/2.0/rt", "https://rt.example.com/rt"),
        ("https://rt.example.com/rt/rest/1.0", "https://rt.example.com/rt"),
        ("https://rt.example.com/index.html", "https://rt.example.com"),
        ("https://rt.example.com/Ticket/Display.html?id=7", "https://rt.example.com"),
        ("https://x.test/rt/Search/Results.html?Query=a#b", "https://x.test/rt"),
        ("https://x.test/rt/NoAuth/Login.html?next=abc", "https://x.test/rt"),
        ("https://x.test/rt/SelfService/", "https://x.test/rt"),
        ("https://x.test/rt/Admin/Tools/Config.html", "https://x.test/rt"),
        ("https://x.test/rt/Ticket/Graphs/index.html?id=7", "https://x.test/rt"),
        ("https://x.test/rt/Articles/Article/Search.html", "https://x.test/rt"),
        ("https://x.test/rt/m/index.html", "https://x.test/rt"),
        ("https://x.test/tools/rt", "https://x.test/tools/rt"),
        ("https://x.test/Tools/rt/", "https://x.test/Tools/rt"),
        ("https://x.test/tools/rt/Ticket/Display.html", "https://x.test/tools/rt"),
        ("https://x.test/tools/rt/REST/2.0/rt", "https://x.test/tools/rt"),
        ("https://x.test/support/ticket", "https://x.test/support/ticket"),
        ("https://x.test/ticket/Ticket/Create.html?Queue=1", "https://x.test/ticket"),
        ("https://x.test/rest/ticket/rest/1.0", "https://x.test/rest/ticket"),
        ("https://x.test/rt/Admin/Queues/Modify.html?id=3", "https://x.test/rt"),
        ("https://x.test/rt?token=secret", "https://x.test/rt"),
        ("https://bücher.test/rt", "https://xn--bcher-kva.test/rt"),
        ("https://x.test/büro/", "https://x.test/b%C3%BCro"),
    ],
)
def test_normalise(text: str, expected: str) -> None:
    """The same server has one address, whichever of its pages is pasted."""
    assert normalise_url(text) == expected
    assert normalise_url(expected) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", [""]),
        ("/tools/rt", ["/tools/rt", ""]),
        ("/support/ticket/", ["/support/ticket", "/support"]),
        (
            "/support/ticket/Ticket/Display.html",
            ["/support/ticket", "/support/ticket/Ticket", "/support"],
        ),
        ("/selfservice/rt/", ["/selfservice/rt", ""]),
        ("/rt/Admin/Tools/Config.html", ["/rt", "/rt/Admin/Tools", "/rt/Admin"]),
        ("/Tools/rt/index.html", ["", "/Tools/rt"]),
        ("/rt/SelfService/Article/", ["/rt"]),
        ("/rt/Search/", ["/rt/Search", "/rt"]),
        ("/Dashboards/7/Facility", ["/Dashboards/7/Facility", ""]),
        ("/rt/m/ticket/show", ["/rt/m/ticket/show", "/rt/m", "/rt"]),
    ],
)
def test_possible(path: str, expected: list[str]) -> None:
    """What was pasted may be a page, and what looks like one may be where RT lies."""
    origin = "https://x.test:8443"
    assert possible_urls(origin + path) == [origin + one for one in expected]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "rt.example.com",
        "rt.example.com:8080",
        "//rt.example.com",
        "/REST/2.0",
        "http://",
        "https:///rt",
        "ftp://rt.example.com",
        "file:///etc/passwd",
        "https://user@rt.example.com",
        "https://user:password@rt.example.com",
        "https://:password@rt.example.com",
        "http://rt.example.com:port",
        "http://rt.example.com:99999",
        "http://[::1",
        "http://rt example.com",
        "http://rt\x00.example.com",
    ],
)
def test_refused(text: str) -> None:
    """What cannot be an address of RT is refused."""
    with pytest.raises(ValueError):  # noqa: PT011 - of any wording
        normalise_url(text)
