// All models, each with its state, what serves it, and the rules that hold for it.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { MARKS, modelsQuery, type PresentedModel, stateOf, wantedOf } from '../../data/models.ts';
import { Answer } from '../../look/answer.tsx';
import { useWords } from '../../look/language.tsx';
import { Mark } from '../../look/mark.tsx';
import { Panel, Screen } from '../../look/screen.tsx';
import { MODELS_WORDS } from './words.ts';

export function Models() {
  const words = useWords(MODELS_WORDS);
  const query = useQuery(modelsQuery);
  const models = query.data ?? [];
  const title = words.title(models.filter(({ ready }) => ready).length, models.length);
  return (
    <Screen title={title}>
      <Answer query={query}>{(known) => (known.length === 0 ? <NoModels /> : <ModelTable models={known} />)}</Answer>
    </Screen>
  );
}

export function NoModels() {
  const words = useWords(MODELS_WORDS);
  return (
    <div className="empty">
      <p>{words.empty}</p>
      <pre>npx intramuros apply -f docs/guides/model.yaml</pre>
    </div>
  );
}

export function ModelTable({ models }: { readonly models: readonly PresentedModel[] }) {
  const words = useWords(MODELS_WORDS);
  const { columns, states } = words;
  return (
    <Panel>
      <div className="table">
        <table className="folds">
          <thead>
            <tr>
              <th scope="col">{columns.name}</th>
              <th scope="col">{columns.state}</th>
              <th scope="col">{columns.replicas}</th>
              <th scope="col">{columns.policy}</th>
              <th scope="col">{columns.weights}</th>
            </tr>
          </thead>
          <tbody>
            {models.map((model) => {
              const state = stateOf(model);
              return (
                <tr key={`${model.namespace}/${model.name}`}>
                  <th scope="row">
                    <Link to="/models/$namespace/$name" params={model}>
                      {model.name}
                    </Link>
                  </th>
                  <td data-label={columns.state}>
                    <Mark kind={MARKS[state]} />
                    {states[state]}
                  </td>
                  <td data-label={columns.replicas}>
                    {words.replicas(model.status?.readyReplicas ?? 0, wantedOf(model))}
                  </td>
                  <td data-label={columns.policy}>
                    <code>{model.spec.privacy?.policy ?? 'internal'}</code>
                  </td>
                  <td data-label={columns.weights}>
                    <code>{model.spec.source.uri}</code>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
