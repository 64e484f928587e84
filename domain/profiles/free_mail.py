"""Domains where anybody has an address: two people there are not of one company."""

from collections.abc import Collection

_LISTED = """
    gmail.com googlemail.com outlook.com outlook.de outlook.fr outlook.es outlook.it hotmail.com hotmail.co.uk
    hotmail.de hotmail.es hotmail.fr hotmail.it live.com live.co.uk live.de live.fr live.nl msn.com passport.com
    icloud.com me.com mac.com aol.com aol.de aim.com ymail.com rocketmail.com web.de t-online.de freenet.de
    arcor.de email.de mail.de posteo.de mailbox.org online.de 1und1.de protonmail.com proton.me pm.me
    tutanota.com tuta.io hey.com fastmail.com fastmail.fm zoho.com zohomail.com mail.com email.com usa.com
    hushmail.com inbox.com qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com aliyun.com
    139.com 189.cn naver.com daum.net hanmail.net nate.com rediffmail.com mail.ru bk.ru inbox.ru list.ru
    internet.ru yandex.ru yandex.com ya.ru rambler.ru ukr.net seznam.cz centrum.cz email.cz post.cz azet.sk
    wp.pl o2.pl onet.pl op.pl interia.pl gazeta.pl abv.bg freemail.hu citromail.hu libero.it virgilio.it
    tiscali.it alice.it tin.it orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr numericable.fr
    telenet.be skynet.be ziggo.nl kpnmail.nl planet.nl home.nl xs4all.nl bluewin.ch hispeed.ch sunrise.ch aon.at
    chello.at telefonica.net terra.com.br uol.com.br bol.com.br ig.com.br globo.com btinternet.com
    btopenworld.com sky.com talktalk.net virginmedia.com ntlworld.com comcast.net verizon.net att.net
    sbcglobal.net bellsouth.net cox.net charter.net earthlink.net juno.com optonline.net shaw.ca rogers.com
    sympatico.ca telus.net bigpond.com bigpond.net.au optusnet.com.au xtra.co.nz docomo.ne.jp ezweb.ne.jp
    softbank.ne.jp walla.co.il walla.com duck.com mozmail.com privaterelay.appleid.com
"""
_DOMAINS = frozenset(_LISTED.split())
_FAMILIES = ("yahoo.", "gmx.")
"""Providers with a domain for each country."""


def is_free_mail(domain: str, more: Collection[str] = ()) -> bool:
    """Whether a domain, in lower case, is one of these or of the workspace's own ``more``."""
    return domain in _DOMAINS or domain.startswith(_FAMILIES) or domain in {one.lower().lstrip("@") for one in more}
