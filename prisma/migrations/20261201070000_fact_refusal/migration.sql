-- A fact that Kafka does not take: it stays in the outbox, and the later facts of its key wait behind it.
CREATE TABLE "fact_refusal" (
    "event_id" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "refused_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "next_attempt_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "fact_refusal_pkey" PRIMARY KEY ("event_id")
);
