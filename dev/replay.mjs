import { parseArgs } from 'node:util';
import { main } from './main.mjs';

/**
 * `npm run replay`: does the workflow code of this checkout still write every recorded history? `-- --coverage` also says
 * which of its lines and branches they take. `-- --from-server [--query "…"]` asks the same of what stands on a server.
 */
await main(async () => {
  const { values } = parseArgs({
    options: { coverage: { type: 'boolean' }, 'from-server': { type: 'boolean' }, query: { type: 'string' } },
  });
  const { coverage, 'from-server': fromServer, query } = values;
  if (query !== undefined && !fromServer) throw new Error('--query asks a server: give --from-server as well.');
  if (coverage && fromServer) throw new Error('--coverage measures the recorded histories: leave out --from-server.');
  if (fromServer) {
    const { readSettings } = await import('./stack/settings.mjs');
    const { runService } = await import('./stack/run-service.mjs');
    return runService('replay', readSettings(), query === undefined ? [] : ['--query', query]);
  }
  const { setUp } = await import('./setup/index.mjs');
  await setUp();
  const { showReplay } = await import('./replay/show.mjs');
  return showReplay({ coverage: coverage ?? false });
});
