import { configVariables } from './config.js';

/** What names a part that is there already; the local stack starts its own where these are left out. */
const parts = new Set(['DATABASE_URL', 'TEMPORAL_ADDRESS', 'KAFKA_BROKERS', 'STRIPE_API_BASE']);

/** The text of `.env.example`: every variable, what it is for, and its default. */
export const envExample = (): string =>
  [
    '# Copy to .env or .env.local. The environment of a process wins over both.',
    ...configVariables.flatMap(({ name, about, example }) => [
      '',
      `# ${about}`,
      example === undefined || parts.has(name) ? `# ${name}=${example ?? ''}` : `${name}=${example}`,
    ]),
    '',
  ].join('\n');
