// The models that come with the product: name and weights. Imports the configuration's package folder.

import { join } from 'node:path';
import { PACKAGE_FOLDER } from '../config.ts';

export const BUNDLED_MODEL = 'clinical-extraction';

export const BUNDLED_MODELS: Readonly<Record<string, string>> = {
  [BUNDLED_MODEL]: join(PACKAGE_FOLDER, `control-plane/models/${BUNDLED_MODEL}.gguf`),
};
