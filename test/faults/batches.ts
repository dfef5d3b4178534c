/** Which cells are struck by one blow. */
import { type Cell, type Fault, pointOf } from './cells.js';

/** Whether it hits more than the order it is about: such a cell is not played beside others of its lane. */
export const isAlone = ({ step, fault, who }: Cell): boolean =>
  pointOf[fault] !== undefined || (who !== 'PostgreSQL' && who !== 'Stripe') || isStill({ step });

/** What holds back a connection, or a process that reads for all, holds up every other order too. */
const isStill = ({ step }: Pick<Cell, 'step'>): boolean =>
  step.asks.includes('Temporal') || step.asks.includes('Kafka');

/** As many as may stand at their steps at once, so that one is not given up while another is still on its way. */
const AT_ONCE = 4;

/** Cells of one who is hit, in batches; so that there are at least so many kills. */
export function batchesOf(ofOne: readonly Cell[], kills: number): Cell[][] {
  const alone = ofOne.filter(isAlone);
  const killed = alone.filter(({ fault }) => pointOf[fault] !== undefined);
  const still = killed.filter((cell) => isStill(cell));
  const free = killed.filter((cell) => !isStill(cell));
  const size = Math.floor(free.length / Math.max(kills - still.length, 1));
  const others = (fault: Fault): Cell[][] => {
    const cells = alone.filter((cell) => cell.fault === fault);
    return [
      ...cells.filter(isStill).map((cell) => [cell]),
      ...sliced(
        cells.filter((cell) => !isStill(cell)),
        AT_ONCE,
      ),
    ];
  };
  const struck = [...sliced(free, Math.min(Math.max(size, 1), AT_ONCE)), ...still.map((cell) => [cell])];
  return [...struck, ...others('time-out'), ...others('duplicate'), ...others('error')];
}

function sliced(cells: readonly Cell[], size: number): Cell[][] {
  const batches: Cell[][] = [];
  for (let at = 0; at < cells.length; at += size) batches.push(cells.slice(at, at + size));
  return batches;
}
