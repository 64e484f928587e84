"""Whether a person asks to be left alone, in so many words: “please take me off your list”, “STOP”, “bitte austragen”.

“Not interested” is an answer and no such request. Ask of the person's own words only: nearly every quoted mail and
many a signature have “unsubscribe” in them. Texts are folded (``folding``).
"""

import re
from collections.abc import Iterator

from domain.incoming.folding import folded
from domain.incoming.opt_out_phrases import BARE, UNDIVIDED
from domain.incoming.opt_out_refusals import REFUSALS
from domain.incoming.opt_out_removals import REMOVALS
from domain.incoming.opt_out_words import MORE_BARE, MORE_REFUSALS, MORE_REMOVALS, MORE_UNDIVIDED

_MAX_TEXT = 3_000
_MAX_SENTENCE = 600
# Fingers slip in “unsubscribe” more than in other words; “unsubscribed” and “unsubscribes” are words of their own.
_SLIPS = re.compile(r"\bun+[- ]?s?[uoa]?[bp]?[- ]?[scr]{1,4}[iyer]{0,3}[bp]e?r?(?=\W|me\b|$)(?<!unsubscribe)")

_POLITE = (
    r"(?:please|pls|plz|kindly|hi|hello|hey|dear \w+|(?:hi|hello|hey|hallo|hej|hola|bonjour|ciao) \w+,|thanks?"
    r"|thank you|thx|ok|okay|no thanks?|just|bitte|danke|vielen dank|hallo"
    r"|svp|stp|s'il (?:vous|te) plait|merci|bonjour|por favor|porfavor|gracias|hola|per favore|per cortesia|grazie"
    r"|obrigad[oa]|ola|alstublieft|a\.u\.b\.|aub|alsjeblieft|graag|dank u|bedankt|prosze|dziekuje|dzien dobry|snalla"
    r"|tack|vanligen|hej|venligst|vennligst|tak|takk|kiitos|hei|prosim|dekuji|diky|dobry den|kerem|koszonom|kosz"
    r"|va rog|te rog"
    r"|multumesc|lutfen|tesekkurler|пожалуйста|спасибо|здравствуйте|будь ласка|дякую|παρακαλω|ευχαριστω|お願いします"
    r"|お願い致します|お願いいたします|ください|下さい|してください|希望|を|请|請|谢谢|謝謝|부탁드립니다"
    r"|부탁합니다|바랍니다|요청|감사합니다|해 ?주세요|합니다|vui long|xin|cam on|tolong|mohon|terima kasih"
    r"|molim(?: vas)?"
    r"|hvala|prasau|aciu|palun|aitah|ludzu|paldies|моля|благодаря|الرجاء|رجاء|من فضلك|شكرا|נא|בבקשה|תודה|กรุณา|ขอบคุณ"
    r"|ครับ|ค่ะ|कृपया"
    r"|धन्यवाद|لطفا|ممنون"
    r"|now|immediately|immediate|immediata|inmediata|imediata|sofortige?"
    r"|me|us|mich|sofort|at once|already|asap|all|regards|everything|it|this|these|\W)"
)
_BARE = re.compile(rf"{_POLITE}*(?:{BARE}|{folded(MORE_BARE)}){_POLITE}*")


def _any_of(phrases: dict[str, tuple[str, ...]]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"\b(?:{'|'.join(of_language)})") for of_language in phrases.values())


_REMOVALS = _any_of(REMOVALS | MORE_REMOVALS)
_REFUSALS = (*_any_of(REFUSALS | MORE_REFUSALS), re.compile("|".join((*UNDIVIDED, *map(folded, MORE_UNDIVIDED)))))

