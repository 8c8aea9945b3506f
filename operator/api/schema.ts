// Ties a zod schema to rules, so that one declaration validates here and becomes `x-kubernetes-validations` in the CRD.
// Imports zod and rule.
import type * as z from 'zod';
import { type Rule, toValidationEntry } from './rule.ts';

/** The schema, refusing what breaks a rule; the rules travel in its metadata to the CRD. */
export function withRules<S extends z.ZodType>(schema: S, ...rules: readonly Rule[]): S {
  return schema
    .check((payload) => {
      for (const rule of rules) {
        if (rule.holds.evaluate(payload.value)) continue;
        payload.issues.push({
          code: 'custom',
          input: payload.value,
          path: rule.field === '' ? [] : rule.field.split('.'),
          message: rule.message,
          params: { remedy: rule.remedy },
        });
      }
    })
    .meta({ ...schema.meta(), 'x-kubernetes-validations': rules.map(toValidationEntry) });
}
