// The typed error of the audit formats: what a byte string that should be a note, a checkpoint, a tile, a proof or a
// record did wrong. The room has an error class of its own, so that the offline verifier needs nothing else of the
// product; callers turn it into their own dialect by `code`, never by the text.
// May import: nothing.

export type FormatErrorCode =
  | 'base64_invalid'
  | 'bundle_invalid'
  | 'checkpoint_invalid'
  | 'json_invalid'
  | 'key_invalid'
  | 'manifest_invalid'
  | 'note_invalid'
  | 'proof_invalid'
  | 'record_invalid'
  | 'record_not_canonical'
  | 'record_too_large'
  | 'signature_invalid'
  | 'signature_missing'
  | 'tile_invalid';

/** An expected failure of reading or writing one of the formats; `path` names the field where there is one. */
export class FormatError extends Error {
  readonly code: FormatErrorCode;
  readonly path: string | undefined;

  constructor(code: FormatErrorCode, detail: string, path?: string) {
    super(path === undefined ? detail : `${path}: ${detail}`);
    this.name = 'FormatError';
    this.code = code;
    this.path = path;
  }
}
