import {
  domainOf,
  headerText,
  lines,
  mailDate,
  message,
  newMessageId,
  type ReplyContext,
} from './reply-message.ts'

export type ReplyLanguage = 'en' | 'de' | 'fr' | 'es'

/** An out-of-office note as mail programs write them, with the day on which its writer is back. */
export function outOfOffice(context: ReplyContext, language: ReplyLanguage, backOn: Date): Buffer {
  const { subject, body } = absences[language]
  const { original } = context
  return reply(context, {
    subject: `${subject}: ${original.subject}`,
    headers: ['Auto-Submitted: auto-replied', 'X-Auto-Response-Suppress: All'],
    body: body(
      new Intl.DateTimeFormat(locales[language], { dateStyle: 'long', timeZone: 'UTC' }).format(backOn),
    ),
  })
}

const locales = { en: 'en-GB', de: 'de-DE', fr: 'fr-FR', es: 'es-ES' }

const absences: Record<ReplyLanguage, { subject: string; body: (date: string) => string }> = {
  en: {
    subject: 'Automatic reply',
    body: (date) =>
      lines(
        'Hello,',
        '',
        `I am out of the office and will be back on ${date}.`,
        'In urgent cases please write to my colleagues.',
      ),
  },
  de: {
    subject: 'Automatische Antwort',
    body: (date) =>
      lines(
        'Guten Tag,',
        '',
        `ich bin derzeit nicht im Büro und ab dem ${date} wieder erreichbar.`,
        'Ihre Nachricht wird nicht weitergeleitet.',
      ),
  },
  fr: {
    subject: 'Réponse automatique',
    body: (date) =>
      lines(
        'Bonjour,',
        '',
        `Je suis actuellement absent du bureau et serai de retour le ${date}.`,
        'Je répondrai à votre message dès mon retour.',
      ),
  },
  es: {
    subject: 'Respuesta automática',
    body: (date) =>
      lines(
        'Hola:',
        '',
        `Estoy fuera de la oficina y volveré el ${date}.`,
        'Responderé a su mensaje a mi regreso.',
      ),
  },
}

/** RFC 3834: an answer by a program, nobody is away. */
export function autoReply(context: ReplyContext): Buffer {
  return reply(context, {
    subject: `Auto: ${context.original.subject}`,
    headers: ['Auto-Submitted: auto-replied', 'Precedence: auto_reply'],
    body: lines(
      'Thank you for your message. It has been received and given the number 4711.',
      'We answer within two working days.',
    ),
  })
}

/** What a mail program sends for "List-Unsubscribe: <mailto:…?subject=unsubscribe>" (RFC 2369); starts a thread of its own. */
export function unsubscribeRequest({ original, now }: ReplyContext): Buffer {
  return message(
    [
      `Date: ${mailDate(now)}`,
      `From: <${original.to}>`,
      `To: <${original.from}>`,
      'Subject: unsubscribe',
      `Message-ID: ${newMessageId(domainOf(original.to))}`,
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
    ],
    '',
  )
}

/** Somebody who asks, in his own words, to be left alone. */
export function typedUnsubscribe(context: ReplyContext): Buffer {
  return reply(context, {
    subject: `Re: ${context.original.subject}`,
    body: lines('Please take me off your list.', '', ...quoted(context)),
  })
}

export function humanReply(context: ReplyContext): Buffer {
  return reply(context, {
    subject: `Re: ${context.original.subject}`,
    body: lines(
      'Hi,',
      '',
      'sounds interesting, could you tell me more about the price? Tuesday afternoon suits me.',
      '',
      'Best regards',
      '',
      ...quoted(context),
    ),
  })
}

/** A challenge: the message is kept back until its sender proves to be human. */
export function challenge(context: ReplyContext): Buffer {
  const { original } = context
  return reply(context, {
    subject: `Please confirm your message: ${original.subject}`,
    headers: ['Auto-Submitted: auto-replied'],
    body: lines(
      `Your message to ${original.to} is being held, because you are not yet among the known senders.`,
      'Please follow this link to confirm that you are a person, and it will be delivered:',
      '',
      `https://confirm.${domainOf(original.to)}/challenge/5d41402abc4b`,
      '',
      'You only have to do this once.',
    ),
  })
}

interface Reply {
  subject: string
  headers?: readonly string[]
  body: string
}

function reply({ original, now }: ReplyContext, { subject, headers = [], body }: Reply): Buffer {
  return message(
    [
      `Date: ${mailDate(now)}`,
      `From: <${original.to}>`,
      `To: <${original.from}>`,
      `Subject: ${headerText(subject)}`,
      `Message-ID: ${newMessageId(domainOf(original.to))}`,
      `In-Reply-To: ${original.messageId}`,
      `References: ${original.messageId}`,
      ...headers,
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 8bit',
    ],
    body,
  )
}

function quoted({ original }: ReplyContext): string[] {
  return [
    `On ${mailDate(original.date)}, ${original.from} wrote:`,
    '> Hello,',
    '> we would like to show you what we make.',
    '> If you do not want to hear from us, reply with "unsubscribe".',
  ]
}
