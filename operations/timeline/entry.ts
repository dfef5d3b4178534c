/** What a person, a provider or a machine did, or what came of it. */
export type EntryKind =
  | 'request'
  | 'webhook'
  | 'operator'
  | 'decision'
  | 'look'
  | 'change'
  | 'fact'
  | 'ledger'
  | 'stock'
  | 'dead-letter'
  | 'workflow';

export interface StateChange {
  /** `order`, `order payment`, `attention`, `payment`, `hold`, `refund` or `dispute` */
  readonly subject: string;
  /** which payment, product, refund or dispute */
  readonly object: string;
  /** null for what is new */
  readonly was: string | null;
  readonly became: string;
}

export interface Entry {
  readonly id: string;
  readonly at: Date;
  readonly kind: EntryKind;
  /** a machine's word for it: a topic, an event type, a step */
  readonly name: string;
  /** a sentence: what happened */
  readonly what: string;
  /** the entry that brought it about; null for what came from outside */
  readonly causedBy: string | null;
  /** ids by which it is found elsewhere */
  readonly refs: Readonly<Record<string, string>>;
  readonly changes: readonly StateChange[];
}

/** What is expected, of whom and when. */
export interface Expected {
  readonly what: string;
  /** null where nobody can say */
  readonly at: Date | null;
}
