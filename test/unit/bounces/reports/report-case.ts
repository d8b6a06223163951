import type { BounceReason, RecipientKind } from '../../../../src/bounces/verdict.ts'

export interface ExpectedRecipient {
  address: string | null
  kind: RecipientKind
  reason: BounceReason
  status?: string
  smtpCode?: string
}

export interface ReportCase {
  /** The system whose format the message follows; the message itself is written for this test. */
  format: string
  message: string
  recipients: ExpectedRecipient[]
}

/** The message that the reports return. */
export const returned = `Return-Path: <lena@sender.example>
Received: from app.sender.example ([192.0.2.10]) by mx.sender.example; Mon, 2 Mar 2026 09:00:00 +0000
Message-ID: <c1-42@sender.example>
From: Lena <lena@sender.example>
To: <kai@example.org>
Subject: Your question
Date: Mon, 2 Mar 2026 09:00:00 +0000

Hello Kai.
`

/** A report of plain text, without MIME. */
export function plainReport(from: string, subject: string, text: string): string {
  return `Return-Path: <>\nFrom: ${from}\nTo: lena@sender.example\nSubject: ${subject}\nDate: Mon, 2 Mar 2026 09:00:05 +0000\n\n${text}`
}

/** RFC 3462: notice, machine-readable part, returned message. */
export function multipartReport(from: string, notice: string, deliveryStatus: string): string {
  return `Return-Path: <>
From: ${from}
To: lena@sender.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

${notice}
--b1
Content-Type: message/delivery-status

${deliveryStatus}
--b1
Content-Type: message/rfc822

${returned}
--b1--
`
}
