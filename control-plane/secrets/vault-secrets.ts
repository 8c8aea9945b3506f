// Keys in a company's Vault or OpenBao: one path a key in KV version 2, and the key that signs the log in Transit, which
// never gives it away. What was read is held in memory: a Vault that is sealed, slow or gone stops no request for its
// keys; only what must be signed or rotated waits for it. May import errors.ts and its own room.

import { createPublicKey, randomBytes, verify } from 'node:crypto';
import * as z from 'zod';
import { fail } from '../errors.ts';
import { formatHistory, keyHistorySchema, parseHistory } from './key-history.ts';
import {
  followedBy,
  type KeyHistory,
  type Keyring,
  KeyringSecrets,
  type KeyStore,
  makeKey,
  nextKey,
  type StoredKey,
  signerOf,
  versionsOf,
} from './keyring.ts';
import { type Endorse, type RotatingSecrets, SECRET_NAMES, type SecretName } from './secrets.ts';
import { openVaultClient, type VaultAddress, VaultRefusal } from './vault-client.ts';
import { strange, VaultSession, type VaultSignIn } from './vault-session.ts';

export interface VaultPlace extends VaultAddress {
  readonly signIn: VaultSignIn;
  /** Mount of KV version 2. */
  readonly kvMount: string;
  /** Folder of our keys in it. */
  readonly path: string;
  readonly transitMount: string;
  /** Name of the key that signs the log. */
  readonly transitKey: string;
}

export interface VaultOptions {
  /** False: keys that are not there are an error. */
  readonly make?: boolean;
  readonly log?: (message: string) => void;
}

export interface VaultSecrets extends RotatingSecrets {
  stop(): Promise<void>;
}

/** @throws AppError `secret_unavailable` within 2 s a call where Vault cannot give the keys: a process starts with all of them. */
export async function openVaultSecrets(place: VaultPlace, options: VaultOptions = {}): Promise<VaultSecrets> {
  const { log } = options;
  const client = openVaultClient(place);
  const session = new VaultSession({ client, signIn: place.signIn, ...(log === undefined ? {} : { log }) });
  const store = new VaultStore(place, session);
  try {
    if (options.make !== false) await store.found();
    const secrets = new KeyringSecrets(await store.load(), store);
    return Object.assign(secrets, { stop: () => session.stop() });
  } catch (error) {
    await session.stop();
    throw error;
  }
}

const kvAnswer = z.object({
  data: z.object({ data: z.unknown(), metadata: z.object({ version: z.int().min(1) }) }),
});
const signingVersion = z.strictObject({
  id: z.string(),
  version: z.int().min(1),
  endorsement: z.string().optional(),
});
const signingDocument = z.strictObject({ key: z.string(), versions: z.array(signingVersion).min(1) });
const transitAnswer = z.object({
  data: z.object({
    type: z.literal('ed25519'),
    keys: z.record(z.string(), z.object({ public_key: z.base64().length(44) })),
  }),
});
const signAnswer = z.object({ data: z.object({ signature: z.string().regex(/^vault:v\d+:[A-Za-z0-9+/=]+$/) }) });
const rotatedAnswer = z.object({ data: z.object({ latest_version: z.int().min(1) }) });

interface Document {
  readonly data: unknown;
  /** Of the path in KV; 0 where nothing is there. */
  readonly version: number;
}

class VaultStore implements KeyStore {
  readonly kind = 'vault';
  readonly #place: VaultPlace;
  readonly #session: VaultSession;

  constructor(place: VaultPlace, session: VaultSession) {
    this.#place = place;
    this.#session = session;
  }

  problem(): string | undefined {
    return this.#session.problem;
  }

  /** Makes what is missing. Of several that do so at once, the first one's keys are everybody's. */
  async found(): Promise<void> {
    for (const name of SECRET_NAMES) {
      if ((await this.#read(name)).version > 0) continue;
      const document = name === 'log-signing' ? await this.#firstSigningKey() : formatHistory(makeKey(name));
      await this.#write(name, document, 0).catch((error: unknown) => {
        if (!(error instanceof VaultRefusal && error.isConflict)) throw error;
      });
    }
  }

  async load(): Promise<Keyring> {
    const entries = await Promise.all(
      SECRET_NAMES.map(async (name) => [name, name === 'log-signing' ? await this.#signing() : await this.#key(name)]),
    );
    return Object.fromEntries(entries) as Keyring;
  }

  async add(name: SecretName, current: KeyHistory, endorse: Endorse): Promise<void> {
    const { version } = await this.#read(name);
    const held = name === 'log-signing' ? await this.#signing() : await this.#key(name);
    if (held.id !== current.id) throw rotatedElsewhere(name);
    const document =
      name === 'log-signing'
        ? await this.#nextSigningKey(held, endorse)
        : formatHistory(followedBy(held, await nextKey(name, held, endorse)));
    await this.#write(name, document, version).catch((error: unknown) => {
      throw error instanceof VaultRefusal && error.isConflict ? rotatedElsewhere(name) : error;
    });
  }

