import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from '../../dev/parts/child.mjs';
import { eventually } from '../support/eventually.js';

/** A start may wait for what was killed beside it. */
const READY_WITHIN_MS = 180_000;

/** A real process that is killed by SIGKILL and started again, by itself, for as long as it is wanted. */
export class Mortal {
  kills = 0;
  /** when the present process, or the last one, was started and was ready, in ms since the epoch; 0 while it is not */
  startedAt = 0;
  readyAt = 0;
  #child: Child | undefined;
  #pid = 0;
  #isWanted = true;
  #running: Promise<void> | undefined;
  #trouble: unknown;

  constructor(
    readonly name: string,
    private readonly begin: (spawned: (pid: number) => void) => Promise<Child>,
  ) {}

  /** Starts it, and again whenever it has ended. @returns when it answers */
  async up(): Promise<this> {
    this.#isWanted = true;
    this.#running ??= this.#run();
    await this.ready();
    return this;
  }

  /** @throws with what kept it from being so */
  async ready(): Promise<void> {
    try {
      await eventually(() => this.readyAt > 0, Boolean, READY_WITHIN_MS);
    } catch (error) {
      throw new Error(`${this.name} is not back: ${String(this.#trouble)}`, { cause: error });
    }
  }

  /** SIGKILL; another is being started when this returns. */
  async kill(): Promise<void> {
    const pid = this.#pid;
    this.kills += 1;
    this.readyAt = 0;
    signal(pid, 'SIGKILL');
    await eventually(() => !signal(pid, 0), Boolean, 10_000);
  }

  /** SIGKILL, and nothing in its place until `up`. */
  async down(): Promise<void> {
    this.#isWanted = false;
    await this.kill();
    await this.#running;
  }

  /** Stands still for as long as this, in the middle of whatever it does. */
  async standStill(ms: number): Promise<void> {
    this.freeze();
    await delay(ms);
    this.thaw();
  }

  freeze(): void {
    signal(this.#pid, 'SIGSTOP');
  }

  thaw(): void {
    signal(this.#pid, 'SIGCONT');
  }

  /** Asks it to stop in good order. */
  async stop(): Promise<void> {
    this.#isWanted = false;
    this.readyAt = 0;
    this.thaw();
    if (this.#child) await this.#child.stop();
    else signal(this.#pid, 'SIGKILL');
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isWanted) {
      try {
        this.startedAt = Date.now();
        this.#child = await this.begin((pid) => {
          this.#pid = pid;
        });
        this.readyAt = Date.now();
        await this.#child.exited;
      } catch (error) {
        this.#trouble = error;
        await delay(200); // what it needs is away: it is tried again, as a supervisor would
      }
      this.readyAt = 0;
      this.#child = undefined;
    }
    this.#running = undefined;
  }
}

/** To the process and those of its group. @returns whether there was one */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  if (pid === 0) return false;
  try {
    process.kill(-pid, name);
    return true;
  } catch {
    return false;
  }
}
