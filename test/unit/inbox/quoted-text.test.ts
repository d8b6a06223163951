import { describe, expect, test } from 'vitest'
import { splitQuotedText } from '../../../src/inbox/quoted-text.ts'
import { newTextOf } from '../../../src/inbox/triage.ts'
import { received } from './mail.ts'

const attributions = [
  'On Thu, Nov 26, 2026 at 10:00 AM Sam Sender <sam@sender.example> wrote:',
  'On 26 Nov 2026, at 10:00, Sam Sender <sam@sender.example> wrote:',
  'On Thu, Nov 26, 2026 at 10:00 AM Sam Sender <\nsam@sender.example> wrote:',
  'On Thursday, 26 November 2026 at 10:00:00 GMT, Sam Sender with a long name\n<sam.sender.of.a.long.name@sender.example>\nwrote:',
  'Am 26.11.2026 um 10:00 schrieb Sam Sender:',
  'Am Do., 26. Nov. 2026 um 10:00 Uhr schrieb Sam Sender <sam@sender.example>:',
  'Sam Sender <sam@sender.example> schrieb am Do., 26. Nov. 2026, 10:00:',
  'Le jeu. 26 nov. 2026 à 10:00, Sam Sender <sam@sender.example> a écrit :',
  'Le 26/11/2026 à 10:00, Sam Sender a écrit :',
  'El jue, 26 nov 2026 a las 10:00, Sam Sender (<sam@sender.example>) escribió:',
  'Il giorno gio 26 nov 2026 alle ore 10:00 Sam Sender <sam@sender.example> ha scritto:',
  'Il 26/11/2026 10:00, Sam Sender ha scritto:',
  'Op do 26 nov 2026 om 10:00 schreef Sam Sender <sam@sender.example>:',
  'Em qui., 26 de nov. de 2026 às 10:00, Sam Sender <sam@sender.example> escreveu:',
  'No dia 26 de novembro de 2026 às 10:00, Sam Sender escreveu:',
]

const blocks = [
  'From: Sam Sender <sam@sender.example>\nSent: Thursday, November 26, 2026 10:00\nTo: Lee Lead\nSubject: A question',
  '________________________________\nFrom: Sam Sender\nSent: Thursday, November 26, 2026 10:00\nTo: Lee Lead\nSubject: A question',
  'Von: Sam Sender <sam@sender.example>\nGesendet: Donnerstag, 26. November 2026 10:00\nAn: Lee Lead\nBetreff: A question',
  'De : Sam Sender <sam@sender.example>\nEnvoyé : jeudi 26 novembre 2026 10:00\nÀ : Lee Lead\nObjet : A question',
  'De: Sam Sender\nEnviado el: jueves, 26 de noviembre de 2026 10:00\nPara: Lee Lead\nAsunto: A question',
  'De: Sam Sender\nEnviada em: quinta-feira, 26 de novembro de 2026 10:00\nPara: Lee Lead\nAssunto: A question',
  'Da: Sam Sender\nInviato: giovedì 26 novembre 2026 10:00\nA: Lee Lead\nOggetto: A question',
  'Van: Sam Sender\nVerzonden: donderdag 26 november 2026 10:00\nAan: Lee Lead\nOnderwerp: A question',
  '*From:* Sam Sender\n*Sent:* Thursday, November 26, 2026 10:00\n*To:* Lee Lead',
  '-----Original Message-----',
  '-----Ursprüngliche Nachricht-----',
  "-----Message d'origine-----",
  '-----Mensaje original-----',
  '-----Mensagem original-----',
  '-----Messaggio originale-----',
  '-----Oorspronkelijk bericht-----',
  '---------- Forwarded message ---------',
  '## Please type your reply above this line ##',
]

