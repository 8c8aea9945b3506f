// What the policy said before, generation by generation. To go back is a change like any other: it is taken into the
// editor, tried, and applied.

import { useQuery } from '@tanstack/react-query';
import type { PrivacyPolicy } from '../../../../operator/api/v1alpha1/privacy-policy.ts';
import { revisionsQuery } from '../../data/resources.ts';
import { Answer } from '../../look/answer.tsx';
import { Diff } from '../../look/diff.tsx';
import { useWords } from '../../look/language.tsx';
import { Panel } from '../../look/screen.tsx';
import { Time } from '../../look/time.tsx';
import { toYaml } from '../../look/yaml.ts';
import type { ResourceDraft } from '../deploy/draft.ts';
import { Receipt } from '../proposal/proposal-facts.tsx';
import { POLICY_WORDS } from './words.ts';

export interface PolicyHistoryProps {
  readonly policy: PrivacyPolicy;
  readonly onTake: ((draft: ResourceDraft) => void) | undefined;
}

export function PolicyHistory({ policy, onTake }: PolicyHistoryProps) {
  const words = useWords(POLICY_WORDS);
  const { apiVersion, kind, metadata, spec } = policy;
  const query = useQuery(revisionsQuery('PrivacyPolicy', { name: metadata.name }));
  const generation = metadata.generation ?? 1;
  return (
    <Answer query={query}>
      {(revisions) =>
        revisions.length === 0 ? null : (
          <Panel title={words.history}>
            <ol className="timeline">
              {revisions.map((revision) => {
                const current = revision.generation === generation;
                const take = () =>
                  onTake?.({ apiVersion, kind, metadata: { name: metadata.name }, spec: revision.spec });
                return (
                  <li key={`${revision.appliedAt} ${revision.generation}`}>
                    <span aria-hidden="true" className={`mark ${current ? 'ready' : 'asleep'}`} />
                    <div>
                      <strong>{words.generation(revision.generation)}</strong> {current ? words.current : null}{' '}
                      <span className="faint">
                        <Time at={revision.appliedAt} />
                        {revision.by === null ? null : ` ${words.by(revision.by)}`}
                        {revision.approvedBy === null ? null : `, ${words.approvedBy(revision.approvedBy)}`}
                      </span>
                      <Receipt of={revision.receipt} />
                      {current ? null : (
                        <details>
                          <summary>{words.compare}</summary>
                          <Diff
                            before={toYaml(spec)}
                            after={toYaml(revision.spec)}
                            label={words.change(generation, revision.generation)}
                          />
                          {onTake === undefined ? null : (
                            <button type="button" onClick={take}>
                              {words.goBack(revision.generation)}
                            </button>
                          )}
                        </details>
                      )}
                    </div>
                  </li>
                );
              })}
            </ol>
          </Panel>
        )
      }
    </Answer>
  );
}
