// What was asked for, generation by generation: compare any with what holds now, and go back to it.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Model } from '../../../../operator/api/v1alpha1/model.ts';
import type { PresentedRevision } from '../../../admin/resources/routes.ts';
import { applyResource, revisionsQuery } from '../../data/resources.ts';
import { useSession } from '../../data/session.ts';
import { Answer } from '../../look/answer.tsx';
import { ConfirmDialog } from '../../look/confirm-dialog.tsx';
import { Diff } from '../../look/diff.tsx';
import { useWords } from '../../look/language.tsx';
import { Time } from '../../look/time.tsx';
import { toYaml } from '../../look/yaml.ts';
import { MODEL_WORDS } from './words.ts';

interface RevisionsProps {
  readonly model: Model;
  readonly readOnly: boolean;
}

export function Revisions({ model, readOnly }: RevisionsProps) {
  const words = useWords(MODEL_WORDS);
  const query = useQuery(revisionsQuery('Model', model.metadata));
  return (
    <>
      <h2>{words.revisions}</h2>
      <Answer query={query}>
        {(revisions) => (
          <ol className="timeline">
            {revisions.map((revision) => (
              <RevisionItem key={`${revision.appliedAt} ${revision.generation}`} {...{ model, revision, readOnly }} />
            ))}
          </ol>
        )}
      </Answer>
    </>
  );
}

function RevisionItem({ model, revision, readOnly }: RevisionsProps & { readonly revision: PresentedRevision }) {
  const words = useWords(MODEL_WORDS);
  const client = useQueryClient();
  const { may } = useSession();
  const [asked, setAsked] = useState(false);
  const generation = model.metadata.generation ?? 1;
  const current = revision.generation === generation;
  const label = words.change(generation, revision.generation);
  const diff = <Diff before={toYaml(model.spec)} after={toYaml(revision.spec)} label={label} />;
  const goBack = async () => {
    await applyResource('Model', { ...model, spec: revision.spec as Model['spec'] });
    await client.invalidateQueries({ queryKey: ['models'] });
  };
  return (
    <li>
      <span aria-hidden="true" className={`mark ${current ? 'ready' : 'asleep'}`} />
      <div>
        <strong>{words.generation(revision.generation)}</strong> {current ? words.current : null}{' '}
        <span className="faint">
          <Time at={revision.appliedAt} />
        </span>
        {current ? null : (
          <details>
            <summary>{words.compare}</summary>
            {diff}
            {readOnly || !may.includes('model.apply') ? null : (
              <button type="button" onClick={() => setAsked(true)}>
                {words.goBack(revision.generation)}
              </button>
            )}
          </details>
        )}
        {asked ? (
          <ConfirmDialog
            title={words.goBackTitle(revision.generation)}
            confirm={words.goBack(revision.generation)}
            onConfirm={goBack}
            onClose={() => setAsked(false)}
          >
            <p>{words.goBackLead}</p>
            {diff}
          </ConfirmDialog>
        ) : null}
      </div>
    </li>
  );
}
