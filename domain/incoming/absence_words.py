"""What automatic answers say, for the languages whose words are few enough to stand in one table.

The cells are regular expressions for folded text (``folding``). Scripts that glue words together, such as
Hebrew's or Thai's, get no word edges; where a word would be found inside of another's language, two words stand.
"""

from typing import NamedTuple

from domain.incoming.folding import folded


class Words(NamedTuple):
    """One language: “automatic reply”; being away; coming back; “until”; “from”; thanks; urgent cases; “as soon as”."""

    automatic: str
    away: str
    back: str
    until: str
    start: str
    thanks: str
    urgent: str
    later: str


_LANGUAGES: dict[str, Words] = {
    "ar": Words(
        "(?:ال)?رد (?:ال)?(?:تلقائي|[آا]لي)|رسالة (?:تلقائية|[آا]لية)",
        "خارج (?:ال)?مكتب|في (?:ال)?[إا]جازة|[إا]جازة|غير متواجد|غائب|في مهمة عمل",
        "[أا]عود|نعود|العودة|عودتي|عودتنا",
        r"حتى|لغاية|\bإلى\s*(?:يوم|غاية|تاريخ)?\s*(?:ال\w+،?\s*)?$",
        r"\bمن\b|ابتداء|بدءا",
        "شكر",
        "عاجل|طارئ|الضرورة",
        "[أا]قرب وقت|عند عودتي|تم استلام",
    ),
    "he": Words(
        "(?:מענה|תגובה|תשובה|הודעה) אוטומטית?",
        "לא במשרד|מחוץ למשרד|לא נמצאת? במשרד|בחופשת?ה?|נעדרת?|היעדרות",
        r"\bו?(?:אחזור|אשוב|חוזרת?|נחזור|נשוב)\b|בחזרה",
        r"\bו?עד\b",
        r"\bהחל מ|\bמ-|\bמיום|\bמתאריך",
        "תודה",
        "דחו[פף]|דחיפות",
        "בהקדם|עם חזרתי|כשאחזור|התקבלה",
    ),
    "fa": Words(
        "(?:پاسخ|پیام)[\\s\u200c]?خودکار",
        "خارج از (?:دفتر|محل کار)|(?:در )?مرخصی|حضور ندارم",
        "بازمی|برمی|باز خواهم|بازگشت",
        r"\bتا\b",
        r"\bاز\b",
        "سپاس|متشکر|ممنون|تشکر",
        "فوری|اضطراری",
        "اسرع وقت|دریافت شد|پس از بازگشت",
    ),
    "hi": Words(
        "(?:स्वचालित|स्वतः) (?:उत्तर|जवाब|संदेश|प्रत्युत्तर)",
        "(?:कार्यालय|ऑफिस) से बाहर|अवकाश|छुट्टी पर|अनुपस्थित",
        "लौट|वापस",
        "तक",
        r"\bसे\b",
        "धन्यवाद",
        "तत्काल|अत्यावश्यक|ज़रूरी",
        "यथाशीघ्र|जल्द से जल्द|लौटने पर",
    ),
    "th": Words(
        "(?:การ)?(?:ตอบกลับ|ข้อความ)(?:โดย)?อัตโนมัติ",
        "ไม่อยู่(?:ที่|ใน)?(?:สำนักงาน|ออฟฟิศ)?|ลา(?:พักร้อน|พัก|งาน|ป่วย|คลอด|กิจ)|ลาตั้งแต่",
        "กลับ(?:มา|เข้า|ไป)",
        "ถึง",
        "ตั้งแต่|เริ่ม",
        "ขอบคุณ",
        "ด่วน",
        "โดยเร็ว|เมื่อกลับ|ได้รับ(?:อีเมล|ข้อความ)",
    ),
    "vi": Words(
        "(?:tra loi|phan hoi|tin nhan|thu) tu dong",
        "vang mat|(?:dang )?nghi (?:phep|om|le|thai san)|khong co mat|di cong tac|ngoai van phong",
        r"\b(?:quay lai|tro lai|tro ve|lam viec lai|di lam lai)",
        r"\bden het\b|\bcho den\b|\bden ngay\b|\bhet ngay\b",
        r"\btu ngay\b|\bke tu\b",
        "cam on",
        "khan cap",
        "som nhat|khi quay lai|da nhan duoc",
    ),
    "id and ms": Words(
        "(?:balasan|jawaban|respons?|tanggapan|pesan) (?:otomatis|automatik|auto)",
        r"(?:sedang )?(?:ber)?cuti\b|di luar (?:kantor|pejabat)|tidak (?:ada )?di (?:kantor|pejabat)|dinas luar",
        r"\bkembali\b|\bmasuk (?:kerja|kantor)|\baktif (?:be)?kerja",
        r"\bsampai\b|\bhingga\b|\bs\.?/?\s?d\b",
        r"\bdari\b|\bmulai\b|\bsejak\b",
        "terima kasih",
        "mendesak|darurat|kecemasan",
        r"secepatnya|sesegera|secepat mungkin|telah (?:kami )?(?:di)?terima",
    ),
    "bg": Words(
        r"автоматич\w+ (?:отговор|съобщение)",
        r"отсъств\w+|извън офиса|(?:в|на) отпуск\w*|в командировка|не съм в офиса",
        r"\bвръщам|\bвърн|\bобратно\b|\bотново\b",
        r"\bдо\b",
        r"\bот\b",
        "благодар",
        "спешн",
        "най-скоро|завръщане",
    ),
    "sr": Words(
        "аутоматски одговор|аутоматска порука",
        r"одсу[ст]\w+|ван канцеларије|на (?:годишњем )?одмору",
        r"\bвраћам|\bврати|\bпоново\b|\bнатраг\b",
        r"\bдо\b",
        r"\bод\b",
        "хвала",
        "хитн",
        "најкраћем року|по повратку",
    ),
    "hr, sr and bs": Words(
        "automatsk[ia] (?:odgovor|poruka)|automatizirani odgovor",
        r"odsu[st]\w+|izvan ureda|van kancelarije|na (?:godisnjem )?odmoru|godisnji odmor|na sluzbenom putu"
        r"|na bolovanju"
        r"|nisam u (?:uredu|kancelariji)",
        r"\bvracam|\bvrati[tc]|\bponovn?o\b|\bnatrag\b|\bnazad\b|\bopet\b",
        r"\bdo\b",
        r"\bod\b",
        r"\bhval[ae]\b|zahvalju",
        r"\bhitn",
        "najkracem roku|po povratku|cim se vratim",
    ),
    "sl": Words(
        "(?:samodejni|avtomatski) odgovor|samodejno sporocilo",
        r"odsot\w+|zunaj pisarne|na dopustu|dopust|nisem v pisarni|na sluzbeni poti",
        r"\bvrne|\bvrnil|\bspet\b|\bponovno\b|\bnazaj\b|\bzopet\b",
        r"\bdo\b",
        r"\bod\b",
        r"\bhvala\b",
        r"\bnujn",
        "v najkrajsem|po vrnitvi|ko se vrnem",
    ),
    "sk": Words(
        "automaticka (?:odpoved|sprava)",
        r"nepritomn\w+|mimo kancelari\w+|(?:na )?dovolenk\w+|na sluzobnej ceste|nie som v (?:kancelarii|praci)",
        r"\bvratim|\bspat\b|\bopat\b",
        r"\bdo\b",
        r"\bod\b",
        r"\bdakuje",
        "naliehav|surn[ey]",
        "po navrate|co najskor",
    ),
    "et": Words(
        "automaatvastus|automaatne (?:vastus|teade)",
        r"puhkusel?|kontorist (?:eemal|valjas)|tool(?:t|ilt) eemal|komandeeringus|haiguslehel",
        r"\btagasi\b|\bnaasen|\bnaaseme",
        r"\bkuni\b",
        r"\balates\b",
        r"\btaname?\b|\baitah\b",
        "kiire(?:te|l|s)|edasilukkamatu",
        "esimesel voimalusel|naasmisel|tagasi joudes",
    ),
    "lt": Words(
        r"automatin\w+ (?:atsakym\w+|pranesim\w+|laisk\w+)",
        r"atostog\w+|nesu (?:biure|darbe)|ne biure|komandiruot\w+",
        r"\b(?:su)?gri[sz]\w+|\bvel busiu",
        r"\biki\b",
        r"\bnuo\b",
        r"\baciu\b|\bdekoj",
        r"\bskub",
        r"kuo greiciau|grizes|grizus",
    ),
    "lv": Words(
        r"automatisk\w+ (?:atbilde|zinojum\w+)",
        r"atvalinajum\w+|neesmu (?:biroja|darba)|prombutn\w+|komandejum\w+|arpus biroja",
        r"\batgriez\w+|\batpakal\b",
        r"\blidz\b",
        r"\bno (?=\d)",
        r"\bpaldies\b",
        "steidzam",
        "pec atgriesanas|cik drizi",
    ),
    "ca": Words(
        "resposta automatica",
        r"fora de l'oficina|de vacances|absencia|de baixa",
        r"\btorn(?:o|are|arem)\b",
        r"\bfins\b",
        r"\bdes de\b",
        r"\bgracies\b",
        "urgen[tc]",
        "quan torni|al meu retorn|com mes aviat",
    ),
}  # fmt: skip


def _of_all(cells: list[str]) -> str:
    return "|".join(dict.fromkeys(map(folded, cells)))


OTHER = Words(*(_of_all(list(cells)) for cells in zip(*_LANGUAGES.values(), strict=True)))
"""Each cell for all these languages together."""