# Where another thought begins: what is denied before it is not denied behind it.
_NEW_THOUGHT = re.compile(
    r"[,;:()。、，；]|\s-\s|\b(?:and|but|so|please|pls|kindly|thanks|thank you|und|aber|bitte|danke|et|mais"
    r"|merci|veuillez"
    r"|svp|y|pero|gracias|por favor|grazie|per favore|obrigad[oa]|en|maar|graag|bedankt|oraz|ale|prosze|dziekuje|och"
    r"|men|tack|tak|takk"
    r"|venligst|vennligst|ja|mutta|kiitos|prosim|dekuji|es|kerem|koszonom|si|multumesc|va rog|ve|ama|lutfen"
    r"|tesekkurler|но"
    r"|пожалуйста|спасибо|прошу|будь ласка|дякую|прошу|και|παρακαλω|ευχαριστω)\b"
)
_NOT = re.compile(
    r"n't\b|\b(?:not|dont|never|cannot|without|instead of|nicht|keine?n?|ohne|ne|pas|sans|sin|senza|sem|nao|non|niet"
    r"|geen|zonder|nie"
    r"|bez|inte|ej|aldrig|ikke|aldri|ala|alkaa|en halua|nem|fara|nemojte|nemoj|arge|jangan|belum|dung|chua|khong|не"
    r"|недейте|нельзя|без|μη|μην|δεν|no (?:me |nos |lo "
    r"|la )?(?=$)|nu (?:ma |ne )?(?=$))\b"
)
_NOT_AT_ONCE = re.compile(r"\s*(?:\w+ )?(?:noch |nog |bitte |gerade )?(?:nicht|niet|inte|ikke|ej)\b")
_NOT_YET = re.compile(
    r"(?:n't|\bnot|\bdont)\b.{0,80}\b(?:yet|just now|right now|for now|so soon)\b|\b(?:noch nicht|nicht gleich"
    r"|vorerst nicht|pas encore|pas tout de suite"
    r"|todavia no|aun no|no .{0,50}(?:todavia|aun)\b|(?:non .{0,50})?\bancora\b.{0,3}$|non ancora|ainda nao"
    r"|nao .{0,50}\bainda|por enquanto nao|nog niet|jeszcze nie"
    r"|nie .{0,50}jeszcze|jeszcze|inte .{0,30}\ban\b|annu inte|ikke .{0,40}\bendnu|endnu ikke|ikke .{0,40}\benna"
    r"|enna ikke|viela|jeste ne\w+|jeste"
    r"|meg ne\w*|inca nu|nu .{0,50}inca|henuz|simdilik|пока(?: что)? не|[ее]ще не|ещё не|поки(?: що)? не|ще не|ακομα"
    r"|ακομη)\b"
    r"|まだ|先不要|先别|先別|暂时|暫時|还不|還不|아직"
)
# “Leave me alone for two weeks” sends away, and calls back.
_FOR_A_WHILE = re.compile(
    r"\s*(?:just |please )?(?:for (?:a|an|one|two|three|four|the next|\d+) (?:few |couple of |more )?(?:days?|weeks?"
    r"|months?|quarters?|while|bit|moment|minutes?|hours?)\b|until (?!further|you\b|i\b|hell)|till (?:next|after|the"
    r"|\d)|bis (?:nach|zum|zur|ende|anfang|januar|nachste)|jusqu|hasta |fino a|ate (?:o|a|ao) )"
)
_OTHERS = (
    r"who|they|people|someone|somebody|users?|customers?|subscribers|recipients|prospects|leads|employees|kunden"
    r"|nutzer\w*|anwender|empfanger|mitarbeiter\w*|abonnenten"
    r"|clients?|utilisateurs|abonnes|destinataires|salaries|clientes|usuarios?|suscriptores|utenti|clienti|iscritti"
    r"|utilizadores|assinantes|gebruikers|klanten|abonnees"
    r"|uzytkowni\w+|klien\w+|anvandare\w*|kunder\w*|brugere\w*|brukere\w*|kunderne|kayttaj\w+|asiakka\w+|tilaajat"
    r"|uzivatel\w*|zakazni\w+|odberatel\w*"
    r"|felhasznalo\w*|ugyfel\w*|utilizatori\w*|abonati\w*|clientii\w*|kullanici\w*|musteri\w*|aboneler\w*"
    r"|пользовател\w+|клиент\w*|подписчик\w*|користувач\w*|клієнт\w*|підписник\w*|χρηστ\w+|πελατ\w+|συνδρομητ\w+"
)
_CJK_OTHERS = r"ユーザー|お客様|顧客|会員様|利用者|用户|用戶|客户|客戶|사용자|고객|회원|유저"
_OF_OTHERS = re.compile(
    rf"(?:\b(?:{_OTHERS})\b|{_CJK_OTHERS})|\bif (?:i|we|they|he|she)\b|\bif you (?!could|would|can|might|please"
    rf"|kindly|guys)|\bwenn (?:ich|wir|man|jemand)\b"
    r"|\bhow (?:do|can|does|would) (?:you|we|your|our|one|it)\b|\bdid(?: i)? $"
    r"|\bwe (?!(?:\w+ ){0,3}(?:you|your)\b)(?:\w+ ){0,3}(?:to|will|can't|cannot) $"
)
# “I have received no further mails” misses them.
_REPORTED = re.compile(
    r"\b(?:hab(?:e|en|t)?|hatten?) .{0,60}(?:erhalten|bekommen|gesehen)\b|\bheb(?:ben)? .{0,60}(?:ontvangen|gekregen)"
    r"|\b(?:ai|avons) .{0,40}recu|\b(?:he|hemos) .{0,20}recibido|\b(?:ho|abbiamo) .{0,20}ricevuto|\brecebi|\bnie dostal"
    r"|\bhar .{0,30}(?:fatt|faet|modtaget|mottatt)|\b(?:olen|ole) saanut|\bnem kapt|\bn-am primit|\balmadim"
    r"|\bне получал|\bне отримував|\b(?:have|has|had|did)(?:n't| not) (?:\w+ )?(?:receive|get|got|see)"
)
_TOOL = re.compile(
    r"\b(?:tool|product|software|plugin|plug-in|app|integration|api|feature|produkt\w*|werkzeug|programm|outil"
    r"|logiciel|produit|fonction|herramienta|producto|funcion"
    r"|strumento|prodotto|funzione|ferramenta|produto|aplicativo|hulpmiddel|narzedzi\w+|produkcie|verktyg\w*"
    r"|vaerktoj\w*|verktoy\w*|tyokalu\w*|nastroj\w*|eszkoz\w*"
    r"|aplicati\w+|uygulama\w*|инструмент\w*|продукт\w*|сервис\w*|сервіс\w*|інструмент\w*|εργαλει\w+|εφαρμογ\w+)\b"
    r"|ツール|製品|サービス(?:で|に)|工具|产品|系统里|软件|제품|도구|서비스에서"
)
_QUESTION = re.compile(r"[?？;]\s*$|(?:か|吗|嗎|까요|나요)[。?？]?\s*$")
# The mail's own footer, ours or the answering company's, says how to unsubscribe: it does not ask to.
_FOOTER = re.compile(
    r"\b(?:to|click|here|if you|um|falls|wenn sie|pour|si vous|para|si (?:no|usted|desea)|per|se (?:non|vuoi|desideri)"
    r"|om|als u|aby|jesli|for att|om du) .{0,60}(?:un-?subscribe|opt[ -]?out|abmelden|abbestellen|desabonner"
    r"|desinscrire|baja|cancell\w+|disiscriv\w+|descadastr\w+|uitschrijven|afmelden|wypisac|avregistrera"
    r"|wish to receive|want to receive|erhalten|recevoir|recibir|ricevere|receber|ontvangen|otrzymywac)"
    r".{0,80}(?:click|here|link|https?:|hier|cliqu|ici|clic|aqui|qui|klik|tutaj|kliknij|klicka|har\b|reply with"
    r"|e-?mail to)|un-?subscribe(?: here)?\s?[:<(|]?\s?<?https?:|\bclick (?:here )?to unsubscribe"
    r"|^(?:if you (?:do not|don't|no longer|would|wish|want)|wenn sie (?:keine|nicht|unsere)|falls sie|si vous ne"
    r"|si (?:usted )?no (?:desea|quiere)|se non (?:desidera|vuo|intend)"
    r"|se nao (?:deseja|quiser)|als u (?:geen|niet|onze)|jesli nie (?:chce|zycz)|om du inte|hvis du ikke|jos et"
    r"|pokud (?:si )?ne|ha nem|daca nu|если вы не|якщо ви не"
    r"|εαν δεν|αν δεν) .{0,20}(?:wish|want|like|receiv|wunsch|erhalt|mocht|souhait|recev|desea|quier|recib|desider"
    r"|ricev|desej|receb|wens|wilt|ontvang|chce|otrzym"
    r"|vill|onsk|modtag|motta|halua|prejete|kivan|szeret|dorit|vreti|хотите|желаете|хочете|бажаєте|επιθυμ|θελετε)"
    r"|(?:停止|解除)(?:を)?(?:ご)?希望(?:の方|される)|(?:退订|取消订阅|退訂)请(?:点击|回复)"
    r"|如(?:果)?您?(?:不想|不希望|需)|수신을 ?원(?:하지|치) ?않으시"
)


