"""The words with which people ask to be left alone, in the languages that are served with a few phrases each. Texts are
folded (``folding``).

The tables have the names of those that they go on with: ``opt_out_removals``, ``opt_out_refusals`` and
``opt_out_phrases``.
"""

MORE_REMOVALS: dict[str, tuple[str, ...]] = {
    "vi": (
        r"(?:xoa|go|loai|rut|bo)(?: bo)? (?:\w+ ){0,4}?(?:toi|chung toi|minh)\b.{0,30}(?:danh sach|du lieu|he thong)",
        r"(?:toi muon|xin|vui long|hay|cho toi) (?:\w+ ){0,2}huy (?:dang ky|nhan)|ngung (?:gui|lien lac)",
    ),
    "id and ms": (
        r"(?:hapus|keluar|hilang|coret|buang|padam)(?:kan)?(?:lah)? (?:\w+ ){0,3}?(?:saya|kami)\b.{0,30}"
        r"(?:daftar|senarai|milis|mailing|database|basis data|list|sistem)",
        r"(?:hapus|padam)(?:kan)? (?:data|alamat|email|e-?mel|nama)(?: e-?mai?l)? (?:saya|kami)\b",
        r"(?:tolong |mohon |silakan |sila |harap )?(?:berhenti|stop)(?:lah)? (?:meng?irim|menghantar|menghubungi"
        r"|kirim)",
        r"(?:ingin|mau|mahu|mohon|tolong) (?:\w+ ){0,2}berhenti (?:ber)?(?:langganan|melanggan)",
    ),
    "sr, hr and bs": (
        r"(?:skin|obris|ukloni|izbris|odjavi|izbaci|makn)\w* (?:molim )?(?:me|nas|moj\w*|nas\w*)\b",
        r"(?:me|nas|moj\w*(?: \w+)?) (?:\w+ )?(?:skin|obris|uklon|izbris|odjav|izbac|makn)\w*",
        r"(?:zelim|zelimo|htio bih|htjela bih|molim|hocu) .{0,25}(?:odjav|ispis)\w*",
        r"prestan\w* (?:\w+ ){0,2}(?:slat|salj|pisa|pise|kontaktir)\w*",
        r"(?:скин|обриш|уклон|избриш|одјав)\w* (?:ме|нас|мој\w*)\b|(?:ме|нас) (?:скин|обриш|уклон|избриш|одјав)\w*",
    ),
    "sl": (
        r"(?:odstran|izbris|odjav|crta)\w* (?:me|nas|moj\w*)\b|(?:me|nas) (?:\w+ )?(?:odstran|izbris|odjav|crta)\w*",
        r"zelim .{0,15}odjav\w*|nehajte .{0,15}(?:posilj|pis|kontakt)\w*",
    ),
    "sk": (
        r"(?:odhlas|vyrad|odstran|vymaz|vyskrtn|zmaz)\w* (?:prosim )?(?:ma|mna|nas|moj\w*|moju)\b",
        r"(?:prosim|ziadam|chcem|chcel by som|chcela by som) .{0,30}(?:odhlas\w*|(?:ma|nas) (?:vyrad|vymaz"
        r"|odstran)\w*)",
        r"prestante .{0,20}(?:pisat|posielat|zasielat|kontaktovat)",
    ),
    "bg": (
        r"(?:премахн|изтри|отпиш|извад|махн|отстран)\w* (?:ме|ни|моя\w*|адреса ми|имейла ми|данните ми|моите)\b",
        r"(?:искам|желая|моля) .{0,20}(?:да се отпиша|отписване|да бъда (?:премахн|изтри|отпис)\w*|"
        r"(?:ме|ни) (?:премахн|изтри|отпиш|извад)\w*)",
        r"спрете (?:да ми|да ни|с)\b.{0,20}(?:пиш|пращ|изпращ|имейл|спам)\w*",
    ),
    "et": (
        r"(?:eemalda|kustuta|vota|arva)\w* (?:palun )?(?:mind|meid|minu|meie)\b.{0,30}(?:list|nimekir|baas|aadress"
        r"|andme)",
        r"(?:soovin|tahan|palun) .{0,25}(?:loobuda|listist|tellimuse tuhista)|lopetage .{0,25}(?:saatmi|kirjuta"
        r"|tulita)",
    ),
    "lt": (
        r"(?:pasalin|isbrauk|istrin)\w* (?:mane|mus|mano|musu)\b|(?:mane|mano \w+) (?:pasalin|isbrauk|istrin)\w*",
        r"(?:prasau|noriu|noreciau) .{0,25}(?:atsisakyt|isregistruo|atsisakau)\w*",
        r"(?:nustokite|liaukites|baikite) .{0,20}(?:rasy|rasin|siunt|siust)\w*",
    ),
    "lv": (
        r"(?:izdzes|iznem|svitro)\w* (?:ludzu )?(?:mani|mus|manu|musu)\b|(?:beidziet|partrauciet) .{0,20}(?:raksti"
        r"|suti)",
        r"(?:ludzu|velos|gribu) .{0,25}(?:atrakstit|atteikt)\w*",
    ),
    "ca": (
        r"(?:doneu|doni)(?:-me|'m) de baixa|(?:elimin|esborr|trei)\w*(?:-me|'m|-nos)\b|em vull donar de baixa",
        r"deix(?:eu|i) d'(?:enviar|escriure)|deix(?:eu|i) de (?:contactar|molestar)",
    ),
    "hi in Latin letters": (
        r"(?:mera|meri|mere|mujhe|hume|humein|hamara) .{0,40}(?:list|database) se (?:hata|nikal|delete|remove)\w*",
        r"(?:e-?mails?|mails?|messages?|sms) (?:bhejna|karna) (?:band|bandh) (?:kar|kij|kro)\w*",
    ),
}

