# ruff: noqa: E501
"""Automatic answers in many languages, with the headers that the common servers write, and without any."""

from collections.abc import Iterator

from tests.domain.mail.people import OURS, built

# Language: (subjects of servers and people, texts). A subject that ends with a colon goes on with ours.
LANGUAGES: dict[str, tuple[list[str], list[str]]] = {
    "en": (
        ["Automatic reply:", "Out of Office", "Out of Office:", "Out of office AutoReply:", "Autoreply:", "OOO until 7 December", "Out of the office until Monday", "[Auto-Reply]", "Auto Response:",
         "Vacation Reply", "I am out of the office", "Away from my mail", "On vacation until 7 December", "Annual leave", "AUTO: Bob Builder is out of the office (returning 12/07/2026)", "Bob Builder is out of the office."],
        ["Thank you for your email. I am currently out of the office with limited access to email and will return on Monday, 7 December 2026. For urgent matters please contact Jane on +1 555 0100.",
         "Thanks for your message. I'm on annual leave until 7 December and will reply as soon as I am back. If it is urgent, please call the office.",
         "This is an automatic reply. I am out of the office and will answer on my return on December 7."],
    ),
    "de": (
        ["Automatische Antwort:", "Abwesenheitsnotiz:", "Abwesenheitsnotiz", "Abwesend bis 07.12.", "Abwesenheit:", "Nicht im Büro:", "Ich bin im Urlaub", "Automatische Abwesenheitsnotiz", "Bob Builder ist außer Haus."],
        ["Vielen Dank für Ihre Nachricht. Ich bin bis einschließlich 7. Dezember 2026 nicht im Büro. Ihre E-Mail wird nicht weitergeleitet. In dringenden Fällen wenden Sie sich bitte an Frau Schmidt.",
         "Ich bin vom 23.11. bis zum 07.12.2026 im Urlaub. Ihre Nachricht beantworte ich nach meiner Rückkehr schnellstmöglich."],
    ),
    "fr": (
        ["Réponse automatique :", "Absence du bureau", "Message d'absence", "Absent jusqu'au 7 décembre", "Absence :", "Congés jusqu'au 7 décembre"],
        ["Merci pour votre message. Je suis absent du bureau jusqu'au 7 décembre inclus. En cas d'urgence, veuillez contacter Mme Dupont. Je vous répondrai dès mon retour.",
         "Bonjour, je suis en congés du 23 novembre au 7 décembre avec un accès limité à mes e-mails. Pour toute urgence, appelez le 01 23 45 67 89."],
    ),
    "es": (
        ["Respuesta automática:", "Fuera de la oficina", "Fuera de la oficina:", "Ausente hasta el 7 de diciembre", "Vacaciones hasta el 7 de diciembre"],
        ["Gracias por su correo. Estaré fuera de la oficina hasta el 7 de diciembre con acceso limitado al correo. Para asuntos urgentes, contacte con Ana. Responderé a mi regreso."],
    ),
    "it": (
        ["Risposta automatica:", "Fuori ufficio", "Fuori sede:", "Assente fino al 7 dicembre", "In ferie fino al 7 dicembre"],
        ["Grazie per il messaggio. Sono assente dall'ufficio fino al 7 dicembre. Per urgenze contattare la collega. Risponderò al mio rientro."],
    ),
    "pt": (
        ["Resposta automática:", "Fora do escritório", "Ausência temporária:", "Em férias até 7 de dezembro", "Resposta Automática: Férias"],
        ["Obrigado pelo seu e-mail. Estou ausente até 7 de dezembro com acesso limitado ao e-mail. Em caso de urgência, contate Maria. Responderei assim que possível."],
    ),
    "nl": (
        ["Automatisch antwoord:", "Afwezig", "Afwezig tot 7 december", "Afwezigheidsbericht:", "Niet op kantoor:"],
        ["Bedankt voor uw bericht. Ik ben afwezig tot en met 7 december en lees mijn mail beperkt. Voor dringende zaken kunt u bellen met Jan. Ik antwoord zo snel mogelijk na terugkomst."],
    ),
    "pl": (
        ["Odpowiedź automatyczna:", "Automatyczna odpowiedź:", "Nieobecność", "Poza biurem:", "Urlop do 7 grudnia"],
        ["Dziękuję za wiadomość. Jestem nieobecny w biurze do 7 grudnia. W pilnych sprawach proszę o kontakt z Anną. Odpowiem po powrocie."],
    ),
    "sv": (
        ["Autosvar:", "Automatiskt svar:", "Frånvaro:", "Frånvarande till 7 december", "Semester till 7 december"],
        ["Tack för ditt mejl. Jag är på semester till och med 7 december och läser mejl i begränsad omfattning. I brådskande ärenden kontakta Eva. Jag svarar när jag är tillbaka."],
    ),
    "da": (
        ["Automatisk svar:", "Autosvar:", "Fravær:", "Ferie til 7. december", "Ude af kontoret"],
        ["Tak for din mail. Jeg holder ferie til og med den 7. december. Hvis det haster, kontakt Eva. Jeg svarer når jeg er tilbage."],
    ),
    "nb": (
        ["Automatisk svar:", "Autosvar:", "Fravær", "Ute av kontoret:", "Ferie til 7. desember"],
        ["Takk for din e-post. Jeg er på ferie til og med 7. desember. Hvis det haster, kontakt Eva. Jeg svarer når jeg er tilbake."],
    ),
    "fi": (
        ["Automaattinen vastaus:", "Poissaoloviesti:", "Poissa 7.12. asti", "Lomalla 7.12. asti"],
        ["Kiitos viestistäsi. Olen lomalla 7.12. asti. Kiireellisissä asioissa ota yhteyttä Liisaan. Vastaan palattuani."],
    ),
    "cs": (
        ["Automatická odpověď:", "Nepřítomnost:", "Mimo kancelář:", "Dovolená do 7. prosince"],
        ["Děkuji za váš e-mail. Jsem mimo kancelář do 7. prosince. V naléhavých případech kontaktujte kolegyni. Odpovím po návratu."],
    ),
    "hu": (
        ["Automatikus válasz:", "Házon kívül:", "Szabadságon 7-ig"],
        ["Köszönöm levelét. December 7-ig szabadságon vagyok. Sürgős esetben forduljon Annához. Visszatérésem után válaszolok."],
    ),
    "ro": (
        ["Răspuns automat:", "În concediu până la 7 decembrie"],
        ["Mulțumesc pentru mesaj. Sunt în concediu până la 7 decembrie. Pentru situații urgente contactați-o pe Ana."],
    ),
    "tr": (
        ["Otomatik Yanıt:", "Otomatik cevap:", "Ofis dışındayım"],
        ["E-postanız için teşekkür ederim. 7 Aralık'a kadar izindeyim. Acil durumlarda Ayşe ile iletişime geçebilirsiniz."],
    ),
    "ru": (
        ["Автоматический ответ:", "Автоответ:", "В отпуске до 7 декабря", "Отсутствую до 7 декабря"],
        ["Спасибо за ваше письмо. Я в отпуске до 7 декабря. По срочным вопросам обращайтесь к Анне. Отвечу по возвращении."],
    ),
    "uk": (
        ["Автоматична відповідь:", "Автовідповідь:", "У відпустці до 7 грудня"],
        ["Дякую за ваш лист. Я у відпустці до 7 грудня. З термінових питань звертайтеся до Анни. Відповім після повернення."],
    ),
    "el": (
        ["Αυτόματη απάντηση:", "Εκτός γραφείου:"],
        ["Σας ευχαριστώ για το μήνυμά σας. Θα απουσιάζω έως 7 Δεκεμβρίου. Για επείγοντα θέματα επικοινωνήστε με την Άννα. Θα απαντήσω με την επιστροφή μου."],
    ),
    "ja": (
        ["自動返信:", "自動応答:", "【自動返信】", "不在のお知らせ", "休暇のお知らせ"],
        ["このメールは自動返信です。12月7日まで休暇をいただいております。お急ぎの場合は山田までご連絡ください。"],
    ),
    "zh": (
        ["自动回复:", "自动答复:", "自動回覆:", "不在办公室:"],
        ["您好，感谢您的来信。我正在休假，12月8日返回。紧急事务请联系王先生。此邮件为系统自动回复。"],
    ),
    "ko": (
        ["자동 회신:", "자동 응답:", "부재중 알림"],
        ["메일 감사합니다. 12월 7일까지 휴가입니다. 급한 용무는 김 대리에게 연락 바랍니다. 복귀 후 답변드리겠습니다."],
    ),
}  # fmt: skip

