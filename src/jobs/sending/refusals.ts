import { judgeRefusal } from '../../bounces/refusal.ts'
import type { NewRefusal } from '../../bounces/refusal-store.ts'
import type { Settlement } from '../../sending/settlement.ts'

/** What servers said of the recipients of emails that end here. */
export function refusalsOf(settlements: readonly Settlement[]): NewRefusal[] {
  return settlements.flatMap(
    ({ tenantId, id, attempt, status, agoMs, replyCode, replyCommand, enhancedStatus, replyText }) => {
      if (status !== 'failed' || replyCode === null || !replyCommand) return []
      const reply = { command: replyCommand, code: replyCode, status: enhancedStatus, text: replyText }
      const judged = judgeRefusal(reply)
      return judged ? [{ tenantId, emailId: id, attempt, agoMs, ...judged }] : []
    },
  )
}
