import { main } from './main.mjs';

/** `npm run demo`: both flows of a checkout against the running stack, each step with what was expected and seen. */
await main(async () => {
  const { readSettings } = await import('./stack/settings.mjs');
  const { readStack } = await import('./stack/records.mjs');
  const { runDemo } = await import('./demo/run.mjs');
  const stack = readStack(readSettings().dataDir);
  if (!stack?.ready)
    throw new Error('The stack is not running: start it with `npm start`, and run this in another terminal.');
  if (!stack.tokens)
    throw new Error('This stack takes tokens of an issuer of yours (JWKS_URL): the demo needs its own.');
  // Kafka's and Temporal's clients keep sockets open; everything is said by now.
  process.exit(await runDemo({ ...stack, tokens: stack.tokens }));
});