MORE_REFUSALS: dict[str, tuple[str, ...]] = {
    "vi": (
        r"(?:dung|khong) (?:\w+ ){0,2}?(?:gui|lien he|lien lac|lam phien|viet|email|nhan tin)\b.{0,40}\b(?:nua|them)\b",
        r"khong (?:con )?muon (?:nhan|duoc nhan) (?:\w+ ){0,3}?(?:email|thu|tin|lien lac)",
    ),
    "id and ms": (
        r"jangan (?:lagi )?(?:kirim|hubungi|mengirim|menghubungi|email|hantar|ganggu)\w*\b.{0,40}\blagi\b"
        r"|jangan lagi (?:kirim|hubungi|mengirim|menghubungi|email|hantar|ganggu)\w*",
        r"(?:tidak|tak) (?:ingin|mau|mahu|berminat)(?: lagi)? (?:menerima|terima|dihubungi)\b.{0,30}?(?:e-?mai?l|e-?mel"
        r"|pesan|mesej|lagi)",
    ),
    "sr, hr and bs": (
        r"(?:nemojte|nemoj|ne) (?:\w+ ){0,3}?(?:slat|saljite|salji\b|pisat|pisite|pisi\b|kontaktira|javlja)\w*\b.{0,30}"
        r"(?:vise|mejl|mail|poruk|e-?post|nikad)",
        r"vise (?:\w+ )?(?:ne|nemojte) (?:\w+ )?(?:salj|sla|pis|kontakt|javlj)\w*",
        r"ne zelimo? (?:vise )?(?:da )?(?:prima|dobiva|dobija)\w*",
        r"(?:немојте|не) (?:ми |ме |више )*(?:слат|шаљит|писат|пишит|контактира)\w*.{0,20}(?:више|порук|мејл)",
    ),
    "sl": (
        r"ne (?:posilj|pisi|kontakt)\w* .{0,15}\b(?:vec|nikoli)\b|\bvec (?:\w+ )?ne (?:posilj|pisi|kontakt)\w*",
        r"ne zelimo? vec (?:prejem|dob)\w*",
    ),
    "sk": (
        r"(?:uz|viac|dalej|nikdy)(?: \w+){0,3} (?:nepiste|neposielajte|nezasielajte|nekontaktujte|neobtazujte)",
        r"(?:nepiste|neposielajte|nezasielajte|nekontaktujte)(?: \w+){0,3}? (?:uz|viac|znova|dalsie|ziadne)\b",
        r"(?:nechcem|neprajem si|nezelam si) (?:uz |viac |dalej )*(?:dostavat|zasielat|prijimat|byt kontaktovan)",
    ),
    "bg": (
        r"(?:не|недейте да) (?:ми |ме |ни |се )*(?:пиш|пращ|изпращ|контакт|свърз)\w*.{0,25}(?:повече|вече|никога)",
        r"(?:повече|никога) (?:не|недейте) (?:да )?(?:ми |ме )?(?:пиш|пращ|изпращ|контакт)\w*",
        r"не (?:искам|желая) (?:повече )?да получавам",
    ),
    "et": (
        r"(?:arge|ara) (?:\w+ ){0,3}?(?:saat|saada|kirjuta|votke|helista)\w*\b.{0,30}\b(?:rohkem|enam)\b",
        r"(?:arge|ara) (?:\w+ )?(?:rohkem|enam) .{0,25}(?:saat|saada|kirjuta|votke|uhendust)\w*|ei soovi (?:enam"
        r"|rohkem)",
    ),
    "lt": (
        r"(?:daugiau|niekada)(?: \w+){0,2} ne(?:rasy|rasin|siu|trukdy|susisiek|kontaktuo)\w*",
        r"ne(?:rasy|rasin|siu|trukdy)\w*(?: \w+){0,2} daugiau\b",
        r"(?:nenor(?:iu|ime|eciau)(?: \w+)? daugiau|nebenor(?:iu|ime)) .{0,15}gauti",
    ),
    "lv": (
        r"(?:vairs|vairak)(?: \w+){0,2} ne(?:raksti|suti|sazini|traucej)\w*",
        r"ne(?:raksti|suti|sazini)\w*(?: \w+){0,2} (?:vairs|vairak)\b|(?:nevelos|negribu) vairs sanemt",
    ),
    "ca": (r"no (?:m'|em |ens )(?:envi|escri|contact)\w* mes\b|no vull rebre mes",),
    "hi in Latin letters": (
        r"(?:e-?mails?|mails?|messages?|sms|contact) (?:mat|na|nahi) (?:bhej|kar|kij|kro)\w*",
        r"(?:mujhe|hume|humein|humko) .{0,25}(?:contact|mail|email|message|call) (?:mat|na) \w+",
    ),
}

