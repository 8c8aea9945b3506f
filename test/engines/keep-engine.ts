// A parent for the lifeline tests: starts an engine, says where it is, and waits to be killed.
import { chooseEngine } from '../../operator/engines/engines.ts';
import { startEngine } from './engine-process.ts';

const [weights = '', llamaServerPath = ''] = process.argv.slice(2);
const engine = await startEngine(weights, { engine: chooseEngine({ llamaServerPath }) });
process.stdout.write(`${JSON.stringify({ pid: engine.pid, port: engine.port })}\n`);
setInterval(() => undefined, 60_000);