# What servers write: (the subject, None for the language's own; headers).
SERVERS: dict[str, tuple[str | None, dict[str, str]]] = {
    "exchange": (None, {"Auto_Submitted": "auto-generated", "X_Auto_Response_Suppress": "All", "X_MS_Exchange_Inbox_Rules_Loop": "bob@contact.example"}),
    "gmail": ("Re: Hello", {"Auto_Submitted": "auto-replied", "X_Autoreply": "yes", "Precedence": "bulk"}),
    "sieve": ("Auto: Hello", {"Auto_Submitted": "auto-replied (vacation)", "References": OURS}),
    "cpanel": (None, {"X_Autorespond": "Hello", "Precedence": "auto_reply", "In_Reply_To": ""}),
    "postfix vacation": ("Re: Hello", {"Precedence": "bulk", "Return_Path": "<>"}),
    "plesk": (None, {"X_Autoreply": "yes", "Precedence": "junk"}),
    "exim": ("Re: Hello", {"Auto_Submitted": "auto-replied", "Return_Path": "<>"}),
    "kopano": (None, {"X_Kopano_Vacation": "1", "Auto_Submitted": "auto-replied"}),
    "lotus": (None, {"Auto_Submitted": "auto-generated", "X_MIMETrack": "Serialize by Router"}),
    "without headers": (None, {}),
    "without headers or thread": (None, {"In_Reply_To": "", "References": ""}),
    "tagged by a gateway": ("[EXTERNAL] {}", {}),
}  # fmt: skip


