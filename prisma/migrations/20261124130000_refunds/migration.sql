-- CreateEnum
CREATE TYPE "refund_status" AS ENUM ('REQUESTED', 'PENDING', 'SUCCEEDED', 'FAILED', 'CANCELLED');

-- CreateTable
CREATE TABLE "refund" (
    "id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "provider_id" TEXT,
    "status" "refund_status" NOT NULL DEFAULT 'REQUESTED',
    "amount_minor" BIGINT NOT NULL,
    "currency" VARCHAR(3) NOT NULL,
    "reason" TEXT,
    "lines" JSONB NOT NULL DEFAULT '[]',
    "requested_by" TEXT,
    "request_hash" TEXT,
    "key_no" INTEGER NOT NULL DEFAULT 1,
    "failure" TEXT,
    "restocked_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "refund_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "refund_provider_id_key" ON "refund"("provider_id");

-- CreateIndex
CREATE INDEX "refund_order_id_idx" ON "refund"("order_id");

-- AddForeignKey
ALTER TABLE "refund" ADD CONSTRAINT "refund_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE refund
  ADD CONSTRAINT refund_amount_positive CHECK (amount_minor > 0),
  ADD CONSTRAINT refund_currency_form CHECK (currency ~ '^[a-z]{3}$'),
  ADD CONSTRAINT refund_money_moved_at_the_provider CHECK (status NOT IN ('PENDING', 'SUCCEEDED') OR provider_id IS NOT NULL),
  ADD CONSTRAINT refund_failed_says_why CHECK (status <> 'FAILED' OR failure IS NOT NULL);
