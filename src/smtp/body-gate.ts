import { Readable } from 'node:stream'

/** `true` lets the last chunk go; `false` withholds it as `lease_lapsed`, a string withholds it as that reason code. */
export type ReleaseAnswer = boolean | string

const chunkBytes = 64 * 1024

/**
 * A message body that is read once, after 354, and whose last chunk leaves only if the caller still says so.
 * Destroyed with an Error before that, it makes nodemailer close the connection without the final dot.
 */
export class BodyGate extends Readable {
  readonly startedAt = performance.now()
  /** When the session was ready for MAIL FROM, and when the last chunk was handed over. */
  openedAt: number | undefined
  releasedAt: number | undefined
  readonly #body: Buffer
  readonly #mayRelease: () => ReleaseAnswer | Promise<ReleaseAnswer>
  readonly #onRefused: (reason: string) => void
  #offset = 0
  #shut = false

  constructor(
    body: Buffer,
    mayRelease: () => ReleaseAnswer | Promise<ReleaseAnswer>,
    onRefused: (reason: string) => void,
  ) {
    super({ highWaterMark: 0 })
    this.#body = body
    this.#mayRelease = mayRelease
    this.#onRefused = onRefused
    this.on('error', () => {})
  }

  /** The stream to hand to the connection; if the gate was shut meanwhile, one that fails at once. */
  open(): Readable {
    this.openedAt = performance.now()
    if (!this.#shut) return this
    const dead = new Readable({ read() {} })
    setImmediate(() => dead.destroy(new Error('the submission was given up')))
    return dead
  }

  /** Withholds the last chunk for good. After the release it does nothing. */
  refuse(reason: string): void {
    if (this.#shut || this.releasedAt !== undefined) return
    this.shut()
    this.#onRefused(reason)
  }

  /** No byte leaves any more; called when the outcome is known. */
  shut(): void {
    if (this.#shut) return
    this.#shut = true
    if (this.releasedAt === undefined) this.destroy(new Error('the last part of the body was withheld'))
  }

  override _read(): void {
    const end = this.#offset + chunkBytes
    if (end < this.#body.length) {
      this.push(this.#body.subarray(this.#offset, end))
      this.#offset = end
      return
    }
    this.#askAndRelease()
  }

  #askAndRelease(): void {
    let answer: ReleaseAnswer | Promise<ReleaseAnswer>
    try {
      answer = this.#mayRelease()
    } catch {
      answer = 'release_check_failed'
    }
    if (typeof answer === 'object') {
      answer.then(
        (settled) => this.#decide(settled),
        () => this.#decide('release_check_failed'),
      )
    } else {
      this.#decide(answer)
    }
  }

  #decide(answer: ReleaseAnswer): void {
    if (this.#shut) return
    if (answer !== true) {
      this.refuse(answer || 'lease_lapsed')
      return
    }
    this.releasedAt = performance.now()
    this.push(this.#body.subarray(this.#offset))
    this.push(null)
  }
}
