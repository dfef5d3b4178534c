import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Bundles the compiled workflow code once, at build time, so that no worker start pays for it. */
const { code } = await bundleWorkflowCode({
  workflowsPath: path('../workflows/index.js'),
  workflowInterceptorModules: [path('../workflows/trace-carrier.js')],
});
await writeFile(path('../workflow-bundle.js'), code);
