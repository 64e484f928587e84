# ruff: noqa: E501
"""Mails of people, in many languages and from many mail programs, with everything in them that machines say too."""

from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

OURS = "<7.opendoors@sender.example>"
_QUOTED = [
    "Hi Bob,", "", "are you out of the office at the moment? This is an automatic reminder, do not reply.",
    "User unknown? 550 5.1.1. Undelivered Mail Returned to Sender.", "", "-- ", "Ann", "Unsubscribe: https://sender.example/u/x",
]  # fmt: skip

# Language: (attribution of the quote, the labels of Outlook's header block, the signature of a telephone, what people say).
LANGUAGES: dict[str, tuple[str, str, str, list[str]]] = {
    "en": ("On Mon, 23 Nov 2026 at 09:00, Ann Smith <ann@sender.example> wrote:", "From Sent To Subject", "Sent from my iPhone", [
        "Yes, let us talk on Thursday at 10.",
        "I'm out of office next week, let's talk on Monday.",
        "Thanks for your email. I'm out of the office until Monday 7 December, but happy to talk then.",
        "I was on vacation until yesterday, sorry for the late reply. Can you send me the prices?",
        "Automatic reply is a nice feature. Does your product have it?",
        "I got your automatic reply. Is this an automated message, or are you a person?",
        "This is not an automatic reply. I read your mail and I am not interested.",
        "Bob no longer works here. Please write to jane@contact.example instead.",
        "Our mail server says 550 5.1.1 user unknown whenever we write to you; did you get my last mail?",
        "Thank you for contacting us. We have received your request and would like a demo next Tuesday.",
        "We use an auto-responder on support@; please use my own address.",
        "I am currently travelling with limited access to email. Could you call me on Friday instead?",
        "Not interested.", "ok", "Who are you?", "👍",
        "I'm on parental leave until March, my colleague Sue would be the right person. Shall I introduce you?",
    ]),
    "de": ("Am 23.11.2026 um 09:00 schrieb Ann Smith <ann@sender.example>:", "Von Gesendet An Betreff", "Von meinem iPhone gesendet", [
        "Gerne, passt Ihnen Donnerstag um 10 Uhr?",
        "Ich bin nächste Woche nicht im Büro, lassen Sie uns am Montag telefonieren.",
        "Vielen Dank für Ihre Nachricht. Ich bin bis 14.12. im Urlaub und melde mich danach.",
        "Ich war im Urlaub, daher erst jetzt meine Antwort. Was kostet das?",
        "Ihre automatische Antwort habe ich erhalten. Wann sind Sie wieder da?",
        "Das ist keine automatische Antwort, ich habe Ihre Mail gelesen.",
        "Kann Ihr Produkt Abwesenheitsnotizen erkennen?",
        "Herr Maier arbeitet nicht mehr bei uns, bitte wenden Sie sich an Frau Schmidt.",
        "Kein Interesse, danke.",
    ]),
    "fr": ("Le lun. 23 nov. 2026 à 09:00, Ann Smith <ann@sender.example> a écrit :", "De Envoyé À Objet", "Envoyé de mon iPhone", [
        "Oui, parlons-en jeudi à 10 h.",
        "Je suis absent la semaine prochaine, pouvez-vous me rappeler lundi ?",
        "Merci pour votre message. Je suis en congés jusqu'au 7 décembre, on peut se parler ensuite.",
        "J'ai reçu votre réponse automatique. Quand rentrez-vous ?",
        "Ceci n'est pas une réponse automatique !",
        "Pas intéressé, merci.",
    ]),
    "es": ("El lun, 23 nov 2026 a las 9:00, Ann Smith (<ann@sender.example>) escribió:", "De Enviado Para Asunto", "Enviado desde mi iPhone", [
        "Sí, hablamos el jueves a las 10.",
        "Estoy fuera de la oficina la semana que viene, ¿hablamos el lunes?",
        "Gracias por su correo. Estaré de vacaciones hasta el 7 de enero, podemos hablar después.",
        "Recibí su respuesta automática. ¿Cuándo vuelve?",
        "No me interesa, gracias.",
    ]),
    "it": ("Il giorno lun 23 nov 2026 alle ore 09:00 Ann Smith <ann@sender.example> ha scritto:", "Da Inviato A Oggetto", "Inviato da iPhone", [
        "Sì, sentiamoci giovedì alle 10.",
        "La prossima settimana sono fuori ufficio, possiamo sentirci lunedì?",
        "Grazie per la mail. Sono in ferie fino al 7 gennaio, sentiamoci dopo.",
        "Ho ricevuto la risposta automatica, quando torna?",
        "Non mi interessa, grazie.",
    ]),
    "pt": ("Em seg., 23 de nov. de 2026 às 09:00, Ann Smith <ann@sender.example> escreveu:", "De Enviado Para Assunto", "Enviado do meu iPhone", [
        "Sim, falamos na quinta às 10h.",
        "Estou fora do escritório na próxima semana, podemos falar na segunda?",
        "Obrigado pelo e-mail. Estou de férias até 7 de janeiro, falamos depois.",
        "Recebi a resposta automática. Quando volta?",
        "Não tenho interesse, obrigado.",
    ]),
    "nl": ("Op ma 23 nov 2026 om 09:00 schreef Ann Smith <ann@sender.example>:", "Van Verzonden Aan Onderwerp", "Verstuurd vanaf mijn iPhone", [
        "Ja, laten we donderdag om 10 uur bellen.",
        "Ik ben volgende week afwezig, kunnen we maandag bellen?",
        "Bedankt voor je mail. Ik ben tot 7 december met vakantie, kun je daarna bellen?",
        "Ik kreeg een automatisch antwoord van u. Wanneer bent u terug?",
        "Geen interesse, dank u.",
    ]),
    "pl": ("pon., 23 lis 2026 o 09:00 Ann Smith <ann@sender.example> napisał(a):", "Od Wysłano Do Temat", "Wysłane z iPhone'a", [
        "Dzień dobry,\nTak, porozmawiajmy w czwartek o 10.",
        "W przyszłym tygodniu jestem na urlopie, czy możemy porozmawiać w poniedziałek?",
        "Dziękuję za wiadomość. Jestem nieobecny do 7 grudnia, porozmawiamy później.",
        "Dostałem automatyczną odpowiedź. Kiedy Pani wraca?",
        "Nie jestem zainteresowany.",
    ]),
    "sv": ("Den mån 23 nov. 2026 kl 09:00 skrev Ann Smith <ann@sender.example>:", "Från Skickat Till Ämne", "Skickat från min iPhone", [
        "Ja, vi kan prata på torsdag kl 10.",
        "Jag är på semester nästa vecka, kan vi höras på måndag?",
        "Tack för ditt mejl. Jag är ledig till 7 december, vi kan höras efter det.",
        "Jag fick ett automatiskt svar från dig. När är du tillbaka?",
    ]),
    "da": ("Den man. 23. nov. 2026 kl. 09.00 skrev Ann Smith <ann@sender.example>:", "Fra Sendt Til Emne", "Sendt fra min iPhone", [
        "Ja, lad os tale sammen torsdag kl. 10.",
        "Jeg er på ferie i næste uge, kan vi tale mandag?",
        "Tak for din mail. Jeg er på ferie til 7. december, lad os tale bagefter.",
        "Jeg fik et autosvar. Hvornår er du tilbage?",
    ]),
    "nb": ("man. 23. nov. 2026 kl. 09:00 skrev Ann Smith <ann@sender.example>:", "Fra Sendt Til Emne", "Sendt fra min iPhone", [
        "Ja, vi kan ta en prat på torsdag klokken 10.",
        "Jeg er på ferie neste uke, kan vi snakkes mandag?",
        "Jeg fikk automatisk svar. Når er du tilbake?",
    ]),
    "fi": ("ma 23. marrask. 2026 klo 9.00 Ann Smith (ann@sender.example) kirjoitti:", "Lähettäjä Lähetetty Vastaanottaja Aihe", "Lähetetty iPhonesta", [
        "Kyllä, jutellaan torstaina kello 10.",
        "Olen ensi viikon lomalla, voitko soittaa maanantaina?",
        "Sain automaattisen vastauksen. Milloin palaat?",
    ]),
    "cs": ("po 23. 11. 2026 v 9:00 odesílatel Ann Smith <ann@sender.example> napsal:", "Od Odesláno Komu Předmět", "Odesláno z iPhonu", [
        "Ano, můžeme si zavolat ve čtvrtek v 10.",
        "Příští týden mám dovolenou, můžete zavolat v pondělí?",
        "Přišla mi automatická odpověď. Kdy se vrátíte?",
    ]),
    "hu": ("Ann Smith <ann@sender.example> ezt írta (időpont: 2026. nov. 23., H, 9:00):", "Feladó Küldve Címzett Tárgy", "iPhone-ról küldve", [
        "Igen, beszéljünk csütörtökön 10-kor.",
        "Jövő héten szabadságon vagyok, tudunk hétfőn beszélni?",
        "Automatikus választ kaptam. Mikor jön vissza?",
    ]),
    "ro": ("În lun., 23 nov. 2026 la 09:00, Ann Smith <ann@sender.example> a scris:", "De Trimis Către Subiect", "Trimis de pe iPhone", [
        "Da, putem vorbi joi la ora 10.",
        "Săptămâna viitoare sunt în concediu, putem vorbi luni?",
        "Am primit un răspuns automat. Când vă întoarceți?",
    ]),
    "tr": ("Ann Smith <ann@sender.example>, 23 Kas 2026 Pzt, 09:00 tarihinde şunu yazdı:", "Kimden Gönderildi Kime Konu", "iPhone'umdan gönderildi", [
        "Evet, perşembe saat 10'da konuşalım.",
        "Gelecek hafta izindeyim, pazartesi konuşabilir miyiz?",
        "Otomatik yanıt aldım. Ne zaman döneceksiniz?",
    ]),
    "ru": ("пн, 23 нояб. 2026 г. в 09:00, Ann Smith <ann@sender.example>:", "От Отправлено Кому Тема", "Отправлено с iPhone", [
        "Да, давайте созвонимся в четверг в 10.",
        "На следующей неделе я в отпуске, можем поговорить в понедельник?",
        "Пришёл автоматический ответ. Когда вы вернётесь?",
        "Спасибо за письмо. Я в отпуске до 7 декабря, давайте потом.",
    ]),
    "uk": ("пн, 23 лист. 2026 р. о 09:00 Ann Smith <ann@sender.example> пише:", "Від Надіслано Кому Тема", "Надіслано з iPhone", [
        "Так, поговоримо у четвер о 10.",
        "Наступного тижня я у відпустці, може в понеділок?",
    ]),
    "el": ("Στις Δευ 23 Νοε 2026 στις 9:00 π.μ., ο χρήστης Ann Smith <ann@sender.example> έγραψε:", "Από Στάλθηκε Προς Θέμα", "Στάλθηκε από το iPhone μου", [
        "Ναι, μπορούμε να μιλήσουμε την Πέμπτη στις 10.",
        "Την επόμενη εβδομάδα είμαι σε άδεια, μπορούμε τη Δευτέρα;",
    ]),
    "ja": ("2026年11月23日(月) 9:00 Ann Smith <ann@sender.example>:", "差出人 送信日時 宛先 件名", "iPhoneから送信", [
        "はい、木曜日の10時にお話ししましょう。",
        "来週は休暇で不在ですが、月曜日にお電話いただけますか。",
        "自動返信をいただきました。いつお戻りですか？",
    ]),
    "zh": ("Ann Smith <ann@sender.example> 于2026年11月23日周一 09:00写道：", "发件人 发送时间 收件人 主题", "从我的iPhone发送", [
        "好的，我们周四10点谈。",
        "下周我休假，周一再谈可以吗？",
        "我收到了自动回复。您什么时候回来？",
    ]),
    "ko": ("2026년 11월 23일 (월) 오전 9:00, Ann Smith <ann@sender.example>님이 작성:", "보낸사람 날짜 받는사람 제목", "나의 iPhone에서 보냄", [
        "네, 목요일 10시에 이야기합시다.",
        "다음 주에는 휴가입니다. 월요일에 통화할 수 있을까요?",
    ]),
}  # fmt: skip

