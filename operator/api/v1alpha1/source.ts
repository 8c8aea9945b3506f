// Where a file is and how to know that it is the right one: the same two fields for weights and for adapters, each with
// sentences that name its own path. Imports zod and the api room.
import * as z from 'zod';
import { matches, or, self } from '../rule.ts';
import { withRules } from '../schema.ts';

// One segment of a path: not empty, not `.` or `..`; spaces and the like are percent-encoded, as in every URI.
const PLAIN = '(?:[^./\\x00-\\x20%?#]|%[0-9A-Fa-f]{2})';
const ANY = '(?:[^/\\x00-\\x20%?#]|%[0-9A-Fa-f]{2})';
const SEGMENT = `(?:${PLAIN}${ANY}*|[.]${PLAIN}${ANY}*|[.][.]${ANY}+)`;
const FILE_URI = `^file:///?${SEGMENT}(?:/${SEGMENT})*$`;
const BUNDLED_URI = '^bundled://[a-z0-9]([-a-z0-9]*[a-z0-9])?$';

export interface SourceWords {
  /** Path of the field in the resource: `spec.source`. */
  readonly path: string;
  /** What the file is: `weights`. */
  readonly what: string;
  /** A name that comes with the product, for the remedy. */
  readonly bundled: string;
  readonly description: string;
}

export function sourceSchema({ path, what, bundled, description }: SourceWords) {
  const uri = withRules(
    z
      .string()
      .max(2048)
      .meta({
        description: `Where the ${what} are: file:///absolute/path.gguf, file://path/in/the/models/folder.gguf, or bundled://NAME for what comes with the product.`,
      }),
    {
      holds: or(matches(self, FILE_URI), matches(self, BUNDLED_URI)),
      field: '',
      message: `${path}.uri must be a file:// or bundled:// address without empty, . or .. parts`,
      remedy: `write file:///absolute/path.gguf, file://path-in-models-folder.gguf or bundled://${bundled}`,
    },
  );
  const digest = withRules(
    z
      .string()
      .max(128)
      .meta({
        description: `SHA-256 of the ${what} file. When given, the file is used only after it was found to match.`,
      }),
    {
      holds: matches(self, '^sha256:[0-9a-f]{64}$'),
      field: '',
      message: `${path}.digest must be sha256: and 64 lower-case hexadecimal digits`,
      remedy: 'write sha256: followed by what sha256sum prints for the file, or leave the field out',
    },
  );
  return z.strictObject({ uri, digest: digest.optional() }).meta({ description });
}
