import { afterSaleStories } from './stories/after-sale.js';
import { hourStories } from './stories/hours.js';
import { openingStories } from './stories/opening.js';
import { payingStories } from './stories/paying.js';
import type { Stories } from './stories/story.js';
import { undoingStories } from './stories/undoing.js';

/** Every way a workflow can end, as a customer, the provider, the clock and an operator make it happen. */
export const stories: Stories = {
  ...openingStories,
  ...payingStories,
  ...undoingStories,
  ...hourStories,
  ...afterSaleStories,
};
