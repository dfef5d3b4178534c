import type { FastifyInstance, FastifyReply } from 'fastify';
import { methodsOf, type SessionRecord } from '../checkout-sessions/record.js';
import type { Emulator } from '../emulator.js';
import { StripeError } from '../errors.js';
import { type Form, parseForm, text } from '../form.js';
import { type IntentRecord, statusOf } from '../payment-intents/record.js';
import { answeredPage, challengePage } from './challenge-page.js';
import { closedPage, landingUrl, type Method, missingPage, payPage } from './pay-page.js';
import { receiptPage } from './receipt-page.js';
import { fieldOf, methodForm } from './submission.js';
import { watchPolicy } from './watch.js';

interface PayRequest {
  readonly Params: { readonly id: string };
  readonly Querystring: { readonly method?: string };
}

/** The pages that a customer sees: where they pay, and where their bank asks. They need no script and no key. */
export function registerPages(app: FastifyInstance, emulator: Emulator): void {
  app.get<PayRequest>('/c/pay/:id', (request, reply) => {
    const session = known(() => emulator.sessions.get(request.params.id));
    return answer(emulator, reply, session ? show(emulator, session, methodIn(request.query, session)) : missing);
  });
  app.post<PayRequest>('/c/pay/:id', (request, reply) => {
    const session = known(() => emulator.sessions.get(request.params.id));
    const method = session && methodIn(request.query, session);
    return answer(emulator, reply, method ? submit(emulator, session, method, typedIn(request.body)) : missing);
  });
  app.get<PayRequest>('/receipts/:id', (request, reply) => {
    const charge = known(() => emulator.charges.get(request.params.id));
    return answer(emulator, reply, charge ? { status: 200, page: receiptPage(emulator.store, charge) } : missing);
  });
  app.get<PayRequest>('/3ds/:id', (request, reply) => {
    const intent = known(() => emulator.intents.get(request.params.id));
    return answer(emulator, reply, intent ? ask(emulator, intent) : missing);
  });
  app.post<PayRequest>('/3ds/:id', (request, reply) => {
    const intent = known(() => emulator.intents.get(request.params.id));
    return answer(emulator, reply, intent ? decide(emulator, intent, typedIn(request.body)) : missing);
  });
}

/** A page, or the address to which the browser goes. */
type Next = { readonly status: number; readonly page: string } | { readonly to: string };

const missing: Next = { status: 404, page: missingPage() };

function show(emulator: Emulator, session: SessionRecord, method: Method): Next {
  const status = emulator.sessions.statusOf(session);
  if (status !== 'open') return { status: status === 'expired' ? 410 : 200, page: closedPage(session, status) };
  const declined = emulator.sessions.intentOf(session)?.attempts.at(-1)?.error;
  return { status: 200, page: payPage(session, method, typedBefore(emulator, session), declined) };
}

function submit(emulator: Emulator, session: SessionRecord, method: Method, typed: Form): Next {
  const status = emulator.sessions.statusOf(session);
  // The second click of a double click finds the session complete, and goes where the first one went.
  if (status === 'complete') return { to: landingUrl(session) };
  if (status === 'expired') return show(emulator, session, method);
  const payer = {
    email: session.customerEmail ?? (text(typed, 'email')?.trim() || null),
    name: text(typed, 'name')?.trim() || null,
  };
  try {
    const { id } = emulator.paymentMethods.create(methodForm(method, typed, payer.email));
    const intent = emulator.sessions.pay(session.id, id, payer);
    return { to: statusOf(intent) === 'requires_action' ? `/3ds/${intent.id}` : landingUrl(session) };
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    const problem = { message: error.message, field: fieldOf(error.body.param) };
    const again = { email: payer.email ?? undefined, name: payer.name ?? undefined };
    return { status: error.status, page: payPage(session, method, again, problem) };
  }
}

const ask = (emulator: Emulator, intent: IntentRecord): Next =>
  statusOf(intent) === 'requires_action' ? { status: 200, page: challengePage(intent) } : onward(emulator, intent);

/** A second click, or a step back, finds the question answered and goes on from there. */
function decide(emulator: Emulator, intent: IntentRecord, typed: Form): Next {
  if (statusOf(intent) !== 'requires_action') return onward(emulator, intent);
  const outcome = text(typed, 'outcome') === 'succeed' ? 'succeed' : 'fail';
  return onward(emulator, emulator.intents.authenticate(intent.id, outcome));
}

/** Where the customer goes from their bank. */
function onward(emulator: Emulator, intent: IntentRecord): Next {
  const session = emulator.sessions.ofIntent(intent.id);
  if (session) return { to: emulator.sessions.statusOf(session) === 'complete' ? landingUrl(session) : session.url };
  const returnUrl = intent.attempts.findLast(({ redirect }) => redirect !== undefined)?.redirect?.returnUrl;
  return returnUrl === undefined ? { status: 200, page: answeredPage() } : { to: told(returnUrl, intent) };
}

/** https://docs.stripe.com/payments/3d-secure/authentication-flow#return-url */
function told(returnUrl: string, intent: IntentRecord): string {
  const url = new URL(returnUrl);
  url.searchParams.set('payment_intent', intent.id);
  url.searchParams.set('payment_intent_client_secret', intent.clientSecret);
  const hasFailed = ['requires_payment_method', 'canceled'].includes(statusOf(intent));
  url.searchParams.set('redirect_status', hasFailed ? 'failed' : 'succeeded');
  return url.href;
}

/** What the customer has told of themselves at an earlier try, or the merchant of them. */
function typedBefore(emulator: Emulator, { payer, customer }: SessionRecord): { email?: string; name?: string } {
  const known = payer ?? (customer === null ? undefined : emulator.store.get('customers', customer));
  return { ...(known?.email ? { email: known.email } : {}), ...(known?.name ? { name: known.name } : {}) };
}

function methodIn({ method }: PayRequest['Querystring'], session: SessionRecord): Method {
  const taken = methodsOf(session);
  if (!taken.includes('card')) return 'bank';
  return method === 'bank' && taken.includes('us_bank_account') ? 'bank' : 'card';
}

const typedIn = (body: unknown): Form => parseForm(typeof body === 'string' ? body : '');

function known<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch (error) {
    if (error instanceof StripeError) return undefined;
    throw error;
  }
}

/** Durable before it is answered, as every call is. */
async function answer(emulator: Emulator, reply: FastifyReply, next: Next): Promise<FastifyReply> {
  await emulator.store.commit();
  emulator.deliveries.wake();
  if ('to' in next) return reply.redirect(next.to, 303);
  return reply
    .code(next.status)
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; ${watchPolicy}; base-uri 'none'; frame-ancestors 'none'`,
      'referrer-policy': 'no-referrer',
    })
    .send(next.page);
}