def answers() -> Iterator[tuple[str, bytes]]:
    for language, (subjects, texts) in LANGUAGES.items():
        for number, subject in enumerate(subjects):
            own = f"{subject} Hello" if subject.endswith((":", "]", "】")) else subject
            for server, (form, headers) in SERVERS.items():
                text = texts[number % len(texts)]
                html = f"<p>{text}</p>" if number % 3 == 1 else ""
                yield f"{language} {server} {subject}", built(text, html, subject=(form or "{}").format(own), **headers)


OTHERS: list[tuple[str, str, dict[str, str]]] = [
    ("Your request has been received (#1234)", "Thank you for contacting us. Your ticket number is 1234. We will get back to you within 24 hours.", {"Auto_Submitted": "auto-generated"}),
    ("[Request received] Hello", "Your request (1234) has been received and is being reviewed by our support staff.", {"Auto_Submitted": "auto-generated", "X_Auto_Response_Suppress": "All"}),
    ("[#1234] We have received your message", "Thank you for your message. This is an automated confirmation. Ticket number: 1234. Please do not reply.", {}),
    ("Ticket Received - Hello", "Dear Ann, we would like to acknowledge that we have received your request and a ticket has been created with Ticket ID 1234. Thank you for contacting us. Do not reply.", {"In_Reply_To": "", "References": ""}),
    ("Ihre Anfrage ist bei uns eingegangen [Ticket#1234]", "Vielen Dank für Ihre Nachricht. Ihre Anfrage ist eingegangen und wird schnellstmöglich bearbeitet. Ticketnummer 1234.", {}),
    ("Eingangsbestätigung: Hello", "Vielen Dank für Ihre E-Mail.", {}),
    ("Accusé de réception", "Nous avons bien reçu votre message.", {}),
    ("Thank you for contacting Contact Ltd", "This is an automated response to let you know that we received your email. Thank you for your patience.", {}),
    ("Please confirm your email to deliver your message", "Your message is waiting. Please do not reply; this is an automatic message. Click to confirm.", {}),
    ("Your message to bob@contact.example is awaiting verification", "This is an automated message. Thank you for writing.", {"X_Challenge": "1"}),
    ("Re: Hello", "Thank you for your message. Please do not reply to it.", {"From": "no-reply@contact.example"}),
    ("Re: Hello", "Thank you for your message. I no longer work at Contact Ltd.", {"Auto_Submitted": "auto-replied"}),
    ("Automatic reply: Hello", "Bob Builder no longer works at Contact Ltd. Please contact jane@contact.example.", {}),
    ("Re: Hello", "This is an automated reply. I am away until Monday with limited access to email.", {"Precedence": "bulk"}),
    ("Re: Hello [Auto-Reply]", "Thank you for your email. I am out of the office.", {}),
    ("November news", "Our news.", {"List_Id": "<news.contact.example>", "List_Unsubscribe": "<https://contact.example/u>", "Precedence": "bulk", "In_Reply_To": "", "References": ""}),
    ("Hello", "x", {"Auto_Submitted": "auto-notified"}),
    ("Hello", "x", {"Delivered_To": "Autoresponder"}),
    ("Hello", "x", {"X_POST_MessageClass": "9; Autoresponder"}),
    ("Re: Hello", "x", {"X_AutoReply_From": "bob@contact.example"}),
]  # fmt: skip


