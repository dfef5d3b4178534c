/**
 * What keeps money, stock and orders whole outside of the workflow code, each taken away, with the test that must notice.
 * @typedef {import('./patch.mjs').Patch & { readonly test: string, readonly title: string }} Protection
 */

/** @type {readonly Protection[]} `title`: part of the titles of tests, one of which must fail */
export const protections = [
  {
    name: 'an event that was signalled is not told again',
    file: 'domain/webhooks/inbox.ts',
    edits: [
      [
        "WHERE state IN ('RECEIVED', 'SIGNALLED') AND next_attempt_at <= now()",
        "WHERE state = 'RECEIVED' AND next_attempt_at <= now()",
      ],
    ],
    test: 'test/complaints/acknowledged-and-lost.test.ts',
    title: 'told again until it is in effect',
  },
  {
    name: 'a checkout without a workflow is not looked for',
    file: 'workers/loops/sweep.ts',
    edits: [
      [
        'const found = await checkouts.startAgain(id, user_id);',
        "const found = 'RUNNING' as Awaited<ReturnType<typeof checkouts.startAgain>>;\n          void user_id;",
      ],
    ],
    test: 'test/api/lost.test.ts',
    title: 'while it waits for a payment that never comes',
  },
  {
    name: 'a history that does not replay stays as it is',
    file: 'temporal/reset-stuck.ts',
    edits: [['if (!doesNotReplay) return false;', 'if (!doesNotReplay || workflowId) return false;']],
    test: 'test/api/begun-again.test.ts',
    title: 'an abandoned order is released',
  },
  {
    name: 'a refund that nobody was told of is not looked for',
    file: 'workers/loops/sweep.ts',
    edits: [['await afterSales.tell(id, user_id, {});', 'void user_id;']],
    test: 'test/api/refunds.test.ts',
    title: 'when nobody was told of it: the sweep tells',
  },
  {
    name: 'the key of a call to Stripe is made anew for each attempt',
    file: 'domain/payments/keys.ts',
    edits: [['effectKey(owner, `${step}:${no}`);', 'effectKey(owner, `${step}:${no}:${process.hrtime.bigint()}`);']],
    test: 'test/saga/undo.test.ts',
    title: 'a create that was cut off after its effect gives the same intent',
  },
  {
    name: 'the key of a refund is made anew for each attempt',
    file: 'domain/refunds/make.ts',
    edits: [
      [
        'effectKey({ orderId, installation }, `refund:${id}:${keyNo}`);',
        'effectKey({ orderId, installation }, `refund:${id}:${keyNo}:${process.hrtime.bigint()}`);',
      ],
    ],
    test: 'test/api/refunds.test.ts',
    title: 'when Stripe has done it and the answer was lost',
  },
  {
    name: 'a stored failure is not looked behind before the next key is taken',
    file: 'domain/payments/keys.ts',
    edits: [
      [
        '    if (!(error instanceof ProviderStuck)) throw error;\n    const found = await lookUp();\n    if (found) return found;',
        '    if (!(error instanceof ProviderStuck)) throw error;',
      ],
    ],
    test: 'test/saga/undo.test.ts',
    title: 'a create that Stripe did but answered with a stored 500 is found, not made again',
  },
  {
    name: 'a key is used beyond the day for which Stripe remembers it',
    file: 'domain/payments/keys.ts',
    edits: [['const KEY_REMEMBERED_MS = 23 * 3_600_000;', 'const KEY_REMEMBERED_MS = 2_300 * 3_600_000;']],
    test: 'test/saga/key-window.test.ts',
    title: 'an intent that Stripe made a day ago is found by its order',
  },
  {
    name: 'an opening does not look whether an undo came first',
    file: 'domain/payments/open.ts',
    edits: [["AND status = 'PENDING' AND undo_started_at IS NULL", '']],
    test: 'test/saga/undo.test.ts',
    title: 'opening whose intent arrives after the undo',
  },
  {
    name: 'an intent that arrives after the undo is left open',
    file: 'domain/checkout.ts',
    edits: [
      [
        '    await closePayment(db, provider, state, idsOf(opened));\n    throw closed(order.id);',
        '    throw closed(order.id);',
      ],
    ],
    test: 'test/saga/undo.test.ts',
    title: 'under a spent key, after the undo, is cancelled by that opening',
  },
  {
    name: 'an order whose payment changed since it was read is not read again',
    file: 'domain/orders/cancel.ts',
    edits: [['return row?.cancelled === 1;', 'return row !== undefined;']],
    test: 'test/saga/undo.test.ts',
    title: 'whose payment a late attempt cancels while it is being ended',
  },
  {
    name: 'the fact of a cancelled order is written by a statement of its own',
    file: 'domain/orders/cancel.ts',
    edits: [
      [
        '      RETURNING id AS key, fact_seq AS last_seq),\n    told AS (',
        '      RETURNING id AS key, fact_seq AS last_seq)\n    SELECT count(*)::int AS cancelled FROM cancelled`;\n  await db.$queryRaw`\n    WITH cancelled AS (SELECT id AS key, fact_seq AS last_seq FROM orders WHERE id = ${orderId}),\n    told AS (',
      ],
    ],
    test: 'test/saga/together.test.ts',
    title: 'an order that is cancelled and its order.cancelled are written together or not at all',
  },
  {
    name: 'an attempt under way is silent',
    file: 'activities/heartbeat.ts',
    edits: [['context.heartbeat()', 'undefined']],
    test: 'test/saga/recovery.test.ts',
    title: 'says that it is alive, and is not begun again',
  },
  {
    name: 'an event of the undo waits until it is told again',
    file: 'domain/orders/cancel.ts',
    edits: [
      [',\n    over AS (${markOver(Prisma.sql`cancelled`, { orderId, intentId, sessionId })})', ''],
      ['import { markOver }', 'import { type InboxRow as _ }'],
      ['  const { intentId = null, sessionId = null } = state.payment ?? {};\n', ''],
    ],
    test: 'test/saga/undo.test.ts',
    title: 'what is heard of the undo itself is in effect with it',
  },
  {
    name: 'a payment is confirmed as often as it is read',
    file: 'domain/payments/settle.ts',
    edits: [
      [
        "fact_seq = fact_seq + 2, updated_at = now()\n       WHERE id = ${state.order.id} AND status = 'PROCESSING' AND payment_status = 'PENDING'",
        'fact_seq = fact_seq + 2, updated_at = now()\n       WHERE id = ${state.order.id}',
      ],
    ],
    test: 'test/saga/undo.test.ts',
    title: 'that two read before either has written confirms the order once',
  },
  {
    name: 'stock is given back although it was given back before',
    file: 'domain/inventory/hold.ts',
    edits: [
      [
        "JOIN stock_hold h ON h.order_id = w.key AND h.status = 'HELD' JOIN stock",
        'JOIN stock_hold h ON h.order_id = w.key JOIN stock',
      ],
    ],
    test: 'test/saga/undo.test.ts',
    title: 'the stock of an order is given back once, however often that is asked for',
  },
  {
    name: 'more is held than there is',
    file: 'domain/inventory/hold.ts',
    edits: [['WHERE coalesce(l.available, 0) < w.quantity)`;', 'WHERE coalesce(l.available, 0) < 0)`;']],
    test: 'test/saga/recovery.test.ts',
    title: 'fifty buyers for ten tickets',
  },
  {
    name: 'the money’s amount is not compared with the order’s',
    file: 'domain/payments/settle.ts',
    edits: [
      [
        '  if (intent.amount.minor !== total.minor || intent.amount.currency !== total.currency)',
        '  if (intent.amount.minor < 0)',
      ],
    ],
    test: 'test/saga/checkout.test.ts',
    title: 'another amount that is authorised is given back, and nothing is taken',
  },
  {
    name: 'two relays publish the same keys',
    file: 'events/transport/relay.ts',
    edits: [['pg_try_advisory_lock($1::int, b) AS got', '($1::int + b IS NOT NULL) AS got']],
    test: 'test/events/relay.test.ts',
    title: 'of two relays at once one owns a key',
  },
  {
    name: 'a fact is archived before its broker has it',
    file: 'events/transport/relay.ts',
    edits: [
      [
        'const outcome = await publishBatch(',
        "await db.query({ name: 'relay-archive', text: archive, values: [rows.map(({ id }) => id)] });\n    const outcome = await publishBatch(",
      ],
    ],
    test: 'test/events/relay.test.ts',
    title: 'a fact waits until its broker has it',
  },
  {
    name: 'a consumer forgets what it has heard',
    file: 'downstream/products/handlers.ts',
    edits: [
      [
        'VALUES (${id}, ${topic}, ${key}, ${sequence}::int)\n      ON CONFLICT DO NOTHING RETURNING 1),\n    hold AS (',
        "VALUES (${id} || ':' || gen_random_uuid(), ${topic}, ${key}, ${sequence}::int)\n      ON CONFLICT DO NOTHING RETURNING 1),\n    hold AS (",
      ],
    ],
    test: 'test/downstream/permutations.test.ts',
    title: 'every unit is in one place',
  },
  {
    name: 'a request is not compared with the one of its key',
    file: 'domain/orders/requests.ts',
    edits: [['if (row.key_hash === keyHash) return row.key_order;', 'if (row.key_hash) return row.key_order;']],
    test: 'test/api/repeats.test.ts',
    title: 'the same key with another body',
  },
  {
    name: 'the signature of a webhook is not checked',
    file: 'stripe/webhooks.ts',
    edits: [
      [
        'return signatures?.verifyHeader(rawBody, header, secret, toleranceSeconds) ?? false;',
        'return rawBody.length + header.length + secret.length + toleranceSeconds > 0 || signatures !== undefined;',
      ],
    ],
    test: 'test/unit/webhook-signature.test.ts',
    title: 'another secret is refused',
  },
];