_SUBJECTS = (
    "Re: Hello",
    "AW: Hello",
    "Re: Re: Hello",
    "RE: Out of office coverage",
    "Re: Automatic reply: Hello",
    "Sv: Hello",
    "R: Hello",
)


def bodies(language: str) -> Iterator[tuple[str, str, str, str]]:
    """(what the person wrote, the plain body, the HTML body if there is one, the mail program) for each text."""
    attribution, labels, mobile, texts = LANGUAGES[language]
    block = [
        f"{label}: {value}"
        for label, value in zip(
            labels.split(),
            ("Ann <ann@sender.example>", "Monday, 23 November 2026 09:00", "Bob <bob@contact.example>", "Hello"),
            strict=True,
        )
    ]
    quote = [f"> {line}" for line in _QUOTED]
    shown = "<br>".join(map(escape, _QUOTED))
    for text in texts:
        html = f"<div dir='ltr'>{escape(text)}</div>"
        yield text, "\n".join([text, "", attribution, *quote]), "", "gmail"
        yield text, "\n".join([attribution, *quote, "", text]), "", "bottom"
        yield text, "\n".join([text, "", mobile, "", attribution, *quote]), "", "phone"
        yield text, "\n".join([text, "", *block, "", *_QUOTED]), "", "outlook"
        yield text, "\n".join([text, "", "_" * 32, *block, "", *_QUOTED]), "", "outlook-ruled"
        yield (
            text,
            "",
            f'{html}<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{escape(attribution)}<br></div><blockquote class="gmail_quote" style="margin:0">{shown}</blockquote></div>',
            "gmail-html",
        )
        yield (
            text,
            "",
            f'<html><head><style>p {{color:red}}</style></head><body>{html}<div id="appendonsend"></div><hr><div id="x_divRplyFwdMsg" dir="ltr"><b>{block[0]}</b></div><div>{shown}</div></body></html>',
            "outlook-html",
        )
        yield (
            text,
            "",
            f'<html><body>{html}<br><blockquote type="cite"><div>{escape(attribution)}</div><div>{shown}</div></blockquote></body></html>',
            "apple-html",
        )
        yield (
            text,
            "",
            f'<p class="MsoNormal">{escape(text)}</p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p><b>{"<br>".join(map(escape, block))}</b></p></div><p>{shown}</p>',
            "outlook-desktop",
        )


