import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headProblem } from './http-head.ts';

const HOST = ['Host', 'a'];

test('a plain head passes, whatever else is said twice', () => {
  assert.equal(
    headProblem({ httpVersion: '1.1', url: '/v1', rawHeaders: [...HOST, 'Accept', 'a', 'accept', 'b'] }),
    undefined,
  );
  assert.equal(headProblem({ httpVersion: '1.0', url: '/', rawHeaders: [] }), undefined);
  assert.equal(headProblem({ httpVersion: '1.1', rawHeaders: [...HOST, 'Transfer-Encoding', ' Chunked '] }), undefined);
});

for (const name of ['authorization', 'content-encoding', 'content-length', 'content-type', 'host', 'transfer-encoding'])
  test(`${name} given twice is refused, in whatever case`, () => {
    const rawHeaders = [...HOST, name.toUpperCase(), 'chunked', name, 'chunked'];
    const problem = headProblem({ httpVersion: '1.1', rawHeaders });
    assert.equal(problem?.code, 'invalid_field');
    assert.equal(problem.param, name);
  });

test('no coding of the transfer but chunked, no version but 1.0 and 1.1, no target but a path, no 1.1 without host', () => {
  for (const coding of ['gzip, chunked', 'identity', 'chunked, chunked', 'x', ''])
    assert.equal(headProblem({ httpVersion: '1.1', rawHeaders: [...HOST, 'Transfer-Encoding', coding] })?.status, 415);
  assert.equal(headProblem({ httpVersion: '0.9', rawHeaders: HOST })?.status, 400);
  assert.equal(headProblem({ httpVersion: '1.1', url: 'http://b/', rawHeaders: HOST })?.status, 400);
  assert.equal(headProblem({ httpVersion: '1.1', url: '*', rawHeaders: HOST })?.status, 400);
  assert.equal(headProblem({ httpVersion: '1.1', rawHeaders: [] })?.param, 'host');
});
