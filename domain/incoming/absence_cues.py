"""The words about a day that tell what it is to somebody who is away: the last day, the return, or the first day.

Texts are folded (``folding``), and the words are written that way.
"""

import re
from enum import Enum, auto

from domain.incoming.absence_words import OTHER


class Cue(Enum):
    UNTIL = auto()
    RETURN = auto()
    AVAILABLE = auto()
    AWAY = auto()
    START = auto()
    BEFORE = auto()


_CUES = {
    Cue.RETURN: (
        r"\bback\b|\breturn|\bresum(?:e|ing)|zuruck|wieder\b|\bruckkehr|\bretour|\brentre|\breprend|\breprise|\bvuelv"
        r"|\bvuelta|\bregres"
        r"|\bvolver|\breincorpor|\bretom|\brientr|\btorn(?:o|ero|ato|iamo)|\britorn|\bdi nuovo|\bvolt(?:o|arei|amos"
        r"|ando)\b|\bretorn"
        r"|\bterug|\bweer (?:aanwezig|bereikbaar|op kantoor)|\bwroc|\bwrac|\bpowr|\bz powrotem|\btillbaka|\bater\b"
        r"|\bater i tjanst"
        r"|\btilbage|\btilbake|\bretur\b|\bpalaan|\btakaisin|\bjalleen|\bzpet|\bvrat|\bvrac|\bvissza|\bujra|\bismet"
        r"|\brev[ei]n|\bintorc|\binapoi"
        r"|\bdon(?:ecegim|us|ecegiz|mus)|\btekrar|\bверн|\bвозвра|\bснова|\bвыйд|\bповер[нт]|\bзнову|επιστρ|\bπισω"
        r"|\bξανα"
        r"|戻|復帰|出社|再開|返回|回来|回到|恢复"
        r"|復工|返岗|返崗|回來|复工|上班|回(?:公司|国|國|到|办公|辦公|岗)|销假|銷假|복귀|돌아|출근|업무를 재개"
        r"|\breopen|\bopen again|\brouvr|\breouvert|\breabr|\bheropen|\briapr|\bponownie|\bwznawia|\bstep back"
        r"|\bна связи|\bна місці|\bвийд|\bвыхожу|\bвиход|\bприступ|\bдо роботи|\bк работе|\bіз поверненням"
        r"|\bz pracy|\bdo pracy|\bv praci\b|\bdolgoz|\bmunkaba|\bis ?basi|\bgorev\w* bas|\bise basl|\btoissa\b"
        rf"|\btoihin|\bpaikalla\b|\bav ny|{OTHER.back}"
    ),
    Cue.AVAILABLE: (
        r"\bavailable|\breachable|\breach me|\berreichbar|\bjoignable|\bdisponi|\bbereikbaar|\bdostepn|\bnabar"
        r"|\banträffbar|\bantraffbar"
        r"|\btavoitettavissa|\bzastizen|\belerheto|\bulasilabil|\bw (?:pracy|biurze)\b|\bpa kontoret|\ben la oficina"
        r"|\bin ufficio|\bno escritorio|\bop kantoor|\btoimistolla|\bv kancelari"
        r"|\bla birou|\bofiste\b|\bв офисе|\bв офісі|\bна робо|\bна рабо|\bна месте|\bστο γραφειο|\baz irodaban"
        r"|\bkontoret igen"
        r"|\bin (?:the )?office|\bim (?:buro|haus)\b|\bal bureau"
        r"|\bon duty"
    ),
    Cue.UNTIL: (
        r"\buntil\b|\btill?\b|\bthrough\b|\bthru\b|\bup to\b|\blast day\b|\bafter\b|\bends?(?: on)?\b|\bending\b"
        r"|\bbis\b|\bnach dem\b"
        r"|\bjusqu|\bapres le\b|\bhasta\b|\bdespues del\b|\bfino a|\bsino a|\bfino\b|\bentro e non|\bdopo (?:il|l')"
        r"|\bate\b|\bdepois d"
        r"|\btot\b|\bt/m\b|\btm\b|\bna \b|\bdo (?:dnia |konca |wlacznie )?|\bt\.?\s?o\.?\s?m\b|\btill och med|\btom\b"
        r"|\bindtil|\btil og med|\bt\.o\.m"
        r"|\bto og med|\bfrem til|\bpana\b|\bдо\b|\bпо\b|\bвключно|\bμεχρι|\bεωσ|\bωσ\b|截止|直到|直至|至|\bpo \b"
        rf"|{OTHER.until}"
    ),
    Cue.START: (
        r"\bfrom\b|\bstarting\b|\bas of\b|\bbeginning\b|\bsince\b|\bab\b|\bvom\b|\bvon\b|\bseit\b|\bdu\b|\bdepuis\b"
        r"|\ba partir\b"
        r"|\ba compter\b|\bdesde\b|\bdel\b|\bdal\b|\bdall'|\ba partire|\bde\b|\bvanaf\b|\bvan\b|\bod(?:e)?\b|\bfran\b"
        r"|\bfr\.?o\.?m\b"
        r"|\bfra\b|\bс\b|\bз\b|\bот\b|\bвід\b|\bαπο\b|自"
        rf"|{OTHER.start}"
    ),
    Cue.BEFORE: (
        r"\bbefore\b|\bprior to\b|\bvor dem\b|\bavant\b|\bantes d|\bprima d|\bvoor\b|\bprzed\b|\bfore\b|\bfor den\b"
        r"|\bennen\b"
    ),
    Cue.AWAY: (
        r"\baway\b|\bout of (?:the )?office|\boo[of]\b|\bon (?:annual |parental |sick |maternity )?(?:leave|vacation"
        r"|holiday|pto|business)"
        r"|\bout\b|\bvacation\b|\bunavailable|\bnot (?:available|in)\b|\babwesen|\bnicht (?:im|in|erreich)"
        r"|\bausser haus|\burlaub"
        r"|\babsen|\bconges?\b|\bfuera\b|\bausente|\bvacacion|\bassente|\bferie\b|\bfuori\b|\bausen|\bferias\b"
        r"|\bafwezig|\bvakantie"
        r"|\bnieobecn|\burlop|\bsemester|\bledig\b|\bfranvaro|\bfravaer|\bferie|\bpoissa|\blomalla|\bnepritom"
        r"|\bdovolen|\bszabads|\bconcedi"
        r"|\bizin|\bотпуск|\bотсутств|\bвідпуст|\bвідсутн|\bαδεια|\bαπουσ|不在|休暇|休業|休み|休假|외출|휴가|부재"
        rf"|{OTHER.away}"
    ),
}  # fmt: skip
BEFORE_A_DAY = re.compile("|".join(f"(?P<{cue.name}>{words})" for cue, words in _CUES.items()))
AWAY = re.compile(_CUES[Cue.AWAY])
NOT = re.compile(
    r"\bnot\b|n't\b|\bun|\bcannot\b|\bnicht\b|\bkein|\bpas\b|\bne\b|\bno\b|\bnon\b|\bnao\b|\bniet\b|\bnie\b|\binte\b"
    r"|\bikke\b|\bnem\b|\bnincs|\bnejsem|\bnebudu|\bnu (?:sunt|voi|vom|sint)\b|\bei\b|\ben ole\b|\bне\b|\bнет\b|\bδεν\b"
)
AFTER_UNTIL = re.compile(
    r"(?:[-'. ]{0,2}(?:i?g\b|ei?g\b|\w{0,3}ig\b)|\s?\(?(?:asti|saakka|mennessa|inclus|einschl|incluido|compreso"
    r"|inbegrepen)"
    r"|\s?kozott|\s?valilla|\s?arasinda|'?\w{0,4}\s(?:tarihine |gunune |gunu )?(?:\w{2,4} )?kadar"
    r"|[\s(月火水木金土日)]{0,3}(?:まで|迄|까지|तक)"
    r"|\s?[(][월화수목금토일]\S{0,2}[)]\s?까지|\s?(?:为止|為止|止))"
)
AFTER_START = re.compile(
    r"\s?(?:\(.{1,3}\)\s?)?(?:から|より|부터|起)|'?[dt][ae]n\s(?:itibaren)|(?:-?(?:tol|tol)\b)|\s?alkaen"
    r"|[-:]?\w{0,3}st?a alkaen"
)
AFTER_RETURN = re.compile(f"(?P<RETURN>{_CUES[Cue.RETURN]})|(?P<AVAILABLE>{_CUES[Cue.AVAILABLE]})")
