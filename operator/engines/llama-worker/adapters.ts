// LoRA adapters of the worker. llama.cpp applies adapters to a whole context, not to a sequence, and a context of its own
// for each adapter would cost the cache of all slots once more. So there is one context, and the adapters take turns:
// whatever computes does so inside a turn of its adapter, steps of the same one go into one batch, and between two turns
// the context is switched. No step is ever computed with another's adapter; a cached prefix belongs to the adapter that
// computed it (slots.ts keeps them apart by salt). Imports: wire-error.
import type { LlamaContext } from 'node-llama-cpp';
import { WireError } from './wire-error.ts';

/** What a request asks for: an adapter by its place in the list, applied with a strength. */
export interface Lora {
  readonly id: number;
  readonly scale: number;
}

/** The one thing that is needed of the library and not in its types (3.21.1, pinned): it sets the adapters of a context. */
interface AdaptableContext {
  _setLoras?(adapters: readonly { readonly filePath: string; readonly scale: number }[]): Promise<void>;
}

/** The key of no request. */
const UNKNOWN = 'unknown';

interface Waiter {
  readonly key: string;
  readonly lora: Lora | undefined;
  readonly enter: () => void;
  readonly refuse: (error: Error) => void;
}

export class Adapters {
  readonly #context: AdaptableContext;
  readonly #files: readonly string[];
  readonly #loaded: ReadonlySet<number>;
  readonly #waiting: Waiter[] = [];
  #current = '';
  #inside = 0;
  #switching = false;

  private constructor(context: AdaptableContext, files: readonly string[], loaded: ReadonlySet<number>) {
    this.#context = context;
    this.#files = files;
    this.#loaded = loaded;
  }

  /** Loads each by itself; `onFailure` is told of those that cannot be, which are then not offered. */
  static async load(
    context: LlamaContext,
    files: readonly string[],
    onFailure: (file: string, error: unknown) => void,
  ): Promise<Adapters> {
    const adaptable = context as unknown as AdaptableContext;
    const loaded = new Set<number>();
    for (const [id, filePath] of files.entries()) {
      try {
        if (adaptable._setLoras === undefined) throw new Error('the library sets no adapters');
        await adaptable._setLoras([{ filePath, scale: 1 }]);
        loaded.add(id);
      } catch (error) {
        onFailure(filePath, error);
      }
    }
    await adaptable._setLoras?.([]);
    return new Adapters(adaptable, files, loaded);
  }

  /** As llama-server lists them; applied to no request by themselves. */
  list(): { id: number; path: string; scale: number }[] {
    return [...this.#loaded].map((id) => ({ id, path: this.#files[id] ?? '', scale: 0 }));
  }

  /** Throws 400 for an adapter that is not loaded. */
  check(lora: Lora | undefined): void {
    if (lora === undefined || this.#loaded.has(lora.id)) return;
    throw new WireError(400, 'invalid_value', 'lora[0].id: no adapter of this number is loaded', 'lora[0].id');
  }

  /** Runs one step of computation with this adapter, or with none. */
  async turn<T>(lora: Lora | undefined, step: () => Promise<T>): Promise<T> {
    await this.#enter(lora);
    try {
      return await step();
    } finally {
      this.#inside -= 1;
      if (this.#inside === 0) this.#next();
    }
  }

  async #enter(lora: Lora | undefined): Promise<void> {
    const key = adapterKey(lora);
    // Whoever comes while others wait for another adapter waits too, or they would wait for ever.
    if (key === this.#current && this.#waiting.length === 0 && !this.#switching) {
      this.#inside += 1;
      return;
    }
    const turn = new Promise<void>((enter, refuse) => this.#waiting.push({ key, lora, enter, refuse }));
    if (this.#inside === 0 && !this.#switching) this.#next();
    await turn;
  }

  /** Lets in all that wait for the adapter of the first in the queue. */
  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined || this.#switching) return;
    const admitted = this.#waiting.filter(({ key }) => key === first.key);
    const rest = this.#waiting.filter(({ key }) => key !== first.key);
    this.#waiting.splice(0, this.#waiting.length, ...rest);
    if (first.key === this.#current) this.#admit(admitted);
    else void this.#switch(first, admitted);
  }

  #admit(waiters: readonly Waiter[]): void {
    this.#inside += waiters.length;
    for (const { enter } of waiters) enter();
  }

  async #switch({ key, lora }: Waiter, admitted: readonly Waiter[]): Promise<void> {
    this.#switching = true;
    try {
      await this.#apply(lora);
      this.#switching = false;
      this.#current = key;
      this.#admit(admitted);
    } catch (error) {
      this.#switching = false;
      // What the context holds now is not known: whoever comes next sets it anew.
      this.#current = UNKNOWN;
      for (const { refuse } of admitted) refuse(error as Error);
      this.#next();
    }
  }

  async #apply(lora: Lora | undefined): Promise<void> {
    const file = lora === undefined ? undefined : this.#files[lora.id];
    await this.#context._setLoras?.(
      lora === undefined || file === undefined ? [] : [{ filePath: file, scale: lora.scale }],
    );
  }
}

/** Two requests compute alike, and may share what they computed, only under the same key. */
export function adapterKey(lora: Lora | undefined): string {
  return lora === undefined ? '' : `${lora.id} ${lora.scale}`;
}
