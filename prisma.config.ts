import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma/config';

// The CLI spawns a native schema engine that it would have to download; ours speaks the same protocol over the
// WebAssembly engine that npm carries, so `generate` and `migrate` need no network. Set before the engine is resolved.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= fileURLToPath(
  new URL('./prisma/engine/schema-engine.mjs', import.meta.url),
);

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations', seed: 'node dist/prisma/seed.js' },
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://localhost:5432/holdfast' },
});
