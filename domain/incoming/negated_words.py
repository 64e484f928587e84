"""What a negation and a verb say together: that a mail was not delivered, that an address was not found.

Servers say the same in a thousand ways, and each language turns its verbs about. So next to the phrases that are known
(`notice_words`, `bounce_words`) stand here, for each language, the stems of its negations and failures,
of its verbs for delivering, and of those for existing and being found; they speak where they stand close together.
All stems are written as folded text is: lower case, without accents. An underscore stands for the edge of a word.
"""

import re
from collections.abc import Iterator

_NEAR = 60
"""Characters between a verb and its negation, at most; a sentence's end divides them too."""

# A line for each language: negations and failures; delivering; existing and being found.
_TABLE = """
not_ n't_ unable cannot fail undeliver error unsuccess; deliver;
_nicht fehlgeschlagen fehler unmoglich gescheitert _kein misslungen; zugestellt zustell ubermittel ausgeliefert; \
 gefunden auffind existier bekannt vorhanden aufgefuhrt ermittel vergeben
_pas_ impossible echec echou _ne_ _n' _aucun erreur; remis_ remise remettre livre livrai delivr distribu achemin \
 parvenir transmis; trouv existe_ existant connu repertorie attribue
_no_ imposible fallo fallid error _ningun; entreg reparto; encontr existe localiz reconoc registrad asignad
_non_ impossibile mancat errore fallit _nessun; recapit consegn inoltra; \
 trovat trovar esist individua registrat assegnat
_nao_ impossivel falha falhou erro_ _nenhum; entreg entrega; encontr exist localiz cadastrad
_niet_ mislukt fout_ onmogelijk _geen_; bezorg aflever afgelever besteld bestelling; gevonden vinden bestaat bekend
_nie_ blad_ bled niepowod niemozliw niedostarcz; dorecz dostarcz; znalez odnalez istnieje znalezion odnalezion znany
_inte_ _ej_ misslyck _fel_ fel_ omojlig; lever_ levera utdela; hitta finns kand_
_ikke_ feil_ fejl_ mislyk umulig; lever_ levere udlever aflever; \
 fundet findes funnet finnes finne_ kendt kjent
_ei_ _eivat_ epaonnistu virhe_; toimit perille valitt; loyt loyd olemassa tunne
_nelze _neby _nepodar _nezdar _nemoh _neuspes selha chyba_ _nemozno _nebol; doruc dodan dodat; \
 najit nalez najst naslo nasla existu
edilemedi iletilemedi basarisiz _hata_ hatasi edilemiyor edilememis gonderilemedi ulastirilama; \
 teslim ilet gonder ulas;  bulunama bulunmu mevcut
_не_ ошибк сбой невозможн неудач неуспе _ні_ помилк неможлив; доставл доставк достави вруч; найти найден существ \
 обнаруж зарегистр знайд існу
_nem_ sikertelen _hiba; kezbesit tovabbit; talal letez ismert
_nu_ esuat eroare imposibil; livra expedi; gasit gasi_ exista cunoscut
_δεν_ αδυναμ αποτυχ αδυνατ σφαλμα; παραδο παραδω; βρεθ βρηκ υπαρχ
_nije_ _nisu_ neuspjes neuspes nemoguc _ne_ greska pogreska; isporuc dostav; pronad postoj
_не_ неуспеш невъзможн грешка; достав; намер открит съществ
_no_ _error impossible; lliura entrega; trobat troba existeix
ません なかった 不能 失敗 できな エラー 不可; 配信 配達 送信 送達 届; 見つか 見つけ 存在 該当 登録
无法 未能 失败 不能 無法 失敗 未成功 没有; 送达 投递 发送 送達 傳遞 传递 投遞 寄送 传送 傳送 寄达; 找到 存在 查到 注册
않 못 실패 없 불가 오류; 배달 전달 전송 발송 배송; 찾을 존재 확인되지
לא_ נכשל _לא; נמסר למסור מסיר מסירה; נמצא קיים קיימת
تعذر فشل لم_ _لا_ يتعذر; تسليم توصيل; العثور موجود
nepavyko neprista nerast nebuvo; pristat; rasta
neizdev nepieg neatr netika; piegad; atrast atrad
nurjus ebaonnest toimetamat _ei_; toimeta; leitud leidnud leita olemas
_ni_ _niso_ nemogoc neuspes; dostav; najti najden obstaja
није_ нису_ неуспе немогућ; испоруч достав; пронађ постој
नहीं विफल; वितरित डिलीवर; मिला मौजूद
نشد ناموفق; تحویل; یافت وجود
ไม่ ล้มเหลว; ส่ง จัดส่ง; พบ
_khong_ that_bai; gui_ phan_phoi chuyen_; tim_thay ton_tai
_tidak gagal _galat; terkirim kirim sampai; ditemukan
"""


def _stems(cell: str) -> tuple[str, ...]:
    return tuple(stem.replace("_", " ") for stem in cell.split())


_LANGUAGES = tuple(tuple(map(_stems, line.split(";"))) for line in _TABLE.replace("\\\n", "").strip().splitlines())
_DELIVERING = tuple((denials, verbs) for denials, verbs, _ in _LANGUAGES)
# English is left to the phrases: its servers write so much else about what they do not find.
_BEING = tuple((denials, verbs) for denials, _, verbs in _LANGUAGES[1:] if verbs)
_EDGES = re.compile(r"""[\s,;:()<>\[\]{}"«»„“”*_/|=-]+""")
_ENDS = ".!?。！？"


def says_not_delivered(said: str) -> bool:
    """Whether a folded text says, in any of these languages, that something was not or cannot be delivered."""
    return _denies(said, _DELIVERING)


def says_not_found(said: str) -> bool:
    """Whether a folded text says, in any of these languages but English, that something is not there."""
    return _denies(said, _BEING)


def _denies(said: str, languages: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]) -> bool:
    plain = f" {_EDGES.sub(' ', said)} "
    return any(
        any(denial in near for denial in denials)
        for denials, verbs in languages
        if any(denial in plain for denial in denials)
        for verb in verbs
        for near in _neighbours(plain, verb)
    )


def _neighbours(plain: str, verb: str) -> Iterator[str]:
    """What stands about each place of a verb, within its sentence."""
    at = plain.find(verb)
    while at >= 0:
        end = at + len(verb)
        before, after = plain[max(0, at - _NEAR) : at], plain[end : end + _NEAR]
        yield f"{_after_end(before)}{verb}{_before_end(after)} "
        at = plain.find(verb, end)


def _after_end(text: str) -> str:
    return text[max(text.rfind(mark) for mark in _ENDS) + 1 :]


def _before_end(text: str) -> str:
    return text[: min((at for mark in _ENDS if (at := text.find(mark)) >= 0), default=len(text))]
