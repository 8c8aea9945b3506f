// A parent for the lifeline test: starts an engine, says where it is, and waits to be killed.
import { startEngine } from './engine-process.ts';

const [weights = ''] = process.argv.slice(2);
const engine = await startEngine(weights);
process.stdout.write(`${JSON.stringify({ pid: engine.pid, port: engine.port })}\n`);
setInterval(() => undefined, 60_000);
