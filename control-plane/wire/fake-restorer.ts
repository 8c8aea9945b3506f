// A restorer for the tests of this room: stand-ins are `<A>` to `<Z>`, and everything after an open `<` is held back.
// What the real one knows of surrogates is not wire's business.

import type { Restorer } from './answer.ts';
import type { AnswerMode } from './answer-fields.ts';

export function fakeRestorer(values: Readonly<Record<string, string>>): (mode: AnswerMode) => Restorer {
  return (mode) => {
    let held = '';
    const write = (value: string): string => (mode === 'json' ? JSON.stringify(value).slice(1, -1) : value);
    return {
      push(piece) {
        const text = (held + piece).replace(/<([A-Z])>/g, (all, key: string) =>
          values[key] === undefined ? all : write(values[key]),
        );
        const open = /<[A-Z]?$/.exec(text)?.index ?? text.length;
        held = text.slice(open);
        return text.slice(0, open);
      },
      end() {
        const rest = held;
        held = '';
        return rest;
      },
    };
  };
}
