import {
  type Context,
  type Emitter,
  type Liquid,
  type Parser,
  Tag,
  type TagToken,
  type Template,
  type TopLevelToken,
} from 'liquidjs'
import { seededHash } from '../core/seeded.ts'

const register = 'spintax seed'

/** Without a seed every option is rendered, one after the other: for checks. */
export function setSpintaxSeed(context: Context, seed: number | undefined): void {
  context.setRegister(register, { seed })
}

/** `{% spin N %}Hi{% or %}Hello{% endspin %}`: what the Nth group of spintax becomes. */
export class SpinTag extends Tag {
  private readonly group: string
  private readonly options: Template[][] = [[]]

  constructor(token: TagToken, rest: TopLevelToken[], liquid: Liquid, parser: Parser) {
    super(token, rest, liquid)
    this.group = token.args
    parser
      .parseStream(rest)
      .on('tag:or', () => this.options.push([]))
      .on('tag:endspin', function () {
        this.stop()
      })
      .on('template', (template: Template) => this.options.at(-1)?.push(template))
      .on('end', () => {
        throw new Error('a choice in braces begins here and ends elsewhere')
      })
      .start()
  }

  override *render(context: Context, emitter: Emitter): Generator<unknown, void, unknown> {
    const { seed } = context.getRegister<{ seed?: number | undefined }>(register, {})
    const chosen = seed === undefined ? this.options.flat() : this.options[this.choice(seed)]
    yield this.liquid.renderer.renderTemplates(chosen ?? [], context, emitter)
  }

  // biome-ignore lint/correctness/useYield: Liquid asks for a generator, and there is nothing to wait for
  *children(): Generator<unknown, Template[]> {
    return this.options.flat()
  }

  private choice(seed: number): number {
    return seededHash(seed, this.group) % this.options.length
  }
}
