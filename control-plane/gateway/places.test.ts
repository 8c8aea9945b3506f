import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPlaces } from './places.ts';

test('no more places are given than there are, and one given back is given again', () => {
  const places = createPlaces(1);
  const release = places.tryTake();
  assert.equal(places.tryTake(), undefined);
  release?.();
  assert.ok(places.tryTake() !== undefined);
});

test('a place given back twice is given back once', () => {
  const places = createPlaces(2);
  const [first] = [places.tryTake(), places.tryTake()];
  first?.();
  first?.();
  assert.equal(places.busy, 1);
});

test('fewer places take none away, and none is given until there are more again', () => {
  const places = createPlaces(2);
  const held = [places.tryTake(), places.tryTake()];
  places.resize(1);
  held[0]?.();
  assert.equal(places.busy, 1);
  assert.equal(places.tryTake(), undefined);
  places.resize(2);
  assert.ok(places.tryTake() !== undefined);
});
