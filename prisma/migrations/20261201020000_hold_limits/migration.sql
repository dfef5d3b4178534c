-- What one user holds unpaid, and how often their cards were declined, so that both can be bounded.

-- An accepted request counts from the moment it is stored, before its order is placed. Requests of before were placed long ago.
ALTER TABLE "checkout_request" ADD COLUMN "placed" BOOLEAN NOT NULL DEFAULT true;
ALTER TABLE "checkout_request" ALTER COLUMN "placed" SET DEFAULT false;
CREATE INDEX checkout_request_unplaced ON checkout_request (user_id) WHERE NOT placed;
CREATE INDEX orders_unpaid ON orders (user_id) WHERE status IN ('PENDING', 'PROCESSING');

CREATE FUNCTION note_placed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE checkout_request SET placed = true WHERE order_id = NEW.id AND NOT placed;
  RETURN NULL;
END
$$;
CREATE TRIGGER request_placed AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note_placed();

-- CreateTable
CREATE TABLE "decline" (
    "order_id" TEXT NOT NULL,
    "n" INTEGER NOT NULL,
    "user_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "decline_pkey" PRIMARY KEY ("order_id","n")
);
CREATE INDEX "decline_user_id_at_idx" ON "decline"("user_id", "at");
CREATE INDEX "decline_at_idx" ON "decline"("at");
ALTER TABLE "decline" ADD CONSTRAINT "decline_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- CreateTable
CREATE TABLE "limit_refusal" (
    "user_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "what" TEXT NOT NULL,
    "times" INTEGER NOT NULL DEFAULT 1,
    "first_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "limit_refusal_pkey" PRIMARY KEY ("user_id","kind")
);
CREATE INDEX "limit_refusal_last_at_idx" ON "limit_refusal"("last_at");

-- What counts against the limits of a user, each with when it stops to. Requests of one user pass one after the other until
-- their transaction ends, and the rows are read after the wait: a function sees what was committed meanwhile, a statement
-- does not. An authorised payment is money and no longer counts.
CREATE FUNCTION counted_against(who text) RETURNS TABLE (kind text, what text, amount bigint, until timestamptz) LANGUAGE plpgsql AS $$
DECLARE
  soon timestamptz := clock_timestamp() + interval '1 minute';
BEGIN
  PERFORM pg_advisory_xact_lock(1752132716, hashtext(who));
  RETURN QUERY
  WITH unpaid AS MATERIALIZED (
    SELECT o.id, o.currency::text AS currency, o.total_minor, greatest(o.expires_at, soon) AS ends
      FROM orders o LEFT JOIN payment p ON p.order_id = o.id
     WHERE o.user_id = who AND o.status IN ('PENDING', 'PROCESSING') AND p.status IS DISTINCT FROM 'AUTHORIZED'),
  unplaced AS MATERIALIZED (
    SELECT r.body FROM checkout_request r WHERE r.user_id = who AND NOT r.placed AND r.created_at > now() - interval '1 hour')
  SELECT 'orders', '', 1::bigint, u.ends FROM unpaid u
  UNION ALL SELECT 'orders', '', 1, soon FROM unplaced
  UNION ALL SELECT 'value', u.currency, u.total_minor, u.ends FROM unpaid u
  UNION ALL SELECT 'value', r.body ->> 'currency', (r.body ->> 'totalMinor')::bigint, soon FROM unplaced r
  UNION ALL SELECT 'units', h.product_id, h.quantity, u.ends FROM unpaid u JOIN stock_hold h ON h.order_id = u.id AND h.status = 'HELD'
  UNION ALL SELECT 'units', i ->> 'productId', (i ->> 'quantity')::bigint, soon FROM unplaced r CROSS JOIN jsonb_array_elements(r.body -> 'items') i
  UNION ALL SELECT 'declines', '', 1, d.at + interval '1 hour' FROM decline d WHERE d.user_id = who AND d.at > now() - interval '1 hour';
END
$$;