  async sign({ version, publicKey }: StoredKey, message: Uint8Array): Promise<Uint8Array> {
    const { transitMount, transitKey } = this.#place;
    const answer = await this.#session.call({
      method: 'POST',
      path: `${transitMount}/sign/${transitKey}`,
      body: { input: Buffer.from(message).toString('base64'), key_version: version },
    });
    const parsed = signAnswer.safeParse(answer);
    const signature = Buffer.from(parsed.data?.data.signature.split(':')[2] ?? '', 'base64');
    // A signature that nobody can verify must not enter the log.
    if (publicKey === undefined || !verify(null, message, spki(publicKey), signature)) throw strange();
    return signature;
  }

  async #key(name: SecretName): Promise<KeyHistory> {
    const { data, version } = await this.#read(name);
    if (version === 0) throw missing(this.#pathOf(name));
    const parsed = keyHistorySchema.safeParse(data);
    if (!parsed.success) throw damaged(this.#pathOf(name));
    return parseHistory(parsed.data);
  }

  async #signing(): Promise<KeyHistory> {
    const { data, version } = await this.#read('log-signing');
    if (version === 0) throw missing(this.#pathOf('log-signing'));
    const parsed = signingDocument.safeParse(data);
    if (!parsed.success || parsed.data.key !== this.#place.transitKey) throw damaged(this.#pathOf('log-signing'));
    const publicKeys = await this.#publicKeys();
    const [current, ...former] = parsed.data.versions.map((entry): StoredKey => {
      const publicKey = publicKeys.get(entry.version);
      if (publicKey === undefined) throw missing(`${this.#place.transitMount}/keys/${this.#place.transitKey}`);
      const { endorsement, ...rest } = entry;
      return { ...rest, bytes: NO_BYTES, publicKey, ...(endorsement === undefined ? {} : { endorsement }) };
    });
    if (current === undefined) throw damaged(this.#pathOf('log-signing'));
    return { ...current, ...(former.length === 0 ? {} : { former }) };
  }

  async #firstSigningKey(): Promise<unknown> {
    const { transitMount, transitKey } = this.#place;
    const path = `${transitMount}/keys/${transitKey}`;
    await this.#session.call({ method: 'POST', path, body: { type: 'ed25519', exportable: false } });
    const version = Math.max(...(await this.#publicKeys()).keys());
    return { key: transitKey, versions: [{ id: newId(), version }] };
  }

  /** Transit makes the next version, both sign, and only then does the document say that it is the current one. */
  async #nextSigningKey(held: KeyHistory, endorse: Endorse): Promise<unknown> {
    const { transitMount, transitKey } = this.#place;
    const path = `${transitMount}/keys/${transitKey}/rotate`;
    const rotated = rotatedAnswer.safeParse(await this.#session.call({ method: 'POST', path, body: {} }));
    const publicKeys = await this.#publicKeys();
    // Vault answers a rotation with nothing, OpenBao with the key.
    const version = rotated.data?.data.latest_version ?? Math.max(...publicKeys.keys());
    const publicKey = publicKeys.get(version);
    if (publicKey === undefined || version <= held.version) throw strange();
    const next = { id: newId(), version, bytes: NO_BYTES, publicKey };
    const signs = this.sign.bind(this);
    const endorsement = await endorse(signerOf(held, signs), signerOf(followedBy(held, next), signs));
    const entries = versionsOf(followedBy(held, { ...next, endorsement }));
    return { key: transitKey, versions: entries.map(({ bytes: _none, publicKey: _public, ...entry }) => entry) };
  }

  async #publicKeys(): Promise<ReadonlyMap<number, Uint8Array>> {
    const { transitMount, transitKey } = this.#place;
    const path = `${transitMount}/keys/${transitKey}`;
    let answer: unknown;
    try {
      answer = await this.#session.call({ method: 'GET', path });
    } catch (error) {
      throw error instanceof VaultRefusal ? missing(path) : error;
    }
    const parsed = transitAnswer.safeParse(answer);
    if (!parsed.success) throw damaged(path);
    const entries = Object.entries(parsed.data.data.keys);
    return new Map(entries.map(([version, key]) => [Number(version), Buffer.from(key.public_key, 'base64')]));
  }

  async #read(name: SecretName): Promise<Document> {
    const path = this.#pathOf(name);
    let answer: unknown;
    try {
      answer = await this.#session.call({ method: 'GET', path });
    } catch (error) {
      if (error instanceof VaultRefusal && error.status === 404) return { data: undefined, version: 0 };
      throw error;
    }
    const parsed = kvAnswer.safeParse(answer);
    if (!parsed.success) throw damaged(path);
    return { data: parsed.data.data.data, version: parsed.data.data.metadata.version };
  }

  async #write(name: SecretName, data: unknown, version: number): Promise<void> {
    await this.#session.call({
      method: 'POST',
      path: this.#pathOf(name),
      body: { options: { cas: version }, data },
    });
  }

  #pathOf(name: SecretName): string {
    return `${this.#place.kvMount}/data/${this.#place.path}/${name}`;
  }
}

const NO_BYTES = new Uint8Array();
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

function spki(publicKey: Uint8Array) {
  return createPublicKey({ key: Buffer.concat([SPKI_HEAD, publicKey]), format: 'der', type: 'spki' });
}

function newId(): string {
  return `log-signing-${randomBytes(4).toString('hex')}`;
}

function missing(path: string) {
  return fail('secret_unavailable', {
    detail: `Vault has no ${path}.`,
    remedy:
      'Check the mounts and INTRAMUROS_VAULT_PATH. A process that joins others makes no keys: start the first one first.',
  });
}

function damaged(path: string) {
  return fail('secret_unavailable', {
    detail: `What Vault holds at ${path} is not what Intramuros wrote there.`,
    remedy: 'Bring its last good version back: "vault kv rollback". New keys would make old records unverifiable.',
  });
}

function rotatedElsewhere(name: string) {
  return fail('secret_unavailable', {
    detail: `Another process is rotating ${name}, or has just done so.`,
    remedy: 'Look at "intramuros secret list" and try again.',
  });
}
