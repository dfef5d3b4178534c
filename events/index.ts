export { appendFacts, type Fact } from './append.js';
export * from './catalogue/facts.js';
export * from './catalogue/topics.js';
