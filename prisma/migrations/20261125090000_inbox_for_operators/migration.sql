-- An operator puts a row back: from then on it waits anew, however long ago it came.
ALTER TABLE "webhook_inbox" ADD COLUMN "retried_at" TIMESTAMPTZ(3);

-- CreateIndex
CREATE INDEX "webhook_inbox_received_at_event_id_idx" ON "webhook_inbox"("received_at" DESC, "event_id");

-- What stands in front of a person: few rows among many. Prisma's schema cannot say it.
CREATE INDEX webhook_inbox_for_a_person ON webhook_inbox (state) WHERE state IN ('UNMATCHED', 'DEAD');

-- What is done to an event that is no order's is written down as well. The audit outlives the inbox: no foreign key.
ALTER TABLE "operator_action" ALTER COLUMN "order_id" DROP NOT NULL, ADD COLUMN "event_id" TEXT;
ALTER TABLE operator_action ADD CONSTRAINT operator_action_is_about_something CHECK (order_id IS NOT NULL OR event_id IS NOT NULL);

-- CreateIndex
CREATE INDEX "operator_action_event_id_idx" ON "operator_action"("event_id");
