"""Addresses of RT servers, as people type or paste them."""

import pytest

from custom_components.ha_rt.rt.url import normalise_url


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