# Arabic and Hebrew write small words together with the next, Thai all of them; Hindi's vowel signs end words early.
MORE_UNDIVIDED = (
    r"(?<!\w)(?<!لا )و?ب?(?:حذف|[إا]زالة|احذف\w*|[أا]زيل\w*|شطب)\s[^.؟]{0,15}?(?:عنواني|بريدي|[إا]?سمي|بياناتي"
    r"|معلوماتي|بريدنا"
    r"|عنواننا|بياناتنا)",
    r"(?<!\w)(?<!لا )و?ب?(?:حذفي|[إا]زالتي|احذفوني|احذفني|[أا]زيلوني|شطبي) |(?:[أا]ريد|[أا]رغب|الرجاء|[أا]رجو"
    r"|يرجى)[^.؟]{0,12}[إا]لغاء (?:ال)?[إا]?شتراك",
    r"عدم (?:مراسل|التواصل|[إا]رسال|الاتصال)[^.؟]{0,40}(?:مرة [أا]خرى|مجدد|بعد الآن|مستقبل|المزيد)|(?:توقف|كف"
    r"|كفوا)\w* عن (?:[إا]رسال|مراسل|الاتصال|[إا]زعاج)",
    r"لا ت(?:رسل|راسل|تواصل|تصل|بعث)\w*[^.؟]{0,40}(?:مرة [أا]خرى|مجدد|بعد الآن|بعد اليوم|المزيد)",
    r"لا (?:[أا]ريد|[أا]رغب|نرغب|نريد)[^.؟]{0,15}(?:تلقي|استلام|استقبال)[^.؟]{0,15}(?:رسائل|بريد|المزيد|منكم)",
    r"(?<!לא )(?<!אל )(?:להסיר|הסירו|הסר|תסירו|תסיר|תורידו|הורידו|להוריד|למחוק|מחקו|תמחקו) (?:נא |בבקשה )?(?:אותי"
    r"|אותנו|את (?:ה?כתובתי?|ה?מייל|שמי|ה?פרטיי?ם?|ה?נתונים)(?: שלי| שלנו)?)(?: מ|\s*(?:$|[.!,]))",
    r"(?:הפסיקו|תפסיקו|להפסיק|תפסיק) (?:לשלוח|לכתוב|לפנות|להטריד)|(?:אל|לא) (?:תשלח\w*|לשלוח|תכתב\w*|לכתוב|תפנ\w*"
    r"|לפנות|ליצור)[^.?]{0,40}(?:יותר|עוד|שוב)",
    r"(?:לא|איני) (?:מעוניינ?ת?|מעונינ?ת?|רוצה) (?:יותר )?(?:לקבל|שתשלחו|שתפנו)(?: (?:מכם|עוד|יותר|מיילים|הודעות"
    r"|דיוור))|(?:ברצוני|רוצה|מבקשת?) לבטל (?:את )?(?:ה?מנוי|ה?הרשמה|ה?רישום)",
    r"(?:مرا|من را|ایمیل من|آدرس من|ما را)[^.؟]{0,30}(?:حذف|پاک|خارج) (?:کنید|نمایید|شود)|لغو (?:اشتراک|عضویت) (?:من"
    r"|کنید)",
    r"دیگر[^.؟]{0,30}(?:نفرستید|ارسال نکنید|نزنید|تماس نگیرید)",
    r"(?:मुझे|हमें|मेरा|मेरे|मेरी|हमारा|हमारे)[^।?]{0,40}(?:सूची|लिस्ट|डेटाबेस)[^।?]{0,10}से[^।?]{0,10}(?:हटा|निकाल)",
    r"(?:ईमेल|मेल|संदेश|मैसेज)[^।?]{0,15} (?:न|ना|मत) (?:भेज|कर)|(?:ईमेल|मेल|संदेश|मैसेज)[^।?]{0,10}(?:भेजना|करना) ब(?:ं|न्)द"
    r"|संपर्क (?:न|ना|मत) कर",
    r"(?:ลบ|ถอด|เอา|นำ)[^?]{0,20}?(?:ผม|ฉัน|เรา|หนู)[^?]{0,25}ออกจาก[^?]{0,12}(?:รายชื่อ|รายการ|ระบบ|ฐานข้อมูล|ลิสต์)",
    r"(?:อย่า|ไม่ต้อง|ห้าม)[^?]{0,6}(?:ส่ง|ติดต่อ|เมล|อีเมล)[^?]{0,25}อีก|(?:หยุด|เลิก)(?:การ)?(?:ส่ง|ติดต่อ)|ไม่(?:ต้องการ|อยาก"
    r"|ประสงค์)[^?]{0,10}รับ[^?]{0,10}(?:อีเมล|ข่าว|ข้อความ)|ยกเลิกการ(?:สมัคร|รับ)",
)

MORE_BARE = (
    r"huy(?: dang ky)?|ngung|berhenti(?: berlangganan| melanggan)?|hapus|odjava|odjavi(?:te)? me|odjavite|odhlasenie"
    r"|отписване|отпишете ме|atsisakau|atsisakyti|loobun|loobu|atrakstities|atteikties|baixa"
    r"|[إا]لغاء (?:ال)?[إا]?شتراك|توقف|הסר(?:ה)?|הסירו(?: אותי)?|הסר אותי|להסיר|הפסיקו|لغو(?: اشتراک)?|ยกเลิก|หยุด"
    r"|बंद(?: करें)?|सदस्यता समाप्त(?: करें)?"
)
