import type { Recogniser } from './recogniser.ts';

const BEGIN = /-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----/y;
const BODY = /(?:[A-Za-z0-9+/=\s\\:,.]|-(?!-)){0,16000}-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----/y;
const CUT_BODY = /(?:[ ]?(?:\r?\n|\\n)[A-Za-z0-9+/=]{1,80}){1,400}/y;

export const secretPem: Recogniser = {
  name: 'secret-pem',
  type: 'SECRET',
  finds: 'private keys in PEM, also when their end is cut off or their lines are joined by \\n',
  checks: 'RFC 7468 markers',
  triggers: { prefixes: ['BEGIN'] },
  maxLength: 32_100,
  match(text, at) {
    const start = at - 5;
    if (start < 0) return undefined;
    BEGIN.lastIndex = start;
    const begin = BEGIN.exec(text);
    if (begin === null) return undefined;
    const from = start + begin[0].length;
    for (const body of [BODY, CUT_BODY]) {
      body.lastIndex = from;
      const match = body.exec(text);
      if (match !== null) return { start, end: from + match[0].length, score: 0.99 };
    }
    return { start, end: from, score: 0.9 };
  },
};
