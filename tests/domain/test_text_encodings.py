"""Encodings as files of contacts come in: told from the bytes, in many languages, and read without stopping."""

import io

import pytest

from domain.errors import Invalid
from domain.importing.text_encodings import named, opened, tell

GERMAN = "email;Vorname;Nachname;Ort\njuergen@firma.example;Jürgen;Müller;Köln\nanna@x.example;Anna;Groß;Düsseldorf\n"
FRENCH = "email;prénom;nom;ville\nzoe@x.example;Zoë;Lefèvre;Besançon\nrene@x.example;René;Côté;Orléans\n"
SPANISH = "email;nombre;ciudad\npepe@x.example;José Muñoz;Málaga\n"
ITALIAN = "email;nome;città\na@x.example;Nicolò;Forlì\n"
DANISH = "email;navn;by\na@x.example;Søren Kjær;Århus\n"
PORTUGUESE = "email;nome;cidade\na@x.example;João Conceição;São Paulo\n"
POLISH = "email;imię;nazwisko;miasto\nz@x.example;Zażółć;Gęślą;Łódź\nw@x.example;Wojciech;Wałęsa;Gdańsk\n"
CZECH = "email;jméno;příjmení;město\nz@x.example;Řehoř;Dvořák;Plzeň\nw@x.example;Jiří;Šťastný;Břeclav\n"
HUNGARIAN = "email;név;város\nl@x.example;László Erdős;Győr\nt@x.example;Tamás;Lőrinc Fűtő\n"
TURKISH = "email;ad;soyad;şehir\nx@x.example;Ayşe;Yılmaz;İstanbul\ny@x.example;Çağrı;Öztürk;Eskişehir\n"
ICELANDIC = "email;nafn;borg\njon@x.example;Jón Þór Sigurðsson;Reykjavík\n"
RUSSIAN = "email;имя;фамилия;город\nivan@x.example;Иван;Петров;Москва\nolga@x.example;Ольга;Смирнова;Екатеринбург\n"
GREEK = "email;όνομα;επώνυμο;πόλη\nx@x.example;Γιώργος;Παπαδόπουλος;Αθήνα\n"
HEBREW = "email;שם;עיר\nx@x.example;דוד כהן;תל אביב\n"
ARABIC = "email;الاسم;مدينة\na@x.example;محمد علي;القاهرة\n"
THAI = "email;ชื่อ;เมือง\na@x.example;สมชาย;กรุงเทพ\n"
JAPANESE = "email,姓,名,会社名\ntaro@x.example,山田,太郎,株式会社サンプル\nhanako@x.example,佐藤,花子,東京商事\n"
CHINESE = "email,姓名,公司,城市\nwang@x.example,王小明,示例科技有限公司,北京\nli@x.example,李雷,上海贸易公司,上海\n"
KOREAN = "email,이름,회사,도시\nkim@x.example,김철수,예제주식회사,서울\n"


@pytest.mark.parametrize("times", [1, 40])
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((text, "cp1252") for text in (GERMAN, FRENCH, SPANISH, ITALIAN, DANISH, PORTUGUESE, ICELANDIC)),
        ("email;name;price\nx@x.example;O’Brien – Söhne;€ 5\n", "cp1252"),
        *((text, "cp1250") for text in (POLISH, CZECH, HUNGARIAN)),
        (POLISH, "iso8859_2"),
        (GERMAN, "mac_roman"),
        (GERMAN, "cp850"),
        (TURKISH, "cp1254"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"),
        (GREEK, "cp1253"),
        (HEBREW, "cp1255"),
        (ARABIC, "cp1256"),
        (THAI, "cp874"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"),
        (CHINESE, "gb18030"),
        (KOREAN, "cp949"),
        *((text, name) for text in (GERMAN, JAPANESE, RUSSIAN) for name in ("utf-8", "utf-8-sig", "utf-16", "utf-32")),
        *((text, name) for text in (GERMAN, JAPANESE, RUSSIAN) for name in ("utf-16-le", "utf-16-be", "utf-32-le")),
        ("email\nann@example.com\n", "ascii"),
    ],
)
def test_the_encoding_is_told_from_the_bytes(text: str, encoding: str, times: int) -> None:
    data = (text * times).encode(encoding)
    # What counts is the text: windows-1252 and Latin-1 are one where they agree.
    assert data.decode(tell([data])).removeprefix("\ufeff") == text * times


def test_a_letter_in_the_last_line_is_enough() -> None:
    lines = b"ann@example.com,Ann\n" * 50_000
    assert tell([lines, "zoe@example.com,Zoë\n".encode()]) == "utf-8-sig"
    assert tell([lines, "zoe@example.com,Zoë\n".encode("cp1252")]) == "cp1252"


def test_a_file_of_utf_8_with_some_broken_lines_stays_utf_8() -> None:
    good, broken = "Zoë Müller\n".encode(), "Zoë\n".encode("cp1252")
    assert tell([good * 50 + broken * 2 + good * 50]) == "utf-8-sig"


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pieces_may_end_anywhere(size: int) -> None:
    data = (FRENCH * 3).encode()
    assert tell([data[:64], *(data[at : at + size] for at in range(64, len(data), size))]) == "utf-8-sig"


def test_an_empty_file_is_utf_8() -> None:
    assert tell([]) == tell([b""]) == "utf-8-sig"


@pytest.mark.parametrize(
    ("charset", "codec"), [("UTF8", "utf-8-sig"), ("windows-1252", "cp1252"), ("Shift_JIS", "shift_jis")]
)
def test_a_named_charset_is_a_codec(charset: str, codec: str) -> None:
    assert named(charset) == codec


@pytest.mark.parametrize("charset", ["klingon", "zlib", "rot13", "idna", "undefined", "", "\0", "x" * 500])
def test_what_is_no_charset_of_text_is_refused(charset: str) -> None:
    with pytest.raises(Invalid, match="is not the name of a charset"):
        named(charset)


def test_bytes_that_are_no_characters_are_marked_and_the_rest_is_read() -> None:
    text = opened(io.BytesIO(b"Zo\xeb\r\nZo\xc3\xab\n"), "utf-8-sig").read()
    assert text == "Zo\ufffd\r\nZoë\n"
