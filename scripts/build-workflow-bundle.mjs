/** dist/workflow-bundle.js from dist/workflows: workers start seconds sooner with it. */
import { buildWorkflowBundle } from '../dist/src/worker/workflow-bundle.js';

console.log(await buildWorkflowBundle());
