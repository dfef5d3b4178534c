-- One row for each restock is what makes a repeat harmless: it is written in the statement that moves the stock.
-- CreateTable
CREATE TABLE "restock" (
    "id" TEXT NOT NULL,
    "product_id" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "restock_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "restock" ADD CONSTRAINT "restock_product_id_fkey" FOREIGN KEY ("product_id") REFERENCES "stock"("product_id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE restock ADD CONSTRAINT restock_quantity_positive CHECK (quantity > 0);

-- Restocks with a key that were done before are known by their facts, whose ids end in the key's digest.
INSERT INTO restock (id, product_id, quantity, at)
SELECT substring(event_id FROM '[^:]*$'), key, (payload ->> 'delta')::int, created_at
  FROM (SELECT event_id, key, payload, created_at FROM outbox WHERE topic = 'stock.adjusted'
        UNION ALL SELECT event_id, key, payload, created_at FROM outbox_archive WHERE topic = 'stock.adjusted') told
 WHERE event_id ~ ':stock[.]adjusted:[A-Za-z0-9_-]{43}$'
ON CONFLICT (id) DO NOTHING;

-- A key of an operator belongs to one refund, whichever order it is of.
ALTER TABLE "refund" ADD COLUMN "request_key" TEXT;
CREATE UNIQUE INDEX "refund_request_key_key" ON "refund"("request_key");
