-- Every change of an order's state, of its payment, holds, refunds and disputes, with the transaction that made it. Triggers
-- write it, so that nobody can change a state without it, and no statement of ours is sent for it.
-- CreateTable
CREATE TABLE "order_change" (
    "id" BIGSERIAL NOT NULL,
    "order_id" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "object" TEXT NOT NULL,
    "was" JSONB,
    "became" JSONB NOT NULL,
    "tx" BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "order_change_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "order_change_order_id_id_idx" ON "order_change"("order_id", "id");

-- What else the same transaction did: the events it put into effect, the books.
ALTER TABLE "webhook_inbox" ADD COLUMN "applied_tx" BIGINT;
ALTER TABLE "ledger_entry" ADD COLUMN "tx" BIGINT; -- without a default at first: entries of before have none
ALTER TABLE "ledger_entry" ALTER COLUMN "tx" SET DEFAULT (pg_current_xact_id()::text::bigint);

CREATE FUNCTION order_state(o orders) RETURNS jsonb STABLE LANGUAGE sql AS $$
  SELECT jsonb_build_object('status', o.status, 'paymentStatus', o.payment_status, 'needsAttention', o.needs_attention IS NOT NULL,
                            'undoing', o.undo_started_at IS NOT NULL, 'facts', o.fact_seq)
$$;

CREATE FUNCTION log_order_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO order_change (order_id, subject, object, was, became)
  VALUES (NEW.id, 'order', NEW.id, CASE WHEN TG_OP = 'UPDATE' THEN order_state(OLD) END, order_state(NEW));
  RETURN NULL;
END
$$;
CREATE TRIGGER order_placed AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION log_order_change();
CREATE TRIGGER order_changed AFTER UPDATE ON orders FOR EACH ROW
  WHEN ((OLD.status, OLD.payment_status, OLD.needs_attention, OLD.undo_started_at, OLD.fact_seq)
        IS DISTINCT FROM (NEW.status, NEW.payment_status, NEW.needs_attention, NEW.undo_started_at, NEW.fact_seq))
  EXECUTE FUNCTION log_order_change();

-- The others have one state each. Arguments: the subject, the column that names the row, the column of its state.
CREATE FUNCTION log_state_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was jsonb := CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(OLD) END;
  became jsonb := to_jsonb(NEW);
BEGIN
  INSERT INTO order_change (order_id, subject, object, was, became)
  VALUES (NEW.order_id, TG_ARGV[0], became ->> TG_ARGV[1],
          CASE WHEN was IS NOT NULL THEN jsonb_build_object('status', was -> TG_ARGV[2]) END,
          jsonb_build_object('status', became -> TG_ARGV[2]));
  RETURN NULL;
END
$$;
CREATE TRIGGER payment_opened AFTER INSERT ON payment FOR EACH ROW EXECUTE FUNCTION log_state_change('payment', 'id', 'status');
CREATE TRIGGER payment_changed AFTER UPDATE ON payment FOR EACH ROW WHEN (OLD.status <> NEW.status)
  EXECUTE FUNCTION log_state_change('payment', 'id', 'status');
CREATE TRIGGER hold_made AFTER INSERT ON stock_hold FOR EACH ROW EXECUTE FUNCTION log_state_change('hold', 'product_id', 'status');
CREATE TRIGGER hold_changed AFTER UPDATE ON stock_hold FOR EACH ROW WHEN (OLD.status <> NEW.status)
  EXECUTE FUNCTION log_state_change('hold', 'product_id', 'status');
CREATE TRIGGER refund_noted AFTER INSERT ON refund FOR EACH ROW EXECUTE FUNCTION log_state_change('refund', 'id', 'status');
CREATE TRIGGER refund_changed AFTER UPDATE ON refund FOR EACH ROW WHEN (OLD.status <> NEW.status)
  EXECUTE FUNCTION log_state_change('refund', 'id', 'status');
CREATE TRIGGER dispute_noted AFTER INSERT ON dispute FOR EACH ROW EXECUTE FUNCTION log_state_change('dispute', 'id', 'state');
CREATE TRIGGER dispute_changed AFTER UPDATE ON dispute FOR EACH ROW WHEN (OLD.state <> NEW.state)
  EXECUTE FUNCTION log_state_change('dispute', 'id', 'state');

CREATE FUNCTION note_applied_tx() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.applied_tx := pg_current_xact_id()::text::bigint;
  RETURN NEW;
END
$$;
CREATE TRIGGER webhook_inbox_applied BEFORE UPDATE ON webhook_inbox FOR EACH ROW
  WHEN (NEW.state = 'APPLIED' AND OLD.state <> 'APPLIED') EXECUTE FUNCTION note_applied_tx();
