"""The words that stand alone when people ask to be left alone (``BARE``), and whole requests in scripts that divide no
words (``UNDIVIDED``). Texts are folded (``folding``).
"""

# Chinese, Japanese and Korean divide no words, so that these stand anywhere in a sentence.
UNDIVIDED = (
    r"(?:配信|送信|メール(?:の|を)?|ご?案内(?:の|を)?|ご?連絡(?:の|を)?|メルマガ(?:の|を)?)(?:を|の)?(?:停止|解除"
    r"|中止|止め|やめ|お断り|控え|遠慮)(?!し?ない"
    r"|せず)(?:して|を|て|し|ます|いた|くだ|頂|願|希望)*",
    r"(?:登録|購読|アドレス|メールアドレス|情報|データ|連絡先|名簿|リスト|宛先).{0,20}?(?:削除|解除|除外|抹消|消去"
    r"|外)(?:して|を(?:お願|希望|依頼)|いただ|ください|下さい|願い"
    r"|し?て(?:いただ|くだ|下さ|ほし|欲し)|をお)",
    r"(?:今後|もう|二度と|これ以上|以後)[^。]{0,25}?(?:送らないで|送信しないで|送付しないで|連絡しないで"
    r"|メールしないで|配信しないで|不要|お断り|結構です|ご遠慮|お控え|やめて|送ってこないで"
    r"|連絡(?:は)?(?:いりません|いらない|要りません))",
    r"(?:メール|案内|連絡|営業)[^。]{0,10}?(?:送らないでください|送ってこないで|不要です(?!か)|お断りします"
    r"|お断りいたします|お断り致します|やめてください|止めてください|迷惑です)",
    r"配信停止(?:を|して|お願|希望|依頼)|受信(?:を)?拒否します|退会(?:します|したい|を希望|手続きをお願)|(?:購読|登録"
    r"|配信)を?(?:解除|停止)(?:したい|します|希望|してほし)",
    r"(?:不要|别|別|勿|请勿|請勿|不用|不想|不希望|不愿|不願|拒绝|拒絕|停止|不需要|无需|不必)(?:再|继续|繼續|给|給|向"
    r"|往|对|對|我|我们|我們|收到|接收|任何|此类|這類|这类|这种|你们的?"
    r"|您的|贵公司的?|的|发送?|發送?|寄|任何|更多|来|其他)*?(?:发|發|寄|打扰|打擾|骚扰|騷擾|联系|聯絡|联络|邮件|郵件"
    r"|广告|垃圾|推送|信息|訊息)",
    r"(?:把|将|將|请|請|帮|麻烦|麻煩)[^。，]{0,25}?(?:删除|刪除|移除|移出|删掉|刪掉|去掉|退订|退訂|取消订阅|取消訂閱"
    r"|除名|剔除)[^。吗嗎？]{0,10}?(?:我|名单|名單|列表|邮件"
    r"|郵件|地址|邮箱|数据|資料|$|[。！，])",
    r"(?:从|從)[^。，]{0,20}(?:名单|名單|列表|邮件|郵件|数据库|資料庫|通讯录)[^。，]{0,6}(?:中|里|裡"
    r"|上)?[^。，]{0,4}(?:删除|刪除|移除|移出|删掉|去掉"
    r"|剔除)[^。，吗？]{0,8}|(?:我|我们|本人|我們)(?:想|要|要求|申请|希望|需要|现在)*(?:退订|退訂|取消订阅"
    r"|取消訂閱)(?!率|功能|链接|按钮|吗)|(?:删除|刪除|清除)(?:我|我们"
    r"|本人|我們)的?(?:所有|全部|个人|個人)*(?:信息|数据|資料|资料|邮箱|郵箱|地址|联系方式|電郵)",
    r"(?:더 ?이상|다시는?|앞으로(?:는)?|이제|제발|그만|향후)[^.!?]{0,25}?(?:보내지 ?(?:마|말|않)|연락하지 ?(?:마|말"
    r"|않)|연락 ?(?:주지 ?(?:마|말)|하지 ?(?:마"
    r"|말))|받고 ?싶지 ?않|원하지 ?않|원치 ?않|보내 ?(?:주지|지) ?(?:마|말)|그만 ?보내|발송하지 ?(?:마|말))",
    r"(?:메일|이메일|광고|연락|문자|스팸|뉴스레터|소식)[을를은는이가도]? ?(?:그만 ?(?:보내|받|해|하)|보내지 ?(?:마"
    r"|말)|받고 ?싶지 ?않|원(?:하지|치) ?않|(?:발송"
    r"|수신)을? ?(?:중단|거부|중지|취소)|하지 ?(?:마|말))",
    r"(?:제|저를|저희|내|우리|저의|저희를)[^.!?]{0,30}?(?:삭제|제외|제거|지워|빼|파기)(?:해|하여|를 ?(?:부탁|요청"
    r"|바랍)|를|시켜|요청|바랍|부탁| ?주"
    r"| ?줘)(?!지)[^.!?]{0,12}|(?:명단|리스트|목록|데이터베이스|주소록)에서[^.!?]{0,15}(?:삭제|제외|제거|지워"
    r"|빼)(?:해|하여| ?부탁| ?바랍| ?요청|를| ?주| ?줘)"
    r"|(?:수신|구독)[을를]? ?(?:거부|취소|해지|중단|철회)(?:합니다|해 ?주|하겠|하고 ?싶|를? ?(?:원|요청|부탁|바랍"
    r"|신청)|할게)",
)

