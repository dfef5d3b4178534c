-- Every fact that may move units of a product, as it was told. What moved is computed from these rows in the order of their
-- sequence numbers, and so does not depend on the order in which they came.
-- CreateTable
CREATE TABLE "products_view"."stock_fact" (
    "event_id" TEXT NOT NULL,
    "product_id" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "order_id" TEXT,
    "seq" INTEGER NOT NULL,
    "state" TEXT,
    "units" INTEGER NOT NULL,
    "time" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "stock_fact_pkey" PRIMARY KEY ("event_id", "product_id")
);
ALTER TABLE products_view.stock_fact ADD CONSTRAINT stock_fact_of_an_order_has_state CHECK (
  (order_id IS NULL) = (state IS NULL) AND (state IS NULL OR state IN ('HELD', 'SOLD', 'RELEASED')));

-- CreateIndex
CREATE INDEX "stock_fact_product_id_time_event_id_idx" ON "products_view"."stock_fact"("product_id", "time", "event_id");

-- CreateIndex
CREATE INDEX "stock_fact_order_id_product_id_seq_idx" ON "products_view"."stock_fact"("order_id", "product_id", "seq");

-- What people decide is in a schema of its own: facts do not write there, and nothing rebuilds it.
-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "products_desk";

-- CreateTable
CREATE TABLE "products_desk"."low_stock_threshold" (
    "product_id" TEXT NOT NULL,
    "units" INTEGER NOT NULL,
    "set_by" TEXT NOT NULL,
    "set_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "low_stock_threshold_pkey" PRIMARY KEY ("product_id")
);
ALTER TABLE products_desk.low_stock_threshold ADD CONSTRAINT low_stock_threshold_not_negative CHECK (units >= 0);
GRANT USAGE ON SCHEMA products_desk TO holdfast_products;
GRANT SELECT, INSERT, UPDATE, DELETE ON products_desk.low_stock_threshold TO holdfast_products;
