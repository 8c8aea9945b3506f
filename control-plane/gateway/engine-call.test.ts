import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dispatcher } from 'undici';
import { EngineCall, type EngineDoor } from './engine-call.ts';

/** An engine whose every event the test sends itself. */
function scriptedDoor() {
  const calls: string[] = [];
  let isPaused = false;
  let reason: Error | undefined;
  const controller: Dispatcher.DispatchController = {
    get aborted() {
      return reason !== undefined;
    },
    get paused() {
      return isPaused;
    },
    get reason() {
      return reason ?? null;
    },
    abort(why) {
      reason = why;
      calls.push('abort');
    },
    pause() {
      isPaused = true;
      calls.push('pause');
    },
    resume() {
      isPaused = false;
      calls.push('resume');
    },
  };
  const door: EngineDoor = {
    dispatch() {
      calls.push('dispatch');
      return true;
    },
  };
  return { door, controller, calls };
}

const OPTIONS: Dispatcher.DispatchOptions = { method: 'POST', path: '/' };

test('status and bytes come in order, and the end is told', async () => {
  const { door, controller } = scriptedDoor();
  const call = new EngineCall();
  const status = call.send(door, OPTIONS);
  call.onRequestStart(controller);
  call.onResponseStart(controller, 103);
  call.onResponseStart(controller, 200);
  call.onResponseData(controller, Buffer.from('a'));
  assert.equal(await status, 200);
  assert.equal(String(await call.next()), 'a');
  const later = call.next();
  call.onResponseData(controller, Buffer.from('b'));
  assert.equal(String(await later), 'b');
  call.onResponseData(controller, Buffer.from('c'));
  call.onResponseEnd();
  assert.equal(String(await call.next()), 'c');
  assert.equal(await call.next(), undefined);
});

test('an engine that is too far ahead waits until its bytes are taken', async () => {
  const { door, controller, calls } = scriptedDoor();
  const call = new EngineCall();
  void call.send(door, OPTIONS);
  call.onRequestStart(controller);
  call.onResponseStart(controller, 200);
  call.onResponseData(controller, Buffer.alloc(64 * 1024));
  call.onResponseData(controller, Buffer.alloc(10));
  assert.ok(calls.includes('pause') && !calls.includes('resume'));
  await call.next();
  assert.equal(calls.at(-1), 'resume');
});

test('an abort is told at once, before, while and after a connection is there', async () => {
  const reason = new Error('left');
  const early = scriptedDoor();
  const unsent = new EngineCall();
  unsent.abort(reason);
  await assert.rejects(unsent.send(early.door, OPTIONS), reason);
  assert.deepEqual(early.calls, []);

  const queued = new EngineCall();
  const status = queued.send(early.door, OPTIONS);
  queued.abort(reason);
  await assert.rejects(status, reason);
  queued.onRequestStart(early.controller);
  assert.equal(early.calls.at(-1), 'abort');

  const late = scriptedDoor();
  const answered = new EngineCall();
  void answered.send(late.door, OPTIONS);
  answered.onRequestStart(late.controller);
  answered.onResponseStart(late.controller, 200);
  const next = answered.next();
  answered.abort(reason);
  await assert.rejects(next, reason);
  assert.equal(late.calls.at(-1), 'abort');
});

test('what is complete is not aborted; what nobody wants is read a little and then given up', async () => {
  const whole = scriptedDoor();
  const complete = new EngineCall();
  void complete.send(whole.door, OPTIONS);
  complete.onRequestStart(whole.controller);
  complete.onResponseStart(whole.controller, 503);
  complete.onResponseData(whole.controller, Buffer.from('busy'));
  complete.onResponseEnd();
  await complete.dump();
  complete.close();
  assert.ok(!whole.calls.includes('abort'));

  const long = scriptedDoor();
  const endless = new EngineCall();
  void endless.send(long.door, OPTIONS);
  endless.onRequestStart(long.controller);
  endless.onResponseStart(long.controller, 503);
  endless.onResponseData(long.controller, Buffer.alloc(200 * 1024));
  await endless.dump();
  assert.equal(long.calls.at(-1), 'abort');
});

test('an engine that breaks off is an error to whoever reads', async () => {
  const { door, controller } = scriptedDoor();
  const call = new EngineCall();
  void call.send(door, OPTIONS);
  call.onRequestStart(controller);
  call.onResponseStart(controller, 200);
  const broken = new Error('other side closed');
  call.onResponseError(controller, broken);
  await assert.rejects(call.next(), broken);
});
