"""Signature steps against digests that were made with other tools (md5sum, openssl)."""

from core.marketplace.signing import keyed_hash, sorted_pairs, text_md5, wrapped_md5


def test_pairs_are_sorted_by_name() -> None:
    """Nothing stands between names and values; capitals sort before small letters."""
    joined = sorted_pairs({"b": "2", "a": "1 &", "B": "3"})

    assert "B3a1 &b2" == joined


def test_md5_has_the_secret_on_both_sides() -> None:
    """`printf 'sabcs' | md5sum`"""
    assert "75b8b1f92f4bd5a0b30402cda0ba6bf7" == wrapped_md5("s", "abc")


def test_md5_of_a_text_alone() -> None:
    """`printf 'sabcs' | md5sum`"""
    assert "75b8b1f92f4bd5a0b30402cda0ba6bf7" == text_md5("sabcs")


def test_keyed_hashes() -> None:
    """RFC 2202 and RFC 4231, test case 2."""
    text = "what do ya want for nothing?"

    assert "750c783e6ab0b503eaa86e310a5db738" == keyed_hash("Jefe", text, "md5")
    assert "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" == keyed_hash(
        "Jefe", text, "sha256"
    )