def others() -> Iterator[tuple[str, bytes]]:
    """Tickets, challenges, newsletters, left companies."""
    for number, (subject, text, headers) in enumerate(OTHERS):
        yield f"{number} {subject}", built(text, "", subject=subject, **headers)


READ_RECEIPT = (
    b"From: Bob <bob@contact.example>\r\nSubject: Read: Hello\r\nMessage-ID: <m@contact.example>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nYour message was read.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n"
    b"Final-Recipient: rfc822;bob@contact.example\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n--b--\r\n"
)


# Subject, text and headers as they are seen in the wild.
REAL: list[tuple[str, str, dict[str, str]]] = [
    ("Out of Office: Re: Hello", "I am out of the office this week.", {}), ("Out Of Office Re: Hello", "I am away.", {}), ("Automatic reply: [EXTERNAL] Hello", "", {}),
    ("*** Automatic reply *** Hello", "I am away.", {}), ("Auto-reply: Hello", "I am on holiday.", {}), ("Automatic Out of Office Reply", "Away.", {}), ("OOO: Hello", "Back on Monday.", {}),
    ("OOO Re: Hello", "Back on Monday.", {}), ("Out of Office (until 7/12)", "Thanks for your email.", {}), ("Parental leave", "Thank you for your email. I am on parental leave until 7 December. Please contact Jane.", {"In_Reply_To": "", "References": ""}),
    ("Maternity Leave - Re: Hello", "I am on maternity leave.", {}), ("On leave until 7 December", "I am on leave.", {}), ("Currently out of the office", "I am away.", {}), ("I'm on vacation", "Thanks for your mail. I'm on vacation and will answer when I am back.", {}),
    ("Vacation notice", "x", {}), ("Holiday notice: closed until 4 January", "Thank you for your email. Our office is closed until 4 January. This is an automatic reply.", {}),
    ("No longer with the company Re: Hello", "Thank you for your email. Bob is no longer with Contact Ltd. This is an automated message.", {}), ("Contact Ltd: we received your message", "This is an automatic confirmation. Thank you for your message.", {}),
    ("RE: Hello", "Thank you for your email. I am out of the office.", {"X_Auto_Response_Suppress": "All", "Auto_Submitted": "auto-replied"}), ("Ich bin nicht im Büro", "Vielen Dank für Ihre Nachricht.", {}), ("Urlaub bis 07.12.2026", "Ich bin im Urlaub.", {}),
    ("Abwesenheitsassistent: Hallo", "x", {}), ("Automatische Abwesenheitsmeldung", "x", {}), ("Autom. Antwort: Hallo", "x", {}), ("Außer Haus: Hallo", "Ich bin nicht im Haus.", {}), ("Elternzeit", "Vielen Dank für Ihre Nachricht. Ich bin in Elternzeit. In dringenden Fällen wenden Sie sich an Frau Maier.", {}),
    ("En congés : Re: Bonjour", "Je suis absent.", {}), ("Absente jusqu'au 7 décembre Re: Bonjour", "Je suis absente.", {}), ("Notification d'absence", "x", {}), ("Je suis absent", "Merci pour votre message.", {}), ("Respuesta automática", "x", {}), ("Estoy de vacaciones", "Gracias por su correo.", {}),
    ("Fuori sede", "Grazie per la mail.", {}), ("Sono in ferie", "Grazie per la mail.", {}), ("Estou de férias", "Obrigado pelo e-mail.", {}), ("Resposta automática de ausência", "x", {}), ("Ik ben afwezig", "Bedankt voor uw bericht.", {}), ("Vakantie tot 7 december", "Ik ben op vakantie.", {}),
    ("Jag är på semester", "Tack för ditt mejl.", {}), ("Jeg er på ferie", "Tak for din mail.", {}), ("Lomalla", "Kiitos viestistä.", {}), ("Nieobecność w biurze", "Dziękuję za wiadomość.", {}), ("【自動応答】不在通知", "x", {}), ("[自动回复] 你好", "x", {}), ("自动回复", "x", {}), ("[자동응답] 안녕하세요", "x", {}),
    ("Автоответчик: Привет", "x", {}), ("Я в отпуске", "Спасибо за письмо.", {}), ("AutoReply", "x", {}), ("Ude af huset: Hello", "Jeg er tilbage den 7. december.", {}), ("Poissa toimistosta: Hello", "Palaan maanantaina.", {}),
    ("Не в офісі: Вітаю", "Відсутній до 7 грудня.", {}), ("부재 중: Hello", "12월 7일에 복귀합니다.", {}), ("Ticket #12 created: Hello", "A ticket has been created. Please do not reply to this message.", {}), ("Auto-Antwort: Hallo", "x", {}), ("Automated reply from Contact Ltd", "x", {}), ("Automatic response to your email", "x", {}), ("Out-of-Office Notification: Hello", "x", {}), ("Delivered: Hello", "x", {"Auto_Submitted": "auto-generated"}),
]  # fmt: skip

