// The Runtime of one machine: every workload is a set of supervised engine processes. Knows of no database and no
// gateway. May import: operator/api, operator/planning, operator/engines (types), operator/kube.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ObservedWorkload, Runtime, Workload } from '../../api/ports.ts';
import type { Engine } from '../../engines/engine.ts';
import { freePort } from './free-port.ts';
import { type Machine, thisMachine } from './machine.ts';
import { endOrphans } from './orphans.ts';
import { DEFAULT_TIMING, Replica, type ReplicaTiming } from './replica.ts';

export interface LocalRuntimeDependencies {
  readonly engines: readonly Engine[];
  /** What engines ask for on /v1/*. */
  readonly bearer: string;
  readonly threads: number;
  /** The little of the environment that engines get: PATH, HOME, locale. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where `<namespace>.<model>-<n>.log` goes; without it only the last lines are kept, in memory. */
  readonly logFolder?: string;
  readonly machine?: Machine;
  readonly choosePort?: () => Promise<number>;
  readonly timing?: Partial<ReplicaTiming>;
}

interface Group {
  workload: Workload;
  readonly replicas: Map<number, Replica>;
  readonly draining: Set<Replica>;
}

export class LocalRuntime implements Runtime {
  readonly endsWithUs = true;
  readonly #deps: LocalRuntimeDependencies;
  readonly #groups = new Map<string, Group>();
  readonly #listeners = new Set<(owner: string) => void>();
  #stopping = false;

  constructor(deps: LocalRuntimeDependencies) {
    this.#deps = deps;
  }

  /** Ends engines that an earlier life of the product could not take with it. Returns how many. */
  start(): number {
    return this.#deps.logFolder === undefined ? 0 : endOrphans(this.#deps.logFolder);
  }

  async observe(owner: string): Promise<readonly ObservedWorkload[]> {
    return this.#of(owner).map(({ workload, replicas, draining }) => ({
      workload,
      replicas: [...replicas.values(), ...draining].map((replica) => replica.observe()),
    }));
  }

  async owners(): Promise<readonly string[]> {
    return [...new Set([...this.#groups.values()].map(({ workload }) => workload.owner))];
  }

  async apply(owner: string, workloads: readonly Workload[]): Promise<void> {
    if (this.#stopping) return;
    const wanted = new Map(workloads.map((workload) => [workload.key, workload]));
    for (const group of this.#of(owner)) if (!wanted.has(group.workload.key)) this.#scale(group, 0);
    for (const workload of workloads) {
      const group = this.#groups.get(workload.key) ?? { workload, replicas: new Map(), draining: new Set() };
      this.#groups.set(workload.key, group);
      group.workload = workload;
      this.#scale(group, workload.replicas);
    }
  }

  changes(onChange: (owner: string) => void): () => void {
    this.#listeners.add(onChange);
    return () => this.#listeners.delete(onChange);
  }

  /** Ends all processes and takes no more work. Resolves when none is left. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.clear();
  }

  /** Ends all processes at once: SIGTERM, then SIGKILL. Resolves when none is left. */
  async clear(): Promise<void> {
    const all = [...this.#groups.values()].flatMap(({ replicas, draining }) => [...replicas.values(), ...draining]);
    await Promise.all(all.map((replica) => replica.stop()));
    this.#groups.clear();
  }

  /** Process groups that run for an owner now. */
  processes(owner: string): number[] {
    return this.#of(owner).flatMap(({ replicas, draining }) =>
      [...replicas.values(), ...draining].flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
    );
  }

  #of(owner: string): Group[] {
    return [...this.#groups.values()].filter(({ workload }) => workload.owner === owner);
  }

  #scale(group: Group, replicas: number): void {
    for (let index = 0; index < replicas; index += 1) {
      if (!group.replicas.has(index)) group.replicas.set(index, this.#start(group.workload, index));
    }
    for (const [index, replica] of group.replicas) {
      if (index < replicas) continue;
      group.replicas.delete(index);
      group.draining.add(replica);
      void replica.drain().then(() => this.#forget(group, replica));
    }
  }

  #start(workload: Workload, index: number): Replica {
    const { engines, bearer, threads, environment, machine = thisMachine, choosePort = freePort, timing } = this.#deps;
    const engine = engines.find(({ name }) => name === workload.launch.engine);
    if (engine === undefined) throw new Error(`no engine is called ${workload.launch.engine}`);
    const replica = new Replica(workload, index, {
      engine,
      bearer,
      threads,
      environment,
      machine,
      choosePort,
      logPath: this.#logPath(workload, index),
      noteFolder: this.#deps.logFolder,
      timing: { ...DEFAULT_TIMING, ...timing },
      onChange: () => this.#tell(workload.owner),
    });
    replica.start();
    return replica;
  }

  #logPath({ owner }: Workload, index: number): string | undefined {
    const { logFolder } = this.#deps;
    if (logFolder === undefined) return undefined;
    mkdirSync(logFolder, { recursive: true, mode: 0o700 });
    return join(logFolder, `${owner.replace('/', '.')}-${index}.log`);
  }

  #forget(group: Group, replica: Replica): void {
    group.draining.delete(replica);
    if (group.replicas.size === 0 && group.draining.size === 0 && this.#groups.get(group.workload.key) === group) {
      this.#groups.delete(group.workload.key);
    }
    this.#tell(group.workload.owner);
  }

  #tell(owner: string): void {
    for (const listener of this.#listeners) listener(owner);
  }
}