def asks_to_stop(text: str) -> bool:
    """Whether somebody's own words (without quotes and signature) ask not to be written to any more.

    It reads the languages of ``opt_out_phrases``.
    """
    whole = _SLIPS.sub("unsubscribe", folded(text[:_MAX_TEXT]))
    lines = [line.strip() for line in whole.splitlines()]
    said = [line for line in lines if line]
    # A bare word counts as the whole of a short answer, or as the first line of one (a name may stand below it).
    if said and len(said) <= 5 and len(said[0]) <= 60 and _BARE.fullmatch(said[0]):
        return True
    if 1 < len(said) <= 5 and len(said[1]) <= 60 and len(said[0].split()) <= 4 and _BARE.fullmatch(said[1]):
        return True
    sentences = re.split(r"(?<=[.!?])[^\S\n]+|(?<=[.!?])(\n)\s*|(?<=[。！？])|(\n)\s*\n", "\n".join(lines))
    return any(map(_requests, _without_interjections(sentences)))


def _without_interjections(pieces: list[str | None]) -> Iterator[str]:
    """The sentences but those such as the first of “Stop! You had me at …”: cried out, with talk behind it."""
    sentences = [piece for piece in pieces if piece]
    for place, sentence in enumerate(sentences):
        behind = sentences[place + 1] if place + 1 < len(sentences) else ""
        if behind.strip() and _INTERJECTION.fullmatch(sentence.strip()) and not _OF_MAILS.search(behind):
            continue
        yield sentence


