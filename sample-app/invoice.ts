import { IsISO8601, Matches } from 'class-validator';

/** What a client sends. */
export class NewInvoice {
  /** Who it is counted for. Where people log in it comes from there, and not from a body. */
  @Matches(/^[a-z0-9][a-z0-9-]{0,29}$/, {
    message: 'tenant must have 1 to 30 characters of a-z, 0-9 and -, and not begin with -',
  })
  readonly tenant!: string;

  /** The day on the document, which decides the year that the number is counted in. */
  @Matches(/^20\d\d-\d\d-\d\d$/, { message: 'issuedOn must be a day of this century, YYYY-MM-DD' })
  @IsISO8601({ strict: true })
  readonly issuedOn!: string;
}

export interface Invoice extends NewInvoice {
  readonly number: string;
  readonly order: number;
}
