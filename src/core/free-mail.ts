/** Providers with an address under many countries' suffixes: yahoo.fr, hotmail.co.uk. */
const freeMailFamilies: ReadonlySet<string> = new Set(
  'yahoo ymail hotmail outlook live msn gmx aol rocketmail windowslive googlemail gmail protonmail zoho tutanota'.split(
    ' ',
  ),
)

/** Domains whose addresses belong to the public: mail for anybody, and access providers with mailboxes for their customers. */
const freeMailDomains: ReadonlySet<string> = new Set(
  `
gmail.com googlemail.com icloud.com me.com mac.com passport.com
proton.me pm.me protonmail.ch tutanota.com tutanota.de tuta.io tuta.com tutamail.com keemail.me
fastmail.com fastmail.fm hushmail.com hey.com duck.com mozmail.com mailbox.org posteo.de posteo.net riseup.net disroot.org
runbox.com startmail.com mailfence.com kolabnow.com zohomail.com zohomail.eu inbox.com mail.com email.com usa.com
consultant.com engineer.com europe.com post.com writeme.com dr.com iname.com lycos.com excite.com juno.com netzero.net
comcast.net xfinity.com verizon.net att.net sbcglobal.net bellsouth.net pacbell.net cox.net charter.net spectrum.net
roadrunner.com rr.com twc.com earthlink.net mindspring.com optonline.net optimum.net frontier.com frontiernet.net
windstream.net centurylink.net centurytel.net q.com embarqmail.com suddenlink.net cableone.net aim.com netscape.net
rogers.com bell.net sympatico.ca shaw.ca telus.net videotron.ca cogeco.ca
btinternet.com btopenworld.com talktalk.net sky.com virginmedia.com ntlworld.com blueyonder.co.uk tiscali.co.uk
plus.com plus.net zen.co.uk eircom.net
bigpond.com bigpond.net.au optusnet.com.au iinet.net.au tpg.com.au internode.on.net xtra.co.nz
web.de freenet.de t-online.de arcor.de 1und1.de online.de vodafone.de kabelmail.de unitybox.de versanet.de ok.de
email.de freemail.de mail.de aon.at chello.at a1.net utanet.at bluewin.ch sunrise.ch hispeed.ch bluemail.ch
orange.fr wanadoo.fr free.fr sfr.fr neuf.fr laposte.net bbox.fr numericable.fr club-internet.fr aliceadsl.fr cegetel.net
voila.fr skynet.be telenet.be scarlet.be proximus.be voo.be
libero.it virgilio.it alice.it tin.it tim.it tiscali.it fastwebnet.it inwind.it iol.it email.it poste.it
pec.it legalmail.it aruba.it vodafone.it teletu.it
telefonica.net terra.es ono.com movistar.es orange.es jazztel.es euskaltel.net ya.com
sapo.pt netcabo.pt mail.telepac.pt iol.pt clix.pt
uol.com.br bol.com.br terra.com.br ig.com.br globo.com globomail.com oi.com.br r7.com zipmail.com.br
prodigy.net.mx terra.com.mx fibertel.com.ar arnet.com.ar speedy.com.ar ciudad.com.ar terra.cl vtr.net une.net.co
ziggo.nl kpnmail.nl kpnplanet.nl planet.nl hetnet.nl home.nl xs4all.nl casema.nl upcmail.nl chello.nl quicknet.nl
zeelandnet.nl tele2.nl online.nl solcon.nl telfort.nl
mail.ru bk.ru inbox.ru list.ru internet.ru yandex.ru yandex.com ya.ru rambler.ru ukr.net i.ua meta.ua
wp.pl o2.pl onet.pl onet.eu op.pl interia.pl interia.eu poczta.fm gazeta.pl tlen.pl vp.pl
seznam.cz email.cz centrum.cz volny.cz post.cz azet.sk centrum.sk zoznam.sk freemail.hu citromail.hu t-online.hu
abv.bg mail.bg walla.co.il walla.com inbox.lv inbox.lt mail.ee
telia.com comhem.se bredband.net spray.se tele2.se online.no broadpark.no mail.dk stofanet.dk tdcadsl.dk
kolumbus.fi elisanet.fi luukku.com suomi24.fi otenet.gr
qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com 139.com 189.cn aliyun.com 21cn.com tom.com
naver.com hanmail.net daum.net nate.com kakao.com docomo.ne.jp ezweb.ne.jp softbank.ne.jp i.softbank.jp nifty.com
biglobe.ne.jp so-net.ne.jp ocn.ne.jp rediffmail.com rediff.com sify.com indiatimes.com
`
    .trim()
    .split(/\s+/),
)

/** Whether addresses of this domain belong to the public, and not to one company. */
export function isFreeMail(domain: string): boolean {
  const family = domain.slice(0, domain.indexOf('.'))
  return freeMailDomains.has(domain) || (freeMailFamilies.has(family) && isCountrySuffix(domain, family))
}

/** yahoo.fr, yahoo.co.uk, hotmail.com.br: the family's name right above a public suffix. */
function isCountrySuffix(domain: string, family: string): boolean {
  return /^\.(?:(?:com?|net|org)\.)?[a-z]{2,3}$/.test(domain.slice(family.length))
}
