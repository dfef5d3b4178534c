/** Tells the world, as Stripe's events do; an update may tell what the changed fields were before. */
export type Emit = (type: string, object: Record<string, unknown>, previousAttributes?: object) => void;
