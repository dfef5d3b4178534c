import type { Random } from './random.js';

interface Share {
  /** how many things may go wrong */
  readonly budget: number;
  /** how likely each chance for it is taken */
  readonly share: number;
}

/** What goes wrong in each saga, and how often: bounded, so that every story comes to an end. */
export class Luck {
  private readonly chances = new Map<number, Random>();
  private readonly left = new Map<number, number>();
  private isCalm = false;
  struck = 0;

  constructor(
    private readonly seed: Random,
    private readonly shareOf: (saga: number) => Share,
  ) {}

  /** The saga's own chance: what one saga draws moves no other. */
  chanceOf(saga: number): Random {
    const chance = this.chances.get(saga) ?? this.seed.part(saga).part(1);
    this.chances.set(saga, chance);
    return chance;
  }

  /** @param rarely how much rarer than the saga's share this kind of misfortune is */
  strikes(saga: number, rarely = 1): boolean {
    const { budget, share } = this.shareOf(saga);
    const left = this.left.get(saga) ?? budget;
    if (this.isCalm || left === 0 || !this.chanceOf(saga).happens(share / rarely)) return false;
    this.left.set(saga, left - 1);
    this.struck += 1;
    return true;
  }

  /** From now on nothing goes wrong. */
  calmDown(): void {
    this.isCalm = true;
  }
}
