-- CreateEnum
CREATE TYPE "ledger_account" AS ENUM ('CUSTOMER_RECEIVABLE', 'PROCESSOR', 'REVENUE', 'REFUNDS', 'DISPUTES', 'FEES');

-- CreateTable
CREATE TABLE "ledger_entry" (
    "id" TEXT NOT NULL,
    "transaction" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "account" "ledger_account" NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "currency" VARCHAR(3) NOT NULL,
    "source" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ledger_entry_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "ledger_entry_order_id_idx" ON "ledger_entry"("order_id");

-- AddForeignKey
ALTER TABLE "ledger_entry" ADD CONSTRAINT "ledger_entry_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE ledger_entry
  ADD CONSTRAINT ledger_entry_moves_money CHECK (amount_minor <> 0),
  ADD CONSTRAINT ledger_entry_currency_form CHECK (currency ~ '^[a-z]{3}$'),
  ADD CONSTRAINT ledger_entry_id_is_derived CHECK (id = transaction || ':' || account::text);

-- What was booked stays booked: a mistake is set right by further entries.
CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only: book a further transaction instead of % of entries', lower(TG_OP);
END
$$;
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();

-- A transaction is written whole, by one statement, and sums to zero.
CREATE FUNCTION ledger_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  unbalanced text;
BEGIN
  SELECT transaction INTO unbalanced FROM written
   GROUP BY transaction HAVING sum(amount_minor) <> 0 OR count(DISTINCT currency) > 1 OR count(DISTINCT order_id) > 1 LIMIT 1;
  IF unbalanced IS NOT NULL THEN
    RAISE EXCEPTION 'ledger transaction % does not balance', unbalanced;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER ledger_entry_balances AFTER INSERT ON ledger_entry
  REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ledger_balances();
