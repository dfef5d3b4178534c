import { configVariables } from './config.js';

/** The text of `.env.example`: every variable, what it is for, and its default. */
export const envExample = (): string =>
  [
    '# Copy to .env or .env.local. The environment of a process wins over both.',
    ...configVariables.flatMap(({ name, about, example }) => [
      '',
      `# ${about}`,
      example === undefined ? `# ${name}=` : `${name}=${example}`,
    ]),
    '',
  ].join('\n');
