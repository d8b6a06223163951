import { describe, expect, test } from 'vitest'
import { folderNames } from '../../../src/imap/folder-names.ts'
import { chooseFolders, isUsualFolder, type ListedFolder } from '../../../src/imap/folders.ts'

const listed = (delimiter: string, ...folders: (string | [path: string, ...flags: string[]])[]) =>
  folders.map((folder): ListedFolder => {
    const [path = '', ...flags] = typeof folder === 'string' ? [folder] : folder
    return { path, delimiter, flags }
  })

describe('folders are found', () => {
  test.each<[string, ListedFolder[], object]>([
    [
      'by SPECIAL-USE, whatever they are called',
      listed('/', 'INBOX', ['Weg damit', '\\Junk'], ['Raus', '\\Sent'], ['Alles', '\\All'], 'Junk', 'Sent'),
      { inbox: 'INBOX', junk: 'Weg damit', sent: 'Raus', all: 'Alles' },
    ],
    [
      'at Gmail in German',
      listed(
        '/',
        'INBOX',
        ['[Gmail]', '\\Noselect'],
        '[Gmail]/Spam',
        '[Gmail]/Gesendet',
        '[Gmail]/Alle Nachrichten',
      ),
      { inbox: 'INBOX', junk: '[Gmail]/Spam', sent: '[Gmail]/Gesendet', all: '[Gmail]/Alle Nachrichten' },
    ],
    [
      'by XLIST of an older Gmail',
      listed('/', 'Inbox', ['[Google Mail]/Pourriel', '\\Spam'], ['[Google Mail]/Tout', '\\AllMail']),
      { inbox: 'Inbox', junk: '[Google Mail]/Pourriel', all: '[Google Mail]/Tout' },
    ],
    [
      'below INBOX, as Courier has them',
      listed('.', 'INBOX', 'INBOX.Spam', 'INBOX.Sent', 'INBOX.Clients.Spam'),
      { inbox: 'INBOX', junk: 'INBOX.Spam', sent: 'INBOX.Sent' },
    ],
    [
      'at Outlook in French',
      listed('/', 'INBOX', 'Courrier indésirable', 'Éléments envoyés'),
      { inbox: 'INBOX', junk: 'Courrier indésirable', sent: 'Éléments envoyés' },
    ],
    [
      'at Yahoo',
      listed('/', 'Inbox', 'Bulk Mail', 'Sent'),
      { inbox: 'Inbox', junk: 'Bulk Mail', sent: 'Sent' },
    ],
    [
      'without regard to case, accents and kind of space',
      listed('/', 'inbox', 'JUNK_E-MAIL', 'elements  envoyes'),
      { inbox: 'inbox', junk: 'JUNK_E-MAIL', sent: 'elements  envoyes' },
    ],
    [
      'when accents come as letters of their own',
      listed('/', 'INBOX', 'Unerwünscht'.normalize('NFD')),
      { inbox: 'INBOX', junk: 'Unerwünscht'.normalize('NFD') },
    ],
    ['in Turkish capitals', listed('/', 'INBOX', 'İSTENMEYEN'), { inbox: 'INBOX', junk: 'İSTENMEYEN' }],
    ['where folders are flat', listed('', 'INBOX', 'Spam'), { inbox: 'INBOX', junk: 'Spam' }],
    [
      'the likelier name first',
      listed('/', 'INBOX', 'Werbung', 'Bulk', 'Spam'),
      { inbox: 'INBOX', junk: 'Spam' },
    ],
  ])('%s', (_how, folders, found) => {
    expect(chooseFolders(folders)).toEqual(found)
  })

  test.each<[string, ListedFolder[]]>([
    [
      'a folder that cannot be opened',
      listed('/', 'INBOX', ['Spam', '\\NoSelect'], ['Sent', '\\NonExistent']),
    ],
    [
      'a folder of that name within a folder of the user',
      listed('/', 'INBOX', 'Clients/Sent', 'Old/INBOX/Spam'),
    ],
    ['a folder whose name only begins like one', listed('/', 'INBOX', 'Sent to clients', 'Spam reports')],
    ['another delimiter', listed('/', 'INBOX', 'INBOX.Spam')],
    ['nothing, not even INBOX', []],
  ])('not in %s', (_what, folders) => {
    expect(chooseFolders(folders)).toEqual({ inbox: 'INBOX' })
  })

  test('under every name of the table', () => {
    for (const [role, names] of Object.entries(folderNames))
      for (const name of names)
        expect(chooseFolders(listed('/', 'INBOX', name)), name).toEqual({ inbox: 'INBOX', [role]: name })
  })
})

test.each([
  ['INBOX', true],
  ['junk', true],
  ['INBOX.Spam', true],
  ['[Gmail]/Corbeille', true],
  ['Entwürfe', true],
  ['Gesendete  Elemente', true],
  ['Alle Nachrichten', true],
  ['Warmup', false],
  ['Clients/Sent', false],
  ['Inbox notes', false],
])('%s is a folder of every mailbox: %s', (path, is) => {
  expect(isUsualFolder(path)).toBe(is)
})
