import {
  closeSync,
  existsSync,
  fdatasync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import type { SessionRecord } from './checkout-sessions/record.js';
import type { CustomerRecord } from './customers/record.js';
import type { DisputeRecord } from './disputes/record.js';
import type { ChargeRecord, IntentRecord } from './payment-intents/record.js';
import type { PaymentMethodRecord } from './payment-methods/record.js';
import type { ReviewRecord, WarningRecord } from './radar/records.js';
import type { RefundRecord } from './refunds/record.js';
import type { DeliveryRecord, EndpointRecord, EventRecord } from './webhooks/records.js';

/** A first answer under an idempotency key. */
export interface IdempotencyRecord {
  readonly fingerprint: string;
  readonly status: number;
  readonly body: unknown;
  readonly requestId: string;
  /** Unix seconds of the emulator's clock */
  readonly at: number;
}

export interface Collections {
  customers: CustomerRecord;
  paymentMethods: PaymentMethodRecord;
  sessions: SessionRecord;
  intents: IntentRecord;
  charges: ChargeRecord;
  refunds: RefundRecord;
  disputes: DisputeRecord;
  warnings: WarningRecord;
  reviews: ReviewRecord;
  events: EventRecord;
  deliveries: DeliveryRecord;
  endpoints: EndpointRecord;
  idempotency: IdempotencyRecord;
  meta: { readonly offsetMs: number };
}

type Name = keyof Collections;
type Change = readonly [Name, string, unknown];

export const collections: readonly Name[] = [
  'customers',
  'paymentMethods',
  'sessions',
  'intents',
  'charges',
  'refunds',
  'disputes',
  'warnings',
  'reviews',
  'events',
  'deliveries',
  'endpoints',
  'idempotency',
  'meta',
];

/**
 * Everything the emulator knows. A change is in memory at once; `commit` makes all changes since the last one durable as
 * one line of a journal, so a kill leaves either all of them or none. Lines of one turn share one sync.
 */
export class Store {
  private readonly data = new Map<Name, Map<string, unknown>>(collections.map((name) => [name, new Map()]));
  private changes: Change[] = [];
  private lines: string[] = [];
  private syncing: Promise<void> | undefined;
  private fd: number;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    const file = path.join(directory, 'journal.jsonl');
    if (existsSync(file)) this.replay(readFileSync(file, 'utf8'));
    this.fd = this.compact(file);
  }

  get<N extends Name>(name: N, id: string): Collections[N] | undefined {
    return this.data.get(name)!.get(id) as Collections[N] | undefined;
  }

  /** In the order in which they were first put. */
  all<N extends Name>(name: N): Collections[N][] {
    return [...this.data.get(name)!.values()] as Collections[N][];
  }

  put<N extends Name>(name: N, id: string, value: Collections[N]): Collections[N] {
    this.data.get(name)!.set(id, value);
    this.changes.push([name, id, value]);
    return value;
  }

  remove(name: Name, id: string): void {
    this.data.get(name)!.delete(id);
    this.changes.push([name, id, null]);
  }

  entries<N extends Name>(name: N): [string, Collections[N]][] {
    return [...this.data.get(name)!.entries()] as [string, Collections[N]][];
  }

  /** Resolves when every change made before the call is on disk. */
  commit(): Promise<void> {
    if (this.changes.length > 0) this.lines.push(JSON.stringify(this.changes.splice(0)));
    if (this.lines.length === 0) return this.syncing ?? Promise.resolve();
    const before = this.syncing ?? Promise.resolve();
    this.syncing = before.then(() => this.sync());
    return this.syncing;
  }

  close(): void {
    closeSync(this.fd);
    this.fd = -1; // a late commit fails, for the number may be another file's by then
  }

  private sync(): Promise<void> {
    const lines = this.lines.splice(0);
    if (lines.length === 0) return Promise.resolve();
    writeSync(this.fd, `${lines.join('\n')}\n`);
    return new Promise((resolve, reject) => fdatasync(this.fd, (error) => (error ? reject(error) : resolve())));
  }

  /** A torn last line belongs to a request that was never answered: it is dropped. */
  private replay(journal: string): void {
    const complete = journal.slice(0, journal.lastIndexOf('\n') + 1);
    for (const line of complete.split('\n'))
      if (line !== '')
        for (const [name, id, value] of JSON.parse(line) as Change[]) {
          if (value === null) this.data.get(name)?.delete(id);
          else this.data.get(name)?.set(id, value);
        }
  }

  /** One line with all there is, put in the journal's place at once. */
  private compact(file: string): number {
    const all: Change[] = collections.flatMap((name) =>
      this.entries(name).map(([id, value]): Change => [name, id, value]),
    );
    const fd = openSync(`${file}.new`, 'w');
    writeSync(fd, all.length > 0 ? `${JSON.stringify(all)}\n` : '');
    fsyncSync(fd);
    renameSync(`${file}.new`, file);
    return fd;
  }
}
