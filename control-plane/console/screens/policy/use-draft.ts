// What somebody writes, as a resource and as YAML; one follows the other. It stands on what held when it was begun.

import { useEffect, useState } from 'react';
import type { PrivacyPolicy } from '../../../../operator/api/v1alpha1/privacy-policy.ts';
import { yamlOf } from '../../look/resource-yaml.tsx';
import { toYaml } from '../../look/yaml.ts';
import { type ResourceDraft, readYaml } from '../deploy/draft.ts';

export function useDraft(stored: PrivacyPolicy) {
  const [base, setBase] = useState(stored);
  const [yaml, setYaml] = useState(() => yamlOf(stored));
  const [draft, setDraft] = useState<ResourceDraft>(() => draftOf(stored));
  const [fault, setFault] = useState<string>();
  const changed = yaml !== yamlOf(base);
  const moved = stored.metadata.generation !== base.metadata.generation;
  const begin = (from: PrivacyPolicy) => {
    setBase(from);
    setYaml(yamlOf(from));
    setDraft(draftOf(from));
    setFault(undefined);
  };
  // Who has written nothing follows what holds; who has is told, and keeps it.
  useEffect(() => {
    if (moved && !changed) begin(stored);
  });
  return {
    ...{ base, yaml, draft, fault, changed, moved: moved && changed, begin },
    editYaml: (next: string) => {
      setYaml(next);
      const read = readYaml(next);
      setFault(read.ok ? undefined : read.fault);
      if (read.ok) setDraft(read.draft);
    },
    change: (next: ResourceDraft) => {
      setDraft(next);
      setYaml(toYaml(next));
      setFault(undefined);
    },
  };
}

function draftOf(policy: PrivacyPolicy): ResourceDraft {
  const read = readYaml(yamlOf(policy));
  return read.ok ? read.draft : {};
}
