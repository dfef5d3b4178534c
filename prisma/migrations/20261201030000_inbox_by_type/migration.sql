-- Operators list events of a type, newest first. CONCURRENTLY, as webhooks must go on while it is built; hence alone in its file.
CREATE INDEX CONCURRENTLY IF NOT EXISTS "webhook_inbox_type_received_at_event_id_idx" ON "webhook_inbox"("type", "received_at" DESC, "event_id");
