import { DefaultLogger, Runtime } from '@temporalio/worker';

// What fails on purpose would fill the screen; what fails by mistake fails its test.
Runtime.install({ logger: new DefaultLogger('ERROR') });
