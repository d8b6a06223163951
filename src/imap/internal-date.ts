/** imapflow gives a date that it cannot read as the text it was. */
export function validDate(date: Date | string | undefined): Date | undefined {
  return date instanceof Date && !Number.isNaN(date.getTime()) ? date : undefined
}
