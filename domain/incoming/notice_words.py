"""The words that notices of mail servers open with, in the languages the large providers write."""

import re

from domain.incoming.bounce_words import bare_letters, folded
from domain.incoming.negated_words import says_not_delivered


def _pattern(table: str) -> re.Pattern[str]:
    """A pattern given over several lines."""
    return re.compile("".join(line.strip() for line in table.splitlines()))


# How bounces are titled.
_SUBJECT = _pattern(
    r"""
    undeliver|^rejected\b|message you sent|^(?:soft |hard )?bounced?\b|undelivrable|non.?remis|non.?livr|unzustellbar
    |nicht zugestellt|nicht zustellbar
    |returned mail|returned to sender|returned e-?mail|mail returned
    |mail delivery (?:fail|problem|error|system|status|report|subsystem)|mail could not be
    |delivery (?:status|failure|has failed|failed|notification|report|problem|error|incomplete|unsuccessful)
    |delivery.{0,20}fail|failure (?:notice|delivery|notification)|failed (?:delivery|mail|to deliver)
    |could not be (?:delivered|sent)|(?:can|could)(?:not|n't) be delivered|not (?:be )?delivered|non.?deliver
    |mail (?:system )?error|returning message
    |message (?:not|delivery|undeliver|blocked|delayed|refused|rejected|status)|permanent delivery|address not found
    |unable to deliver|delayed mail|mail not delivered|rejected mail|rejected message|mail rejected|mail failure
    |mail failed|nicht ubermittelt|processing error|warning: (?:could not|message|unable)
    |bounced? (?:mail|message|e-?mail)|mail delivery|mail status|problem delivering|postmaster notify|undeliv
    |e-?mail not sent|email rejected|delivery delay|unsuccessful|zustellung|zustellbericht|zustellfehler
    |fehlgeschlagen|ubermittlungsfehler|verzogert|echec|remise|non distribu|non delivre|retourne|notification d'etat
    |avis de non|rapport de non|no se (?:puede|pudo|ha podido|ha)(?: podido)? entregar|no entregad|no entregable
    |devuelt|notificacion (?:de estado|del estado)|error de entrega|fallo (?:de|en la) entrega
    |entrega (?:fallida|de correo)|non recapitabile|non consegnat|mancata consegna|recapito|consegna
    |impossibile recapitare|notifica (?:dello )?stato|nao entregue|nao (?:foi )?(?:pode|possivel)|nao entregavel
    |nao e possivel|falha (?:na|de) entrega|devolvid|entrega|notificacao (?:de|do) status|nao pode ser entregue
    |onbestelbaar|niet bezorgd|kan niet worden (?:bezorgd|afgeleverd)|bezorg|afleveringsfout|retour afzender
    |bestelling mislukt|niet afgeleverd|niedostarcz|nie mozna dostarczyc|nie dostarczono|zwrot
    |nie zostala dostarczona|stan dostarczenia|powiadomienie o stanie|gar inte att leverera|kan inte leverer
    |kunde inte leverer|olevererbart|ej levererat|ikke leveres|ikke levert|kan ikke leveres|kunne ikke|ikke-leveret
    |ikke afleveret|uleverbar|ikke leveret|leveringsfeil|leveransfel|leveringsfejl|leveransstatus|leveringsstatus
    |ei voida toimittaa|ei toimitettu|toimittaminen|toimitus|toimittamaton|palautettu|nelze (?:do|odeslat)
    |nedorucite|nedoruc|doruceni|nedorucen|vracen|teslim edil|teslimat|iletilemedi|gonderilemedi|teslim|не удалось
    |недостав|не доставлен|ошибка доставки|невозможно доставить|недоставленн|доставк|возврат|kezbesit|nelivra
    |αδυναμια παραδοσης|παραδοτε|无法送达|无法投递|未送达|退信|退回|系统退信|未传递|传递失败|无法傳遞|無法傳遞
    |未传达|无法传递|未傳遞的|送达失败|投递失败|傳遞|配信不能|配信でき|配達でき|送信でき|未達|配信エラー|送信エラー
    |戻り|エラーメール|배달되지|전달되지|전송 실패|배달할 수|반송|배달 실패|전송할 수|발송 실패|발송실패|반송메일
    """
)

