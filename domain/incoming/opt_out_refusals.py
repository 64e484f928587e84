"""With which words people forbid, so that they are left alone, in the languages of our contacts: “do not write to me
again”. They have their “not” in themselves. Texts are folded (``folding``).
"""

from domain.incoming.opt_out_english import ENGLISH_REFUSALS

REFUSALS: dict[str, tuple[str, ...]] = {
    "en": ENGLISH_REFUSALS,
    "de": (
        r"(?:wott|wett|wotti|will|wand) (?:\w+ )?(?:kei|keini|nut|nud) .{0,20}(?:meh|mehr)\b.{0,12}(?:ubercho|bercho"
        r"|krieg|ha\b|gseh|ghore|$|[.!,])",
        r"(?:keine|nie wieder|nicht mehr|nicht weiter|nie mehr) (?:weiteren? |solche |mehr |ihrer |ihre |dieser "
        r"|unaufgeforderten )*(?:e-?mails?|mails?|werbung|werbemails?|nachrichten|newsletter|anschreiben|kontaktieren"
        r"|zuschriften|kontaktaufnahme|spam)\b.{0,40}(?:mehr|zukunft|send|schick|erhalt|bekomm|zusend|kontaktier"
        r"|anschreib|erwunscht|haben|wunsch|zukommen)",
        r"(?:senden|schicken|schreiben|mailen|schick|send|schreib|schreibt|schickt) (?:sie )?(?:mir|uns) (?:bitte "
        r"|kunftig |in zukunft |ab sofort )*(?:keine (?:weiteren? |solche |mehr )?(?:e-?mails?|mails?|werbung"
        r"|nachrichten|newsletter)|nicht mehr|nie wieder|nie mehr|nichts mehr)|(?:kontaktier\w*|schreib\w*|mail\w*"
        r"|belastig\w*|anschreib\w*) (?:sie )?(?:mich|uns|mir) (?:bitte |ab sofort |kunftig )*(?:nicht (?:mehr|wieder"
        r"|weiter|langer)|nie (?:mehr|wieder)|keinesfalls)"
        r"|(?:mich|uns|mir) (?:bitte |kunftig |in zukunft |ab sofort )*(?:nicht (?:mehr|weiter|wieder)|nie (?:wieder"
        r"|mehr)) (?:\w+ )?(?:zu )?(?:kontaktier|anschreib|anzuschreib|schreib|mail|belastig|kontaktiert"
        r"|angeschrieben)\w*|bitte (?:keine|nicht mehr) (?:weiteren? )?(?:e-?mails?|mails?|werbung|nachrichten"
        r"|kontaktaufnahme|anschreiben|schreiben|mailen|kontaktieren|newsletter)\s*(?:mehr\s*)?(?:$|[.!,;])|(?:will"
        r"|mochte|wunsche|mochten|wollen) .{0,20}nichts mehr .{0,15}(?:horen|bekommen|erhalten|lesen)"
        r"|von weiteren (?:e-?mails|mails|nachrichten|anschreiben|kontaktaufnahmen|zusendungen) abzusehen"
        r"|(?:sehen sie|bitte) .{0,15}von weiteren .{0,25}ab\b",
    ),
    "fr": (
        r"ne (?:plus|pas|jamais) (?:me |nous |m'|jamais )?(?:re)?(?:contact|ecri|envoy|recev|sollicit|relanc|derang"
        r"|embet|importun|spam)\w*(?: (?:de |d'|vos |par |plus |aucun |des |a |ces |ce |s'il|svp|merci|mail|e-?mail"
        r"|mails|e-?mails|courriels?|messages?|publicit\w*|newsletter|desormais|a l'avenir)[^.]{0,40})?\s*(?:$"
        r"|[.!,;])|ne (?:me|nous|m') ?(?:contact|ecri|envo|sollicit|relanc|recontact|derang|embet"
        r"|importun)\w* (?:plus|jamais)\b|n'(?:ecrivez|envoyez|envoie) plus|plus (?:aucun|jamais de|de) (?:mail"
        r"|e-?mail|message|courriel|spam|contact|sollicitation|publicite)s?\b.{0,30}(?:svp|merci|part|s'il|$|[.!])",
        r"ne (?:souhait|veu|desir|voul)\w* (?:plus|pas|aucun\w*|jamais) (?:jamais )?(?:recevoir (?:de|d'|vos|ces|ce"
        r"|cette|aucun|plus|votre)|recevoir(?=\s*(?:$|[.!,;]))|etre (?:contact|sollicit|derang|import|relanc"
        r"|demarch)\w*|(?:de |d'|vos |aucun )(?:e-?mails?|mails?|messages?|publicites?|spams?|courriels?|newsletters?"
        r"|sollicitations?|mail))",
    ),
    "es": (
        r"no (?:me |nos )?(?:vuelv\w+ a |volvais a |sigan? )?(?:envi|mand|escrib|contact|molest|llam|remit)\w*(?:me"
        r"|nos)? (?:mas|nunca mas|jamas|otra vez|de nuevo|ningun\w* (?:correo|mail|e-?mail|mensaje)\w*"
        r"|(?:mas )?(?:correos?|mails?|e-?mails?|mensajes?|publicidad|spam)\b)|no (?:me |nos )?vuelv\w+ a (?:envi"
        r"|mand|escrib|contact|molest|llam)\w*|no (?:deseo|quiero|queremos|deseamos|quisiera) (?:seguir "
        r"|volver a )?(?:recib\w+|tener) (?:mas |sus |tus |vuestros |ningun |estos |otros |este tipo de "
        r"|ningun tipo de )*(?:correos?|mails?|e-?mails?|mensajes?|publicidad|informacion de ustedes|comunicaci\w+"
        r"|newsletters?|boletin\w*|noticias suyas)|no (?:deseo|quiero) (?:mas|que me (?:escrib|contact|envi|mand"
        r"|molest)\w+|recibirlos?|saber nada mas|ser contactad\w)|(?:ni un|ningun) (?:correo|mail|mensaje) mas"
        r"|no mas (?:correos?|mails?|e-?mails?|mensajes?|spam)",
    ),
    "it": (
        r"non (?:mi |ci )?(?:scriv|contatt|invi|mand|disturb|cerc|spedi)\w*(?:mi|ci|temi|teci)? (?:piu|mai piu"
        r"|ulterior\w+|altr[ei] (?:e-?mail|mail|messaggi|comunicazion\w)|nessun\w* altr\w)|non (?:desidero|voglio"
        r"|vogliamo|desideriamo|intendo|vorrei|gradisco) (?:piu )?(?:ricev\w+(?: piu)?(?:(?: \w+){0,3}? (?:e-?mail"
        r"|mail|messaggi|comunicazion\w|newsletter|pubblicita|posta|da voi)|\s*(?:$|[.!,;]))"
        r"|essere (?:piu )?(?:ri)?contattat\w)|(?:evit|pregh\w+ di non|prego di non|si prega di non|vi chiedo di non"
        r"|chiedo di non|gentilmente di non)\w* (?:di |piu |mi |ci )*(?:scriver|contattar|inviar|mandar"
        r"|ricontattar)\w*(?: piu)?|niente piu (?:mail|e-?mail|messaggi)|non scrivetemi",
    ),
    "pt": (
        r"nao (?:me |nos )?(?:envi|mand|contat|contact|escrev|incomod|perturb|volt\w+ a (?:envi|mand|contat|contact"
        r"|escrev))\w*(?:-me|-nos)?(?: (?:mais|nunca mais|novamente|de novo|outra vez|outros e-?mails|esse tipo))\b"
        r"|nao (?:me |nos )?volt\w+ a (?:envi|mand|contat|contact|escrev|incomod)\w*|nao (?:quero|desejo|queremos"
        r"|desejamos|gostaria de|pretendo) (?:mais |continuar a )*(?:receber|ser contat\w+|ser contact\w+"
        r"|ter)(?: mais| os| seus| vossos| estes| esses| qualquer| nenhum| este tipo de"
        r"| esse tipo de)*(?: (?:e-?mails?|mensagens|comunicac\w+|emails|contatos?|publicidade|newsletters?|nada)"
        r"|(?=\s*(?:$|[.!,;])))|nao (?:quero|desejo) mais (?:e-?mails?|mensagens|contat\w*|que me)"
        r"|nunca mais me (?:envi|mand|contat|escrev)\w*|sem mais e-?mails",
    ),
    "nl": (
        r"(?:geen|niet|nooit) (?:e-?mails?|mails?|mailtjes|berichten|mail|reclame|verdere)? ?(?:meer"
        r"|verder) (?:\w+ )?(?:sturen|ontvangen|mailen|te sturen|te mailen|benaderen|te benaderen|contact\w*"
        r"|te ontvangen|stuurt|toesturen|te contacteren|krijgen|hebben|van (?:u|jullie|je))\b|geen (?:mails?"
        r"|e-?mails?|berichten|mailtjes|reclame|spam) (?:meer)(?: van (?:u|jullie))?(?:,? (?:aub|alstublieft|graag"
        r"|bedankt|dank))?\s*(?:$|[.!,;])|(?:mail|benader|contacteer|schrijf|stuur|bel) (?:mij|me"
        r"|ons) (?:alstublieft |aub |a\.u\.b\. )?(?:niet|nooit|geen (?:e-?mails?|mails?|berichten|reclame)) (?:meer"
        r"|weer)|(?:wil|wens|hoef) (?:\w+ )?(?:geen|niets|niet|niks) (?:\w+ ){0,2}(?:meer"
        r"|verdere) (?:\w+ ){0,3}(?:ontvangen|krijgen|horen|benaderd|gemaild|hebben)|(?:wil|wens) .{0,15}(?:niet"
        r"|geen) .{0,20}(?:benaderd worden|gecontacteerd worden|worden benaderd)",
    ),
    "pl": (
        r"(?:nie|prosze nie|prosimy nie) (?:prosze )?(?:juz |mi |nam |do mnie |wiecej |sie )*(?:wysylac|wysylajcie"
        r"|wysylaj|przysylac|przysylajcie|przysylaj|pisac|kontaktowac|kontaktujcie|piszcie|pisz|dzwoncie"
        r"|mailowac)\b(?:.{0,40}?(?:wiecej|maili|mejli|wiadomosci|ze mna|do mnie|juz|nigdy|ponownie)|\s*(?:$|[.!]))"
        r"|nie (?:chce|zycze sobie|zyczymy sobie|chcemy|zgadzam sie na|wyrazam zgody na|pragne) (?:juz |wiecej "
        r"|dalszego |dalej )*(?:otrzymyw|dostaw|maili|mejli|wiadomosci|kontakt|wysylan|przetwarz|takich)\w*"
        r"|(?:zadnych|bez) (?:wiecej )?(?:maili|mejli|wiadomosci)|nigdy wiecej .{0,20}(?:pis|maili|wysyl)\w*"
        r"|wiecej (?:do mnie )?nie (?:pis|wysyl|kontakt)\w*",
    ),
    "sv": (
        r"(?:vill|onskar) (?:inte|ej|aldrig|inga) (?:\w+ ){0,3}?(?:mejl|mail|utskick|e-post|mejlen|meddelanden|reklam"
        r"|bli kontaktad|bli kontaktade|hora (?:mer )?(?:ifran|fran|av))|(?:vill|onskar) (?:inte"
        r"|ej) (?:langre )?(?:ha|fa|ta emot|motta) (?:fler|mer|nagra|era|dina|sadana|denna|dessa)|(?:mejla|maila"
        r"|kontakta|skriv|skicka)(?: till)? (?:mig|oss)? ?(?:inte|ej|aldrig|inga)(?: mer| fler| igen| flera"
        r"| langre)+(?: (?:mejl|mail|utskick|meddelanden))?|(?:skicka|sand) (?:inga|inte) (?:fler|flera|mer) |(?:inga"
        r"|inte) (?:fler|flera|mer) (?:mejl|mail|utskick|meddelanden)\b.{0,15}(?:tack|$|[.!])|inte bli kontaktad"
        r"|undanber (?:mig|oss)",
    ),
    "da": (
        r"(?:vil|onsker) (?:ikke|ingen) (?:\w+ ){0,3}?(?:modtage (?:flere|mere|jeres|disse|mails?|nogen|e-?mails?)"
        r"|have (?:flere|mere|jeres|mails?)|kontaktes|hore (?:mere )?fra|flere (?:mails?|e-?mails?|beskeder)"
        r"|blive kontaktet)|(?:lad vaere|undlad|undga)(?: venligst)?(?: med)?(?: at)? (?:skriv|send|kontakt|mail)\w*"
        r"|(?:skriv|send|kontakt|mail)\w* (?:venligst )?(?:til )?(?:mig |os )?(?:ikke|aldrig|ikke flere"
        r"|ingen)(?: mere| flere| igen| laengere)+|ikke flere (?:mails?|e-?mails?|beskeder)"
        r"|ingen (?:flere )?(?:mails?|e-?mails?|beskeder) (?:tak|mere|venligst)|frabeder (?:mig|os)",
    ),
    "no": (
        r"(?:vil|onsker) (?:ikke|ingen) (?:\w+ ){0,3}?(?:motta (?:flere|mer|deres|disse|noen|e-?post\w*)|ha (?:flere"
        r"|mer|e-?post\w*|disse|noen)|kontaktes|hore (?:mer )?fra|flere (?:e-?poster|mailer|meldinger|henvendelser)"
        r"|bli kontaktet|fa (?:flere|mer))|(?:ikke|aldri) (?:skriv|send|kontakt|mail)\w* (?:til )?(?:meg|oss|mer"
        r"|flere|noe)(?: mer| flere| igen| noe mer)*|(?:skriv|send|kontakt|mail)\w* (?:til )?(?:meg |oss )?(?:ikke"
        r"|aldri)(?: mer| flere| igjen| lenger)+|(?:ikke|ingen) flere (?:e-?poster|mailer|e-?post|meldinger"
        r"|henvendelser)|frabeder (?:meg|oss)|la vaere a (?:skriv|send|kontakt)\w*",
    ),
    "fi": (
        r"(?:alkaa|ala) (?:enaa |en(?:a|aa) |koskaan |minulle |meille )*(?:lahettako|laheta|ottako|ota|kirjoittako"
        r"|kirjoita|hairitko|hairitse|spammatko|postittako)\b.{0,40}?(?:enaa|minulle|meille|viesteja|sahkopostia"
        r"|yhteytta|uudelleen|koskaan)|(?:en|emme) (?:enaa )?(?:halua|toivo|haluaisi|tahdo|halua)(?: enaa)?(?: saada"
        r"| vastaanottaa| lisaa| teilta| mitaan| muita| naita| tallaisia)* ?(?:enaa )?(?:viesteja\w*|sahkopost\w*"
        r"|mainoksia|posteja|uutiskirje\w*|yhteydenotto\w*|kuulla|meileja)|ei (?:enaa|lisaa) (?:viesteja|sahkopost\w*"
        r"|mainoksia|meileja|yhteydenottoja)",
    ),
    "cs": (
        r"(?:uz|jiz|prosim|dale|vice|nikdy|mi|nam|prosim uz)(?: \w+){0,3} (?:nepiste|nepis|nezasilejte|neposilejte"
        r"|neposilej|nekontaktujte|nekontaktuj|neobtezujte|nevolejte)\b|(?:nepiste|nepis|nezasilejte|neposilejte"
        r"|neposilej|nekontaktujte|nekontaktuj|neobtezujte) (?:mi|me|mne|nam|nas)?(?: \w+){0,2}? ?(?:uz|jiz|vice"
        r"|znovu|dalsi|zadne|$|[.!])|(?:nepreji|nechci|nechceme|neprejeme) (?:si )?(?:uz |jiz |nadale |dale "
        r"|od vas )*(?:dostavat|zasilat|zasilani|prijimat|byt kontaktovan\w*|(?:zadne )?dalsi (?:e-?maily?|zpravy"
        r"|maily)|vase (?:e-?maily|maily|zpravy)|e-?maily|maily|abyste (?:mi|me|nam))|(?:zadne"
        r"|uz zadne) dalsi (?:e-?maily?|maily|zpravy)",
    ),
    "hu": (
        r"\bne (?:irjanak|irjon|irj|irjatok|kuldjenek|kuldjon|kuldj|kuldjetek|keressenek|keressen|keress|zaklassanak"
        r"|zaklasson|zavarjanak|zavarjon|kontaktaljanak)\b(?:.{0,35}?(?:tobb\w*|tobbet|tobbe|tovabbi|nekem|engem|ujra"
        r"|level\w*|uzenet\w*|mail\w*)|\s*(?:$|[.!]))|nem (?:szeretnek|szeretnenk|kivanok|akarok|kerek"
        r"|kivanunk) (?:tobb |tovabbi |tobbe |onoktol |ilyen |toluk )*(?:level\w*|e-?mail\w*|uzenet\w*|hirlevel\w*"
        r"|mail\w*|megkeres\w*|kapni|ertesites\w*)|(?:tobbet|tobbe|soha tobbet) ne (?:ir|kuld|keres|zaklass)\w*",
    ),
    "ro": (
        r"(?:nu|sa nu|de a nu)[- ](?:(?:mi|ma|imi|ne|ni|va|mai|il|le)[- ]?)*(?:mai )(?:\w+ )?(?:trimit|scri|contact"
        r"|deranj|expedi)\w*|nu[- ](?:\w+[- ])?(?:mai )?(?:doresc|vreau|dorim|vrem) (?:sa )?(?:mai )?(?:primesc"
        r"|primim|primi|fiu contactat\w*|fim contactati|alte|e-?mail\w*|mesaje\w*|mailuri|niciun|aud)|(?:fara"
        r"|gata cu) (?:alte )?(?:e-?mail\w*|mesaje|mailuri)|nu ma (?:contactati|deranjati)\s*(?:$|[.!])",
    ),
    "tr": (
        r"(?:bir daha|artik|lutfen|daha fazla|bundan sonra)(?: \w+){0,5} (?:atmayin|atmayiniz|gondermeyin"
        r"|gondermeyiniz|yazmayin|yazmayiniz|yollamayin|aramayin|rahatsiz etmeyin|iletisime gecmeyin|atma|gonderme"
        r"|yazma|mail atmayin)\b|(?:mail|e-?posta|mesaj|ileti)\w* (?:almak|gelmesini) istemiyor\w*|(?:mail|e-?posta"
        r"|mesaj|ileti)\w* (?:atmayin|gondermeyin|yollamayin)(?:iz)?\b|sizden (?:\w+ ){0,4}(?:istemiyor\w*)"
        r"|benimle (?:bir daha )?iletisime gecmeyin",
    ),
    "ru": (
        r"(?:больше|никогда|впредь|более)(?: \w+){0,3}? не (?:пиши\w*|присылай\w*|шлите|отправляй\w*|беспокой\w*"
        r"|высылай\w*|звони\w*|писать|присылать|связывай\w*|контактир\w*|слать|тревож\w*)|не (?:пиши\w*|присылай\w*"
        r"|шлите|отправляй\w*|беспокой\w*|высылай\w*|надо|нужно|писать|присылать|слать"
        r"|связывай\w*)(?: \w+){0,3}? (?:больше|никогда|более|впредь|писать|слать|присылать)|не (?:хочу|желаю|хотим"
        r"|желаем|хотел\w* бы|согласен|согласна) (?:больше |далее |впредь |более )*(?:получать|видеть|чтобы вы мне"
        r"|на получение|на рассылку|ваш\w* (?:письм|рассыл|спам)\w*)(?: (?:от вас|ваш\w*|эт\w*|такие|подобные|больше"
        r"|никаких|рассыл\w*|письм\w*|спам\w*|сообщени\w*)|(?=\s*(?:$|[.!,;])))|(?:никаких"
        r"|хватит) (?:больше )?(?:писем|рассылок|сообщений)",
    ),
    "uk": (
        r"(?:більше|ніколи|надалі)(?: \w+){0,3}? не (?:пиш\w*|надсилай\w*|шліть|відправляй\w*|турбуй\w*|присилай\w*"
        r"|дзвон\w*|писати|надсилати|зв'язуй\w*)|не (?:пиш\w*|надсилай\w*|шліть|відправляй\w*|турбуй\w*|присилай\w*"
        r"|треба|потрібно)(?: \w+){0,3}? (?:більше|ніколи|надалі|писати|надсилати)|не (?:хочу|бажаю|хочемо|бажаємо"
        r"|хотів би|хотіла б|згоден|згодна) (?:більше |надалі )*(?:отримувати|одержувати|бачити|щоб ви мені"
        r"|ваш\w* (?:лист|розсил)\w*)(?: (?:від вас|ваш\w*|ці|такі|подібні|більше|жодн\w*|розсил\w*|лист\w*"
        r"|повідомлен\w*|спам\w*)|(?=\s*(?:$|[.!,;])))|(?:жодних|ніяких) (?:більше )?(?:листів|розсилок|повідомлень)",
    ),
    "el": (
        r"(?:μη|μην) (?:μου |με |μασ )*(?:ξανα\w+|στελνετε|στειλετε|γραφετε|γραψετε|ενοχλειτε|ενοχλησετε"
        r"|επικοινωνη\w+|επικοινωνειτε)\b(?:.{0,30}?(?:αλλα|αλλο|πια|ξανα|email|mail|μηνυμα\w*|μαζι μου|πλεον)"
        r"|\s*(?:$|[.!]))|(?:μη|μην) (?:μου |με |μασ )*ξανα ?\w+|δεν (?:θελω|επιθυμω|θελουμε|επιθυμουμε"
        r"|θα ηθελα) (?:πια |πλεον |αλλο |να )*(?:λαμβανω|λαμβανουμε|παιρνω|ενημερω\w+|με ξανα\w+|μου στελνετε"
        r"|αλλα (?:email|μηνυμα\w*|mail\w*)|δεχομαι|λαβω)|(?:οχι|κανενα) (?:αλλα|αλλο) (?:email|μηνυμα\w*|mail)",
    ),
}