def built(text: str, html: str, *, subject: str, **headers: str) -> bytes:
    """A mail of Bob's in answer to ours; headers with ``_`` for ``-`` come on top, empty ones leave theirs out."""
    message = EmailMessage(policy=SMTP)
    usual = {
        "From": "Bob Builder <bob@contact.example>", "To": "Ann <ann@sender.example>", "Subject": subject,
        "Date": "Mon, 23 Nov 2026 10:00:00 +0100", "Message-ID": "<r@contact.example>", "In-Reply-To": OURS, "References": OURS,
    }  # fmt: skip
    for name, value in (usual | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        if value:
            message[name] = value
    if text or not html:
        message.set_content(text, charset="utf-8")
    if html and text:
        message.add_alternative(html, subtype="html")
    elif html:
        message.set_content(html, subtype="html")
    return message.as_bytes()


# Headers that people's mails have too.
_HARMLESS: tuple[dict[str, str], ...] = (
    {"Return_Path": "<>"}, {"Return_Path": "<>", "X_Auto_Response_Suppress": "All"}, {"Precedence": "bulk"},
    {}, {"X_Auto_Response_Suppress": "All"}, {"Auto_Submitted": "no"}, {"X_Auto_Response_Suppress": "DR, OOF, AutoReply"}, {},
    {"List_Unsubscribe": "<https://crm.contact.example/u>", "Feedback_ID": "1:crm"}, {"Precedence": "list", "List_Id": "<team.contact.example>"},
    {"X_MS_Exchange_Inbox_Rules_Loop": "bob@contact.example"}, {"Return_Path": "<bob@contact.example>"},
)  # fmt: skip


def replies() -> Iterator[tuple[str, bytes, str]]:
    """(name, mail, what the person wrote) of people's answers."""
    number = 0
    for language in LANGUAGES:
        for text, plain, html, program in bodies(language):
            subject, headers = _SUBJECTS[number % len(_SUBJECTS)], _HARMLESS[number % len(_HARMLESS)]
            yield f"{language} {program} {number}", built(plain, html, subject=subject, **headers), text
            number += 1


# Subject and text of new mails of people (they answer nothing), or with the thread's headers lost.
NEW = [
    ("Out of office next week", "Hi Ann, I'm out of the office next week, so let's talk on Monday."),
    ("Out of office coverage", "Hi Ann, who covers for you while you are away?"),
    ("Out of office planning for Q3?", "Can we plan this together?"),
    ("Out of office", "Hi Ann, I'm out of office next week, let's talk on Monday."),
    ("Automatic reply is a nice feature", "I would like to have it too. Do you sell it?"),
    ("Automatic replies in your product", "How do they work?"),
    ("Automated response handling: a question", "Do you support it?"),
    ("OOO policy", "Here is ours."), ("Vacation", "Hi Ann, how was it?"), ("Vacation photos", "Here they are."),
    ("Urlaub", "Hallo Ann, wie war es?"), ("Urlaubsplanung", "Passt Ihnen Montag?"), ("Abwesenheit Herr Maier", "Er ist krank, können wir verschieben?"),
    ("Congés", "Bonjour, pouvez-vous m'appeler avant ?"), ("Absence de M. Dupont", "Il ne travaille plus ici, pouvez-vous m'écrire ?"),
    ("Vacaciones", "Hola, ¿podemos hablar antes?"), ("Ferie", "Ciao, possiamo sentirci prima?"), ("Férias", "Olá, podemos falar antes?"),
    ("Semester", "Hej, kan vi höras innan?"), ("Your request", "We talked about it: yes, please."), ("Thank you for your email", "I'd love a demo. Are you free on Friday?"),
    ("Undeliverable?", "Did my mail reach you?"), ("Delivery failure of order 77", "Hi Ann, your parcel came broken, can you send another?"),
    ("Returned mail", "Hi, the letter you sent us came back. Do you have our new address?"), ("Fwd: Automatic reply: Hello", "See below, she is away."),
    ("Your ticket", "Here is the ticket for the fair, see you there!"), ("Confirm your email", "Hi Ann, is ann@sender.example still right?"),
    ("Failure notice", "Ann, this is our notice under clause 7. Please call me."), ("Auto insurance", "Do you sell it?"), ("Autoresponder integration", "Can you integrate with ours?"),
    ("", "Yes, please call me."), ("Unsubscribe", "Please take me off your list."), ("Read: your proposal", "I have read it and would like to talk."),
]  # fmt: skip


def new_mails() -> Iterator[tuple[str, bytes, str]]:
    for number, (subject, text) in enumerate(NEW):
        yield f"new {number} {subject}", built(text, "", subject=subject, In_Reply_To="", References=""), text


def invitation_accepted() -> bytes:
    """An invitation accepted by a person: a program writes it down."""
    return (
        b"From: Bob <bob@contact.example>\r\nSubject: Accepted: Demo @ Thu 26 Nov 2026\r\nMessage-ID: <c@contact.example>\r\n"
        b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nBob has accepted this invitation.\r\n--b\r\n"
        b"Content-Type: text/calendar; charset=utf-8; method=REPLY\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n--b--\r\n"
    )


# Subject and text of answers that come close to what programs write, in doubt a person's.
DELICATE = [
    ("Re: Hallo", "Danke für Ihre Nachricht, dringend ist es nicht.\n\nDiese E-Mail wurde automatisch auf Viren geprüft."), ("Re: Hallo", "Bedankt voor uw bericht, het is dringend.\n\nDeze e-mail is automatisch gescand."), ("Re: Hola", "Gracias por su correo, es urgente.\n\nEste correo se archiva automáticamente."),
    ("Absence", "Hi Ann, sorry for my absence. Let's talk."), ("Ferie 2026", "Ciao, ecco il calendario."), ("Urlop", "Cześć, jadę na urlop, pogadamy później?"),
    ("Re: Hello", "Please call me.\n\nThis is an automatically generated signature. Thank you for your attention. Do not reply to this address."), ("Frånvaro", "Hej Ann, jag är borta, hör av dig sen?"),
    ("Re: Hello", "Ok.\n\nCONFIDENTIALITY NOTICE: this email is automatically archived. Thank you for your cooperation. Urgent matters: call."), ("Ausencia de mañana", "Hola Ann, mañana no puedo, hablamos el martes."),
    ("Ticket received", "Thanks for the concert ticket!"), ("Message received", "Thank you for your message, it was received and I liked it. Call me tomorrow at 5."), ("Thank you for your application", "Ann, loved it, but no. This is urgent: call me as soon as possible."),
    ("Re: Hello", "Thanks for your email. I'm out of office until Monday with limited access to email. In urgent cases call me."),
    ("Re: Out of office", "I am out of the office until Monday. Thank you for your email."),
    ("RE: Automatic reply: Hello", "Thanks for letting me know that you are out of the office. I will get back to you when you return."),
    ("Re: Hello [Auto-Reply]", "Hi Ann, I hope you are back. Can we talk?"), ("AW: Abwesenheitsnotiz: Hallo", "Danke für die Info, ich melde mich nach Ihrer Rückkehr."),
    ("Re: Abwesend", "Danke für Ihre Nachricht. Dringend ist es nicht."), ("TR : Réponse automatique : Bonjour", "Voici ce que j'ai reçu."), ("RE: Réponse automatique : Bonjour", "Merci pour votre message, bonnes vacances !"),
    ("RV: Respuesta automática: Hola", "Mira esto."), ("Re: 自動返信: こんにちは", "ありがとうございます。お待ちしております。"), ("回复: 自动回复: 你好", "谢谢您，等您回来。"), ("RE: Autosvar: Hej", "Tack, vi hörs!"),
    ("Re: Your request has been received (#1234)", "Thank you for the quick answer. My ticket number is 1234."), ("Re: [Request received] Hello", "We have received your request and think about it."),
    ("Re: Undelivered Mail Returned to Sender", "Your mail came back to me, I guess you meant another Bob."), ("Re: Hello", "This is an automatic reply, just kidding! Yes, let's talk."),
    ("Re: Hello", "Hello Ann,\n\nthis is not a robot. Please call."), ("Re: Hello", "Do not reply to this address, use jane@contact.example."), ("Re: Hello", "Please stop the automatic replies."),
    ("Re: Hello", "Bob is on leave. I read his mail. Thank you for contacting us."), ("Re: Hello", "Please contact my colleague Jane, she decides."), ("Re: Hello", "Out of office!"),
    ("Re: Hello", "I will be back on 7 December."), ("Re: Hello", "Jestem na urlopie do 7 grudnia."), ("Re: Hello", "Ich bin abwesend bis Montag."), ("Re: Hello", "Automatische Antwort? Nein, ich bin es."),
    ("Hello", "Yes."), ("Question about your out-of-office feature", "Does it work with Exchange?"), ("Fwd: Out of Office", "FYI"), ("WG: Automatische Antwort: Hallo", "Zur Info."),
]  # fmt: skip


def delicate() -> Iterator[tuple[str, bytes, str]]:
    """Each of them with every header that a person's mail may have."""
    for number, (subject, text) in enumerate(DELICATE):
        for headers in _HARMLESS:
            yield f"delicate {number} {subject} {headers}", built(text, "", subject=subject, **headers), text