# How the notice of a failed or delayed delivery begins.
_NOTICE = _pattern(
    r"""
    created automatically by (?:the )?mail (?:delivery|system)
    |this is the (?:mail system|mail delivery|postfix|qmail|deliver|\w+ program|dragonfly|\w+ \w+ program)
    |this is the [\w .()-]{1,60} (?:program )?at host|qmail-send|message from [\w ]{0,20}\.
    |sorry to have to inform you|automatically generated delivery status
    |(?:delivery|message|mail|e-?mail)[^.\n]{0,60}(?:following|these|some or all of the|one or more of its|its|intended)
    [ ](?:e-?mail )?(?:recipient|address|destination)
    |(?:could|can|was|has|were)(?:not|n't| not)(?: been| be)? (?:delivered|sent)
    |(?:couldn't|could not|cannot|can't|wasn't able to|unable to|were not able to|was not able to|failed to)
    [ ](?:be )?deliver
    |not delivered to|undeliverable
    |delivery (?:(?:of|to) .{0,100}?)?(?:has been |has )?(?:failed|delayed|postponed|suspended)
    |encountered delivery problems|error was detected while processing|did not exactly match|did not reach
    |did not receive|permanent fatal errors|transient non-?fatal errors|following address|has not yet been delivered
    |address not found|message blocked|delivery incomplete|delivery failure|failed recipient|delivery report
    |non-delivery report|was automatically rejected|error delivering|returned to (?:you|sender)|has been rejected
    |was rejected by|rejected your message|undelivered|couldn't be sent|could not be sent|not be sent to
    |nicht zugestellt|nicht zustellen|nicht ubermittelt|unzustellbar|fehler bei der zustellung|zustellung
    |konnte nicht|n'a pas (?:pu )?(?:etre|ete)|n'ont pas pu|pas pu (?:etre )?(?:livr|remis|delivr|distribu)|echec
    |impossible de (?:remettre|livrer|delivrer|distribuer)|no se (?:ha |pudo |puede |ha podido )?(?:podido )?entreg
    |no ha podido|no pudo ser|no se entrego|error al entregar|no entreg
    |non (?:e|sono) stat[oaie] (?:possibile )?(?:recapit|consegn)|impossibile (?:recapit|consegn)
    |non (?:puo|ha potuto) essere|mancato recapito|mancata consegna|recapito non riuscito|non consegn
    |nao (?:foi|pode|pude|e) (?:possivel |ser )?entreg|nao foi entregue|falha na entrega|nao conseguimos
    |nao pode ser|niet (?:worden )?(?:bezorgd|afgeleverd|besteld)|kon niet worden|kan niet worden|bezorgen
    |aflevering|mislukt|nie (?:zostala|mozna|mogla|zosta|udalo)|niedostarcz|nie powiodlo|dostarczenie|inte levereras
    |inte leverera|kunde inte|gick inte att|leverans|kunne ikke|ikke leveres|ikke leveret|ikke levert|levering
    |ei voitu|ei voida|toimitus|toimittaminen|epaonnistui|nelze dorucit|nebyla dorucena|nebylo mozne|nepodarilo
    |doruceni|nedoruc|teslim edilemedi|iletilemedi|gonderilemedi|ulastirilamadi|не может быть доставлен|не удалось
    |не было доставлен|не доставлен|невозможно доставить|создано автоматически|не могло быть|сбой доставки|配信でき
    |配信されませんでした|届け|送信でき|配達でき|配信に失敗|送信され|无法送达|无法发送|无法投递|未能送达|无法送|退回
    |退信|被退|投递失败|無法傳|無法送|无法传递|未能传递|未能投递|배달|전달|전송|반송|발송|kezbesit|livrat|παραδο
    |(?:message|mail|post(?:ing)?)\b[^.]{0,80}
    \b(?:was|been|is) (?:rejected|refused|blocked|bounced|returned|denied|declined)
    |(?:nachricht|mail|courriel|correo|mensaje|mensagem|messag|bericht|wiadomosc|zprav|meddeland|besked|melding|viesti
    |ileti|uzenet|mesaj|сообщени|письмо)[^.]{0,80}(?:abgelehnt|abgewiesen|zuruckgewiesen|rejete|refuse|rechazad|rifiutat
    |respint|rejeitad|recusad|geweigerd|afgewezen|odrzucon|odmitnut|reddedil|afvist|avvist|avvisat|hylat|elutasit|respins
    |отклонен|отвергнут|не принят)|(?:メール|メッセージ|邮件|郵件|메일|메시지)[^.。]{0,60}(?:拒否|拒绝|拒絕|拒收|거부)
    |invalid final delivery|^unknown user:|delivery failed
    """
)

# The server goes on trying …
_DELAY = _pattern(
    r"""
    has not yet been delivered|not yet (?:been )?deliver|will continue (?:to )?(?:try|attempt|for|deliver)
    |delivery attempts will continue|continue to (?:try|attempt)
    |will (?:be )?(?:retr|tried again|try again|keep trying)|still being retried|has been delayed|is delayed
    |been postponed|warning message only|this is (?:only )?(?:a|just a) (?:warning|notification about a delay)
    |warning only|do not need to resend|delivery incomplete|transient non-?fatal errors|still trying|delayed mail
    |message delayed|delivery delayed|delivery status notification \(delay|delivery delay
    |no action is required on your part|wird weiterhin versucht|verzoger|noch nicht zugestellt
    |weitere zustellversuche|erneut versucht|retarde|nouvelles tentatives|sera retente|se ha retrasado
    |seguira intentando|se reintentara|in ritardo|continuera a tentare|verranno effettuati|atrasad
    |continuara tentando|tentaremos novamente|vertraagd|blijven proberen|opoznion|forsenad|forsinket|viivastynyt
    |zpozden|gecikti|gecikme|задерж|попытки доставки продолж|будет повтор|遅延|遅れ|再試行|延迟|延遲|重试|지연
    |다시 시도할
    """
)

