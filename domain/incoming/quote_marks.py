"""How mails mark what is not their author's: quotes, what telephones sign with, and disclaimers, in the languages of
our contacts."""

import re

_NAMES = {
    "from": (
        r"from|von|de|de la|da|van|od|fran|från|fra|lähettäjä|felad[oó]|kimden|gönderen|expeditor|от кого|від кого"
        r"|avs[äa]ndare|avsender|afsender|remitente|mittente|remetente|afzender|nadawca|odes[íi]latel"
        r"|от|від|από|差出人|送信者|发件人|发件者|寄件者|寄件人|보낸 ?사람"
        r"|expediteur|expéditeur"
    ),
    "other": (
        r"sent|date|to|cc|subject|reply-to|gesendet|datum|an|betreff|envoy[ée]|à|objet|enviado(?: el| em)?|fecha|data"
        r"|para|asunto|assunto"
        r"|inviato|a|oggetto|verzonden|aan|onderwerp|wys[łl]ano|do|dla|temat|dw|skickat|till|ämne|sendt|til|emne"
        r"|lähetetty"
        r"|vastaanottaja|aihe"
        r"|odesláno|komu|předmět|elküldve|küldve|címzett|tárgy|trimis|către|subiect|gönderildi|tarih|kime|konu"
        r"|gönderme tarihi|отправлено|дата|кому|дата отправки|копия"
        r"|тема|надіслано|копія|στάλθηκε|εστάλη|απεσταλμένα|προς|κοιν\.?|θέμα|ημερομηνία|copie|kopie|kopia|kopi|kopio"
        r"|copia|c[óo]pia|送信日時|日時|宛先|件名|发送时间|收件人|主题|日期|보낸 ?날짜"
        "|받는 ?사람|제목"
    ),
}
FROM_LINE = re.compile(rf"[*_ ]{{0,3}}(?:{_NAMES['from']})\s?[*_]{{0,2}}\s?[:：]", re.IGNORECASE)
OTHER_LINE = re.compile(rf"[*_ ]{{0,3}}(?:{_NAMES['other']})\s?[*_]{{0,2}}\s?[:：]", re.IGNORECASE)
RULE = re.compile(
    r"\s*-{2,}\s?(?:original message|urspr[üu]ngliche nachricht|message d['’]origine|message original|mensaje original"
    r"|messaggio originale"
    r"|mensagem original|oorspronkelijk bericht|oryginalna wiadomo[śs][ćc]|wiadomo[śs][ćc] oryginalna"
    r"|originalmeddelande|oprindelig meddelelse"
    r"|opprinnelig melding|alkuper[äa]inen viesti|p[ůu]vodn[íi] (?:zpr[áa]va|e-?mail)|eredeti [üu]zenet|mesaj original"
    r"|orijinal mesaj"
    r"|исходное сообщение|оригінальне повідомлення|пересылаемое сообщение|αρχικ[όο] μ[ήη]νυμα|原始邮件|原邮件"
    r"|원본 메시지"
    r"|original[- ]?nachricht"
    r"|元のメッセージ|reply message|forwarded message|weitergeleitete nachricht)\s?-*",
    re.IGNORECASE,
)
WROTE = re.compile(
    r"(?:wrote|writes|schrieb|geschrieben|a [ée]crit|escribi[óo]|ha scritto|escreveu|schreef|heeft .{0,60}geschreven"
    r"|napisa[łl](?:\(a\)|a)?|pisze"
    r"|skrev|skrev:|kirjoitti|napsal(?:\(a\)|a)?|[íi]rta|a scris|(?:şunu )?yazd[ıi]|(?:пишет|писал\(?а?\)?"
    r"|написал\(?а?\)?)|(?:написав|пише|написала)"
    r"|έγραψε|写道|さん?(?:は|が)?書きました|のメール|님이 작성|작성)(?: .{0,120})?\s?[:：]?\s*$"
    r"|<[^<>\s]+@[^<>\s]+>.{0,20}[:：]\s*$",
    re.IGNORECASE,
)
_GET = (
    r"get|download|holen sie sich|laden sie|obtenir|obtenez|t[ée]l[ée]charge[rz]|obt[ée]n(?:er|ga)|descargar?|scarica"
    r"|ottieni|obter|obtenha|baixar?|transferir|pobierz|h[äæa]mta|hent|skaffa|hanki|lataa|st[áa]hn[ěe]te|st[áa]hnout"
    r"|z[íi]sk(?:ejte|at)|let[öo]lt[ée]s|desc[ăa]rca[țt]i|ob[țt]ine[țt]i|edinin|indirin|скачать|скачайте|получить"
    r"|загрузить|загрузите|завантаж\w+|отримат\w+|λήψη|αποκτήστε|获取|下载|取得|下載|downloaden|haal"
)
MOBILE = re.compile(
    rf"\W{{0,3}}(?:(?:{_GET})\b.{{0,25}}\boutlook\b|outlook.{{0,25}}(?:ios|android)\W|(?:ios"
    rf"|android)\S{{0,4}} outlook\b)|"
    r"\W{0,3}(?:sent with (?:\[?proton|spark|mailbird|airmail|superhuman|shift|front)|sent from (?:my|outlook|mail"
    r"|yahoo|proton|samsung|gmail)|sent via"
    r"|von meinem .{2,30} gesendet|gesendet (?:von|mit) (?:mein|outlook|der)"
    r"|holen sie sich outlook|diese nachricht wurde von meinem|envoy[ée] (?:de|depuis) (?:mon|ma|outlook|l)"
    r"|t[ée]l[ée]charge[rz] outlook|obtenez outlook"
    r"|enviado desde (?:mi|outlook)|obtener outlook|inviato da(?:l mio)? (?:ip|i?phone|smartphone|outlook|cell"
    r"|dispositivo|samsung|yahoo|android)|scarica outlook"
    r"|inviato dal mio|enviado (?:do|a partir do|pelo) (?:meu|outlook|yahoo)|obter o outlook|verzonden (?:vanaf|met"
    r"|via) (?:mijn|outlook)|verstuurd vanaf"
    r"|wys[łl]an[eoy] z|pobierz program outlook|skickat fr[åa]n|sendt fra|h[æa]mta outlook|hent outlook|l[äa]hetetty"
    r"|odesl[áa]no z|отправлено (?:с|из)"
    r"|надіслано з|iphone(?:'?um)?dan g[öo]nderildi|στάλθηκε από|iphoneから送信|iphone.{0,6} k[üu]ldve|trimis de pe"
    r"|从我的|đã gửi từ (?:iphone|ipad|outlook|thiết)|dikirim dari (?:iphone|ipad|outlook|perangkat|ponsel)|ส่งจาก"
    r"|נשלח מה|أ.?رسلت من|изпратено от|poslano (?:s|iz|z) (?:mog|moje|iphone)|poslato sa|odoslan[ée] z|saadetud minu"
    r"|išsiųsta iš|nosūtīts no|enviat des d"
    r"|发自我的|나의 iphone)",
    re.IGNORECASE,
)
DISCLAIMER = re.compile(
    r"\W{0,3}(?:this (?:e-?mail|message|communication|transmission)|the (?:information|contents?)\b.{0,30} (?:this"
    r"|in)\b"
    r"|confidentiality|disclaimer|diese (?:e-?mail|nachricht|mail)|der inhalt dieser|ce (?:message|courriel|mail)"
    r"|cet e-?mail|este (?:mensaje|correo|e-?mail)|questo messaggio|quest[ao] e-?mail|le informazioni"
    r"|esta (?:mensagem|mail)|dit (?:e-?mail)?bericht|deze e-?mail|(?:ta|niniejsza) wiadomo[śs][ćc]"
    r"|dett?a (?:e-?post)?meddelande|denne (?:e-?mail|mail|e-?post\w*)|t[äa]m[äa] (?:viesti|s[äa]hk[öo]posti)"
    r"|tent[oa] (?:e-?mail|zpr[áa]va)|ez az (?:e-?mail|[üu]zenet)|acest (?:mesaj|e-?mail)|bu (?:e-?posta|mesaj|ileti)"
    r"|(?:это|данное|настоящее) (?:сообщение|письмо|электронное)|(?:це|цей) (?:повідомлення|лист)|το παρόν|αυτό το"
    r"|このメール|本メール|本邮件|此邮件|본 (?:메일|이메일|메시지))",
    re.IGNORECASE,
)
CONFIDENTIAL = re.compile(
    r"confident|confidenc|confidenz|vertraulich|vertrouwelijk|riservat|poufn|konfiden|fortroli|förtroli|luottamuks"
    r"|důvěrn|bizalmas|gizli|конфиденц|конфіденц|εμπιστευτ|機密|机密|기밀|intended (?:solely|only)|legally privileged"
)