describe('the new text of an answer', () => {
  test.each([...attributions, ...blocks])('stands above %s', (mark) => {
    expect(splitQuotedText(`Yes, gladly.\n\nLee\n\n${mark}\n\nDo you have time?\nSam`)).toEqual({
      newText: 'Yes, gladly.\n\nLee',
      quotes: true,
    })
  })

  test.each(attributions)('stands below quoted lines that follow %s', (mark) => {
    const text = `${mark}\n> Do you have time?\n> Sam\n\nYes, gladly.`
    expect(splitQuotedText(text)).toEqual({ newText: 'Yes, gladly.', quotes: true })
  })

  test('is what stands between quoted lines', () => {
    const text = 'Hello,\n> Do you have time?\nYes.\n>> older\n> And money?\nNo.'
    expect(splitQuotedText(text)).toEqual({ newText: 'Hello,\nYes.\nNo.', quotes: true })
  })

  test.each(['-- ', '--', '—'])('ends at the signature mark "%s"', (mark) => {
    const text = `Yes.\n${mark}\nLee Lead\nLead Ltd\nTo unsubscribe click here`
    expect(splitQuotedText(text)).toEqual({ newText: 'Yes.', quotes: false })
  })

  test('is known to quote when the quote stands below the signature', () => {
    expect(splitQuotedText('Yes.\n-- \nLee\n\n> Do you have time?').quotes).toBe(true)
  })

  test.each([
    'Sent from my iPhone',
    'Von meinem iPhone gesendet',
    'Envoyé de mon iPhone',
    'Enviado desde mi iPhone',
    'Enviado do meu iPhone',
    'Inviato da iPhone',
    'Verstuurd vanaf mijn iPhone',
    'Get Outlook for iOS<https://example.com>',
  ])('lacks the line "%s"', (line) => {
    expect(splitQuotedText(`Yes.\n\n${line}`).newText).toBe('Yes.')
  })

  test.each([
    'The director wrote: this will be fine.\nI agree.',
    'I want to say three things:\n1. yes\n2. no',
    'From: my point of view this is fine.\nRegards',
    'We met on 26 November:\nit was good.',
    '2 > 1, as everybody knows.',
  ])('is all of "%s"', (text) => {
    expect(splitQuotedText(text)).toEqual({ newText: text, quotes: false })
  })
})

describe('the new text of an answer in HTML', () => {
  const html = { 'Content-Type': 'text/html; charset=utf-8' }

  test.each([
    '<div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Thu wrote:<br></div><blockquote class="gmail_quote">Do you <div>have</div> time?</blockquote></div>',
    '<blockquote type="cite"><div>Do you have time?</div></blockquote>',
    '<div class="moz-cite-prefix">On 26/11/2026, Sam wrote:<br></div><blockquote type="cite">Do you have time?</blockquote>',
    '<div id="yahoo_quoted_123" class="yahoo_quoted"><div>On Thursday, Sam wrote:</div>Do you have time?</div>',
    '<div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Sam</div><div>Do you have time?</div>',
    '<hr id="stopSpelling">From: sam@sender.example<br>Do you have time?',
    '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p><b>From:</b> Sam</p></div><p>Do you have time?</p>',
    '<div class="protonmail_quote">On Thursday, Sam wrote:<blockquote>Do you have time?</blockquote></div>',
    '<p>On Thu, 26 Nov 2026, Sam wrote:</p><p>Do you have time?</p>',
  ])('stands outside %s', (quote) => {
    const mail = received(`<html><body><p>Yes, <b>gladly</b>.</p>${quote}</body></html>`, html)
    expect(newTextOf(mail)).toEqual({ newText: 'Yes, gladly.', quotes: true })
  })

  test('goes on after the quote', () => {
    const mail = received('<blockquote><blockquote>old</blockquote>Time?</blockquote><p>Yes.</p>', html)
    expect(newTextOf(mail).newText).toBe('Yes.')
  })

  test('is that of the plain part where there is one', () => {
    const text = [
      '--b\r\nContent-Type: text/plain\r\n\r\nPlain.',
      '--b\r\nContent-Type: text/html\r\n\r\n<p>Html.</p>',
      '--b--',
    ].join('\r\n')
    const mail = received(text, { 'Content-Type': 'multipart/alternative; boundary=b' })
    expect(newTextOf(mail).newText).toBe('Plain.')
  })
})
