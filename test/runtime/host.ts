// A process that hosts an operator, to be killed by tests: reads its case from argv, prints `up {"pids":[...]}` when all
// Models are ready, stops on SIGTERM.
import { chooseEngine } from '../../operator/engines/engines.ts';
import { scriptedEngine } from './scripted-engine.ts';
import { openStage } from './stage.ts';

const [, , engineName = '', replicas = '1', weights = ''] = process.argv;

const stage = await openStage({ engines: [engineName === 'scripted' ? scriptedEngine() : chooseEngine({})] });
await stage.apply('a', { source: { uri: `file://${weights}` }, replicas: Number(replicas) });
await stage.until('a', 'RolloutComplete', 'True', { reason: 'AllReplicasCurrent', withinMs: 60_000 });
process.on('SIGTERM', () => {
  void stage[Symbol.asyncDispose]().then(() => process.exit(0));
});
console.log(`up ${JSON.stringify({ pids: stage.operator.runtime.processes('default/a') })}`);
