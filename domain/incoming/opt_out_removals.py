"""With which words people ask that something be done, so that they are left alone, in the languages of our contacts:
“take me off your list”. A “not” beside them denies them (“do not remove me yet”).

Texts are folded (``folding``), and typing mistakes in “unsubscribe” are mended.
"""

from domain.incoming.opt_out_english import ENGLISH_REMOVALS

REMOVALS: dict[str, tuple[str, ...]] = {
    "en": ENGLISH_REMOVALS,
    "de": (
        r"(?:losch(?:ed|id|et)|striich(?:ed|et)|nehm(?:ed|et)|tuend|nemed) .{0,15}\b(?:mi|mich|mini|miini|mis|oisi"
        r"|unsri|eusi)\b.{0,30}(?:adrass|adress|date|mail|lischt|verteiler|use)\w*",
        r"(?:trag|streich|nehm|nimm|losch|entfern|meld|tilg)\w* (?:sie |doch )?(?:bitte )?(?:sie )?(?:mich|uns|meine?"
        r"|unsere?|diese)\b.{0,60}?\b(?:aus(?!\s?kunft)|von"
        r"|ab|liste|verteiler|datenbank|adresse|daten|e-?mail-?adresse|kontakt)\b",
        r"(?:nehm|nimm|streich|losch|entfern|trag)\w* .{0,40}(?:aus|von) (?:ihre[rmn]|eure[rmn]|de[rmn]|deine[rmn]"
        r"|allen) [\w-]*(?:verteiler|listen?|datenbank|mailing\w*|newsletter|system)",
        r"(?:bitte|mochte|will|wunsche|bitten?|wir) .{0,60}(?:aus ?(?:ihrem|dem|der|ihrer|eurem|eurer) (?:e-?mail-?"
        r"|mail-?)?"
        r"(?:verteiler|liste|datenbank|mailing\w*|newsletter)|(?:mich|uns) .{0,20}(?:austragen|abmelden|abbestellen"
        r"|loschen|entfernen)|(?:meine|unsere) .{0,40}(?:loschen|entfernen|zu loschen)"
        r"|newsletter.{0,20}(?:abbestellen|abmelden))",
        r"bitte (?:sofort |umgehend |endlich )?(?:austragen|abmelden|abbestellen)\b",
        r"(?:horen|hor|hort) (?:sie )?(?:bitte |endlich |doch |sofort )*(?:damit )?auf\b.{0,30}(?:schreib|mail"
        r"|kontakt|send|schick|nerv|belast|spam)|(?:schluss|stopp|aufhoren) mit (?:den|diesen|ihren|der"
        r"|dem) (?:e-?mails?|mails?|nachrichten|werbung|spam)",
        r"(?:verschon\w*) (?:sie )?(?:mich|uns)\b|unterlass\w* (?:sie|es)\b.{0,60}(?:e-?mail|mail|schreib|kontakt"
        r"|werb|nachricht|anschreib|zusend)|widerspreche (?:ich )?(?:hiermit )?der (?:\w+ )?(?:verarbeitung|nutzung"
        r"|verwendung|speicherung|werb)|widerrufe .{0,30}einwilligung|(?:lassen|lass) (?:sie )?(?:mich|uns) (?:bitte "
        r"|endlich )?in ruhe",
        r"losch\w* .{0,40}(?:uber mich|uber uns|zu meiner person|von mir) .{0,25}(?:daten|informationen|angaben)"
        r"|ich melde mich (?:hiermit )?ab\s*(?:$|[.!,])|(?:losch\w*|loschung) .{0,30}(?:meine[rn]?|unsere[rn]?"
        r"|samtliche[rn]?|alle[rn]?) (?:\w+ ){0,2}(?:daten|kontaktdaten|e-?mail-?adresse|adresse)\b|(?:um"
        r"|die) loschung (?:meiner|unserer|aller)",
    ),
    "fr": (
        r"desab+on+(?:ez|e|er|es)[- ]?(?:moi|nous)\b|desins?crivez|(?:me|m'|nous|se) (?:desab+on+er"
        r"|desinscrire)(?! (?:de )?chez)|(?:demande|souhaite|veux|voudrais|merci de|priere de|bien vouloir"
        r"|veuillez) .{0,25}(?:desab+on+\w*|desinscri\w*|desinscription)",
        r"(?:retirez|supprimez|enlevez|effacez|radiez|rayez|otez|sortez|virez|retire|supprime|enleve)[- ](?:moi"
        r"|nous)\b|(?:retir|supprim|enlev|effac|ray|radi|ot|sort)(?:ez|er|ir|e|iez) (?:\w+ ){0,2}?(?:mon|ma|mes|notre"
        r"|nos|m'|cette|toutes mes|l'ensemble de mes) ?(?:\w+ )?(?:adresse|e-?mail|mail|coordonnees|donnees|contact"
        r"|nom|infos?\w*)\b|(?:me|m'|nous) (?:\w+ )?(?:retirer|supprimer|enlever|effacer|rayer|radier|oter"
        r"|sortir) .{0,25}(?:liste|base|fichier|diffusion|mailing)",
        r"(?:cessez|arretez|stoppez|arrete|cesse|cesser|arreter|stopper) (?:immediatement |donc "
        r"|tout de suite )?(?:de |d')(?:m'|me |nous )?(?:ecri\w+|envo\w+|contact\w+|spam\w*|sollicit\w*|harcel\w*"
        r"|mail\w*|relanc\w*|importun\w*)|(?:cessez|arretez|stop a|stop aux|assez de|marre de|halte aux?) (?:vos "
        r"|ces |cet? |tous ces |tout )?(?:e-?mails?|mails?|messages?|spams?|envois|pubs?|courriels?|harcelement"
        r"|sollicitations?)|je me (?:desab+onne|desinscris)\b|lachez[- ](?:moi|nous)\b|(?:fichez|foutez"
        r"|laissez)[- ](?:moi|nous) (?:la paix|tranquilles?)",
        r"(?:m'|je |nous )?(?:m'oppose|nous opposons|j'exerce mon droit)|mon droit (?:d'opposition|a l'effacement"
        r"|a l'oubli)|(?:retire|revoque) mon consentement|(?:suppression|effacement) (?:de|d') ?(?:toutes )?(?:mes"
        r"|nos|l'ensemble de mes) (?:donnees|coordonnees)",
    ),
    "es": (
        r"(?:dar(?:me|nos)?|deme|denme|dame|dadme|denos|dennos|me den|me de|nos den|me des|nos de|me doy|solicito la"
        r"|solicito mi|quiero la|pido la|tramiten? (?:mi|la)) (?:de )?baja\b",
        r"(?:elimin|borr|quit|sac|remuev|retir|suprim|saqu|quit|exclu)\w*?(?:me|nos|n?me)?(?: por favor)?,?(?: mi"
        r"| mis| nuestro| nuestra| este| esta)?(?: correo(?: electronico)?| direccion(?: de correo)?| e-?mail| nombre"
        r"| contacto| datos| cuenta)? (?:de|del) (?:su|la|esta|tu|vuestra|sus|vuestras|todas|el|las|ese"
        r"|este)\b.{0,30}?(?:lista|base|correo|bd|listado|envios|mailing|boletin|sistema|registros|fichero)",
        r"(?:elimin|borr|suprim|cancel)(?:e|en|a|ar|ad|eis|an)? (?:todos )?(?:mis|nuestros) datos|(?:elimin|borr"
        r"|suprim)(?:e|en|a|ar|ad) (?:mi|nuestra|nuestro) (?:correo|direccion|e-?mail|contacto)"
        r"|supresion de mis datos|(?:me opongo|ejerzo mi derecho)|(?:revoco|retiro) mi consentimiento",
        r"(?:dejen?|dejad|deja|dejar|paren?|parad|cesen?) (?:ya )?(?:de )(?:me |nos |seguir )?(?:envi|mand|escrib"
        r"|contact|molest|spam|bombarde|llen|enviarme|insist)\w*|(?:basta|stop|no mas|alto) (?:ya )?(?:de "
        r"|con )?(?:los |sus |tus |mas |estos )?(?:correos?|mails?|e-?mails?|spam|mensajes|publicidad)"
        r"|dejen?me en paz|dejame en paz",
        r"(?:me )?(?:quiero|deseo|quisiera|necesito|como puedo|por favor|favor de) (?:\w+ )?(?:desuscrib\w+"
        r"|cancelar (?:mi |la |esta )?suscripcion|dar(?:me)? de baja)|cancelo mi suscripcion|desuscrib(?:ame|anme"
        r"|irme|eme|ir me|annos)|cancel(?:en|e|ar|a) (?:mi|la|esta) suscripcion",
    ),
    "it": (
        r"(?:cancell|rimuov|rimuover|tolg|togli|toglier|elimin|escluder|escludet|depenn)(?:a|i|e|ate|ete|iate|ano|are"
        r"|ere|iete|ar|er|io|et|at)?(?:mi|ci|temi|teci)?\b(?:,? per favore,?)?(?: subito| immediatamente)?(?: il| la"
        r"| i| dal| questo| questa| la| tutti)?(?: (?:mio|mia|miei|nostro|nostra|nostri)?(?: \w+){0,2})? (?:dalla"
        r"|dalle|dal|dai|da) .{0,25}(?:lista|liste|elenco|mailing|database|archivi\w*|newsletter|rubrica|contatti"
        r"|sistem\w)",
        r"(?:cancell|elimin|rimuov)(?:ate|i|are|ere|ete|iate|a|e|ino) (?:tutti )?(?:i )?(?:miei|nostri) (?:dati"
        r"|contatti|recapiti)|(?:cancell|elimin|rimuov)(?:ate|i|are|ere|ete|iate|a|e) (?:il|l'|la) ?(?:mio|mia"
        r"|nostro)?\s?(?:indirizzo|nominativo|e-?mail|contatto|iscrizione)|cancellazione (?:dei|di tutti i) (?:miei"
        r"|nostri) dati",
        r"(?:cancellatemi|cancellami|disiscriv(?:imi|etemi|ermi|eteci)|rimuovetemi|toglietemi|toglimi|rimuovimi"
        r"|eliminatemi)\b|(?:voglio|vorrei|desidero|chiedo di|come (?:posso|faccio a)|prego di"
        r"|per favore) .{0,15}(?:disiscriv\w*|cancellar(?:mi|e (?:la mia |l')iscrizione)|disdire|essere (?:cancellat"
        r"|rimoss|eliminat|tolt)\w)",
        r"smett\w+ (?:subito )?(?:di )(?:scriver|inviar|contattar|mandar|spammar|disturbar|rompere|importunar)"
        r"|smett\w+la (?:di|con)|basta (?:con )?(?:le |queste |i |questi |queste )?(?:e-?mail|mail|messaggi|spam"
        r"|pubblicita|scrivermi|cosi|comunicazioni)|lasci\w*mi (?:in pace|stare)|mi (?:disiscrivo|cancello)\b"
        r"|(?:mi oppongo|esercito il mio diritto|revoco il (?:mio )?consenso)",
    ),
    "pt": (
        r"descadastr(?:ar|e|em|o)\b(?! (?:os|as) )|(?:remov|retir|exclu|tir|apag|elimin)(?:a|e|am|em|er|ir|ar|ia|iam"
        r"|ao)?(?:-me|-nos)?(?: por favor)?,?(?: me| meu| minha| o meu| a minha| este| nosso)?(?: e-?mail"
        r"| endereco(?: de e-?mail)?| nome| contato| contacto)? (?:d[aoe]s?|dessa|desta|de sua|da vossa|da sua"
        r"|de todas as) .{0,20}(?:lista|listas|mailing|base|cadastro|contatos|contactos|newsletter|sistema)",
        r"(?:cancel\w+) .{0,15}(?:minha |a minha )(?:inscricao|subscricao|assinatura)|cancel(?:e|em"
        r"|ar) (?:a )?(?:minha )?(?:inscricao|subscricao)\b(?! (?:na|no|dos|das) )|(?:apag|exclu|elimin|remov)(?:a|e"
        r"|am|em|ar|ir|er|ao) (?:todos )?(?:os )?(?:meus|nossos) dados|(?:apag|exclu|elimin|remov)(?:a|e|am|em|ar|ir"
        r"|er) (?:o )?(?:meu|nosso) (?:e-?mail|contat?c?to|endereco)|exclusao (?:dos|de) meus dados|(?:me oponho"
        r"|oponho-me|revogo (?:o )?meu consentimento)",
        r"(?:parem?|pare|deixem?|cessem?|chega|basta) (?:ja |imediatamente )?(?:de|com) (?:me |nos )?(?:envi|mand"
        r"|contat|contact|escrev|incomod|encher|spam|e-?mails?|mensagens|perturb)\w*|(?:quero|gostaria de|desejo"
        r"|preciso|como (?:posso|faco para)) (?:me )?(?:descadastrar|desinscrever|sair da (?:vossa |sua )?lista"
        r"|cancelar a (?:minha )?(?:inscricao|subscricao))|(?:me descadastro|estou me descadastrando)"
        r"|(?:me )?(?:desinscrev\w+|desinscreva-me)|deixem?-me em paz|me deixem? em paz",
    ),
    "nl": (
        r"(?:schrijf|meld|haal|verwijder|schrap|streep|gooi)\w* (?:mij|me|ons|mijn|onze|dit"
        r"|alstublieft mij)\b.{0,40}?\b(?:uit|af|lijst\w*|bestand\w*|database|mailing\w*|adres\w*|mailinglijst"
        r"|gegevens|systeem|nieuwsbrief)\b",
        r"(?:wil|willen|graag|gelieve|verzoek|wens|kunt u|kun je|zou) .{0,40}(?:uitschrijven|afmelden|uitgeschreven"
        r"|afgemeld|afgevoerd|verwijderd worden)\b|(?:mij|me|ons|mijn (?:\w+ )?(?:adres|gegevens"
        r"|e-?mail\w*)) .{0,40}(?:uit te schrijven|te verwijderen|verwijderen|van (?:de|uw|jullie|deze) [\w-]*lijst"
        r"|uit (?:uw|jullie|het|de) (?:bestand|systeem|database|lijst))",
        r"(?:stop|kap|hou(?:d|dt)?)(?: aub| alstublieft| nu| eens| u| onmiddellijk| direct)* (?:met|op met"
        r"|met het) .{0,15}(?:mailen|sturen|e-?mailen|mailtjes|mails|berichten|schrijven|spammen|benaderen|lastig)"
        r"|stop (?:mij|deze mails)|ik schrijf (?:me|mij) (?:hierbij )?uit|ik meld (?:me|mij) (?:hierbij )?af"
        r"|laat (?:mij|me|ons) met rust|(?:ik maak|maak ik) bezwaar|trek .{0,15}toestemming in"
        r"|wis (?:al )?mijn gegevens",
    ),
    "pl": (
        r"(?:wypis|usun|wykresl|skresl|usuw)\w* (?:prosze )?(?:mnie|nas|moj\w*|nasz\w*|ten (?:adres|e-?mail)|moje)\b"
        r"|(?:prosze|prosba|prosimy|chce|chcialbym|chcialabym|chcemy|zadam|wnosze) .{0,40}(?:(?:wypisa|wypis|rezygn"
        r"|zaprzesta)\w*|\b(?:mnie|nas) (?:\w+ ){0,2}(?:usun|wykresl|skresl)\w*|(?:usun|wykresl"
        r"|skresl)\w* (?:\w+ ){0,4}?(?:mnie|nas|moj\w*|nasz\w*|adres\w*|danych|z (?:\w+ ){0,2}(?:list|baz|mailing"
        r"|newsletter|subskryp)\w*))",
        r"(?:przestan|przestancie|zaprzestan|zaprzestancie|skoncz|skonczcie|dosc|koniec) .{0,20}(?:pisa|wysyla"
        r"|przysyla|maili|spam|kontakt|mejli|nekac|wiadomosci)\w*|rezygnuje z (?:subskrypcji|newslettera|otrzymywania"
        r"|mailingu|wiadomosci)|(?:cofam|wycofuje) (?:swoja |moja )?zgode|wnosze sprzeciw"
        r"|sprzeciwiam sie (?:przetwarzani|wysyla)|(?:dajcie|daj) mi (?:swiety )?spokoj",
    ),
    "sv": (
        r"(?:ta|stryk|plocka|radera|avlagsna|tag) (?:\w+ )?(?:bort )?(?:mig|oss|min|mina|mitt|denna|var|vara"
        r"|vart)\b.{0,40}?(?:lista\w*|register|utskick\w*|adress\w*|sandlista\w*|mejl|mail|uppgifter|databas\w*"
        r"|e-post\w*)|(?:ta|tag|stryk|radera|avlagsna) (?:genast |omedelbart )?(?:bort )?(?:mig|oss) (?:genast |nu "
        r"|tack)*\s*(?:$|[.!,;])|avregistrera (?:mig|oss|min|denna)|avprenumerera (?:mig|oss)|(?:vill|onskar"
        r"|hur kan jag|ber att fa) .{0,25}(?:avregistrera|avprenumerera|bli borttagen|tas bort|avsluta (?:min"
        r"|prenumeration))",
        r"(?:sluta|upphor|upphora) (?:att |genast |nu |med att )*(?:mejl|mail|skicka|kontakta|skriv|spamma|stor)\w*"
        r"|lamna (?:mig|oss) i fred|aterkallar (?:mitt )?samtycke|motsatter mig",
    ),
    "da": (
        r"(?:fjern|slet|stryg|framelde?|afmeld|tag|meld)\w* (?:venligst |lige )?(?:mig|os|min|mit|mine|vores"
        r"|denne)\b.{0,40}?(?:liste\w*|adresse|mailliste\w*|oplysninger|data\w*|nyhedsbrev\w*|kartotek|mail\w*|system"
        r"|udsendels\w*|fra (?:jeres|din|listen|dette|denne)|af\b(?! sted))|(?:fjern|slet|afmeld"
        r"|frameld) (?:venligst )?(?:mig|os)(?: venligst| tak| nu| straks)*\s*(?:$|[.!,;])|(?:vil|onsker|kan jeg"
        r"|beder om) .{0,30}(?:afmeldes|frameldes|afmelde|framelde|slettes|fjernes|blive (?:slettet|fjernet|afmeldt"
        r"|frameldt))",
        r"(?:stop|hold op|ophor|stands) (?:venligst |nu |straks |lige )*(?:med )(?:at )?(?:skriv|send|kontakt|maile?"
        r"|spamme?|genere)\w*|lad (?:mig|os) (?:vaere )?i fred|traekker (?:mit )?samtykke|(?:gor|gore) indsigelse mod",
    ),
    "no": (
        r"(?:fjern|slett|stryk|meld|avmeld|ta)\w* (?:vennligst |gjerne )?(?:bort )?(?:meg|oss|min|mitt|mine|var|denne"
        r"|e-postadressen min|adressen min|opplysningene mine)\b.{0,40}?(?:liste\w*|adresse\w*|register\w*"
        r"|opplysninger|data\w*|nyhetsbrev\w*|system\w*|utsendels\w*|e-post\w*|av\b|fra (?:deres|listen|denne))"
        r"|(?:fjern|slett|avmeld) (?:vennligst )?(?:meg|oss)(?: takk| na| straks| vennligst)*\s*(?:$|[.!,;])|(?:slett"
        r"|fjern) (?:adressen|e-postadressen|opplysningene|dataene) (?:min|mine)|(?:vil|onsker|kan jeg"
        r"|ber om) .{0,30}(?:avmeldes|meldes av|melde meg av|slettes|fjernes|bli (?:slettet|fjernet|avmeldt|tatt av))",
        r"(?:slutt|stopp|gi dere|kutt ut) (?:vennligst |na |straks )*(?:med )?(?:a )?(?:skriv|send|kontakt|maile?"
        r"|spamm|mase)\w*|la (?:meg|oss) (?:vaere )?i fred|trekker (?:mitt )?samtykke|(?:protesterer"
        r"|reserverer meg) mot",
    ),
    "fi": (
        r"(?:poista(?:kaa|isitteko|isitko|tteko)?|poistattehan|siivotkaa|tuhotkaa|ottakaa"
        r"|pyyhkikaa) (?:ystavallisesti |heti |pois )*(?:minut|meidat|osoitteeni|sahkoposti\w*|tietoni|tietomme"
        r"|yhteystieto\w*|nimeni|taman osoitteen|tama osoite)|(?:haluan|haluaisin|pyydan"
        r"|toivon) .{0,35}(?:postituslist\w*|listalta\w*|poist\w+|peruuttaa tilau\w*|perua tilau\w*|lopettaa tilau\w*"
        r"|pois listalta)|peruuttakaa tilau\w*|peruuta(?:n)? tilau\w+|(?:peru|perun"
        r"|perukaa) (?:uutiskirje\w* )?tilau\w*",
        r"(?:lopettakaa|lopeta|lakatkaa) .{0,30}(?:lahett|viesti|sahkoposti|kirjoitt|hairitse|spammaa|roskaposti"
        r"|ottamasta|yhteydenot)\w*|jattakaa (?:minut|meidat) rauhaan|(?:peruutan|perun) suostumuksen"
        r"|vastustan .{0,20}kasittely",
    ),
    "cs": (
        r"(?:odhlas|vyrad|odstran|vymaz|smaz|vyskrtn|odeber)\w* (?:prosim )?(?:me|mne|nas|muj|moje|moji|mou|nasi"
        r"|ten?to (?:e-?mail|adres)|tuto adresu|si me)\b|(?:prosim|zadam|zadame|prosime|chci|chtel bych|chtela bych"
        r"|prosba|preji si) .{0,40}(?:(?:odhlas|vyraze)\w*|\b(?:me|mne|nas) (?:\w+ ){0,2}(?:vyrad|odstran|vymaz"
        r"|smaz)\w*|(?:vyrad|odstran|vymaz|smaz)\w* (?:\w+ ){0,4}?(?:me|mne|nas|muj|moj\w*|mou|mych|nas\w*|adres\w*"
        r"|udaj\w*|z (?:\w+ ){0,2}(?:seznam|databaz|rozesil|odber|list)\w*))",
        r"(?:prestan|prestante|skoncete|nechte|zastavte) .{0,20}(?:psat|posilat|zasilat|kontaktovat|obtezovat"
        r"|spamovat|zasilani|posilani|rozesil)\w*|odhlasuji se|dejte mi pokoj|nechte (?:me|mne|nas) (?:byt|na pokoji)"
        r"|(?:odvolavam|beru zpet) .{0,15}souhlas|vznasim namitku|nesouhlasim se zpracovanim",
    ),
    "hu": (
        r"(?:torolj\w*|toroljen\w*|vegyen\w*|vegyetek|iratkoztass\w*|iratkoztassanak|tavolits\w*|tavolitsanak"
        r"|vegyel\w*) .{0,30}(?:list\w+|adatbazis\w*|rendszer\w*|hirlevel\w*|engem|cimem\w*|adataim\w*|e-?mail\w*"
        r"|le\b|minket|ki\b)|(?:kerem|kerjuk|szeretnem|szeretnek|szeretnenk|akarok|kivanok) .{0,35}(?:(?:leiratk"
        r"|levetel|leven|leirat)\w*|\b(?:engem|minket|cimem\w*|e-?mail\w*|adat\w+m\w*) (?:\w+ ){0,4}?(?:torol"
        r"|torles)\w*|(?:torol|torles)\w* (?:\w+ ){0,3}?(?:engem|minket|cimem\w*|adat\w+m\w*|e-?mail\w*|a list\w+"
        r"|az adatbazis\w*))"
        r"|torol\w* (?:az? )?(?:adataim|cimem|e-?mail|adatain)\w*|leiratkozom"
        r"|leiratkozas\w* (?:kerem|kerek)",
        r"(?:hagyj\w*|fejezz\w*|alljon\w*|szuntess\w*) .{0,25}(?:abba|be|le|meg) .{0,25}(?:levelek|uzenet|kuld|ir\w*"
        r"|spam|zaklat|e-?mail|kereses)\w*|(?:hagyjanak|hagyjon|hagyjatok) (?:mar )?(?:beken|bekeben)|(?:visszavonom"
        r"|tiltakozom) .{0,30}(?:hozzajarul|adatkezel|ellen)\w*",
    ),
    "ro": (
        r"(?:sa )?(?:ma|ne) (?:scoateti|stergeti|eliminati|dezabonati|scoate|sterge|elimina|dezabonez|dezabonezi"
        r"|dezabona|excludeti)\b|(?:scoateti|stergeti|eliminati|dezabonati|excludeti|scoate|sterge)-(?:ma|ne)\b"
        r"|(?:scoateti|stergeti|eliminati|sterge|elimina|scoate|stergerea|eliminarea)(?: va rog)?,? .{0,15}(?:adresa"
        r"|adresei|e-?mail\w*|datele|datelor|numele|contactul)\b|(?:vreau|doresc|as dori|as vrea|cum pot|solicit"
        r"|cer) .{0,20}(?:dezabon\w+|scos din|sters din|eliminat din|stergerea)|dezabonati[- ]?m\w+",
        r"(?:incetati|opriti(?:-va)?|terminati|gata cu|incetati sa|opriti-va sa) .{0,20}(?:e-?mail|mail|mesaj|scri"
        r"|trimit|contact|spam|deranj|trimiterea)\w*|lasati-ma in pace|(?:retrag|revoc)\w* (?:\w+ )?consimtam|ma opun",
    ),
    "tr": (
        r"(?:beni|bizi|adresimi|e-?postami|mail adresimi|e-?posta adresimi|ismimi|bilgilerimi|verilerimi|kaydimi"
        r"|adresimizi) .{0,40}(?:cikar|sil|kaldir|dus)(?:in|iniz|unuz|un|ir misiniz|abilir misiniz|ar misiniz"
        r"|er misiniz|artin|mani\w*|mek|mak|tirin|t\w*|sin\w*)?(?=\W|$)|(?:uyeligimi|aboneligimi|kaydimi"
        r"|abonelik) .{0,20}(?:iptal|sonlandir|sil|bitir)(?!m[ea]y)\w*|(?:abonelikten|listeden|listenizden"
        r"|uyelikten) (?:cikmak|ayrilmak|cikar)(?!may)\w*|kisisel verilerimi\w* .{0,20}sil(?!mey)\w*",
        r"(?:mail|e-?posta|mesaj|ileti)\w* (?:atmayi|gondermeyi|yollamayi) (?:birak|kes|durdur)\w*|(?:yazmayi"
        r"|rahatsiz etmeyi|spam\w*) (?:birak|kes|durdur)\w*|beni rahat birak\w*|(?:onayimi|rizami|iznimi) geri (?:al"
        r"|cek)\w*",
    ),
    "ru": (
        r"(?:удалит\w*|удали|исключит\w*|исключи|уберит\w*|убери|отпишит\w*|отпиши|вычеркнит\w*|сотрит\w*"
        r"|снимит\w*) (?:пожалуйста,? )?(?:меня|нас|мой|мою|мои|наш\w*|этот|все мои|данный|моё|мое)\b|(?:прошу|просим"
        r"|просьба|хочу|хотел\w* бы|хотим|требую|требуем) .{0,45}(?:(?:отписать|отписки|прекратить (?:рассыл|присыл"
        r"|отправ|писать|слать|спам|ваш))\w*|\b(?:меня|нас) (?:\w+ ){0,3}(?:удал|исключ|убра|вычеркн)\w*"
        r"|(?:удал|исключ|убра|вычеркн|стереть)\w* (?:\w+ ){0,4}?(?:меня|нас|мо[йяюиеё]\w*|наш\w*|адрес\w*|почт\w*"
        r"|данны\w*|контакт\w*|из (?:\w+ ){0,2}(?:спис|рассыл|баз|подпис)\w*))|как (?:мне )?отписаться\s*(?:\?|$"
        r"|от (?:ваш|этой|рассыл))",
        r"(?:прекратите|прекращайте|перестаньте|хватит|довольно|кончайте|заканчивайте|перестань"
        r"|прекрати) (?:\w+ )?(?:мне |нам |меня )?(?:писать|слать|присылать|отправлять|спамить|беспокоить|рассыл\w*"
        r"|спам\w*|высылать|письм\w*|надоедать)|оставьте (?:меня|нас) в покое|отзываю (?:\w+ )?соглас\w+"
        r"|возражаю против|отписываюсь|отвалите|отвяжитесь|отстаньте",
    ),
    "uk": (
        r"(?:видаліть|видали|вилучіть|виключіть|приберіть|відпишіть|відпиши|викресліть"
        r"|зніміть) (?:будь ласка,? )?(?:мене|нас|мою|мій|мої|наш\w*|цю|всі мої|моє)\b|(?:прошу|просимо|прохання|хочу"
        r"|хотів би|хотіла б|вимагаю|бажаю) .{0,45}(?:(?:відписати|припинити (?:розсил|надсил|писати|слати|ваш))\w*"
        r"|\b(?:мене|нас) (?:\w+ ){0,3}(?:видал|вилуч|виключ|прибра|викресл)\w*"
        r"|(?:видал|вилуч|виключ|прибра|викресл)\w* (?:\w+ ){0,4}?(?:мене|нас|мо[йяюї]\w*|наш\w*|адрес\w*|пошт\w*"
        r"|дан[іи]\w*|контакт\w*|[зі]з? (?:\w+ ){0,2}(?:спис|розсил|баз|підпис)\w*))|як (?:мені )?відписатися\s*(?:\?"
        r"|$|від (?:ваш"
        r"|цієї|розсил))",
        r"(?:припиніть|перестаньте|досить|годі|припини) (?:\w+ )?(?:мені |нам |мене )?(?:писати|слати|надсилати"
        r"|відправляти|спамити|турбувати|розсил\w*|спам\w*|присилати)|відписуюся|дайте мені спокій|залиште мене (?:в"
        r"|у) спокої|відкликаю (?:\w+ )?згоду|заперечую проти",
    ),
    "el": (
        r"(?:διαγραψ\w+|αφαιρεσ\w+|βγαλ\w+|σβησ\w+|αφαιρειτε|διαγραφετε|βγαζετε) (?:παρακαλω )?(?:με|μασ|το e-?mail"
        r"|τη διευθυνση|τη διευθυνσι|τα στοιχεια|τα δεδομενα|το ονομα|το email)\b|(?:παρακαλω|θα ηθελα|θελω|επιθυμω"
        r"|ζητω|θελουμε) .{0,35}(?:διαγραφ\w+|διαγραψ\w+|απεγγραφ\w*|αφαιρεσ\w+|αφαιρεθ\w+|βγω απο|βγαλετε)\b"
        r"|να (?:με|μασ) (?:διαγραψετε|αφαιρεσετε|βγαλετε|σβησετε)",
        r"(?:σταματ\w+|παψτε|παυστε|σταματηστε) .{0,25}(?:στελν|γραφ|ενοχλ|email|mail|μηνυμα|spam|επικοινων"
        r"|αποστολ)\w*|αφηστε με ησυχ\w+|(?:ανακαλω|αποσυρω) .{0,15}συγκαταθεσ\w+|αντιτασσομαι",
    ),
}
