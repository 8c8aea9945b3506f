// The exit codes by which the worker tells its parent why it ended. Node itself uses 1 to 13 and 128 and above.
// Imports nothing: both the worker and the engine file that launches it read this table.

export const EXIT_CODES = {
  stopped: 0,
  missingFile: 40,
  corruptFile: 41,
  unknownArchitecture: 42,
  portTaken: 43,
  outOfMemory: 44,
  invalidArguments: 45,
  unsupportedFile: 46,
  contextTooLong: 47,
  loadFailed: 48,
  lifelineClosed: 49,
} as const;
