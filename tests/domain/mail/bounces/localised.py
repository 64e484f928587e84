"""Notices in the languages of the providers, given without any field of RFC 3464: the words alone tell the reason."""

# ruff: noqa: E501  (what servers and people write is not broken)

from collections.abc import Iterator
from dataclasses import dataclass

from tests.domain.mail.bounces.servers import BOB, ORIGINAL, dsn_headers_only, head, plain

_EXCHANGE = "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@contact.example>"
_GOOGLE = "Mail Delivery Subsystem <mailer-daemon@googlemail.com>"


@dataclass(frozen=True, slots=True)
class Language:
    """The words of Exchange in one language: title, first sentence, an unknown recipient, a full mailbox, and the line
    above the original's header; of Gmail: not found, inbox full, tries again."""

    title: str
    failed: str
    unknown: str
    full: str
    headers: str
    not_found: str
    inbox_full: str
    retries: str


LANGUAGES = {
    "en": Language(
        "Undeliverable: Idea", "Delivery has failed to these recipients or groups:",
        "The email address you entered couldn't be found. Please check the recipient's email address and try to resend the message.",
        "The recipient's mailbox is full and can't accept messages now. Please try resending your message later.",
        "Original message headers:",
        "Address not found\n\nYour message wasn't delivered to {r} because the address couldn't be found, or is unable to receive mail.",
        "Recipient inbox full\n\nYour message couldn't be delivered to {r}. Their inbox is full, or it's getting too much mail right now.",
        "Delivery incomplete\n\nThere was a temporary problem delivering your message to {r}. Gmail will retry for 47 more hours. You'll be notified if the delivery fails permanently.",
    ),
    "de": Language(
        "Unzustellbar: Idee", "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:",
        "Die eingegebene E-Mail-Adresse konnte nicht gefunden werden. Überprüfen Sie die E-Mail-Adresse des Empfängers.",
        "Das Postfach des Empfängers ist voll und kann zurzeit keine Nachrichten annehmen.",
        "Ursprüngliche Nachrichtenkopfzeilen:",
        "Adresse nicht gefunden\n\nIhre Nachricht wurde nicht an {r} zugestellt, weil die Adresse nicht gefunden wurde oder keine E-Mails empfangen kann.",
        "Posteingang des Empfängers voll\n\nIhre Nachricht konnte nicht an {r} zugestellt werden. Der Posteingang ist voll.",
        "Zustellung unvollständig\n\nBei der Zustellung Ihrer Nachricht an {r} ist ein vorübergehendes Problem aufgetreten. Gmail wird noch 47 Stunden lang erneut versuchen, sie zuzustellen.",
    ),
    "fr": Language(
        "Non remis : Idée", "Échec de la remise pour ces destinataires ou groupes :",
        "L'adresse de messagerie que vous avez entrée est introuvable. Vérifiez l'adresse du destinataire.",
        "La boîte aux lettres du destinataire est pleine et ne peut accepter de messages pour le moment.",
        "En-têtes de message d'origine :",
        "Adresse introuvable\n\nVotre message n'a pas été remis à {r}, car l'adresse est introuvable ou ne peut pas recevoir de messages.",
        "Boîte de réception du destinataire pleine\n\nVotre message n'a pas pu être remis à {r}. Sa boîte de réception est pleine.",
        "Distribution incomplète\n\nUn problème temporaire est survenu lors de la distribution à {r}. De nouvelles tentatives auront lieu pendant 47 heures.",
    ),
    "es": Language(
        "No se puede entregar: Idea", "No se pudo entregar a estos destinatarios o grupos:",
        "No se encontró la dirección de correo electrónico que especificó. Compruebe la dirección del destinatario.",
        "El buzón del destinatario está lleno y no puede aceptar mensajes en este momento.",
        "Encabezados de mensaje originales:",
        "No se ha encontrado la dirección\n\nTu mensaje no se ha entregado a {r} porque no se ha encontrado la dirección o esta no puede recibir correo.",
        "La bandeja de entrada está llena\n\nNo se ha podido entregar tu mensaje a {r}. Su bandeja de entrada está llena.",
        "Entrega incompleta\n\nSe ha producido un problema temporal al entregar el mensaje a {r}. Gmail lo seguirá intentando durante 47 horas más.",
    ),
    "it": Language(
        "Non recapitabile: Idea", "Recapito non riuscito per i seguenti destinatari o gruppi:",
        "L'indirizzo di posta elettronica immesso non è stato trovato. Controllare l'indirizzo del destinatario.",
        "La cassetta postale del destinatario è piena e non può accettare messaggi.",
        "Intestazioni originali del messaggio:",
        "Indirizzo non trovato\n\nIl messaggio non è stato consegnato a {r} perché l'indirizzo non è stato trovato o non può ricevere messaggi.",
        "Casella di posta piena\n\nImpossibile recapitare il messaggio a {r}. La casella è piena.",
        "Consegna incompleta\n\nSi è verificato un problema temporaneo durante la consegna a {r}. Gmail continuerà a tentare per altre 47 ore.",
    ),
    "pt": Language(
        "Não é possível entregar: Ideia", "A entrega falhou para estes destinatários ou grupos:",
        "O endereço de email que você inseriu não foi encontrado. Verifique o endereço do destinatário.",
        "A caixa de correio do destinatário está cheia e não pode aceitar mensagens agora.",
        "Cabeçalhos de mensagem originais:",
        "Endereço não encontrado\n\nSua mensagem não foi entregue a {r} porque o endereço não foi encontrado ou não pode receber e-mails.",
        "Caixa de entrada do destinatário cheia\n\nNão foi possível entregar sua mensagem a {r}. A caixa está cheia.",
        "Entrega incompleta\n\nHouve um problema temporário ao entregar sua mensagem a {r}. O Gmail continuará tentando por mais 47 horas.",
    ),
    "nl": Language(
        "Onbestelbaar: Idee", "De bezorging is mislukt voor deze geadresseerden of groepen:",
        "Het e-mailadres dat u hebt ingevoerd, kan niet worden gevonden. Controleer het adres van de geadresseerde.",
        "Het postvak van de geadresseerde is vol en kan nu geen berichten accepteren.",
        "Oorspronkelijke berichtkoppen:",
        "Adres niet gevonden\n\nUw bericht is niet bezorgd bij {r} omdat het adres niet is gevonden of geen e-mail kan ontvangen.",
        "Inbox van ontvanger is vol\n\nUw bericht kan niet worden bezorgd bij {r}. De inbox is vol.",
        "Bezorging niet voltooid\n\nEr is een tijdelijk probleem opgetreden bij de bezorging aan {r}. Gmail blijft het nog 47 uur proberen: we blijven proberen.",
    ),
    "pl": Language(
        "Niedostarczalne: Pomysł", "Nie można dostarczyć wiadomości do następujących adresatów lub grup:",
        "Nie znaleziono wprowadzonego adresu e-mail. Sprawdź adres e-mail adresata.",
        "Skrzynka pocztowa adresata jest pełna i nie może teraz przyjmować wiadomości.",
        "Oryginalne nagłówki wiadomości:",
        "Nie znaleziono adresu\n\nWiadomość nie została dostarczona na adres {r}, ponieważ nie znaleziono adresu lub nie może on odbierać poczty.",
        "Skrzynka odbiorcza jest pełna\n\nNie udało się dostarczyć wiadomości do {r}. Skrzynka jest przepełniona.",
        "Dostarczanie opóźnione\n\nWystąpił tymczasowy problem z dostarczeniem wiadomości do {r}. Wiadomość jest opóźniona.",
    ),
    "sv": Language(
        "Olevererbart: Idé", "Det gick inte att leverera till följande mottagare eller grupper:",
        "E-postadressen du angav hittades inte. Kontrollera mottagarens e-postadress.",
        "Mottagarens postlåda är full och kan inte ta emot meddelanden nu.",
        "Ursprungliga meddelandehuvuden:",
        "Adressen hittades inte\n\nMeddelandet levererades inte till {r} eftersom adressen inte hittades.",
        "Mottagarens inkorg är full\n\nMeddelandet kunde inte levereras till {r}. Inkorgen är full.",
        "Leveransen är försenad\n\nMeddelandet till {r} är försenat.",
    ),
    "da": Language(
        "Ikke-leveret: Idé", "Meddelelsen kunne ikke leveres til følgende modtagere eller grupper:",
        "Den angivne mailadresse blev ikke fundet. Kontroller modtagerens mailadresse.",
        "Modtagerens postkasse er fuld og kan ikke modtage meddelelser nu.",
        "Oprindelige brevhoveder:",
        "Adressen blev ikke fundet\n\nDin mail blev ikke leveret til {r}, fordi adressen ikke findes. Den kunne ikke leveres.",
        "Modtagerens indbakke er fuld\n\nMailen kunne ikke leveres til {r}. Indbakken er fuld.",
        "Leveringen er forsinket\n\nLevering til {r} er forsinket.",
    ),
    "fi": Language(
        "Ei voida toimittaa: Idea", "Toimitus epäonnistui seuraaville vastaanottajille tai ryhmille:",
        "Antamaasi sähköpostiosoitetta ei löydy. Tarkista vastaanottajan osoite.",
        "Vastaanottajan postilaatikko on täynnä, eikä se voi ottaa viestejä vastaan.",
        "Alkuperäiset viestin otsikot:",
        "Osoitetta ei löydy\n\nViestiä ei voitu toimittaa osoitteeseen {r}, koska osoitetta ei löytynyt.",
        "Vastaanottajan postilaatikko on täynnä\n\nViestiä ei voitu toimittaa: {r}. Postilaatikko on täynnä.",
        "Toimitus on viivästynyt\n\nToimitus osoitteeseen {r} on viivästynyt.",
    ),
    "cs": Language(
        "Nelze doručit: Nápad", "Doručení se nezdařilo těmto příjemcům nebo skupinám:",
        "Zadaná e-mailová adresa nebyla nalezena. Zkontrolujte adresu příjemce.",
        "Poštovní schránka příjemce je plná a nemůže přijímat zprávy.",
        "Původní záhlaví zprávy:",
        "Adresa nebyla nalezena\n\nZpráva nebyla doručena na adresu {r}, protože adresa neexistuje.",
        "Schránka příjemce je plná\n\nZprávu nelze doručit na adresu {r}. Schránka je plná.",
        "Doručení se zpozdí\n\nDoručení na adresu {r} je zpožděno.",
    ),
    "tr": Language(
        "Teslim edilemedi: Fikir", "Şu alıcılara veya gruplara teslim edilemedi:",
        "Girdiğiniz e-posta adresi bulunamadı. Lütfen alıcının e-posta adresini denetleyin.",
        "Alıcının posta kutusu dolu ve şu anda ileti kabul edemiyor.",
        "Özgün ileti üst bilgileri:",
        "Adres bulunamadı\n\nİletiniz {r} adresine teslim edilemedi çünkü adres bulunamadı.",
        "Alıcının gelen kutusu dolu\n\nİletiniz {r} adresine teslim edilemedi. Gelen kutusu dolu.",
        "Teslimat gecikti\n\n{r} adresine teslimat gecikti.",
    ),
    "ru": Language(
        "Недоставленное: Идея", "Не удалось доставить сообщение следующим получателям или группам:",
        "Указанный адрес электронной почты не найден. Проверьте адрес получателя.",
        "Почтовый ящик получателя переполнен и сейчас не может принимать сообщения.",
        "Исходные заголовки сообщения:",
        "Адрес не найден\n\nПисьмо не доставлено на адрес {r}, так как адрес не найден или не может получать почту.",
        "Почтовый ящик получателя переполнен\n\nНе удалось доставить письмо на адрес {r}. Ящик переполнен.",
        "Доставка задерживается\n\nПри доставке на адрес {r} возникла временная проблема. Доставка задерживается.",
    ),
    "ja": Language(
        "配信不能: 案", "次の受信者またはグループに配信できませんでした:",
        "入力した電子メール アドレスが見つかりませんでした。受信者の電子メール アドレスを確認してください。",
        "受信者のメールボックスがいっぱいのため、現在メッセージを受け取ることができません。",
        "元のメッセージ ヘッダー:",
        "アドレス不明\n\nアドレスが見つからないか、メールを受信できないため、メールは {r} に配信されませんでした。",
        "受信トレイがいっぱいです\n\n{r} にメールを配信できませんでした。受信トレイがいっぱいです。",
        "配信が遅延しています\n\n{r} へのメールの配信で問題が発生しました。配信は遅延しています。",
    ),
    "zh": Language(
        "无法送达: 想法", "无法向以下收件人或组传递邮件：",
        "找不到您输入的电子邮件地址。请检查收件人的电子邮件地址。",
        "收件人的邮箱已满，目前不能接收邮件。",
        "原始邮件标头：",
        "找不到地址\n\n您的邮件未能递送至 {r}，因为找不到该地址。无法送达。",
        "收件人的收件箱已满\n\n无法将邮件送达 {r}，无法送达。收件箱已满。",
        "邮件延迟\n\n向 {r} 递送时出现临时问题，投递延迟。",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """A bounce and the truth about it; ``verdict`` is hard, soft or delayed."""

    cell: str
    raw: bytes
    verdict: str


def samples() -> Iterator[Sample]:
    """Each notice in plain text and in HTML, in three encodings, with the original below or attached."""
    for code, words in LANGUAGES.items():
        for name, verdict, text in (
            ("exchange", "hard", words.unknown), ("exchange", "soft", words.full),
        ):  # fmt: skip
            body = f"{words.failed}\n\n{BOB}<mailto:{BOB}>\n{text}\n\n{words.headers}\n\n{ORIGINAL.partition(chr(10) * 2)[0]}\n"
            top = head(_EXCHANGE, words.title)
            yield Sample(f"{name} {code} text", plain(top, body, "base64"), verdict)
            yield Sample(f"{name} {code} html", plain(top, _html(body), "quoted-printable", "html"), verdict)
        for verdict, text in (("hard", words.not_found), ("soft", words.inbox_full), ("delayed", words.retries)):
            body = f"** {text.format(r=BOB)}\n"
            top = head(_GOOGLE, f"Delivery Status Notification ({'Delay' if verdict == 'delayed' else 'Failure'})")
            yield Sample(f"gmail {code} text", dsn_headers_only(top, body, "plain"), verdict)
            yield Sample(f"gmail {code} html", dsn_headers_only(top, _html(body), "html"), verdict)


def _html(text: str) -> str:
    lines = text.replace("<", "&lt;").replace(">", "&gt;").splitlines()
    return (
        "<html><head><title>spam</title></head><body>"
        + "".join(f"<p>{line}</p>\n" for line in lines)
        + "</body></html>"
    )
