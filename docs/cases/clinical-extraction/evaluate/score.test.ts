import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Answer } from '../generate/answer.ts';
import { readHandWritten } from './hand-written.ts';
import { extractByExpressions } from './regular-expressions.ts';
import { parseAnswer, scoreAnswers } from './score.ts';
import { buildSet } from './sets.ts';

const WANTED: Answer = {
  patient: '<PERSON_1kt>',
  date_naissance: null,
  medecin: '<PERSON_2kt>',
  age: 61,
  sexe: 'F',
  motif: 'toux',
  antecedents: ['HTA', 'goutte'],
  constats: [],
  traitements: [{ medicament: 'colchicine', dose: '1 mg', frequence: null }],
  sortie: null,
};
const scoreOf = (change: Partial<Answer>): ReturnType<typeof scoreAnswers> =>
  scoreAnswers([{ wanted: WANTED, text: JSON.stringify({ ...WANTED, ...change }) }]);

describe('the scorer', () => {
  it('gives full marks to the wanted answer whatever the order of its keys', () => {
    const turned = Object.fromEntries(Object.entries(WANTED).reverse());
    const score = scoreAnswers([{ wanted: WANTED, text: JSON.stringify(turned) }]);
    assert.equal(score.fields, 1);
    assert.equal(score.wholeReports, 1);
    assert.equal(score.itemRecall, 1);
  });

  it('counts a list as wrong when an item is missing, added or out of order', () => {
    for (const antecedents of [['HTA'], ['HTA', 'goutte', 'x'], ['goutte', 'HTA']]) {
      const score = scoreOf({ antecedents });
      assert.equal(score.byField.antecedents, 0);
      assert.equal(score.fields, 0.9);
      assert.equal(score.wholeReports, 0);
    }
  });

  it('counts a treatment as wrong when only its dose differs, and a surrogate when only its number differs', () => {
    assert.equal(
      scoreOf({ traitements: [{ medicament: 'colchicine', dose: '1mg', frequence: null }] }).byField.traitements,
      0,
    );
    assert.equal(scoreOf({ patient: '<PERSON_2kt>' }).surrogateFields, 2 / 3);
  });

  it('gives nothing to an answer that is no JSON object', () => {
    for (const text of ['', '{"patient":', '[]', 'null', '"x"']) {
      assert.equal(parseAnswer(text), null);
      const score = scoreAnswers([{ wanted: WANTED, text }]);
      assert.equal(score.validJson, 0);
      assert.equal(score.fields, 0);
    }
  });
});

describe('the test sets', () => {
  it('hold at least 20 reports written by hand, whose answers copy the report in both forms', () => {
    for (const form of ['redacted', 'clear'] as const) {
      const reports = readHandWritten(form);
      assert.ok(reports.length >= 20);
      for (const { title, text, answer } of reports) {
        assert.doesNotMatch(text, /\(\(|\)\)/, title);
        const flat = text.replaceAll('\n', ' ');
        const copied = [answer.patient, answer.date_naissance, answer.medecin, answer.motif, answer.sortie];
        const drugs = answer.traitements.flatMap((drug) => [drug.medicament, drug.dose, drug.frequence]);
        for (const part of [...copied, ...answer.antecedents, ...answer.constats, ...drugs]) {
          assert.ok(part === null || flat.includes(part), `${title}: "${part}" is not in the report`);
        }
        assert.equal(/<[A-Z_]+_\d+kt>/.test(text), form === 'redacted' && /PERSON/.test(text), title);
      }
    }
  });

  it('are the same each time they are built', () => {
    assert.deepEqual(buildSet('phrasing', 20), buildSet('phrasing', 20));
  });
});

describe('the regular expressions', () => {
  it('read an easy report right, so that the baseline is a fair one', () => {
    const report =
      'Patient : <PERSON_1kt>\nDDN : <DATE_OF_BIRTH_1kt>\nSexe : F\nÂge : 61 ans\nMotif : toux fébrile\nATCD : HTA, goutte\n' +
      'Traitement : colchicine 1 mg le soir\nSortie : retour à domicile\nDr <PERSON_2kt>';
    assert.deepEqual(extractByExpressions(report), {
      patient: '<PERSON_1kt>',
      date_naissance: '<DATE_OF_BIRTH_1kt>',
      medecin: '<PERSON_2kt>',
      age: 61,
      sexe: 'F',
      motif: 'toux fébrile',
      antecedents: ['HTA', 'goutte'],
      constats: [],
      traitements: [{ medicament: 'colchicine', dose: '1 mg', frequence: 'le soir' }],
      sortie: 'retour à domicile',
    });
  });
});
