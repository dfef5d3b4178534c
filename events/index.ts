export { appendFacts, type Fact } from './append.js';
export * from './catalogue/facts.js';
export * from './catalogue/topics.js';
export type { DeadLetter } from './dead-letters.js';
