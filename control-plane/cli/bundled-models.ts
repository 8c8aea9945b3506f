// The models and adapters that come with the product: name and file. Imports the configuration's package folder.

import { join } from 'node:path';
import { PACKAGE_FOLDER } from '../config.ts';

export const BUNDLED_MODEL = 'clinical-extraction';

/** A LoRA adapter for it, as an example; no Model uses it unless its spec.adapters names it. */
export const BUNDLED_ADAPTER = 'discharge-letter';

export const BUNDLED_MODELS: Readonly<Record<string, string>> = Object.fromEntries(
  [BUNDLED_MODEL, BUNDLED_ADAPTER].map((name) => [name, join(PACKAGE_FOLDER, `control-plane/models/${name}.gguf`)]),
);
