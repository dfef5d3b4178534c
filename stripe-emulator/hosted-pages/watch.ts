import { createHash } from 'node:crypto';
import { Html } from './html.js';

/** Looks whether the page can still be paid on, as Stripe's does: a form that takes no card any more gives way to a sentence. */
const script = `
setInterval(async () => {
  const { status } = await fetch(location.href, { cache: 'no-store' }).catch(() => ({}));
  if (status === 410) location.replace(location.href);
}, 1000);
`;

export const watch = new Html(`<script>${script}</script>`);

/** What a Content-Security-Policy says so that this script runs, and no other. */
export const watchPolicy = `script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'; connect-src 'self'`;
