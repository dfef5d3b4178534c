-- Which processes serve a service now, so that the limits on requests hold for all of them together. Nobody misses it after a
-- crash: each process writes its row anew every two seconds.
CREATE UNLOGGED TABLE "replica" (
    "id" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "replica_pkey" PRIMARY KEY ("id")
);
CREATE UNLOGGED TABLE "orders_desk"."replica" (
    "id" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "replica_pkey" PRIMARY KEY ("id")
);
CREATE UNLOGGED TABLE "products_desk"."replica" (
    "id" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "replica_pkey" PRIMARY KEY ("id")
);
GRANT SELECT, INSERT, UPDATE, DELETE ON orders_desk.replica TO holdfast_orders;
GRANT SELECT, INSERT, UPDATE, DELETE ON products_desk.replica TO holdfast_products;