# A cry is no request where the same line goes on about something else than what stops.
_INTERJECTION = re.compile(r"(?:stop|wait,? stop|stopp|basta|end|quit|alto|halt|стоп|σταματα|停止)\s?!+")
_OF_MAILS = re.compile(
    r"mail|spam|\blists?\b|contact|writ|\bsend|messag|bother|\btimes\b|\btime (?:you|i)\b|again|enough|alone|annoy"
    r"|harass|unsub|remov"
    r"|kontakt|schreib|liste|ecri|lista|correo|scriv|писа|пись|メール|邮件|메일"
)


def _requests(sentence: str) -> bool:
    flat = " ".join(sentence.split())[:_MAX_SENTENCE]
    if not flat or _FOOTER.search(flat) or _asks_of_the_product(flat):
        return False
    if len(flat) <= 60 and _BARE.fullmatch(flat.split(", ")[-1]) and not _NOT.search(flat) and len(flat.split()) <= 6:
        return True
    return any(not _denied(flat, found) for pattern in _REMOVALS for found in pattern.finditer(flat)) or any(
        not _of_others(flat, found) and not _postponed(flat, found)
        for pattern in _REFUSALS
        for found in pattern.finditer(flat)
    )


def _asks_of_the_product(sentence: str) -> bool:
    """Whether it asks what a product does for others: “How can our users unsubscribe in your tool?”."""
    if not _QUESTION.search(sentence):
        return False
    return _TOOL.search(sentence) is not None or re.search(rf"\b(?:{_OTHERS})\b|{_CJK_OTHERS}", sentence) is not None


def _denied(sentence: str, found: re.Match[str]) -> bool:
    """Whether the request is not one: “do not remove me”, “who want to unsubscribe”, “not yet”."""
    thought = sentence[_thought_begins(sentence, found.start()) : found.end()]
    return (
        _NOT.search(thought[: thought.rfind(found[0])][-45:] or "") is not None
        or _NOT.search(found[0]) is not None
        or _NOT_AT_ONCE.match(sentence[found.end() :]) is not None
        or _of_others(sentence, found)
        or _postponed(sentence, found)
    )


def _of_others(sentence: str, found: re.Match[str]) -> bool:
    begin = _thought_begins(sentence, found.start())
    return (
        _OF_OTHERS.search(sentence[begin : found.start()]) is not None
        or _REPORTED.search(sentence[begin : found.end() + 20]) is not None
    )


def _postponed(sentence: str, found: re.Match[str]) -> bool:
    end = _NEW_THOUGHT.search(sentence, found.end())
    begin = _thought_begins(sentence, found.start())
    if _FOR_A_WHILE.match(sentence[found.end() :]):
        return True
    return _NOT_YET.search(sentence[begin : end.start() if end else len(sentence)]) is not None


def _thought_begins(sentence: str, place: int) -> int:
    return max((end.end() for end in _NEW_THOUGHT.finditer(sentence, 0, place)), default=0)
