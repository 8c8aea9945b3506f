// What one replica needs, part by part, as it was planned before the start.

import type { Model } from '../../../../operator/api/v1alpha1/model.ts';
import { formatBytes } from '../../look/bytes.ts';
import { useLanguage, useWords } from '../../look/language.tsx';
import { Panel } from '../../look/screen.tsx';
import { MODEL_WORDS } from './words.ts';

const PARTS = ['weightsBytes', 'adaptersBytes', 'cacheBytes', 'stateBytes', 'computeBytes', 'programBytes'] as const;

export function MemoryPlan({ model }: { readonly model: Model }) {
  const words = useWords(MODEL_WORDS);
  const plan = model.status?.plan;
  if (plan === undefined) return null;
  return (
    <Panel title={words.memory}>
      <PlanTable plan={plan} />
    </Panel>
  );
}

export type PlanParts = { readonly [part in (typeof PARTS)[number] | 'replicaBytes']?: number | undefined };

export function PlanTable({ plan }: { readonly plan: PlanParts }) {
  const words = useWords(MODEL_WORDS);
  const { language } = useLanguage();
  const rows = PARTS.filter((part) => (plan[part] ?? 0) > 0);
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{words.part}</th>
          <th scope="col" className="number">
            {words.size}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((part) => (
          <tr key={part}>
            <th scope="row">{words.parts[part]}</th>
            <td className="number">{formatBytes(plan[part] ?? 0, language)}</td>
          </tr>
        ))}
        <tr>
          <th scope="row">
            <strong>{words.parts.replicaBytes}</strong>
          </th>
          <td className="number">
            <strong>{formatBytes(plan.replicaBytes ?? 0, language)}</strong>
          </td>
        </tr>
      </tbody>
    </table>
  );
}
