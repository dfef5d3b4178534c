-- What reconciliation finds and no event can cure waits for a person in a row of its own.
-- CreateTable
CREATE TABLE "reconciliation_drift" (
    "id" TEXT NOT NULL,
    "order_id" TEXT,
    "what" TEXT NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" VARCHAR(3) NOT NULL,
    "found_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "reconciliation_drift_pkey" PRIMARY KEY ("id")
);

-- What is done about it is written down as well. The audit outlives what it is about: no foreign key.
ALTER TABLE "operator_action" ADD COLUMN "drift_id" TEXT;
ALTER TABLE operator_action
  DROP CONSTRAINT operator_action_is_about_something,
  ADD CONSTRAINT operator_action_is_about_something CHECK (
    order_id IS NOT NULL OR event_id IS NOT NULL OR dead_letter_id IS NOT NULL OR drift_id IS NOT NULL);

-- What stands in front of a person: few rows among many. Prisma's schema cannot say it.
CREATE INDEX reconciliation_drift_unsettled ON reconciliation_drift (found_at) WHERE settled_at IS NULL;
CREATE INDEX orders_undoing ON orders (undo_started_at) WHERE status IN ('PENDING', 'PROCESSING') AND undo_started_at IS NOT NULL;
CREATE INDEX payment_processing ON payment (updated_at) WHERE status = 'PROCESSING';
CREATE INDEX refund_under_way ON refund (created_at) WHERE status IN ('REQUESTED', 'PENDING');
