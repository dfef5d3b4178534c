import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/**
 * Bundles the workflow code of a directory from its sources, in its own language: without what older engines need, so
 * that each branch of the bundle is one of the source.
 * @param {string} dir holds `workflows/` and `contract/`, and finds packages
 * @param {string} file where the bundle goes
 */
export async function bundleSources(dir, file) {
  const { code } = await bundleWorkflowCode({
    workflowsPath: path.join(dir, 'workflows', 'index.ts'),
    workflowInterceptorModules: [path.join(dir, 'workflows', 'trace-carrier.ts')],
    logger: new DefaultLogger('WARN'),
    webpackConfigHook: (config) => {
      for (const rule of config.module?.rules ?? [])
        if (rule && typeof rule === 'object' && typeof rule.use === 'object' && rule.use && 'options' in rule.use)
          rule.use.options = { sourceMap: true, jsc: { target: 'es2022', parser: { syntax: 'typescript' } } };
      return config;
    },
  });
  writeFileSync(file, code);
}
