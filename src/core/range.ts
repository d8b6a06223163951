/** The numbers that a setting may take, both ends included. */
export interface Range {
  readonly least: number
  readonly most: number
  /** What to know, or to do instead, where a number lies outside. */
  readonly hint?: string
}

/** How many of something: what a column of type integer holds, from one on. */
export const countRange: Range = { least: 1, most: 2_147_483_647 }
