// One model: whether it answers and why not, what it needs, how it was scaled, what was asked for before.

import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Model as ModelResource } from '../../../../operator/api/v1alpha1/model.ts';
import { causeOf, stateOf } from '../../data/models.ts';
import { deleteResource, resourceQuery } from '../../data/resources.ts';
import { useSession } from '../../data/session.ts';
import { Answer } from '../../look/answer.tsx';
import { ConfirmDialog } from '../../look/confirm-dialog.tsx';
import { useWords } from '../../look/language.tsx';
import { Notice } from '../../look/notice.tsx';
import { CopyYaml, foreignManager } from '../../look/resource-yaml.tsx';
import { Panel, Screen } from '../../look/screen.tsx';
import { SHARED_WORDS } from '../../look/words.ts';
import { Conditions } from './conditions.tsx';
import { EngineLog } from './engine-log.tsx';
import { Facts } from './facts.tsx';
import { MemoryPlan } from './memory-plan.tsx';
import { Revisions } from './revisions.tsx';
import { Scaling } from './scaling.tsx';
import { MODEL_WORDS } from './words.ts';

export function Model() {
  const { namespace, name } = useParams({ from: '/models/$namespace/$name' });
  const words = useWords(MODEL_WORDS);
  const query = useQuery(resourceQuery('Model', { namespace, name }));
  const title = query.data === undefined ? name : words.title[stateOf(query.data)](name);
  return (
    <Screen title={title} actions={query.data === undefined ? undefined : <Actions model={query.data} />}>
      <Answer query={query}>{(model) => <Whole model={model} />}</Answer>
    </Screen>
  );
}

function Actions({ model }: { readonly model: ModelResource }) {
  const words = useWords(MODEL_WORDS);
  const navigate = useNavigate();
  const { may } = useSession();
  const [asked, setAsked] = useState(false);
  const { name, namespace } = model.metadata;
  const remove = async () => {
    await deleteResource('Model', { namespace, name });
    await navigate({ to: '/models' });
  };
  return (
    <>
      <CopyYaml resource={model} />
      {may.includes('model.delete') && foreignManager(model.metadata.labels) === undefined ? (
        <button type="button" className="danger" onClick={() => setAsked(true)}>
          {words.delete}
        </button>
      ) : null}
      {asked ? (
        <ConfirmDialog
          title={words.deleteTitle(name)}
          confirm={words.deleteNow(name)}
          danger
          onConfirm={remove}
          onClose={() => setAsked(false)}
        >
          <p>{words.deleteLead}</p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}

function Whole({ model }: { readonly model: ModelResource }) {
  const shared = useWords(SHARED_WORDS);
  const manager = foreignManager(model.metadata.labels);
  const cause = stateOf(model) === 'failed' ? causeOf(model) : undefined;
  return (
    <>
      {manager === undefined ? null : <Notice urgency="attention" title={shared.managedBy(manager)} />}
      {cause === undefined ? null : (
        <Notice urgency="failure" title={cause.message}>
          {cause.remedy === undefined ? null : (
            <p>
              {shared.whatToDo} {cause.remedy}
            </p>
          )}
        </Notice>
      )}
      <div className="panels">
        <Conditions model={model} />
        <MemoryPlan model={model} />
      </div>
      <Facts model={model} />
      <Scaling model={model} />
      <EngineLog namespace={model.metadata.namespace ?? 'default'} name={model.metadata.name} />
      <Panel>
        <Revisions model={model} readOnly={manager !== undefined} />
      </Panel>
    </>
  );
}
