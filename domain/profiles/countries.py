"""Countries as people write them: ISO codes, names in the languages of the world, short forms."""

from functools import lru_cache

from babel import Locale

from domain.incoming.folding import folded

_SHORT_FORMS = {
    "xk": "XK",
    "usa": "US",
    "u.s.": "US",
    "u.s.a.": "US",
    "united states of america": "US",
    "the united states": "US",
    "america": "US",
    "uk": "GB",
    "u.k.": "GB",
    "great britain": "GB",
    "britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "uae": "AE",
    "u.a.e.": "AE",
    "holland": "NL",
    "the netherlands": "NL",
    "czech republic": "CZ",
    "turkey": "TR",
    "russian federation": "RU",
    "korea": "KR",
    "republic of korea": "KR",
    "korea, republic of": "KR",
    "viet nam": "VN",
    "burma": "MM",
    "ivory coast": "CI",
    "macedonia": "MK",
    "swaziland": "SZ",
    "cape verde": "CV",
    "hong kong": "HK",
    "hong kong sar": "HK",
    "macau": "MO",
    "macao": "MO",
    "palestine": "PS",
    "republic of ireland": "IE",
    "iran, islamic republic of": "IR",
    "tanzania, united republic of": "TZ",
    "moldova, republic of": "MD",
    "bolivia, plurinational state of": "BO",
    "venezuela, bolivarian republic of": "VE",
    "syrian arab republic": "SY",
    "brunei darussalam": "BN",
    "lao pdr": "LA",
    "drc": "CD",
    "dr congo": "CD",
    "bundesrepublik deutschland": "DE",
    "brd": "DE",
    "österreich": "AT",
    "estados unidos de américa": "US",
    "ee.uu.": "US",
    "eeuu": "US",
    "états-unis d’amérique": "US",
    "grossbritannien": "GB",
    "reino unido": "GB",
}
_ALPHA_3 = """
    ABW AW AFG AF AGO AO AIA AI ALA AX ALB AL AND AD ARE AE ARG AR ARM AM ASM AS ATA AQ ATF TF ATG AG AUS AU AUT AT
    AZE AZ BDI BI BEL BE BEN BJ BES BQ BFA BF BGD BD BGR BG BHR BH BHS BS BIH BA BLM BL BLR BY BLZ BZ BMU BM BOL BO
    BRA BR BRB BB BRN BN BTN BT BVT BV BWA BW CAF CF CAN CA CCK CC CHE CH CHL CL CHN CN CIV CI CMR CM COD CD COG CG
    COK CK COL CO COM KM CPV CV CRI CR CUB CU CUW CW CXR CX CYM KY CYP CY CZE CZ DEU DE DJI DJ DMA DM DNK DK DOM DO
    DZA DZ ECU EC EGY EG ERI ER ESH EH ESP ES EST EE ETH ET FIN FI FJI FJ FLK FK FRA FR FRO FO FSM FM GAB GA GBR GB
    GEO GE GGY GG GHA GH GIB GI GIN GN GLP GP GMB GM GNB GW GNQ GQ GRC GR GRD GD GRL GL GTM GT GUF GF GUM GU GUY GY
    HKG HK HMD HM HND HN HRV HR HTI HT HUN HU IDN ID IMN IM IND IN IOT IO IRL IE IRN IR IRQ IQ ISL IS ISR IL ITA IT
    JAM JM JEY JE JOR JO JPN JP KAZ KZ KEN KE KGZ KG KHM KH KIR KI KNA KN KOR KR KWT KW LAO LA LBN LB LBR LR LBY LY
    LCA LC LIE LI LKA LK LSO LS LTU LT LUX LU LVA LV MAC MO MAF MF MAR MA MCO MC MDA MD MDG MG MDV MV MEX MX MHL MH
    MKD MK MLI ML MLT MT MMR MM MNE ME MNG MN MNP MP MOZ MZ MRT MR MSR MS MTQ MQ MUS MU MWI MW MYS MY MYT YT NAM NA
    NCL NC NER NE NFK NF NGA NG NIC NI NIU NU NLD NL NOR NO NPL NP NRU NR NZL NZ OMN OM PAK PK PAN PA PCN PN PER PE
    PHL PH PLW PW PNG PG POL PL PRI PR PRK KP PRT PT PRY PY PSE PS PYF PF QAT QA REU RE ROU RO RUS RU RWA RW SAU SA
    SDN SD SEN SN SGP SG SGS GS SHN SH SJM SJ SLB SB SLE SL SLV SV SMR SM SOM SO SPM PM SRB RS SSD SS STP ST SUR SR
    SVK SK SVN SI SWE SE SWZ SZ SXM SX SYC SC SYR SY TCA TC TCD TD TGO TG THA TH TJK TJ TKL TK TKM TM TLS TL TON TO
    TTO TT TUN TN TUR TR TUV TV TWN TW TZA TZ UGA UG UKR UA UMI UM URY UY USA US UZB UZ VAT VA VCT VC VEN VE VGB VG
    VIR VI VNM VN VUT VU WLF WF WSM WS YEM YE ZAF ZA ZMB ZM ZWE ZW
    """
LANGUAGES = (
    *(
        "en",
        "de",
        "fr",
        "es",
        "it",
        "nl",
        "pt",
        "pt_PT",
        "pl",
        "ru",
        "uk",
        "cs",
        "sk",
        "hu",
        "ro",
        "bg",
        "hr",
        "sr",
        "sl",
    ),
    *("sv", "da", "nb", "fi", "is", "et", "lv", "lt", "el", "tr", "he", "ar", "fa", "hi", "id", "vi", "th", "ko", "ja"),
    *("zh", "zh_Hant", "ca", "eu", "gl", "az", "kk", "ka", "hy", "mn", "uz", "sq", "mk", "bs", "sw", "bn", "ur"),
)
"""Of two languages that call two countries the same the first counts."""


@lru_cache(maxsize=16_384)
def code(name: str | None) -> str | None:
    """The ISO 3166-1 alpha-2 code of a country by its code (of two or three letters) or name; None for no country."""
    if not name or not name.strip() or len(name) > 100:
        return None
    plain = _plain(name)
    return _codes().get(plain) or _names().get(plain)


def _plain(name: str) -> str:
    return " ".join(folded(name).replace("&", " and ").split())


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    words = _ALPHA_3.split()
    alpha_3 = dict(zip(words[::2], words[1::2], strict=True))
    codes = {two: two for two in alpha_3.values()} | alpha_3
    return {code.lower(): two for code, two in codes.items()} | {_plain(n): two for n, two in _SHORT_FORMS.items()}


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Every name of every country in the languages that are looked at; made when the first name is no code."""
    countries = set(_codes().values())
    names: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if code in countries:
                names.setdefault(_plain(name), code)
    return names
