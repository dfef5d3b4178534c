-- Lists are read from the newest on, and a page begins behind a (created_at, id): both columns in one direction.
DROP INDEX "orders_view"."order_user_id_created_at_id_idx", "orders_view"."order_created_at_id_idx";

-- CreateIndex
CREATE INDEX "order_user_id_created_at_id_idx" ON "orders_view"."order"("user_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "order_status_created_at_id_idx" ON "orders_view"."order"("status", "created_at", "id");

-- CreateIndex
CREATE INDEX "order_created_at_id_idx" ON "orders_view"."order"("created_at", "id");

-- What was heard of an order, fact by fact.
-- CreateTable
CREATE TABLE "orders_view"."history" (
    "order_id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "event_id" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "time" TIMESTAMPTZ(3) NOT NULL,
    "status" TEXT NOT NULL,
    "payment_status" TEXT NOT NULL,

    CONSTRAINT "history_pkey" PRIMARY KEY ("order_id", "seq", "event_id")
);

-- What people decide is in a schema of its own: facts do not write there, and nothing rebuilds it.
-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "orders_desk";

-- CreateTable
CREATE TABLE "orders_desk"."shipment_decision" (
    "order_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "carrier" TEXT,
    "tracking_number" TEXT,
    "reason" TEXT,
    "decided_by" TEXT NOT NULL,
    "decided_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "shipment_decision_pkey" PRIMARY KEY ("order_id")
);
ALTER TABLE orders_desk.shipment_decision ADD CONSTRAINT shipment_decision_is_whole CHECK (
  CASE state WHEN 'SHIPPED' THEN carrier IS NOT NULL AND reason IS NULL
             WHEN 'CANCELLED' THEN reason IS NOT NULL AND carrier IS NULL AND tracking_number IS NULL
             ELSE false END);
GRANT USAGE ON SCHEMA orders_desk TO holdfast_orders;
GRANT SELECT, INSERT ON orders_desk.shipment_decision TO holdfast_orders; -- decided once: neither changed nor taken back

-- Where an order's shipment stands: the person's word, else what the newest fact makes of it. The database computes it, so
-- that no order of facts and decisions can leave another state.
ALTER TABLE "orders_view"."order"
  ADD COLUMN "decision" TEXT,
  ADD COLUMN "shipment" TEXT GENERATED ALWAYS AS (
    CASE WHEN status <> 'CONFIRMED' THEN NULL
         WHEN decision IS NOT NULL THEN decision
         WHEN payment_status = 'REFUNDED' THEN 'CANCELLED'
         ELSE 'TO_SHIP' END) STORED;
CREATE INDEX order_shipment_created_at_id_idx ON orders_view."order" (shipment, created_at, id) WHERE shipment IS NOT NULL;
