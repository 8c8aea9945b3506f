import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileTemplate } from './bounded-template.ts';
import { createChatTemplate } from './chat-template.ts';
import { WireError } from './wire-error.ts';

const LONG = process.env['INTRAMUROS_TEST_LONG'] === '1';

const BOMBS: Readonly<Record<string, string>> = {
  'loops for ever': '{% for i in range(1000000000) %}x{% endfor %}',
  'doubles a text': `{% set n = namespace(t='x') %}{% for i in range(80) %}{% set n.t = n.t ~ n.t %}{% endfor %}{{ n.t }}`,
  ...(LONG
    ? {
        'loops in loops': '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}',
        'doubles a list': '{% set n = namespace(l=[1]) %}{% for i in range(80) %}{% set n.l = n.l + n.l %}{% endfor %}',
      }
    : {}),
};

describe('a chat template from a file', () => {
  it('makes text of a conversation', () => {
    const template = compileTemplate('{% for m in messages %}[{{ m.role }}] {{ m.content }}{% endfor %}');
    assert.equal(template.render({ messages: [{ role: 'user', content: 'a' }] }), '[user] a');
  });

  for (const [name, text] of Object.entries(BOMBS)) {
    it(`that ${name} is ended, and the next one runs`, () => {
      const startedAt = performance.now();
      const before = process.memoryUsage().rss;
      assert.throws(
        () => compileTemplate(text).render({}),
        /does not end|too long|Invalid string length|Invalid array/,
      );
      assert.ok(performance.now() - startedAt < 20_000);
      assert.ok(process.memoryUsage().rss - before < 2 * 2 ** 30);
      assert.equal(compileTemplate('{{ 1 + 1 }}').render({}), '2');
    });
  }

  it('that nests without end, is endless or is no template is refused with its reason, not a crash', () => {
    assert.throws(() => compileTemplate(`{{ ${'('.repeat(50_000)}1${')'.repeat(50_000)} }}`), /call stack/);
    assert.throws(() => compileTemplate('x'.repeat(300_000)), /longer than/);
    assert.throws(() => compileTemplate('{% for %}'));
  });

  it('that cannot be used refuses chats, whereas the model may still complete text', () => {
    const source = { text: '{% if %}', bos: '', eos: '', controls: new Map<string, number>() };
    const chat = createChatTemplate(source, () => []);
    assert.equal(chat.rendersTools, false);
    assert.throws(
      () => chat.prompt([], undefined),
      (error: unknown) => error instanceof WireError && error.status === 400 && /cannot be used/.test(error.message),
    );
  });
});
