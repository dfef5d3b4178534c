-- What Prisma's schema language cannot say: the database refuses nonsense whoever writes it.

ALTER TABLE product
  ADD CONSTRAINT product_price_positive CHECK (price_minor > 0),
  ADD CONSTRAINT product_currency_form CHECK (currency ~ '^[a-z]{3}$');

ALTER TABLE stock
  ADD CONSTRAINT stock_available_not_negative CHECK (available >= 0),
  ADD CONSTRAINT stock_held_not_negative CHECK (held >= 0),
  ADD CONSTRAINT stock_sold_not_negative CHECK (sold >= 0);

ALTER TABLE orders
  ADD CONSTRAINT orders_total_positive CHECK (total_minor > 0),
  ADD CONSTRAINT orders_currency_form CHECK (currency ~ '^[a-z]{3}$'),
  ADD CONSTRAINT orders_confirmed_is_paid CHECK (
    status <> 'CONFIRMED' OR payment_status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED')),
  ADD CONSTRAINT orders_open_is_unpaid CHECK (
    status NOT IN ('PENDING', 'PROCESSING') OR payment_status IN ('PENDING', 'FAILED', 'CANCELLED')),
  ADD CONSTRAINT orders_cancelled_has_reason CHECK ((status = 'CANCELLED') = (end_reason IS NOT NULL));

ALTER TABLE order_line
  ADD CONSTRAINT order_line_quantity_range CHECK (quantity BETWEEN 1 AND 10000),
  ADD CONSTRAINT order_line_price_positive CHECK (unit_price_minor > 0);

ALTER TABLE stock_hold
  ADD CONSTRAINT stock_hold_quantity_positive CHECK (quantity > 0);

ALTER TABLE payment
  ADD CONSTRAINT payment_amount_positive CHECK (amount_minor > 0),
  ADD CONSTRAINT payment_captured_range CHECK (captured_minor BETWEEN 0 AND amount_minor),
  ADD CONSTRAINT payment_completed_names_its_intent CHECK (
    status <> 'COMPLETED' OR (intent_id IS NOT NULL AND captured_minor IS NOT NULL)),
  ADD CONSTRAINT payment_secret_has_intent CHECK ((client_secret IS NULL) = (intent_id IS NULL)),
  ADD CONSTRAINT payment_key_number_positive CHECK (create_key_no > 0);

ALTER TABLE webhook_inbox
  ADD CONSTRAINT webhook_inbox_applied_has_time CHECK ((state = 'APPLIED') = (applied_at IS NOT NULL)),
  ADD CONSTRAINT webhook_inbox_set_aside_has_reason CHECK (state NOT IN ('IGNORED', 'UNMATCHED', 'DEAD') OR reason IS NOT NULL);

ALTER TABLE outbox ADD CONSTRAINT outbox_seq_positive CHECK (seq > 0);

-- The dispatcher and the sweep look for the few rows that are not done.
CREATE INDEX webhook_inbox_pending ON webhook_inbox (next_attempt_at) WHERE state IN ('RECEIVED', 'SIGNALLED');
CREATE INDEX orders_open ON orders (expires_at) WHERE status IN ('PENDING', 'PROCESSING');
CREATE INDEX orders_needing_attention ON orders (updated_at) WHERE needs_attention IS NOT NULL;

-- Hot rows that are updated in place want room on their page.
ALTER TABLE stock SET (fillfactor = 50);
ALTER TABLE orders SET (fillfactor = 80);
ALTER TABLE payment SET (fillfactor = 80);

ALTER TABLE epoch ADD CONSTRAINT epoch_is_one_row CHECK (id = 1);
INSERT INTO epoch (id, epoch) VALUES (1, 'e1');

-- Each downstream service works under a role that sees its own schema only.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
DO $$
DECLARE
  service record;
BEGIN
  FOR service IN SELECT * FROM (VALUES ('holdfast_orders', 'orders_view'), ('holdfast_products', 'products_view')) s (role, own_schema) LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', service.role);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL; -- roles belong to the cluster: another database of it has made this one
    END;
    EXECUTE format('GRANT %I TO CURRENT_USER', service.role);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', service.own_schema, service.role);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA %I TO %I', service.own_schema, service.role);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO %I', service.own_schema, service.role);
  END LOOP;
END
$$;