# … unless it says that it does not.
_GIVEN_UP = _pattern(
    r"""
    given up|giving up|permanent (?:error|fail|fatal|deliv)|failed permanently|not be retried
    |no further (?:delivery )?attempts|has expired|expired after|message expired
    |(?:was|been|being) returned
    """
)

# The mail arrived, or left for a server that reports nothing.
_SUCCESS = _pattern(
    r"""
    \(success\)|\(relay(?:ed)?\)|\(delivered\)|success(?:fully)? (?:delivered|relayed|forwarded|delivery)
    |delivery (?:was )?successful|was successfully delivered
    |^(?:delivered|relayed|zugestellt|remis|entregado|consegnato|recapitato) :
    """
)

# A mailing list or its moderator refuses a posting.
_LIST_REFUSAL = _pattern(
    r"""
    (?:post(?:ing)?|message|e-?mail|request|submission)\b[^.]{0,90}
    \b(?:rejected|refused|denied|declined|bounced|not (?:been )?(?:approved|accepted|distributed|posted|delivered))
    |(?:not|n't) (?:\w+ ){0,3}(?:allowed|authori[sz]ed|permitted|subscribed|entitled) (?:\w+ ){0,2}(?:to|for) (?:\w+ )?
    (?:send|post|mail|this list|the list|the mailing list)
    |only (?:\w+ ){0,2}(?:subscribers|members|moderators) (?:\w+ )?(?:may|can|are allowed)
    |(?:nachricht|beitrag|mail)\b[^.]{0,90}\b(?:abgelehnt|zuruckgewiesen)|message\b[^.]{0,90}\b(?:refuse|rejete)
    |mensaje\b[^.]{0,90}\brechazad|mensagem\b[^.]{0,90}\b(?:rejeitad|recusad)
    |messaggio\b[^.]{0,90}\b(?:rifiutat|respint)|bericht\b[^.]{0,90}\b(?:geweigerd|afgewezen)
    |wiadomosc\b[^.]{0,90}\bodrzucon|сообщени[^.]{0,90}отклонен|投稿[^。]{0,60}拒否|拒绝
    """
)

# How people begin and end their letters.
_GREETING = re.compile(
    r"\s*(?:hi|hey|hello|dear|hallo|liebe[rs]?|guten (?:tag|morgen)|sehr geehrte[rs]?|bonjour|salut|cher|chere|hola"
    r"|buenos dias|estimad[oa]|ciao|buongiorno|gentile|ola|prezad[oa]|hej|beste|geachte|czesc|good \w+)"
    r"(?!,? (?:user|customer|sender|email user|mail user|all|this|sir|utente|utilisateur|client))"
    r"(?:\s+[^\W\d]+){1,4}\s*[,!.\n-]",
)
_CLOSING = re.compile(
    r"^[^\S\n]*(?:best|(?:kind |best |warm )?regards|cheers|thanks|thank you|many thanks|sincerely|yours|grusse?"
    r"|viele gr\S+|mfg|mit freundlichen gr\S+|cordialement|bien a vous|saludos|un saludo|cordiali saluti|saluti"
    r"|atenciosamente|abs|groet(?:en)?|mvh|sent from my)\b[^\n]{0,60}$",
    re.MULTILINE,
)


def titles_a_bounce(subject: str) -> bool:
    """Whether a subject begins as those of bounces do."""
    title = _title(subject)[:120]
    return _SUBJECT.search(title) is not None or says_not_delivered(title)


def reads_as_notice(text: str) -> bool:
    """Whether a text opens as servers open a notice of a failed or delayed delivery."""
    opening = folded("\n".join(line for line in text[:1500].splitlines() if not line.lstrip().startswith(">")))
    return _NOTICE.search(opening[:700]) is not None or says_not_delivered(opening[:700])


def reads_as_delay(subject: str, notice: str) -> bool:
    """Whether a notice says that the server goes on trying."""
    said = f"{_title(subject)} {folded(notice[:2500])}"
    return _DELAY.search(said) is not None and _GIVEN_UP.search(said) is None


def reads_as_success(subject: str, notice: str) -> bool:
    """Whether a notice says that the mail arrived, or left for a server that reports nothing."""
    return _SUCCESS.search(f"{_title(subject)} {folded(notice[:1000])}") is not None


def reads_as_list_refusal(subject: str, notice: str) -> bool:
    """Whether a mailing list says that it does not take a mail."""
    return _LIST_REFUSAL.search(f"{_title(subject)} . {folded(notice[:1500])}") is not None


def reads_as_letter(text: str) -> bool:
    """Whether a text begins or ends as people's do, with somebody's name or a wish."""
    bare = bare_letters(text[:4000])
    return _GREETING.match(bare) is not None or _CLOSING.search(bare) is not None


def _title(subject: str) -> str:
    return folded(subject.replace(":", " : "))
