"""Parts of a multipart body are counted wherever it is cut: `python -m fuzz.multipart`."""

from __future__ import annotations

from fuzz.harness import instrumented, main

with instrumented(__name__):
    from hauberk.wire.multipart import MultipartScanner, boundaries

SEEDS = (
    b'\x03--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--XX\r\n\r\n\r\n--XX--\r\n',
    b"\x01--XX\n\n\n--XX\n\n--XX--",
    b"\x05\r--XX\r\ra\r--XX--XX\r\n--X",
    b'multipart/form-data; boundary="a\\"b"; boundary=XX',
)


def one_input(data: bytes) -> None:
    """One run of the fuzzer: the first octet says in how large parts the rest comes."""
    for boundary in boundaries(data.decode("latin-1")):
        MultipartScanner(boundary).feed(data)
    size, data = (data[0] % 16 + 1 if data else 1), data[1:]
    whole, cut = MultipartScanner("XX"), MultipartScanner("XX")
    whole.feed(data)
    for at in range(0, len(data), size):
        cut.feed(data[at : at + size])
    if whole.parts != cut.parts:
        raise AssertionError(f"{data!r} has {whole.parts} parts, and {cut.parts} in pieces of {size}")
    if whole.parts > data.count(b"--XX") or whole.longest_header > len(data) + 1:
        raise AssertionError(f"{data!r} has {whole.parts} parts, the longest header {whole.longest_header}")


if __name__ == "__main__":
    main(one_input, SEEDS)