BARE = (
    r"unsubscribe|opt(?:ing)?[ -]?out|stop|remove|remove me|take me off|stop (?:it|this|mailing|e-?mailing|spam\w*"
    r"|e-?mails?)|no more (?:e-?)?mails?"
    r"|cancel (?:my )?subscription|leave me alone|delete me|delete|get lost|go away|desist|quit|end|unsub"
    r"|abmelden|abmeldung|austragen|abbestellen|loschen|stopp|aufhoren|kein interesse,? bitte (?:loschen|austragen"
    r"|abmelden)|schluss(?: damit)?"
    r"|desab+on+e[rz]?(?:[- ]moi)?|desab+on+ement|desinscri(?:re|ption|vez)|me desinscrire|arretez(?: tout)?|stop pub"
    r"|baja|dar(?:me)? de baja|darse de baja|deme de baja|eliminar|eliminarme|cancelar suscripcion|desuscribir(?:me)?"
    r"|anular suscripcion|borrar"
    r"|cancella(?:mi|temi|rmi)|disiscriv(?:imi|etemi|ermi|ere)|cancella(?:re|zione)?(?: iscrizione)?|disiscrizione"
    r"|rimuovi(?:mi)?|rimuovetemi|basta"
    r"|descadastr(?:ar|e|em|o)(?:-me)?|descadastramento|remover|remova(?:-me| meu e-?mail)?"
    r"|cancelar (?:a )?(?:inscricao|subscricao|assinatura)|sair(?: da lista)?|desinscrever"
    r"|uitschrijven|uitschrijving|afmelden|afmelding|schrijf mij uit|meld mij af|verwijderen|verwijder mij"
    r"|wypisz(?:cie)?(?: mnie)?|wypisac|usun(?:cie)?(?: mnie)?|rezygnuje|rezygnacja|wypis"
    r"|avregistrera(?: mig)?|avregistrering|avsluta|avprenumerera|avanmal(?:an)?|ta bort mig|sluta"
    r"|afmeld(?: mig| venligst)?|afmelding|frameld(?: mig)?|framelding|slet mig|fjern mig|hold op"
    r"|avmeld(?: meg)?|avmelding|meld meg av|slett meg|fjern meg|slutt"
    r"|peruuta(?: uutiskirjeen)? tilaus|tilauksen peruutus|peruutus|poista minut|poistakaa minut|lopettakaa"
    r"|lopeta tilaus|peru tilaus"
    r"|odhlasit(?: se)?|odhlaseni|odhlaste me|odhlasuji se|odhlasit odber|zrusit odber|zruseni odberu|vymazat|smazat"
    r"|leiratkozas|leiratkozom|leiratkozni|toroljenek|torles|leiratkoznek"
    r"|dezabonare|dezabonez|ma dezabonez|dezabonati-?ma|stergeti-?ma|renunt"
    r"|abonelikten (?:cik|cikmak istiyorum|ayril)\w*|aboneligi iptal(?: et)?|aboneligimi iptal edin|listeden cikar\w*"
    r"|iptal|cikar beni|beni cikar\w*"
    r"|отписаться|отписка|отпишите(?: меня)?|отписываюсь|удалите(?: меня)?|стоп|хватит|отмена подписки"
    r"|отменить подписку"
    r"|відписатися|відписатись|відписка|відпишіть(?: мене)?|відписуюся|видаліть(?: мене)?|скасувати підписку"
    r"|διαγραφη|απεγγραφη|διαγραψτε με|καταργηση εγγραφησ|σταματηστε|διαγραφη παρακαλω"
    r"|配信停止|配信解除|配信不要|登録解除|登録削除|購読解除|購読停止|解除|退会|停止|メール不要|受信拒否"
    r"|送らないでください|削除(?:して(?:ください|下さい))?"
    r"|退订|退訂|取消订阅|取消訂閱|td|回t退订|拒收|请?删除|別再寄了|别再发了|请?退订|請?退訂|取消"
    r"|수신 ?거부|구독 ?취소|구독 ?해지|수신 ?거부(?:합니다|요청)|메일 ?거부|탈퇴|해지|삭제(?:해 ?주세요|요청)?"
    r"|그만(?: ?보내세요)?|수신 ?거절"
)