# Who answers does not write such a word in place of our subject, and quotes what he answers.
BARE = [
    "AFK", "Ausencia", "Fraværende", "Bortrest", "Poissa", "Távollét", "Odsutnost", "Odsotnost", "Отсъствие", "Atostogos", "Puhkusel", "Atvaļinājums",
    "إجازة", "خارج المكتب", "לא במשרד", "היעדרות", "مرخصی", "छुट्टी पर", "ไม่อยู่", "Nghỉ phép", "Sedang cuti", "Nepřítomnost", "年末年始休業のお知らせ",
    "Garden leave", "Sabbatical", "Absència", "Conferma di lettura", "Automatinis atsakymas", "Automaatvastus", "Automātiskā atbilde",
    "Samodejni odgovor", "Automatski odgovor", "Balasan otomatis", "Trả lời tự động", "ตอบกลับอัตโนมัติ", "स्वचालित उत्तर", "מענה אוטומטי",
    "الرد التلقائي", "پاسخ خودکار",
]  # fmt: skip


def bare() -> Iterator[tuple[str, bytes]]:
    """Answers with nothing but a word for it over them, in a thread."""
    for subject in BARE:
        yield f"bare {subject}", built("10.12.", "", subject=subject)


def real() -> Iterator[tuple[str, bytes]]:
    for number, (subject, text, headers) in enumerate(REAL):
        yield f"real {number} {subject}", built(text, "", subject=subject, **headers)
